"""The summary after a run, and what status says."""

from __future__ import annotations

import json
import os
import signal

import pytest

from tests.expectations import counted, expect_words
from tests.harness import BACKENDS, Project, wait_for

SUMMARY = ".tmp/agents/summary.md"
SUM_UP = ["sh", ".tmp/agents/runtime/drive.sh", "sum", ".tmp/agents"]
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
    project.ask(agent, project.read(f".tmp/agents/{agent}/task.md") + "And more.\n")


def looked_at_all(project: Project) -> str:
    """The summary of the last run, for which every agent is looked at."""
    run = project.events()[-1]["run"]
    project.run([*SUM_UP, run, "quiet", "all", project.backend])
    return project.read(SUMMARY)


def test_notes_of_earlier_runs_are_dropped(project: Project) -> None:
    busy = "echo 'API 529: overloaded' >&2; exit 1"
    project.behave("d", f"[ -e again ] || {{ touch again; {busy}; }}; echo well")
    project.env["WAVEMAKE_BACKOFF"] = "0"
    project.plan(AGENTS)
    project.compile()
    project.make("-j4")
    assert "after 2 tries" in project.read(SUMMARY)
    ask_for_more(project, "b")
    project.make("-j4")
    assert "after 2 tries" not in project.read(SUMMARY)
    assert project.read(SUMMARY) == looked_at_all(project)


def test_an_edited_output_that_nobody_reads_is_named(ready: Project) -> None:
    ready.write(".tmp/agents/c/output.md", "by hand\n")
    ask_for_more(ready, "e")
    assert "edited by hand: .tmp/agents/c/output.md" in ready.drive().out


def test_an_emptied_output_that_nobody_reads_is_told(ready: Project) -> None:
    ready.write(".tmp/agents/c/output.md", "")
    ask_for_more(ready, "e")
    assert "not run c: its output.md is empty" in ready.drive().out


def test_an_agent_and_a_folder_called_history(project: Project) -> None:
    project.plan({"history": [], "b": ["history"]})
    project.behave("history", "exit 3")
    assert project.compile("--dir", "work/history").code == 0
    project.make()
    project.write("work/history/history/output.md", "by hand\n")
    assert counted(project.make("status").out) == {"done": 1, "not run": 1}


def test_a_tolerant_agent_that_was_not_run_is_not_blocked(project: Project) -> None:
    project.plan({"a": [], "b": {"reads": ["a"], "on_failure": "continue"}, "c": ["a"]})
    project.behave("a", "exit 3")
    assert project.compile().code == 0
    project.make("a")
    reported = project.make("status").lines()
    assert [line.split(":")[0].split() for line in reported[1:3]] == [
        ["wave", "2", "not", "run", "b"],
        ["wave", "2", "blocked", "c"],
    ]


@pytest.mark.parametrize("goals", [["b"], ["d", "b"]])
def test_what_a_run_of_some_leaves_behind_is_out_of_date(ready: Project, goals: list[str]) -> None:
    ask_for_more(ready, "b")
    result = ready.drive(*goals)
    assert counted(result.out) == {"done": 1, "up to date": 3, "out of date": 1}
    row = next(row for row in ready.read(SUMMARY).splitlines() if row.startswith("| [c]"))
    assert "| out of date |" in row
    expect_words("run/out-of-date", row)
    reported = ready.wavemake("status")
    assert counted(reported.out)["out of date"] == 1
    assert reported.code == 1
    ready.drive()
    assert ready.wavemake("status").code == 0


def test_a_removed_output_is_not_up_to_date(ready: Project) -> None:
    ready.path(".tmp/agents/c/output.md").unlink()
    reported = [*ready.drive("status").lines(), *ready.wavemake("status").lines()]
    found = [line for line in reported if "its output.md is missing" in line]
    assert len(found) == 2, reported


def test_agents_that_were_run_by_the_fragment_alone_are_summed_up(project: Project) -> None:
    project.plan(AGENTS)
    project.behave("b", "exit 3")
    project.compile()
    project.make("-j4")
    project.behave("b", "echo well")
    assert project.make("-f", ".tmp/agents/agents.mk", "wavemake-agents").code == 0
    assert "failed" in project.read(SUMMARY)
    assert counted(project.make("-j4").out) == {"up to date": 5}
    assert "failed" not in project.read(SUMMARY)
    assert "nothing to do" in project.make("-j4").out


