"""Plans that the real `claude` CLI runs, from compile to summary, against a stub of its API.

The CLI is $WAVEMAKE_CLAUDE, else `claude` on PATH. Where what matters is how its answer is read, a
script that prints one stands in for it.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.claude_api import ClaudeApi, Reply, Request, in_turn, prompt_of
from tests.expectations import golden
from tests.harness import EVERYTHING, REPOSITORY, Project

pytestmark = pytest.mark.slow

CAPTURED = REPOSITORY / "tests" / "data" / "claude"
RUNTIME = REPOSITORY / "templates" / "runtime"
MODEL = "claude-haiku-4-5"
DIAMOND = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}
ODD = (
    'First "line"\t\\ back/slash {"is_error":true}\n\n===== end 0 =====\n'
    "\u00e9 \u2603 \U0001f600 \u2028 \x01 $HOME `id` %s \\n\n  last, without a newline"
)


class ClaudeProject(Project):
    """A project whose agents are run by whatever is on its PATH as `claude`."""

    def agents(self, agents: dict[str, Any], **defaults: Any) -> None:
        """Compile a plan; a value of `agents` is its reads, or its keys."""
        items = []
        for name, value in agents.items():
            extra = value if isinstance(value, dict) else {"reads": value}
            items.append({"name": name, "task": f"Do {name}.", "reads": [], **extra})
        defaults = {"runner": "claude", "model": MODEL, **defaults}
        self.write(
            "plan.json", json.dumps({"project": "demo", "defaults": defaults, "agents": items})
        )
        result = self.compile()
        assert result.code == 0, result.out

    def fake(self, script: str) -> None:
        """Let `script` (sh) stand in for the CLI; its prompt is read and dropped."""
        self.write_fake(f"#!/bin/sh\ncat >/dev/null\n{script}\n")

    def write_fake(self, program: str) -> None:
        folder = self.folder.parent / "bin"
        folder.mkdir(exist_ok=True)
        (folder / "claude").write_text(program)
        (folder / "claude").chmod(0o755)
        self.env["PATH"] = f"{folder}:{self.env['PATH']}"

    def bytes_of(self, agent: str, name: str) -> bytes:
        return self.path(f".tmp/agents/{agent}/{name}").read_bytes()

    def has(self, agent: str, name: str) -> bool:
        return self.path(f".tmp/agents/{agent}/{name}").exists()

    def logged(self, agent: str) -> list[str]:
        """The types of the events that the agent printed."""
        lines = self.read(f".tmp/agents/{agent}/stream.log").split("\n")
        return [json.loads(line)["type"] for line in lines if line.startswith("{")]

    def printed(self, agent: str) -> dict[str, Any]:
        """The last event that a failed agent printed."""
        text = self.read(f".tmp/agents/{agent}/stream.log")
        event: dict[str, Any] = json.loads(text.strip().split("\n")[-1])
        return event

    def row(self, agent: str) -> str:
        """The agent's line of summary.md, the time that it took left out."""
        lines = self.read(".tmp/agents/summary.md").splitlines()
        line = next(line for line in lines if re.match(rf"\| \[?{agent}\b", line))
        return re.sub(r"[^|]+(\|[^|]*\|)$", r" ... \1", line)


class LiveProject(ClaudeProject):
    """A project whose agents are run by the real CLI, which asks `api`."""

    def __init__(self, folder: pathlib.Path, api: ClaudeApi, claude: str) -> None:
        super().__init__(folder)
        self.api = api
        home, bin_folder = folder.parent / "home", folder.parent / "bin"
        home.mkdir()
        bin_folder.mkdir()
        self.env = api.environment(home, self.env) | {"CLAUDE_CODE_MAX_RETRIES": "0"}
        self.put_on_path(bin_folder, "claude", [claude])
        self.seen = 0

    def answer(self, **scripts: str | Reply | Callable[[Request], Reply]) -> None:
        """Answer each agent named with a text or a reply, or as its script says; others with "ok"."""

        def script(request: Request) -> Reply:
            chosen = scripts.get(agent_of(request), "ok")
            if isinstance(chosen, str):
                return Reply(text=chosen)
            return chosen if isinstance(chosen, Reply) else chosen(request)

        self.api.script = script

    def asked(self) -> list[str]:
        """The agents for which the API was asked since the last call, sorted."""
        new = self.api.requests[self.seen :]
        self.seen += len(new)
        return sorted(map(agent_of, new))

    def left(self) -> list[str]:
        """The processes that still run in the project; those being killed get a moment to go."""
        deadline = time.monotonic() + 5
        while (found := processes_in(self.folder)) and time.monotonic() < deadline:
            time.sleep(0.02)
        return found


