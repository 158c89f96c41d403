"""A fork of the server prints, and ends, as a Python of its own does."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests import warm
from tests.harness import Project

CALLS = (["compile", "plan.json"], ["compile", "plan.json", "--check"], ["status"], ["nothing"])


@pytest.mark.parametrize("words", CALLS, ids=" ".join)
def test_a_fork_is_like_a_python_of_its_own(project: Project, words: list[str]) -> None:
    project.plan({"a": [], "b": ["a"]})
    alone = project.run([sys.executable, "-m", "wavemake", *words])
    if words == CALLS[0]:
        project.path("Makefile").unlink()
        (project.folder / ".tmp").rename(project.path("before"))
    assert project.wavemake(*words) == alone


def test_it_has_the_environment_that_it_is_given(project: Project) -> None:
    assert warm.can_stand_in(project.env)
    assert not warm.can_stand_in(project.env | {"PYTHONPATH": "elsewhere"})
    assert not warm.can_stand_in(project.env | {"LC_ALL": "C"})
    project.env["WAVEMAKE_PLANS"] = str(project.path("plans"))
    project.write("plans/mine.json", '{"agents": [{"name": "a", "task": "A."}]}')
    assert "mine" in project.wavemake("new", "--list").out


def test_one_that_takes_too_long_is_ended(project: Project) -> None:
    os.mkfifo(project.path("plan.json"))
    with pytest.raises(subprocess.TimeoutExpired):
        project.wavemake("check", "plan.json", timeout=1)
    assert project.processes() == []
