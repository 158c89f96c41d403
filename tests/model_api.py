"""Test support: a loopback stand-in for the APIs of OpenAI and Gemini, for the CLIs that speak them.

It answers on 127.0.0.1 only: OpenAI's Responses and Chat Completions, and Gemini's generateContent.
Like `ClaudeApi`, it stands in for the HTTPS proxy too and refuses calls to other hosts.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.claude_api import Reply

Events = Iterator[tuple[str, dict[str, Any]]]
"""What a stream says: the event's name, if it has one, and its data."""


class ModelApi:
    """The stub: listens from `with` on, until the end of the block.

    `script` chooses the reply to each model call, given the request's body; by default "ok".
    """

    def __init__(self) -> None:
        self.script: Callable[[dict[str, Any]], Reply] = lambda _request: Reply(text="ok")
        self.requests: list[dict[str, Any]] = []
        self.strays: list[str] = []
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    def __enter__(self) -> ModelApi:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def reply(self, reply: Reply | str) -> None:
        """Answer every call from now on with `reply`, or with a text."""
        answer = Reply(text=reply) if isinstance(reply, str) else reply
        self.script = lambda _request: answer

    def environment(self, home: Path, base: Mapping[str, str]) -> dict[str, str]:
        """`base`, with what leads the CLIs here instead of anywhere else; `home` is their HOME."""
        foreign = ("OPENAI_", "GEMINI_", "GOOGLE_", "CODEX_", "OPENCODE", "LLM_", "XDG_")
        kept = {name: text for name, text in base.items() if not name.startswith(foreign)}
        return kept | {
            "HOME": str(home),
            "OPENAI_API_KEY": "sk-not-a-key",
            "OPENAI_BASE_URL": f"{self.url}/v1",
            "GEMINI_API_KEY": "not-a-key",
            "GOOGLE_GEMINI_BASE_URL": self.url,
            **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), self.url),
            **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"),
        }


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, api: ModelApi) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.api = api

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no error here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        path, _, query = self.path.partition("?")
        dialects: dict[str, tuple[Callable[[Reply], Events], bool]] = {
            "/v1/responses": (_responses, True),
            "/v1/chat/completions": (_chat, False),
        }
        gemini = path.startswith("/v1beta/models/") and "enerateContent" in path
        if path not in dialects and not gemini:
            self._refuse()
            return
        request = json.loads(body)
        api = self.server.api
        api.requests.append(request)
        reply = api.script(request)
        if reply.status != 200:
            error = {"code": reply.status, "message": reply.message, "type": "error"}
            if gemini:
                error["status"] = _GEMINI_STATUS.get(reply.status, "UNKNOWN")
            self._send(reply.status, {"error": error}, reply.headers)
        elif gemini:
            self._stream(_gemini(reply)) if "alt=sse" in query else self._send(
                200, _last(_gemini(reply))
            )
        elif request.get("stream"):
            self._stream(dialects[path][0](reply))
        else:
            self._send(200, _whole_chat(reply) if "chat" in path else _response(reply))

    def do_GET(self) -> None:
        if self.path.startswith("/v1/models"):
            self._send(200, {"data": [], "object": "list", "models": []})
        else:
            self._refuse()

    def do_CONNECT(self) -> None:
        self._refuse()

    def _refuse(self) -> None:
        self.server.api.strays.append(f"{self.command} {self.path}")
        self.close_connection = True
        self._send(403, {"error": {"message": f"no {self.path} here"}})

    def _send(self, status: int, value: Any, headers: Mapping[str, str] | None = None) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {**(headers or {}), "content-type": "application/json"}.items():
            self.send_header(name, text)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, events: Events) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for name, value in events:
            lines = f"event: {name}\n" if name else ""
            data = f"{lines}data: {json.dumps(value) if value else '[DONE]'}\n\n".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.write(b"0\r\n\r\n")


def _response(reply: Reply) -> dict[str, Any]:
    text = {"type": "output_text", "text": reply.text, "annotations": []}
    message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed"}
    output: list[dict[str, Any]] = [{**message, "content": [text]}] if reply.text else []
    if reply.tool:
        call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "status": "completed"}
        output.append({**call, "name": reply.tool, "arguments": json.dumps(dict(reply.tool_input))})
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": "stub",
        "output": output,
        "parallel_tool_calls": False,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": reply.input_tokens,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": reply.output_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": reply.input_tokens + reply.output_tokens,
        },
    }


def _responses(reply: Reply) -> Events:
    whole = _response(reply)
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": {**whole, "status": "in_progress", "output": []}}
    ]
    for index, item in enumerate(whole["output"]):
        place = {"item_id": item["id"], "output_index": index}
        if item["type"] != "message":
            events.append({"type": "response.output_item.added", **place, "item": item})
            events.append({"type": "response.output_item.done", **place, "item": item})
            continue
        part = {**place, "content_index": 0}
        empty = {**item, "content": [], "status": "in_progress"}
        blank = {**item["content"][0], "text": ""}
        events += [
            {"type": "response.output_item.added", **place, "item": empty},
            {"type": "response.content_part.added", **part, "part": blank},
            {"type": "response.output_text.delta", **part, "delta": reply.text},
            {"type": "response.output_text.done", **part, "text": reply.text},
            {"type": "response.content_part.done", **part, "part": item["content"][0]},
            {"type": "response.output_item.done", **place, "item": item},
        ]
    events.append({"type": "response.completed", "response": whole})
    for number, event in enumerate(events):
        yield event["type"], {**event, "sequence_number": number}


def _usage(reply: Reply) -> dict[str, int]:
    total = reply.input_tokens + reply.output_tokens
    return {
        "prompt_tokens": reply.input_tokens,
        "completion_tokens": reply.output_tokens,
        "total_tokens": total,
    }


def _whole_chat(reply: Reply) -> dict[str, Any]:
    message = {"role": "assistant", "content": reply.text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    common = {"id": "chat_1", "object": "chat.completion", "created": 1, "model": "stub"}
    return {**common, "choices": [choice], "usage": _usage(reply)}


def _chat(reply: Reply) -> Events:
    common = {"id": "chat_1", "object": "chat.completion.chunk", "created": 1, "model": "stub"}
    spoken: dict[str, Any] = {"role": "assistant", "content": reply.text}
    if reply.tool:
        call = {"name": reply.tool, "arguments": json.dumps(dict(reply.tool_input))}
        spoken["tool_calls"] = [{"index": 0, "id": "call_1", "type": "function", "function": call}]
    end = reply.stop_reason or ("tool_calls" if reply.tool else "stop")
    for delta, reason in ((spoken, None), ({}, end)):
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        yield "", {**common, "choices": [choice]}
    yield "", {**common, "choices": [], "usage": _usage(reply)}
    yield "", {}


_GEMINI_STATUS = {401: "UNAUTHENTICATED", 429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}


def _gemini(reply: Reply) -> Events:
    parts: list[dict[str, Any]] = [{"text": reply.text}] if reply.text else []
    if reply.tool:
        parts.append({"functionCall": {"name": reply.tool, "args": dict(reply.tool_input)}})
    usage = {
        "promptTokenCount": reply.input_tokens,
        "candidatesTokenCount": reply.output_tokens,
        "totalTokenCount": reply.input_tokens + reply.output_tokens,
    }
    candidate = {"content": {"role": "model", "parts": parts}, "index": 0}
    candidate["finishReason"] = reply.stop_reason or "STOP"
    yield "", {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "stub"}


def _last(events: Events) -> dict[str, Any]:
    return [value for _, value in events][-1]
