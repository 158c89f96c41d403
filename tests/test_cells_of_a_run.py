"""for_each with a list that an agent answers: cells that a run makes, on every back end."""

from __future__ import annotations

import json
import os
import pathlib
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.compiler import check
from tests.expectations import expect_words
from tests.harness import BACKENDS, Project, wait_for


@pytest.fixture(params=BACKENDS)
def project(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Project]:
    """A project, for each back end."""
    found = Project(tmp_path / "project")
    found.use_backend(request.param)
    yield found
    found.end()


def plan(
    project: Project,
    items: Any,
    *,
    most: int = 50,
    extra: Any = None,
    whole: Any = None,
    **keys: Any,
) -> None:
    """A survey that answers `items`, an agent for each of them, and a report that reads these."""
    project.behave("survey", "cat list.json")
    answer(project, items)
    fix = {"for_each": {"agent": "survey", "max": most}, "task": "Fix {{item}}.", **keys}
    agents = {"survey": [], "fix": fix, "report": ["fix"], "other": []}
    project.plan({**agents, **(extra or {})}, **(whole or {}))
    assert project.compile().code == 0


def answer(project: Project, items: Any) -> None:
    project.write("list.json", items if isinstance(items, str) else json.dumps(items))


def again(project: Project, items: Any) -> None:
    """Have the survey answer something else."""
    answer(project, items)
    assert project.drive("survey", "FORCE=1").code == 0
    assert project.paid() == ["survey"]


def test_a_list_becomes_cells_and_readers_read_them_in_its_order(project: Project) -> None:
    plan(project, ["two", "one"])
    result = project.drive()
    assert result.code == 0, result.out
    assert project.paid() == ["fix-one", "fix-two", "other", "report", "survey"]
    prompt = project.read(".tmp/agents/report/prompt.md")
    assert prompt.index("===== input fix-two ") < prompt.index("===== input fix-one ")
    assert project.is_up_to_date()
    assert "nothing to do" in project.drive().out
    assert project.paid() == []


def test_another_list_runs_only_what_is_new(project: Project) -> None:
    plan(project, ["one", "two"])
    assert project.drive().code == 0
    project.paid()
    again(project, ["three", "two"])
    assert project.drive().code == 0
    assert project.paid() == ["fix-three", "report"]
    prompt = project.read(".tmp/agents/report/prompt.md")
    assert "input fix-three " in prompt
    assert "input fix-one " not in prompt
    again(project, ["one", "two", "three"])
    assert project.drive("fix").code == 0
    assert project.paid() == []


def test_an_empty_list_is_a_success(project: Project) -> None:
    plan(project, [])
    assert project.drive().code == 0
    assert project.paid() == ["other", "report", "survey"]
    assert project.is_up_to_date()


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ('{"a": 1}', "a list is wanted"),
        ("I found nothing.", "not a JSON array"),
        ('["a"', "not a JSON array"),
        ('["a"] and more', "not a JSON array"),
        ("[null]", "item 1 is neither"),
        ('[["a"]]', "item 1 is neither"),
        (["a", "b", "c", "d"], "over 'max' (3)"),
        ([{"name": "x", "n": 1}, {"name": "x", "n": 2}], "items 1 and 2 have the same name"),
        (["x" * 1_000_000], "100000 are the most"),
        (["tests"], "as another agent is"),
    ],
)
def test_a_broken_list_is_a_failure_that_pays_nothing(
    project: Project, items: Any, said: str
) -> None:
    plan(project, items, most=3, extra={"fix-tests": []})
    result = project.drive("report")
    assert result.code == 2 or project.backend == "ninja"
    assert result.code != 0
    assert said in result.out
    assert project.paid() == ["survey"]
    assert "failed fix: " in result.out


