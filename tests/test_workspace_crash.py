"""Workspaces and kill -9: whatever is cut short, the next make completes or undoes it, and pays once."""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
from collections.abc import Iterator

import pytest

from tests.harness import EVERYTHING
from tests.repository import Repository

LINES = "".join(f"line {n}\n" for n in range(1, 31))
# Counts the calls of programs by agent.sh, and kills make and all its recipes at one of them.
WRAPPER = """#!/bin/sh
PATH=$REAL_PATH
export PATH
echo . >>"$CALLS"
if [ "$(wc -l <"$CALLS")" -ne "$KILL_AT" ]; then exec NAME "$@"; fi
[ "$KILL_WHEN" = before ] || NAME "$@"
echo "NAME $*" >>"$CALLS.killed"
kill -KILL 0
"""
PROGRAMS = ("git", "mv", "rm", "cp", "xargs", "sha256sum", "mkdir", "touch")


@pytest.fixture
def repo(tmp_path: pathlib.Path) -> Iterator[Repository]:
    """A repository in which one agent makes edits of each kind."""
    project = Repository(tmp_path / "project")
    project.write("a.txt", LINES)
    project.write("gone/b.txt", LINES)
    project.write("folder/c", "x\n")
    project.plan({"x": [], "y": ["x"]})
    project.edits(
        "x",
        "PATH=$REAL_PATH; sed 's/^line 5$/of the agent/' a.txt >n; mv n a.txt; rm -r gone folder\n"
        "echo x >folder\n"
        "mkdir -p new/deep; echo new >new/deep/file; ln -s a.txt link",
    )
    project.commit_all()
    tools = tmp_path / "tools"
    tools.mkdir()
    real = project.env["PATH"]
    for name in PROGRAMS:
        (tools / name).write_text(WRAPPER.replace("NAME", name))
        (tools / name).chmod(0o755)
    project.env |= {
        "REAL_PATH": real,
        "CALLS": str(tmp_path / "calls"),
        "KILL_AT": "0",
        "KILL_WHEN": "before",
    }
    assert project.compile().code == 0
    project.env["PATH"] = f"{tools}:{real}"
    yield project
    project.end()


def assert_merged(repo: Repository, person: bool) -> None:
    expected = LINES.replace("line 5\n", "of the agent\n")
    if person:
        expected = expected.replace("line 25\n", "of a person\n")
    assert repo.read("a.txt") == expected
    assert not repo.path("gone").exists()
    assert repo.read("folder") == "x\n"
    assert repo.read("new/deep/file") == "new\n"
    assert os.readlink(repo.path("link")) == "a.txt"


def calls_of_a_run(repo: Repository) -> int:
    """How many programs agent.sh starts from its begin to its end; the project is as before then."""
    assert repo.make("x").code == 0
    count = len(pathlib.Path(repo.env["CALLS"]).read_text().splitlines())
    repo.git("clean", "-fdq")
    repo.git("checkout", "-q", ".")
    shutil.rmtree(repo.path(".tmp/agents/x"))
    shutil.rmtree(repo.path(".tmp/agents/.workspace"))
    repo.paid()
    return count


STEP = int(os.environ.get("WAVEMAKE_KILL_STEP") or (9 if EVERYTHING else 31))


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_any_call(repo: Repository, when: str) -> None:
    count = calls_of_a_run(repo)
    saved = repo.folder.parent / "saved"
    assert repo.wavemake("compile", "plan.json").code == 0
    shutil.copytree(repo.folder, saved, symlinks=True)
    for number in range(1 if when == "before" else 5, count + 1, STEP):
        shutil.rmtree(repo.folder)
        shutil.copytree(saved, repo.folder, symlinks=True)
        repo.git("status")
        before = repo.state_of_git()
        pathlib.Path(repo.env["CALLS"]).unlink()
        repo.env |= {"KILL_AT": str(number), "KILL_WHEN": when}
        make = repo.start_make("x")
        make.wait()
        killed = make.returncode == -signal.SIGKILL
        repo.env["KILL_AT"] = "0"
        person = number % 2 == 0
        if person:
            repo.write("a.txt", repo.read("a.txt").replace("line 25\n", "of a person\n"))
        result = repo.make("x")
        assert result.code == 0, f"{number}: {result.out}"
        assert_merged(repo, person)
        assert repo.paid() == ["x"], (number, killed)
        assert repo.state_of_git() == before
        assert repo.make("-q", "x").code == 0
        assert not repo.path(".tmp/agents/x/.work/tree").exists()


def test_a_person_edits_what_was_still_to_be_merged(repo: Repository) -> None:
    """Killed before the first file is moved, of which the same lines are edited then."""
    tools = repo.folder.parent / "tools"
    (tools / "mv").write_text(
        '#!/bin/sh\nPATH=$REAL_PATH\n"mv" "$@" || exit\n'
        "case $* in *journal.new*/journal) kill -KILL 0 ;; esac\n"
    )
    make = repo.start_make("x")
    make.wait()
    assert make.returncode == -signal.SIGKILL
    assert repo.path(".tmp/agents/.workspace/journal").exists()
    (tools / "mv").unlink()
    edited = LINES.replace("line 5\n", "of a person\n")
    repo.write("a.txt", edited)
    before = repo.state_of_git()
    result = repo.make("x")
    assert result.code != 0, result.out
    assert repo.status("x")["state"] == "conflict"
    assert repo.read("a.txt") == edited
    assert repo.git("status", "--porcelain") == " M a.txt"
    assert repo.state_of_git() == before
    repo.write("a.txt", LINES)
    assert repo.make("x").code == 0
    assert_merged(repo, person=False)
    assert repo.paid() == ["x"]
