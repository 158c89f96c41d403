"""What each lint finds, where it points, and what looks alike and is left alone.

With --update, the expected texts and the pages in docs/rules are written anew.
"""

from __future__ import annotations

import json
import pathlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compiler import NoFiles
from tests.expectations import expect
from tests.harness import REPOSITORY, examples
from wavemake.compiler.resolve import resolve
from wavemake.lint import BadCode, Selection, run, selection
from wavemake.lint.evidence import ProjectEvidence
from wavemake.lint.pages import page, rules, severities
from wavemake.lint.registry import LINTS
from wavemake.plan import dialects
from wavemake.plan.diagnostics import Diagnostic, Severity, Span, Where
from wavemake.plan.loader import Document, load_text
from wavemake.plan.model import Settings
from wavemake.plan.parser import parse
from wavemake.plan.printing import render_text

FIXTURES = pathlib.Path(__file__).parent / "fixtures" / "lint"
RULES = REPOSITORY / "docs" / "rules"
FOLDER = ".tmp/agents"
ALL = Selection(("WM",))


@dataclass
class Known(NoFiles):
    """A project of which the test says what is in it and how long its agents took."""

    sizes: Mapping[str, int] = field(default_factory=dict)
    took: Mapping[str, float] = field(default_factory=dict)

    def kind(self, path: str) -> str:
        return "file" if path in self.sizes or path in ("link-check", "speed.csv") else ""

    def size(self, path: str) -> int | None:
        return self.sizes.get(path)

    def is_in_git(self) -> bool:
        return True

    def seconds(self, agent: str) -> float | None:
        return self.took.get(agent)


PROJECT = Known(
    {"docs/spec.md": 900, "docs/style.md": 900, "data/log.txt": 40_000, "data/all.csv": 1_048_000},
    {"load-test": 660.4, "soak-test": 7200.0},
)


def lint(document: Document, selected: Selection | None = None) -> list[Diagnostic]:
    """All that the compiler and the lints say about a plan."""
    plan, _ = parse(document.value)
    assert plan
    resolved, found = resolve(plan, PROJECT, FOLDER, Settings())
    assert resolved, found
    return run(plan, resolved, document, found, folder=FOLDER, selected=selected, evidence=PROJECT)


def text_of(plan: dict[str, Any]) -> Document:
    return load_text(json.dumps(plan), "plan.json")


def flakes(plan: dict[str, Any], *codes: str, selected: Selection | None = None) -> None:
    """Check that the warnings about `plan` have these codes, no more and no less."""
    assert sorted(each.code for each in lint(text_of(plan), selected)) == sorted(codes)


def agents(*tasks: str, **keys: Any) -> dict[str, Any]:
    """A plan of agents with these tasks, named alpine, birch and so on, that read nothing."""
    names = ["alpine", "birch", "cedar", "dogwood"]
    items = [
        {"name": name, "task": task, "reads": []} for name, task in zip(names, tasks, strict=False)
    ]
    return {"agents": items, **keys}


def fixture(code: str, name: str) -> Document:
    (path,) = (path for path in FIXTURES.glob(f"{code}.{name}.*") if path.suffix != ".txt")
    return load_text(path.read_bytes(), path.name)


def only(code: str) -> Selection | None:
    """The selection of one code; whether a suppression is unused depends on all of them."""
    return Selection((code,)) if code != "WM290" else None


# --- a plan that triggers it, with the text, and one that looks alike ---


@pytest.mark.parametrize("code", LINTS)
def test_what_is_said(code: str) -> None:
    document = fixture(code, "bad")
    text = render_text(lint(document, only(code)), document, colour=False)
    expected = FIXTURES / f"{code}.bad.txt"
    expect(expected, text)
    assert f"[{code}]" in text


@pytest.mark.parametrize("code", LINTS)
def test_what_looks_alike(code: str) -> None:
    assert lint(fixture(code, "good"), only(code)) == []


# --- tasks ---


def phrases(which: str) -> list[Any]:
    found = []
    for path in sorted(FIXTURES.glob("*.tasks.yaml")):
        code = path.name.split(".")[0]
        plan = yaml.safe_load(path.read_text())
        for item in plan[which]:
            case = {"task": item} if isinstance(item, str) else dict(item)
            found.append(pytest.param(code, plan, case, id=f"{code}-{case['task']}"))
    return found