def test_what_is_much_the_same(project: Project) -> None:
    """Equal items are one, and a list may stand between fences."""
    plan(project, '```json\n[{"a": 1, "b": [2, 3]},\n {"b":[2,3],"a":1}, "x"]\n```\n')
    assert project.drive("fix").code == 0
    [survey, _, one] = sorted(project.paid(), key=lambda name: name in ("fix-x", "other"))[-3:]
    assert len(list(project.folder.glob(".tmp/agents/fix-*/output.md"))) == 2
    assert {survey, one} & {"survey", "fix-x"}


def test_items_are_data(project: Project) -> None:
    item = {
        "name": "a",
        "text": "it's $(touch pwned) `x` {{item}} {{brace}} $$\\",
        "file": "in (1).txt",
    }
    plan(
        project,
        [item],
        task="About {{item.text}} {{ index }} {{{item.name}}} {{other}}\nand {{item}}",
        reads=["{{item.file}}"],
        outputs=["out/{{item.name}} #$.md"],
        check=['test {{item.text}} = "$(cat text)"', {"matches": "^{{item.text}}$"}],
    )
    project.write("text", item["text"])
    project.write(item["file"], "hello")
    project.behave("fix-a", "mkdir -p out; echo x >'out/a #$.md'; cat text")
    result = project.drive()
    assert result.code == 0, result.out
    assert not project.path("pwned").exists()
    prompt = project.read(".tmp/agents/fix-a/prompt.md")
    assert (
        f"About {item['text']} 1 {{a}} {{{{other}}}}\nand {json.dumps(item, sort_keys=True)}"
        in prompt
    )
    assert "hello" in prompt
    assert project.is_up_to_date()
    project.write(item["file"], "hello again")
    assert not project.is_up_to_date()
    assert project.drive().code == 0
    assert "fix-a" in project.paid()
    project.path("out/a #$.md").unlink()
    assert project.drive().code == 0
    assert project.path("out/a #$.md").exists()


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "x:y", "~x", ".tmp/agents/x"])
def test_a_path_of_an_item_stays_in_the_project(project: Project, path: str) -> None:
    plan(project, [path], reads=["{{item}}"])
    assert project.drive("fix").code != 0
    assert project.paid() == ["survey"]


def test_names_are_those_of_a_list_in_the_plan(project: Project) -> None:
    items = [
        "api",
        "API",
        "a/b",
        "日本",
        3,
        2.5,
        {"name": "ui"},
        {"id": "U i"},
        {"x": [1, {"b": "\n", "a": True}]},
        True,
    ]
    plan(project, items)
    assert project.drive("fix").code == 0
    made = {path.name for path in project.folder.glob(".tmp/agents/fix-*")}
    tasks = {name: project.read(f".tmp/agents/{name}/task.md") for name in made}
    project.plan({"fix": {"for_each": items, "task": "Fix {{item}}.", "reads": []}})
    assert project.compile("--force").code == 0
    assert {path.name for path in project.folder.glob(".tmp/agents/fix-*")} == made
    assert {name: project.read(f".tmp/agents/{name}/task.md") for name in made} == tasks


def test_a_failed_cell_leaves_the_others(project: Project) -> None:
    plan(project, ["one", "two"], extra={"last": {"reads": ["fix"], "on_failure": "continue"}})
    project.behave("fix-one", "exit 1")
    result = project.drive()
    assert result.code != 0
    assert project.paid() == ["fix-one", "fix-two", "last", "other", "survey"]
    expect_words("cells/not-done", result.having("cells not done"))
    prompt = project.read(".tmp/agents/last/prompt.md")
    assert "`fix-one` did not" in prompt
    assert "input fix-two " in prompt
    project.behave("fix-one", "echo fine")
    result = project.drive()
    assert result.code == 0, result.out
    assert project.paid() == ["fix-one", "last", "report"]
    assert project.is_up_to_date()


