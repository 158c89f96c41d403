"""What a clone or an agent may leave in the agents' folder: each command of ours says so, and none breaks."""

from __future__ import annotations

import json
import os
import pathlib
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.harness import Project

pytestmark = pytest.mark.slow

# Runs each command in one process, with little memory and time: a traceback ends it.
ALL = """
import resource, signal, sys
from click.testing import CliRunner
from wavemake.cli import cli
resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, 2_000_000_000))
for words in ("status", "preview", "why a", "graph", "history", "report", "logs a", "diff a"):
    signal.alarm(20)
    done = CliRunner().invoke(cli, words.split())
    print("---", words, done.exit_code)
    print(done.output)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
"""
Change = Callable[[dict[str, Any]], object]


def first(manifest: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = manifest["agents"][0]
    return found


MANIFESTS: dict[str, Change] = {
    "needs in a circle": lambda m: first(m).update(needs=["b"]),
    "needs itself": lambda m: first(m).update(needs=["a"]),
    "needs nobody": lambda m: first(m).update(needs=["zz"]),
    "one name twice": lambda m: m["agents"].append(first(m)),
    "a NUL in outputs": lambda m: first(m).update(outputs=["\0"]),
    "a newline in files": lambda m: first(m).update(files=["a\nb"]),
    "files outside": lambda m: first(m).update(files=["../../etc/passwd"]),
    "a compile of one word": lambda m: m.update(compile=["x"]),
    "a compile of something else": lambda m: m.update(compile=["sh", "-c", "touch pwned"]),
    "a compile of numbers": lambda m: m.update(compile=[1, 2, 3]),
    "pools of texts": lambda m: m.update(pools={"a": "b"}, budget=[1], programs=7, patterns=[]),
    "names as numbers": lambda m: first(m).update(name=7),
    "no agents": lambda m: m.update(agents=[]),
    "waves without number": lambda m: first(m).update(wave="x"),
    "infinite waves": lambda m: m.update(waves=1e400),
}
EVENTS = {
    "a time after all calendars": '{"t":1e308,"run":"1-1","event":"run"}',
    "a negative time": '{"t":-5,"run":"1-1","event":"start","agent":"a"}',
    "no object": "[[[[",
    "deep": "[" * 200_000,
    "numbers for texts": '{"t":1,"run":7,"event":{},"agent":[]}',
    "an end without a start": '{"t":1,"run":"1-1","event":"end","agent":"a","seconds":1e999}',
}


@pytest.fixture
def ran(project: Project) -> Project:
    project.plan({"a": [], "b": ["a"]})
    assert project.compile().code == 0
    assert project.make().code == 0
    return project


def assert_all_say_something(project: Project) -> None:
    done = project.run([sys.executable, "-c", ALL])
    assert done.code == 0, done.out
    assert "CANARY" not in done.out
    report = project.path(".tmp/agents/report.html")
    assert not report.exists() or "CANARY" not in report.read_text()
    assert not project.path("pwned").exists()


@pytest.mark.parametrize("change", MANIFESTS.values(), ids=MANIFESTS)
def test_a_manifest_that_somebody_edited(ran: Project, change: Change) -> None:
    path = ran.path(".tmp/agents/manifest.json")
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))
    assert_all_say_something(ran)


@pytest.mark.parametrize("line", EVENTS.values(), ids=EVENTS)
def test_events_that_nobody_wrote(ran: Project, line: str) -> None:
    ran.path(".tmp/agents/events.jsonl").write_text(f"{line}\n")
    assert_all_say_something(ran)


FILES = [
    "manifest.json",
    "events.jsonl",
    "summary.md",
    "a/output.md",
    "a/status.json",
    "a/key",
    "a/log.txt",
    "a/prompt.md",
    "a/task.md",
    "a/.lock",
    "a/files.json",
]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", ["fifo", "zero", "folder", "outside", "loop"])
def test_what_should_be_a_file(ran: Project, tmp_path: pathlib.Path, name: str, kind: str) -> None:
    path = ran.path(f".tmp/agents/{name}")
    path.unlink(missing_ok=True)
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "zero":
            path.symlink_to("/dev/zero")
        case "folder":
            path.mkdir()
        case "outside":
            secret = tmp_path / "secret"
            secret.write_text("CANARY")
            path.symlink_to(secret)
        case "loop":
            path.symlink_to(path.name)
    assert_all_say_something(ran)