def reported(code: str, plan: dict[str, Any], case: dict[str, str]) -> list[str]:
    """The words at which the lint points in the task, or the name."""
    agent = {"name": case.get("name", plan["name"]), "task": case["task"]}
    if "reads" in plan:
        agent["reads"] = plan["reads"]
    others = [{"name": name, "task": "Do it.", "reads": []} for name in plan["agents"]]
    document = text_of({"agents": [*others, agent]})
    found = []
    for each in lint(document, Selection((code,))):
        span = document.locate(each.where)
        found.append(document.line(span.line)[span.column - 1 :][: span.length].strip('"'))
    return found


@pytest.mark.parametrize(("code", "plan", "case"), phrases("finds"))
def test_a_task_is_found(code: str, plan: dict[str, Any], case: dict[str, str]) -> None:
    assert case["words"] in reported(code, plan, case)


@pytest.mark.parametrize(("code", "plan", "case"), phrases("leaves"))
def test_a_task_is_left_alone(code: str, plan: dict[str, Any], case: dict[str, str]) -> None:
    assert reported(code, plan, case) == []


@pytest.mark.parametrize(
    "name",
    [
        *(
            "agent1",
            "Agent",
            "agent-one",
            "worker-b",
            "helper",
            "step2",
            "misc",
            "task-3-agent",
            "a",
        ),
        *("dev1", "do-stuff", "subagent_7", "phase-2", "MyHelper", "rest"),
    ],
)
def test_a_name_that_says_nothing(name: str) -> None:
    plan = {"agents": [{"name": name, "task": "Do it.", "reads": []}]}
    flakes(plan, "WM207")


@pytest.mark.parametrize(
    "name",
    [
        *("test-agent", "db", "qa", "i18n", "k8s", "x509-parser", "s3", "v2-api", "step-counter"),
        *("task-list", "node-upgrade", "job-inventory", "bot-detection", "rest-api", "process-map"),
    ],
)
def test_a_name_that_says_something(name: str) -> None:
    flakes({"agents": [{"name": name, "task": "Do it.", "reads": []}]})


@pytest.mark.parametrize(
    "task",
    [
        "Write the result to README.md.",
        "Add a section on setup to README.md.",
        "Edit `README.md`: shorten the intro.",
        "Append your findings to ./README.md",
        "Document the flags in README.md and nowhere else.",
        "Put the table into README.md.",
        "Output: README.md",
        "Save it as README.md.",
        "In README.md, add a badge.",
        "Review the flags and list them in README.md.",
        "The table goes into README.md.",
        "Register the route in src/app.ts, and describe it in README.md.",
    ],
)
def test_a_file_that_two_write(task: str) -> None:
    flakes(agents("Update README.md with a badge.", task), "WM213")


@pytest.mark.parametrize(
    "task",
    [
        "Read README.md first.",
        "Write the page described in README.md.",
        "Check the links in README.md.",
        "Write it without touching README.md.",
        "Do not edit README.md.",
        "List the dead links found in README.md.",
        "Write packages/x/README.md.",
        "Convert README.md to HTML in site/index.html.",
        "Set the version as in README.md.",
        "Follow README.md and write src/x.py.",
        "Add the commands from README.md to tests/smoke.sh.",
        "README.md is off limits, alpine owns it.",
    ],
)
def test_a_file_that_one_writes(task: str) -> None:
    flakes(agents("Update README.md with a badge.", task))


def test_agents_that_write_a_file_one_after_the_other() -> None:
    plan = agents("Update README.md.", "Update README.md.", "Update README.md.")
    plan["agents"][1]["reads"] = ["alpine"]
    plan["agents"][2]["depends_on"] = ["birch"]
    flakes(plan)
    del plan["agents"][2]["depends_on"]
    flakes(plan, "WM213", "WM213")


@pytest.mark.parametrize(
    "task", ["Write Node.js code.", "Add the host to example.com.", "Put x.y in a.b"]
)
def test_what_is_no_file(task: str) -> None:
    flakes(agents(task, task))


# --- the graph ---


