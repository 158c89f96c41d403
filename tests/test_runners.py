"""How each CLI is called, by programs in their place, and what `wavemake runners` tells."""

from __future__ import annotations

import json
import pathlib
import re
import shlex

import pytest

from tests.expectations import expect
from tests.harness import REPOSITORY, Project
from wavemake.plan.model import Settings
from wavemake.plan.runners import HONOURABLE, RUNNERS, command_line

DATA = REPOSITORY / "tests" / "data"
DOCUMENT = REPOSITORY / "docs" / "runners.md"

EVERYTHING = Settings(
    model="M",
    args=("--more", "a b"),
    tools=("Bash(git *)", "Read"),
    permissions="P",
    max_budget_usd=2.5,
    system="Be brief.",
)
CALLS = {
    "claude": [
        *("claude", "-p", "--output-format", "stream-json", "--verbose", "--model", "M"),
        *("--permission-mode", "P", "--allowedTools=Bash(git *)", "--allowedTools=Read"),
        *("--append-system-prompt-file", "S", "--max-budget-usd", "2.5", "--more", "a b"),
    ],
    "codex": [
        *("codex", "exec", "--json", "--skip-git-repo-check", "--model", "M"),
        *("--sandbox", "P", "--more", "a b"),
    ],
    "gemini": [
        *("gemini", "--output-format", "json", "--skip-trust", "--model", "M"),
        *("--approval-mode", "P", "--allowed-tools=Bash(git *)", "--allowed-tools=Read"),
        *("--more", "a b"),
    ],
    "opencode": [
        *("opencode", "run", "--format", "json", "--title", "wavemake", "--model", "M"),
        *("--more", "a b"),
    ],
    "llm": [
        *("llm", "prompt", "--usage", "--no-log", "--model", "M", "--tool", "Bash(git *)"),
        *("--tool", "Read", "--system-fragment", "S", "--more", "a b"),
    ],
    "ollama": ["ollama", "run", "M", "--more", "a b"],
    "aider": [
        *("aider", "--message-file", "{prompt}", "--yes-always", "--no-auto-commits"),
        *("--no-pretty", "--no-stream", "--no-check-update", "--no-detect-urls"),
        *("--no-git", "--no-gitignore", "--chat-history-file", "/dev/null", "--input-history-file"),
        *("/dev/null", "--no-show-release-notes", "--no-show-model-warnings", "--no-analytics"),
        *("--model", "M", "--more", "a b"),
    ],
}


@pytest.mark.parametrize("name", CALLS)
def test_the_command_line(name: str) -> None:
    assert list(command_line(RUNNERS[name], EVERYTHING, "R", "S")) == CALLS[name]


def test_a_call_without_any_settings() -> None:
    for runner in RUNNERS.values():
        words = [word.replace("{runtime}", "R") for word in runner.argv]
        if runner.name != "command":
            assert list(command_line(runner, Settings(), "R")) == words


def test_every_cli_says_where_it_is_documented_and_how_it_is_installed() -> None:
    for runner in RUNNERS.values():
        assert bool(runner.program) == bool(runner.way_out) == bool(runner.source)


# --- in a run ---

ANSWERS = {name: f"{name}/answer.out" for name in ("codex", "gemini", "opencode", "llm")}
ANSWERS["claude"] = "claude/answer.jsonl"


def stand_in(project: Project, program: str, answer: pathlib.Path | None) -> None:
    """Put a program on the PATH that notes how it is called, and prints the file `answer`."""
    folder = project.folder.parent / "bin"
    folder.mkdir(exist_ok=True)
    shown = f"cat {shlex.quote(str(answer))}" if answer else "echo 'It answers.'"
    usage = DATA / "llm" / "answer.stderr"
    (folder / program).write_text(
        f"""#!/bin/sh
for word; do printf '%s\\n' "$word"; done >{program}.argv
cat >{program}.stdin
env >{program}.env
case $* in *--usage*) cat {shlex.quote(str(usage))} >&2 ;; esac
{shown}
"""
    )
    (folder / program).chmod(0o755)
    if not project.env["PATH"].startswith(f"{folder}:"):
        project.env["PATH"] = f"{folder}:{project.env['PATH']}"


