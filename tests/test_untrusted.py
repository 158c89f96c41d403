"""A plan that nobody has vouched for: what --untrusted refuses stays refused, whatever happens after it."""

from __future__ import annotations

import json
import os
import pathlib
import sys

import pytest

from tests.harness import Project, Result
from tests.terminal import put_wavemake_on_path


@pytest.fixture
def secret(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "secret"
    path.write_text("CANARY\n")
    return path


def compiled(project: Project) -> list[str]:
    words: list[str] = project.json(".tmp/agents/manifest.json")["compile"]
    return words


def prepare(project: Project, read: str = "docs/notes.md") -> None:
    project.write("docs/notes.md", "notes\n")
    agent = {"name": "a", "task": "Sum up.", "reads": [read]}
    project.write("plan.json", json.dumps({"agents": [agent]}))
    done = project.compile("--untrusted", "--runner", "rehearse")
    assert done.code == 0, done.out


LINKS = [
    "to the file",
    "through a folder",
    "of links",
    "relative",
    "in a circle",
    "to a hidden file",
]


def replace_by_link(project: Project, secret: pathlib.Path, how: str) -> None:
    notes = project.path("docs/notes.md")
    notes.unlink()
    match how:
        case "to the file":
            notes.symlink_to(secret)
        case "through a folder":
            notes.parent.rmdir()
            (secret.parent / "notes.md").write_text("CANARY\n")
            notes.parent.symlink_to(secret.parent)
        case "of links":
            project.path("hop").symlink_to(secret)
            notes.symlink_to("../hop")
        case "relative":
            notes.symlink_to(os.path.relpath(secret, notes.parent))
        case "in a circle":
            notes.symlink_to("notes.md")
        case "to a hidden file":
            project.write(".env", "CANARY\n")
            notes.symlink_to("../.env")


@pytest.mark.parametrize("how", LINKS)
def test_a_link_made_after_compile_is_not_read(
    project: Project, secret: pathlib.Path, how: str
) -> None:
    prepare(project)
    replace_by_link(project, secret, how)
    done = project.make()
    assert done.code != 0
    assert not project.path(".tmp/agents/a/output.md").exists()
    for path in project.path(".tmp").rglob("*"):
        assert not path.is_file() or "CANARY" not in path.read_text(errors="replace"), path


def test_a_link_within_the_project_is_read(project: Project) -> None:
    prepare(project)
    project.path("docs/notes.md").rename(project.path("docs/real.md"))
    project.path("docs/notes.md").symlink_to("real.md")
    assert project.make().code == 0


def test_make_compiles_again_without_trust(project: Project) -> None:
    prepare(project)
    assert "--untrusted" in compiled(project)
    put_wavemake_on_path(project, sys.executable)
    project.write("plan.json", '{"agents": [{"name": "a", "task": "t", "command": "touch pwned"}]}')
    future = project.path("Makefile").stat().st_mtime + 5
    os.utime(project.path("plan.json"), (future, future))
    done = project.make()
    assert done.code != 0
    assert "WM119" in done.out
    assert not project.path("pwned").exists()


@pytest.mark.parametrize("words", [["--plan", "plan.json"], ["plan.json"], ["./docs/../plan.json"]])
def test_a_second_run_trusts_it_no_more(project: Project, words: list[str]) -> None:
    prepare(project)
    done = project.wavemake("run", *words, "--runner", "rehearse", "--plain")
    assert done.code == 0, done.out
    assert "--untrusted" in compiled(project)


def run(project: Project) -> Result:
    return project.wavemake("run", "plan.json", "--plain")


@pytest.mark.parametrize("name", ["GNUmakefile", "makefile"])
def test_run_uses_the_makefile_that_it_wrote(project: Project, name: str) -> None:
    """make prefers these names to Makefile."""
    project.plan({"a": []})
    project.write(name, "all:\n\t@echo mine\n")
    done = run(project)
    assert done.code == 0, done.out
    assert project.paid() == ["a"]
    assert "next: make -f Makefile -j4" in project.compile().out


def test_a_tracked_link_out_of_the_repository_is_not_written_through(
    project: Project, tmp_path: pathlib.Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    project.plan({"a": []})
    project.path(".tmp").symlink_to(outside)
    project.run(["git", "init", "-q", "."])
    project.run(["git", "add", ".tmp"])
    done = project.compile()
    assert done.code == 2
    assert ".tmp is a link that leads out of this repository" in done.out
    assert not list(outside.iterdir())
    project.run(["git", "rm", "-q", "--cached", ".tmp"])
    assert project.compile().code == 0