def test_an_agent_that_is_read_through_a_file_is_read() -> None:
    plan = agents("Write docs/api.md.", "Use the names in docs/api.md.")
    plan["agents"][0] |= {"outputs": ["docs/api.md"], "permissions": "acceptEdits"}
    flakes(plan, "WM202", "WM209")
    plan["agents"][1]["reads"] = ["docs/api.md"]
    flakes(plan)


def test_reading_through_another_is_not_reading() -> None:
    plan = agents("Do it.", "Go on.", "Use the table of alpine's output.")
    plan["agents"][1]["reads"] = ["alpine"]
    plan["agents"][2]["reads"] = ["birch"]
    plan["agents"][2]["task"] = "Use the tables that alpine made."
    flakes(plan, "WM209")


def test_an_agent_that_comes_later_is_not_to_be_read() -> None:
    plan = agents("Make what birch needs: see the birch agent.", "Go on.")
    plan["agents"][1]["reads"] = ["alpine"]
    flakes(plan)


def test_a_plan_of_waves_alone() -> None:
    flakes(
        {"waves": [["draft"], ["agent1", "check"], ["print"]]},
        "WM152",
        "WM207",
    )


def test_waves_that_are_not_given_are_not_late() -> None:
    plan = agents("Do it.", "Go on.", "End it.")
    plan["agents"][2]["reads"] = ["birch"]
    plan["agents"][1]["reads"] = ["alpine"]
    flakes(plan)
    flakes({**plan, "waves": [["alpine"], ["birch"], ["cedar"]]})


# --- what is said once ---


def test_no_reads_at_all_is_said_once() -> None:
    plan = agents("Design the tables.", "Use the output of alpine.")
    del plan["agents"][1]["reads"]
    flakes(plan, "WM202", "WM205")
    flakes(plan, "WM209", selected=Selection(("WM209",)))


def test_an_order_to_ask_is_said_once() -> None:
    plan = agents("Design the tables.", "Ask the alpine agent for the columns.")
    flakes(plan, "WM201")


# --- suppression ---


def test_an_agent_ignores_its_own() -> None:
    plan = {
        "agents": [{"name": name, "task": "Do it.", "reads": []} for name in ("agent1", "agent2")]
    }
    flakes(plan, "WM207", "WM207")
    plan["agents"][0]["ignore"] = ["WM207"]
    flakes(plan, "WM207")
    (left,) = lint(text_of(plan))
    assert left.where == Where(("agents", 1, "name"))
    flakes({**plan, "ignore": ["WM207"]})


def test_what_points_into_a_text_is_ignored_too() -> None:
    plan = agents("Build the entire frontend.")
    flakes(plan, "WM206")
    plan["agents"][0]["ignore"] = ["WM206"]
    flakes(plan)


def test_warnings_of_the_compiler_are_ignored() -> None:
    plan = {"agents": [{"name": "a-map", "task": "x"}, {"name": "b-map", "task": "x"}]}
    plan["waves"] = [["a-map"], ["b-map"]]  # type: ignore[assignment]
    flakes(plan, "WM153")
    plan["agents"][1]["ignore"] = ["WM153"]  # type: ignore[assignment]
    flakes(plan)


def test_what_did_not_run_is_not_unused() -> None:
    plan = agents("Do it.", ignore=["WM206", "WM208"])
    flakes(plan, "WM290")
    flakes(plan, selected=Selection(("WM207", "WM290")))
    flakes(plan, "WM290", "WM290", selected=ALL)


def test_the_unused_can_be_ignored() -> None:
    flakes(agents("Do it.", ignore=["WM206", "WM290"]))


# --- selection ---


def test_selection() -> None:
    plan = agents("Build the entire frontend.")
    plan["agents"][0]["name"] = "agent1"
    flakes(plan, "WM206", "WM207")
    flakes(plan, "WM206", selected=selection(["WM206"], []))
    flakes(plan, "WM207", selected=selection([], ["wm206,WM208"]))
    flakes(plan, "WM206", selected=selection(["WM20"], ["WM207"]))
    flakes(plan, selected=selection(["WM1", "WM3"], []))


def test_what_is_off_runs_when_it_is_selected() -> None:
    plan = agents("Do it.", "Do it.", "Do it.")
    plan["agents"][2]["reads"] = ["birch"]
    flakes(plan)
    flakes(plan, "WM208", selected=selection(["WM2"], []))


