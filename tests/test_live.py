"""The live view in a real terminal, of agents that wait for files: narrow, resized, stopped, watched."""

from __future__ import annotations

import json
import os
import pathlib
import re
import signal
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.expectations import counted, expect_words
from tests.harness import Project, wait_for
from tests.terminal import Terminal, put_wavemake_on_path
from wavemake.ui.view.follow import Follower
from wavemake.ui.view.window import Window, wants_view

pytestmark = pytest.mark.slow

DIAMOND = {
    "schema": [],
    "style": [],
    "api": ["schema"],
    "page": ["schema", "style"],
    "review": ["api", "page"],
}
WAVES = {"schema": 1, "style": 1, "api": 2, "page": 2, "review": 3}
# Says what it does, and goes on when a file is there.
GATE = 'echo "$name works" >&2; touch "up.$name"; until [ -f "go.$name" ]; do sleep 0.02; done; echo "answer"'

Open = Callable[..., Terminal]


@pytest.fixture
def project(tmp_path: pathlib.Path) -> Iterator[Project]:
    """A diamond of agents, each of which waits for the file go.NAME."""
    project = Project(tmp_path / "my project")
    put_wavemake_on_path(project, sys.executable)
    project.plan(DIAMOND)
    for name in DIAMOND:
        project.behave(name, GATE)
    yield project
    for name in DIAMOND:
        project.write(f"go.{name}", "")
    project.end()


@pytest.fixture
def terminal(project: Project) -> Iterator[Open]:
    opened: list[Terminal] = []

    def open_terminal(*words: str, **size: int) -> Terminal:
        opened.append(Terminal(project, [*words], **size))
        return opened[-1]

    yield open_terminal
    for each in opened:
        each.close()


def let(project: Project, *names: str) -> None:
    for name in names:
        project.write(f"go.{name}", "")


def view(screen: list[str]) -> list[str]:
    """The lines of the view, its clock left out."""
    first = next(n for n, line in enumerate(screen) if line.startswith("demo: "))
    return [line for line in screen[first:] if line.strip()]


def states(screen: list[str]) -> dict[str, str]:
    rows = [line.split() for line in view(screen) if line.startswith("wave ")]
    return {row[2]: row[3] for row in rows}


def test_a_journal_that_begins_anew_in_the_same_file(project: Project) -> None:
    project.compile()
    path = project.path(".tmp/agents/events.jsonl")
    path.write_text('{"t":100,"run":"100-1","event":"run","jobs":4,"goals":"all"}\n')
    follower = Follower(str(path.parent), started=200.0)
    path.write_text(
        '{"t":200,"run":"200-2","event":"run","jobs":4,"goals":"schema"}\n'
        '{"t":200.1,"run":"200-2","event":"start","agent":"schema","wave":1,"attempt":1}\n'
    )
    assert follower.poll()
    [run] = follower.runs
    assert (run.id, len(run.agents["schema"].attempts)) == ("200-2", 1)
    with path.open("a") as file:
        file.write('{"t":201,"run":"200-2","event":"end","agent":"schema","state":"done"}\n')
    assert follower.poll()
    assert (run.agents["schema"].state, len(run.agents["schema"].attempts)) == ("done", 1)
    follower.close()


# --- wavemake run -----------------------------------------------------------------


def test_a_run_from_its_start_to_its_end(project: Project, terminal: Open) -> None:
    shown = terminal("wavemake", "run", "plan.json", "-j2")
    screen = shown.wait("schema works", "style works", "waits for api, page")
    assert states(screen) == {
        "schema": "running",
        "style": "running",
        "api": "pending",
        "page": "pending",
        "review": "pending",
    }
    let(project, "schema")
    screen = shown.wait("api works", "1 of 5 done, 2 running")
    assert states(screen)["schema"] == "done"
    # What make says stands above the view.
    above = screen[: screen.index(view(screen)[0])]
    assert "wavemake: wave 2: api started (command)" in above
    let(project, *DIAMOND)
    screen = shown.wait("exit status 0")
    assert counted("\n".join(screen)) == {"done": 5}
    assert not any(line.startswith(("demo: ", "wave ")) for line in screen), "the view is gone"
    assert any(line.startswith("wavemake: took ") for line in screen)


