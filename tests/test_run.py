"""What a user sees of runs: what is run, what is not, and what is reported."""

from __future__ import annotations

import os
import pathlib
import random

import pytest

from tests.expectations import counted, expect_words, golden
from tests.harness import REPOSITORY, Project

DIAMOND = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}


def compiled(project: Project, *arguments: str, **keys: object) -> Project:
    project.plan(DIAMOND, **keys)
    assert project.compile(*arguments).code == 0
    return project


def test_runs_all_then_nothing(project: Project) -> None:
    compiled(project)
    first = project.make("-j4")
    assert first.code == 0
    assert project.paid() == ["a", "b", "c", "d"]
    assert counted(first.out) == {"done": 4}
    second = project.make("-j4")
    assert second.code == 0
    expect_words("run/nothing-to-do", second.out)
    assert project.paid() == []
    assert project.make("-q").code == 0


def test_an_edited_task_runs_its_agent_and_its_readers(project: Project) -> None:
    compiled(project)
    project.make("-j4")
    project.paid()
    project.plan({**DIAMOND, "b": {"reads": ["a"], "task": "Do b well."}})
    project.compile()
    assert project.make("-q").code == 1
    assert project.make("-j4").code == 0
    assert project.paid() == ["b", "d"]


def test_an_identical_answer_pays_for_nothing_downstream(project: Project) -> None:
    compiled(project)
    project.behave("a", "echo the same")
    project.make("-j4")
    project.paid()
    result = project.make("-j4", "a", "FORCE=1")
    assert project.paid() == ["a"]
    assert result.code == 0
    result = project.make("-j4")
    assert project.paid() == []
    assert counted(result.out) == {"reused": 3, "up to date": 1}
    assert project.make("-q").code == 0


def test_shuffled_mtimes_pay_for_nothing(project: Project) -> None:
    compiled(project)
    project.make("-j4")
    project.paid()
    rng = random.Random(7)
    for folder, _, names in os.walk(project.folder):
        for name in names:
            when = 1_600_000_000 + rng.randrange(10_000_000)
            os.utime(os.path.join(folder, name), (when, when))
    project.make("-j4")
    assert project.make("-j4").code == 0
    assert project.paid() == []


def test_a_clone_without_states_pays_for_nothing(project: Project) -> None:
    compiled(project)
    project.make("-j4")
    project.paid()
    ignored = ["log.txt", "status.json", "events.jsonl", "summary.md", ".stamp"]
    for path in project.path(".tmp").rglob("*"):
        if path.name in ignored:
            path.unlink()
    for path in project.path(".tmp").rglob("task.md"):
        path.touch()
    result = project.make("-j4")
    assert result.code == 0
    assert project.paid() == []
    assert "4 reused" in result.out


def test_a_clone_of_outputs_and_keys_is_compiled_and_pays_for_nothing(project: Project) -> None:
    compiled(project)
    project.make("-j4")
    project.paid()
    for path in project.path(".tmp").rglob("*"):
        if path.is_file() and path.name not in ("output.md", "key", "task.md", ".gitignore"):
            path.unlink()
    result = project.compile()
    assert result.code == 0, result.out
    result = project.make("-j4")
    assert project.paid() == []
    assert result.out == golden("run/nothing-to-do")


def test_a_changed_model_runs_exactly_the_agents_that_use_it(project: Project) -> None:
    agents = {"a": [], "b": {"reads": [], "model": "small"}, "c": {"reads": [], "model": "large"}}
    project.plan(agents)
    project.compile()
    project.make()
    project.paid()
    project.plan({**agents, "b": {"reads": [], "model": "medium"}})
    project.compile()
    project.make()
    assert project.paid() == ["b"]


def test_a_changed_timeout_is_not_paid(project: Project) -> None:
    compiled(project)
    project.make()
    project.paid()
    project.plan(DIAMOND, defaults={"timeout": "5m", "max_prompt": "2M"})
    project.compile()
    assert project.make().code == 0
    assert project.paid() == []


