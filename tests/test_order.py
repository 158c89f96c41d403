"""In which order agents are listed, and so started: those first that the longest chain waits for."""

from __future__ import annotations

import json
import re

import pytest

from tests.expectations import expect_words
from tests.harness import Project

pytestmark = pytest.mark.slow

# Of wave 1, long has the longest chain below it; slow takes longest by itself.
AGENTS = {
    "slow": [],
    "short": [],
    "long": [],
    "middle": ["long", "short"],
    "end": ["short", "middle"],
}


def order(project: Project) -> list[str]:
    """The names of the first wave, as the goals of agents.mk list them."""
    rules = project.read(".tmp/agents/agents.mk")
    found = re.search(r"^wavemake\.wave-1 :=(.*)$", rules, flags=re.M)
    assert found
    return found[1].split()


def compiled(project: Project, *arguments: str) -> Project:
    project.plan(AGENTS)
    result = project.compile(*arguments)
    assert result.code == 0, result.out
    return project


def started(project: Project) -> list[str]:
    return [each["agent"] for each in project.events() if each["event"] == "start"]


def test_unless_said_the_longest_chain_is_first(project: Project) -> None:
    assert order(compiled(project)) == ["short", "long", "slow"]
    assert project.make().code == 0
    assert started(project) == ["short", "long", "slow", "middle", "end"]


def test_durations_weigh_the_chains(project: Project) -> None:
    project.write("took.json", json.dumps({"slow": 90, "long": 60, "middle": 1, "end": 2.5}))
    assert order(compiled(project, "--durations", "took.json")) == ["slow", "long", "short"]
    rules = project.read(".tmp/agents/agents.mk")
    assert "long/output.md \\\n  $(wavemake.dir)/short/output.md" in rules
    assert "--durations" not in project.read("Makefile")


def event(agent: str, seconds: float, state: str = "done") -> str:
    fields = {"event": "end", "agent": agent, "state": state, "seconds": seconds}
    return json.dumps(fields, separators=(",", ":")) + "\n"


def test_the_events_of_earlier_runs_are_durations(project: Project) -> None:
    compiled(project)
    events = [event("slow", 9), event("slow", 0, "reused"), event("long", 900, "failed")]
    events += [event(name, 1) for name in ("long", "short", "middle", "end")]
    cut = '{"event":"end","state":"done","agent":"lo'
    project.write(".tmp/agents/events.jsonl", "".join(events) + cut)
    for place in (".tmp/agents", ".tmp/agents/events.jsonl"):
        compiled(project)
        compiled(project, "--durations", place)
        assert order(project) == ["slow", "short", "long"]


def test_the_last_of_several_runs_counts(project: Project) -> None:
    compiled(project)
    others = "".join(event(name, 2) for name in ("long", "middle", "end"))
    project.write(".tmp/agents/runs/2.jsonl", others + event("slow", 1))
    project.write(".tmp/agents/runs/10.jsonl", event("slow", 500))
    assert order(compiled(project, "--durations", ".tmp/agents"))[0] == "slow"
    project.write(".tmp/agents/events.jsonl", event("slow", 1))
    assert order(compiled(project, "--durations", ".tmp/agents"))[-1] == "slow"


def test_run_passes_what_it_knows(project: Project) -> None:
    project.plan(AGENTS)
    first = project.wavemake("run", "plan.json")
    assert "$ wavemake compile plan.json\n" in first.out
    again = project.wavemake("run", "plan.json")
    assert "$ wavemake compile plan.json --durations .tmp/agents\n" in again.out
    assert project.compile("--check", "--durations", ".tmp/agents").code == 0


def test_ninja_lists_them_alike(project: Project) -> None:
    project.write("took.json", '{"slow": 90, "middle": 1, "end": 1}')
    compiled(project, "--backend", "ninja", "--durations", "took.json")
    rules = project.read(".tmp/agents/agents.ninja")
    assert re.findall(r"^  agent = (.*)$", rules, flags=re.M)[0] == "slow"


def test_what_are_no_durations(project: Project) -> None:
    project.plan(AGENTS)
    refused = []
    for text in (None, "{", "[1]", '{"a": "1"}', '{"a": -1}'):
        if text is not None:
            project.write("took.json", text)
        result = project.compile("--durations", "took.json")
        assert result.code == 2
        refused.append(result.out)
    expect_words("compile/no-durations", *refused, exact=True)
