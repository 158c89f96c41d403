"""Judges: a check that asks a model whether an answer passes."""

from __future__ import annotations

import json
import pathlib
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.compiler import check
from tests.expectations import expect_words
from tests.harness import BACKENDS, Project

# Prints an envelope of claude's, with a cost: what a judge says is in judge.say, an agent in agent.say.
STUB = """\
prompt=$(cat)
case $prompt in
  "You are a judge"*)
    printf '%s\\n' "$prompt" >judge.prompt; echo judge >>paid.log; text=$(cat judge.say) cost=0.01 ;;
  *) printf '%s\\n' "$prompt" >agent.prompt; echo agent >>paid.log; text=$(cat agent.say) cost=0.5 ;;
esac
form='{"type":"result","subtype":"success","is_error":false,"result":"%s","total_cost_usd":%s}\\n'
printf "$form" "$text" "$cost"
"""
RUNNERS = {"stub": {"command": ["sh", "stub.sh"], "envelope": "claude", "model": ["--model", "{}"]}}


@pytest.fixture(params=BACKENDS)
def project(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Project]:
    """A project whose agent a is judged; its judge passes what it is given."""
    found = Project(tmp_path / "project")
    found.use_backend(request.param)
    found.write("stub.sh", STUB)
    found.write("rules.md", "Write tests.\n")
    said(found, "a lame answer", "PASS - it will do")
    yield found
    found.end()


def said(project: Project, agent: str, judge: str) -> None:
    project.write("agent.say", agent)
    project.write("judge.say", judge)


def go(project: Project, whole: Any = None, **agent: Any) -> Any:
    plan = {
        "project": "demo",
        "runners": RUNNERS,
        "agents": [{"name": "a", "task": "Do a.", **agent}],
        **(whole or {}),
    }
    project.write("plan.json", json.dumps({**plan, "defaults": {"runner": "stub"}}))
    compiled = project.compile()
    assert compiled.code == 0, compiled.out
    return project.drive()


ASKS = {"ask": "Does it\nhave tests?", "model": "small", "reads": "rules.md"}


def test_a_judge_passes_or_fails_an_answer(project: Project) -> None:
    result = go(project, check=[{"matches": "answer"}, ASKS])
    assert result.code == 0, result.out
    assert project.paid() == ["agent", "judge"]
    assert project.status("a")["cost"] == 0.51
    prompt = project.read("judge.prompt")
    for part in (
        "Does it\nhave tests?",
        "\na lame answer\n===== end",
        "input rules.md",
        "Write tests.",
    ):
        assert part in prompt
    (line,) = [x for x in project.read(".tmp/agents/a/log.txt").splitlines() if "judge" in x]
    expect_words("judges/pass", line)
    assert project.drive().code == 0
    assert project.paid() == []

    # Another question about the kept answer: its agent is not charged again. A verdict is remembered.
    said(project, "a lame answer", "**FAIL**: it has no tests.")
    result = go(project, check={**ASKS, "ask": "Is it long?"})
    assert result.code != 0
    expect_words("judges/fail", project.status("a")["reason"])
    assert project.paid() == ["judge"]
    assert go(project, check=ASKS).code == 0
    assert project.paid() == []


def test_the_next_try_is_told_and_a_judge_without_a_verdict_fails(project: Project) -> None:
    said(project, "a lame answer", "FAIL - it has no tests")
    assert go(project, check=ASKS, retries=1).code != 0
    # The same answer again: its judge is not asked twice.
    assert project.paid() == ["agent", "agent", "judge"]
    assert "FAIL: it has no tests" in project.read("agent.prompt")

    said(project, "another answer", "I cannot tell.")
    assert go(project, check=ASKS, retries=1, task="Again.").code != 0
    reported = project.status("a")
    expect_words("judges/no-verdict", reported["reason"])
    assert project.paid() == ["agent", "judge", "judge"]
    # The answer was paid for: only its judge is asked again.
    said(project, "unseen", "PASS")
    assert project.drive().code == 0
    assert project.paid() == ["judge"]
    assert project.output("a") == "another answer"
    # What the agent cost was reported by the run that ran it.
    assert (reported["cost"], project.status("a")["cost"]) == (0.52, 0.01)


def test_a_rehearsal_asks_nobody(project: Project) -> None:
    project.env["SECRET_KEY"] = "s3cretvalue"
    said(project, "fine", "FAIL - s3cretvalue is in it")
    assert go(project, check=ASKS).code != 0
    assert (
        "s3cretvalue" not in project.read(".tmp/agents/a/log.txt") + project.status("a")["reason"]
    )
    assert project.compile("--runner", "rehearse").code == 0
    project.paid()
    assert project.drive().code == 0
    assert project.paid() == []


def test_the_store_has_verdicts(project: Project) -> None:
    """An answer of the store whose verdict is known is not judged again, wherever that was."""
    project.env["WAVEMAKE_STORE"] = str(project.folder.parent / "store")
    assert go(project, check=ASKS).code == 0
    assert project.paid() == ["agent", "judge"]
    shutil.rmtree(project.path(".tmp"))
    result = go(project, check=ASKS)
    assert result.code == 0, result.out
    assert project.paid() == []
    assert "before: PASS it will" in project.read(".tmp/agents/a/log.txt")
    assert "cost" not in project.status("a")
    reported = project.wavemake("store").out
    for part in ("answers: 1,", "verdicts of judges: 1", "hits: 1 answer reused, $0.51 saved"):
        assert part in reported
    # With another question, the answer of the store is judged; of other inputs, so is another answer.
    shutil.rmtree(project.path(".tmp"))
    said(project, "a lame answer", "FAIL - no")
    assert go(project, check={**ASKS, "ask": "Is it long?"}).code != 0
    assert project.paid()[-1] == "judge"
    shutil.rmtree(project.path(".tmp"))
    said(project, "a lame answer", "PASS")
    assert go(project, check={**ASKS, "ask": "Is it long?"}).code != 0
    assert "judge" not in project.paid()
    project.write("rules.md", "Write more tests.\n")
    shutil.rmtree(project.path(".tmp"))
    assert go(project, check=ASKS).code == 0
    assert project.paid() == ["judge"]


