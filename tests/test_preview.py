"""wavemake preview and why: what they tell, and that it is exact."""

from __future__ import annotations

import json
import os
import re
import sys
from typing import Any

import pytest

from tests.expectations import expect_words
from tests.harness import Project
from tests.terminal import put_wavemake_on_path
from wavemake.runs.prompt import asking

pytestmark = pytest.mark.slow

DIAMOND = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}


@pytest.fixture
def diamond(project: Project) -> Project:
    """A plan of four agents, compiled."""
    project.plan(DIAMOND)
    assert project.compile().code == 0
    return project


def preview(project: Project, *arguments: str) -> list[str]:
    result = project.wavemake("preview", *arguments)
    assert result.code == 0, result.out
    return result.lines()


def listed(project: Project, *arguments: str) -> list[str]:
    """The lines about agents, blanks made one."""
    lines = preview(project, *arguments)
    end = next(n for n, line in enumerate(lines) if "(of " in line)
    return [re.sub(" +", " ", line) for line in lines[:end]]


def in_json(project: Project, *arguments: str) -> dict[str, object]:
    result = project.wavemake("preview", "--json", *arguments)
    found: dict[str, object] = json.loads(result.out)
    return found


def fates(project: Project, *arguments: str) -> dict[str, str]:
    """What becomes of each agent that is not up to date."""
    agents: Any = in_json(project, *arguments)["agents"]
    return {each["name"]: each["fate"] for each in agents if each["fate"] != "up to date"}


# --- before the first run ---


