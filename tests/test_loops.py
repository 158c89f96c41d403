"""Loops: passes that run until a condition holds, what is read of them, and their end."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.compiler import check, resolved
from tests.expectations import expect_words
from tests.harness import BACKENDS, Project

UNTIL = {"agent": "review", "matches": "^OK"}
LOOP = {"agents": ["draft", "review"], "until": UNTIL, "max": 3}
AGENTS: dict[str, Any] = {"draft": [], "review": ["draft"], "publish": ["draft"]}
PASSES = ["draft", "review", "draft-2", "review-2", "draft-3", "review-3"]


@pytest.fixture(params=BACKENDS)
def project(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Project]:
    """A loop of which review is content with the second draft, or whichever the file `good` names."""
    found = Project(tmp_path / "project")
    found.use_backend(request.param)
    found.plan(AGENTS, loops=[LOOP])
    for name in PASSES[::2]:
        found.behave(name, f"echo the answer of {name}")
    for name in PASSES[1::2]:
        found.behave(name, 'grep -q "the answer of $(cat good)$" "$prompt" && echo OK || echo no')
    found.write("good", "draft-2")
    assert found.compile().code == 0
    yield found
    found.end()


def fates(project: Project) -> dict[str, str]:
    found = json.loads(project.wavemake("preview", "--json").out)
    return {each["name"]: each["fate"] for each in found["agents"]}


def test_it_ends_when_its_condition_holds(project: Project) -> None:
    result = project.drive()
    assert result.code == 0, result.out
    assert project.paid() == ["draft", "draft-2", "publish", "review", "review-2"]
    assert "the answer of draft-2\n" in project.read(".tmp/agents/publish/prompt.md")
    second = project.read(".tmp/agents/draft-2/prompt.md")
    assert "the answer of draft\n" in second
    assert "\nno\n" in second
    assert project.is_up_to_date()
    found = fates(project)
    assert [found[name] for name in PASSES[3:]] == ["up to date", "skipped", "skipped"]


def test_it_fails_at_its_bound_and_is_not_charged_again(project: Project) -> None:
    project.write("good", "draft-9")
    result = project.drive()
    assert result.code != 0
    expect_words("run/loop-at-its-bound", result.having("3 passes"))
    assert project.paid() == sorted(PASSES)
    assert fates(project)["review-3"] == "fails"
    assert project.drive().code != 0
    assert project.paid() == []
    assert project.status("review-3")["state"] == "failed"


def test_an_earlier_success_skips_what_ran(project: Project) -> None:
    project.write("good", "draft-3")
    assert project.drive().code == 0
    assert len(project.paid()) == 7
    project.write("good", "draft")
    assert project.drive("FORCE=1", "review").code == 0
    project.paid()
    assert project.drive().code == 0
    assert project.paid() == ["publish"]
    assert "the answer of draft\n" in project.read(".tmp/agents/publish/prompt.md")


def agents(*loops: object, **extra: Any) -> str:
    items = [{"name": name, "task": "It.", "reads": reads} for name, reads in AGENTS.items()]
    items[0] |= extra
    return json.dumps({"agents": items, "loops": loops})


def test_a_pass_reads_the_one_before_where_it_says_so() -> None:
    plan = resolved(agents(LOOP, reads=[{"agent": "review", "max": 10}]))
    reads = {agent.name: [read.agent for read in agent.reads] for agent in plan.agents}
    assert (reads["draft"], reads["draft-2"], reads["draft-3"]) == ([], ["review"], ["review-2"])
    assert (reads["review-2"], reads["publish"]) == (["draft-2"], ["draft-3"])


def test_an_agent_alone_is_a_loop() -> None:
    loop = {"agents": "draft", "until": {"agent": "draft", "matches": "^OK"}, "max": 2}
    plan = resolved(agents(loop))
    assert [agent.name for agent in plan.agents if agent.until] == ["draft-2"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (agents({**LOOP, "max": None}), "WM161"),
        (agents({**LOOP, "max": 0}), "WM104"),
        (agents({**LOOP, "agents": []}), "WM161"),
        (agents({**LOOP, "agents": ["draft", "nobody"]}), "WM161"),
        (agents({**LOOP, "agents": ["draft", "review", "draft"]}), "WM161"),
        (agents(LOOP, LOOP), "WM161"),
        (agents(LOOP, outputs=["a.md"]), "WM161"),
        (agents({**LOOP, "until": {}}), "WM160"),
        (agents({**LOOP, "until": {"agent": "nobody", "matches": "x"}}), "WM112"),
    ],
)
def test_what_is_no_loop(text: str, code: str) -> None:
    assert {each.code for each in check(text).diagnostics} == {code}


def test_each_item_has_a_loop_of_its_own(project: Project) -> None:
    """A page that its review likes at once, one that needs another pass, and a new page later."""
    pages = ["a", "b c"]
    each = {"for_each": pages}
    agents = {
        "draft": {"reads": [], **each},
        "review": {"reads": ["draft"], **each, "when": {"agent": "draft", "matches": "draft"}},
        "publish": ["draft", "review"],
    }
    project.plan(agents, loops=[LOOP])
    # Passes are not counted as cells.
    assert project.compile("--max-cells", "1").code == 1
    assert project.compile("--force", "--max-cells", "3").code == 0
    [b] = [path.name for path in project.folder.glob(".tmp/agents/draft-b-c-??????")]
    review = b.replace("draft", "review")
    for name in ("draft-a", b, f"{b}-2"):
        project.behave(name, f"echo the draft of {name}")
    project.behave("review-a", "echo OK")
    project.behave(review, "echo no")
    project.behave(f"{review}-2", "echo OK")
    result = project.drive()
    assert result.code == 0, result.out
    ran = ["draft-a", b, f"{b}-2", "publish", "review-a", review, f"{review}-2"]
    assert project.paid() == sorted(ran)
    prompt = project.read(".tmp/agents/publish/prompt.md")
    assert prompt.index("the draft of draft-a\n") < prompt.index(f"the draft of {b}-2\n")
    assert f"the draft of {b}\n" not in prompt
    assert "the draft of draft-a" not in project.read(f".tmp/agents/{review}/prompt.md")
    assert project.is_up_to_date()
    reported = project.make("status").out if project.backend == "make" else ""
    assert reported.count("draft: 6 cells: ") == (project.backend == "make")
    assert project.wavemake("status").out.count("6 cells: ") == 2

    agents["draft"]["for_each"] = agents["review"]["for_each"] = ["new", *reversed(pages)]
    project.plan(agents, loops=[LOOP])
    assert project.compile("--force").code == 0
    project.behave("review-new", "echo OK")
    project.behave("draft-new", "echo the draft of draft-new")
    result = project.drive()
    assert result.code == 0, result.out
    assert project.paid() == ["draft-new", "publish", "review-new"]


def test_which_cells_cannot_be_in_a_loop() -> None:
    def codes(draft: Any, review: Any) -> list[str]:
        agents = [
            {"name": "list", "task": "List.", "reads": []},
            {"name": "draft", "task": "Draft {{item}}.", "reads": [], **draft},
            {"name": "review", "task": "Review.", "reads": ["draft"], **review},
        ]
        found = check(json.dumps({"agents": agents, "loops": [LOOP]}))
        return [each.code for each in found.diagnostics if each.code < "WM2"]

    same = {"for_each": ["a", "b"]}
    assert codes(same, same) == []
    assert codes({"for_each": []}, {"for_each": []}) == []
    assert codes(same, {}) == ["WM162"]
    assert codes(same, {"for_each": ["b", "a"]}) == []
    assert codes(same, {"for_each": ["b", "c"]}) == ["WM162", "WM162"]
    assert codes({"for_each": {"agent": "list"}}, {"for_each": {"agent": "list"}}) == ["WM162"] * 2
    assert codes({"for_each": ["a", "a-2"]}, {"for_each": ["a", "a-2"]}) == ["WM161"] * 2
