"""Silences what the plan says to ignore, and finds what silences nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from wavemake.lint.context import Finding
from wavemake.plan.diagnostics import Diagnostic, Path, Severity, Where
from wavemake.plan.did_you_mean import did_you_mean
from wavemake.plan.model import Plan

UNUSED = "WM290"


@dataclass(slots=True)
class _IgnoredCode:
    """A code in an `ignore`: where it stands, of which part of the plan, and if it silenced anything."""

    code: str
    where: Where
    agent: str
    scope: Path
    used: bool = field(default=False)


class Suppressions:
    """All that the plan says to ignore."""

    def __init__(self, tree: Any, plan: Plan) -> None:
        """Read the `ignore` of the plan and of each agent out of `tree`, the document's value."""
        self.entries = list(_entries(tree, (), ""))
        for spec in plan.agents:
            self.entries += _entries(_value(tree, spec.path), spec.path, spec.name)

    def kept(self, found: Iterable[Diagnostic]) -> list[Diagnostic]:
        """Return the diagnostics of earlier phases that are not ignored, as errors never are."""
        return [
            each
            for each in found
            if each.severity is Severity.ERROR or not self.silences(each.code, "", each.where)
        ]

    def silences(self, code: str, agent: str, where: object) -> bool:
        """Tell whether a warning with `code`, of `agent` or at a place, is to be ignored."""
        path = where.path if isinstance(where, Where) else ()
        found = False
        for entry in self.entries:
            inside = (
                not entry.scope or agent == entry.agent or path[: len(entry.scope)] == entry.scope
            )
            if entry.code == code and inside:
                entry.used = found = True
        return found

    def unused(
        self, known: Mapping[str, Severity], ran: Callable[[str], bool]
    ) -> Iterator[Finding]:
        """Yield what silenced nothing, of the codes that `ran`; `known` are all codes there are."""
        for entry in self.entries:
            if entry.used or entry.code == UNUSED:
                continue
            if entry.code not in known:
                hint = did_you_mean(entry.code, known) or "codes look like WM204"
                yield Finding(entry.agent, f"there is no code {entry.code!r}", entry.where, hint)
            elif known[entry.code] is Severity.ERROR:
                message = f"{entry.code} is an error, and errors cannot be ignored"
                yield Finding(entry.agent, message, entry.where, "fix it")
            elif ran(entry.code):
                of = f" of {entry.agent!r}" if entry.agent else ""
                message = f"there is no {entry.code}{of} to ignore"
                yield Finding(entry.agent, message, entry.where, "remove it")


def _entries(value: Any, path: Path, agent: str) -> Iterator[_IgnoredCode]:
    ignore = value.get("ignore") if isinstance(value, dict) else None
    if isinstance(ignore, str):
        yield _IgnoredCode(ignore, Where((*path, "ignore")), agent, path)
    elif isinstance(ignore, list):
        for at, code in enumerate(ignore):
            if isinstance(code, str):
                yield _IgnoredCode(code, Where((*path, "ignore", at)), agent, path)


def _value(tree: Any, path: Path) -> Any:
    for step in path:
        try:
            tree = tree[step]
        except (KeyError, IndexError, TypeError):
            return None
    return tree
