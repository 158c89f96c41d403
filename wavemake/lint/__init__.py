"""Looks for what a plan may say and its author will regret: one rule a module, a code each.

The rules are in `registry`, what they are given in `context`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from wavemake.lint.context import Context, Evidence, Finding, Words
from wavemake.lint.evidence import ProjectEvidence
from wavemake.lint.pages import severities
from wavemake.lint.places import Places
from wavemake.lint.registry import LINTS, Lint
from wavemake.lint.suppression import UNUSED, Suppressions
from wavemake.plan.diagnostics import Diagnostic, Severity, Where
from wavemake.plan.dialects import View
from wavemake.plan.did_you_mean import did_you_mean
from wavemake.plan.loader import Document
from wavemake.plan.model import Plan
from wavemake.plan.resolved import Resolved

__all__ = ["BadCode", "Finding", "Selection", "findings", "run", "selection"]


class BadCode(ValueError):
    """A code that selects nothing; its text says so."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which warnings are wanted: those whose code begins with an entry of `select` and none of `ignore`.

    Without `select`, all but the lints that are off.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def wants(self, code: str) -> bool:
        """Tell whether a warning with `code` is to be reported."""
        if self.ignore and code.startswith(self.ignore):
            return False
        if self.select:
            return code.startswith(self.select)
        return code not in LINTS or LINTS[code].on

    def of(self, found: Iterable[Diagnostic]) -> list[Diagnostic]:
        """Return all errors, and of the rest what is wanted."""
        return [each for each in found if each.severity is Severity.ERROR or self.wants(each.code)]


def selection(select: Iterable[str], ignore: Iterable[str]) -> Selection:
    """Return the selection of what an option was given: codes or their beginnings, with commas.

    Raises BadCode for a word with which no code begins.
    """
    known = severities()
    words = []
    for given in (select, ignore):
        split = [word.strip().upper() for text in given for word in text.split(",")]
        words.append(tuple(word for word in split if word))
        for word in words[-1]:
            if not any(code.startswith(word) for code in known):
                near = did_you_mean(word, known)
                raise BadCode(f"there is no code {word!r}" + (f"; {near}" if near else ""))
    return Selection(*words)


def run(
    plan: Plan,
    resolved: Resolved,
    document: Document,
    found: Sequence[Diagnostic] = (),
    *,
    folder: str,
    selected: Selection | None = None,
    evidence: Evidence | None = None,
    done: Iterable[str] = (),
) -> list[Diagnostic]:
    """Return `found`, the diagnostics of earlier phases, with those of the lints, unsorted.

    What the plan ignores and what is not selected is left out, errors never. folder is the agents'
    folder, relative to the project; evidence is the project's files if it is not given. Nothing is said
    of agents that the plan marks as `done`.
    """
    selected = selected or Selection()
    wording = document.wording if isinstance(document, View) else None
    finished = frozenset(done)
    context = Context(
        plan, resolved, evidence or ProjectEvidence(folder), folder, wording, finished
    )
    suppressions = Suppressions(document.value, plan)
    out = suppressions.kept(selected.of(found))
    places = Places(document)
    for lint, finding in _without_echoes(_findings(context, selected)):
        if finished.isdisjoint((finding.agent, *finding.also)) and not _silenced(
            lint, finding, suppressions
        ):
            out.append(_diagnostic(lint, finding, places))
    if selected.wants(UNUSED):
        lint = LINTS[UNUSED]
        for finding in suppressions.unused(severities(), selected.wants):
            if not suppressions.silences(UNUSED, finding.agent, finding.where):
                out.append(_diagnostic(lint, finding, places))
    return out


def findings(
    plan: Plan,
    resolved: Resolved,
    document: Document,
    *,
    folder: str,
    done: Iterable[str] = (),
) -> list[tuple[str, Finding]]:
    """Return what the lints that are on find, with their codes; nothing about what is `done`."""
    wording = document.wording if isinstance(document, View) else None
    finished = frozenset(done)
    context = Context(plan, resolved, ProjectEvidence(folder), folder, wording, finished)
    found = _without_echoes(_findings(context, Selection()))
    return [
        (lint.code, each) for lint, each in found if finished.isdisjoint((each.agent, *each.also))
    ]


def _silenced(lint: Lint, finding: Finding, suppressions: Suppressions) -> bool:
    """Tell whether any of the agents concerned ignores it; each of their entries is then used."""
    agents = (finding.agent, *finding.also)
    found = [suppressions.silences(lint.code, each, finding.where) for each in agents]
    return any(found)


def _findings(context: Context, selected: Selection) -> Iterator[tuple[Lint, Finding]]:
    for code, lint in LINTS.items():
        if selected.wants(code):
            for finding in lint.check(context):
                yield lint, finding


def _without_echoes(found: Iterable[tuple[Lint, Finding]]) -> list[tuple[Lint, Finding]]:
    """Leave out an unread mention where another rule has reported the same fault.

    That is where an agent declares no reads at all, and where it is told to ask the other.
    """
    all_ = list(found)
    without_reads = {each.agent for lint, each in all_ if lint.code == "WM205"}
    orders: dict[str, list[Where]] = {}
    for lint, each in all_:
        if lint.code == "WM201":
            orders.setdefault(each.agent, []).append(each.where)

    def is_echo(finding: Finding) -> bool:
        near = any(_is_within(finding.where, order) for order in orders.get(finding.agent, ()))
        return near or finding.agent in without_reads

    return [each for each in all_ if each[0].code != "WM209" or not is_echo(each[1])]


def _is_within(where: Where, other: Where) -> bool:
    return (
        isinstance(where, Words)
        and isinstance(other, Words)
        and where.path == other.path
        and other.start <= where.start < other.stop
    )


def _diagnostic(lint: Lint, finding: Finding, places: Places) -> Diagnostic:
    related = tuple((places.of(where), note) for where, note in finding.related)
    where = places.of(finding.where)
    return Diagnostic(lint.code, lint.severity, finding.message, where, finding.hint, related)
