"""An agent that asks a person: state asked, make answer-AGENT, and what ends a run that waits."""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.expectations import expect_words
from tests.harness import AWKS, BACKENDS, Project, run_awk, runtime

ASKS = 'grep -q "^Use Postgres" "$prompt" && echo chosen || echo "WAVEMAKE-QUESTION: Which one?"'
WAYS = (*BACKENDS, "fragment")
INCLUDE = "include .tmp/agents/agents.mk\n"


@pytest.fixture(params=WAYS)
def project(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Project]:
    """Two agents, of which the first asks; b goes on past failures."""
    found = Project(tmp_path / "project")
    found.use_backend("ninja" if request.param == "ninja" else "make")
    found.plan({"a": [], "b": {"reads": ["a"], "on_failure": "continue"}})
    found.behave("a", ASKS)
    fragment = ["--fragment"] if request.param == "fragment" else []
    assert found.compile(*fragment).code == 0
    if fragment:
        found.write("Makefile", INCLUDE)
    yield found
    found.end()


def go(project: Project) -> Any:
    if (project.folder / "Makefile").exists() and "include" in project.read("Makefile")[:8]:
        return project.make("-k", "wavemake")
    return project.drive()


def answer(project: Project, *words: str) -> Any:
    is_fragment = (project.folder / "Makefile").exists() and "include" in project.read("Makefile")[
        :8
    ]
    goal = "wavemake-answer-a" if is_fragment else "answer-a"
    return project.make(goal, *words) if is_fragment else project.drive(goal, *words)


def test_a_question_is_answered_and_charged_once(project: Project) -> None:
    assert go(project).code != 0
    assert project.paid() == ["a"]
    assert project.status("a")["state"] == "asked"
    assert "Which one?" in project.status("a")["reason"]
    assert not project.path(".tmp/agents/a/output.md").exists()
    result = go(project)
    assert result.code != 0
    assert "answer-a" in result.out
    assert project.paid() == []
    assert project.status("a")["attempts"] == 1

    reported = {
        each["name"]: each
        for each in json.loads(project.wavemake("status", "--json").out)["agents"]
    }
    assert (reported["a"]["state"], reported["b"]["state"]) == ("asked", "blocked")
    assert project.wavemake("status").code == 3
    assert "waiting for an answer" in project.wavemake("preview").out

    assert answer(project).code != 0
    project.write("said.txt", 'Use Postgres: $5 "quoted".\n')
    assert answer(project, "FILE=said.txt").code == 0
    assert answer(project, "TEXT=again").code != 0
    result = go(project)
    assert result.code == 0, result.out
    assert project.paid() == ["a", "b"]
    prompt = project.read(".tmp/agents/a/prompt.md")
    assert "WAVEMAKE-QUESTION: Which one?\n===== end" in prompt
    assert 'Use Postgres: $5 "quoted".' in prompt
    assert project.output("a") == "chosen\n"
    assert project.wavemake("status").code == 0
    assert go(project).code == 0
    assert project.paid() == []


def test_another_task_asks_anew_and_force_pays(tmp_path: pathlib.Path) -> None:
    project = Project(tmp_path / "project")
    project.env["WAVEMAKE_STORE"] = str(tmp_path / "store")
    project.plan({"a": []})
    project.behave("a", ASKS)
    project.compile()
    project.make()
    project.make("FORCE=1")
    assert project.paid() == ["a", "a"]
    assert not list((tmp_path / "store").glob("ac/*/*"))
    assert project.make("answer-a", "TEXT=Use Postgres").code == 0
    project.plan({"a": {"task": "Another."}})
    assert project.compile().code == 0
    assert project.make().code == 0
    assert project.paid() == ["a"]
    assert project.output("a") == "chosen\n"
    # What was answered is forgotten with the answer.
    project.plan({"a": {"task": "A third."}})
    assert project.compile().code == 0
    assert project.make().code == 2
    assert project.status("a")["state"] == "asked"
    project.write(".tmp/agents/a/output.md", "by hand\n")
    assert project.make().code == 0
    assert project.output("a") == "by hand\n"


def test_a_question_that_a_kill_kept_from_being_recorded(tmp_path: pathlib.Path) -> None:
    project = Project(tmp_path / "project")
    project.plan({"a": []})
    project.behave("a", ASKS)
    project.compile()
    project.make()
    assert project.paid() == ["a"]
    inside = ".tmp/agents/a"
    for name, text in (
        ("inputs", project.read(f"{inside}/.asked")),
        ("output.md", project.read(f"{inside}/question.md")),
        ("rc", "0\n"),
    ):
        project.write(f"{inside}/.try/{name}", text)
    for name in (".asked", "question.md", "status.json"):
        project.path(f"{inside}/{name}").unlink()
    assert project.make().code == 2
    assert project.paid() == []
    assert project.status("a")["state"] == "asked"
    assert project.make("answer-a", "TEXT=Use Postgres").code == 0
    assert project.make().code == 0
    assert project.paid() == ["a"]


