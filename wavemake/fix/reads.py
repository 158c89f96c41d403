"""Adds to `reads` what a task uses and its agent does not read, as the lint `unread-mention` finds it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wavemake.fix.edit import Editor
from wavemake.fix.needs import implied_reads, needs
from wavemake.fix.syntax import Edit, Word
from wavemake.fix.trial import Fix, Look, Outcome, make, value_at
from wavemake.lint import unread_mention
from wavemake.lint.context import Context
from wavemake.lint.evidence import ProjectEvidence
from wavemake.lint.suppression import Suppressions
from wavemake.plan.model import AgentSpec, shown

_CODE = "WM209"
# An author who silences either wants the agent to read nothing.
_SILENCING = ("WM205", _CODE)
_HINT = re.compile(r'add "([^"]+)" to its "reads"')


def fix_reads(look: Look) -> Outcome:
    """Add what is used to 'reads', if the order of the plan allows it."""
    missing = _missing(look)
    return make(look, list(_fixes(look, missing)), _adds_only(missing))


def _missing(look: Look) -> Mapping[str, list[str]]:
    """What each agent uses and does not read, of a plan without errors."""
    if look.plan is None or look.resolved is None or not look.selected.wants(_CODE):
        return {}
    context = Context(look.plan, look.resolved, ProjectEvidence(look.folder), look.folder)
    suppressed = Suppressions(look.document.value, look.plan)
    found: dict[str, list[str]] = {}
    for finding in unread_mention.check(context):
        hint = _HINT.fullmatch(finding.hint)
        silenced = [suppressed.silences(c, finding.agent, finding.where) for c in _SILENCING]
        if hint and not any(silenced):
            found.setdefault(finding.agent, []).append(hint[1])
    return found


def _fixes(look: Look, missing: Mapping[str, list[str]]) -> Iterator[Fix]:
    if look.plan is None:
        return
    implied = implied_reads(look.plan)
    for spec in look.plan.agents:
        if spec.name in missing:
            yield _read(spec, implied.get(spec.name, ()), missing[spec.name])


def _read(spec: AgentSpec, implied: Sequence[str], others: list[str]) -> Fix:
    """Once something is read by name, the wave before is read only if it is named as well."""
    words = [*implied, *(name for name in others if name not in implied)]
    path = (*spec.path, "reads")

    def edits(editor: Editor) -> list[Edit]:
        if spec.reads is not None:
            return editor.append(path, [Word(word) for word in words])
        return editor.add_list(spec.path, "task", "reads", words)

    def change(tree: Any) -> None:
        agent = value_at(tree, spec.path)
        given = agent.get("reads") or []
        agent["reads"] = [*(given if isinstance(given, list) else [given]), *words]

    names = ", ".join(shown(name) for name in others)
    return Fix(f"{_CODE}: {shown(spec.name)} reads {names} now", path, edits, change)


def _adds_only(missing: Mapping[str, list[str]]) -> Any:
    def accept(before: Look, after: Look, fixes: Sequence[Fix]) -> bool:
        """Tell whether each agent needs what it did, and what was added."""
        if before.plan is None or after.plan is None or after.errors:
            return False
        fixed = {fix.path[:2] for fix in fixes}
        wanted = needs(before.plan, before.folder)
        for spec in before.plan.agents:
            if spec.path in fixed:
                wanted[spec.name] |= set(missing[spec.name])
        return needs(after.plan, after.folder) == wanted

    return accept
