"""After a run: status, history, diff and logs, as transcripts; and the sessions of the page on them."""

from __future__ import annotations

import json
import re
import shutil
import sys

import pytest

from tests.expectations import expect_words
from tests.harness import BACKENDS, REPOSITORY, Project
from tests.terminal import Terminal, put_wavemake_on_path
from tests.test_readme import DURATION, counted, sessions

PAGE = "docs/seeing.md"
DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
STATUS = """\
wave  agent   state        time  tries   cost  note
   1  schema  pinned       2.5s      3  $0.25  pinned by hand; made src/a.py, src/b.py
   1  style   failed        12s         $1.00  exit status 1: [31mred
   2  api     out of date  0.0s                older than what it is made from
   2  page    blocked                          by style
   3  review  not run

edited by hand: .tmp/agents/api/output.md
1 pinned, 1 out of date, 1 failed, 1 blocked, 1 not run (of 5 agents)
their last runs: $1.25 + 1 unknown, 1.0k tokens + 2 unknown
look first at: .tmp/agents/style/log.txt
"""
HISTORY = """\
run  began                time  paid  reused  failed     cost  tokens  ended
  1  2023-11-14 22:13:20  5.0s     1       1       1  unknown          with failures
  2  2023-11-15 02:00:00  2m5s     2       0       1    $0.75      42  with failures
  3  2023-11-15 02:46:40  0.0s     1       0       0  unknown          not at all
"""


@pytest.mark.parametrize(("folder", "commands"), sessions(PAGE))
def test_sessions(project: Project, folder: str, commands: list[tuple[str, list[str]]]) -> None:
    assert commands
    shutil.copytree(REPOSITORY / folder, project.folder, dirs_exist_ok=True)
    put_wavemake_on_path(project, sys.executable)
    for command, expected in commands:
        result = project.run(["bash", "-c", command])
        shown = [
            DURATION.sub("0.0s", DATE.sub("2026-11-24 09:30:00", line)) for line in result.lines()
        ]
        assert counted(shown) == counted(expected), (command, result.out)


def test_the_page_has_its_sessions() -> None:
    assert [folder for folder, _ in sessions(PAGE)] == ["examples/failure", "examples/quickstart"]


# --- status ---------------------------------------------------------------------


def write_state(project: Project) -> None:
    """A folder in which there is one of everything, written by hand."""
    plan = {"schema": [], "style": [], "api": ["schema"], "page": ["style"], "review": []}
    project.plan(plan | {"review": {"depends_on": ["api"]}})
    project.compile()
    agents = ".tmp/agents"
    for name, status in {
        "schema": {
            "state": "done",
            "seconds": 2.5,
            "attempts": 3,
            "cost": 0.25,
            "tokens_in": 1000,
            "tokens_out": 20,
        },
        "style": {
            "state": "failed",
            "seconds": 12,
            "cost": 1,
            "reason": "exit status 1: \x1b[31mred",
        },
        "api": {"state": "done", "seconds": 0.04},
    }.items():
        project.write(f"{agents}/{name}/status.json", json.dumps(status))
    project.write(f"{agents}/schema/files.json", '["src/a.py", "src/b.py"]')
    project.write(f"{agents}/schema/pinned", "")
    project.write(f"{agents}/schema/output.md", "tables\n")
    project.write(f"{agents}/api/output.md", "mine\n")
    project.write(f"{agents}/api/key", "runner command\noutput 00\n")


def test_status(project: Project) -> None:
    write_state(project)
    result = project.wavemake("status")
    assert result.out == STATUS
    assert result.code == 1


def test_status_for_programs(project: Project) -> None:
    write_state(project)
    reported = json.loads(project.wavemake("status", "--json").out)
    assert reported["counts"] == {
        "pinned": 1,
        "out of date": 1,
        "failed": 1,
        "blocked": 1,
        "not run": 1,
    }
    by_name = {agent.pop("name"): agent for agent in reported["agents"]}
    assert list(by_name) == ["schema", "style", "api", "page", "review"]
    assert by_name["page"] == {
        "wave": 2,
        "state": "blocked",
        "blocked_by": ["style"],
        "runner": "command",
    }
    assert by_name["api"]["edited"] is True
    assert (by_name["schema"]["cost"], by_name["schema"]["tokens_in"]) == (0.25, 1000)
    assert by_name["style"]["reason"] == "exit status 1: \x1b[31mred"


