"""wavemake plan: the real `claude` CLI is asked, and a stub of its API answers."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.claude_api import ClaudeApi, Reply, in_turn, prompt_of
from tests.expectations import counted, expect_words
from tests.harness import EVERYTHING, Project
from wavemake.agents.planner import find_plan

pytestmark = pytest.mark.slow

PLAN = {
    "project": "shop",
    "agents": [
        {"name": "schema", "task": "Design the tables of the shop.", "reads": []},
        {"name": "api", "task": "Write the HTTP API for the tables.", "reads": ["schema"]},
    ],
}
FENCED = (
    f"Here is the plan {{as asked}}:\n\n```json\n{json.dumps(PLAN, indent=2)}\n```\n\nGood luck!"
)
Plan = Callable[..., "tuple[int, str]"]


@pytest.fixture
def api() -> Iterator[ClaudeApi]:
    with ClaudeApi() as api:
        yield api


@pytest.fixture
def planner(project: Project, api: ClaudeApi, tmp_path: pathlib.Path) -> Plan:
    """Calls `wavemake plan` with the real CLI; returns its exit status and what it printed."""
    claude = os.environ.get("WAVEMAKE_CLAUDE") or shutil.which("claude")
    if not claude:
        assert not EVERYTHING, "the claude CLI is not installed"
        pytest.skip("the claude CLI is not installed")
    project.put_on_path(tmp_path, "claude", [claude])
    home = tmp_path / "home"
    home.mkdir()
    project.env |= api.environment(home) | {"CLAUDE_CODE_MAX_RETRIES": "0"}

    def plan(*arguments: str) -> tuple[int, str]:
        result = project.wavemake("plan", *arguments)
        return result.code, result.out

    return plan


def test_a_good_plan_is_written_shown_and_compiles(
    project: Project, api: ClaudeApi, planner: Plan
) -> None:
    project.write("CLAUDE.md", "Use four blanks.\n")
    project.write(".claude/skills/sql/SKILL.md", "---\nname: sql\ndescription: Writes SQL.\n---\n")
    api.reply(text=json.dumps(PLAN))
    code, out = planner("Build a shop")
    assert code == 0, out
    expect_words("plan/written", out)
    asked = prompt_of(api.requests[0])
    for part in ("Build a shop", "Use four blanks.", "- `sql`: Writes SQL.", "CLAUDE.md"):
        assert part in asked
    assert project.json(".tmp/agents/plan.json") == PLAN
    assert project.compile("--untrusted", plan=".tmp/agents/plan.json").code == 0


def test_a_plan_is_found_in_fences_with_prose_around(
    project: Project, api: ClaudeApi, planner: Plan
) -> None:
    api.reply(text=FENCED)
    assert planner("Build a shop")[0] == 0
    assert project.json(".tmp/agents/plan.json") == PLAN


def test_a_cycle_goes_back_and_is_corrected(
    project: Project, api: ClaudeApi, planner: Plan
) -> None:
    knot = json.loads(json.dumps(PLAN))
    knot["agents"][0]["reads"] = ["api"]
    api.script = in_turn(Reply(text=json.dumps(knot)), Reply(text=FENCED))
    code, out = planner("Build a shop")
    assert code == 0, out
    again = prompt_of(api.requests[1])
    assert "error[WM115]: " in again
    assert ": api -> schema -> api" in again
    assert json.dumps(knot) in again
    assert project.json(".tmp/agents/plan.json") == PLAN


def test_nonsense_three_times_is_kept_and_no_plan(
    project: Project, api: ClaudeApi, planner: Plan
) -> None:
    api.reply(text="I would rather not.")
    code, out = planner("Build a shop")
    assert code == 1
    assert len(api.requests) == 3
    expect_words("plan/no-plan", out)
    assert not project.path(".tmp/agents/plan.json").exists()
    assert project.read(".tmp/agents/plan.json.rejected") == "I would rather not."


def test_a_plan_that_carries_commands_is_refused(
    project: Project, api: ClaudeApi, planner: Plan
) -> None:
    evil = {**PLAN, "defaults": {"runner": "command", "command": "touch pwned"}}
    api.reply(text=json.dumps(evil))
    code, out = planner("Build a shop", "--tries", "1")
    assert code == 1
    assert re.search(r"error\[WM119\]: .* 'command'", out)
    assert not project.path(".tmp/agents/plan.json").exists()


def test_two_hundred_agents(project: Project, api: ClaudeApi, planner: Plan) -> None:
    agents = [{"name": "notes", "task": "Collect the notes.", "reads": []}]
    agents += [
        {"name": f"chapter-{n}", "task": f"Write chapter {n}.", "reads": ["notes"]}
        for n in range(1, 200)
    ]
    api.reply(text=json.dumps({"project": "book", "agents": agents}))
    code, out = planner("Write a book", "-o", "book.json", "--tries", "1")
    assert code == 1
    assert re.search(r"error\[WM164\]: .* 200 agents", out)
    assert "--max-agents" in out
    assert not project.path("book.json").exists()
    code, out = planner("Write a book", "-o", "book.json", "--max-agents", "200")
    assert code == 0
    assert "wave 2  chapter-199" in out
    assert " book.json --untrusted --max-agents 200\n" in out
    assert len(project.json("book.json")["agents"]) == 200


@pytest.mark.parametrize(
    ("bound", "keys"),
    [
        (["--max-agents", "1"], {}),
        (["--max-cells", "1"], {"for_each": ["a", "b"]}),
        (["--max-timeout", "1m"], {"timeout": "2m"}),
        (["--max-prompt", "1k"], {"max_prompt": "2k"}),
        (["--max-passes", "1"], {}),
    ],
)
def test_the_bounds_of_compile_hold(
    project: Project, api: ClaudeApi, planner: Plan, bound: list[str], keys: dict[str, Any]
) -> None:
    agents = [{"name": "a", "task": "A.", **keys}, {"name": "b", "task": "B.", "reads": []}]
    loop = {"agents": ["b"], "until": {"agent": "b", "matches": "^OK"}, "max": 2}
    api.reply(text=json.dumps({"agents": agents, "loops": [loop]}))
    code, out = planner("Build a shop", "--tries", "1", *bound)
    assert code == 1
    assert "error[WM164]" in out
    assert f"raise the bound: {bound[0]}" in out
    code, out = planner("Build a shop", "--budget", "3")
    assert code == 0, out
    assert "plan.json --untrusted --budget 3\n" in out


def test_a_bad_bound_asks_nobody(api: ClaudeApi, planner: Plan) -> None:
    for bound in (["--max-cells", "0"], ["--budget", "much"], ["--max-timeout", "soon"]):
        code, out = planner("Build a shop", *bound)
        assert code == 2
        assert bound[0] in out
    assert not api.requests


def test_an_api_error_is_told(api: ClaudeApi, planner: Plan) -> None:
    api.reply(reply=Reply.error(401, "invalid x-api-key"))
    code, out = planner("Build a shop")
    assert code == 2
    assert "wavemake: claude: API 401: " in out


def test_what_a_person_edited_is_not_overwritten(
    project: Project, api: ClaudeApi, planner: Plan
) -> None:
    api.reply(text=json.dumps(PLAN))
    assert planner("Build a shop")[0] == 0
    assert planner("Build a shop")[0] == 0
    mine = project.read(".tmp/agents/plan.json").replace("of the shop", "of my shop")
    project.write(".tmp/agents/plan.json", mine)
    code, out = planner("Build a shop")
    assert code == 2
    expect_words("plan/edited", out)
    assert len(api.requests) == 2
    assert project.read(".tmp/agents/plan.json") == mine
    assert planner("Build a shop", "--force")[0] == 0


def test_revise_keeps_the_outputs_of_agents_that_stay_equal(
    project: Project, api: ClaudeApi, planner: Plan
) -> None:
    project.write("plan.json", json.dumps(PLAN))
    project.compile("--runner", "rehearse")
    project.make()
    before = project.path(".tmp/agents/schema/output.md").stat().st_ino
    split = json.loads(json.dumps(PLAN))
    split["agents"][1]["task"] = "Write the read-only half of the HTTP API."
    split["agents"].append(
        {"name": "admin-api", "task": "Write the other half.", "reads": ["schema"]}
    )
    api.reply(text=json.dumps(split))
    code, out = planner("--revise", "plan.json", "split the api agent")
    assert code == 0, out
    assert "split the api agent" in prompt_of(api.requests[0])
    assert '+      "name": "admin-api"' in out or '+    {"name": "admin-api"' in out
    assert json.loads(project.read("plan.json.old")) == PLAN
    project.compile("--runner", "rehearse")
    assert project.make().code == 0
    assert project.path(".tmp/agents/schema/output.md").stat().st_ino == before
    assert project.output("admin-api").startswith("# Rehearsal")


def test_a_goal_is_planned_compiled_and_run(
    project: Project, api: ClaudeApi, planner: Plan
) -> None:
    api.reply(text=FENCED)
    bounds = ["--max-agents", "2", "--max-cost", "1"]
    result = project.wavemake("run", "Build a shop", "--runner", "rehearse", *bounds)
    assert result.code == 0, result.out
    expect_words("run/for-a-goal", [line for line in result.lines() if line.startswith("$ ")])
    assert counted(result.out) == {"done": 2}


def test_a_dry_run_asks_nobody(project: Project) -> None:
    result = project.wavemake("plan", "Build a shop", "--dry-run")
    assert result.code == 0
    assert result.lines()[0].startswith("You plan work")


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ('{"agents": []}', True),
        ('Sure.\n```\n{"agents": []}\n```', True),
        ("```yaml\nagents: []\n```", True),
        ('First {"agents": [1]}, but better:\n```json\n{"agents": []}\n```', True),
        ('An example: {"name": "x"}', False),
        ("", False),
    ],
)
def test_where_a_plan_is_found(answer: str, found: bool) -> None:
    document, problems = find_plan(answer)
    assert (document is not None) == found
    assert document is None or document.value == {"agents": []}
    assert bool(problems) != found


def test_a_plan_with_a_mistake_in_its_syntax_is_located() -> None:
    document, problems = find_plan('```json\n{"agents": [,]}\n```')
    assert document is None
    assert "answer:1:13" in problems