def test_a_question_is_not_tried_again_and_not_checked(tmp_path: pathlib.Path) -> None:
    project = Project(tmp_path / "project")
    settings = {"retries": 2, "check": {"json": True}, "outputs": ["made"]}
    project.plan({"a": {"reads": [], **settings}, "answer-a": []})
    project.behave("a", ASKS)
    assert project.compile().code == 0
    assert project.make().code == 2
    assert sorted(project.paid()) == ["a", "answer-a"]
    assert project.status("a")["state"] == "asked"
    assert project.make("answer-a").code == 0


def test_refusals_name_the_command_that_was_typed(project: Project) -> None:
    assert go(project).code != 0
    refused = answer(project)
    assert refused.code != 0
    is_ninja = project.path("build.ninja").exists()
    is_fragment = project.path("Makefile").exists() and INCLUDE in project.read("Makefile")
    typed = "sh .tmp/agents/runtime/ninja.sh " if is_ninja else "make "
    typed += "wavemake-" if is_fragment else ""
    assert f'{typed}answer-a TEXT="..."' in refused.out
    rejected = project.make if is_fragment else project.drive
    project.write(".tmp/agents/b/output.md", "an answer\n")
    assert f'{typed}reject-b WHY="..."' in rejected(f"{'wavemake-' * is_fragment}reject-b").out
    by_hand = "sh .tmp/agents/runtime/drive.sh answer-a .tmp/agents"
    assert f'TEXT="..." {by_hand}' in project.run(by_hand.split()).out


def test_the_last_line_tells_waiting_from_failure(tmp_path: pathlib.Path) -> None:
    project = Project(tmp_path / "project")
    project.plan({"a": {"reads": [], "approve": "after"}, "b": [], "c": ["a"]})
    project.compile()
    last = [each for each in project.make().lines() if each.startswith("wavemake: ")][-1]
    begin, _, rest = project.read(".tmp/agents/summary.md").partition("\nWaiting for you:\n")
    assert begin
    expect_words("run/waiting", last, rest.split("\n\n")[0])
    assert project.wavemake("status").code == 3
    before = project.status("a")
    project.make()
    assert project.status("a") == before
    project.behave("b", "exit 1")
    project.plan({"a": {"reads": [], "approve": "after"}, "b": {"task": "Fail."}, "c": ["a"]})
    assert project.compile().code == 0
    last = [each for each in project.make().lines() if each.startswith("wavemake: ")][-1]
    assert "nothing failed" not in last
    assert ": make approve-a SUM=" in last
    assert project.wavemake("status").code == 1
    project.behave("b", "echo well")
    assert project.make("approve-a").code == 0
    assert project.make().code == 0
    after = project.status("a")
    assert after == {**before, "state": "done", "reason": ""}


QUESTIONS = {
    "WAVEMAKE-QUESTION: Which?": "Which?",
    "WAVEMAKE-QUESTION: Which?WAVEMAKE-QUESTION: Which?": "Which?",
    "\n\n  **WAVEMAKE-QUESTION:** Which?\nMore.": "Which? More.",
    "\ufeffwavemake-question:\n\nWhich?": "Which?",
    "```\nWAVEMAKE-QUESTION: `x`?\n```": "`x`?",
    "> \033[1mWAVEMAKE-QUESTION: a\033[0m": "a",
}
ANSWERS = [
    "Done.\nWAVEMAKE-QUESTION: no",
    "The word WAVEMAKE-QUESTION: is mine",
    "WAVEMAKE QUESTION",
    "",
    "答\nWAVEMAKE-QUESTION: x",
]


@pytest.mark.parametrize("awk", AWKS)
def test_what_a_question_is(awk: str, tmp_path: pathlib.Path) -> None:
    if not shutil.which(awk.split()[0]):
        pytest.skip(f"no {awk}")
    file = tmp_path / "output.md"
    words = ["-v", "program=question", "-f", str(runtime() / "lib.awk"), str(file)]

    def ask(text: str) -> subprocess.CompletedProcess[bytes]:
        file.write_text(text + "\n")
        return run_awk(awk.split(), *words)

    for text, question in QUESTIONS.items():
        assert ask(text).stdout.decode().strip() == question, text
    for text in ANSWERS:
        assert (ask(text).returncode, ask(text).stdout) == (1, b""), text