def test_the_exit_status_of_status(project: Project) -> None:
    assert project.wavemake("status").code == 2
    project.plan({"a": [], "b": ["a"]})
    project.compile()
    assert project.wavemake("status").code == 1
    project.make()
    assert project.wavemake("status").code == 0
    project.behave("b", "exit 1")
    project.make("b", "FORCE=1")
    assert project.wavemake("status").code == 1
    result = project.wavemake("status", "--dir", "nowhere")
    assert result.code == 2
    assert result.out.startswith("wavemake: nothing was compiled in ")


# --- what keeps agents from being run -------------------------------------------


def test_a_file_that_is_read_and_is_not_there(project: Project) -> None:
    names = ["notes.md", 'it\'s [x], "y" #1.md']
    for name in names:
        project.write(name, "noted\n")
    project.plan({"a": [], "b": names, "c": ["a", "b"], "d": ["c"]})
    project.compile()
    project.path(names[1]).unlink()
    assert project.make("-j4").code == 2
    why = f"reads {names[1]}, which does not exist"
    assert project.wavemake("preview").lines()[0].split(maxsplit=2) == ["fails", "b", why]
    summary = project.read(".tmp/agents/summary.md")
    assert f"| b | 1 | not run |  | {why.replace('[', chr(92) + '[')} |" in summary
    assert "| d | 3 | **blocked** |  | by b |" in summary
    assert f"  not run b: {why}\n" in project.make("-j4").out
    reported = json.loads(project.wavemake("status", "--json").out)["agents"]
    assert [(each["state"], each.get("reason")) for each in reported[1:3]] == [
        ("not run", why),
        ("blocked", None),
    ]
    lines = project.wavemake("status").lines()[2:5]
    assert [" ".join(line.split()) for line in lines] == [
        f"1 b not run {why}",
        "2 c blocked by b",
        "3 d blocked by b",
    ]
    project.write(names[1], "noted\n")
    assert project.make("-j4").code == 0
    project.path("below").mkdir()
    elsewhere = ["status", "--dir", "../.tmp/agents"]
    assert project.wavemake(*elsewhere, cwd=project.path("below")).code == 0
    project.path(names[0]).unlink()
    project.write("paid.log", "")
    assert project.make("a", "FORCE=1").code == 0
    assert "| [b](b/output.md) | 1 | not run |" in project.read(".tmp/agents/summary.md")
    assert "reads notes.md, which" in project.wavemake("status").out
    reported = project.wavemake(*elsewhere, cwd=project.path("below"))
    assert (reported.code, "reads notes.md, which" in reported.out) == (1, True)


def test_a_file_that_an_agent_is_to_write_is_no_files_fault(project: Project) -> None:
    project.behave("a", "exit 1")
    project.plan({"a": {"reads": [], "outputs": ["made.txt"]}, "b": ["made.txt"]})
    project.compile()
    assert project.make("-j4").code == 2
    assert "not there" not in project.wavemake("status").out
    assert "not there" not in project.read(".tmp/agents/summary.md")


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_output_that_was_emptied(project: Project, backend: str) -> None:
    project.use_backend(backend)
    project.plan({"a": [], "b": ["a"], "c": []})
    project.compile()
    assert project.drive().code == 0
    project.write(".tmp/agents/a/output.md", "")
    expect_words("preview/output-empty", project.wavemake("preview").lines()[:2])
    result = project.drive()
    assert result.code != 0
    for reported in (result.out, project.read(".tmp/agents/summary.md")):
        assert "rm -f .tmp/agents/a/output.md" in reported
    reported = project.wavemake("status").out
    assert "rm -f .tmp/agents/a/output.md" in reported
    assert "edited by hand" not in reported
    project.paid()
    project.path(".tmp/agents/a/output.md").unlink()
    assert project.drive().code == 0
    assert "a" in project.paid()


# --- what it cost ---------------------------------------------------------------

