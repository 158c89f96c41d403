"""From a goal to a plan: asks a model, checks its answer, and has it correct what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from wavemake import lint
from wavemake.agents import brief
from wavemake.compiler import driver
from wavemake.compiler.options import Options
from wavemake.compiler.render import render
from wavemake.plan.diagnostics import Severity
from wavemake.plan.loader import Document, SyntaxProblem, load_text
from wavemake.plan.parser import parse
from wavemake.plan.printing import render_text
from wavemake.plan.resolved import Resolved
from wavemake.plan.schema import schema_text

_FENCE = re.compile(r"^[ \t]*```[ \t]*(\w*)[^\n]*\n(.*?)^[ \t]*```[ \t]*$", re.M | re.S)


@dataclass(frozen=True)
class Planned:
    """An accepted plan: its tree, what it resolves to, and the warnings that it still has."""

    tree: dict[str, Any]
    plan: Resolved
    warnings: str


class NoPlan(Exception):
    """The model gave no valid plan. answer: its last one; the text says what is wrong with it."""

    def __init__(self, problems: str, answer: str) -> None:
        super().__init__(problems)
        self.answer = answer


def prompt(goal: str, plan: str = "") -> str:
    """Return what a model is asked: for a plan that reaches `goal`, or to change `plan` so."""
    return render(
        "planner/prompt.md.j2",
        goal=goal,
        plan=plan,
        schema=schema_text(),
        skills=brief.skills(),
        files=brief.files(),
        documents=brief.documents(),
    )


def make_plan(
    question: str, options: Options, ask: Callable[[str], str], tries: int
) -> Iterator[str | Planned]:
    """Ask for a plan until one is valid, at most `tries` times.

    Yields a line of progress before each try, and the plan last. Raises NoPlan when there is none,
    and what `ask` raises.
    """
    text = question
    for number in range(1, tries + 1):
        yield f"asking for a plan ({number} of {tries} at most)"
        answer = ask(text)
        planned, problems = judge(answer, options)
        if planned:
            yield planned
            return
        if number == tries:
            raise NoPlan(problems, answer)
        text = render(
            "planner/again.md.j2", prompt=question, answer=answer.strip(), problems=problems
        )


def judge(answer: str, options: Options) -> tuple[Planned | None, str]:
    """Find the plan in `answer` and check it as one that comes from a model.

    Returns the plan and an empty text, or None and what is wrong, as located diagnostics.
    """
    document, problems = find_plan(answer)
    if document is None:
        return None, problems
    written, _ = parse(document.value, untrusted=True)
    checked = driver.check(document, options)
    if checked.plan is None or written is None:
        return None, render_text(checked.diagnostics, document, colour=False)
    found = lint.run(written, checked.plan, document, checked.diagnostics, folder=options.folder)
    warnings = [each for each in found if each.severity is Severity.WARNING]
    shown = render_text(warnings, document, colour=False) if warnings else ""
    return Planned(document.value, checked.plan, shown), ""


def find_plan(answer: str) -> tuple[Document | None, str]:
    """Return the plan in `answer`, whatever it is wrapped in, or None and why there is none.

    A fenced block wins over an object in the prose, and of several the last: models correct themselves.
    """
    wrong = ""
    for text, form in reversed(list(_candidates(answer))):
        try:
            document = load_text(text, "answer", form)
        except SyntaxProblem as problem:
            wrong = wrong or render_text(problem.diagnostics, problem.source, colour=False)
            continue
        if isinstance(document.value, dict) and {"agents", "waves"} & document.value.keys():
            return document, ""
    return None, wrong or 'There is no plan in the answer: no object with "agents".\n'


def _candidates(answer: str) -> Iterator[tuple[str, Any]]:
    """The parts of `answer` that could be a plan, each with its format, the best last."""
    whole = answer.strip()
    for start in _objects(whole):
        yield start, "json"
    for language, body in _FENCE.findall(answer):
        if body.lstrip().startswith("{"):
            yield body, "json"
        elif language.lower() in {"yaml", "yml"}:
            yield body, "yaml"


def _objects(text: str) -> Iterator[str]:
    """The outermost JSON objects that stand in `text`."""
    decoder = json.JSONDecoder()
    at = text.find("{")
    while at >= 0:
        try:
            _, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            at = text.find("{", at + 1)
        else:
            yield text[at:end]
            at = text.find("{", end)
