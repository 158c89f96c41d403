"""The driver Makefile under the flags of make: each means what it means to make, and pays for no more."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.expectations import counted, expect_words, golden
from tests.harness import MAKES, Project, wait_for

pytestmark = pytest.mark.slow

DIAMOND = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}
FRAGMENT = ".tmp/agents/agents.mk"
NOTHING = golden("run/nothing-to-do")


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    project = Project(tmp_path_factory.mktemp("diamond") / "project")
    project.plan(DIAMOND)
    assert project.compile().code == 0
    return project.folder


@pytest.fixture(scope="module")
def finished(compiled: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    project = Project(copied(compiled, tmp_path_factory.mktemp("finished") / "project"))
    assert project.make("-j4").code == 0
    assert project.paid() == ["a", "b", "c", "d"]
    return project.folder


def copied(template: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    shutil.copytree(template, folder)
    return folder


@pytest.fixture(params=MAKES)
def fresh(
    compiled: pathlib.Path, tmp_path: pathlib.Path, request: pytest.FixtureRequest
) -> Project:
    """Compiled, and never run."""
    project = Project(copied(compiled, tmp_path / "my project"))
    project.use_make(request.param)
    return project


@pytest.fixture(params=MAKES)
def ran(finished: pathlib.Path, tmp_path: pathlib.Path, request: pytest.FixtureRequest) -> Project:
    """Compiled, and run to its end."""
    project = Project(copied(finished, tmp_path / "my project"))
    project.use_make(request.param)
    return project


def tree(project: Project) -> dict[str, tuple[int, bytes]]:
    """Every file with its time and bytes: equal trees were not written to."""
    files = (path for path in project.folder.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def edit(project: Project, agent: str) -> None:
    """Change what an agent is asked, as a compilation would."""
    project.ask(agent, project.read(f".tmp/agents/{agent}/task.md") + "And do it well.\n")


# --- what runs nothing --------------------------------------------------------


def test_dry_run_names_what_is_stale_and_writes_nothing(fresh: Project) -> None:
    before = tree(fresh)
    result = fresh.make("-n", "-j4")
    assert result.code == 0
    runs = re.findall(r"runtime/agent\.sh \. \.tmp/agents 4 (\d)/\w+ (\w)$", result.out, re.M)
    assert runs == [("1", "a"), ("2", "b"), ("2", "c"), ("3", "d")]
    assert tree(fresh) == before


def test_dry_run_compiles_nothing(ran: Project) -> None:
    ran.plan({**DIAMOND, "e": ["d"]})
    before = tree(ran)
    result = ran.make("-n", "WAVEMAKE=touch compiled")
    assert result.code == 0
    expect_words("run/dry-run-of-edited-plan", result.having("wavemake: "))
    assert tree(ran) == before


def test_a_question_is_answered_by_the_exit_status_alone(fresh: Project) -> None:
    before = tree(fresh)
    assert [fresh.make("-q", *more).code for more in ([], ["-j4"], ["a"], ["wave-1"])] == [1] * 4
    assert tree(fresh) == before
    assert fresh.make("-s", "wave-2").code == 0
    before = tree(fresh)
    asked = (["a"], ["b", "c"], ["wave-2"], ["-j4", "wave-1", "c"], ["X=it's", "a"], ["-s", "b"])
    assert [fresh.make("-q", *words).code for words in asked] == [0] * len(asked)
    assert [fresh.make("-q", *words).code for words in ([], ["d"], ["a", "d"])] == [1] * 3
    assert fresh.make("-q", "a", "FORCE=1").code == 1
    assert fresh.make("-q", "rerun-wave-1").code == 1
    assert tree(fresh) == before
    assert "drive.sh" not in fresh.make("-q").out


def test_touch_accepts_without_running(ran: Project) -> None:
    edit(ran, "b")
    assert ran.make("-q").code == 1
    before = ran.output("b")
    assert ran.make("-t").code == 0
    assert ran.make("-q").code == 0
    assert (ran.paid(), ran.output("b")) == ([], before)


def test_an_unknown_goal_is_an_error(fresh: Project) -> None:
    for goals in (["nosuch"], ["wave-4"], ["rerun-wave-0"], ["a", "b", "nosuch"], ["wavemake"]):
        result = fresh.make(*goals)
        assert result.code == 2
        assert f" target '{goals[-1]}'" in result.out
    assert fresh.paid() == ["a", "b"]


# --- what runs, and how much is reported ------------------------------------------


def test_always_make_checks_again_and_pays_nothing(ran: Project) -> None:
    result = ran.make("-B", "-j4")
    assert result.code == 0
    assert ran.paid() == []
    assert "4 reused" in result.out
    edit(ran, "c")
    ran.behave("c", "echo the same as before")
    assert ran.make("-B", "-j4").code == 0
    assert ran.paid() == ["c", "d"]


def test_keep_going_is_always_on(fresh: Project) -> None:
    fresh.behave("b", "exit 1")
    for flags in ([], ["-k"], ["-S"]):
        assert fresh.make("-j1", *flags, "b", "c", "FORCE=1").code == 2
        assert fresh.paid()[-2:] == ["b", "c"]


def test_ignoring_errors_succeeds_and_still_tells_them(fresh: Project) -> None:
    fresh.behave("b", "exit 1")
    result = fresh.make("-i", "-j4")
    assert result.code == 0
    assert "FAILED: exit status 1" in result.out
    assert counted(result.out) == {"done": 2, "failed": 1, "blocked": 1}
    assert fresh.paid() == ["a", "b", "c"]


def test_silence_hides_all_but_failures(fresh: Project) -> None:
    assert fresh.make("-s", "-j4", "a", "c").out == ""
    fresh.behave("b", "echo why >&2; exit 1")
    fresh.env["FORCE"] = "1"
    result = fresh.make("-s", "-j4")
    (reported,) = [line for line in result.lines() if not line.startswith("make")]
    assert reported.startswith("wavemake: [1/4] wave 2: b FAILED: exit status 1")
    assert result.code == 2
    assert fresh.paid() == ["a", "b", "c"]


def test_tracing_and_synchronised_output(fresh: Project) -> None:
    result = fresh.make("-O", "-j4", "--trace")
    assert result.code == 0
    assert fresh.paid() == ["a", "b", "c", "d"]
    assert re.search(r"\.tmp/agents/runtime/agent\.sh \. \.tmp/agents 4 3/\w+ d$", result.out, re.M)
    for agent, wave in {"a": 1, "b": 2, "c": 2, "d": 3}.items():
        start = result.lines().index(f"wavemake: wave {wave}: {agent} started (command)")
        assert f"wave {wave}: {agent} done" in result.lines()[start + 1]
    assert counted(result.out) == {"done": 4}
    assert "\nwavemake: .tmp/agents/summary.md\n" in result.out


def test_without_j_the_driver_says_how_to_run_in_parallel(fresh: Project) -> None:
    hint = fresh.make("a").out.partition("wavemake: wave 1")[0]
    expect_words("run/one-at-a-time", hint)
    for flags in (["-j4"], ["-j"], ["-j1"], ["-s"], ["-n"]):
        assert hint not in fresh.make(*flags).out


def test_goals_in_one_line_are_done_in_order_and_once(fresh: Project) -> None:
    result = fresh.make("-j4", "wave-2", "status")
    assert result.code == 0
    assert fresh.paid() == ["a", "b", "c"]
    ended = result.out.index("wavemake: 3 done, 1 not run (of 4 agents)")
    assert result.out.index("wave 1  done         a", ended) < result.out.index(
        "wave 3  not run      d"
    )
    result = fresh.make("-j4", "d", "all", "a", "wave-3")
    assert result.code == 0
    assert fresh.paid() == ["d"]
    assert result.lines()[-1] == "wavemake: .tmp/agents/summary.md"
    assert fresh.make("clean", "-j4", "all").code == 0
    assert fresh.paid() == []


# --- how many at once ---------------------------------------------------------

# Says that it runs, and goes on when the test lets it.
HELD = 'echo >"running/$name"; until [ -e release ]; do sleep 0.05; done; echo "answer of $name"'


@contextmanager
def held(project: Project, agents: Any, *words: str) -> Iterator[None]:
    """A make of `words` in which every agent, once started, waits; all are let go at the end."""
    project.plan(agents)
    project.compile()
    project.path("running").mkdir()
    for agent in agents:
        project.behave(agent, HELD)
    make = project.start_make(*words)
    try:
        yield
    finally:
        project.write("release", "")
        make.communicate()
    assert make.returncode == 0


def running(project: Project) -> int:
    return len(os.listdir(project.path("running")))


def runs_exactly(project: Project, number: int) -> None:
    wait_for(lambda: running(project) >= number, f"{number} agents")
    # One more would have been started with the last; asking make takes longer than that.
    project.make("-q")
    assert running(project) == number


@pytest.mark.parametrize("which", MAKES)
@pytest.mark.parametrize(
    "words", [["-j3"], ["-j3", "wave-1"], ["-O", "-j3", "a1", "a2", "a3", "a4"]]
)
def test_as_many_run_at_once_as_j_says(project: Project, words: list[str], which: str) -> None:
    project.use_make(which)
    with held(project, {f"a{n}": [] for n in range(1, 6)}, *words):
        runs_exactly(project, 3)


@pytest.mark.parametrize("which", MAKES)
def test_a_parent_makes_jobs_are_shared(project: Project, which: str) -> None:
    project.use_make(which)
    drive = "+@$(MAKE) -f Makefile"
    project.write("parent.mk", f"all: x y\nx: ; {drive} a1 a2\ny: ; {drive} a3 a4\n")
    with held(project, {f"a{n}": [] for n in range(1, 5)}, "-j3", "-f", "parent.mk"):
        runs_exactly(project, 3)
    assert project.paid() == ["a1", "a2", "a3", "a4"]


@pytest.mark.parametrize("which", MAKES)
def test_j_without_a_number_runs_all_at_once(project: Project, which: str) -> None:
    project.use_make(which)
    with held(project, {f"a{n}": [] for n in range(1, 7)}, "-j"):
        runs_exactly(project, 6)


def test_clean_removes_nothing_from_under_a_running_agent(project: Project) -> None:
    with held(project, {"a": []}):
        runs_exactly(project, 1)
        before = tree(project)
        result = project.make("clean")
        assert result.code == 2
        assert "wavemake: .tmp/agents/a is in use" in result.out
        assert tree(project) == before


# --- what a driver cannot pass on ---------------------------------------------


def test_old_and_new_files_and_stopping_at_once_without_the_driver(ran: Project) -> None:
    rules = ("-f", FRAGMENT)
    edit(ran, "a")
    assert ran.make(*rules, "-o", ".tmp/agents/a/output.md").code == 0
    assert ran.paid() == []
    assert ran.make("-q", *rules).code == 1
    assert ran.make(*rules, "-j4").code == 0
    assert ran.paid() == ["a", "b", "c", "d"]
    result = ran.make(*rules, "-W", ".tmp/agents/a/task.md")
    assert result.code == 0
    assert ran.paid() == []
    assert [line for line in result.lines() if " a reused" in line]
    edit(ran, "b")
    edit(ran, "c")
    ran.behave("b", "exit 1")
    assert ran.make(*rules, "-S").code == 2
    assert ran.paid() == ["b"]
    assert ran.make(*rules, "-k").code == 2
    assert ran.paid() == ["b", "c"]


# --- a plan that is newer than what was compiled -------------------------------

ABSENT = "WAVEMAKE=no-such-wavemake"
HERE = f"WAVEMAKE={sys.executable} -m wavemake"


def newer(project: Project, name: str = "plan.json") -> None:
    """Make the plan newer than the rules by more than any clock's step."""
    when = project.path(FRAGMENT).stat().st_mtime_ns + 10**9
    os.utime(project.path(name), ns=(when, when))


