"""Runs of which some process is killed at some moment: a finished answer must not be paid again."""

from __future__ import annotations

import contextlib
import os
import pathlib
import random
import signal

from tests.harness import Project, Result, wait_for

WHO = ("leader", "timer", "watcher", "recipe", "make")
# Notes its payment when it has answered in full: from then on it must not be paid again for the same input.
AGENT = """\
sum=$(cksum)
echo >>up.log
sleep "0.0$1"
echo "answer to $sum"
echo "$1 $sum" >>ledger
"""


def find(project: Project, who: str, make: int) -> int:
    """The pid of that process of agent a's tree, or 0 if there is none yet."""
    if who == "make":
        # Make 4.4 opens its jobserver, a FIFO, for ever if the make that made it is killed before.
        return make if project.path(".tmp/agents/a/.lock").exists() else 0
    if who == "recipe":
        lock = project.path(".tmp/agents/a/.lock")
        words = lock.read_text().split() if lock.exists() else []
        return int(words[1]) if len(words) > 1 else 0
    files = sorted(_private(project).glob("wavemake-*/a.*.pids"))
    found = _number(files[-1], 0 if who == "timer" else 1) if files else 0
    if who == "watcher" and found:
        with contextlib.suppress(OSError):
            children = pathlib.Path(f"/proc/{found}/task/{found}/children").read_text().split()
            return int(children[0]) if children else 0
        return 0
    return found


def use_private_folder(project: Project) -> None:
    """Let the project's runs keep their pids in a folder of their own, where `find` looks."""
    folder = _private(project)
    folder.mkdir()
    project.env["TMPDIR"] = str(folder)


def _private(project: Project) -> pathlib.Path:
    return project.folder.parent / "private"


def _number(path: pathlib.Path, place: int) -> int:
    """The number in that place of the file, or 0 if there is none yet."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(path.read_text().split()[place])
    return 0


def kill(pid: int) -> None:
    """Kill that process; 0, which would be this test's own group, is none."""
    if pid > 1:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def compile_ledger(project: Project) -> None:
    """Compile a plan of agents that keep a ledger: a reads in.txt, b reads a."""
    project.write("agent.sh", AGENT)
    project.plan(
        {
            "a": {"reads": ["in.txt"], "command": "sh ./agent.sh 1"},
            "b": {"reads": ["a"], "command": "sh ./agent.sh 3"},
        }
    )
    project.write("in.txt", "start\n")
    assert project.compile().code == 0


def kill_and_run_again(project: Project, rng: random.Random, text: str) -> list[str]:
    """Let a read `text`, kill a process of that run, and run again.

    Returns the ledger, in which no answer is paid twice.
    """
    project.write("in.txt", text)
    make = project.start_drive()
    who, pid = rng.choice(WHO), 0
    for _ in range(rng.randrange(1, 400)):
        pid = find(project, who, make.pid)
        if make.poll() is not None:
            break
    kill(pid)
    make.communicate(timeout=120)
    result: Result = project.drive()
    assert result.code == 0, (who, result.out)
    wait_for(lambda: not project.processes(), "the end of all processes", 40)
    ledger = project.read("ledger").splitlines()
    assert len(ledger) == len(set(ledger)), (who, text)
    return ledger