def test_a_failure_blocks_its_readers_alone(project: Project) -> None:
    compiled(project)
    project.behave("b", "echo partial; echo out of luck >&2; exit 3")
    result = project.make("-j4")
    assert result.code == 2
    assert project.paid() == ["a", "b", "c"]
    assert counted(result.out) == {"done": 2, "failed": 1, "blocked": 1}
    expect_words("run/failed", result.having("FAILED", "blocked d", "summary.md"))
    assert "| d | 4 |" not in project.read(".tmp/agents/summary.md")
    assert "| d | 3 | **blocked** |  | by b |" in project.read(".tmp/agents/summary.md")
    assert "partial" in project.read(".tmp/agents/b/log.txt")
    assert not project.path(".tmp/agents/b/output.md").exists()
    project.path("behave/b").unlink()
    assert project.make("-j4").code == 0
    assert project.paid() == ["b", "d"]


def test_a_failure_keeps_the_last_good_output_and_stays_stale(project: Project) -> None:
    compiled(project)
    project.make()
    good = project.output("b")
    project.paid()
    project.behave("b", "exit 1")
    assert project.make("b", "FORCE=1").code == 2
    assert project.output("b") == good
    assert project.make("-q").code == 1
    assert project.make().code == 2
    assert project.paid() == ["b", "b"]
    project.path("behave/b").unlink()
    assert project.make().code == 0
    assert project.paid() == ["b"]


def test_an_input_edited_during_the_run_makes_its_reader_run_again(project: Project) -> None:
    project.write("notes.txt", "one\n")
    project.plan({"a": ["notes.txt"]})
    project.compile()
    project.behave("a", 'echo two >notes.txt; echo "saw $(grep -c one "$prompt")"')
    assert project.make().code == 0
    project.path("behave/a").unlink()
    project.paid()
    assert project.make().code == 0
    assert project.paid() == ["a"]
    assert project.make("-q").code == 0


def test_reverting_an_edit_after_a_failure_is_not_paid(project: Project) -> None:
    compiled(project)
    project.make()
    project.paid()
    before = project.read("plan.json")
    project.plan({**DIAMOND, "d": {"reads": ["b", "c"], "task": "Do d worse."}})
    project.compile()
    project.behave("d", "exit 1")
    assert project.make().code == 2
    assert project.paid() == ["d"]
    project.write("plan.json", before)
    project.compile()
    result = project.make()
    assert (project.paid(), result.code) == ([], 0)
    assert project.status("d")["state"] == "done"


def test_a_hand_edited_output_is_used_kept_and_named(project: Project) -> None:
    compiled(project)
    project.make()
    project.paid()
    project.write(".tmp/agents/b/output.md", "a better answer\n")
    result = project.make()
    assert project.paid() == ["d"]
    assert "a better answer" in project.read(".tmp/agents/d/prompt.md")
    assert "edited by hand: .tmp/agents/b/output.md" in result.out
    assert "- [b/output.md](b/output.md)" in project.read(".tmp/agents/summary.md")
    project.plan({**DIAMOND, "b": {"reads": ["a"], "task": "Do b otherwise."}})
    project.compile()
    project.make()
    assert project.read(".tmp/agents/b/history/1.edited.md") == "a better answer\n"
    assert project.output("b") != "a better answer\n"


def test_the_last_three_outputs_are_kept(project: Project) -> None:
    project.plan({"a": []})
    project.compile()
    for number in range(6):
        project.behave("a", f"echo answer {number}")
        project.make("FORCE=1")
    history = project.path(".tmp/agents/a/history")
    kept = {path.name: path.read_text() for path in history.iterdir()}
    assert kept == {f"{n + 1}.md": f"answer {n}\n" for n in (2, 3, 4)}


@pytest.mark.parametrize("script", ["", "printf ' \\n\\t\\n'"])
def test_an_empty_answer_is_a_failure(project: Project, script: str) -> None:
    project.plan({"a": []})
    project.compile()
    project.behave("a", f":\n{script}")
    result = project.make()
    assert result.code == 2
    assert "FAILED: empty answer" in result.out


def test_ignoring_errors_runs_no_reader_of_a_failure(project: Project) -> None:
    compiled(project)
    project.behave("b", "exit 1")
    result = project.make("-i", "-j4")
    assert project.paid() == ["a", "b", "c"]
    assert "d blocked: b" in result.out
    project.path("behave/b").unlink()
    assert project.make("-j4").code == 0
    assert project.paid() == ["b", "d"]


def test_two_goals_run_what_they_share_once(project: Project) -> None:
    compiled(project)
    assert project.make("-j4", "b", "c").code == 0
    assert project.paid() == ["a", "b", "c"]