def test_nothing_that_only_looks_pays(project: Project) -> None:
    plan(project, ["one"])
    looks = [["-n"], ["-q"], ["status"]] if project.backend == "make" else [["-n"], ["status"]]
    for words in looks:
        project.drive(*words)
    project.wavemake("status")
    project.wavemake("preview")
    assert project.drive("other").code == 0
    assert project.paid() == ["other"]
    assert project.drive().code == 0
    project.paid()
    again(project, ["one", "two"])
    for words in looks:
        project.drive(*words)
    project.wavemake("status")
    project.wavemake("preview")
    assert project.paid() == []


def test_touch_pays_nothing(tmp_path: pathlib.Path) -> None:
    project = Project(tmp_path / "project")
    plan(project, ["one"])
    project.make("-t")
    assert project.paid() == []
    assert project.drive().code != 0
    assert project.drive("survey", "FORCE=1").code == 0
    project.end()


def test_a_cell_is_a_goal(project: Project) -> None:
    plan(project, ["one", "two"])
    assert project.drive("fix").code == 0
    project.paid()
    assert project.drive("fix-one", "FORCE=1").code == 0
    assert project.paid() == ["fix-one"]
    assert project.drive("fix", "FORCE=1").code == 0
    assert project.paid() == ["fix-one", "fix-two"]
    assert project.drive().code == 0
    assert project.paid() == ["other", "report"]
    assert project.is_up_to_date()


def test_an_answer_that_is_gone_or_edited(project: Project) -> None:
    plan(project, ["one", "two"])
    assert project.drive().code == 0
    project.paid()
    project.path(".tmp/agents/fix-one/output.md").unlink()
    assert not project.is_up_to_date()
    assert project.drive().code == 0
    assert project.paid() == ["fix-one"]
    project.write(".tmp/agents/fix-two/output.md", "by hand\n")
    assert project.drive().code == 0
    assert project.paid() == ["report"]
    assert "by hand" in project.read(".tmp/agents/report/prompt.md")


def test_another_task_pays_all_cells(project: Project) -> None:
    plan(project, ["one", "two"])
    assert project.drive().code == 0
    project.paid()
    plan(project, ["one", "two"], task="Mend {{item}}.")
    assert project.drive("fix").code == 0
    assert project.paid() == ["fix-one", "fix-two"]


def test_a_list_in_a_file(project: Project) -> None:
    survey = {"outputs": ["found.json"], "reads": []}
    project.behave("survey", "echo '[\"one\"]' >found.json; echo done")
    each = {"for_each": {"agent": "survey", "file": "found.json"}, "task": "{{item}}"}
    project.plan({"survey": survey, "fix": each})
    assert project.compile().code == 0
    assert project.drive().code == 0
    assert project.paid() == ["fix-one", "survey"]
    assert project.is_up_to_date()
    project.write("found.json", '["one", "two"]')
    assert project.drive().code == 0
    assert project.paid() == ["fix-two"]


def test_the_jobserver_and_pools_hold(project: Project) -> None:
    """Of six cells, no more run at once than make was allowed, and in a pool of one, one."""
    count = "mkdir -p at; : >at/$$; ls at | wc -l >>most; sleep 0.1; rm at/$$; echo ok"
    items = [f"n{number}" for number in range(6)]
    plan(project, items, pool="db", whole={"pools": {"db": 1}})
    project.env["WAVEMAKE_STAGGER"] = "0"
    for number in range(6):
        project.behave(f"fix-n{number}", count)
    assert project.drive("fix").code == 0
    assert {int(line) for line in project.read("most").split()} == {1}
    plan(project, items, task="Mend {{item}}.")
    project.path("most").unlink()
    assert project.drive("-j3", "fix").code == 0
    assert 1 < max(int(line) for line in project.read("most").split()) <= 3


