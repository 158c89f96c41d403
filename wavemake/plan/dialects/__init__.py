"""Reads plans in the shapes that other tools write, each a dialect, into the reference shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wavemake.plan.diagnostics import Diagnostic, Severity, did_you_mean
from wavemake.plan.dialects import array, assigned, nodes, numbered, roles, stories, tasks, waves
from wavemake.plan.dialects.dialect import Dialect, Found
from wavemake.plan.dialects.draft import Draft
from wavemake.plan.dialects.origin import Original, View
from wavemake.plan.dialects.rules import RULES
from wavemake.plan.dialects.words import described
from wavemake.plan.loader import Document

__all__ = ["DIALECTS", "RULES", "Original", "Reading", "UnknownDialect", "View", "read"]

_ALL = (tasks, assigned, numbered, roles, stories, nodes, array, waves)
DIALECTS: Mapping[str, Dialect] = {module.DIALECT.name: module.DIALECT for module in _ALL}


class UnknownDialect(ValueError):
    """The name of a dialect that there is not; its text says so."""


@dataclass(frozen=True)
class Reading:
    """A document as one whose value is in the reference shape, and whose places are in the file.

    It is the very document if no dialect claims it; dialect is then empty. notes say what was
    assumed. done names the agents that the plan marks as done. Unless `decided`, the document is of
    no use: notes say why.
    """

    document: Document
    notes: Sequence[Diagnostic] = ()
    dialect: str = ""
    done: Sequence[str] = ()
    decided: bool = True

    @property
    def has_errors(self) -> bool:
        """Whether any of the notes is an error."""
        return any(note.severity is Severity.ERROR for note in self.notes)


def _no_output(agent: str) -> bool:
    return False


def read(
    document: Document,
    name: str | None = None,
    *,
    has_output: Callable[[str], bool] = _no_output,
) -> Reading:
    """Read `document` in the dialect `name`, or in the one that it is recognised as.

    has_output tells whether the output of an agent is there. A document in the reference shape
    costs nothing; one that no dialect claims is returned as it is. Raises UnknownDialect.
    """
    tree = document.value
    if isinstance(document, View):
        return Reading(document)
    if name is not None:
        return _forced(document, _dialect(name), has_output)
    if _is_reference(tree):
        return Reading(document)
    found = {each.name: what for each in DIALECTS.values() if (what := each.find(tree))}
    likely = [name for name in found if described(found[name].objects, DIALECTS[name].texts)]
    claims = [name for name in likely if DIALECTS[name].claims(tree, found[name])]
    if len(claims) == 1:
        return _read(document, DIALECTS[claims[0]], found[claims[0]], has_output)
    if claims:
        return _undecided(document, _ambiguous({name: found[name] for name in claims}))
    return Reading(document, _possible(tree, {name: found[name] for name in likely}))


def _is_reference(tree: Any) -> bool:
    """Tell in a few steps, whatever the size, whether no dialect has to be asked."""
    if not isinstance(tree, dict) or not ("agents" in tree or "waves" in tree):
        return False
    if isinstance(tree.get("tasks"), list):
        return False
    waves = tree.get("waves")
    first = waves[0] if isinstance(waves, list) and waves else None
    inner = first[0] if isinstance(first, list) and first else first
    return not isinstance(inner, dict)


def _dialect(name: str) -> Dialect:
    if name not in DIALECTS:
        hint = did_you_mean(name, DIALECTS) or f"there are: {', '.join(DIALECTS)}"
        raise UnknownDialect(f"there is no dialect {name!r}: {hint}")
    return DIALECTS[name]


def _read(
    document: Document, dialect: Dialect, found: Found, has_output: Callable[[str], bool]
) -> Reading:
    draft = Draft(dialect.noun, has_output)
    message = f"this is read as {dialect.name!r}: {dialect.summary}"
    draft.note("WM301", message, found.path)
    dialect.read(document.value, found, draft)
    view = View(document, draft.tree, draft.origins)
    return Reading(view, [*draft.found], dialect.name, draft.done)


def _forced(document: Document, dialect: Dialect, has_output: Callable[[str], bool]) -> Reading:
    found = dialect.find(document.value)
    if found:
        return _read(document, dialect, found, has_output)
    message = f"this cannot be read as {dialect.name!r}, which needs {dialect.needs}"
    return _undecided(document, Diagnostic("WM312", Severity.ERROR, message, Original()))


def _undecided(document: Document, why: Diagnostic) -> Reading:
    return Reading(document, [why], decided=False)


def _ambiguous(claims: dict[str, Found]) -> Diagnostic:
    names = " and as ".join(f"{name!r} ({DIALECTS[name].summary})" for name in claims)
    message = f"this can be read as {names}"
    hint = f"say which: {' or '.join(f'--dialect {name}' for name in claims)}"
    places = [(name, Original(found.path, on_key=True)) for name, found in claims.items()]
    related = tuple((where, f"{name!r} reads this") for name, where in places)
    return Diagnostic("WM311", Severity.ERROR, message, related[0][0], hint, related)


def _possible(tree: Any, likely: dict[str, Found]) -> list[Diagnostic]:
    if not likely or (isinstance(tree, dict) and ("agents" in tree or "waves" in tree)):
        return []
    names = " or ".join(f"--dialect {name}" for name in likely)
    where = Original(next(iter(likely.values())).path, on_key=True)
    message = f"if this is a plan of agents, {names} reads it"
    return [Diagnostic("WM313", Severity.NOTE, message, where)]
