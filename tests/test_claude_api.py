"""What the real `claude` CLI does with our stdin, and what it says on stdout: the runner's facts.

The CLI is $WAVEMAKE_CLAUDE, else `claude` on PATH. Its raw stdout is kept in data/claude for tests
that have no CLI; --update writes those files anew.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import expectations
from tests.claude_api import ClaudeApi, Reply, in_turn, prompt_of

pytestmark = pytest.mark.slow

DATA = Path(__file__).parent / "data" / "claude"
COMMAND = ("-p", "--output-format", "stream-json", "--verbose")
MODEL = "claude-haiku-4-5"
ANSWER = (
    'First "line"\t\\ back/slash {"is_error":true}\n\n'
    "\u00e9 \u2603 \U0001f600 \u2028 \x01\n  last\n"
)
CAPTURES = {
    "answer": Reply(text=ANSWER),
    "error-401": Reply.error(401, "invalid x-api-key"),
    "empty": Reply.empty(),
    "denied": Reply.tool_use("Write", file_path="notes.md", content="A note.\n"),
}


@dataclass(frozen=True)
class Run:
    """One run of the CLI that has ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stdout.split("\n") if line]

    @property
    def result(self) -> dict[str, Any]:
        return [event for event in self.events if event["type"] == "result"][-1]


