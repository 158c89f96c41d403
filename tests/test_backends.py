"""What every back end must do: the same plans, behaviours and accounts, whatever tool runs the agents."""

from __future__ import annotations

import os
import pathlib
import random
import re
import signal
import sys

import pytest

from tests.expectations import counted, expect_words, golden
from tests.harness import BACKENDS, Project, wait_for

pytestmark = pytest.mark.slow

DIAMOND = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}


@pytest.fixture(params=BACKENDS)
def project(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Project:
    project = Project(tmp_path / "my project")
    project.use_backend(request.param)
    return project


def compiled(project: Project, **keys: object) -> Project:
    project.plan(DIAMOND, **keys)
    assert project.compile().code == 0
    return project


def done(project: Project, **keys: object) -> Project:
    """The diamond, compiled and run."""
    compiled(project, **keys)
    result = project.drive()
    assert result.code == 0, result.out
    assert project.paid() == ["a", "b", "c", "d"]
    return project


def replan(project: Project, **agents: object) -> None:
    project.plan({**DIAMOND, **agents})
    assert project.compile().code == 0


def test_runs_all_then_nothing(project: Project) -> None:
    compiled(project)
    first = project.drive()
    assert first.code == 0
    assert project.paid() == ["a", "b", "c", "d"]
    began = first.out[first.out.index("wavemake: ") :].splitlines()
    expect_words("run/one-after-the-other", began[:2], began[-2:])
    assert counted(first.out) == {"done": 4}
    second = project.drive()
    assert (second.out, second.code) == (golden("run/nothing-to-do"), 0)
    assert project.paid() == []
    assert project.is_up_to_date()


def test_an_edited_task_runs_its_agent_and_its_readers(project: Project) -> None:
    done(project)
    replan(project, b={"reads": ["a"], "task": "Do b well."})
    assert not project.is_up_to_date()
    assert project.drive().code == 0
    assert project.paid() == ["b", "d"]
    assert project.is_up_to_date()


def test_a_changed_plan_is_compiled_again(project: Project) -> None:
    done(project)
    command = project.folder.parent / "tools" / "wavemake"
    command.parent.mkdir(exist_ok=True)
    command.write_text(
        f'#!/bin/sh\necho "$@" >>compiled.log\nexec {sys.executable} -m wavemake "$@"\n'
    )
    command.chmod(0o755)
    project.env["PATH"] = f"{command.parent}:{project.env['PATH']}"
    project.plan({**DIAMOND, "b": {"reads": ["a"], "task": "Do b well."}})
    later(project.path("plan.json"))
    result = project.drive()
    assert result.code == 0, result.out
    assert "wavemake: plan.json has changed" in result.out
    assert project.paid() == ["b", "d"]
    project.path("compiled.log").unlink()
    later(project.path("plan.json"))
    assert project.drive().code == 0
    assert not project.path("compiled.log").exists()


def later(path: pathlib.Path) -> None:
    """Make the file newer than any that was written so far, also to a shell that counts in seconds."""
    when = path.stat().st_mtime + 60
    os.utime(path, (when, when))


def test_an_identical_answer_pays_for_nothing_downstream(project: Project) -> None:
    compiled(project)
    project.behave("a", "echo the same")
    project.drive()
    project.paid()
    replan(project, a={"reads": [], "task": "Do a in other words."})
    result = project.drive()
    assert result.code == 0
    assert project.paid() == ["a"]
    assert project.drive().code == 0
    assert project.paid() == []
    assert project.is_up_to_date()


def test_shuffled_mtimes_pay_for_nothing(project: Project) -> None:
    done(project)
    rng = random.Random(7)
    for folder, _, names in os.walk(project.folder):
        for name in names:
            when = 1_600_000_000 + rng.randrange(10_000_000)
            os.utime(os.path.join(folder, name), (when, when))
    assert project.drive().code == 0
    assert project.paid() == []
    assert project.is_up_to_date()


def test_a_clone_without_states_pays_for_nothing(project: Project) -> None:
    done(project)
    ignored = ["log.txt", "status.json", "events.jsonl", "summary.md"]
    for path in project.path(".tmp").rglob("*"):
        if path.is_file() and (path.name in ignored or path.name.startswith(".")):
            path.unlink()
    for path in project.path(".tmp").rglob("task.md"):
        path.touch()
    result = project.drive()
    assert result.code == 0, result.out
    assert project.paid() == []
    assert "nothing to do" in result.out
    assert project.is_up_to_date()


def test_a_changed_timeout_is_not_paid(project: Project) -> None:
    done(project)
    project.plan(DIAMOND, defaults={"timeout": "5m"})
    project.compile()
    assert project.drive().code == 0
    assert project.paid() == []


def test_another_agent_in_the_plan_starts_no_other(project: Project) -> None:
    done(project)
    replan(project, e=[])
    result = project.drive()
    assert result.code == 0
    assert project.paid() == ["e"]
    assert counted(result.out) == {"done": 1, "up to date": 4}


def test_a_failure_blocks_its_readers_alone(project: Project) -> None:
    compiled(project)
    project.behave("b", "echo partial; echo out of luck >&2; exit 3")
    result = project.drive()
    assert result.code != 0
    assert project.paid() == ["a", "b", "c"]
    assert "b FAILED: exit status 3" in result.out
    assert counted(result.out) == {"done": 2, "failed": 1, "blocked": 1}
    assert "blocked d by b" in result.out
    assert not project.path(".tmp/agents/b/output.md").exists()
    project.path("behave/b").unlink()
    assert project.drive().code == 0
    assert project.paid() == ["b", "d"]


def test_a_failure_keeps_the_last_good_output_and_stays_stale(project: Project) -> None:
    done(project)
    good = project.output("b")
    project.behave("b", "exit 1")
    assert project.drive("b", "FORCE=1").code != 0
    assert project.output("b") == good
    assert not project.is_up_to_date()
    assert project.drive().code != 0
    assert project.paid() == ["b", "b"]
    project.path("behave/b").unlink()
    assert project.drive().code == 0
    assert project.paid() == ["b"]


def test_reverting_an_edit_after_a_failure_is_not_paid(project: Project) -> None:
    done(project)
    replan(project, d={"reads": ["b", "c"], "task": "Do d worse."})
    project.behave("d", "exit 1")
    assert project.drive().code != 0
    assert project.paid() == ["d"]
    replan(project)
    assert project.drive().code == 0
    assert project.paid() == []
    assert project.status("d")["state"] == "done"
    assert project.is_up_to_date()


def test_an_input_edited_during_the_run_makes_its_reader_run_again(project: Project) -> None:
    project.write("notes.txt", "one\n")
    project.plan({"a": ["notes.txt"]})
    project.compile()
    project.behave("a", 'echo two >notes.txt; echo "saw $(grep -c one "$prompt")"')
    assert project.drive().code == 0
    project.path("behave/a").unlink()
    project.paid()
    assert project.drive().code == 0
    assert project.paid() == ["a"]
    assert project.is_up_to_date()


def test_a_hand_edited_output_is_used_kept_and_named(project: Project) -> None:
    done(project)
    project.write(".tmp/agents/b/output.md", "a better answer\n")
    result = project.drive()
    assert project.paid() == ["d"]
    assert "a better answer" in project.read(".tmp/agents/d/prompt.md")
    assert "edited by hand: .tmp/agents/b/output.md" in result.out
    replan(project, b={"reads": ["a"], "task": "Do b otherwise."})
    project.drive()
    assert project.read(".tmp/agents/b/history/1.edited.md") == "a better answer\n"


def test_an_output_that_a_person_wrote_after_a_failure_is_not_paid(project: Project) -> None:
    compiled(project)
    project.behave("b", "exit 1")
    assert project.drive().code != 0
    project.paid()
    project.write(".tmp/agents/b/output.md", "written by hand\n")
    later(project.path(".tmp/agents/b/output.md"))
    result = project.drive()
    assert result.code == 0, result.out
    assert project.paid() == ["d"]
    assert project.output("b") == "written by hand\n"


def test_an_output_that_was_there_before_is_not_paid(project: Project) -> None:
    compiled(project)
    project.write(".tmp/agents/a/output.md", "from elsewhere\n")
    assert project.drive().code == 0
    assert project.paid() == ["b", "c", "d"]
    assert project.output("a") == "from elsewhere\n"


def test_force_pays_for_the_goals_named_alone(project: Project) -> None:
    done(project)
    assert project.drive("b", "FORCE=1").code == 0
    assert project.paid() == ["b"]
    assert project.drive("FORCE=1").code == 0
    assert project.paid() == ["a", "b", "c", "d"]
    project.env["FORCE"] = "1"
    project.drive()
    assert project.paid() == []


def test_a_wave_is_everything_up_to_it_and_a_rerun_exactly_it(project: Project) -> None:
    compiled(project)
    project.drive("wave-2")
    assert project.paid() == ["a", "b", "c"]
    project.drive("rerun-wave-2")
    assert project.paid() == ["b", "c"]
    project.drive()
    assert project.paid() == ["d"]


def test_a_declared_output_that_is_missing_is_a_failure(project: Project) -> None:
    project.plan({"a": {"reads": [], "outputs": ["made by a.txt"]}, "b": ["a"]})
    project.compile()
    result = project.drive()
    assert result.code != 0
    assert "a FAILED: it did not write" in result.out
    assert project.paid() == ["a"]
    project.behave("a", "echo made >'made by a.txt'; echo done")
    assert project.drive().code == 0
    assert project.paid() == ["a", "b"]


def test_a_declared_output_that_is_removed_is_put_back_unpaid(project: Project) -> None:
    project.plan({"a": {"reads": [], "outputs": ["gen 1.c"]}, "b": ["gen 1.c"]})
    project.behave("a", "echo x >'gen 1.c'; echo done")
    project.compile()
    project.drive()
    project.paid()
    project.path("gen 1.c").unlink()
    assert project.wavemake("status").code == 1
    assert project.drive().code == 0
    assert project.paid() == []
    assert project.path("gen 1.c").exists()
    assert "nothing to do" in project.drive().out


def test_the_same_answer_and_another_file_are_read_in_the_same_run(project: Project) -> None:
    plan = {"a": {"reads": [], "outputs": ["gen.c"]}, "b": ["gen.c"]}
    project.plan(plan)
    project.behave("a", 'cksum <"$prompt" >gen.c; echo done')
    project.compile()
    project.drive()
    project.paid()
    project.plan({**plan, "a": {"task": "Otherwise.", "outputs": ["gen.c"]}})
    project.compile()
    assert project.drive().code == 0
    assert project.paid() == ["a", "b"]
    assert project.read("gen.c") in project.read(".tmp/agents/b/prompt.md")
    assert "nothing to do" in project.drive().out


@pytest.mark.parametrize("tolerant", [False, True])
def test_an_emptied_answer_fails_what_asks_for_it(project: Project, tolerant: bool) -> None:
    reader = {"reads": ["a"], "on_failure": "continue" if tolerant else "block"}
    project.plan({"a": [], "b": reader, "c": ["b"]})
    project.compile()
    project.drive()
    project.write(".tmp/agents/c/output.md", "")
    for goals in ([], ["c"], ["wave-3"]):
        assert project.drive(*goals).code != 0, goals
    assert project.drive("wave-2").code == 0
    project.write(".tmp/agents/c/output.md", "well\n")
    project.write(".tmp/agents/a/output.md", "")
    if tolerant and project.backend == "make":
        return  # what others go on without is asked again
    for _ in range(2):
        assert project.drive("wave-2").code != 0


def test_a_missing_input_stops_its_reader_alone(project: Project) -> None:
    project.write("two words.md", "x\n")
    project.plan({"a": ["two words.md"], "b": ["a"], "c": []})
    assert project.compile().code == 0
    project.path("two words.md").unlink()
    result = project.drive()
    assert result.code != 0
    assert project.paid() == ["c"]
    assert re.search(r"  (not run|failed) a: .*two words", result.out), result.out
    assert "  blocked b by a\n" in result.out
    project.write("two words.md", "x\n")
    assert project.drive().code == 0
    assert project.paid() == ["a", "b"]
    assert project.is_up_to_date()


@pytest.mark.parametrize("goal", ["bogus", "wave-9", "rerun-wave-0"])
def test_a_goal_that_is_not_there_runs_nothing(project: Project, goal: str) -> None:
    compiled(project)
    result = project.drive(goal)
    assert result.code == 2
    assert goal in result.out
    assert "(of " not in result.out
    assert "summary.md" not in result.out


def test_a_missing_runner_is_named_before_any_agent_starts(project: Project) -> None:
    project.plan({"a": [], "b": {"reads": ["a"], "runner": "claude"}})
    project.compile()
    project.env["PATH"] = f"{project.folder.parent / 'tools'}:/usr/bin:/bin"
    result = project.drive()
    assert result.code != 0
    assert "claude is not installed" in result.out.split("wave 1")[0]
    assert project.paid() == []


def test_an_interrupted_agent_ends_and_runs_again_alone(project: Project) -> None:
    compiled(project)
    project.behave("b", "touch b.started; sleep 87653; sleep 87653")
    run = project.start_drive()
    wait_for(project.path("b.started").exists, "b to start")
    wait_for(lambda: project.path(".tmp/agents/c/output.md").exists(), "c to end")
    os.killpg(run.pid, signal.SIGINT)
    assert run.wait(60) != 0
    project.end()
    project.path("behave/b").unlink()
    assert project.paid() == ["a", "b", "c"]
    assert project.drive().code == 0
    assert project.paid() == ["b", "d"]


def test_the_other_back_end_takes_over_what_was_paid(project: Project) -> None:
    done(project)
    [other] = {*BACKENDS} - {project.backend}
    project.use_backend(other)
    project.compile()
    assert project.drive().code == 0
    assert project.paid() == []
    assert project.is_up_to_date()


def test_a_tolerant_reader_runs_without_what_failed(project: Project) -> None:
    agents = {
        "a": [],
        "b": ["a"],
        "c": {"reads": ["a", "b"], "on_failure": "continue"},
        "d": ["b"],
    }
    project.plan(agents)
    assert project.compile().code == 0
    project.behave("a", "exit 1")
    result = project.drive()
    assert result.code != 0
    assert project.paid() == ["a", "c"]
    assert "blocked d by a" in result.out
    assert project.drive().code != 0
    assert project.paid() == ["a"]
    project.path("behave/a").unlink()
    result = project.drive()
    assert result.code == 0, result.out
    assert project.paid() == ["a", "b", "c", "d"]
    assert project.drive().out == golden("run/nothing-to-do")
    assert project.drive("a", "FORCE=1").code == 0
    assert project.paid() == ["a"]


def test_a_pool_bounds_its_agents(project: Project) -> None:
    names = ["a", "b", "c", "d"]
    project.plan({name: [] for name in names}, defaults={"pool": "narrow"}, pools={"narrow": 1})
    assert project.compile().code == 0
    for name in names:
        script = f"mkdir busy || exit 1; echo {name} >>order; rmdir busy; echo done"
        project.behave(name, script)
    assert project.drive().code == 0
    assert sorted(project.read("order").split()) == names


def test_what_waits_for_approval_goes_on_with_it(project: Project) -> None:
    project.plan({"a": {"reads": [], "approve": "after"}, "b": ["a"]})
    assert project.compile().code == 0
    assert project.drive().code != 0
    assert project.paid() == ["a"]
    assert project.drive("approve-a").code == 0
    assert project.drive().code == 0
    assert project.paid() == ["b"]
    assert project.is_up_to_date()


def test_a_pinned_output_is_kept_until_it_is_let_go(project: Project) -> None:
    done(project)
    assert project.drive("pin-b").code == 0
    replan(project, b={"reads": ["a"], "task": "Do b otherwise."})
    assert project.drive().code == 0
    assert project.paid() == []
    assert project.drive("unpin-b").code == 0
    assert project.drive().code == 0
    assert project.paid() == ["b", "d"]
