"""Whoever is asked what became of the agents says the same, whatever has happened to their folder."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import tempfile
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.harness import Project, examples

pytestmark = pytest.mark.slow

FOLDER = ".tmp/agents"
AGENTS: dict[str, Any] = {
    "a": ["in.txt"],
    "b": ["a"],
    "c": {"reads": ["a"], "outputs": ["made.txt"]},
}
AGENTS["d"] = {"reads": ["b", "c"], "on_failure": "continue"}
ACTIONS = (
    *("run", "run b", "edit", "ask more", "fail b", "recover b", "delete output", "empty output"),
    *("edit output", "pin", "unpin", "delete made", "delete input", "foreign lock", "dead lock"),
    *("reborn lock", "killed run"),
)


def act(project: Project, action: str, agent: str) -> None:
    inside = project.path(f"{FOLDER}/{agent}")
    host = os.uname().nodename
    event = {"t": 4e9, "run": "4000000000-1", "event": "start", "agent": agent, "wave": 1}
    with contextlib.suppress(FileNotFoundError):
        match action:
            case "run" | "run b":
                project.make("-j2", *action.split()[1:])
            case "edit":
                project.write("in.txt", project.read("in.txt") + "more\n")
            case "ask more":
                project.ask(agent, (inside / "task.md").read_text() + "And more.\n")
            case "fail b":
                project.behave("b", "exit 3")
            case "recover b":
                project.path("behave/b").unlink()
            case "delete output":
                (inside / "output.md").unlink()
            case "empty output" | "edit output":
                (inside / "output.md").write_text("" if "empty" in action else "by hand\n")
            case "pin" | "unpin":
                project.make(f"{action}-{agent}")
            case "delete made" | "delete input":
                project.path("made.txt" if "made" in action else "in.txt").unlink()
            case "foreign lock":
                (inside / ".lock").write_text("elsewhere 1 1800\n")
            case "dead lock":
                (inside / ".lock").write_text(f"{host} 999999 1800\n")
            case "reborn lock":
                (inside / ".lock").write_text(f"{host} {os.getpid()} 1800\n")
            case "killed run":
                with project.path(f"{FOLDER}/events.jsonl").open("a") as file:
                    file.write(json.dumps(event, separators=(",", ":")) + "\n")


def states_of_make(project: Project) -> dict[str, str]:
    found = re.findall(r"(?m)^wave \d+  (.{11,}?)  (\w+)(?::.*)?$", project.make("status").out)
    return {name: state.strip() for state, name in found}


def states_of_summary(project: Project) -> dict[str, str]:
    found = re.findall(
        r"(?m)^\| (?:\[(\w+)\]\S*|(\w+)) \| \d+ \| \**([a-z ]+?)\** \|",
        project.read(f"{FOLDER}/summary.md"),
    )
    return {linked or plain: state for linked, plain, state in found}


def states_of_wavemake(project: Project) -> dict[str, str]:
    reported = json.loads(project.wavemake("status", "--json").out)
    return {each["name"]: each["state"] for each in reported["agents"]}


@settings(
    max_examples=examples(6),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.sampled_from("abcd")), max_size=5))
def test_everybody_says_the_same(actions: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        project = Project(pathlib.Path(name) / "my project")
        project.write("in.txt", "one\n")
        project.behave("c", "echo made >made.txt; echo well")
        project.plan(AGENTS)
        assert project.compile().code == 0
        project.make("-j2")
        for action, agent in actions:
            act(project, action, agent)
        said = states_of_make(project)
        assert set(said) == set(AGENTS)
        assert states_of_summary(project) == said
        assert states_of_wavemake(project) == said