@pytest.mark.parametrize("name", [*ANSWERS, "ollama"])
def test_a_run(project: Project, name: str) -> None:
    answer = DATA / ANSWERS[name] if name in ANSWERS else None
    stand_in(project, name, answer)
    project.env["CLAUDECODE"] = "1"
    agent = {"name": "a", "task": "Do it.", "reads": [], "model": "m 1", "args": ["--x", "y"]}
    project.write("plan.json", json.dumps({"defaults": {"runner": name}, "agents": [agent]}))
    assert project.compile().code == 0
    reported = project.make()
    assert reported.code == 0, reported.out
    settings = Settings(model="m 1", args=("--x", "y"))
    expected = command_line(RUNNERS[name], settings, "")
    assert project.read(f"{name}.argv").splitlines() == list(expected[1:])
    assert project.read(f"{name}.stdin") == project.read(".tmp/agents/a/prompt.md")
    environment = project.read(f"{name}.env").splitlines()
    assert {f"{key}={value}" for key, value in RUNNERS[name].environment} <= {*environment}
    assert "CLAUDECODE=1" not in environment
    if name in ("codex", "gemini", "opencode", "llm"):
        assert project.output("a").rstrip("\n") == 'Hello "there"\n\nbye'
        status = project.status("a")
        assert (status["tokens_in"], status["tokens_out"]) == (1000, 20)


def test_a_run_that_has_its_prompt_in_a_file(project: Project) -> None:
    stand_in(project, "aider", None)
    folder = project.folder.parent / "bin"
    script = (folder / "aider").read_text()
    (folder / "aider").write_text(script.replace("env >", 'cp "$2" aider.prompt\nenv >'))
    project.plan({"a": {"reads": [], "runner": "aider", "model": "m"}}, defaults={"command": None})
    assert project.compile().code == 0
    reported = project.make()
    assert reported.code == 0, reported.out
    assert project.output("a") == "It answers.\n"
    assert project.read("aider.stdin") == ""
    assert project.read("aider.prompt") == project.read(".tmp/agents/a/prompt.md")
    words = project.read("aider.argv").splitlines()
    settings = Settings(model="m")
    expected = command_line(RUNNERS["aider"], settings, "")
    assert [words[0], "{prompt}", *words[2:]] == list(expected[1:])


def test_what_is_told_of_a_try_that_is_followed_by_another(project: Project) -> None:
    stand_in(project, "codex", DATA / "codex" / "error-429.out")
    project.env["WAVEMAKE_BACKOFF"] = "0"
    agent = {"name": "a", "task": "Do it.", "reads": [], "runner": "codex", "retries": 2}
    project.write("plan.json", json.dumps({"agents": [agent]}))
    assert project.compile().code == 0
    assert project.make().code == 2
    tries = [each for each in project.events() if each["event"] == "attempt"]
    reason = "exceeded retry limit, last status: 429 Too Many Requests"
    assert [each["reason"] for each in tries] == [reason, reason]
    assert [each["session"] for each in tries] == ["session-1", "session-1"]
    assert project.status("a")["attempts"] == 3


def test_a_plan_is_asked_for_by_file(project: Project) -> None:
    plan = {"project": "demo", "agents": [{"name": "a", "task": "Do it.", "reads": []}]}
    project.write("answer.json", json.dumps(plan))
    stand_in(project, "aider", project.path("answer.json"))
    folder = project.folder.parent / "bin"
    script = (folder / "aider").read_text()
    (folder / "aider").write_text(script.replace("env >", 'cp "$2" aider.prompt\nenv >'))
    reported = project.wavemake("plan", "A goal", "--runner", "aider", "-o", "plan.json")
    assert reported.code == 0, reported.out
    assert project.json("plan.json")["agents"] == plan["agents"]
    assert project.read("aider.stdin") == ""
    assert "A goal" in project.read("aider.prompt")


