"""Tries fixes, and keeps those that change the plan as they should and break nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from wavemake.compiler.resolve import Project, resolve
from wavemake.fix.edit import Editor, edited
from wavemake.fix.syntax import Cannot, Edit
from wavemake.lint import Selection
from wavemake.plan.diagnostics import Diagnostic, Path, Severity, Where
from wavemake.plan.loader import Document
from wavemake.plan.model import Plan, Settings
from wavemake.plan.parser import parse
from wavemake.plan.resolved import Resolved


@dataclass(frozen=True)
class Look:
    """A document, and what the phases say of it."""

    document: Document
    project: Project
    folder: str
    untrusted: bool
    override: Settings
    selected: Selection

    @cached_property
    def _said(self) -> tuple[Plan | None, Resolved | None, tuple[Diagnostic, ...]]:
        plan, found = parse(self.document.value, untrusted=self.untrusted)
        resolved = None
        if plan is not None:
            resolved, more = resolve(plan, self.project, self.folder, self.override)
            found = [*found, *more]
        errors = tuple(each for each in found if each.severity is Severity.ERROR)
        return plan, None if errors else resolved, errors

    @property
    def plan(self) -> Plan | None:
        """The plan as written, if it is one."""
        return self._said[0]

    @property
    def resolved(self) -> Resolved | None:
        """The plan, if there is no error in it."""
        return self._said[1]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The errors of parser and resolver."""
        return self._said[2]

    def at(self, document: Document) -> Look:
        """Look at another document in the same way."""
        return replace(self, document=document)

    def is_worse_than(self, other: Look, but: str) -> bool:
        """Tell whether there is an error here that is not in `other`, of another code than `but`."""
        mine, its = (Counter((e.code, e.message) for e in look.errors) for look in (self, other))
        return any(code != but for code, _ in mine - its)


Outcome = tuple[Look, list[str]]
"""What is seen after the fixes, and what was done."""


@dataclass(frozen=True)
class Fix:
    """One fix, at `path`: what it is, how it is done in the text, and what becomes of the tree."""

    message: str
    path: Path
    edits: Callable[[Editor], list[Edit]]
    change: Callable[[Any], None]


Accept = Callable[[Look, Look, Sequence[Fix]], bool]
"""Tells whether what is seen before and after some fixes is as it should be."""


def make(look: Look, fixes: Sequence[Fix], accept: Accept) -> Outcome:
    """Do all `fixes` at once, or if that is not right, those of them that can be done."""
    if not fixes:
        return look, []
    after = _made(look, fixes)
    if after and accept(look, after, fixes):
        return after, [fix.message for fix in fixes]
    if len(fixes) == 1:
        return look, []
    half = len(fixes) // 2
    look, first = make(look, fixes[:half], accept)
    look, second = make(look, fixes[half:], accept)
    return look, first + second


def _made(look: Look, fixes: Sequence[Fix]) -> Look | None:
    editor = Editor(look.document)

    def change(tree: Any) -> None:
        for fix in fixes:
            fix.change(tree)

    try:
        edits = [edit for fix in fixes for edit in fix.edits(editor)]
    except Cannot:
        return None
    document = edited(look.document, edits, change)
    return look.at(document) if document else None


def value_at(tree: Any, path: Sequence[str | int]) -> Any:
    """Return what stands at `path` in a tree."""
    for step in path:
        tree = tree[step]
    return tree


def path_of(error: Diagnostic) -> Path:
    """Return the place of an error in the tree; parser and resolver know of no other places."""
    assert isinstance(error.where, Where)
    return error.where.path