def test_a_newer_but_equal_plan_costs_a_touch(ran: Project) -> None:
    old = 1_600_000_000
    os.utime(ran.path(FRAGMENT), (old, old))
    assert ran.make("-q", ABSENT).code == 0
    assert ran.path(FRAGMENT).stat().st_mtime == old
    assert ran.make("-j4", ABSENT).out == NOTHING
    assert ran.path(FRAGMENT).stat().st_mtime > old


def test_a_changed_plan_is_compiled_again(ran: Project) -> None:
    ran.plan({**DIAMOND, "e": ["d"]})
    newer(ran)
    result = ran.make("-j4", HERE)
    assert result.code == 0, result.out
    assert result.out.startswith("wavemake: plan.json has changed\n")
    assert ran.paid() == ["e"]
    assert ran.make("e", ABSENT).code == 0


def test_a_changed_plan_without_wavemake_is_said(ran: Project) -> None:
    ran.plan({**DIAMOND, "e": ["d"]})
    newer(ran)
    result = ran.make("-j4", ABSENT)
    assert result.code == 2
    expect_words("run/edited-plan-without-wavemake", result.having("wavemake: "))
    assert ran.paid() == []
    assert ran.make("-f", FRAGMENT, "wavemake-agents").code == 0


def test_a_plan_that_no_longer_compiles_runs_nothing(ran: Project) -> None:
    edit(ran, "a")
    ran.plan({**DIAMOND, "e": ["f"]})
    newer(ran)
    before = tree(ran)
    result = ran.make("-j4", HERE)
    assert result.code == 2
    assert "plan.json:38:9: error[WM112]: " in result.out
    assert tree(ran) == before


