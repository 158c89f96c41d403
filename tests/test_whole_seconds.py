"""A file system that keeps whole seconds: no edit is missed, and nothing is paid twice."""

from __future__ import annotations

import pathlib
import random
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.harness import BACKENDS, Project, wait_for
from tests.kills import compile_ledger, kill_and_run_again, use_private_folder

pytestmark = pytest.mark.slow
TURNS = 6


@pytest.fixture(params=BACKENDS)
def project(tmp_path: pathlib.Path, request: pytest.FixtureRequest) -> Iterator[Project]:
    """A project on ext2 with inodes of 128 bytes, which have no room for parts of seconds."""
    image, place = tmp_path / "image", tmp_path / "mounted"
    place.mkdir()
    image.write_bytes(b"")
    with image.open("r+b") as file:
        file.truncate(32 << 20)
    if not shutil.which("mke2fs"):
        pytest.skip("mke2fs is not installed")
    subprocess.run(
        ["mke2fs", "-q", "-t", "ext2", "-I", "128", "-F", image], check=True, capture_output=True
    )
    mounted = subprocess.run(["mount", "-o", "loop", image, place], check=False)
    if mounted.returncode:
        pytest.skip("this user may not mount a file")
    project = Project(place / "project")
    try:
        (place / "probe").touch()
        assert (place / "probe").stat().st_mtime_ns % 1_000_000_000 == 0
        use_private_folder(project)
        project.use_backend(request.param)
        yield project
    finally:
        project.end()
        subprocess.run(["umount", "-l", place], check=True)


def test_an_edit_in_the_second_of_the_run_is_seen(project: Project) -> None:
    project.write("in.txt", "0\n")
    project.plan({"a": ["in.txt"], "b": ["a"]})
    assert project.compile().code == 0
    assert project.drive().code == 0
    project.paid()
    for turn in range(4):
        project.write("in.txt", f"{turn + 1}\n")
        assert project.drive().code == 0
        assert project.paid() == ["a", "b"]
    assert project.drive().code == 0
    assert project.paid() == []


def test_an_edit_during_the_run_is_seen(project: Project) -> None:
    project.write("in.txt", "0\n")
    project.plan({"a": ["in.txt"], "b": ["a"]})
    project.behave("a", "touch up; until [ -e go ]; do sleep 0.05; done; echo done")
    assert project.compile().code == 0
    words = project.make_words if project.backend == "make" else ["ninja"]
    make = project.start(words)
    wait_for(project.path("up").exists, "the agent")
    project.write("in.txt", "1\n")
    project.path("go").touch()
    assert make.communicate(timeout=60)[0]
    project.paid()
    project.drive()
    assert "a" in project.paid()


def test_kills_pay_nothing_twice(project: Project) -> None:
    rng = random.Random(1)
    compile_ledger(project)
    for turn in range(TURNS):
        ledger = kill_and_run_again(project, rng, f"{turn}\n")
        fits = [line for line in ledger if line.startswith("1 ")]
        assert project.read(".tmp/agents/a/output.md").strip() == f"answer to {fits[-1][2:]}"
