"""The summary after a run: told from the last one where that is the whole truth."""

from __future__ import annotations

import os
import signal

import pytest

from tests.harness import BACKENDS, Project, wait_for

SUMMARY = ".tmp/agents/summary.md"
SUM_UP = ["sh", ".tmp/agents/runtime/summary.sh", ".tmp/agents"]
AGENTS = {"a": [], "b": ["a"], "c": ["b"], "d": [], "e": ["d"]}


@pytest.fixture(params=BACKENDS)
def ready(project: Project, request: pytest.FixtureRequest) -> Project:
    """A project whose agents are all up to date."""
    project.use_backend(request.param)
    project.plan(AGENTS)
    assert project.compile().code == 0
    assert project.drive().code == 0
    return project


def ask_for_more(project: Project, agent: str) -> None:
    with project.path(f".tmp/agents/{agent}/task.md").open("a") as file:
        file.write("And more.\n")


def mark(project: Project, agent: str) -> None:
    """Let the last summary say of `agent` what its files do not."""
    was = project.read(SUMMARY)
    row = next(row for row in was.splitlines() if row.startswith(f"| [{agent}]"))
    project.write(SUMMARY, was.replace(row, row.replace("s |  |", "s | marked |")))
    assert "| marked |" in project.read(SUMMARY)


def looked_at_all(project: Project) -> str:
    """The summary of the last run, for which every agent is looked at."""
    run = project.events()[-1]["run"]
    project.run([*SUM_UP, run, "quiet"])
    return project.read(SUMMARY)


def test_only_what_ended_is_looked_at(ready: Project, awk: list[str]) -> None:
    ready.use_awk(awk)
    ask_for_more(ready, "b")
    mark(ready, "e")
    result = ready.drive()
    assert "wavemake: 2 done, 3 up to date (of 5 agents)" in result.out
    told = ready.read(SUMMARY)
    assert "| [e](e/output.md) | 2 | up to date | 0.0s | marked |" in told
    assert told.replace("| marked |", "|  |") == looked_at_all(ready)


def test_what_is_reused_is_told_as_reused(ready: Project) -> None:
    ready.behave("b", "echo always the same")
    ready.drive("b", "FORCE=1")
    ready.drive()
    ask_for_more(ready, "b")
    result = ready.drive()
    told = ready.read(SUMMARY)
    others = {"make": "1 reused, 3 up to date", "ninja": "4 up to date"}[ready.backend]
    assert f"wavemake: 1 done, {others} (of 5 agents)" in result.out
    assert told == looked_at_all(ready)


def test_an_edited_output_that_is_read_is_named(ready: Project) -> None:
    ready.write(".tmp/agents/a/output.md", "by hand\n")
    mark(ready, "e")
    result = ready.drive()
    assert "edited by hand: .tmp/agents/a/output.md" in result.out
    assert "marked" not in ready.read(SUMMARY)
    ask_for_more(ready, "e")
    assert "edited by hand: .tmp/agents/a/output.md" in ready.drive().out


def test_a_failure_is_told_with_all_that_it_blocks(ready: Project) -> None:
    ready.behave("b", "exit 3")
    ask_for_more(ready, "b")
    result = ready.drive()
    assert "wavemake: 3 up to date, 1 failed, 1 blocked (of 5 agents)" in result.out
    ready.behave("b", "echo well again")
    result = ready.drive()
    assert "wavemake: 2 done, 3 up to date (of 5 agents)" in result.out
    assert ready.read(SUMMARY) == looked_at_all(ready)


def test_a_run_of_one_agent_looks_at_all(ready: Project) -> None:
    ready.path(".tmp/agents/e/output.md").unlink()
    ask_for_more(ready, "b")
    ready.drive("b")
    ask_for_more(ready, "c")
    assert "| e | 2 | " in ready.read(SUMMARY)
    ready.drive()
    assert ready.read(SUMMARY) == looked_at_all(ready)


def test_a_run_without_a_summary_is_not_forgotten(project: Project) -> None:
    project.plan(AGENTS)
    project.compile()
    project.make("-j4")
    ask_for_more(project, "e")
    mark(project, "e")
    project.make("-f", ".tmp/agents/agents.mk", "wavemake-agents")
    ask_for_more(project, "b")
    project.make()
    assert "marked" not in project.read(SUMMARY)


def test_an_emptied_summary_is_made_anew(ready: Project) -> None:
    ready.write(SUMMARY, "")
    ask_for_more(ready, "b")
    assert "wavemake: 2 done, 3 up to date (of 5 agents)" in ready.drive().out
    assert ready.read(SUMMARY) == looked_at_all(ready)


def test_a_changed_plan_is_told_anew(ready: Project) -> None:
    ready.plan({**AGENTS, "f": ["e"]})
    ready.compile()
    result = ready.drive()
    assert "wavemake: 1 done, 5 up to date (of 6 agents)" in result.out
    assert ready.read(SUMMARY) == looked_at_all(ready)


def test_what_agents_made_is_listed_after_every_run(ready: Project) -> None:
    ready.behave("e", "echo '[\"plan.json\"]' >.tmp/agents/e/files.json; echo made")
    ask_for_more(ready, "e")
    ready.drive()
    ask_for_more(ready, "b")
    ready.drive()
    assert "Made by e:\n\n- plan.json" in ready.read(SUMMARY)


def test_the_count_of_another_make_stays(project: Project) -> None:
    project.plan({"fast": [], "next": ["fast"], "slow": []})
    project.behave("next", "mkfifo wait; echo >started; read -r _ <wait; echo done")
    project.compile()
    make = project.start_make("next")
    wait_for(project.path("started").exists, "the start of next")
    project.make("slow")
    project.make("status")
    with project.path("wait").open("w") as gate:
        gate.write("go\n")
    out, _ = make.communicate(timeout=30)
    assert "[2/3] wave 2: next done" in out.decode()


def test_the_count_of_a_killed_make_is_swept_away(project: Project) -> None:
    project.plan({"fast": [], "next": ["fast"]})
    project.behave("next", "echo >started; sleep 60")
    project.compile()
    make = project.start_make("next")
    wait_for(project.path("started").exists, "the start of next")
    os.killpg(make.pid, signal.SIGKILL)
    make.communicate(timeout=30)
    assert list(project.path(".tmp/agents").glob(".ended.*"))

    def swept() -> bool:
        project.make("status")
        return not list(project.path(".tmp/agents").glob(".ended.*"))

    wait_for(swept, "the end of its count")


def test_old_records_are_thinned_out(project: Project) -> None:
    project.plan({"a": []})
    project.compile()
    runs = project.path(".tmp/agents/runs")
    for number in range(1, 56):
        project.write(f".tmp/agents/runs/{number}.jsonl", "{}\n")
    project.write(".tmp/agents/runs/40.jsonl", "x" * 20_000_000)
    project.write(".tmp/agents/events.jsonl", "{}\n{}\n")
    project.make()
    assert sorted(int(each.stem) for each in runs.iterdir()) == list(range(41, 57))