def test_two_makes_at_once_each_tell_of_their_own(project: Project) -> None:
    project.plan({"a": [], "b": ["a"], "c": [], "d": []})
    project.behave("b", "mkfifo wait; echo >started; read -r _ <wait; echo done")
    project.compile()
    make = project.start_make("b")
    wait_for(project.path("started").exists, "the start of b")
    assert "1 out of date" not in project.make("c", "d").out
    with project.path("wait").open("w") as gate:
        gate.write("go\n")
    out, _ = make.communicate(timeout=30)
    assert counted(out.decode()) == {"done": 2, "up to date": 2}
    found = [json.loads(line) for line in project.wavemake("history", "--json").lines()]
    ran = [sorted(each["agents"]) for each in found]
    assert ran == [["a", "b"], ["c", "d"]]


def test_a_missing_file_is_told_whoever_asks(project: Project) -> None:
    project.write("in.txt", "hi\n")
    project.plan({"a": ["in.txt"], "b": ["a"]})
    project.compile()
    project.make("-j4")
    project.path("in.txt").unlink()
    assert project.make("-j4").code == 2
    for _ in range(2):
        reported = project.make("status").lines()
        expect_words("run/input-missing", reported)


def test_nothing_to_do_costs_nothing_whoever_asks(project: Project) -> None:
    project.plan({"a": []})
    project.compile()
    project.make()
    project.make()
    assert counted(project.make("summary").out) == {"up to date": 1}
    assert "This run" not in project.read(SUMMARY)


def test_what_blocked_an_agent_and_is_done_is_no_reason(ready: Project) -> None:
    ready.behave("d", "exit 3")
    ask_for_more(ready, "d")
    ready.drive()
    ready.behave("d", "echo well")
    ready.drive("d")
    for reported in (ready.drive("status").out, ready.wavemake("status").out):
        assert "blocked" not in reported
        assert "rm -f" not in reported


def test_an_emptied_output_is_not_well(ready: Project) -> None:
    ready.write(".tmp/agents/c/output.md", "")
    for _ in range(2):
        result = ready.drive()
        assert result.code != 0
        expect_words("run/output-empty", result.having("not run"))
    ready.path(".tmp/agents/c/output.md").unlink()
    ready.paid()
    assert ready.drive().code == 0
    assert ready.paid() == ["c"]


def test_an_output_that_a_folder_has_replaced_is_not_well(ready: Project) -> None:
    path = ready.path(".tmp/agents/c/output.md")
    path.unlink()
    path.mkdir()
    result = ready.drive()
    assert result.code != 0
    expect_words("run/output-replaced", result.having("  not run c", "  failed c"))
    for reported in (ready.drive("status"), ready.wavemake("status")):
        assert "rm -rf .tmp/agents/c/output.md" in reported.out
    assert "not a regular file" in ready.wavemake("preview", "c").out
    path.rmdir()
    ready.paid()
    assert ready.drive().code == 0
    assert ready.paid() == ["c"]


def test_the_state_of_a_pinned_agent(ready: Project) -> None:
    ready.drive("pin-c")
    ask_for_more(ready, "c")
    for reported in (ready.drive("status").out, ready.wavemake("status").out):
        assert "pinned" in reported
        assert "out of date" not in reported
    ready.drive("unpin-c")
    for reported in (ready.drive("status").out, ready.wavemake("status").out):
        assert "pinned" not in reported
        assert "out of date" in reported


def test_a_reader_that_went_on_is_not_out_of_date(ready: Project) -> None:
    ready.behave("d", "exit 3")
    ready.plan({**AGENTS, "d": {"task": "Fail."}, "e": {"reads": ["d"], "on_failure": "continue"}})
    ready.compile()
    ready.drive()
    for reported in (ready.read(SUMMARY), ready.drive("status").out, ready.wavemake("status").out):
        assert "out of date" not in reported, reported
        assert "1 failed" in reported