READING = {"type": "tool_use", "name": "Read", "input": {"file_path": "notes.md"}}
RESULT = {
    "type": "result",
    "is_error": False,
    "result": "An answer.",
    "total_cost_usd": 0.25,
    "usage": {"input_tokens": 1000, "output_tokens": 200},
}
# Tells of its work as claude does, and waits for a file.
CLAUDE = f"""\
#!/bin/sh
cat >/dev/null
echo '{json.dumps({"type": "assistant", "message": {"content": [READING]}})}'
until [ -f go.claude ]; do sleep 0.02; done
echo '{json.dumps(RESULT)}'
"""


def test_what_claude_is_doing_and_what_it_cost(project: Project, terminal: Open) -> None:
    program = project.folder.parent / "bin" / "claude"
    program.write_text(CLAUDE)
    program.chmod(0o755)
    agents = [
        {"name": "reader", "task": "Read.", "runner": "claude"},
        {"name": "schema", "task": "Design.", "reads": ["reader"], "command": "sh ./agent.sh"},
    ]
    project.write("plan.json", json.dumps({"project": "demo", "agents": agents}))
    shown = terminal("wavemake", "run", "plan.json", "-j2")
    assert states(shown.wait("Read: notes.md")) == {"reader": "running", "schema": "pending"}
    project.write("go.claude", "")
    screen = shown.wait("schema works", "1 of 2 done")
    assert view(screen)[1].endswith("$0.25, 1.2k tokens")
    let(project, "schema")
    shown.wait("exit status 0")


def test_make_says_the_same_without_it(project: Project, terminal: Open) -> None:
    let(project, *DIAMOND)
    project.behave("page", "exit 7")
    reported = []
    for words in (["--plain"], []):
        shown = terminal("wavemake", "run", "plan.json", "-j1", *words, height=60, width=120)
        shown.wait("exit status 2")
        lines = [line.rstrip() for line in shown.everything().splitlines() if line.strip()]
        reported.append([line for line in lines if not line.startswith("wavemake: took")])
        shown.close()
        project.run(["rm", "-rf", ".tmp", "Makefile"])
    plain, live = reported
    assert counted("\n".join(plain)) == {"done": 3, "failed": 1, "blocked": 1}
    assert [line.partition(" in ")[0] for line in live] == [
        line.partition(" in ")[0] for line in plain
    ]


def test_a_terminal_of_60_columns(project: Project, terminal: Open) -> None:
    project.behave("style", 'printf "%0200d" 7 >&2; ' + GATE.replace("echo", "true", 1))
    shown = terminal("wavemake", "run", "plan.json", "-j2", width=60)
    screen = shown.wait("schema works", "0000")
    assert [line.split()[2] for line in view(screen)[2:]] == list(DIAMOND)
    assert all(len(line) <= 60 for line in screen)


def test_a_terminal_that_is_resized(project: Project, terminal: Open) -> None:
    shown = terminal("wavemake", "run", "plan.json", "-j2", width=100)
    shown.wait("schema works", "style works")
    for n, (width, height) in enumerate([(60, 24), (40, 12), (120, 30), (60, 24)]):
        name = ["schema", "style", "api", "page"][n]
        shown.resize(width, height)
        let(project, name)
        # The terminal learns its size a while later; then nothing of the frames before is left.
        wait_for(lambda: is_clean(shown.screen(), done=n + 1), f"one frame of {width} columns")  # noqa: B023
    assert "$ make -j2" in shown.everything()


def is_clean(screen: list[str], done: int) -> bool:
    """One frame stands there, whole, and it is the one that tells of `done` agents."""
    heads = [line for line in screen if line.startswith("demo: ")]
    rows = [line.split()[2] for line in screen if line.startswith("wave ")]
    return [line.split()[1] for line in heads] == [str(done)] and rows == list(DIAMOND)


def test_ctrl_c_stops_make_once(project: Project, terminal: Open) -> None:
    shown = terminal("wavemake", "run", "plan.json", "-j2", height=40)
    let(project, "schema")
    shown.wait("api works", "style works")
    shown.press("C-c")
    screen = shown.wait("exit status")
    assert "exit status 130" in screen
    assert "wavemake: stopped: style, api; not started: page, review" in screen
    assert project.status("api")["state"] == "interrupted"
    assert project.status("schema")["state"] == "done"
    wait_for(lambda: not [each for each in project.processes() if "agent.sh" in each], "their end")