def agent_of(request: Request) -> str:
    found = re.match(r"You are the agent `([^`]*)`", prompt_of(request))
    assert found, prompt_of(request)[:200]
    return found[1]


def processes_in(folder: pathlib.Path) -> list[str]:
    """The command lines of the processes that run in `folder`."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = pathlib.Path(f"/proc/{entry}/cmdline").read_bytes()
            where = os.readlink(f"/proc/{entry}/cwd")
        except OSError:
            continue
        if where == str(folder):
            found.append(words.replace(b"\0", b" ").decode())
    return found


@pytest.fixture(scope="session")
def claude() -> str:
    """The path of the CLI."""
    path = shutil.which(os.environ.get("WAVEMAKE_CLAUDE") or "claude")
    if path is None:
        complain = pytest.fail if EVERYTHING else pytest.skip
        complain("no claude CLI: set WAVEMAKE_CLAUDE or put it on PATH")
    return str(pathlib.Path(path).absolute())


@pytest.fixture
def live(claude: str, tmp_path: pathlib.Path) -> Iterator[LiveProject]:
    with ClaudeApi() as api:
        yield LiveProject(tmp_path / "my project", api, claude)
    assert api.strays == []


@pytest.fixture
def scripted(tmp_path: pathlib.Path) -> ClaudeProject:
    return ClaudeProject(tmp_path / "my project")


# --- what is sent and what comes back -------------------------------------------


def test_answers_are_kept_byte_for_byte_and_paid_once(live: LiveProject) -> None:
    live.agents(DIAMOND)
    answers = {"a": ODD, "b": "of b\n", "c": "of c\n\n\n", "d": "of d"}
    live.answer(**answers)
    assert live.make("-j4").code == 0
    assert {name: live.bytes_of(name, "output.md") for name in DIAMOND} == {
        name: text.encode() for name, text in answers.items()
    }
    assert live.asked() == ["a", "b", "c", "d"]
    assert live.make("-j4").out == golden("run/nothing-to-do")
    assert live.asked() == []


def test_the_api_is_sent_what_prompt_md_holds(live: LiveProject) -> None:
    live.agents({**DIAMOND, "d": {"reads": ["b", "c"], "model": "claude-sonnet-4-5"}})
    live.answer(a=ODD, b="of b\n", c="of c\n\n\n")
    assert live.make("-j4").code == 0
    requests = {agent_of(request): request for request in live.api.requests}
    sent = {name: prompt_of(request).encode() for name, request in requests.items()}
    assert sent == {name: live.bytes_of(name, "prompt.md") for name in DIAMOND}
    assert f"=====\n{ODD}\n===== end " in sent["b"].decode()
    assert "=====\nof b\n\n===== end " in sent["d"].decode()
    assert "=====\nof c\n\n\n\n===== end " in sent["d"].decode()
    models = {name: request["model"] for name, request in requests.items()}
    assert models == {"a": MODEL, "b": MODEL, "c": MODEL, "d": "claude-sonnet-4-5"}


def test_cost_and_tokens_are_told(live: LiveProject) -> None:
    live.agents({"a": [], "b": {"model": "claude-sonnet-4-5"}})
    assert live.make("-j4").code == 0
    figures = ("cost", "tokens_in", "tokens_out", "turns", "model")
    reported = {name: [live.status(name)[figure] for figure in figures] for name in ("a", "b")}
    assert reported["a"] == [pytest.approx(0.0011), 1000, 20, 1, MODEL]
    assert reported["b"] == [pytest.approx(0.0033), 1000, 20, 1, "claude-sonnet-4-5"]
    assert live.row("a") == "| [a](a/output.md) | 1 | done | ... | $0.0011 |"
    assert live.row("b") == "| [b](b/output.md) | 1 | done | ... | $0.0033 |"


def test_result_json_is_the_result_event_and_the_stream_is_kept(live: LiveProject) -> None:
    live.agents({"a": []})
    live.answer(a=ODD)
    assert live.make().code == 0
    result = live.json(".tmp/agents/a/result.json")
    assert (result["type"], result["result"]) == ("result", ODD)
    assert result["session_id"] == live.status("a")["session"]
    assert live.logged("a") == ["system", "assistant", "result"]


def test_no_secret_of_the_environment_is_written(live: LiveProject) -> None:
    live.env["DEPLOY_TOKEN"] = "canary-5ec2e7"
    live.agents({"a": [], "b": ["a"], "c": []})
    look = Reply.tool_use("Read", file_path="plan.json")
    live.answer(b=in_turn(look, Reply(text="seen")), c=Reply.error(401))
    assert live.make("-j4").code == 2
    files = [path for path in live.path(".tmp").rglob("*") if path.is_file()]
    assert {"log.txt", "result.json", "events.jsonl"} <= {path.name for path in files}
    for secret in ("canary-5ec2e7", live.env["ANTHROPIC_API_KEY"]):
        assert [path for path in files if secret.encode() in path.read_bytes()] == []


# --- what the CLI reads by itself ------------------------------------------------


def test_claude_reads_claude_md_and_is_not_given_it_again(live: LiveProject) -> None:
    live.write("CLAUDE.md", "The house rule: be brief.\n")
    live.agents({"a": []})
    assert live.make().code == 0
    assert "house rule" not in live.read(".tmp/agents/a/prompt.md")
    assert json.dumps(live.api.requests[0]).count("The house rule: be brief.") == 1


@pytest.mark.parametrize("skill", [{}, {"skill": "greet"}], ids=["no skill", "skill"])
def test_a_path_with_at_in_what_is_read_is_not_opened(
    live: LiveProject, skill: dict[str, Any]
) -> None:
    canary = live.folder.parent / "canary.txt"
    canary.write_text("what-nobody-asked-for\n")
    live.write(
        ".claude/skills/greet/SKILL.md", "---\ndescription: Greets politely.\n---\nSay hello.\n"
    )
    live.agents({"a": [], "b": {"reads": ["a"], "task": f"Do as @{canary} says.", **skill}})
    live.answer(a=f'As @{canary} says,\n@"{canary}"\n@../canary.txt @./plan.json\n@{canary}')
    assert live.make().code == 0
    b = json.dumps(live.api.requests[1])
    assert f"As @{canary} says," in b
    assert "what-nobody-asked-for" not in b
    assert "Do a." not in b


def test_a_skill_can_be_called_by_its_name(live: LiveProject) -> None:
    live.write(
        ".claude/skills/greet/SKILL.md", "---\ndescription: Greets politely.\n---\nSay hello.\n"
    )
    live.agents({"a": {"skill": "greet"}})
    live.answer(a=in_turn(Reply.tool_use("Skill", skill="greet"), Reply(text="hello")))
    assert live.make().code == 0
    assert live.output("a") == "hello"
    first, second = live.api.requests
    assert "\nUse the skill `/greet`.\n" in prompt_of(first)
    assert "Skill" in [tool["name"] for tool in first["tools"]]
    assert ["Say hello." in json.dumps(request) for request in (first, second)] == [False, True]


# --- failures ----------------------------------------------------------------------


def test_a_refusal_fails_its_agent_blocks_its_readers_and_is_tried_again(live: LiveProject) -> None:
    live.agents(DIAMOND)
    live.answer(b=Reply.error(401, "invalid x-api-key"))
    result = live.make("-j4")
    assert result.code == 2
    printed = live.printed("b")
    assert (printed["is_error"], printed["api_error_status"]) == (True, 401)
    reason = f"API 401: {printed['result']}"
    assert f"wave 2: b FAILED: {reason} (.tmp/agents/b/log.txt)\n" in result.out
    assert (live.status("b")["state"], live.status("b")["reason"]) == ("failed", reason)
    assert not live.has("b", "output.md")
    assert live.row("d") == "| d | 3 | **blocked** | ... | by b |"
    # The CLI itself asks again a few times; the runtime does not.
    assert set(live.asked()) == {"a", "b", "c"}
    assert live.status("b")["attempts"] == 1
    live.answer()
    assert live.make("-j4").code == 0
    assert live.asked() == ["b", "d"]


def test_an_empty_answer_is_a_failure(live: LiveProject) -> None:
    live.agents({"a": []})
    live.answer(a=Reply.empty())
    result = live.make()
    assert result.code == 2
    assert "a FAILED: empty answer (" in result.out
    assert not live.has("a", "output.md")
    assert live.status("a")["cost"] > 0


@pytest.mark.parametrize(
    ("tool", "given"),
    [("Bash", {"command": "touch made"}), ("Write", {"file_path": "made", "content": "x"})],
)
def test_a_denied_tool_is_a_failure(live: LiveProject, tool: str, given: dict[str, str]) -> None:
    live.agents({"a": []})
    live.answer(a=in_turn(Reply.tool_use(tool, **given), Reply(text="I could not.")))
    result = live.make()
    assert result.code == 2
    assert f"a FAILED: permission denied: {tool} (" in result.out
    assert not live.path("made").exists()
    assert "I could not." in live.read(".tmp/agents/a/log.txt")


def test_an_allowed_tool_runs(live: LiveProject) -> None:
    live.agents({"a": []}, args=["--permission-mode", "acceptEdits"])
    write = Reply.tool_use("Write", file_path="made", content="x")
    live.answer(a=in_turn(write, Reply(text="made it")))
    assert live.make().code == 0
    assert (live.read("made"), live.output("a")) == ("x", "made it")


def test_a_cut_connection_is_a_failure(live: LiveProject) -> None:
    live.agents({"a": []})
    live.answer(a=Reply.cut_off("one two three"))
    result = live.make()
    assert result.code == 2
    reason = live.printed("a")["result"]
    assert reason.startswith("API Error: ")
    assert f"a FAILED: {reason} (.tmp/agents/a/log.txt)\n" in result.out
    assert not live.has("a", "output.md")


def test_a_timeout_ends_the_cli(live: LiveProject) -> None:
    live.agents({"a": [], "b": ["a"]}, timeout=2)
    live.answer(a=Reply(text="late").held(threading.Event()))
    result = live.make()
    assert result.code == 2
    assert "a FAILED: timed out" in result.out
    assert live.left() == []


def test_a_stopped_make_leaves_nothing_and_the_next_one_finishes(live: LiveProject) -> None:
    live.agents({"a": [], "b": ["a"], "c": ["b"]})
    live.answer(b=Reply(text="late").held(threading.Event()))
    make = live.start_make("-j4")
    live.api.wait_for_requests(2)
    assert any("claude" in process for process in processes_in(live.folder))
    make.send_signal(signal.SIGTERM)
    make.communicate(timeout=30)
    assert make.returncode != 0
    assert live.left() == []
    assert live.status("b")["state"] == "interrupted"
    assert live.asked() == ["a", "b"]
    live.answer()
    assert live.make("-j4").code == 0
    assert live.asked() == ["b", "c"]


# --- how an answer is read, whoever printed it ---------------------------------------

ANSWER = {"type": "result", "subtype": "success", "is_error": False, "result": ODD}
PRINTED = {
    "an object": json.dumps(ANSWER),
    "an indented object": json.dumps(ANSWER, indent=2),
    "an array": json.dumps([{"type": "system"}, {"type": "assistant"}, ANSWER]),
    "an indented array": json.dumps([{"type": "system"}, ANSWER], indent=2),
    "warnings around": f"(node:7) Warning: [old] {{API}}\n{json.dumps(ANSWER)}\nUpdate available!",
    "no newline at the end": json.dumps(ANSWER),
}


@pytest.mark.parametrize("name", PRINTED)
def test_other_ways_to_print_the_answer_are_read(scripted: ClaudeProject, name: str) -> None:
    scripted.write("printed", PRINTED[name] + "\n" * (name != "no newline at the end"))
    scripted.fake("cat printed")
    scripted.agents({"a": []})
    assert scripted.make().code == 0
    assert scripted.bytes_of("a", "output.md") == ODD.encode()
    assert scripted.json(".tmp/agents/a/result.json") == ANSWER
    for line in ("(node:7) Warning: [old] {API}", "Update available!"):
        assert (line in scripted.read(".tmp/agents/a/log.txt")) == (line in PRINTED[name])


def test_what_the_cli_does_not_tell_is_left_out(scripted: ClaudeProject) -> None:
    scripted.write("printed", json.dumps(ANSWER))
    scripted.fake("cat printed")
    scripted.agents({"a": []})
    assert scripted.make().code == 0
    assert {"cost", "tokens_in", "tokens_out", "turns"} & set(scripted.status("a")) == set()
    assert scripted.row("a") == "| [a](a/output.md) | 1 | done | ... |  |"


ERROR = {"type": "result", "subtype": "success", "is_error": True, "result": "Out of credit"}


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (":", "no result event: the answer is incomplete"),
        ("echo 'segfault, sorry'", "no result event: the answer is incomplete"),
        ('echo \'{"type":"system"}\'', "no result event: the answer is incomplete"),
        (f"echo '{json.dumps(ERROR)}'", "Out of credit"),
        (f"echo '{json.dumps([ERROR])}'", "Out of credit"),
        (f"echo '{json.dumps({**ERROR, 'api_error_status': 529})}'", "API 529: Out of credit"),
        ("head -c 20 printed; exit 3", "exit status 3"),
        ("echo 'no such option' >&2; exit 2", "exit status 2: no such option"),
    ],
)
def test_exit_0_is_not_taken_for_an_answer(
    scripted: ClaudeProject, script: str, reason: str
) -> None:
    scripted.write("printed", json.dumps(ANSWER) + "\n")
    scripted.fake(script)
    scripted.agents({"a": [], "b": ["a"]})
    result = scripted.make()
    assert result.code == 2
    assert f"a FAILED: {reason} (.tmp/agents/a/log.txt)" in result.out
    assert not scripted.has("a", "output.md")
    logs = [name for name in ("log.txt", "stream.log") if scripted.has("a", name)]
    log = "".join(scripted.read(f".tmp/agents/a/{name}") for name in logs)
    for word in ("segfault, sorry", "no such option", "Out of credit"):
        assert (word in log) == (word in script)


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("answer", ""),
        (
            "denied",
            'permission denied: Write (to permit edits: "permissions": "acceptEdits" in the plan, '
            "or --permissions acceptEdits)",
        ),
        ("empty", "empty answer"),
        ("error-401", "API 401: Invalid API key \u00b7 Fix external API key"),
    ],
)
def test_what_the_cli_once_printed_is_read_the_same(
    scripted: ClaudeProject, name: str, outcome: str
) -> None:
    captured = CAPTURED / f"{name}.jsonl"
    shutil.copy(captured, scripted.path("printed"))
    scripted.fake("cat printed")
    scripted.agents({"a": []})
    assert scripted.make().code == (2 if outcome else 0)
    assert scripted.status("a")["reason"] == outcome
    if not outcome:
        result = json.loads(captured.read_text("utf-8").split("\n")[-2])
        assert scripted.bytes_of("a", "output.md") == result["result"].encode()


def test_a_cli_that_is_not_there_is_named(scripted: ClaudeProject) -> None:
    scripted.agents({"a": [], "b": ["a"]})
    scripted.env["PATH"] = "/usr/bin:/bin"
    result = scripted.make("a")
    assert result.code == 2
    assert "claude is not installed (" in result.out


# --- how the prompt is handed over ---------------------------------------------------


def test_the_prompt_is_on_standard_input_and_the_settings_are_arguments(
    scripted: ClaudeProject,
) -> None:
    scripted.write_fake('#!/bin/sh\ncat >stdin; printf "%s\\n" "$@" >argv; cat printed\n')
    shutil.copy(CAPTURED / "answer.jsonl", scripted.path("printed"))
    scripted.agents({"a": {"args": ["--permission-mode", "acceptEdits"]}})
    assert scripted.make().code == 0
    assert scripted.path("stdin").read_bytes() == scripted.bytes_of("a", "prompt.md")
    assert scripted.read("argv").splitlines() == [
        *("-p", "--output-format", "stream-json", "--verbose"),
        *("--model", MODEL, "--permission-mode", "acceptEdits"),
    ]


def test_a_large_prompt_is_handed_over_whole(live: LiveProject) -> None:
    line = 'it\'s "x" `y` $HOME \\n %s \t \u00e9\u2603\U0001f600 </task>\r\n'
    live.path("big.txt").write_bytes(line.encode() * 6000)
    live.agents({"a": ["big.txt"]})
    assert live.make().code == 0
    assert prompt_of(live.api.requests[0]).encode() == live.bytes_of("a", "prompt.md")
    assert live.bytes_of("a", "prompt.md").count(line.encode()) == 6000