@pytest.mark.parametrize(
    "name", ["my plan.json", "it's $HOME #1 100%.json", "-plan.json", "plän.json"]
)
def test_a_plan_of_any_name_is_compiled_again(project: Project, name: str) -> None:
    project.plan({"a": []}, name=name)
    assert project.compile(plan=f"./{name}").code == 0
    project.make()
    project.plan({"a": [], "b": ["a"]}, name=name)
    newer(project, name)
    result = project.make(HERE)
    assert result.code == 0, result.out
    assert project.paid() == ["a", "b"]


# --- paying again ---------------------------------------------------------------


def test_only_a_typed_force_pays(ran: Project) -> None:
    ran.env["FORCE"] = "1"
    for flags in (["-j4"], ["-j4", "-e"]):
        note, nothing = ran.make(*flags).lines()
        expect_words("run/force-in-the-environment", note)
        assert nothing == NOTHING.strip()
    assert ran.paid() == []
    ran.env["FORCE"] = ""
    assert ran.make("-j4").out == NOTHING
    del ran.env["FORCE"]
    for word in ("FORCE=", "FORCE=0", "FORCE=no"):
        assert ran.make("-j4", word).out == NOTHING
    ran.make("-j4", "c", "FORCE=yes")
    assert ran.paid() == ["c"]


