"""Agents with a condition: when they run, what becomes of those that do not, and what is predicted of it."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.compiler import check
from tests.expectations import expect_words
from tests.harness import BACKENDS, Project

AUDIT = {"agent": "audit", "matches": "^FOUND"}
FIX = {"reads": ["audit"], "when": AUDIT}


@pytest.fixture(params=BACKENDS)
def project(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Project]:
    """A project, for each back end."""
    found = Project(tmp_path / "project")
    found.use_backend(request.param)
    yield found
    found.end()


def answers(project: Project, agent: str, text: str) -> None:
    project.behave(agent, f"cat >/dev/null; printf '%s\\n' '{text}'")


def states(project: Project, *agents: str) -> list[str]:
    return [project.status(agent)["state"] for agent in agents]


def fates(project: Project) -> dict[str, str]:
    found = json.loads(project.wavemake("preview", "--json").out)
    return {each["name"]: each["fate"] for each in found["agents"]}


def compiled(project: Project, agents: dict[str, Any]) -> None:
    project.plan(agents)
    result = project.compile()
    assert result.code == 0, result.out


def test_what_is_skipped_costs_nothing_and_its_readers_are_told(project: Project) -> None:
    compiled(project, {"audit": [], "fix": FIX, "verify": ["fix"], "report": ["fix", "audit"]})
    answers(project, "audit", "CLEAN")
    assert fates(project)["fix"] == "may run"
    result = project.drive()
    assert result.code == 0, result.out
    assert project.paid() == ["audit", "report"]
    assert states(project, "fix", "verify", "report") == ["skipped", "skipped", "done"]
    prompt = project.read(".tmp/agents/report/prompt.md").splitlines()
    expect_words("prompt/input-skipped", [line for line in prompt if "skipped: " in line])
    assert project.is_up_to_date()
    assert fates(project)["fix"] == fates(project)["verify"] == "skipped"
    assert "2 skipped" in project.wavemake("status").out


def test_it_is_looked_at_again_and_its_answer_is_kept(project: Project) -> None:
    compiled(project, {"audit": [], "fix": FIX})
    project.write("found.txt", "CLEAN\n")
    project.behave("audit", "cat >/dev/null; cat found.txt")
    assert project.drive().code == 0
    project.write("found.txt", "FOUND one\n")
    assert project.drive("FORCE=1", "audit").code == 0
    project.paid()
    assert fates(project)["fix"] == "run"
    assert project.drive().code == 0
    assert project.paid() == ["fix"]
    answer = project.output("fix")
    project.write("found.txt", "CLEAN\n")
    assert project.drive("FORCE=1", "audit").code == 0
    assert fates(project)["fix"] == "skipped"
    project.paid()
    assert project.drive().code == 0
    assert project.paid() == []
    assert project.output("fix").startswith("skipped: ")
    assert project.read(".tmp/agents/fix/history/1.md") == answer


def test_a_file_that_comes_and_goes(project: Project) -> None:
    compiled(project, {"a": {"when": {"file": "go (1).txt"}, "outputs": ["made.txt"]}})
    project.behave("a", "cat >/dev/null; echo made | tee made.txt")
    assert project.drive().code == 0
    assert states(project, "a") == ["skipped"]
    assert project.is_up_to_date()
    project.write("go (1).txt", "")
    assert project.drive().code == 0
    assert project.paid() == ["a"]
    project.path("go (1).txt").unlink()
    assert project.drive().code == 0
    assert states(project, "a") == ["skipped"]


def test_a_command_is_asked_in_every_run(project: Project) -> None:
    compiled(
        project, {"a": {"when": {"command": "test -e go"}}, "b": {"reads": ["a"], "on_skip": "run"}}
    )
    assert project.drive().code == 0
    assert project.paid() == ["b"]
    assert project.is_up_to_date()
    assert project.drive().code == 0
    assert project.paid() == []
    project.write("go", "")
    assert project.drive().code == 0
    assert project.paid() == ["a", "b"]


JSON = '{"a": {"b": [3, "x y"], "t": true}, "n": null}'
HOLDS = [
    {"json": "a.b.0", "above": 2},
    {"json": "a.b.0", "equals": 3.0},
    {"json": "a.b.1", "equals": "x y"},
    {"json": "a.t", "equals": True},
    {"json": "n", "equals": None},
    {"json": "n", "exists": True},
    {"json": ".", "exists": True},
]
NOT = [
    {"json": "a.b.0", "above": 3},
    {"json": "a.b.0", "below": 3},
    {"json": "a.b.1", "above": 0},
    {"json": "a.b.0", "equals": "3"},
    {"json": "a.t", "equals": 1},
    {"json": "a.b.2", "exists": True},
    {"json": "a.c.d", "exists": True},
    {"json": ".", "equals": "x"},
]


def test_values_of_json(project: Project) -> None:
    agents: dict[str, Any] = {"js": {"check": {"json": True}}}
    for name, conditions in (("yes", HOLDS), ("no", NOT)):
        for number, each in enumerate(conditions):
            agents[f"{name}-{number}"] = {"reads": [], "when": {"agent": "js", **each}}
    compiled(project, agents)
    project.behave("js", f"cat >/dev/null; printf '%s\\n' '{JSON}'")
    assert project.drive("-j2").code == 0
    ran = [name for name in agents if project.status(name)["state"] == "done"]
    assert ran == ["js", *(f"yes-{number}" for number in range(len(HOLDS)))]
    predicted = {name for name, fate in fates(project).items() if fate == "skipped"}
    assert predicted == {name for name in agents if name not in ran}


def test_not_all_and_any(project: Project) -> None:
    a, b = {"file": "a"}, {"file": "b"}
    conditions = {
        "not": {"not": a},
        "all": {"all": [a, b]},
        "any": {"any": [a, b]},
        "nested": {"all": [{"not": {"all": [a, b]}}, {"any": [b, a]}, {"not": {"not": a}}]},
    }
    compiled(
        project, {f"x-{name}": {"reads": [], "when": each} for name, each in conditions.items()}
    )
    project.write("a", "")
    assert project.drive().code == 0
    assert sorted(project.paid()) == ["x-any", "x-nested"]
    reason = project.status("x-all")["reason"]
    assert reason == "b does not exist"


def test_a_condition_on_what_was_skipped_does_not_hold(project: Project) -> None:
    agents = {
        "audit": {"reads": [], "when": {"file": "FOUND"}},
        "other": [],
        "fix": {"reads": ["audit", "other"], "when": {"agent": "audit", "matches": "FOUND"}},
    }
    compiled(project, agents)
    assert project.drive().code == 0
    assert states(project, "audit", "fix") == ["skipped", "skipped"]
    assert project.status("fix")["reason"] == "audit was skipped"


@pytest.mark.parametrize(
    ("when", "code"),
    [
        ({}, "WM160"),
        ({"agent": "a"}, "WM160"),
        ({"agent": "a", "matches": "x", "json": "y"}, "WM160"),
        ({"agent": "a", "json": "x"}, "WM160"),
        ({"agent": "a", "json": "x", "exists": False}, "WM160"),
        ({"agent": "a", "json": "x", "above": "1"}, "WM160"),
        ({"agent": "a", "json": "x", "equals": []}, "WM160"),
        ({"agent": "a", "json": "x y", "exists": True}, "WM104"),
        ({"agent": "a", "matches": "("}, "WM104"),
        ({"agent": "nobody", "matches": "x"}, "WM112"),
        ({"agent": "b", "matches": "x"}, "WM113"),
        ({"file": "../x"}, "WM116"),
        ({"file": "x", "command": "true"}, "WM160"),
        ({"file": "x", "matches": "y"}, "WM160"),
        ({"all": []}, "WM160"),
        ({"any": {"file": "x"}}, "WM102"),
        ({"not": {"flie": "x"}}, "WM101"),
        ("audit", "WM102"),
    ],
)
def test_what_is_no_condition(when: object, code: str) -> None:
    agents = [{"name": "a", "task": "A."}, {"name": "b", "task": "B.", "reads": [], "when": when}]
    found = check(json.dumps({"agents": agents})).diagnostics
    assert [each.code for each in found] == [code]


def test_an_untrusted_plan_has_no_commands() -> None:
    agents = [{"name": "a", "task": "A.", "when": {"any": [{"file": "x"}, {"command": "true"}]}}]
    found = check(json.dumps({"agents": agents}), untrusted=True).diagnostics
    assert [each.code for each in found] == ["WM119"]