class Cli:
    """The CLI in a project and a home of its own, wired to `api`."""

    def __init__(self, path: str, api: ClaudeApi, folder: Path) -> None:
        self.path = path
        self.api = api
        self.project = folder / "project"
        self.home = folder / "home"
        self.started: list[subprocess.Popen[bytes]] = []
        self.project.mkdir()
        self.home.mkdir()

    def start(self, prompt: str, *args: str, **variables: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [self.path, *COMMAND, *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.project,
            env=self.api.environment(self.home, os.environ) | variables,
        )
        self.started.append(process)
        assert process.stdin
        process.stdin.write(prompt.encode())
        process.stdin.close()
        process.stdin = None
        return process

    def run(self, prompt: str, *args: str, **variables: str) -> Run:
        return self.finish(self.start(prompt, *args, **variables))

    def finish(self, process: subprocess.Popen[bytes]) -> Run:
        stdout, stderr = process.communicate(timeout=60)
        return Run(process.returncode, stdout.decode(), stderr.decode())

    def scrub(self, text: str) -> str:
        """`text` without the paths of this machine."""
        slug = "".join(c if c.isalnum() else "-" for c in str(self.project))
        for mine, theirs in (
            (self.project, "/project"),
            (self.home, "/home/user"),
            (slug, "-project"),
        ):
            text = text.replace(str(mine), theirs)
        return text


@pytest.fixture(scope="session")
def claude() -> str:
    path = shutil.which(os.environ.get("WAVEMAKE_CLAUDE") or "claude")
    if path is None:
        complain = pytest.fail if os.environ.get("WAVEMAKE_TEST_ALL") == "1" else pytest.skip
        complain("no claude CLI: set WAVEMAKE_CLAUDE or put it on PATH")
    return str(Path(path).absolute())


@pytest.fixture
def api() -> Iterator[ClaudeApi]:
    with ClaudeApi() as api:
        yield api
    assert api.strays == []


@pytest.fixture
def cli(claude: str, api: ClaudeApi, tmp_path: Path) -> Iterator[Cli]:
    cli = Cli(claude, api, tmp_path)
    yield cli
    for process in cli.started:
        process.kill()


@pytest.fixture(scope="session")
def captured(claude: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Run]:
    """The CLI's run for a name in CAPTURES, done once."""
    done: dict[str, Run] = {}

    def run(name: str) -> Run:
        if name not in done:
            with ClaudeApi() as api:
                api.script = in_turn(CAPTURES[name], _after(CAPTURES[name]))
                cli = Cli(claude, api, tmp_path_factory.mktemp(name))
                raw = cli.run("Say it.", "--model", MODEL, CLAUDE_CODE_MAX_RETRIES="0")
                assert api.strays == []
                done[name] = Run(raw.code, cli.scrub(raw.stdout), raw.stderr)
        return done[name]

    return run


def _after(reply: Reply) -> Reply:
    return Reply(text="I could not write the file.") if reply.tool else reply


def _gist(events: list[dict[str, Any]]) -> list[Any]:
    """What the runner may look at in `events`. Versions differ in those of the type "system"."""
    fields = ("subtype", "is_error", "api_error_status", "result", "stop_reason", "num_turns")
    result = events[-1]
    denied = [denial["tool_name"] for denial in result["permission_denials"]]
    kinds = [event["type"] for event in events if event["type"] != "system"]
    return [kinds, [result[field] for field in fields], denied, result["total_cost_usd"]]


@pytest.mark.parametrize("name", CAPTURES)
def test_kept_stdout_says_what_this_cli_says(name: str, captured: Callable[[str], Run]) -> None:
    run = captured(name)
    file = DATA / f"{name}.jsonl"
    if expectations.UPDATE:
        file.write_text(run.stdout, encoding="utf-8")
    kept = file.read_text(encoding="utf-8")
    assert _gist(Run(0, kept, "").events) == _gist(run.events)


def test_answer_is_in_the_last_event_whole(captured: Callable[[str], Run]) -> None:
    run = captured("answer")
    assert (run.code, run.stderr) == (0, "")
    assert run.stdout.endswith("\n")
    assert run.events[-1] == run.result
    assert (run.result["result"], run.result["is_error"]) == (ANSWER, False)


def test_answer_comes_with_its_cost(captured: Callable[[str], Run]) -> None:
    result = captured("answer").result
    assert result["usage"]["input_tokens"] == 1000
    assert result["usage"]["output_tokens"] == 20
    assert result["total_cost_usd"] == pytest.approx(0.0011)
    assert list(result["modelUsage"]) == [MODEL]


def test_401_exits_1_and_its_text_is_the_result(captured: Callable[[str], Run]) -> None:
    run = captured("error-401")
    assert (run.code, run.stderr) == (1, "")
    result = run.result
    assert (result["subtype"], result["is_error"]) == ("success", True)
    assert result["api_error_status"] == 401
    assert result["result"] == "Invalid API key \u00b7 Fix external API key"


def test_empty_reply_is_urged_once_then_passes_for_a_success(
    captured: Callable[[str], Run],
) -> None:
    run = captured("empty")
    result = run.result
    assert (run.code, result["subtype"], result["is_error"]) == (0, "success", False)
    assert (result["result"], result["num_turns"]) == ("", 2)


def test_denied_tool_passes_for_a_success(captured: Callable[[str], Run]) -> None:
    run = captured("denied")
    result = run.result
    assert (run.code, result["subtype"], result["is_error"]) == (0, "success", False)
    assert result["result"].startswith("I could not")
    assert [denial["tool_name"] for denial in result["permission_denials"]] == ["Write"]


def test_denied_tool_has_not_run(cli: Cli, api: ClaudeApi) -> None:
    api.script = in_turn(Reply.tool_use("Bash", command="touch made"), Reply(text="done"))
    run = cli.run("Make it.")
    assert [denial["tool_name"] for denial in run.result["permission_denials"]] == ["Bash"]
    assert list(cli.project.iterdir()) == []


def test_accept_edits_lets_it_write(cli: Cli, api: ClaudeApi) -> None:
    api.script = in_turn(Reply.tool_use("Write", file_path="made", content="x"), Reply(text="done"))
    run = cli.run("Make it.", "--permission-mode", "acceptEdits")
    assert (run.result["result"], run.result["permission_denials"]) == ("done", [])
    assert (cli.project / "made").read_text() == "x"


def test_big_prompt_arrives_byte_for_byte(cli: Cli, api: ClaudeApi) -> None:
    line = 'it\'s "x" `y` $HOME \\n %s \t \u00e9\u2603\U0001f600 </task>\r\n'
    prompt = "# Task\n" + line * (300_000 // len(line.encode())) + "  the end \n\n"
    assert cli.run(prompt).code == 0
    assert [prompt_of(request) for request in api.requests] == [prompt]


def test_model_reaches_the_request(cli: Cli, api: ClaudeApi) -> None:
    cli.run("Hi.", "--model", "claude-some-model-9")
    assert [request["model"] for request in api.requests] == ["claude-some-model-9"]


@pytest.mark.parametrize("status", [429, 529])
def test_no_retries_means_one_request(status: int, cli: Cli, api: ClaudeApi) -> None:
    api.reply(reply=Reply.error(status, retry_after=30))
    run = cli.run("Hi.", CLAUDE_CODE_MAX_RETRIES="0")
    assert (run.code, run.result["is_error"]) == (1, True)
    assert run.result["api_error_status"] == status
    assert len(api.requests) == 1


def test_cli_retries_by_itself_and_says_so(cli: Cli, api: ClaudeApi) -> None:
    api.script = in_turn(Reply.error(529), Reply(text="at last"))
    run = cli.run("Hi.")
    retries = [event for event in run.events if event.get("subtype") == "api_retry"]
    assert [event["error_status"] for event in retries] == [529]
    assert (run.code, run.result["result"]) == (0, "at last")


def test_lost_connection_has_no_status(cli: Cli, api: ClaudeApi) -> None:
    api.reply(reply=Reply.cut_off("one two three"))
    run = cli.run("Hi.", CLAUDE_CODE_MAX_RETRIES="0")
    assert (run.code, run.result["is_error"]) == (1, True)
    assert run.result["api_error_status"] is None
    assert re.match(r"API Error: .*\(ECONNRESET\)", run.result["result"])
    assert [request.get("stream", False) for request in api.requests] == [True, False]


def test_cut_answer_is_continued_and_its_head_is_lost(cli: Cli, api: ClaudeApi) -> None:
    api.script = in_turn(Reply(text="head, ", stop_reason="max_tokens"), Reply(text="tail"))
    run = cli.run("Hi.")
    assert (run.code, run.result["is_error"], run.result["result"]) == (0, False, "tail")
    kinds = [each["type"] for each in run.events if each["type"] not in ("system", "user")]
    assert kinds == ["assistant", "assistant", "result"]


def test_slash_at_the_start_may_be_a_command_that_asks_no_model(cli: Cli, api: ClaudeApi) -> None:
    run = cli.run("/summary of all that was read")
    assert (run.code, run.result["is_error"]) == (0, False)
    # 2.1.332 sends it to the model.
    assert run.result["result"] == ("ok" if api.requests else "Unknown command: /summary")


@pytest.mark.parametrize(("off", "read"), [("", True), ("1", False)])
def test_file_mentioned_with_at_is_read(off: str, read: bool, cli: Cli, api: ClaudeApi) -> None:
    secret = cli.home / "secret.txt"
    secret.write_text("the-secret")
    cli.run(f"As @{secret} says.", CLAUDE_CODE_DISABLE_ATTACHMENTS=off)
    assert ["the-secret" in json.dumps(request) for request in api.requests] == [read]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 0)])
