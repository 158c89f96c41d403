"""Traces: the context that agents get, and runs as spans of OpenTelemetry."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.harness import BACKENDS, Project, absent, wait_for
from tests.test_trust import fake_claude

VALID = re.compile("00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
ABOVE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
TELL = 'echo "$TRACEPARENT"'


def contexts(project: Project, *names: str) -> list[list[str]]:
    found = [project.output(name).strip() for name in names]
    assert all(VALID.fullmatch(each) for each in found), found
    return [each.split("-")[1:] for each in found]


def plan(project: Project) -> None:
    project.plan({"a": [], "b": ["a"]})
    for name in ("a", "b"):
        project.behave(name, TELL)
    assert project.compile().code == 0


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_run_is_a_trace_and_each_attempt_a_span_of_it(project: Project, backend: str) -> None:
    project.use_backend(backend)
    project.env.pop("TRACEPARENT", None)
    check = "test -e again || { touch again; false; }"
    project.plan({"a": [], "b": {"reads": ["a"], "check": check, "retries": 1}})
    for name in ("a", "b"):
        project.behave(name, TELL)
    assert project.compile().code == 0
    assert project.drive().code == 0
    run, *events = project.events()
    starts = [each for each in events if each["event"] == "start"]
    assert {each["trace"] for each in (run, *starts)} == {run["trace"]}
    assert {each["parent"] for each in starts} == {run["span"]}
    assert "parent" not in run
    assert len({each["span"] for each in (run, *starts)}) == 4
    a, b = contexts(project, "a", "b")
    assert [a[1], b[1]] == [starts[0]["span"], starts[2]["span"]]
    assert project.drive("a", "FORCE=1").code == 0
    assert contexts(project, "a")[0][0] != a[0], "each run has a trace of its own"


def test_a_run_is_part_of_the_trace_that_it_was_started_in(project: Project) -> None:
    project.env["TRACEPARENT"] = ABOVE
    plan(project)
    assert project.make().code == 0
    (a, b), run = contexts(project, "a", "b"), project.events()[0]
    assert a[0] == b[0] == run["trace"] == ABOVE.split("-")[1]
    assert run["parent"] == ABOVE.split("-")[2]
    assert len({a[1], b[1], run["span"], run["parent"]}) == 4
    assert a[2] == "00", "whether it is sampled is left as it is"


@pytest.mark.parametrize(
    "bad",
    [
        "nonsense",
        ABOVE.upper(),
        ABOVE.replace("00f067aa0ba902b7", "0" * 16),
        ABOVE[:-3],
        f"ff{ABOVE[2:]}",
        ABOVE.replace("b34d", "b-4d"),
    ],
)
def test_a_context_that_is_not_valid_does_not_count(project: Project, bad: str) -> None:
    project.env |= {"TRACEPARENT": bad, "WAVEMAKE_PROC": "/nowhere"}
    plan(project)
    assert project.make("a").code == 0
    assert contexts(project, "a")[0][0] not in bad.lower()


@pytest.mark.parametrize("above", ["", ABOVE])
def test_in_an_own_makefile_a_make_is_a_trace(project: Project, above: str) -> None:
    project.env.pop("TRACEPARENT", None)
    project.env |= {"TRACEPARENT": above} if above else {}
    plan(project)
    project.compile("--fragment")
    project.write("Makefile", "include .tmp/agents/agents.mk\nall: wavemake-agents\n")
    assert project.make("all").code == 0
    a, b = contexts(project, "a", "b")
    assert a[0] == b[0]
    assert a[1] != b[1]
    if above:
        assert a[0] == above.split("-")[1]
        assert {e["parent"] for e in project.events() if e["event"] == "start"} == {
            above.split("-")[2]
        }


# --- OTLP ---------------------------------------------------------------------------


class Receiver:
    """A receiver of OTLP on loopback, which parses strictly what it is sent."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.requests: list[Any] = []
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.answer: tuple[int, str] = (200, "{}")
        self.takes = ("application/json",)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.paths.append(self.path)
                receiver.headers.append({key.lower(): value for key, value in self.headers.items()})
                form, (status, text) = self.headers["content-type"], receiver.answer
                if form not in receiver.takes:
                    status, text = 415, f"Unsupported content type: {form}"
                else:
                    request = (
                        parsed(body) if form == "application/json" else schema().FromString(body)
                    )
                    receiver.requests.append(request)
                    receiver.spans += spans_of(request)
                self.send_response(status)
                self.send_header("content-type", form)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()


