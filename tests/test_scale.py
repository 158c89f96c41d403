"""What must hold of plans with more agents than the words of one command may be."""

from __future__ import annotations

import os
import time

import pytest

from tests.harness import BACKENDS, Project

pytestmark = pytest.mark.slow

# Under this limit of the stack a command may have 256 KiB of words: the names below are more than that.
NAMES = [f"agent-{'x' * 80}-{number}" for number in range(2500)]
SMALL = "ulimit -s 1024; "


@pytest.fixture
def project(project: Project) -> Project:
    project.plan({name: [] for name in NAMES})
    return project


def test_a_summary_of_many(project: Project) -> None:
    assert project.compile().code == 0
    for name in NAMES:
        project.write(
            f".tmp/agents/{name}/status.json", '{"schema":1,"state":"failed","reason":"x"}\n'
        )
    output = project.path(f".tmp/agents/{NAMES[7]}/output.md")
    output.write_text("by hand\n")
    os.utime(output, (time.time() + 60, time.time() + 60))
    script = "sh .tmp/agents/runtime/drive.sh sum .tmp/agents"
    result = project.run(["bash", "-c", SMALL + script])
    assert f"wavemake: 1 up to date, {len(NAMES) - 1} failed (of {len(NAMES)} agents)" in result.out


@pytest.mark.parametrize("backend", BACKENDS)
def test_one_of_many_is_run_and_paid_again(project: Project, backend: str) -> None:
    project.use_backend(backend)
    assert project.compile().code == 0
    drive = ["bash", "-c", f'{SMALL}exec "$@"', "-", *project.driver(), NAMES[0]]
    for again in ([], ["FORCE=1"]):
        result = project.run([*drive, *again])
        assert result.code == 0, result.out
        assert f"wavemake: 1 done, {len(NAMES) - 1} not run (of {len(NAMES)} agents)" in result.out