@pytest.mark.slow
def test_cells_of_ninja_share_the_jobserver_of_make(tmp_path: pathlib.Path) -> None:
    """Cells and other agents together: ninja 1.13 starts no more of them than make was allowed."""
    project = Project(tmp_path / "project")
    project.use_backend("ninja")
    project.use_make("newest")
    version = project.run(["ninja", "--version"]).out.split(".")
    if (int(version[0]), int(version[1])) < (1, 13):
        pytest.skip("ninja before 1.13 is no client of a jobserver")
    count = "mkdir -p at; : >at/$$; ls at | wc -l >>most; sleep 0.3; rm at/$$; echo ok"
    others: dict[str, Any] = {f"more{number}": ["survey"] for number in range(4)}
    plan(project, [f"n{number}" for number in range(4)], extra=others)
    for number in range(4):
        project.behave(f"fix-n{number}", count)
        project.behave(f"more{number}", count)
    project.write("GNUmakefile", "all: ; +ninja\n")
    result = project.make("-j2", "--jobserver-style=fifo")
    assert result.code == 0, result.out
    assert max(int(line) for line in project.read("most").split()) == 2
    project.end()


def test_a_budget_holds_for_cells(project: Project) -> None:
    whole = {"budget": {"usd": 2}, "defaults": {"cost_usd": 0}}
    plan(project, ["one", "two", "three"], cost_usd=1, whole=whole)
    result = project.drive("-j1", "fix")
    assert result.code != 0
    assert len(project.paid()) == 3


def test_a_kill_costs_no_answer(project: Project) -> None:
    plan(project, ["one", "two"])
    project.behave("fix-two", "touch started; sleep 60")
    make = project.start_drive("fix")
    wait_for(project.path("started").exists, "the start of a cell")
    wait_for(project.path(".tmp/agents/fix-one/output.md").exists, "the end of the other")
    # What ninja starts is in groups of its own.
    os.killpg(make.pid, signal.SIGKILL if project.backend == "make" else signal.SIGTERM)
    make.wait()
    wait_for(lambda: not project.processes(), "the end of all")
    project.paid()
    project.behave("fix-two", "echo fine")
    result = project.drive()
    assert result.code == 0, result.out
    assert project.paid() == ["fix-two", "other", "report"]


def test_cells_renew_the_lock_of_their_agent(project: Project) -> None:
    """Another host takes a lock over that is not renewed, although its holder only waits for cells."""
    plan(project, ["one"])
    project.env["WAVEMAKE_RENEW"] = "1"
    project.behave("fix-one", "touch started; until [ -e go ]; do sleep 0.1; done; echo fine")
    make = project.start_drive("fix")
    wait_for(project.path("started").exists, "the start of the cell")
    lock = project.path(".tmp/agents/fix/.lock")
    os.utime(lock, (1, 1))
    wait_for(lambda: lock.stat().st_mtime > 1, "a renewed lock")
    project.write("go", "")
    assert make.wait() == 0


def test_two_makes_at_once_pay_once(project: Project) -> None:
    plan(project, ["one", "two", "three"])
    for name in ("one", "two", "three"):
        project.behave(f"fix-{name}", "sleep 0.3; echo fine")
    makes = [project.start_drive(), project.start_drive()]
    assert [make.wait() for make in makes] == [0, 0]
    assert project.paid() == ["fix-one", "fix-three", "fix-two", "other", "report", "survey"]


def test_a_stage_reads_a_stage(project: Project) -> None:
    more = {
        "second": {"reads": ["fix"], "task": "List."},
        "check": {"for_each": {"agent": "second"}, "reads": ["fix"], "task": "{{item}}"},
        "end": ["check"],
    }
    plan(project, ["one"], extra=more)
    project.behave("second", 'echo \'["x", "y"]\'')
    result = project.drive()
    assert result.code == 0, result.out
    names = ["check-x", "check-y", "end", "fix-one", "other", "report", "second", "survey"]
    assert project.paid() == names
    assert "input fix-one " in project.read(".tmp/agents/check-x/prompt.md")
    assert project.is_up_to_date()


