"""Reads plans in the shapes that other tools write, each a dialect, into the reference shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wavemake.plan.diagnostics import Diagnostic, Path, Severity
from wavemake.plan.dialects import (
    array,
    assigned,
    checklist,
    crew,
    foreign,
    issues,
    nodes,
    numbered,
    roles,
    steps,
    stories,
    tasks,
    waves,
)
from wavemake.plan.dialects.dialect import Dialect, Found
from wavemake.plan.dialects.draft import Draft
from wavemake.plan.dialects.foreign import named, none_of_ours
from wavemake.plan.dialects.origin import Original, View
from wavemake.plan.dialects.rules import RULES
from wavemake.plan.dialects.words import described, listed
from wavemake.plan.did_you_mean import did_you_mean
from wavemake.plan.loader import Document

__all__ = [
    "DIALECTS",
    "RULES",
    "Original",
    "Reading",
    "Surroundings",
    "UnknownDialect",
    "View",
    "few",
    "named",
    "none_of_ours",
    "read",
]

_ALL = (
    tasks,
    assigned,
    numbered,
    roles,
    stories,
    nodes,
    array,
    waves,
    steps,
    crew,
    issues,
    checklist,
)
DIALECTS: Mapping[str, Dialect] = {module.DIALECT.name: module.DIALECT for module in _ALL}

_WRAPPERS = frozenset(
    {
        *("plan", "workflow", "implementation_plan", "implementationPlan", "project_plan", "data"),
        *("result", "crew", "spec", "project", "execution_plan", "taskGraph", "task_graph", "dag"),
        *("pipeline", "prd", "output", "response"),
    }
)


class UnknownDialect(ValueError):
    """The name of an unknown dialect; its text says so."""


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


def _nothing(name: str) -> Any:
    return None


@dataclass(frozen=True)
class Surroundings:
    """What a plan is read in: whether an agent has an output, and the files beside the plan.

    beside: returns the tree of a file by its path from the plan's folder, or None. tag: which of
    several lists of tasks is meant.
    """

    has_output: Callable[[str], bool] = _no_output
    beside: Callable[[str], Any] = _nothing
    tag: str = ""


@dataclass(frozen=True)
class _DialectReader:
    """A dialect, what it found, and where in the file the tree is in which it was found."""

    dialect: Dialect
    found: Found
    tree: Any
    base: Path = ()
    around: Mapping[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return (*self.base, *self.found.path)


def read(
    document: Document,
    name: str | None = None,
    *,
    has_output: Callable[[str], bool] = _no_output,
    surroundings: Surroundings | None = None,
) -> Reading:
    """Read `document` in the dialect `name`, or in the one that it is recognised as.

    has_output says whether an agent has an output. A document in the reference shape
    costs nothing; one that no dialect claims is returned as it is. Raises UnknownDialect.
    """
    around = surroundings or Surroundings(has_output)
    if isinstance(document, View):
        return Reading(document)
    if name is not None:
        return _forced(document, _dialect(name), around)
    if _is_reference(document.value):
        return Reading(document)
    likely, claims = _claims(document.value)
    known = foreign.tool(document.value, is_claimed=bool(claims))
    if known is not None and not any(each.dialect is crew.DIALECT for each in claims):
        message = f"this is {known.what}: it cannot be read"
        return _undecided(
            document, Diagnostic("WM321", Severity.ERROR, message, Original(), known.hint)
        )
    if len(claims) == 1:
        return _read(document, claims[0], around)
    if claims:
        return _undecided(document, _ambiguous(claims))
    return Reading(document, _possible(document.value, likely))


def _claims(tree: Any) -> tuple[list[_DialectReader], list[_DialectReader]]:
    """Who could read a tree, or else what it wraps; and who of them claims it."""
    likely: list[_DialectReader] = []
    for inner, base, around in _trees(tree):
        found = [
            _DialectReader(each, what, inner, base, around)
            for each in DIALECTS.values()
            if (what := each.find(inner))
        ]
        fit = [
            each
            for each in found
            if each.found.sure or described(each.found.objects, each.dialect.texts)
        ]
        claims = [each for each in fit if each.dialect.claims(inner, each.found)]
        if claims:
            return fit, claims
        likely = likely or fit
    return likely, []


def _trees(tree: Any) -> Iterator[tuple[Any, Path, Mapping[str, Any]]]:
    """A tree, and what an object of one entry, or an entry of a known name, wraps."""
    yield tree, (), {}
    if not isinstance(tree, dict):
        return
    for key, value in tree.items():
        is_object = isinstance(value, dict) and bool(value)
        is_known = key in _WRAPPERS and (is_object or bool(listed(value)))
        if is_known or (is_object and len(tree) == 1):
            yield tree[key], (key,), {name: each for name, each in tree.items() if name != key}


def _is_reference(tree: Any) -> bool:
    """Tell in a few steps, for any size, whether no dialect has to be tried."""
    if not isinstance(tree, dict) or not ("agents" in tree or "waves" in tree):
        return False
    if isinstance(tree.get("tasks"), (list, dict)) or isinstance(tree.get("agents"), dict):
        return False
    if isinstance(tree.get("workflow"), dict) or _is_nameless(tree.get("agents")):
        return False
    waves = tree.get("waves")
    first = waves[0] if isinstance(waves, list) and waves else None
    inner = first[0] if isinstance(first, list) and first else first
    return not isinstance(inner, dict)


def _is_nameless(agents: Any) -> bool:
    """Tell by the first of a list of agents whether they are known by ids, as none of ours is."""
    first = agents[0] if isinstance(agents, list) and agents else None
    return isinstance(first, dict) and "id" in first and not {"name", "task"} <= first.keys()


def _dialect(name: str) -> Dialect:
    if name not in DIALECTS:
        hint = did_you_mean(name, DIALECTS) or f"there are: {', '.join(DIALECTS)}"
        raise UnknownDialect(f"there is no dialect {name!r}: {hint}")
    return DIALECTS[name]


def _read(document: Document, reader: _DialectReader, around: Surroundings) -> Reading:
    dialect, found = reader.dialect, reader.found
    draft = Draft(dialect.noun, around.has_output, reader.base, around.beside)
    draft.tag = around.tag
    message = f"this is read as {dialect.name!r}: {dialect.summary}"
    draft.note("WM301", message, found.path)
    dialect.read(reader.tree, found, draft)
    if reader.around:
        draft.base = ()
        draft.head(reader.around, (), ())
        draft.base = reader.base
    if around.tag and not draft.tag_used:
        draft.error(
            "WM311", f"there is no tag {around.tag!r}: the plan has no tags", (), "leave --tag out"
        )
    origins = {path: (*reader.base, *place) for path, place in draft.origins.items()}
    view = View(document, draft.tree, origins, draft.wording())
    return Reading(view, few(list(draft.found)), dialect.name, draft.done)


_MOST = 5


def few(found: Sequence[Diagnostic], most: int = _MOST) -> list[Diagnostic]:
    """Keep of the errors of one code the first ones, and say how many more there are."""
    kept: list[Diagnostic] = []
    count: dict[str, int] = {}
    for each in found:
        if each.severity is Severity.ERROR:
            count[each.code] = count.get(each.code, 0) + 1
            if count[each.code] > most:
                continue
        kept.append(each)
    for code, number in count.items():
        if number > most:
            last = [each for each in kept if each.code == code][-1]
            message = f"and {number - most} more errors like those before it"
            kept.append(Diagnostic(code, Severity.ERROR, message, last.where))
    return kept


def _forced(document: Document, dialect: Dialect, around: Surroundings) -> Reading:
    for tree, base, rest in _trees(document.value):
        found = dialect.find(tree)
        if found:
            return _read(document, _DialectReader(dialect, found, tree, base, rest), around)
    message = f"this cannot be read as {dialect.name!r}, which needs {dialect.needs}"
    return _undecided(document, Diagnostic("WM312", Severity.ERROR, message, Original()))


def _undecided(document: Document, why: Diagnostic) -> Reading:
    return Reading(document, [why], decided=False)


def _ambiguous(claims: Sequence[_DialectReader]) -> Diagnostic:
    names = [each.dialect.name for each in claims]
    both = " and as ".join(f"{each.dialect.name!r} ({each.dialect.summary})" for each in claims)
    message = f"this can be read as {both}"
    hint = f"say which: {' or '.join(f'--dialect {name}' for name in names)}"
    places = [(each.dialect.name, Original(each.path, on_key=True)) for each in claims]
    related = tuple((where, f"{name!r} reads this") for name, where in places)
    return Diagnostic("WM311", Severity.ERROR, message, related[0][0], hint, related)


def _possible(tree: Any, likely: Sequence[_DialectReader]) -> list[Diagnostic]:
    if not likely or (isinstance(tree, dict) and ("agents" in tree or "waves" in tree)):
        return []
    names = " or ".join(f"--dialect {each.dialect.name}" for each in likely)
    where = Original(likely[0].path, on_key=True)
    message = f"if this is a plan of agents, {names} reads it"
    return [Diagnostic("WM313", Severity.NOTE, message, where)]
