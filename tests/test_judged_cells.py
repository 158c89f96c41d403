"""Judges and schemas of cells that a run makes, on every back end."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.compiler import check
from tests.harness import BACKENDS, Project

# Agents answer what is in say/NAME, else an object; a judge says what is in say/judge-NAME, else PASS.
STUB = r"""
prompt=$(cat)
case $prompt in
  "You are a judge"*)
    name=judge-$(printf '%s\n' "$prompt" | sed -n '1s/.*agent `\([^`]*\)`.*/\1/p')
    text='PASS - fine' cost=0.01 ;;
  *)
    name=$(printf '%s\n' "$prompt" | sed -n '1s/^You are the agent `\([^`]*\)`.*/\1/p')
    text='{}' cost=0.5 ;;
esac
echo "$name" >>paid.log
printf '%s\n' "$prompt" >"prompt.$name"
if [ -f "say/$name" ]; then text=$(cat "say/$name"); fi
text=$(printf '%s' "$text" | sed 's/["\\]/\\&/g')
form='{"type":"result","subtype":"success","is_error":false,"result":"%s","total_cost_usd":%s}\n'
printf "$form" "$text" "$cost"
"""
RUNNERS = {"stub": {"command": ["sh", "stub.sh"], "envelope": "claude", "model": ["--model", "{}"]}}
ITEM = {"name": "b c", "text": 'it\'s "so" — $x'}


@pytest.fixture(params=BACKENDS)
def project(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Project]:
    """A project for each back end, with the stand-in for a CLI."""
    found = Project(tmp_path / "project")
    found.use_backend(request.param)
    found.write("stub.sh", STUB)
    yield found
    found.end()


def plan(project: Project, each: Any, **keys: Any) -> None:
    """A survey, and a cell for each item of `each`."""
    agents = [
        {"name": "survey", "task": "List.", "reads": []},
        {"name": "fix", "task": "Fix {{item}}.", "reads": [], "for_each": each, **keys},
        {"name": "report", "task": "Sum up.", "reads": ["fix"]},
    ]
    whole = {"project": "demo", "runners": RUNNERS, "defaults": {"runner": "stub"}}
    project.write("plan.json", json.dumps({**whole, "agents": agents}))
    result = project.compile("--force")
    assert result.code == 0, result.out


def items(project: Project, *found: Any) -> dict[str, Any]:
    project.write("say/survey", json.dumps(found))
    return {"agent": "survey"}


def test_cells_have_judges_and_a_schema(project: Project) -> None:
    judge = {"ask": "Is {{item.text}}\n{{right}}?", "reads": ["{{item.name}}.txt"], "model": "m"}
    project.write("b c.txt", "what b is\n")
    schema = {"type": "object", "required": ["a"]}
    plan(project, items(project, ITEM), check=judge, schema=schema)
    result = project.drive("fix")
    assert result.code != 0
    assert " its schema" in result.out
    [cell] = [path.name for path in project.folder.glob(".tmp/agents/fix-*")]
    assert project.paid() == [cell, "survey"]

    project.write(f"say/{cell}", '{"a": 1}')
    project.write(f"say/judge-{cell}", "FAIL - it is short")
    result = project.drive("fix")
    assert result.code != 0
    assert project.paid() == [cell, f"judge-{cell}"]
    assert project.status(cell)["reason"].endswith("FAIL: it is short")
    prompt = project.read(f"prompt.judge-{cell}")
    for part in (f"Is {ITEM['text']}\n{{{{right}}}}?", "what b is", '{"a": 1}'):
        assert part in prompt

    # Another question about another answer.
    project.path(f"say/judge-{cell}").unlink()
    plan(project, {"agent": "survey"}, check={"ask": "Is {{index}}?"}, schema=schema)
    result = project.drive()
    assert result.code == 0, result.out
    assert project.paid() == [cell, f"judge-{cell}", "report"]
    assert project.status(cell)["cost"] == 0.51
    assert project.is_up_to_date()
    assert project.drive().code == 0
    assert project.paid() == []


def test_they_are_those_of_a_list_in_the_plan(project: Project) -> None:
    listed = ["one", ITEM, {"id": "日本", "text": "é" * 120}, {"name": "q", "text": "a  b"}]
    keys = {
        "check": [{"ask": "Is it {{item}}, whatever that\nis?"}, {"ask": "{{ x", "model": "m"}],
        "task": "Fix.",
    }
    plan(project, items(project, *listed), **keys)
    assert project.drive("fix").code == 0
    assert len(project.paid()) == 1 + 3 * len(listed)
    made = {path: path.read_text() for path in project.folder.glob(".tmp/agents/fix-*/*-?.md")}
    tasks = {path: path.read_text() for path in project.folder.glob(".tmp/agents/fix-*/task.md")}
    assert (len(made), len(tasks)) == (8, 4)
    plan(project, listed, **keys)
    assert {path: path.read_text() for path in made} == made
    assert {path: path.read_text() for path in tasks} == tasks
    assert project.drive("fix").code == 0
    assert project.paid() == []


def test_the_next_try_of_a_cell_carries_what_its_judge_said(project: Project) -> None:
    plan(project, items(project, "a", "b"), check={"ask": "Is it?"}, retries=1)
    project.write("say/judge-fix-a", "FAIL - it is lame")
    assert project.drive("fix").code != 0
    assert project.paid() == ["fix-a", "fix-a", "fix-b", "judge-fix-a", "judge-fix-b", "survey"]
    assert "FAIL: it is lame" in project.read("prompt.fix-a")


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", ".tmp/agents/survey/output.md"])
def test_a_judge_reads_nothing_outside_the_project(project: Project, path: str) -> None:
    plan(project, items(project, path), check={"ask": "Is it?", "reads": "{{item}}"})
    assert project.drive("fix").code != 0
    assert project.paid() == ["survey"]


def test_a_stage_that_an_agent_has_changed_runs_no_cell(project: Project) -> None:
    plan(project, items(project, "a"), check={"ask": "Is it?"})
    changed = "sed 's/Is it/Say PASS/' .tmp/agents/fix/task.md >t; mv t .tmp/agents/fix/task.md\n"
    project.write("stub.sh", changed + STUB)
    assert project.drive("fix").code != 0
    assert project.paid() == ["survey"]


def test_what_a_judge_of_cells_may_read() -> None:
    def codes(reads: str, each: Any, checked: str = "z") -> list[str]:
        agents = [
            {"name": "z", "task": "Z.", "reads": []},
            {"name": "a", "task": "A.", "reads": [], "for_each": each},
            {"name": "b", "task": "B.", "reads": ["a"]},
        ]
        for agent in agents:
            if agent["name"] == checked:
                agent["check"] = {"ask": "Is it?", "reads": reads}
        found = check(json.dumps({"agents": agents})).diagnostics
        return [each.code for each in found if each.code < "WM2"]

    assert codes("a", ["x", "y"], "b") == []
    assert codes("a", {"agent": "z"}, "b") == ["WM162"]
    assert codes("z", {"agent": "z"}, "a") == []
    assert codes("{{item}}", {"agent": "z"}, "a") == []
    assert codes("../{{item}}", {"agent": "z"}, "a") == ["WM116"]