CLAUDE = """\
#!/bin/sh
cost='"total_cost_usd": 0.25, "usage": {"input_tokens": 1000, "output_tokens": 200},'
! grep -q '^You are the agent `b`' || cost=''
echo '{"type": "result", "is_error": false,' "$cost" '"result": "fine"}'
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("agents", "words"),
    [
        ("a", "$0.25, 1.2k tokens"),
        ("ab", "$0.25 + 1 unknown, 1.2k tokens + 1 unknown"),
        ("b", "cost unknown (1 agent reported none)"),
    ],
)
def test_unknown_costs_are_told_in_the_same_words_everywhere(
    project: Project, agents: str, words: str
) -> None:
    project.write("bin/claude", CLAUDE)
    project.path("bin/claude").chmod(0o755)
    project.env["PATH"] = f"{project.path('bin')}:{project.env['PATH']}"
    tree = {"agents": [{"name": name, "task": "x", "reads": []} for name in agents]}
    project.write("plan.json", json.dumps(tree))
    project.compile()
    assert f"\nwavemake: {words}\n" in project.make("-j4").out
    assert f"\nThis run: {words}.\n" in project.read(".tmp/agents/summary.md")
    assert f"\ntheir last runs: {words}\n" in project.wavemake("status").out
    put_wavemake_on_path(project, sys.executable)
    terminal = Terminal(
        project, ["wavemake", "run", "plan.json", *(f"--force={each}" for each in agents)]
    )
    try:
        terminal.wait("exit status 0", f", {words}")
    finally:
        terminal.close()
    price = words.partition(", ")[0].removeprefix("cost ")
    assert project.wavemake("report").code == 0
    assert f"<dd>{price}</dd>" in project.read(".tmp/agents/report.html")
    reported = json.loads(project.wavemake("status", "--json").out)
    assert (reported["cost"], reported["unpriced"]) == (
        0.25 if "a" in agents else None,
        "b" in agents,
    )
    runs = [json.loads(line) for line in project.wavemake("history", "--json").lines()]
    assert [each["unpriced"] for each in runs] == ["b" in agents] * 2


def test_a_rehearsal_has_no_costs_to_be_told(project: Project) -> None:
    project.plan({"a": [], "b": ["a"]})
    project.compile("--runner", "rehearse")
    places = [project.make("-j4").out, project.read(".tmp/agents/summary.md")]
    places += [project.wavemake(command).out for command in ("status", "history")]
    assert not any("unknown" in place for place in places), places


# --- history --------------------------------------------------------------------


def test_history(project: Project) -> None:
    project.plan({"a": [], "b": []})
    project.compile()
    project.env["TZ"] = "UTC"
    assert project.wavemake("history").out == "nothing was run yet\n"
    first = [
        {"t": 1700000000, "event": "start", "agent": "a"},
        {"t": 1700000005, "event": "end", "agent": "a", "state": "failed"},
        {"t": 1700000005, "event": "end", "agent": "b", "state": "reused"},
    ]
    second = [
        {"t": 1700013600, "event": "run", "jobs": 4},
        {"t": 1700013600, "event": "start", "agent": "a"},
        {"t": 1700013601, "event": "start", "agent": "b"},
        {
            "t": 1700013603,
            "event": "end",
            "agent": "a",
            "state": "done",
            "cost": 0.5,
            "tokens_in": 40,
        },
        {
            "t": 1700013603,
            "event": "end",
            "agent": "b",
            "state": "failed",
            "cost": 0.25,
            "tokens_out": 2,
        },
        {"t": 1700013725, "event": "run-end", "status": 2},
    ]
    third = [{"t": 1700016400, "event": "start", "agent": "a"}]
    for name, run in {"runs/1": first, "runs/2": second, "events": third}.items():
        lines = [json.dumps({"run": name, **event}) + "\n" for event in run]
        project.write(f".tmp/agents/{name}.jsonl", "".join(lines))
    assert project.wavemake("history").out == HISTORY
    assert project.wavemake("history", "-n1").out.splitlines()[1].split()[0] == "3"
    reported = [json.loads(line) for line in project.wavemake("history", "--json").lines()]
    assert [run["status"] for run in reported] == [None, 2, None]
    assert (reported[1]["cost"], reported[1]["agents"]) == (0.75, {"a": "done", "b": "failed"})


# --- diff -----------------------------------------------------------------------


def test_diff(project: Project) -> None:
    project.plan({"a": []})
    project.compile()
    assert "there is no agent 'b'" in project.wavemake("diff", "b").out
    project.behave("a", "printf 'one\\ntwo\\n'")
    project.make()
    result = project.wavemake("diff", "a")
    assert result.code == 2
    expect_words("diff/no-earlier-answer", result.out)
    project.behave("a", "printf 'one\\n\\033[2Jthree\\n'")
    project.make("FORCE=1")
    result = project.wavemake("diff", "a")
    assert result.code == 0
    assert result.out == (
        "--- .tmp/agents/a/history/1.md\n"
        "+++ .tmp/agents/a/output.md\n"
        "@@ -1,2 +1,2 @@\n one\n-two\n+\x1b[2Jthree\n"
    )
    # An edited answer is kept too when it is replaced.
    project.write(".tmp/agents/a/output.md", "mine\n")
    project.make("FORCE=1")
    assert "-mine" in project.wavemake("diff", "a").out
    assert "-two" in project.wavemake("diff", "a", "--with", "1").out
    result = project.wavemake("diff", "a", "--with", "9")
    assert result.code == 2
    assert "history/9.md; there are 1, 2" in result.out


def test_diff_on_a_terminal(project: Project) -> None:
    put_wavemake_on_path(project, sys.executable)
    project.plan({"a": []})
    project.compile()
    for text in ("one", "\\033[2Jtwo"):
        project.behave("a", f"printf '{text}'")
        project.make("FORCE=1")
    terminal = Terminal(project, ["wavemake", "diff", "a"])
    try:
        terminal.wait("exit status 0", "+\N{REPLACEMENT CHARACTER}[2Jtwo", "-one")
        assert "\x1b[31m-one" in terminal.everything(escapes=True)
    finally:
        terminal.close()


# --- logs -----------------------------------------------------------------------


def test_logs(project: Project) -> None:
    project.plan({"a": [], "b": []})
    project.compile()
    result = project.wavemake("logs", "a")
    assert result.code == 0
    expect_words("logs/nothing", result.out)
    project.behave("a", "echo a warning >&2; echo an answer")
    project.make()
    assert project.wavemake("logs", "a").out == "a warning\n"
    project.make("b")
    assert ".tmp/agents/b/output.md" in project.wavemake("logs", "b").out
    assert "there is no agent 'c'" in project.wavemake("logs", "c").out


def test_the_log_of_an_agent_whose_events_end_in_a_failure(project: Project) -> None:
    texts = [{"type": "text", "text": "I look."}]
    said = [
        {"type": "assistant", "message": {"content": texts}},
        {"type": "result", "is_error": True},
    ]
    printed = "".join(f"{json.dumps(event)}\n" for event in said)
    project.write("bin/claude", f"#!/bin/sh\ncat >/dev/null\ncat <<'X'\n{printed}X\n")
    project.path("bin/claude").chmod(0o755)
    project.env["PATH"] = f"{project.path('bin')}:{project.env['PATH']}"
    project.write("plan.json", '{"agents": [{"name": "a", "task": "t"}]}')
    assert project.compile("-q").code == 0
    assert project.make().code == 2
    shown = project.wavemake("logs", "a").out
    assert "\nI look.\n" in shown
    assert '"type"' not in shown
    assert project.wavemake("logs", "a", "--raw").out == printed


def test_a_log_obeys_nobody_in_a_pipe_and_on_a_terminal(project: Project) -> None:
    put_wavemake_on_path(project, sys.executable)
    project.plan({"a": []})
    project.compile()
    project.behave("a", "printf 'one\\ttwo\\n\\033[2Jthree\\r\\n\\007' >&2; echo an answer")
    project.make()
    clean = "one\ttwo\n\N{REPLACEMENT CHARACTER}[2Jthree\n\N{REPLACEMENT CHARACTER}"
    assert project.wavemake("logs", "a").out == clean
    terminal = Terminal(project, ["wavemake", "logs", "a"])
    try:
        terminal.wait("exit status 0", "\N{REPLACEMENT CHARACTER}[2Jthree")
        assert "\x1b[2J" not in terminal.everything(escapes=True)
    finally:
        terminal.close()


def test_the_log_of_an_agent_that_prints_events(project: Project) -> None:
    project.plan({"a": []})
    project.compile()
    said = [
        {"type": "system", "session_id": "s"},
        {
            "type": "assistant",
            "message": {"content": [{"type": "text", "text": "I look.\nThere."}]},
        },
        {
            "type": "assistant",
            "message": {
                "content": [{"type": "tool_use", "name": "Grep", "input": {"pattern": "x"}}]
            },
        },
    ]
    lines = "".join(json.dumps(event) + "\n" for event in said)
    project.write(".tmp/agents/a/.try/printed", lines + '{"type":"assist')
    assert project.wavemake("logs", "a").out == "I look.\nThere.\nGrep: x\n"