def test_a_signal_to_the_viewer_alone_stops_make(project: Project) -> None:
    project.compile()
    words = [sys.executable, "-m", "wavemake", "run", "plan.json", "-j2"]
    project.make_words = words
    viewer = project.start_make()
    wait_for(project.path("up.style").exists, "the start of an agent")
    os.kill(viewer.pid, signal.SIGTERM)
    out = viewer.communicate(timeout=60)[0].decode()
    assert viewer.returncode == 143, out
    assert project.status("style")["state"] == "interrupted"


def test_a_killed_viewer_takes_no_answer_with_it(project: Project, terminal: Open) -> None:
    shown = terminal("wavemake", "run", "plan.json", "-j2")
    shown.wait("schema works", "style works")
    viewers = [each for each in pathlib.Path("/proc").iterdir() if is_viewer(each, project)]
    for each in viewers:
        os.kill(int(each.name), signal.SIGKILL)
    assert len(viewers) == 1
    let(project, *DIAMOND)
    wait_for(lambda: project.path(".tmp/agents/review/output.md").exists(), "the end of the run")
    assert project.paid() == sorted(DIAMOND)


def is_viewer(entry: pathlib.Path, project: Project) -> bool:
    try:
        words = (entry / "cmdline").read_bytes().split(b"\0")
        here = os.readlink(entry / "cwd") == str(project.folder)
    except OSError:
        return False
    return here and words[0] == sys.executable.encode() and b"run" in words


def test_an_agent_cannot_draw_on_the_terminal(project: Project, terminal: Open) -> None:
    hostile = (
        r'printf "\033[2J\033[H\033]0;owned\007\302\233evil \342\200\256 [bold]x[/bold]\n" >&2; '
    )
    project.behave("schema", hostile + GATE.partition(";")[2])
    shown = terminal("wavemake", "run", "plan.json", "-j2")
    screen = shown.wait("style works", "[bold]x[/bold]")
    assert screen[0].startswith("$ wavemake compile")
    assert len(states(screen)) == 5


@pytest.mark.parametrize(("variable", "coloured"), [("PLAIN", True), ("NO_COLOR", False)])
def test_colours(project: Project, terminal: Open, variable: str, coloured: bool) -> None:
    project.env[variable] = "1"
    shown = terminal("wavemake", "run", "plan.json", "-j2")
    shown.wait("schema works")
    assert ("\x1b[36m" in shown.everything(escapes=True)) == coloured


def test_a_plan_of_300_agents_in_24_lines(project: Project, terminal: Open) -> None:
    agents: dict[str, object] = {f"a{n}": [] for n in range(299)}
    project.plan({**agents, "last": list(agents)})
    for n in (0, 1):
        project.behave(f"a{n}", GATE)
    project.behave("a2", "echo bad >&2; exit 1")
    shown = terminal(
        "wavemake", "run", "plan.json", "-j2", "--only", "a0", "--only", "a1", "--only", "a2"
    )
    shown.wait("a0 works")
    let(project, "a0")
    screen = shown.wait("a1 works", "exit status 1: bad")
    assert len(screen) <= 24
    assert "of 3 done" in view(screen)[0]
    let(project, "a1")
    shown.wait("exit status 2")
    shown.close()
    project.path("go.a0").unlink()
    shown = terminal("wavemake", "run", "plan.json", "-j2", "--force", "a0")
    screen = shown.wait("a0 works", "299", "and ")
    assert view(screen)[2].split()[2:4] == ["a0", "running"]
    assert len(screen) <= 24
    shown.press("C-c")
    shown.wait("exit status 130")


