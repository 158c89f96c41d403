"""wavemake run: every step is shown as the command that it stands for, and make's status is its own."""

from __future__ import annotations

import pytest

from tests.expectations import expect_words, shown
from tests.harness import Project

DIAMOND = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}


def driven(out: str) -> str:
    """The make command that was run first."""
    return next(line for line in out.splitlines() if line.startswith("$") and " make " in line)


@pytest.mark.parametrize(
    ("arguments", "command", "paid"),
    [
        ([], "$ make -j4", "a b c d"),
        (["-j2"], "$ make -j2", "a b c d"),
        (["--only", "b"], "$ make -j4 b", "a b"),
        (["--wave", "2"], "$ make -j4 wave-2", "a b c"),
        (["--fail-fast"], "$ make -j4 -f .tmp/agents/agents.mk wavemake-agents", "a b c d"),
    ],
)
def test_what_is_run(project: Project, arguments: list[str], command: str, paid: str) -> None:
    project.plan(DIAMOND)
    result = project.wavemake("run", "plan.json", *arguments)
    assert result.code == 0, result.out
    assert driven(result.out) == command
    assert project.paid() == paid.split()


def test_from_an_agent_on(project: Project) -> None:
    project.plan(DIAMOND)
    project.wavemake("run", "plan.json")
    project.paid()
    project.behave("b", "echo another answer")
    result = project.wavemake("run", "--plan", "plan.json", "--from", "b")
    assert driven(result.out) == "$ WAVEMAKE_FORCE=b make -j4 b d"
    assert project.paid() == ["b", "d"]
    result = project.wavemake("run", "--plan", "plan.json", "--force", "c")
    assert project.paid() == ["c"]


def test_a_failure_is_its_status(project: Project) -> None:
    project.plan(DIAMOND)
    project.behave("b", "exit 1")
    assert project.wavemake("run", "plan.json").code == 2
    assert project.paid() == ["a", "b", "c"]


def test_beside_a_makefile_of_somebody(project: Project) -> None:
    project.write("Makefile", "all: ; @echo mine\n")
    project.plan(DIAMOND)
    result = project.wavemake("run", "plan.json")
    assert result.code == 0, result.out
    assert driven(result.out) == "$ make -j4 -f .tmp/agents/agents.mk -k wavemake-agents"
    assert project.read("Makefile") == "all: ; @echo mine\n"
    assert project.paid() == ["a", "b", "c", "d"]


def test_by_a_makefile_that_includes_the_rules(project: Project) -> None:
    project.write("Makefile", "-include .tmp/agents/agents.mk\nmade.txt: ; echo made >$@\n")
    project.plan({"a": ["made.txt"], "b": ["a"]})
    result = project.wavemake("run", "plan.json")
    assert result.code == 0, result.out
    assert driven(result.out) == "$ make -j4 -k wavemake-agents"
    assert project.paid() == ["a", "b"]


def test_goals_keep_the_names_by_which_a_makefile_knows_them(project: Project) -> None:
    project.write("Makefile", "all: ai\n-include .tmp/ai/agents.mk\n")
    project.plan(DIAMOND)
    assert project.compile("--dir", ".tmp/ai", "--prefix", "ai").code == 0
    assert project.make("-j4").code == 0
    result = project.wavemake("run", "plan.json", "--dir", ".tmp/ai")
    assert driven(result.out) == "$ make -j4 -k ai-agents"
    assert project.make("-j4").code == 0
    assert project.paid() == ["a", "b", "c", "d"]


def test_what_cannot_be_run(project: Project) -> None:
    project.plan(DIAMOND)
    refused = []
    for arguments in (
        [],
        ["plan.json", "--only", "bb"],
        ["plan.json", "--wave", "9"],
        ["plan.json", "--only", "b", "--wave", "1"],
        ["missing.json"],
        ["plan.jsn"],
    ):
        result = project.wavemake("run", *arguments)
        assert result.code == 2
        (message,) = [line for line in result.lines() if line.startswith("wavemake: ")]
        refused.append(shown(["wavemake", "run", *arguments], message, code=result.code))
    expect_words("run/cannot", *refused)
    assert project.paid() == []
