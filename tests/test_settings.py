"""What a plan says of how agents are run, as agent.sh reads it: the head of task.md, limits, manifest."""

from __future__ import annotations

import hashlib
import json
import pathlib
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.compiler import check, said
from tests.harness import REPOSITORY, Project, examples
from wavemake.compiler import driver
from wavemake.compiler.ir import BuildGraph, Job
from wavemake.compiler.options import Options
from wavemake.plan.diagnostics import Severity
from wavemake.plan.ere import ere_problem


@pytest.fixture
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A project with a file and a folder, which is the current one."""
    (tmp_path / "src").mkdir()
    (tmp_path / "notes.md").write_text("notes\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def graph(agents: list[dict[str, Any]], **keys: Any) -> BuildGraph:
    text = json.dumps({"agents": agents, **keys})
    checked = check(text)
    assert checked.plan, said(text)
    return driver.build(checked.plan, "", Options("plan.json"))


def job(agent: dict[str, Any], **keys: Any) -> Job:
    """The agent `a` of a plan, which has a `b` to read as well."""
    others = [{"name": "b", "task": "B.", "reads": [], "command": "cat"}]
    jobs = graph([{"name": "a", "task": "A.", **agent}, *others], **keys).jobs
    return next(each for each in jobs if each.name == "a")


def head(agent: dict[str, Any], **keys: Any) -> list[str]:
    return job(agent, **keys).task.split("\n---\n", 1)[0].split("\n")


def lines(agent: dict[str, Any], *words: str, **keys: Any) -> list[str]:
    """The lines of the head that begin with any of `words`."""
    return [line for line in head(agent, **keys) if line.split(" ")[0] in words]


def test_the_head_of_an_agent_that_says_nothing(folder: pathlib.Path) -> None:
    assert head({"runner": "rehearse"}) == [
        "--- wavemake 1",
        "runner rehearse",
        "timeout 1800",
        "max-prompt 1048576",
        "retries 2 0",
        "envelope text",
        "run sh",
        "run .tmp/agents/runtime/rehearse.sh",
    ]


def test_retries_hold_for_both_kinds_of_failure(folder: pathlib.Path) -> None:
    assert lines({"retries": 0}, "retries") == ["retries 0 0"]
    assert lines({"retries": 7}, "retries") == ["retries 7 7"]
    assert job({"retries": 7}).retries == (7, 7)
    assert job({}).retries == (2, 0)


def test_parts_of_what_is_read(folder: pathlib.Path) -> None:
    reads = [
        {"agent": "b", "max": "20k"},
        {"agent": "b", "max": 5, "keep": "tail"},
        {"file": "notes.md", "as": "path"},
        "notes.md",
    ]
    assert lines({"reads": reads}, "cut", "by", "read") == [
        "cut head 20480",
        "read agent b",
        "cut tail 5",
        "read agent b",
        "by path",
        "read file notes.md",
        "read file notes.md",
    ]
    assert job({"reads": reads}).needs == ("b",)
    assert job({"reads": reads}).files == ("notes.md",)


def test_a_part_of_a_file_replaces_the_whole_of_it_in_the_context(folder: pathlib.Path) -> None:
    found = lines({"reads": {"file": "notes.md", "max": 5}}, "cut", "read", context="notes.md")
    assert found == ["cut head 5", "read file notes.md"]


def test_checks_approval_and_tolerance(folder: pathlib.Path) -> None:
    agent = {
        "check": ["pytest -q\n", {"matches": "^# "}, {"json": True}],
        "approve": True,
        "on_failure": "continue",
        "reads": ["b"],
    }
    assert lines(agent, "check", "approve", "tolerant") == [
        "check sh pytest -q",
        "check matches ^# ",
        "check json",
        "approve before",
        "tolerant",
    ]
    assert lines({"approve": False, "check": []}, "check", "approve") == []
    assert lines({"check": []}, "check", defaults={"check": "false"}) == []


def test_the_words_that_pass_settings_on(folder: pathlib.Path) -> None:
    agent = {
        "tools": ["Read", "Bash(git log:*)"],
        "permissions": "acceptEdits",
        "max_budget_usd": 0.5,
        "system": "Be brief.\nBe kind.\n",
        "isolate": True,
        "env": ["B", "A"],
    }
    checksum = hashlib.sha256(agent["system"].encode()).hexdigest()  # type: ignore[attr-defined]
    assert lines(agent, "with", "isolate", "env") == [
        "with tools Read,Bash(git log:*)",
        "with permissions acceptEdits",
        f"with system {checksum}",
        "env B",
        "env A",
        "isolate CLAUDE_CONFIG_DIR",
    ]
    words = [line.removeprefix("run ") for line in lines(agent, "run")]
    assert words[words.index("--max-budget-usd") + 1] == "0.5"
    assert words[words.index("--append-system-prompt-file") + 1] == ".tmp/agents/a/system.md"
    assert job(agent).extra == (("system.md", "Be brief.\nBe kind.\n"),)


def test_a_cli_without_a_system_prompt_gets_it_in_front(folder: pathlib.Path) -> None:
    found = job({"command": "cat", "system": "Be brief.\n---\nrun rm"})
    assert found.task.split("\n---\n", 1)[1].startswith(
        "Be brief.\n---\nrun rm\n\nYou are the agent"
    )
    assert (found.extra, lines({"command": "cat", "system": "x"}, "with")) == ((), [])


def test_paths_lead_from_the_folder_in_which_the_command_runs(folder: pathlib.Path) -> None:
    agent = {"cwd": "./src/", "runner": "rehearse"}
    assert lines(agent, "with", "cwd", "run") == [
        "with cwd src",
        "cwd src",
        "run sh",
        "run ../.tmp/agents/runtime/rehearse.sh",
    ]
    assert lines({"cwd": "."}, "with", "cwd") == []


def test_a_runner_of_the_plan(folder: pathlib.Path) -> None:
    runners = {
        "mine": {
            "command": ["mine", "--file={prompt}"],
            "model": "--model",
            "tools": ["--tool={}"],
            "env": "KEY",
        }
    }
    agent = {"runner": "mine", "model": "m", "tools": ["a", "b"], "args": ["-v"]}
    call = ["mine", "--file={prompt}", "--model", "m", "--tool=a", "--tool=b"]
    found = head(agent, runners=runners)
    assert [line for line in found if line.startswith("with word")] == [
        f"with word {word}" for word in call
    ]
    assert [line for line in found if line.startswith("run ")] == [
        f"run {word}" for word in [*call, "-v"]
    ]
    assert {"runner mine", "env KEY", "prompt file", "envelope text"} <= set(found)
    assert job(agent, runners=runners).program == "mine"


def test_limits_and_the_manifest(folder: pathlib.Path) -> None:
    agents = [{"name": "a", "task": "A.", "pool": "api", "timeout": 5, "outputs": ["o.md"]}]
    limited = graph(
        agents, pools={"api": 2}, budget={"usd": 5, "tokens": 1000}, defaults={"approve": "after"}
    )
    files = driver.files_of(limited, Options("plan.json"))
    reported = files[".tmp/agents/runtime/plan"].splitlines()
    assert reported[:3] == ["pool api 2", "budget usd 5", "budget tokens 1000"]
    manifest = json.loads(files[".tmp/agents/manifest.json"])
    assert (manifest["pools"], manifest["budget"]) == ({"api": 2}, {"usd": 5.0, "tokens": 1000})
    (agent,) = manifest["agents"]
    assert (agent["pool"], agent["timeout"], agent["outputs"]) == ("api", 5, ["o.md"])
    assert (agent["approve"], agent["on_failure"]) == ("after", "block")
    files = driver.files_of(graph([{"name": "a", "task": "A."}]), Options("plan.json"))
    assert files[".tmp/agents/runtime/plan"].startswith("prefix ")


def test_whose_failure_is_tolerated(folder: pathlib.Path) -> None:
    agents: list[dict[str, Any]] = [
        {"name": "a", "task": "A."},
        {"name": "b", "task": "B.", "reads": ["a"]},
        {"name": "c", "task": "C.", "reads": ["b"], "on_failure": "continue"},
        {"name": "d", "task": "D.", "depends_on": ["c"]},
    ]
    found = {each.name: (each.tolerant, each.tolerated) for each in graph(agents).jobs}
    assert found == {
        "a": (False, True),
        "b": (False, True),
        "c": (True, False),
        "d": (False, False),
    }


def test_defaults_are_not_asked_of_commands_and_rehearsals(folder: pathlib.Path) -> None:
    defaults = {"tools": ["Read"], "permissions": "plan", "isolate": True, "max_budget_usd": 1}
    for agent in ({"command": "cat"}, {"runner": "rehearse"}):
        assert lines(agent, "with", "isolate", defaults=defaults) == []


# --- whatever the values are ---

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8)
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "model": WORDS,
        "args": st.lists(WORDS, max_size=3),
        "system": WORDS,
        "tools": st.lists(WORDS, max_size=3),
        "permissions": WORDS,
        "env": st.lists(WORDS | st.just("KEY"), max_size=2),
        "check": st.lists(WORDS | st.fixed_dictionaries({"matches": WORDS}), max_size=2),
        "cwd": WORDS | st.just("src"),
        "retries": st.integers(0, 100),
        "reads": st.lists(
            st.fixed_dictionaries({"file": WORDS, "max": st.integers(1, 9)}), max_size=2
        ),
        "outputs": st.lists(WORDS, max_size=2),
        "approve": st.sampled_from([True, False, "before", "after"]),
        "on_failure": st.sampled_from(["block", "continue"]),
        "isolate": st.booleans(),
        "max_budget_usd": st.floats(0.01, 1e6),
    },
)
KNOWN = re.compile(
    r"(runner|model|arg|with|timeout|max-prompt|retries|envelope|set|env|cwd|isolate|run|cut|read|output|"
    r"check|approve) .*|tolerant|by path|check json"
)


@settings(
    max_examples=examples(300),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
@given(agent=SETTINGS)
def test_what_is_in_the_plan_is_in_the_head(folder: pathlib.Path, agent: dict[str, Any]) -> None:
    """Or the plan is refused: no value becomes a line of its own."""
    text = json.dumps({"agents": [{"name": "a", "task": "A.", **agent}]})
    checked = check(text)
    if checked.plan is None:
        assert any(each.severity is Severity.ERROR for each in checked.diagnostics)
        return
    (job,) = driver.build(checked.plan, "", Options("plan.json")).jobs
    start, *found = job.task.split("\n---\n", 1)[0].split("\n")
    assert start == "--- wavemake 1"
    assert [line for line in found if not KNOWN.fullmatch(line)] == []
    assert [line for line in found if line.startswith("arg ")] == [
        f"arg {word}" for word in agent.get("args", [])
    ]
    assert [line for line in found if line.startswith("env ")] == [
        f"env {name}" for name in dict.fromkeys(agent.get("env", []))
    ]
    checks = [line for line in found if line.startswith("check ")]
    assert len(checks) == len(agent.get("check", []))
    assert ("cwd src" in found) == (agent.get("cwd") == "src")
    assert ("approve before" in found) == (agent.get("approve") in (True, "before"))
    budget = agent.get("max_budget_usd")
    assert budget is None or float(
        found[found.index("run --max-budget-usd") + 1].removeprefix("run ")
    ) == pytest.approx(budget, abs=1e-6)


# --- regular expressions ---


@pytest.mark.parametrize(
    "pattern",
    [
        "^# [A-Z]",
        "a{2,3}b",
        "(a|b)+$",
        r"\(x\)",
        "[]a]",
        "[^]]x",
        "[[:digit:]]+",
        "a\\{",
        "()",
        "x|",
    ],
)
def test_a_regular_expression_is_one_for_grep(project: Project, pattern: str) -> None:
    assert ere_problem(pattern) == ""
    assert project.run(["grep", "-E", "-e", pattern]).code == 1


@pytest.mark.parametrize("pattern", ["(a", "[a", "a\\", "x{3,2}", "[[:digit:]"])
def test_what_grep_refuses_is_refused(project: Project, pattern: str) -> None:
    assert ere_problem(pattern)
    assert project.run(["grep", "-E", "-e", pattern]).code == 2


# --- the documentation ---

EXAMPLES = re.findall(r"```json\n(.*?)```", (REPOSITORY / "docs" / "plans.md").read_text(), re.S)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_a_plan_of_the_documentation_has_no_errors(folder: pathlib.Path, number: int) -> None:
    checked = check(EXAMPLES[number])
    assert checked.plan, said(EXAMPLES[number])
    assert {each.code for each in checked.diagnostics} <= {"WM151"}  # files that are not here