def test_nothing_was_run(diamond: Project) -> None:
    size = len(diamond.read(".tmp/agents/a/task.md").split("\n---\n", 1)[1]) + len(asking())
    assert fates(diamond) == {"a": "run", "b": "may run", "c": "may run", "d": "may run"}
    certain: Any = in_json(diamond)["certain"]
    sizes = (certain["prompts"], certain["prompt_bytes"], certain["prompt_tokens"])
    assert sizes == (1, size, -(-size // 4))
    assert (certain["seconds"], certain["usd"]) == (None, None)
    expect_words("preview/never-run", preview(diamond))


def test_nothing_was_compiled(project: Project) -> None:
    for words in (["preview"], ["why", "a"]):
        result = project.wavemake(*words, "--dir", "elsewhere")
        assert result.code == 2
        expect_words("preview/nothing-compiled", result.out)


@pytest.mark.parametrize("words", [["preview"], ["why", "a"]])
def test_the_folder_of_another_project(diamond: Project, words: list[str]) -> None:
    diamond.path("below").mkdir()
    below = diamond.path("below")
    result = diamond.wavemake(*words, "--dir", "../.tmp/agents", cwd=below)
    assert result.code == 2
    assert "--dir .tmp/agents" in result.out
    here = diamond.wavemake(*words, "--dir", str(diamond.path(".tmp/agents")))
    assert here.code == 0, here.out


def test_nothing_is_written(diamond: Project) -> None:
    before = sorted(map(str, diamond.folder.rglob("*")))
    preview(diamond)
    diamond.wavemake("why", "d")
    assert sorted(map(str, diamond.folder.rglob("*"))) == before


@pytest.mark.parametrize("words", [["preview", "aa"], ["why", "aa"]])
def test_there_is_no_such_agent(diamond: Project, words: list[str]) -> None:
    result = diamond.wavemake(*words)
    assert result.code == 2
    assert f"there is no agent '{words[1]}'" in result.out


def test_what_no_agent_is(diamond: Project) -> None:
    asked = (["preview", "wave-9"], ["why", "nobody"], ["preview", "plan.json"])
    results = [diamond.wavemake(*words) for words in asked]
    assert [result.code for result in results] == [2, 2, 2]
    expect_words("preview/no-such-agent", *(result.out for result in results))


# --- after it ---


@pytest.fixture
def ran(diamond: Project) -> Project:
    """A plan of four agents, run."""
    assert diamond.make("-j4").code == 0
    return diamond


def change(project: Project, agent: str, **keys: object) -> None:
    plan = project.json("plan.json")
    next(each for each in plan["agents"] if each["name"] == agent).update(keys)
    project.write("plan.json", json.dumps(plan))
    assert project.compile().code == 0


def test_all_is_up_to_date(ran: Project) -> None:
    expect_words("preview/up-to-date", preview(ran))
    assert listed(ran, "--all") == [f"up to date {name}" for name in "abcd"]


def test_the_reasons_in_words(ran: Project) -> None:
    change(ran, "b", task="Do b.\nAnd well.", model="opus")
    ran.path(".tmp/agents/c/output.md").unlink()
    assert fates(ran) == {"b": "run", "c": "run", "d": "may run"}
    expect_words("preview/reasons", listed(ran))


def test_a_timeout_is_not_paid_for(ran: Project) -> None:
    change(ran, "a", timeout="9m")
    assert fates(ran) == dict.fromkeys("abcd", "reuse")
    assert ran.make("-j4").code == 0
    assert ran.paid() == ["a", "b", "c", "d"]


def test_what_failed_runs_again(ran: Project) -> None:
    ran.behave("b", "echo 'no such model' >&2; exit 1")
    change(ran, "b", task="Do b otherwise.")
    assert ran.make("-j4").code == 2
    assert fates(ran) == {"b": "run", "d": "may run"}
    expect_words("preview/failed", listed(ran))


def test_forced(ran: Project) -> None:
    assert fates(ran, "c", "--force") == {"c": "run"}
    assert fates(ran, "wave-2", "--force") == dict.fromkeys("abc", "run")
    assert fates(ran, "--force") == dict.fromkeys("abcd", "run")
    expect_words("preview/forced", listed(ran, "c", "--force"), preview(ran, "--force")[:5])
    ran.paid()
    assert ran.make("-j4", "FORCE=1").code == 0
    assert ran.paid() == ["a", "b", "c", "d"]


def test_forced_and_yet_not_sure_to_be_paid(ran: Project) -> None:
    change(ran, "b", approve="after")
    assert fates(ran, "--force") == {"a": "run", "b": "run", "c": "run", "d": "blocked"}
    waits = listed(ran, "--force")
    change(ran, "b", approve="before")
    asked = fates(ran, "--force")
    assert (asked["b"], asked["d"]) == ("waiting for approval", "blocked")
    change(ran, "b", approve=False, env=["NOT_SET"])
    assert fates(ran, "--force")["b"] == "fails"
    expect_words("preview/forced-not-paid", waits, listed(ran, "--force"))


def test_too_large_a_prompt_and_what_it_blocks(ran: Project) -> None:
    change(ran, "b", max_prompt=20, task="Other.")
    assert fates(ran) == {"b": "fails", "d": "blocked"}
    assert ran.make("-j4").code == 2
    expect_words("preview/too-large", listed(ran))


def test_a_runner_that_is_missing(project: Project) -> None:
    project.plan({"a": {"reads": [], "runner": "claude"}, "b": []}, defaults={"command": None})
    plan = project.json("plan.json")
    plan["agents"][1] |= {"runner": "command", "command": "cat"}
    del plan["defaults"]["command"]
    project.write("plan.json", json.dumps(plan))
    assert project.compile().code == 0
    project.env["PATH"] = os.pathsep.join(
        each for each in project.env["PATH"].split(":") if not os.path.exists(f"{each}/claude")
    )
    assert fates(project) == {"a": "fails", "b": "fails"}
    expect_words("preview/no-claude", listed(project), preview(project)[-2:])
    reported = in_json(project)
    assert reported["not_installed"] == [
        {
            "runner": "claude",
            "program": "claude",
            "way_out": "npm install -g @anthropic-ai/claude-code",
            "agents": ["a"],
        }
    ]
    assert reported["at_most"]["prompts"] == 0  # type: ignore[index]
    assert fates(project, "b") == {"b": "run"}
    assert project.make("-j4").code == 2
    assert not project.path(".tmp/agents/b/output.md").exists()


def test_a_runner_of_the_plan_that_is_missing(project: Project) -> None:
    runners = {"mine": {"command": ["no-such-agent", "-p"]}}
    project.plan({"a": [], "b": {"reads": ["a"], "runner": "mine"}, "c": ["b"]}, runners=runners)
    assert project.compile().code == 0
    assert fates(project) == {"a": "fails", "b": "blocked", "c": "blocked"}
    expect_words("preview/no-such-agent-program", listed(project), preview(project)[-2:])
    # Asked for by its name, what it reads is run: it has been reported, and so far costs nothing itself.
    assert fates(project, "b") == {"a": "run", "b": "fails"}
    assert "- no-such-agent is not installed" in project.wavemake("why", "b").lines()
    assert project.make("b").code == 2
    assert project.paid() == ["a"]


def test_an_agent_that_is_reused_or_cannot_be_started(ran: Project) -> None:
    (ran.folder.parent / "bin").mkdir()
    ran.put_on_path(ran.folder.parent / "bin", "an-agent", ["sh"])
    runners = {"mine": {"command": ["an-agent", "./agent.sh"]}}
    ran.plan({"a": [], "b": {"reads": ["a"], "runner": "mine"}}, runners=runners)
    assert ran.compile().code == 0
    assert ran.make("b").code == 0
    (ran.folder.parent / "bin" / "an-agent").unlink()
    change(ran, "a", model="other")
    assert fates(ran, "b") == {"a": "run", "b": "may fail"}
    expect_words("preview/may-fail", listed(ran, "b"))
    ran.paid()
    ran.behave("a", f"printf '%s\\n' '{ran.output('a').strip()}'")
    result = ran.make("b")
    assert (result.code, ran.paid()) == (0, ["a"]), "it gave the same answer"
    ran.behave("a", "echo another")
    change(ran, "a", model="third")
    assert ran.make("b").code == 2
    assert ran.paid() == ["a"]


def test_a_file_that_is_missing(project: Project) -> None:
    project.write("notes.md", "x\n")
    project.plan({"a": ["notes.md"]})
    assert project.compile().code == 0
    project.path("notes.md").unlink()
    assert fates(project) == {"a": "fails"}
    gone = listed(project)
    project.write("Makefile", "include .tmp/agents/agents.mk\nnotes.md: ; echo >$@\n")
    assert fates(project) == {"a": "may run"}
    expect_words("preview/missing-file", gone, listed(project))


def test_a_file_that_another_agent_is_to_write(project: Project) -> None:
    project.behave("a", "echo made >made.txt; echo answer")
    project.plan({"a": {"reads": [], "outputs": ["made.txt"]}, "b": ["made.txt"], "c": ["b"]})
    assert project.compile().code == 0
    assert fates(project) == {"a": "run", "b": "may run", "c": "may run"}
    expect_words("preview/file-to-write", listed(project), project.wavemake("why", "b").lines()[0])
    assert project.make("-j4").code == 0
    assert project.paid() == ["a", "b", "c"]
    project.path("made.txt").unlink()
    expect_words("preview/file-put-back", listed(project))
    assert not any(line.startswith("run ") for line in listed(project))
    assert project.make("-j4").code == 0
    assert project.paid() == []


def test_a_plan_that_was_edited_since(ran: Project) -> None:
    put_wavemake_on_path(ran, sys.executable)
    ran.plan({**DIAMOND, "b": {"reads": [], "task": "Do b alone."}, "e": ["d"]})
    assert fates(ran) == {"b": "run", "d": "may run", "e": "may run"}
    assert in_json(ran)["plan_changed"] == "plan.json"
    lines, why = preview(ran), ran.wavemake("why", "b").lines()
    assert "+Do b alone." in why
    expect_words("preview/edited-plan", lines, why[:4])
    ran.paid()
    assert "plan.json has changed" in ran.wavemake("status").out
    ran.make("-j4")
    assert ran.paid() == ["b", "d", "e"]
    assert "has changed" not in ran.wavemake("status").out


def test_other_files_that_match_a_pattern(project: Project) -> None:
    project.write("docs/a.md", "a\n")
    project.plan({"a": ["docs/*.md"]})
    project.compile()
    project.make()
    assert project.wavemake("status").code == 0
    project.write("docs/b.md", "b\n")
    result = project.wavemake("status")
    assert result.code == 1
    (shown,) = (line for line in preview(project) if "docs/*.md" in line)
    expect_words("preview/other-files", shown, result.lines()[-1])
    assert json.loads(project.wavemake("status", "--json").out)["plan_changed"] is True
    project.compile()
    assert fates(project) == {"a": "run"}


@pytest.mark.parametrize("spelt", ["{}/.tmp/agents", "./.tmp/../.tmp/agents", "link"])
def test_an_edited_plan_by_another_name_of_the_folder(ran: Project, spelt: str) -> None:
    ran.path("link").symlink_to(".tmp/agents")
    ran.plan({**DIAMOND, "e": []})
    folder = spelt.format(ran.folder)
    reported = ran.wavemake("preview", "--dir", folder)
    assert "e" in [line.split()[1] for line in reported.lines()[:1]], reported.out
    assert ran.wavemake("why", "e", "--dir", folder).code == 0


def test_an_edited_plan_seen_from_elsewhere(ran: Project) -> None:
    ran.plan({**DIAMOND, "e": []})
    ran.path("sub").mkdir()
    result = ran.wavemake("status", "--dir", "../.tmp/agents", cwd=ran.path("sub"))
    assert result.code == 1
    expect_words("status/edited-plan", result.lines()[-1])


def test_an_edited_plan_with_errors(ran: Project) -> None:
    ran.plan({**DIAMOND, "b": ["x"]})
    result = ran.wavemake("preview")
    assert result.code == 1
    assert "error[WM112]: 'b' reads 'x'" in result.out


def test_an_edited_plan_that_make_does_not_compile(project: Project) -> None:
    project.plan(DIAMOND)
    project.compile("--fragment")
    project.plan({**DIAMOND, "e": []})
    reported = "plan.json has changed since it was compiled, which is not shown here: "
    lines = preview(project)
    assert f"{reported}wavemake compile plan.json --fragment" in lines
    assert not any(line.split()[1] == "e" for line in lines[:4])


# --- time and cost ---


def test_time_and_cost_come_from_earlier_runs(ran: Project) -> None:
    events = []
    takes = {"a": (10, 0.5), "b": (60, 0.25), "c": (20, None), "d": (5, 1)}
    for name, (seconds, usd) in takes.items():
        reported = {"t": 1000, "run": "r1", "agent": name, "wave": 1}
        events.append({**reported, "event": "start"})
        cost = {} if usd is None else {"cost": usd}
        end = {"event": "end", "state": "done", "seconds": seconds, "reason": ""}
        events.append({**reported, **end, "t": 1000 + seconds, **cost})
    ran.write(".tmp/agents/events.jsonl", "".join(json.dumps(each) + "\n" for each in events))
    change(ran, "a", task="Do a otherwise.")
    lines = preview(ran, "-j1")
    expect_words("preview/time-and-cost", lines[-2:], preview(ran, "-j2")[-2], exact=True)
    found = in_json(ran)
    assert found["schema"] == 1
    agents = found["agents"]
    assert isinstance(agents, list)
    assert [(each["seconds"], each["usd"], each["basis"]) for each in agents] == [
        (seconds, usd, "its earlier runs") for seconds, usd in takes.values()
    ]


def test_a_budget_is_told(project: Project) -> None:
    project.plan({"a": {"reads": [], "cost_usd": 0}}, budget={"usd": 2.5})
    assert project.compile().code == 0
    assert preview(project)[-1].startswith("budget of a run: $2.50")


# --- what a person decides ---


def test_what_waits_for_approval_and_what_that_blocks(project: Project) -> None:
    project.plan({"a": {"reads": [], "approve": "before"}, "b": ["a"]})
    assert project.compile().code == 0
    expect_words("preview/approval-before", listed(project))
    project.make("-j4")
    assert project.paid() == []
    assert project.make("approve-a").code == 0
    assert listed(project)[0] == "run a never run"
    project.make("-j4")
    assert project.paid() == ["a", "b"]


def test_an_answer_that_waits_is_not_approved_by_an_edit(project: Project) -> None:
    project.plan({"a": {"reads": [], "approve": "after"}, "b": ["a"]})
    assert project.compile().code == 0
    project.make("-j4")
    project.write(".tmp/agents/a/output.md", "better\n")
    expect_words("preview/approval-after", listed(project, "-a"))
    project.paid()
    result = project.make("-j4")
    assert (project.paid(), result.code) == ([], 2)


def test_a_file_of_an_agent_whose_answer_will_wait(project: Project) -> None:
    reader = {"reads": ["a", "made-a"], "on_failure": "continue"}
    project.plan({"a": {"reads": [], "outputs": ["made-a"], "approve": "after"}, "b": reader})
    project.behave("a", "touch made-a; echo done")
    assert project.compile().code == 0
    assert fates(project) == {"a": "run", "b": "may run"}
    project.make("-j4")
    assert project.paid() == ["a", "b"]
    change(project, "a", task="Do a otherwise.")
    assert fates(project) == {"a": "run", "b": "may run"}
    expect_words("preview/file-of-approved", listed(project))
    project.make("-j4")
    assert project.paid() == ["a"]


def test_an_approved_answer_that_may_come_again(project: Project) -> None:
    project.plan({"a": {"reads": [], "approve": "after"}, "b": ["a"]})
    assert project.compile().code == 0
    assert fates(project) == {"a": "run", "b": "blocked"}
    project.make("-j4")
    assert project.make("approve-a").code == 0
    project.path(".tmp/agents/a/output.md").unlink()
    assert fates(project) == {"a": "run", "b": "may run"}
    project.paid()
    assert project.make("-j4").code == 0
    assert project.paid() == ["a", "b"]


def test_what_is_pinned_is_not_paid(ran: Project) -> None:
    ran.paid()
    assert ran.make("pin-a").code == 0
    change(ran, "a", task="Do a otherwise.")
    expect_words("preview/pinned", listed(ran)[0])
    assert ran.make("-j4").code == 0
    assert ran.paid() == []


# --- why ---


def test_why_shows_the_difference_of_the_prompts(ran: Project) -> None:
    change(ran, "a", task="Do a otherwise.")
    lines = ran.wavemake("why", "a").lines()
    expect_words("why/run", lines[:6])
    assert "-Do a." in lines
    assert "+Do a otherwise." in lines


def test_why_an_agent_is_not_run(ran: Project) -> None:
    expect_words("why/up-to-date", ran.wavemake("why", "a").out)


def test_an_output_cannot_steer_the_terminal(ran: Project) -> None:
    ran.write(".tmp/agents/a/output.md", "\x1b]0;title\x07 \x1b[31mred\n")
    out = ran.wavemake("why", "b").out
    assert "\N{REPLACEMENT CHARACTER}[31mred" in out
    assert "\x1b" not in out


def test_no_traceback_for_a_damaged_task(ran: Project) -> None:
    ran.write(".tmp/agents/b/task.md", "runner command\n")
    assert fates(ran)["b"] == "fails"
    assert ran.wavemake("why", "b").code == 0
