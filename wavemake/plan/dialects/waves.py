"""Waves, phases or stages that hold the agents themselves, or that are numbered.

{"waves": [[{"name": "db", "task": "..."}], [{"name": "api", "task": "..."}]]}
{"waves": [{"wave": 1, "agents": [{"name": "db", "task": "..."}]}]}
{"agents": [...], "waves": [{"wave": 1, "agents": ["db"]}]}
{"phases": [{"id": "p1", "tasks": [...]}, {"id": "p2", "depends_on": ["p1"], "tasks": [...]}]}
{"wave_1": [{"name": "db", "task": "..."}], "wave_2": [...]}
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from wavemake.plan.diagnostics import Path
from wavemake.plan.dialects.dialect import Dialect, Found
from wavemake.plan.dialects.draft import Draft, DraftLinks
from wavemake.plan.dialects.gates import shuts
from wavemake.plan.dialects.item import Item
from wavemake.plan.dialects.leftovers import name_keys
from wavemake.plan.dialects.order import Groups
from wavemake.plan.dialects.phases import FLAGS, Phase, holder_of, phases_in
from wavemake.plan.dialects.text import is_context
from wavemake.plan.dialects.words import (
    GATES,
    STATES,
    STATUS,
    STRONG,
    TEXTS,
    TITLES,
    depends,
    evident,
    is_blank,
    listed,
    objects,
    plain,
    words_of,
)
from wavemake.plan.model import shown


def _is_names(members: Any) -> bool:
    return isinstance(members, list) and all(isinstance(each, str) for each in members)


def find(tree: Any) -> Found | None:
    """Find the objects that waves hold, or that waves name."""
    holder = holder_of(tree)
    if holder is None:
        return None
    phases = list(phases_in(holder))
    found = [each for phase in phases for each in _objects(phase.members)]
    if not found and holder.word == "waves" and all(_is_names(phase.members) for phase in phases):
        is_deep = any(phase.item is not None for phase in phases)
        found = listed(tree.get("agents")) if is_deep else []
    return Found(holder.keys[:1], found) if found else None


def _objects(members: Any) -> list[dict[str, Any]]:
    """The objects of a list, or of a mapping of tasks by their names."""
    if isinstance(members, dict) and not all(isinstance(each, dict) for each in members.values()):
        return []
    return objects(members)


def _claims(tree: Any, found: Found) -> bool:
    if isinstance(tree.get("tasks"), list) and objects(tree["tasks"]):
        return False
    holder = holder_of(tree)
    phases = listed(holder.waves) if holder else []
    return bool(words_of(found.objects) & STRONG) or evident(found.objects) or depends(phases)


def _read(tree: Any, found: Found, draft: Draft) -> None:
    holder = holder_of(tree)
    if holder is None:
        return
    phases = list(phases_in(holder))
    if all(_is_names(phase.members) for phase in phases):
        _name_unread(phases, draft)
        draft.keep(tree)
        draft.waves(
            [[(name, (*each.path, i)) for i, name in enumerate(each.members)] for each in phases]
        )
        return
    draft.head(tree, holder.keys)
    words = draft.words_of_order(phase.members for phase in phases)
    for phase in phases:
        phase.items = _items(phase, draft, words)
    _name_unread(phases, draft)
    items = [item for phase in phases for item in phase.items]
    as_waves = holder.word == "waves"
    linked = any(phase.item and phase.item.declared for phase in phases)

    def order(items: Sequence[Item]) -> Groups:
        kept = {id(item) for item in items}
        return [
            [(item, item.id_path) for item in phase.items if id(item) in kept] for phase in phases
        ]

    draft.write(
        items,
        None if linked else order,
        links=None if as_waves else lambda items: _links(phases, items, draft),
        before=f"all of the {holder.word.removesuffix('s')} before",
        waves=as_waves and not linked,
    )


def _items(phase: Phase, draft: Draft, asks: Iterable[str]) -> list[Item]:
    """The items of a phase; itself, if it says what to do and holds nothing.

    asks: further words for what they depend on.
    """
    whole = phase.item
    if whole is None or phase.path != whole.path:
        items = draft.items(phase.members, phase.path, asks=asks)
        for each in items:
            if whole is not None and whole.state and not each.state:
                each.state = whole.state
        return _with_phase(items, whole)
    if not any(is_context(whole, key) for key in whole.value):
        what = "an object"
        draft.error("WM102", f"this must be a list of {draft.noun}s, not {what}", phase.path)
        return []
    item = draft.item(phase.members, phase.path, handled=frozenset(FLAGS))
    return [item] if item else []


def _with_phase(items: list[Item], item: Item | None) -> list[Item]:
    """Say to each item of a phase what that says, apart from its name."""
    if item and any(is_context(item, key) for key in item.value):
        for each in items:
            each.parts.append(("Phase", item))
    return items


def _links(phases: Sequence[Phase], items: Sequence[Item], draft: Draft) -> DraftLinks:
    """What comes before the items of a phase: all of those that it depends on, and its gate."""
    kept = {id(item) for item in items}
    by_name: dict[str, Phase] = {}
    for phase in phases:
        for name in _names(phase):
            by_name.setdefault(name, phase)
        phase.items = [item for item in phase.items if id(item) in kept]
    gated: dict[int, Phase] = {id(phase): phase for phase in phases if _gate(phase)}
    found: list[tuple[Item, Sequence[Item], Path]] = []
    last: Phase | None = None
    for phase in phases:
        before = _before(phase, by_name, draft)
        for other, path in before:
            found += [(item, other.items, path) for item in phase.items]
        if phase.is_in_turn and phase.item is not None:
            pairs = zip(phase.items, phase.items[1:], strict=False)
            found += [(item, [previous], phase.item.path) for previous, item in pairs]
        is_first = [other for other, _ in before] or ([last] if last else [])
        behind = [each for each in (phase, *is_first) if id(each) in gated]
        for each in behind[:1]:
            _shut(phase, each, draft)
        last = phase
    return found


def _names(phase: Phase) -> list[str]:
    item = phase.item
    if item is None:
        return []
    words = ("phase", "stage", "wave", "number", "name", "title")
    return [item.id, *(str(item.get(word)) for word in words if item.get(word) is not None)]


def _before(phase: Phase, by_name: dict[str, Phase], draft: Draft) -> list[tuple[Phase, Path]]:
    found = []
    for ref in phase.item.refs() if phase.item else ():
        other = by_name.get(str(ref.id).strip())
        if other is not None and other is not phase:
            found.append((other, ref.path))
        elif str(ref.id).strip():
            message = f"phase {shown(phase.item.id if phase.item else '')} depends on"
            hint = f"there are: {', '.join(map(shown, by_name))}"
            draft.error(
                "WM112",
                f"{message} {shown(str(ref.id))}, which is not a phase here",
                ref.path,
                hint,
            )
    return found


def _gate(phase: Phase) -> bool:
    keys = [key for key in phase.item.value if plain(key) in GATES] if phase.item else []
    phase.gate = next((key for key in keys if phase.item and shuts(phase.item.value[key])), "")
    return bool(phase.gate)


def _shut(phase: Phase, gate: Phase, draft: Draft) -> None:
    """What a phase begins with waits for a yes, if the phase has a gate, or follows one that has."""
    if gate.item is None:
        return
    path = (*gate.item.path, gate.gate)
    own = {item.name for item in phase.items}
    first = [item for item in phase.items if own.isdisjoint((*item.reads, *item.waits))]
    first = first[:1] if phase.is_in_turn else first
    for item in first:
        item.keys.setdefault("approve", (True, path))
    if first:
        names = ", ".join(item.name for item in first)
        said = gate.item.value[gate.gate]
        question = f" ({shown(said)})" if isinstance(said, str) else ""
        message = f"phase {shown(gate.item.id)} has a gate{question}: without a yes, none of"
        message += f" these starts: {names}"
        draft.warn("WM317", message, path, f"approve it with 'make approve-{first[0].name}'")


def _name_unread(phases: Sequence[Phase], draft: Draft) -> None:
    """Name the keys of phases that reach no agent."""
    left_out: dict[str, Path] = {}
    for phase in phases:
        for key, value in phase.item.value.items() if phase.item else ():
            word = plain(key)
            is_read = (
                word in phase.item.asks | GATES | {*STATUS, *STATES} or word in phase.item.handled
                if phase.item
                else True
            )
            is_added = phase.items and phase.item and is_context(phase.item, key)
            if not (is_read or is_added or word in TITLES or is_blank(value)):
                left_out.setdefault(key, (*phase.item.path, key) if phase.item else ())
    name_keys(left_out, draft)


DIALECT = Dialect(
    name="waves",
    noun="agent",
    summary="waves or phases of objects",
    needs="a list under 'waves', 'phases' or 'stages' that has agents or tasks in it",
    texts=TEXTS | {"title"},
    find=find,
    claims=_claims,
    read=_read,
)