@pytest.mark.parametrize("is_dated", [True, False])
@pytest.mark.parametrize("kind", ["fifo", "zero"])
def test_an_input_that_is_not_a_file_hangs_nothing(
    project: Project, kind: str, is_dated: bool
) -> None:
    project.write("notes.txt", "notes\n")
    project.write("other.txt", "other\n")
    project.plan({"a": ["notes.txt"], "b": ["other.txt"]})
    assert project.compile().code == 0
    assert project.make().code == 0
    project.paid()
    path = project.path("notes.txt")
    path.unlink()
    if kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    if not is_dated:
        project.path(".tmp/agents/.trusted").unlink()
    project.write("other.txt", "another\n")
    assert_all_say_something(project)
    assert project.make("status", timeout=30).code == 0
    result = project.make(timeout=30)
    assert result.code == 2
    assert "not a regular file" in (reason := project.status("a")["reason"])
    assert project.paid() == ["b"]
    for shown in (project.make("status", timeout=30), project.wavemake("status", timeout=30)):
        assert reason in shown.out
    path.unlink()
    project.write("notes.txt", "notes\n")
    assert project.make().code == 0
    assert project.paid() == []


def test_an_input_that_was_never_a_file_is_named(project: Project) -> None:
    project.write("notes.txt", "notes\n")
    project.plan({"a": ["notes.txt"]})
    assert project.compile().code == 0
    project.path("notes.txt").unlink()
    os.mkfifo(project.path("notes.txt"))
    for shown in (project.make("status", timeout=30), project.wavemake("status", timeout=30)):
        assert "reads notes.txt, which is not" in shown.out


def test_a_fifo_in_a_folder_that_is_read_is_passed_over(project: Project) -> None:
    project.write("src/a.txt", "a\n")
    project.plan({"a": {"outputs": ["src"]}, "b": {"reads": ["a", "src"]}})
    project.behave("a", "echo more >src/more.txt; echo done")
    assert project.compile().code == 0
    assert project.make().code == 0
    assert project.paid() == ["a", "b"]
    os.mkfifo(project.path("src/pipe"))
    project.path(".tmp/agents/.trusted").unlink()
    assert_all_say_something(project)
    assert project.make(timeout=30).code == 0
    assert project.paid() == []


@pytest.mark.parametrize("name", ["plan", "drive.sh", "lib.awk"])
def test_a_fifo_in_the_runtime_is_named(ran: Project, name: str) -> None:
    path = ran.path(f".tmp/agents/runtime/{name}")
    path.unlink()
    os.mkfifo(path)
    reads_it = {
        "plan": ["status", "why a", "preview", "graph"],
        "drive.sh": ["undo a"],
        "lib.awk": [],
    }
    for words in reads_it[name]:
        done = ran.wavemake(*words.split(), timeout=30)
        assert done.code == 2
        assert f"runtime/{name}: is not a regular" in done.out
    if name != "drive.sh":
        for goal in ("status", "all"):
            done = ran.make(goal, timeout=30)
            assert done.code == 2
            assert f"runtime/{name} is not a regular" in done.out
    path.unlink()
    assert ran.compile().code == 0
    assert ran.make().code == 0


@pytest.mark.parametrize("name", ["a/key", "a/output.md", "manifest.json", ".trusted"])
def test_an_audit_reads_no_fifo(ran: Project, name: str) -> None:
    """Times are in doubt, so that all answers are compared by content."""
    path = ran.path(f".tmp/agents/{name}")
    ran.path(".tmp/agents/.trusted").unlink()
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    for words in (["status"], ["preview"], ["compile", "plan.json"]):
        assert "Traceback" not in ran.wavemake(*words, timeout=60).out
    assert ran.make("status", timeout=60).code in (0, 2)
    assert ran.make(timeout=60).code in (0, 2)