def test_a_window_that_breaks_says_so_and_lets_the_lines_through(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Broken:
        def poll(self) -> bool:
            raise OSError("gone")

        def close(self) -> None:
            pass

    window = Window(Broken())  # type: ignore[arg-type]
    window.look()
    window.line("wavemake: a line of make's")
    window.close(stopped=False)
    reported = capsys.readouterr()
    expect_words("view/broken", reported.err)
    assert reported.out.endswith("wavemake: a line of make's\n")


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {}, {"TERM": "xterm", "CI": "true"}])
def test_where_no_view_is_drawn(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert not wants_view(environment)
    assert wants_view({"TERM": "xterm", "CI": "false"})


# --- wavemake watch ---------------------------------------------------------------


def test_looking_on_at_a_run_of_make(project: Project, terminal: Open) -> None:
    project.compile()
    make = project.start_make("-j2")
    shown = terminal("wavemake", "watch", "--wait")
    screen = shown.wait("schema works", "style works", "wave 1: style started (command)")
    assert states(screen)["review"] == "pending"
    project.behave("review", "exit 9")
    let(project, *DIAMOND)
    screen = shown.wait("\nexit status ")
    assert "exit status 0" not in screen
    assert "review FAILED: exit status 9" in "\n".join(screen)
    assert make.wait(60) == 2


def test_what_is_counted_stays_counted_when_another_make_runs(
    project: Project, terminal: Open
) -> None:
    seen = terminal("wavemake", "run", "plan.json", "-j2")
    let(project, "schema")
    wait_for(lambda: project.path("up.api").exists(), "the start of api")
    seen.wait("1 of 5 done, 2 running")
    project.path("go.schema").unlink()
    project.path("up.schema").unlink()
    other = project.start_make("schema", "FORCE=1")
    wait_for(lambda: project.path("up.schema").exists(), "the other make")
    assert project.make("status").code == 0
    let(project, "style")
    seen.wait("2 of 5 done, 1 running")
    let(project, "schema")
    assert other.wait() == 0
    let(project, "api", "page", "review")
    seen.wait("exit status 0")
    counted = [
        int(word.partition("/")[0])
        for line in seen.everything().splitlines()
        if line.startswith("wavemake: [")
        for word in [line.removeprefix("wavemake: [")]
    ]
    assert counted == [1, 2, 3, 4, 5]


def test_ctrl_c_ends_the_looking_on_alone(project: Project, terminal: Open) -> None:
    project.compile()
    make = project.start_make("-j2")
    wait_for(project.path("up.style").exists, "the start of an agent")
    shown = terminal("wavemake", "watch")
    shown.wait("style works")
    shown.press("C-c")
    shown.wait("exit status 130")
    assert make.poll() is None
    let(project, *DIAMOND)
    assert make.wait(60) == 0


def test_looking_on_in_a_pipe(project: Project) -> None:
    project.compile()
    project.make_words = ["sh", "-c"]
    let(project, "style", "api", "page", "review")
    make = project.start_make("make -j2 >make.log 2>&1")
    wait_for(project.path("up.schema").exists, "the start of an agent")
    project.make_words = [sys.executable, "-m", "wavemake", "watch"]
    watching = project.start_make()
    assert watching.stdout
    out = watching.stdout.readline().decode()
    let(project, "schema")
    out += watching.stdout.read().decode()
    assert watching.wait(60) == 0, out
    assert make.wait(60) == 0
    reported = [line.partition(" in ")[0] for line in out.splitlines()]
    starts = [f"wave {wave}: {name} started (command)" for name, wave in WAVES.items()]
    ends = [f"wave {wave}: {name} done" for name, wave in WAVES.items()]
    assert sorted(reported) == sorted([*starts, *ends])


def test_nothing_to_look_on_at(project: Project) -> None:
    result = project.wavemake("watch")
    assert result.code == 2
    assert "nothing was compiled" in result.out
    project.compile()
    never = project.wavemake("watch")
    let(project, *DIAMOND)
    project.make()
    result = project.wavemake("watch")
    assert result.code == 2
    began = re.sub(r"20\d\d[-\d:T ]+Z?", "TIME", result.out)
    expect_words("watch/nothing-running", never.out, began)


# --- wavemake logs ----------------------------------------------------------------


def test_following_a_log(project: Project) -> None:
    project.compile()
    project.start_make("-j2")
    wait_for(project.path("up.schema").exists, "the start of the agent")
    project.make_words = [sys.executable, "-m", "wavemake", "logs", "-f"]
    # One that runs, and one that is still to come.
    following = [project.start_make(name) for name in ("schema", "api")]
    let(project, *DIAMOND)
    schema, api = (each.communicate(timeout=60)[0].decode() for each in following)
    assert schema == "schema works\n"
    assert api == "api works\n"
    assert [each.returncode for each in following] == [0, 0]
