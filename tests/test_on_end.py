"""on_end: a command that runs when a run has ended, and changes nothing of it."""

from __future__ import annotations

import json
import sys

import pytest

from tests.expectations import expect_words
from tests.harness import BACKENDS, Project, wait_for

TELL = (
    'echo "$WAVEMAKE_RESULT $WAVEMAKE_STATUS ${MAKEFLAGS-none}" >>reported; '
    'cp "$WAVEMAKE_SUMMARY" seen.md; echo hello'
)
LOG = ".tmp/agents/runs/on-end.log"


@pytest.mark.parametrize("backend", BACKENDS)
def test_it_learns_how_the_run_ended(project: Project, backend: str) -> None:
    project.use_backend(backend)
    project.behave("b", "exit 3")
    project.plan({"a": [], "b": []}, on_end=TELL)
    assert project.compile().code == 0
    code = project.drive().code
    assert code != 0
    assert project.read("reported") == f"failed {code} none\n"
    assert "1 failed" in project.read("seen.md")
    assert project.read(LOG) == "hello\n"
    project.path("behave/b").unlink()
    assert project.drive().code == 0
    assert project.read("reported").splitlines()[1] == "done 0 none"
    # Nothing to do, and nothing is done: a dry run.
    project.drive()
    project.ask("a", "x")
    project.drive("-n")
    assert len(project.read("reported").splitlines()) == 2


def test_its_failure_changes_nothing(project: Project) -> None:
    project.env["MY_API_KEY"] = "canary-4711-canary"
    project.plan({"a": []}, on_end='echo "$MY_API_KEY" >&2; exit 7')
    project.compile()
    result = project.make()
    assert result.code == 0
    expect_words("run/on-end-failed", result.having("on_end"))
    assert "canary" not in project.read(LOG)


def test_it_is_ended_with_all_that_it_started(project: Project) -> None:
    project.env["WAVEMAKE_ON_END_LIMIT"] = "1"
    project.plan({"a": []}, on_end="trap '' TERM; sleep 3600 & sleep 3600; sleep 3600")
    project.compile()
    assert project.make().code == 0
    wait_for(lambda: not project.processes(), f"the end of {project.processes()}")


def test_an_agent_cannot_change_it(project: Project) -> None:
    project.plan({"a": []}, on_end="echo mine >>reported")
    edit = "sed -i 's/echo mine/echo yours/' .tmp/agents/runtime/plan; echo done"
    project.behave("a", edit)
    project.compile()
    project.make()
    assert project.read("reported") == "mine\n"


def test_a_plan_that_is_not_trusted_has_none(project: Project) -> None:
    agents = [{"name": "a", "task": "x"}]
    project.write("plan.json", json.dumps({"agents": agents, "on_end": "echo plan >>reported"}))
    result = project.compile("--untrusted", "--runner", "rehearse")
    assert result.code == 1
    assert "on_end" in result.out
    project.write("plan.json", json.dumps({"agents": agents}))
    words = ["--untrusted", "--runner", "rehearse", "--on-end", "echo mine >>reported"]
    assert project.compile(*words).code == 0
    assert project.make().code == 0
    assert project.read("reported") == "mine\n"
    assert project.compile("--on-end", "a\nb").code == 2
    # An edited plan keeps the option.
    project.write("plan.json", json.dumps({"agents": [{"name": "a", "task": "y"}]}))
    project.env["WAVEMAKE"] = f"{sys.executable} -m wavemake"
    assert project.make().code == 0
    assert project.read("reported") == "mine\nmine\n"
