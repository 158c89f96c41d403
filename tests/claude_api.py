"""Test support: a loopback stand-in for the Anthropic Messages API that the real `claude` CLI uses.

It answers on 127.0.0.1 only, and stands in for the HTTPS proxy too: a call to any other host is
refused and kept in `ClaudeApi.strays`, so that a test neither pays nor leaves the machine.
"""

from __future__ import annotations

import json
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

Request = dict[str, Any]
"""The parsed JSON body of one model call."""

_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}
_FOREIGN = ("ANTHROPIC_", "CLAUDE", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_CLOSING_POLL_S = 0.05


@dataclass(frozen=True)
class Reply:
    """What the API answers to one model call: text, a tool call, or an HTTP error.

    An empty `text` without a `tool` is a well-formed message with no content. usage: what the message says of
    that, instead of input_tokens alone.
    """

    text: str = ""
    tool: str = ""
    tool_input: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    input_tokens: int = 1000
    output_tokens: int = 20
    usage: Mapping[str, Any] = field(default_factory=dict)
    stop_reason: str = ""
    cut: bool = False
    hold: threading.Event | None = None

    @classmethod
    def error(
        cls, status: int, message: str = "stub error", retry_after: int | None = None
    ) -> Reply:
        """An HTTP `status` with an API error body; `retry_after` is in seconds."""
        headers = {} if retry_after is None else {"retry-after": str(retry_after)}
        return cls(status=status, message=message, headers=headers)

    @classmethod
    def empty(cls) -> Reply:
        """A message that ends its turn without a word."""
        return cls()

    @classmethod
    def tool_use(cls, name: str, **tool_input: Any) -> Reply:
        """A call of the tool `name`; the CLI asks again with the tool's result."""
        return cls(tool=name, tool_input=tool_input)

    @classmethod
    def cut_off(cls, text: str) -> Reply:
        """The beginning of `text`, then the connection is closed."""
        return cls(text=text, cut=True)

    def held(self, release: threading.Event) -> Reply:
        """This reply, of which no byte is sent before `release` is set."""
        return replace(self, hold=release)


def in_turn(*replies: Reply) -> Callable[[Request], Reply]:
    """A script that gives `replies` one by one; the last one stays."""
    rest = list(replies)
    lock = threading.Lock()

    def script(_request: Request) -> Reply:
        with lock:
            return rest.pop(0) if len(rest) > 1 else rest[0]

    return script


def prompt_of(request: Request) -> str:
    """The prompt that the CLI was started with: the first user message's text, reminders left out.

    The CLI's own urging after an empty or a cut reply comes later and is left out too; after an
    empty reply the CLI adds a newline to the prompt.
    """
    first = next(message for message in request["messages"] if message["role"] == "user")
    if isinstance(first["content"], str):
        return first["content"]
    texts: list[str] = [block["text"] for block in first["content"] if block["type"] == "text"]
    return next((text for text in texts if not text.startswith("<system-reminder>")), "")


class ClaudeApi:
    """The stub: listens from `with` on, until the end of the block.

    `script` chooses the reply to each model call, by default "ok"; it is called from many threads.
    What a script raises is answered with 400, and raised again at the end of the block.
    """

    def __init__(self) -> None:
        self.script: Callable[[Request], Reply] = lambda _request: Reply(text="ok")
        self._closing = threading.Event()
        self._news = threading.Condition()
        self._requests: list[Request] = []
        self._side: list[str] = []
        self._strays: list[str] = []
        self._failures: list[Exception] = []
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_CLOSING_POLL_S,), daemon=True
        )

    def __enter__(self) -> ClaudeApi:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        if error is None and self._failures:
            raise self._failures[0]

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def requests(self) -> list[Request]:
        """The bodies of the model calls so far, oldest first (a copy)."""
        with self._news:
            return list(self._requests)

    @property
    def side(self) -> list[str]:
        """What else was asked of the API, as "METHOD /path" (a copy)."""
        with self._news:
            return list(self._side)

    @property
    def strays(self) -> list[str]:
        """Calls meant for other hosts, all of them refused, as "METHOD target" (a copy)."""
        with self._news:
            return list(self._strays)

    def reply(self, text: str = "", *, reply: Reply | None = None) -> None:
        """Answer every call from now on with `reply`, or with a message of `text`."""
        answer = reply if reply is not None else Reply(text=text)
        self.script = lambda _request: answer

    def wait_for_requests(self, count: int, timeout: float = 30.0) -> None:
        """Block until `count` model calls have come in; TimeoutError after `timeout` seconds."""
        with self._news:
            if not self._news.wait_for(lambda: len(self._requests) >= count, timeout):
                raise TimeoutError(f"{len(self._requests)} of {count} requests in {timeout} s")

    def environment(self, home: Path, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """The variables that lead the CLI here and keep it quiet, `home` (a folder) being its HOME.

        They are added to `base` (say, os.environ), less what would lead the CLI elsewhere.
        """
        kept = {k: v for k, v in (base or {}).items() if not k.upper().startswith(_FOREIGN)}
        return kept | {
            "HOME": str(home),
            "ANTHROPIC_BASE_URL": self.url,
            "ANTHROPIC_API_KEY": "sk-ant-not-a-key",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            "DISABLE_ERROR_REPORTING": "1",
            "DISABLE_TELEMETRY": "1",
            "HTTP_PROXY": self.url,
            "HTTPS_PROXY": self.url,
            "NO_PROXY": "127.0.0.1",
        }

    def _answer(self, request: Request) -> Reply:
        """Note a model call, and choose its reply."""
        with self._news:
            self._requests.append(request)
            self._news.notify_all()
        try:
            return self.script(request)
        except Exception as error:
            self._fail(error)
            return Reply.error(400, f"script failed: {error!r}")

    def _note(self, call: str, *, stray: bool) -> None:
        """Remember a call that is not a model call."""
        with self._news:
            (self._strays if stray else self._side).append(call)

    def _fail(self, error: Exception) -> None:
        """Remember what the `with` block is to raise."""
        with self._news:
            self._failures.append(error)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, api: ClaudeApi) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.api = api

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass on what is not a client that hung up: killing one is what some tests are about."""
        error = sys.exc_info()[1]
        if isinstance(error, Exception) and not isinstance(error, ConnectionError):
            self.api._fail(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionResetError("the client hung up within its request")
        path = self.path.partition("?")[0]
        if path == "/v1/messages":
            self._model_call(json.loads(body))
        elif path == "/v1/messages/count_tokens":
            self.server.api._note(f"POST {path}", stray=False)
            self._send_json(200, {"input_tokens": len(body) // 4})
        else:
            self._other()

    def do_GET(self) -> None:
        if self.path.partition("?")[0] == "/v1/models":
            self.server.api._note("GET /v1/models", stray=False)
            self._send_json(200, {"data": [], "has_more": False, "first_id": None, "last_id": None})
        else:
            self._other()

    def do_HEAD(self) -> None:
        self.server.api._note(f"HEAD {self.path}", stray=False)
        self._send_json(200, {})

    def do_CONNECT(self) -> None:
        self._other()

    def _other(self) -> None:
        stray = not self.path.startswith("/")
        self.server.api._note(f"{self.command} {self.path}", stray=stray)
        self.close_connection = True
        status = 403 if stray else 404
        self._send_json(status, _error_body(status, f"no {self.path} here"))

    def _model_call(self, request: Request) -> None:
        api = self.server.api
        reply = api._answer(request)
        while reply.hold and not reply.hold.wait(_CLOSING_POLL_S) and not api._closing.is_set():
            pass
        if reply.status != 200:
            self._send_json(reply.status, _error_body(reply.status, reply.message), reply.headers)
        elif request.get("stream"):
            self._send_events(list(_events(request["model"], reply)), reply.cut)
        else:
            self._send_json(200, _message(request["model"], reply), cut=reply.cut)

    def _send_json(
        self,
        status: int,
        value: dict[str, Any],
        headers: Mapping[str, str] | None = None,
        cut: bool = False,
    ) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = self.close_connection or cut

    def _send_events(self, events: list[dict[str, Any]], cut: bool) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for event in events[: len(events) // 2] if cut else events:
            data = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        if cut:
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")


def _error_body(status: int, message: str) -> dict[str, Any]:
    kind = _ERROR_TYPES.get(status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": message}}


def _content(reply: Reply) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    if reply.text:
        blocks.append({"type": "text", "text": reply.text})
    if reply.tool:
        call_id = f"toolu_{uuid.uuid4().hex[:24]}"
        tool_input = dict(reply.tool_input)
        blocks.append({"type": "tool_use", "id": call_id, "name": reply.tool, "input": tool_input})
    return blocks


def _message(model: str, reply: Reply) -> dict[str, Any]:
    return {
        "id": f"msg_{uuid.uuid4().hex[:24]}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": _content(reply),
        "stop_reason": reply.stop_reason or ("tool_use" if reply.tool else "end_turn"),
        "stop_sequence": None,
        "usage": {
            "input_tokens": reply.input_tokens,
            "output_tokens": reply.output_tokens,
            **reply.usage,
        },
    }


def _events(model: str, reply: Reply) -> Iterator[dict[str, Any]]:
    """The message as the stream's events."""
    message = _message(model, reply)
    usage = message["usage"]
    opening = {"content": [], "stop_reason": None, "usage": usage | {"output_tokens": 1}}
    yield {"type": "message_start", "message": message | opening}
    yield {"type": "ping"}
    for index, block in enumerate(message["content"]):
        yield from _block_events(index, block)
    delta = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    ending = {"output_tokens": usage["output_tokens"]}
    yield {"type": "message_delta", "delta": delta, "usage": ending}
    yield {"type": "message_stop"}


def _block_events(index: int, block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if block["type"] == "text":
        start, kind, key, whole = block | {"text": ""}, "text_delta", "text", block["text"]
    else:
        whole = json.dumps(block["input"])
        start, kind, key = block | {"input": {}}, "input_json_delta", "partial_json"
    yield {"type": "content_block_start", "index": index, "content_block": start}
    step = len(whole) // 3 + 1
    for at in range(0, len(whole), step):
        delta = {"type": kind, key: whole[at : at + step]}
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}
