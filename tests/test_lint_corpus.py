"""How often the lints are right, measured on the corpus: docs/lints.md says it, and is checked here.

With --update, its table is written anew instead.
"""

from __future__ import annotations

import functools
import pathlib
from dataclasses import dataclass

import pytest
import yaml

from tests.compiler import NoFiles
from tests.expectations import expect
from wavemake.compiler.resolve import resolve
from wavemake.lint.context import Context
from wavemake.lint.evidence import NoEvidence
from wavemake.lint.registry import LINTS
from wavemake.plan import dialects
from wavemake.plan.diagnostics import Severity, Where
from wavemake.plan.loader import load
from wavemake.plan.model import Settings
from wavemake.plan.parser import parse

CORPUS = pathlib.Path(__file__).parent / "corpus"
DOCS = pathlib.Path(__file__).parent.parent / "docs" / "lints.md"
BEGIN, END = "<!-- measured -->\n", "<!-- end of measured -->\n"
ENOUGH = 0.8
FOLDER = ".tmp/agents"

# The compiler says by itself what WM205 says of the agents of later waves.
COUNTED_AS = {"WM153": "WM205"}

Report = tuple[str, str, str]
"""A plan, an agent of it (an empty string for the plan itself), and a code."""


@functools.cache
def labels() -> frozenset[Report]:
    """What the reviewer found."""
    return read_labels(judgements())


def read_labels(judgements: dict[str, dict[str, dict[str, list[str]]]]) -> frozenset[Report]:
    found = set()
    for plan, judged in judgements.items():
        found |= {(plan, "", code) for code in judged.get("plan", [])}
        for agent, codes in judged.get("agents", {}).items():
            found |= {(plan, agent, code) for code in codes}
    return frozenset(found)


@functools.cache
def judgements() -> dict[str, dict[str, dict[str, list[str]]]]:
    judged: dict[str, dict[str, dict[str, list[str]]]] = yaml.safe_load(
        (CORPUS / "labels.yaml").read_text("utf-8")
    )
    return judged


@functools.cache
def reports() -> frozenset[Report]:
    """What the lints find."""
    found = set()
    for path in sorted((CORPUS / "plans").iterdir()):
        plan, problems = parse(load(str(path)).value)
        assert plan, (path, problems)
        resolved, said = resolve(plan, NoFiles(), FOLDER, Settings())
        assert resolved, (path, problems, said)
        context = Context(plan, resolved, NoEvidence(), FOLDER)
        found |= found_in(path, context)
        names = {spec.path: spec.name for spec in plan.agents}
        for each in said:
            if each.code in COUNTED_AS and isinstance(each.where, Where):
                found.add((path.stem, names[each.where.path[:2]], COUNTED_AS[each.code]))
    return frozenset(found)


def found_in(path: pathlib.Path, context: Context) -> set[Report]:
    """What the lints report of a plan: what is about a pair counts for both."""
    return {
        (path.stem, name, code)
        for code, lint in LINTS.items()
        for each in lint.check(context)
        for name in (each.agent, *each.also)
        if context.done.isdisjoint((each.agent, *each.also))
    }


# --- plans of other tools ---


@functools.cache
def foreign_labels() -> frozenset[Report]:
    return read_labels(foreign_judgements())


@functools.cache
def foreign_judgements() -> dict[str, dict[str, dict[str, list[str]]]]:
    judged: dict[str, dict[str, dict[str, list[str]]]] = yaml.safe_load(
        (CORPUS / "wild.yaml").read_text("utf-8")
    )
    return judged


@functools.cache
def foreign_contexts() -> dict[pathlib.Path, Context]:
    found = {}
    for path in sorted((CORPUS / "wild").iterdir()):
        reading = dialects.read(load(str(path)))
        assert isinstance(reading.document, dialects.View), path
        plan, problems = parse(reading.document.value)
        assert plan, (path, problems)
        resolved, said = resolve(plan, NoFiles(), FOLDER, Settings())
        assert resolved, (path, problems, said)
        wording, done = reading.document.wording, frozenset(reading.done)
        found[path] = Context(plan, resolved, NoEvidence(), FOLDER, wording, done)
    return found