@pytest.mark.parametrize(
    ("runner", "script", "message"),
    [
        ("codex", f"cat '{DATA}/codex/error-400.out'; exit 1", "codex: API 400: Bad thing"),
        ("llm", "echo 'Error: no key' >&2; exit 1", "llm: exit status 1: Error: no key"),
        (
            "ollama",
            "echo 'Error: no such model' >&2; exit 1",
            "ended with status 1: Error: no such model",
        ),
        ("gemini", "exit 0", "gemini: no object with a response: the answer is incomplete"),
        ("ollama", "exit 0", "ollama answered nothing"),
    ],
)
def test_a_plan_that_is_not_given(project: Project, runner: str, script: str, message: str) -> None:
    stand_in(project, runner, None)
    program = project.folder.parent / "bin" / runner
    program.write_text(f"#!/bin/sh\ncat >/dev/null\n{script}\n")
    reported = project.wavemake("plan", "A goal", "--runner", runner)
    assert reported.code == 2
    assert message in reported.out
    assert not project.path("plan.json").exists()


# --- wavemake runners ---


@pytest.fixture
def programs(project: Project) -> pathlib.Path:
    """The only folder on the path, with nothing in it but one CLI."""
    folder = project.folder / "bin"
    folder.mkdir()
    (folder / "codex").write_text("#!/bin/sh\necho codex-cli 0.169.0\n")
    (folder / "codex").chmod(0o755)
    project.env["PATH"] = str(folder)
    return folder


def test_what_is_listed(project: Project, programs: pathlib.Path) -> None:
    reported = project.wavemake("runners")
    assert reported.code == 0
    lines = reported.lines()
    at = lines.index("codex     codex-cli 0.169.0")
    assert lines[at + 1 : at + 4] == [
        "  runs     codex exec --json --skip-git-repo-check < {prompt}",
        "  answer   envelope codex",
        "  settings --model MODEL, --sandbox PERMISSIONS, CODEX_HOME=FOLDER",
    ]
    assert (
        "claude    not installed: npm install -g @anthropic-ai/claude-code (the default)" in lines
    )
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == list(RUNNERS)


def test_json_for_tools(project: Project, programs: pathlib.Path) -> None:
    reported = project.wavemake("runners", "--json")
    entries = {entry["name"]: entry for entry in json.loads(reported.out)}
    assert list(entries) == list(RUNNERS)
    assert entries["codex"] | {"source": ""} == {
        "name": "codex",
        "default": False,
        "preset": True,
        "program": "codex",
        "path": f"{programs}/codex",
        "version": "codex-cli 0.169.0",
        "command": ["codex", "exec", "--json", "--skip-git-repo-check"],
        "prompt": "stdin",
        "envelope": "codex",
        "settings": {
            "model": "--model MODEL",
            "permissions": "--sandbox PERMISSIONS",
            "isolate": "CODEX_HOME=FOLDER",
        },
        "requires": [],
        "context": ["CLAUDE.md"],
        "environment": {},
        "env": {},
        "way_out": "npm install -g @openai/codex",
        "source": "",
    }
    assert [name for name, entry in entries.items() if entry["path"]] == ["codex"]
    assert [name for name, entry in entries.items() if entry["default"]] == ["claude"]


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (None, 2, "wavemake: cannot read the plan plan.json: No such file or directory\n"),
        ('{"agents": [{"name": "a", "runner": "x"}]}', 1, "error[WM121]: there is no runner 'x'"),
        ("{", 1, "error["),
    ],
)
def test_a_plan_that_cannot_be_read(
    project: Project, text: str | None, code: int, message: str
) -> None:
    if text is not None:
        project.write("plan.json", text)
    reported = project.wavemake("runners", "plan.json")
    assert reported.code == code
    assert message in reported.out