def schema() -> Any:
    try:
        from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
    except ImportError:
        absent("opentelemetry-proto")
    return trace_service_pb2.ExportTraceServiceRequest


def parsed(body: bytes | str) -> Any:
    """The request, by OpenTelemetry's own schema: a name or a type that is not in it is an error."""
    request = schema()()
    from google.protobuf import json_format

    tree = json.loads(body)

    def to_base64(value: Any) -> Any:
        """OTLP writes ids as hexadecimal digits, where JSON of protobuf has base64."""
        if isinstance(value, dict):
            ids = ("traceId", "spanId", "parentSpanId")
            return {
                key: base64.b64encode(bytes.fromhex(each)).decode()
                if key in ids
                else to_base64(each)
                for key, each in value.items()
            }
        return [to_base64(each) for each in value] if isinstance(value, list) else value

    return json_format.ParseDict(to_base64(tree), request, ignore_unknown_fields=False)


def spans_of(request: Any) -> list[Any]:
    return [span for one in request.resource_spans for two in one.scope_spans for span in two.spans]


def facts(span: Any) -> dict[str, Any]:
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes
    }


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.server.shutdown()
    found.server.server_close()


def test_a_run_as_spans_by_the_conventions(project: Project, receiver: Receiver) -> None:
    project.env["TRACEPARENT"] = ABOVE
    fake_claude(project, 0.25)
    b = {"name": "b", "task": "x", "reads": ["a"], "check": "false"}
    tree = {
        "project": "demo",
        "defaults": {"model": "opus"},
        "agents": [{"name": "a", "task": "x"}, b],
    }
    project.write("plan.json", json.dumps(tree))
    assert project.compile().code == 0
    assert project.make().code == 2
    project.env["OTEL_EXPORTER_OTLP_HEADERS"] = "authorization=Bearer%20x"
    result = project.wavemake("trace", "--otlp", receiver.url)
    assert (result.code, result.out) == (0, "")
    assert receiver.paths == ["/v1/traces"]
    assert receiver.headers[0]["authorization"] == "Bearer x"
    (scope,) = receiver.requests[0].resource_spans[0].scope_spans
    assert scope.schema_url == "https://opentelemetry.io/schemas/1.41.0"
    run, a, reader = receiver.spans
    assert [each.name for each in (run, a, reader)] == [
        "invoke_workflow demo",
        "invoke_agent a",
        "invoke_agent b",
    ]
    assert {each.trace_id.hex() for each in (run, a, reader)} == {ABOVE.split("-")[1]}
    assert run.parent_span_id.hex() == ABOVE.split("-")[2]
    assert a.parent_span_id == reader.parent_span_id == run.span_id
    assert [len(each.span_id) for each in (run, a, reader)] == [8, 8, 8]
    assert run.start_time_unix_nano <= a.start_time_unix_nano <= a.end_time_unix_nano
    assert a.end_time_unix_nano <= run.end_time_unix_nano
    reported = facts(a)
    assert reported["gen_ai.operation.name"] == "invoke_agent"
    assert reported["gen_ai.provider.name"] == "anthropic"
    assert reported["gen_ai.agent.name"] == "a"
    assert reported["gen_ai.request.model"] == "opus"
    assert (reported["gen_ai.usage.input_tokens"], reported["gen_ai.usage.output_tokens"]) == (
        100,
        20,
    )
    assert reported["wavemake.cost_usd"] == 0.25
    assert "error.type" not in reported
    assert (a.status.code, reader.status.code, run.status.code) == (0, 2, 2)
    assert facts(reader)["error.type"] == "failed"
    assert reader.links[0].span_id == a.span_id