@functools.cache
def foreign_reports() -> frozenset[Report]:
    """What the lints find in plans of other tools, but of what is done."""
    found: set[Report] = set()
    for path, context in foreign_contexts().items():
        found |= found_in(path, context)
    return frozenset(found)


def foreign_score(code: str) -> Score:
    said, labelled = (
        {each for each in reports if each[2] == code}
        for reports in (foreign_reports(), foreign_labels())
    )
    return Score(len(said & labelled), len(said - labelled), len(labelled - said))


@dataclass(frozen=True)
class Score:
    """How many reports are right, how many are wrong, and how many faults are missed."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


def is_odd(report: Report) -> bool:
    return int(report[0].partition("-")[0]) % 2 == 1


def score(code: str, *, odd: bool) -> Score:
    def chosen(reports: frozenset[Report]) -> set[Report]:
        return {each for each in reports if each[2] == code and is_odd(each) == odd}

    said, labelled = chosen(reports()), chosen(labels())
    return Score(len(said & labelled), len(said - labelled), len(labelled - said))


def summary() -> str:
    """The table in docs/lints.md."""
    lines = [
        "| Code | Name | | Tuned on: right, found | Held out: right, found | Without a fault "
        "| Other tools' plans: right, found |",
        "|---|---|---|---|---|---|---|",
    ]
    labelled = {code for _, _, code in labels()}
    blameless = {plan for plan, judged in judgements().items() if not judged}
    for code, lint in LINTS.items():
        if code == "WM290":
            continue
        link = f"[{code}](rules/{code}.md)"
        kind = ("note" if lint.severity is Severity.NOTE else "") if lint.on else "off"
        halves = [rates(code, odd) if code in labelled else "not labelled" for odd in (True, False)]
        alarms = sum(plan in blameless and each == code for plan, _, each in reports())
        foreign = figures(foreign_score(code))
        cells = [link, lint.name, kind, *halves, str(alarms), foreign]
        lines.append(f"| {' | '.join(cells)} |")
    return "".join(f"{line}\n" for line in lines)


def rates(code: str, odd: bool) -> str:
    return figures(score(code, odd=odd))


def figures(it: Score) -> str:
    if not it.right + it.wrong + it.missed:
        return "none"
    said, there = it.right + it.wrong, it.right + it.missed
    return f"{it.precision:.2f} ({it.right}/{said}), {it.recall:.2f} ({it.right}/{there})"


def test_the_documentation_says_what_is_measured() -> None:
    text = DOCS.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    current = f"{before}{BEGIN}{summary()}{END}{after}"
    expect(DOCS, current)


def test_the_documentation_counts_the_corpus_right() -> None:
    blameless = sum(not judged for judged in judgements().values())
    halves = [sum(is_odd((plan, "", "")) == odd for plan in judgements()) for odd in (True, False)]
    said = (
        f"{len(judgements())} plans: {halves[0]} with odd numbers, on which the rules were tuned, and\n"
        f"{halves[1]} with even numbers, which are held out. In {blameless} of them"
    )
    assert said in DOCS.read_text()


@pytest.mark.parametrize("code", sorted({code for _, _, code in labels()}))
def test_a_lint_that_is_often_wrong_is_off(code: str) -> None:
    if LINTS[code].on:
        assert [score(code, odd=odd).precision >= ENOUGH for odd in (True, False)] == [True, True]


@pytest.mark.parametrize("code", LINTS)
def test_a_lint_that_is_often_wrong_on_plans_of_other_tools_is_off(code: str) -> None:
    if LINTS[code].on:
        assert foreign_score(code).precision >= ENOUGH


def test_each_plan_of_another_tool_is_judged_by_the_names_of_its_agents() -> None:
    assert {path.stem for path in foreign_contexts()} == set(foreign_judgements())
    assert len(foreign_judgements()) >= 60
    names = {path.stem: {*context.agents, ""} for path, context in foreign_contexts().items()}
    assert all(agent in names[plan] for plan, agent, _ in foreign_labels())
    assert {code for _, _, code in foreign_labels()} <= set(LINTS)


def test_each_plan_is_judged_and_each_judgement_has_a_plan() -> None:
    plans = {path.stem for path in (CORPUS / "plans").iterdir()}
    assert plans == set(judgements())
    assert {code for _, _, code in labels()} <= set(LINTS)