# --- docs/runners.md ---


def table() -> list[str]:
    """The rows of the table of presets, as they follow from RUNNERS."""

    def code(text: str) -> str:
        return f"`{text}`" if text else "-"

    rows = []
    for runner in RUNNERS.values():
        call = shlex.join(runner.argv).replace("'", "").replace("{runtime}", ".tmp/agents/runtime")
        passed = [
            code(runner.isolate if name == "isolate" else " ".join(getattr(runner, name)))
            for name in HONOURABLE
        ]
        cells = [code(runner.name), code(call), runner.envelope, *passed]
        rows.append(f"| {' | '.join([*cells, code(' '.join(runner.prefix))])} |")
    return rows


def test_the_table_follows_the_presets() -> None:
    text = DOCUMENT.read_text()
    head, rule, rest = text.partition("|---|---|---|---|---|---|---|---|---|---|\n")
    _, _, more = rest.partition("\n\n")
    expect(DOCUMENT, f"{head}{rule}" + "\n".join(table()) + f"\n\n{more}")


RESULT = {"type": "result", "subtype": "success", "is_error": False, "result": "Hello."}
# How the documentation of each has it be called: its words, its answer, and where its prompt is.
DOCUMENTED = {
    "a": ("cursor-agent", "--print --output-format json --model auto", json.dumps(RESULT)),
    "b": ("goose", "run --no-session --quiet --instructions {prompt} --model large", "Hello."),
    "c": (
        "amp",
        "--execute --stream-json",
        json.dumps({"type": "system"}) + "\n" + json.dumps(RESULT),
    ),
    "d": ("qwen", "--output-format json --model coder --approval-mode yolo", json.dumps([RESULT])),
}


def test_the_runners_that_the_document_defines(project: Project) -> None:
    found = re.search(r"^```json\n(.*?)^```", DOCUMENT.read_text(), flags=re.M | re.S)
    assert found
    project.write("plan.json", found[1])
    for program, _, answer in DOCUMENTED.values():
        project.write(f"{program}.answer", f"{answer}\n")
        stand_in(project, program, project.path(f"{program}.answer"))
    compiled = project.compile()
    assert compiled.code == 0, compiled.out
    unset = project.make("-k")
    assert "variable AMP_API_KEY" in unset.out
    reported = project.make("-j4", env={**project.env, "AMP_API_KEY": "k"})
    assert reported.code == 0, reported.out
    for agent, (program, words, _) in DOCUMENTED.items():
        assert project.output(agent).rstrip("\n") == "Hello."
        called = " ".join(project.read(f"{program}.argv").splitlines())
        prompt = project.read(f".tmp/agents/{agent}/prompt.md")
        if "{prompt}" in words:
            start, _, end = words.partition("{prompt}")
            assert called.startswith(start)
            assert called.endswith(end)
            assert project.read(f"{program}.stdin") == ""
        else:
            assert called == words
            assert project.read(f"{program}.stdin") == prompt
    assert "GOOSE_MODE=auto" in project.read("goose.env").splitlines()


def test_a_plan_lists_its_own_runners(project: Project, programs: pathlib.Path) -> None:
    found = re.search(r"^```json\n(.*?)^```", DOCUMENT.read_text(), flags=re.M | re.S)
    assert found
    project.write("plan.json", found[1])
    reported = project.wavemake("runners", "plan.json")
    assert reported.code == 0, reported.out
    lines = reported.lines()
    assert "  runs     amp --execute --stream-json < {prompt}" in lines
    assert "  needs    $AMP_API_KEY (not set)" in lines
    reported = project.wavemake("runners", "plan.json", "--json")
    entries = {entry["name"]: entry for entry in json.loads(reported.out)}
    assert list(entries) == [*RUNNERS, "cursor", "goose", "amp", "qwen"]
    assert entries["amp"]["env"] == {"AMP_API_KEY": False}
    assert not entries["amp"]["preset"]