def test_force_of_a_wave_is_of_all_up_to_it(ran: Project) -> None:
    ran.make("-j4", "wave-2", "FORCE=1")
    assert ran.paid() == ["a", "b", "c"]
    ran.make("-j4", "rerun-wave-3", "rerun-wave-1")
    assert ran.paid() == ["a", "d"]


# --- the goals that run no agent --------------------------------------------------


def test_help_tells_every_goal(fresh: Project) -> None:
    expect_words("run/help", fresh.make("help").out)


def test_status_and_summary(fresh: Project) -> None:
    assert fresh.make("status").out.startswith("wave 1  not run      a\n")
    fresh.behave("b", "exit 1")
    fresh.make("-j4")
    expect_words("run/status", fresh.make("status").out)
    result = fresh.make("summary")
    assert result.out == fresh.read(".tmp/agents/summary.md")
    assert counted(result.out) == {"done": 2, "failed": 1, "blocked": 1}
    assert fresh.paid() == ["a", "b", "c"]


def test_clean_keeps_what_was_paid_for(ran: Project) -> None:
    result = ran.make("clean")
    assert result.code == 0
    assert not ran.path(".tmp/agents/events.jsonl").exists()
    assert not ran.path(".tmp/agents/a/log.txt").exists()
    assert ran.make("-j4").out == NOTHING
    assert ran.make("-B", "-j4").code == 0
    assert ran.paid() == []


def test_a_plan_that_has_changed_is_something_to_do(project: Project) -> None:
    project.plan({"a": []})
    project.compile()
    project.make()
    assert project.make("-q").code == 0
    project.plan({"a": [], "b": []})
    result = project.make("-q")
    assert result.code == 1
    assert project.paid() == ["a"]
