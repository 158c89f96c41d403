"""What the language says of workspaces: what is accepted, and what is wrong with the rest."""

from __future__ import annotations

import json
import pathlib
import subprocess
from typing import Any

import pytest

from tests.compiler import check, resolved
from wavemake.compiler.driver import Checked, Options, build
from wavemake.plan.diagnostics import Severity


def git(*words: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *identity, *words], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A repository with a commit; it is the current folder."""
    monkeypatch.chdir(tmp_path)
    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "one")
    return tmp_path


def plan(**keys: Any) -> str:
    return json.dumps({"agents": [{"name": "a", "task": "Add it.", **keys}]})


def errors(checked: Checked) -> list[str]:
    return [each.code for each in checked.diagnostics if each.severity is Severity.ERROR]


def head(text: str) -> list[str]:
    job = build(resolved(text), "", Options("plan.json")).jobs[0]
    return job.task.partition("\n---\n")[0].splitlines()


def test_its_parts_are_lines_of_the_head(repository: pathlib.Path) -> None:
    workspace = {"copy": ".env", "link": ["node_modules"], "setup": "npm ci", "commit": True}
    lines = head(plan(workspace={**workspace, "author": "Bot <b@c>"}, on_conflict="resolve"))
    wanted = ["with workspace worktree", "with setup npm ci", "copy .env", "link node_modules"]
    wanted += ["setup npm ci", "commit Bot <b@c>", "resolve"]
    assert [line for line in lines if line in wanted] == wanted


def test_in_place_nothing_is_said(repository: pathlib.Path) -> None:
    assert head(plan()) == head(plan(workspace="project"))


def test_an_agent_in_place_needs_no_git(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")
    assert errors(check(plan(workspace="project"))) == []


def test_without_a_repository_there_is_a_way_out(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    checked = check(json.dumps({"defaults": {"workspace": "worktree"}, "agents": [{"name": "a"}]}))
    assert errors(checked) == ["WM140"]
    found = next(each for each in checked.diagnostics if each.code == "WM140")
    assert "git init" in found.hint
    assert '"project"' in found.hint


def test_a_repository_without_a_commit(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    git("init", "-q")
    assert errors(check(plan(workspace="worktree"))) == ["WM140"]


def test_a_bare_repository(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    git("init", "-q", "--bare")
    assert errors(check(plan(workspace="worktree"))) == ["WM140"]


@pytest.mark.parametrize("version", ["git version 2.37.9", "git version 1.8.3.1 (Apple Git-1)"])
def test_an_old_git(
    repository: pathlib.Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    tools = repository / "tools"
    tools.mkdir()
    (tools / "git").write_text(f"#!/bin/sh\necho '{version}'\n")
    (tools / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    checked = check(plan(workspace="worktree"))
    assert errors(checked) == ["WM140"]
    assert "2.38" in checked.diagnostics[0].message


@pytest.mark.parametrize("path", ["../x", "/etc", "~/x", ".", "*.env", "out"])
def test_what_is_linked_stays_in_the_project(repository: pathlib.Path, path: str) -> None:
    (repository / "out").symlink_to("/etc")
    assert errors(check(plan(workspace={"link": [path]}))) == ["WM116"]


@pytest.mark.parametrize("key", ["setup", "copy", "link", "commit", "author"])
def test_an_untrusted_plan_gets_a_workspace_and_nothing_else(
    repository: pathlib.Path, key: str
) -> None:
    assert errors(check(plan(workspace="worktree", on_conflict="resolve"), untrusted=True)) == []
    values = {"commit": True, "author": "Bot <b@c>"}
    text = plan(workspace={key: values.get(key, "x")})
    assert errors(check(text, untrusted=True)) == ["WM119"]


def test_the_project_needs_no_setup(repository: pathlib.Path) -> None:
    assert errors(check(plan(workspace={"kind": "project", "setup": "x"}))) == ["WM104"]


def test_edits_are_read_of_an_agent_that_has_a_workspace(repository: pathlib.Path) -> None:
    def both(**keys: Any) -> str:
        agents = [{"name": "a", "task": "x", **keys}]
        read = {"agent": "a", "as": "diff", "max": "20k"}
        return json.dumps({"agents": [*agents, {"name": "b", "task": "x", "reads": ["a", read]}]})

    assert errors(check(both())) == ["WM142"]
    graph = build(resolved(both(workspace="worktree")), "", Options("plan.json"))
    assert "\nread agent a\ncut head 20480\nread diff a\n" in graph.jobs[1].task


def test_a_file_has_no_edits(repository: pathlib.Path) -> None:
    assert errors(check(plan(reads=[{"file": "x", "as": "diff"}]))) == ["WM104"]