def test_a_receiver_that_takes_protobuf_alone_gets_the_same(
    project: Project, receiver: Receiver
) -> None:
    plan(project)
    assert project.make().code == 0
    assert project.wavemake("trace", "--otlp", receiver.url).code == 0
    receiver.takes, receiver.answer = ("application/x-protobuf",), (200, "")
    assert project.wavemake("trace", "--otlp", receiver.url).code == 0
    project.env["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf"
    assert project.wavemake("trace", "--otlp", receiver.url).code == 0
    forms = [each["content-type"].partition("/x-")[2] for each in receiver.headers]
    assert forms == ["", "", "protobuf", "protobuf"]
    assert receiver.requests[0] == receiver.requests[1] == receiver.requests[2]
    receiver.answer = (200, "\x0a\x0b\x08\x02\x12\x07too old")
    result = project.wavemake("trace", "--otlp", receiver.url)
    assert (result.code, "too old" in result.out) == (1, True)
    project.env["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/json"
    assert "status 415" in project.wavemake("trace", "--otlp", receiver.url).out


def test_a_trace_in_a_file_is_the_same_each_time(project: Project) -> None:
    """Also of runs that had no spans yet."""
    project.plan({"a": []})
    project.compile()
    event = {"t": 1790000000.5, "run": "1-1", "agent": "a", "event": "start", "attempt": 1}
    project.write(".tmp/agents/events.jsonl", json.dumps(event) + "\n")
    assert project.wavemake("trace", "--otlp", "one.json").code == 0
    assert project.wavemake("trace", "--otlp", "two.json", "--run", "1").code == 0
    assert project.read("one.json") == project.read("two.json")
    run, a = spans_of(parsed(project.read("one.json")))
    assert a.parent_span_id == run.span_id
    assert a.start_time_unix_nano == 1790000000500000000
    assert a.status.message == "no end was recorded"


def test_what_can_go_wrong(project: Project, receiver: Receiver) -> None:
    project.plan({"a": []})
    assert project.wavemake("trace", "--otlp", "-").code == 2
    project.compile()
    assert "nothing was run yet" in project.wavemake("trace", "--otlp", "-").out
    project.make()
    assert "no run '7'" in project.wavemake("trace", "--otlp", "-", "--run", "7").out
    assert project.wavemake("trace", "--otlp", "no/such/folder").code == 2
    for url in ("http://127.0.0.1:1", "http://[", "http://a b/"):
        result = project.wavemake("trace", "--otlp", url)
        assert result.code == 2
        assert "cannot send the trace" in result.out
    receiver.answer = (503, "busy")
    assert "status 503" in project.wavemake("trace", "--otlp", receiver.url).out
    receiver.answer = (200, '{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}}')
    result = project.wavemake("trace", "--otlp", f"{receiver.url}/mine")
    assert (result.code, receiver.paths[-1]) == (1, "/mine")
    assert "too old" in result.out


# --- real receivers -----------------------------------------------------------------


class RealReceiver:
    """A receiver that people use, on loopback: `command` starts it, its own API says what it has."""

    def __init__(self, name: str, folder: Path) -> None:
        self.program = shutil.which(name, path=os.environ.get("WAVEMAKE_RECEIVERS", ""))
        if not self.program:
            pytest.skip(f"{name} is not in $WAVEMAKE_RECEIVERS: it takes minutes to install")
        with socket.socket() as one, socket.socket() as two:
            for each in (one, two):
                each.bind(("127.0.0.1", 0))
            port, other = one.getsockname()[1], two.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        phoenix = {"HOST": "127.0.0.1", "PORT": port, "GRPC_PORT": other, "WORKING_DIR": folder}
        phoenix |= {"TELEMETRY_ENABLED": "false", "ALLOW_EXTERNAL_RESOURCES": "false"}
        env = {f"PHOENIX_{key}": str(value) for key, value in phoenix.items()}
        env |= {"HOME": str(folder), "MLFLOW_DISABLE_TELEMETRY": "true"}
        env |= {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        store = ["--backend-store-uri", f"sqlite:///{folder}/db", "--workers=1"]
        words = {
            "phoenix": ["serve"],
            "mlflow": ["server", *store, f"--port={port}", "--host=127.0.0.1"],
        }[name]
        with (folder / "log").open("w") as log:
            self.process = subprocess.Popen(
                [self.program, *words],
                env={**os.environ, **env},
                cwd=folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def get(self, path: str, body: Any = None) -> Any:
        """What its API answers; None where it does not."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path, data, {"content-type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                text = answer.read()
        except (OSError, urllib.error.HTTPError):
            return None
        return json.loads(text) if text[:1] in (b"{", b"[") else text


@pytest.fixture
def real_receiver(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RealReceiver]:
    folder = tmp_path / "receiver"
    folder.mkdir()
    found = RealReceiver(request.param, folder)
    try:
        wait_for(
            lambda: found.get("/health") or found.get("/healthz") is not None, "it serves", 300
        )
        yield found
    finally:
        os.killpg(found.process.pid, signal.SIGKILL)
        found.process.wait()


Seen = tuple[str, str, bool, dict[str, Any]]


def in_phoenix(receiver: RealReceiver, trace: str) -> dict[str, Seen]:
    """The spans of the trace by name: id, the parent's, whether it failed, what is known of it."""
    found = receiver.get("/v1/projects/default/spans?limit=100") or {"data": []}
    return {
        each["name"]: (
            each["context"]["span_id"],
            each["parent_id"] or "",
            each["status_code"] == "ERROR",
            each["attributes"],
        )
        for each in found["data"]
        if each["context"]["trace_id"] == trace
    }


def in_mlflow(receiver: RealReceiver, trace: str) -> dict[str, Seen]:
    """The same of MLflow."""
    path = f"/ajax-api/3.0/mlflow/traces/get?trace_id=tr-{trace}&allow_partial=true"
    found = receiver.get(path) or {"trace": {"spans": []}}
    return {
        each["name"]: (
            each["span_id"],
            each.get("parent_span_id", ""),
            each["status"].get("code") == "STATUS_CODE_ERROR",
            {one["key"]: next(iter(one["value"].values())) for one in each["attributes"]},
        )
        for each in found["trace"]["spans"]
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("real_receiver", "headers", "seen", "forms"),
    [
        ("phoenix", "", in_phoenix, [""]),
        (
            "mlflow",
            "x-mlflow-experiment-id=0",
            in_mlflow,
            ["http/json", "http/protobuf"],
        ),
    ],
    ids=["phoenix", "mlflow"],
    indirect=["real_receiver"],
)
def test_a_real_receiver_has_what_was_sent(
    project: Project,
    real_receiver: RealReceiver,
    headers: str,
    seen: Callable[[RealReceiver, str], dict[str, Seen]],
    forms: list[str],
) -> None:
    project.env.pop("TRACEPARENT", None)
    fake_claude(project, 0.25)
    reader = {"name": "b", "task": "x", "reads": ["a"], "check": "false"}
    plan = {"project": "demo", "agents": [{"name": "a", "task": "x"}, reader]}
    project.write("plan.json", json.dumps(plan))
    assert project.compile().code == 0
    for form in forms:
        assert project.make("FORCE=1").code == 2
        project.env |= {
            "OTEL_EXPORTER_OTLP_HEADERS": headers,
            "OTEL_EXPORTER_OTLP_PROTOCOL": form,
        }
        result = project.wavemake("trace", "--otlp", real_receiver.url)
        assert (result.code, result.out) == (0, "")
        trace = project.events()[0]["trace"]
        wait_for(lambda trace=trace: len(seen(real_receiver, trace)) == 3, "all spans", 60)
        spans = seen(real_receiver, trace)
        above, parent, failed, _ = spans["invoke_workflow demo"]
        assert (parent, failed) == ("", True)
        for name in ("a", "b"):
            _, parent, failed, facts = spans[f"invoke_agent {name}"]
            assert (parent, failed) == (above, name == "b")
            assert facts["gen_ai.agent.name"] == name
            assert facts["wavemake.cost_usd"] == 0.25
            assert facts["gen_ai.usage.input_tokens"] == 100