def test_a_killed_agent_is_interrupted(project: Project) -> None:
    project.plan({"a": [], "b": ["a"]})
    project.behave("b", "echo >started; sleep 60")
    project.compile()
    make = project.start_make()
    wait_for(project.path("started").exists, "the start of b")
    assert "running      b" in project.make("status").out
    os.killpg(make.pid, signal.SIGKILL)
    make.communicate(timeout=30)

    def is_told() -> bool:
        reported = "interrupted  b: killed: no exit status recorded"
        return reported in project.make("status").out

    wait_for(is_told, "the end of b")


def test_a_make_without_the_driver_keeps_its_record(project: Project) -> None:
    project.plan({"a": [], "x": []})
    project.behave("a", "mkfifo wait; echo >started; read -r _ <wait; echo done")
    project.compile()
    make = project.start_make("-f", ".tmp/agents/agents.mk", ".tmp/agents/a/output.md")
    wait_for(project.path("started").exists, "the start of a")
    project.make("x")
    assert "running" in project.wavemake("status").out
    with project.path("wait").open("w") as gate:
        gate.write("go\n")
    make.communicate(timeout=30)
    found = [json.loads(line) for line in project.wavemake("history", "--json").lines()]
    assert [each["agents"] for each in found] == [{"a": "done"}, {"x": "done"}]


def test_clean_keeps_the_records(project: Project) -> None:
    project.plan(AGENTS)
    project.compile()
    project.make("-j4")
    before = project.wavemake("history").out
    assert project.make("clean").code == 0
    assert project.wavemake("history").out == before


def test_what_is_reused_is_told_as_reused(ready: Project) -> None:
    ready.behave("b", "echo always the same")
    ready.drive("b", "FORCE=1")
    ready.drive()
    ask_for_more(ready, "b")
    result = ready.drive()
    reported = ready.read(SUMMARY)
    others = {"make": "1 reused, 3 up to date", "ninja": "4 up to date"}[ready.backend]
    assert f"wavemake: 1 done, {others} (of 5 agents)" in result.out
    assert reported == looked_at_all(ready)


def test_an_edited_output_that_is_read_is_named(ready: Project) -> None:
    ready.write(".tmp/agents/a/output.md", "by hand\n")
    result = ready.drive()
    assert "edited by hand: .tmp/agents/a/output.md" in result.out
    ask_for_more(ready, "e")
    assert "edited by hand: .tmp/agents/a/output.md" in ready.drive().out


def test_a_failure_is_told_with_all_that_it_blocks(ready: Project) -> None:
    ready.behave("b", "exit 3")
    ask_for_more(ready, "b")
    result = ready.drive()
    assert counted(result.out) == {"up to date": 3, "failed": 1, "blocked": 1}
    ready.behave("b", "echo well again")
    result = ready.drive()
    assert counted(result.out) == {"done": 2, "up to date": 3}
    assert ready.read(SUMMARY) == looked_at_all(ready)


def test_a_run_of_one_agent_looks_at_all(ready: Project) -> None:
    ready.path(".tmp/agents/e/output.md").unlink()
    ask_for_more(ready, "b")
    ready.drive("b")
    ask_for_more(ready, "c")
    assert "| e | 2 | " in ready.read(SUMMARY)
    ready.drive()
    assert ready.read(SUMMARY) == looked_at_all(ready)


def test_an_emptied_summary_is_made_anew(ready: Project) -> None:
    ready.write(SUMMARY, "")
    ask_for_more(ready, "b")
    assert counted(ready.drive().out) == {"done": 2, "up to date": 3}
    assert ready.read(SUMMARY) == looked_at_all(ready)


def test_a_changed_plan_is_told_anew(ready: Project) -> None:
    ready.plan({**AGENTS, "f": ["e"]})
    ready.compile()
    result = ready.drive()
    assert counted(result.out) == {"done": 1, "up to date": 5}
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
    assert list(project.path(".tmp/agents").glob("runs/.ended.*"))

    def swept() -> bool:
        project.make("status")
        return not list(project.path(".tmp/agents").glob("runs/.ended.*"))

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
    kept = {each.name for each in runs.iterdir()}
    assert kept == {"oldest.jsonl", *(f"{number}.jsonl" for number in range(41, 57))}
    assert runs.joinpath("oldest.jsonl").stat().st_size < 1000