def test_a_code_that_selects_nothing() -> None:
    with pytest.raises(BadCode, match=r"^there is no code 'E501'$"):
        selection(["WM206", "E501"], [])
    with pytest.raises(BadCode, match=r"^there is no code 'WM2O4'; did you mean 'WM204'\?$"):
        selection([], ["WM2O4"])


# --- places ---


HEAD = "agents:\n- name: x1\n  reads: []\n"


@pytest.mark.parametrize(
    ("name", "text", "line", "words"),
    [
        (
            "p.json",
            r'{"agents":[{"name":"x","task":"\u00fc\t\"\ud83d\ude00\" Build the entire app."}]}',
            1,
            None,
        ),
        ("p.yaml", "agents:\n- {name: x1, reads: [], task: Build the entire app.}\n", 2, None),
        (
            "p.yaml",
            'agents:\n- {name: x1, reads: [], task: "\\u00fc Build the entire\\x20app."}\n',
            2,
            '"\\u00fc Build the entire\\x20app."',
        ),
        (
            "p.yaml",
            HEAD + "  task: >-\n    First this.\n    Build the\n    entire app.\n",
            6,
            "Build the",
        ),
        (
            "p.yaml",
            "x: &t Build the entire app.\nagents:\n- {name: x1, reads: [], task: *t}\n",
            3,
            "*t",
        ),
    ],
)
def test_where_it_points(name: str, text: str, line: int, words: str | None) -> None:
    document = load_text(text, name)
    (found,) = lint(document, Selection(("WM206",)))
    span = document.locate(found.where)
    assert span.line == line
    shown = document.line(line)[span.column - 1 :][: span.length]
    assert shown == ("Build the entire app" if words is None else words)


def test_the_second_of_the_same_words() -> None:
    text = HEAD.replace("x1", "a-b") + HEAD[8:] + "  task: |\n    Do not use a-b. Use a-b.\n"
    document = load_text(text, "p.yaml")
    (found,) = lint(document, Selection(("WM209",)))
    assert found.where == Span(7, 25, 3)


TASKS = "tasks:\n- id: a\n  dependencies: []\n"


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        (
            "p.json",
            '{"tasks":[{"id":"a","dependencies":[],"title":"Shop","description":"Build the entire app."}]}',
            Span(1, 69, 20),
        ),
        (
            "p.yaml",
            TASKS + "  title: Shop\n  description: Build the entire app.\n",
            Span(5, 16, 20),
        ),
        # The words are there twice: it points at what the task begins with.
        (
            "p.yaml",
            TASKS + "  title: Build the entire app\n  description: Build the entire app.\n",
            Where(("agents", 0, "task")),
        ),
    ],
)
def test_where_it_points_in_a_plan_of_another_shape(
    name: str, text: str, where: Where | Span
) -> None:
    reading = dialects.read(load_text(text, name))
    assert reading.dialect == "tasks"
    found = lint(reading.document, Selection(("WM206",)))
    assert [each.where for each in found] == [where]


WORDS = st.sampled_from(
    [
        *("Use", "the", "output of", "Ask", "Do not", "Build the", "entire app", "everything else"),
        *("in README.md", "a-b", "`a-b`", "c.d/e.", ",", ".", ";", ":", "\n", "\t", "-", "1.", "'"),
        *("(", "\u00fc", "\U0001f600", "\u0130", "and", "c", "agent", "other agents", "ignore it"),
        *("yourself", "write code", "You lead", "firstly", "made", "docs", "deploy"),
    ]
)


@given(st.lists(WORDS, max_size=30), st.booleans())
@settings(max_examples=examples(200), deadline=None)
def test_any_task_can_be_linted(words: list[str], as_json: bool) -> None:
    plan = {
        "agents": [
            {"name": "a-b", "task": "Update README.md.", "reads": []},
            {"name": "c", "task": " ".join(words), "reads": ["a-b"]},
            {"name": "d", "task": " ".join(words)},
        ]
    }
    text = json.dumps(plan) if as_json else yaml.safe_dump(plan, allow_unicode=True, width=40)
    document = load_text(text, "p.json" if as_json else "p.yaml")
    for each in lint(document, ALL):
        span = document.locate(each.where)
        assert span.column - 1 + span.length <= max(1, len(document.line(span.line)))
    assert lint(document, ALL) == lint(document, ALL)