def test_cells_are_folded(tmp_path: pathlib.Path) -> None:
    project = Project(tmp_path / "project")
    plan(project, ["one", "two", "three"], extra={"each": {"for_each": ["x", "y"], "reads": []}})
    project.behave("fix-one", "exit 1")
    project.behave("each-x", "exit 1")
    project.drive()
    folded = ["fix: 3 cells: 2 done, 1 failed", "each: 2 cells: 1 done, 1 failed"]
    reported = project.make("status").out
    assert all(each in reported for each in folded)
    assert "  fix-one: exit status 1" in reported
    assert "fix-two" not in reported
    assert "fix-two" in project.make("status", "CELLS=1").out
    assert "(of 8 agents)" in reported
    reported = project.wavemake("status").out
    assert "3 cells: 2 done, 1 failed" in reported
    assert "fix-two" not in reported
    assert "fix-two" in project.wavemake("status", "--cells").out
    summary = project.read(".tmp/agents/summary.md")
    assert "<details><summary>fix: 3 cells: 2 done, 1 failed</summary>" in summary
    assert project.wavemake("report").code == 0
    html = project.read(".tmp/agents/report.html")
    assert '<tr data-agent="fix" data-state="failed">' in html
    assert '<tr data-agent="fix-two" data-state="done" class="cell">' in html
    assert "fix-one" not in project.wavemake("graph").out
    project.end()


def test_in_a_makefile_of_ones_own(tmp_path: pathlib.Path) -> None:
    project = Project(tmp_path / "my project")
    plan(project, ["one", "two"], extra={"each": {"for_each": ["x", "y"], "reads": []}})
    project.path("Makefile").unlink()
    project.write("Makefile", "mine: ; @echo mine\ninclude .tmp/agents/agents.mk\n")
    assert "mine" in project.make().out
    assert project.make("-k", "-j3", "wavemake-fix").code == 0
    assert project.paid() == ["fix-one", "fix-two", "survey"]
    assert project.make("wavemake-each", "wavemake-fix").code == 0
    assert project.paid() == ["each-x", "each-y"]
    assert project.make("-j2", "wavemake").code == 0
    assert project.paid() == ["other", "report"]
    assert project.make("-q", "wavemake").code == 0
    project.end()


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"for_each": {"agent": "nobody"}}, "WM112"),
        ({"for_each": {"agent": "a"}}, "WM113"),
        ({"for_each": {"agent": "each"}}, "WM162"),
        ({"for_each": {"agent": "z", "files": "*"}}, "WM162"),
        ({"for_each": {"agent": "z", "max": 1001}}, "WM104"),
        ({"for_each": {"agent": "z", "file": "x.json"}}, "WM162"),
        ({"for_each": {"files": "*", "file": "x.json"}}, "WM162"),
        ({"outputs": ["same.md"]}, "WM162"),
        ({"check": "test '{{item}}'"}, "WM162"),
        ({"reads": ["../{{item}}"]}, "WM116"),
    ],
)
def test_what_is_wrong_is_said_before_a_run(keys: dict[str, Any], code: str) -> None:
    agents = [
        {"name": "z", "task": "Z.", "reads": []},
        {"name": "each", "task": "E.", "reads": [], "for_each": ["x"]},
        {"name": "a", "task": "A.", "reads": [], "for_each": {"agent": "z"}, **keys},
    ]
    assert code in {each.code for each in check(json.dumps({"agents": agents})).diagnostics}