def test_stopped_cli_tells_no_answer(number: int, code: int, cli: Cli, api: ClaudeApi) -> None:
    api.reply(reply=Reply(text="late").held(threading.Event()))
    process = cli.start("Hi.")
    api.wait_for_requests(1)
    process.send_signal(number)
    run = cli.finish(process)
    assert run.code == code
    # A busy machine gives SIGINT the time to print a result, of an error.
    assert all(e["is_error"] for e in run.events if e["type"] == "result")
    assert "late" not in run.stdout


def test_held_reply_arrives_after_its_release(cli: Cli, api: ClaudeApi) -> None:
    release = threading.Event()
    api.reply(reply=Reply(text="late").held(release))
    process = cli.start("Hi.")
    api.wait_for_requests(1)
    assert process.poll() is None
    release.set()
    assert cli.finish(process).result["result"] == "late"


def _ask(api: ClaudeApi, path: str, **body: Any) -> Any:
    """POST `body` as a plain client does."""
    request = urllib.request.Request(api.url + path, json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def test_stub_answers_a_plain_request_in_json(api: ClaudeApi) -> None:
    api.reply(text="hello")
    message = _ask(api, "/v1/messages", model="m", messages=[{"role": "user", "content": "Hi."}])
    assert message["content"] == [{"type": "text", "text": "hello"}]
    assert [prompt_of(request) for request in api.requests] == ["Hi."]


def test_stub_keeps_side_traffic_apart(api: ClaudeApi) -> None:
    assert _ask(api, "/v1/messages/count_tokens", text="x" * 400)["input_tokens"] > 100
    with pytest.raises(urllib.error.HTTPError, match="404"):
        _ask(api, "/api/event_logging")
    assert api.side == ["POST /v1/messages/count_tokens", "POST /api/event_logging"]
    assert api.requests == []


def test_stub_refuses_calls_to_other_hosts() -> None:
    with ClaudeApi() as api:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({"https": api.url}))
        with pytest.raises(OSError, match="403"):
            opener.open("https://example.invalid/", timeout=10)
        assert api.strays == ["CONNECT example.invalid:443"]


def test_stub_raises_what_the_script_raised() -> None:
    def script(_request: dict[str, Any]) -> Reply:
        raise LookupError("no such agent")

    def provoke() -> None:
        with ClaudeApi() as api:
            api.script = script
            with pytest.raises(urllib.error.HTTPError, match="400"):
                _ask(api, "/v1/messages", model="m", messages=[])

    with pytest.raises(LookupError, match="no such agent"):
        provoke()