def test_a_store_that_may_not_be_written_gets_no_verdict(project: Project) -> None:
    store = project.folder.parent / "store"
    project.env["WAVEMAKE_STORE"] = str(store)
    project.env["WAVEMAKE_STORE_ACCESS"] = "read"
    assert go(project, check=ASKS).code == 0
    assert not list(store.glob("ac/*/*"))


def test_a_verdict_of_the_store_is_one(project: Project) -> None:
    """What does not say PASS or FAIL, or is damaged, is not used."""
    store = project.folder.parent / "store"
    project.env["WAVEMAKE_STORE"] = str(store)
    assert go(project, check=ASKS).code == 0
    project.paid()
    [damaged] = [path for path in store.glob("cas/*/*") if path.read_text().startswith("PASS")]
    damaged.chmod(0o644)
    damaged.write_text("PASS\nFAIL\n")
    shutil.rmtree(project.path(".tmp"))
    assert go(project, check=ASKS).code == 0
    assert project.paid() == ["judge"]


def test_a_budget_counts_judges(project: Project) -> None:
    """After the agent's 0.50 and its judge's 0.01 nothing is left of 0.51, and something of 0.52."""
    others = [{"name": name, "task": "Do it.", "reads": ["a"]} for name in ("b", "c")]
    agents = [{"name": "a", "task": "Do a.", "check": ASKS}, *others]
    budgets = [{"usd": 0.51}, {"usd": 0.51, "per": "day"}, {"usd": 0.52}]
    for budget in budgets:
        assert go(project, {"agents": agents, "budget": budget}).code != 0
        others_ran = ["agent"] if budget["usd"] == 0.52 else []
        assert project.paid() == ["agent", *others_ran, "judge"]
        states = {project.status(name)["state"] for name in ("b", "c")}
        assert states == {"over budget", *(["done"] if others_ran else [])}
        shutil.rmtree(project.path(".tmp"))


def test_a_judge_alone_needs_a_budget(project: Project) -> None:
    """The kept answer of an agent is judged by another question only within the budget."""
    day = {"usd": 0.51, "per": "day"}
    assert go(project, {"budget": day}, check=ASKS).code == 0
    assert project.paid() == ["agent", "judge"]
    other = {**ASKS, "ask": "Is it long?"}
    assert go(project, {"budget": day}, check=other).code != 0
    assert project.paid() == []
    assert project.status("a")["state"] == "over budget"
    result = go(project, {"budget": {**day, "usd": 0.52}}, check=other)
    assert result.code == 0, result.out
    assert project.paid() == ["judge"]
    # It counts, although the agent did not run.
    more = [{"name": "b", "task": "Do b."}, {"name": "a", "task": "Do a.", "check": other}]
    assert go(project, {"agents": more, "budget": {**day, "usd": 0.52}}).code != 0
    assert project.paid() == []


def test_each_try_and_its_judge_count(project: Project) -> None:
    said(project, "a lame answer", "FAIL - no")
    whole = {"budget": {"usd": 0.51}}
    assert go(project, whole, check=ASKS, retries=3).code != 0
    assert project.paid() == ["agent", "judge"]
    assert "over budget" in project.status("a")["state"]


def codes(agent: dict[str, Any], whole: Any = None, **options: Any) -> list[str]:
    plan = {"agents": [{"name": "notes", "task": "Write them.", **agent}], **(whole or {})}
    text = json.dumps(plan)
    return [each.code for each in check(text, **options).diagnostics if each.code < "WM2"]


def test_what_a_plan_may_say_of_a_judge() -> None:
    assert codes({"check": {"ask": "Is it good?", "runner": "codex", "model": "x"}}) == []
    assert codes({"check": {"ask": "Is it good?", "runner": "nobody"}}) == ["WM121"]
    assert codes({"check": {"ask": "Is it good?", "runner": "command"}}) == ["WM122"]
    assert codes({"check": {"ask": " "}}) == ["WM104"]
    assert codes({"check": {"ask": "Is it?", "json": True}}) == ["WM104"]
    assert codes({"check": {"model": "x"}}) == ["WM104"]
    assert codes({"check": {"ask": "Is it?", "reads": "../secret"}}) == ["WM116"]
    assert codes({"check": {"ask": "Is it?", "reads": ["notes"]}}) == ["WM113"]
    assert codes({"check": [{"ask": "Is it good?"}, {"json": True}]}, untrusted=True) == []
    assert codes({"check": {"ask": "Is it?", "runner": "codex"}}, untrusted=True) == ["WM119"]
    assert codes({"check": "make test"}, untrusted=True) == ["WM119"]
    reports_none = {"ask": "Is it good?", "runner": "ollama", "model": "x"}
    assert codes({"check": reports_none}, {"budget": {"usd": 1}}) == ["WM129"]
    assert codes({"check": reports_none, "cost_usd": 0}, {"budget": {"usd": 1}}) == []
    assert codes({"check": {"ask": "Is it?", "reads": ".env"}}, untrusted=True) == ["WM119"]
