"""Outputs that are part of the build: make would run, and charge, an agent to find out what to do."""

from __future__ import annotations

import pytest

from tests.harness import Project

MINE = "all:\n\techo all\n-include {}\n-include .tmp/agents/agents.mk\n"


def configure(project: Project, output: str, included: str) -> None:
    project.plan({"configure": {"reads": [], "outputs": [output]}})
    project.write("Makefile", MINE.format(included))
    project.behave("configure", f"mkdir -p build; echo X=1 >{output}; echo done\n")


@pytest.mark.parametrize(
    ("output", "included"),
    [
        ("config.mk", "config.mk"),
        ("config.mk", "other.mk ./config.mk"),
        ("config.mk", "*.mk"),
        ("build/deps.mk", "build/deps.mk # dependencies"),
        ("Makefile", "none.mk"),
        ("GNUmakefile", "none.mk"),
        ("plan.json", "none.mk"),
        (".git/hooks/pre-commit", "none.mk"),
    ],
)
def test_such_an_output_is_refused(project: Project, output: str, included: str) -> None:
    configure(project, output, included)
    done = project.compile("--fragment")
    assert done.code == 1
    assert "[WM118]" in done.out
    assert not project.path(".tmp").exists()


def test_an_include_of_an_include_is_followed(project: Project) -> None:
    configure(project, "config.mk", "one.mk")
    project.write("one.mk", "include \\\n  config.mk\n")
    assert "[WM118]" in project.compile("--fragment").out


@pytest.mark.parametrize("flag", ["-n", "-q", "-t", "-nB", "--dry-run"])
def test_a_dry_run_charges_nobody_even_so(project: Project, flag: str) -> None:
    """The include is named by a variable, of which only make knows the value."""
    configure(project, "config.mk", "$(CONFIG)")
    project.env["CONFIG"] = "config.mk"
    assert project.compile("--fragment").code == 0
    project.make(flag)
    assert project.paid() == []
    assert project.make("all").code == 0
    assert project.paid() == ["configure"]
