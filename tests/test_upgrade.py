"""Folders that an earlier version compiled and ran work on after an upgrade, and nothing is charged.

tests/data/earlier/0.1.tar.xz has three projects after a run: for make, for ninja, and ejected.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
import tarfile

import pytest

from tests.expectations import golden
from tests.harness import REPOSITORY, Project
from wavemake.compiler.upgrade import is_earlier

EARLIER = REPOSITORY / "tests" / "data" / "earlier" / "0.1.tar.xz"
FOLDER = ".tmp/agents"
GONE = "files of an earlier version from .tmp/agents\n"


def lay_out(project: Project, which: str) -> Project:
    with tarfile.open(EARLIER) as archive:
        for member in archive.getmembers():
            name = member.name.removeprefix(f"{which}/")
            if name != member.name:
                member.name = name
                archive.extract(member, project.folder)
    project.env["WAVEMAKE"] = shlex.join([sys.executable, "-m", "wavemake"])
    return project


def edit_plan(project: Project) -> None:
    """Edit the plan so that no agent is asked anything else.

    A budget in dollars now asks of commands what they cost.
    """
    plan = project.json("plan.json")
    plan.setdefault("defaults", {})["cost_usd"] = 0
    project.write("plan.json", json.dumps(plan) + "\n")
    os.utime(project.path("plan.json"))


@pytest.mark.parametrize("backend", ["make", "ninja"])
def test_compiled_again_it_is_kept(project: Project, backend: str) -> None:
    lay_out(project, backend)
    project.use_backend(backend)
    assert is_earlier(str(project.path(FOLDER)))
    edit_plan(project)
    result = project.compile()
    assert result.code == 0, result.out
    assert GONE in result.out
    assert GONE not in project.compile().out
    assert sorted(path.name for path in project.path(f"{FOLDER}/runtime").iterdir()) == [
        *("agent.sh", "budget.sh", "drive.sh", "lead.sh", "lib.awk", "more.sh"),
        *(["ninja.sh"] if backend == "ninja" else []),
        "plan",
    ]
    assert not project.path(f"{FOLDER}/limits").exists()
    assert not project.path(f"{FOLDER}/unread").exists()
    for _ in range(2):
        result = project.drive()
        assert result.code == 0, result.out
        assert project.paid() == []
    assert "nothing to do" in result.out
    assert "4 up to date" in project.drive("status").out


@pytest.mark.parametrize("backend", ["make", "ninja"])
def test_its_own_driver_compiles_an_edited_plan(project: Project, backend: str) -> None:
    lay_out(project, backend)
    project.use_backend(backend)
    edit_plan(project)
    # The earlier driver takes the command from the Makefile, or from the rules of ninja.
    folder = project.folder.parent / "bin"
    folder.mkdir()
    script = folder / "wavemake"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m wavemake "$@"\n')
    script.chmod(0o755)
    project.env["PATH"] = f"{folder}:{project.env['PATH']}"
    project.env["PYTHONPATH"] = str(REPOSITORY)
    del project.env["WAVEMAKE"]
    result = project.drive()
    assert result.code == 0, result.out
    assert result.out.count(GONE) == 1
    assert "cannot open" not in result.out
    assert "No such file" not in result.out
    assert project.paid() == []
    assert project.drive().out.endswith(golden("run/nothing-to-do"))
    assert project.paid() == []
    assert GONE not in project.compile().out
    assert not project.path(f"{FOLDER}/unread").exists()
    assert not project.path(f"{FOLDER}/runtime/summary.sh").exists()


def test_what_it_compiled_is_read_as_it_is(project: Project) -> None:
    lay_out(project, "make")
    assert "4 done" in project.wavemake("status").out
    assert project.make("status").code == 0
    assert "nothing to do" in project.make("-j2").out
    edit_plan(project)
    assert "plan.json has" in project.wavemake("status").out
    assert project.paid() == []


def test_what_it_ejected_still_runs(project: Project) -> None:
    lay_out(project, "ejected")
    project.env["WAVEMAKE"] = "false"
    assert "nothing to do" in project.make("-j2").out
    project.write("notes.txt", "other notes\n")
    assert project.make("-j2").code == 0
    assert project.paid() == ["api", "page", "report", "survey"]
    for goal in ("status", "summary", "pin-api", "unpin-api", "clean"):
        result = project.make(goal)
        assert result.code == 0, result.out