# --- what earlier runs tell ---


@pytest.mark.parametrize(
    ("status", "seconds"),
    [
        ('{"state":"done","seconds":12.5}', 12.5),
        ('{"state":"failed","seconds":600.3,"reason":"timed out after 600s"}', 600.3),
        ('{"state":"failed","seconds":3,"reason":"exit status 1"}', None),
        ('{"state":"done","seconds":"x"}', None),
        ("[]", None),
        ("{", None),
    ],
)
def test_seconds(tmp_path: pathlib.Path, status: str, seconds: float | None) -> None:
    folder = tmp_path / "agents"
    (folder / "api").mkdir(parents=True)
    (folder / "api" / "status.json").write_text(status)
    assert ProjectEvidence(str(folder)).seconds("api") == seconds
    assert ProjectEvidence(str(folder)).seconds("ui") is None
    assert ProjectEvidence(str(tmp_path / "none")).seconds("api") is None


def test_sizes(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pathlib.Path("agents/api").mkdir(parents=True)
    pathlib.Path("agents/api/output.md").write_text("12345")
    pathlib.Path("notes.md").write_text("123")
    files = ProjectEvidence("agents")
    paths = ["agents/api/output.md", "notes.md", "agents/ui/output.md", "agents", "none.md"]
    assert [files.size(path) for path in paths] == [5, 3, None, None, None]


def test_an_answer_that_is_there_counts_as_large_as_it_is() -> None:
    plan = agents("Do it.", "Go on.")
    plan["agents"][1] |= {"reads": ["alpine"], "max_prompt": 10_000}
    flakes(plan, "WM214", selected=only("WM214"))
    plan["agents"][0]["name"] = plan["agents"][1]["reads"][0] = "short"
    sizes = {f"{FOLDER}/short/output.md": 200}
    document = text_of(plan)
    written, _ = parse(document.value)
    assert written
    resolved, _ = resolve(written, PROJECT, FOLDER, Settings())
    assert resolved
    selected = only("WM214")
    evidence = Known(sizes)
    found = run(written, resolved, document, folder=FOLDER, evidence=evidence, selected=selected)
    assert found == []


def test_only_what_is_put_into_a_prompt_counts() -> None:
    plan = agents("Do it.", "Go on.")
    plan["agents"][1] |= {"reads": ["alpine"], "max_prompt": 10_000}
    flakes(plan, "WM214", selected=only("WM214"))
    for bounds in ({"max": "2k"}, {"as": "path"}):
        plan["agents"][1]["reads"] = [{"agent": "alpine", **bounds}]
        flakes(plan, selected=only("WM214"))


def test_the_beginning_and_the_end_of_one_answer_are_two_things_to_read() -> None:
    plan = agents("Do it.", "Go on.")
    ends = [{"agent": "alpine", "max": 5, "keep": keep} for keep in ("head", "tail")]
    plan["agents"][1]["reads"] = ends
    flakes(plan)
    plan["agents"][1]["reads"] = [*ends, "alpine"]
    flakes(plan, "WM210")


# --- pages ---

SECTIONS = ["What it does", "Why is this bad?", "Example", "Use instead"]


@pytest.mark.parametrize("code", LINTS)
def test_a_page_says_and_shows_it(code: str) -> None:
    text = LINTS[code].page
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS
    assert text.split("\n")[0].endswith(".")
    bad, fixed = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL))
    assert code in {each.code for each in lint(text_of(bad), only(code))}
    flakes(fixed)
    flakes(fixed, selected=only(code))


def test_docs_are_what_explain_prints() -> None:
    wanted = {f"{code}.md": page(code) for code in rules()}
    for name, text in wanted.items():
        expect(RULES / name, text)
    assert {path.name for path in RULES.iterdir()} == set(wanted)


def test_all_codes_have_a_page() -> None:
    used = set()
    for path in (REPOSITORY / "wavemake").rglob("*.py"):
        used |= set(re.findall(r'"(WM\d{3})"', path.read_text()))
    assert used <= set(rules())


def test_every_lint_has_a_name_of_its_own_and_is_no_error() -> None:
    assert len({name for name, _, _ in rules().values()}) == len(rules())
    assert [code for code in LINTS if severities()[code] is Severity.ERROR] == []
    assert list(LINTS) == sorted(LINTS)