def test_a_wave_is_everything_up_to_it_and_a_rerun_exactly_it(project: Project) -> None:
    compiled(project)
    project.make("-j4", "wave-2")
    assert project.paid() == ["a", "b", "c"]
    project.make("-j4", "rerun-wave-2")
    assert project.paid() == ["b", "c"]
    project.make("-j4")
    assert project.paid() == ["d"]


def test_force_pays_for_the_goals_named_alone(project: Project) -> None:
    compiled(project)
    project.make()
    project.paid()
    project.make("b", "FORCE=1")
    assert project.paid() == ["b"]
    project.make("FORCE=1", "-j4")
    assert project.paid() == ["a", "b", "c", "d"]
    project.env["FORCE"] = "1"
    project.make("-j4")
    assert project.paid() == []


def test_a_prompt_over_its_cap_is_refused_before_it_is_paid(project: Project) -> None:
    project.write("big.txt", "x" * 3000)
    project.plan({"a": {"reads": ["big.txt"], "max_prompt": "2k"}})
    project.compile()
    result = project.make()
    assert result.code == 2
    expect_words("run/prompt-too-large", result.having("FAILED"))
    assert project.paid() == []


def test_a_missing_runner_is_named_before_any_agent_starts(project: Project) -> None:
    project.plan({"a": [], "b": {"reads": ["a"], "runner": "claude"}})
    project.compile()
    project.env["PATH"] = "/usr/bin:/bin"
    result = project.make()
    assert result.code == 2
    assert "claude is not installed" in result.out.split("wave 1")[0]
    assert project.paid() == []


def test_a_timeout_ends_the_whole_tree(project: Project) -> None:
    project.plan({"a": {"reads": [], "timeout": 1}})
    project.compile()
    project.behave("a", "(trap '' TERM; sleep 87654) & trap '' TERM; sleep 87654; sleep 87654")
    result = project.make()
    expect_words("run/timed-out", result.having("FAILED"))
    assert not alive("sleep 87654", project.folder)


def alive(command: str, folder: pathlib.Path) -> list[str]:
    """The processes that run `command` in `folder`."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                words = pathlib.Path(f"/proc/{entry}/cmdline").read_bytes().split(b"\0")
                cwd = os.readlink(f"/proc/{entry}/cwd")
            except OSError:
                continue
            if command in b" ".join(words).decode() and cwd == str(folder):
                found.append(entry)
    return found


SETS = sorted((REPOSITORY / "tests" / "data" / "seed").glob("*.json"))


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_the_common_sets_run_as_they_are_printed(project: Project, path: pathlib.Path) -> None:
    project.write("plan.json", path.read_text())
    result = project.compile("--runner", "rehearse")
    assert result.code == 0, result.out
    result = project.make("-j4")
    assert result.code == 0
    agents = sorted(each["name"] for each in project.json(".tmp/agents/manifest.json")["agents"])
    assert f"wavemake: {len(agents)} done (of {len(agents)} agents)" in result.out
    for name in agents:
        assert project.output(name).startswith("# Rehearsal\n")


def test_a_declared_output_that_is_missing_is_a_failure(project: Project) -> None:
    project.plan({"a": {"reads": [], "outputs": ["made by a.txt"]}, "b": ["a"]})
    project.compile()
    result = project.make()
    assert result.code == 2
    expect_words("run/output-missing", result.having("FAILED", "blocked b"))
    assert project.paid() == ["a"]
    project.behave("a", "echo made >'made by a.txt'; echo done")
    assert project.make().code == 0
    assert project.paid() == ["a", "b"]
    assert project.make("-B").code == 0
    assert project.paid() == []
    project.path("made by a.txt").unlink()
    assert project.make("-B").code == 0
    assert project.paid() == []
    assert project.read("made by a.txt") == "made\n"


def test_progress_counts_very_many_as_well(project: Project) -> None:
    project.plan({"a": []})
    project.compile()
    recipe = ["sh", ".tmp/agents/runtime/agent.sh", ".", ".tmp/agents", "5001", "1", "a"]
    result = project.run(recipe)
    assert (result.code, "[1/5001] wave 1: a done" in result.out) == (0, True), result.out


def test_many_answers_that_are_still_to_come_are_no_news(project: Project) -> None:
    project.plan({f"a{n}": [] for n in range(60)})
    assert project.compile("-q").code == 0
    result = project.make("-n")
    assert result.code == 0
    assert "find" not in result.out