@pytest.mark.slow
@pytest.mark.parametrize("foreign", [False, True])
def test_run_takes_cells(project: Project, foreign: bool) -> None:
    """--only, --force and --from of a cell, also with a Makefile of one's own."""
    plan(project, ["one", "two"])
    if foreign:
        if project.backend == "ninja":
            pytest.skip("ninja reads no Makefile")
        project.path("Makefile").unlink()
        project.write("Makefile", "include .tmp/agents/agents.mk\n")
    backend = ["--backend", project.backend]

    def run(*words: str) -> list[str]:
        result = project.wavemake("run", "--plan", "plan.json", "--plain", *backend, *words)
        assert result.code == 0, result.out
        return project.paid()

    assert run("--only", "survey") == ["survey"]
    result = project.wavemake("run", "--plan", "plan.json", *backend, "--only", "fix-one")
    assert result.code == 2
    assert "--only fix " in result.out
    assert run("--only", "fix") == ["fix-one", "fix-two"]
    answer(project, ["one", "two", "three"])
    assert run("--only", "survey", "--force", "survey") == ["survey"]
    assert run("--only", "fix-one") == []
    assert run("--only", "fix-one", "--force", "fix-one") == ["fix-one"]
    assert run("--force", "fix-two") == ["fix-three", "fix-two", "other", "report"]
    # The new answer is the same text.
    assert run("--from", "fix-one") == ["fix-one"]
    assert run() == []
    if project.backend == "make":
        assert run("--fail-fast", "--only", "fix-one", "--force", "fix-one") == ["fix-one"]
    for words in (["logs", "fix-one"], ["why", "fix-one"], ["changes"]):
        assert project.wavemake(*words).code == 0, words
    assert project.wavemake("logs", "fix-nine").code == 2


def test_cells_have_conditions(project: Project) -> None:
    """A nested one with a file and an answer: both are looked at again when they change."""
    clean = {"agent": "audit", "matches": "^CLEAN"}
    go = {"any": [{"file": "go"}, {"agent": "audit", "matches": "^URGENT"}]}
    project.behave("audit", "cat audit.say")
    project.write("audit.say", "CLEAN\n")
    plan(project, ["a", "b"], when={"all": [{"not": clean}, go]}, extra={"audit": []})

    def drive(*words: str) -> list[str]:
        result = project.drive(*words)
        assert result.code == 0, result.out
        assert words or project.is_up_to_date()
        return project.paid()

    assert drive() == ["audit", "other", "survey"]
    assert project.status("report")["state"] == "skipped"
    project.write("audit.say", "DIRTY\n")
    assert drive("audit", "FORCE=1") == ["audit"]
    assert drive() == []
    project.write("go", "")
    assert drive() == ["fix-a", "fix-b", "report"]
    project.path("go").unlink()
    assert drive() == []
    assert {project.status(name)["state"] for name in ("fix-a", "report")} == {"skipped"}
    project.write("audit.say", "URGENT\n")
    assert drive("audit", "FORCE=1") == ["audit"]
    assert drive() == ["fix-a", "fix-b", "report"]
    # An empty list is a success, and skips nobody.
    again(project, [])
    assert drive() == ["report"]


def test_cells_wait_for_a_person(project: Project) -> None:
    """One asks, one is rejected: that is no failure, and both go on with what a person says."""
    plan(project, ["a", "b"], approve="after")
    project.behave(
        "fix-a", "grep -q 'the red one' \"$prompt\" && echo ok || echo WAVEMAKE-QUESTION: which?"
    )
    result = project.drive()
    assert result.code != 0
    assert "\nwavemake: nothing failed" in result.out
    assert project.paid() == ["fix-a", "fix-b", "other", "survey"]
    assert project.drive("answer-fix-a", "TEXT=the red one").code == 0
    assert project.drive("reject-fix-b", 'WHY=it\'s "bad"').code == 0
    assert "\nwavemake: nothing failed" in project.drive().out
    assert project.paid() == ["fix-a", "fix-b"]
    assert 'it\'s "bad"' in project.read(".tmp/agents/fix-b/prompt.md")
    for name in ("fix-a", "fix-b"):
        assert project.drive(f"approve-{name}").code == 0
    result = project.drive()
    assert result.code == 0, result.out
    assert project.paid() == ["report"]
    assert project.is_up_to_date()
