"""for_each: cells, their names, what stands for the item, and who reads them."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.compiler import check, resolved
from tests.harness import BACKENDS, Project
from wavemake.compiler.driver import Options, build
from wavemake.plan.resolved import Agent


@pytest.fixture(params=BACKENDS)
def project(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Project]:
    """A project, for each back end."""
    found = Project(tmp_path / "project")
    found.use_backend(request.param)
    yield found
    found.end()


def text(items: Any, *others: Any, **keys: Any) -> str:
    agent = {"name": "a", "task": "It.", "for_each": items, **keys}
    return json.dumps({"agents": [agent, {"name": "z", "task": "Z.", "reads": []}, *others]})


def cells(items: Any, **keys: Any) -> list[Agent]:
    return [agent for agent in resolved(text(items, **keys)).agents if agent.group]


def codes(items: Any, *others: Any, **keys: Any) -> set[str]:
    return {each.code for each in check(text(items, *others, **keys)).diagnostics}


def test_readers_read_all_cells_and_a_goal_runs_them(project: Project) -> None:
    items = ["one", "two", "three"]
    project.plan({"each": {"for_each": items, "reads": []}, "sum": ["each"], "other": []})
    assert project.compile().code == 0
    assert project.drive("each").code == 0
    assert project.paid() == ["each-one", "each-three", "each-two"]
    assert project.drive().code == 0
    assert project.paid() == ["other", "sum"]
    prompt = project.read(".tmp/agents/sum/prompt.md")
    places = [prompt.index(f"===== input each-{item} ") for item in items]
    assert places == sorted(places)
    assert project.is_up_to_date()
    predicted = project.wavemake("preview", "each")
    assert "(of 3 agents)" in predicted.out


def test_another_order_costs_nothing_and_one_more_one_cell(project: Project) -> None:
    project.plan({"each": {"for_each": ["one", "two"], "reads": []}})
    assert project.compile().code == 0
    assert project.drive().code == 0
    project.paid()
    project.plan({"each": {"for_each": ["two", "three", "one"], "reads": []}})
    assert project.compile().code == 0
    assert project.drive().code == 0
    assert project.paid() == ["each-three"]


def test_an_item_is_data(project: Project) -> None:
    item = "it's $(touch pwned) `touch pwned` {{item}} $$x"
    agent = {
        "for_each": [item],
        "task": "About {{item}} and {{ index }}.",
        "check": ['test {{item}} = "$(cat item)"', {"matches": "^{{item}}$"}],
    }
    project.plan({"each": {**agent, "reads": []}})
    project.write("item", item)
    assert project.compile().code == 0
    [folder] = [each.name for each in project.folder.glob(".tmp/agents/each-*")]
    project.behave(folder, "cat item")
    result = project.drive()
    assert result.code == 0, result.out
    assert not project.path("pwned").exists()
    assert f"About {item} and 1." in project.read(f".tmp/agents/{folder}/task.md")


def test_files(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("b.c", "a c.c"):
        (tmp_path / name).write_text("")
    found = cells({"files": "*.c"}, reads=["{{item}}"])
    assert [agent.files for agent in found] == [("a c.c",), ("b.c",)]
    assert codes({"files": "*.c", "max": 1}) == {"WM162"}
    assert codes({"files": "*.x"}) == {"WM151"}
    assert codes({"files": "../*"}) == {"WM116"}


def test_names() -> None:
    items = ["api", "API", "a/b", "日本", 3, {"name": "ui"}, {"x": 1}]
    names = [agent.name.removeprefix("a-") for agent in cells(items)]
    assert (names[0], names[5]) == ("api", "ui")
    assert names[4].startswith("3")
    assert len({name.lower() for name in names}) == len(items)
    assert [agent.name for agent in cells(["日本"])] == [f"a-{names[3]}"]


def test_what_stands_for_an_item() -> None:
    item = {"name": "x", "deep": {"n": [1]}, "model": "opus"}
    keys = {"task": "{{item.deep}} {{item.deep.n}} {{other}}", "model": "{{item.model}}"}
    [cell] = cells([item], **keys, outputs=["out/{{item.name}}.md"], reads=[])
    assert cell.task == '{"n": [1]} [1] {{other}}'
    assert (cell.settings.model, cell.outputs) == ("opus", ("out/x.md",))


def test_no_items_and_many() -> None:
    assert cells([]) == []
    assert codes([], {"name": "y", "task": "Y.", "reads": ["a"]}) == set()
    plan = resolved(text([f"n{number}" for number in range(1000)]))
    assert len(build(plan, "", Options("plan.json")).jobs) == 1001


@pytest.mark.parametrize(
    ("items", "keys", "code"),
    [
        (["x", "x"], {}, "WM162"),
        ([{"name": "x", "n": 1}, {"name": "x"}], {}, "WM162"),
        ([None], {}, "WM162"),
        (["x" * 1_000_000], {}, "WM162"),
        ([{"n": 1}], {"task": "{{item.name}}"}, "WM162"),
        (["a\nb"], {"check": "test {{item}}"}, "WM162"),
        (["x"], {"check": "test '{{item}}'"}, "WM162"),
        (["x"], {"check": 'test "$(cat {{item}})"'}, "WM162"),
        (["x"], {"outputs": ["{{item}}/../../y"]}, "WM116"),
        (["x", "y"], {"outputs": ["same.md"]}, "WM123"),
        ("x", {}, "WM102"),
        ({}, {}, "WM162"),
        ({"files": "x", "most": 1}, {}, "WM101"),
    ],
)
def test_what_is_no_list(items: Any, keys: dict[str, Any], code: str) -> None:
    assert code in codes(items, **keys)


def test_loops_and_conditions_name_no_cells() -> None:
    when = {"agent": "a", "matches": "x"}
    assert codes(["x"], {"name": "y", "task": "Y.", "reads": [], "when": when}) == {"WM162"}
