"""The order of a plan that says it apart from its items: in phases, or as a list of their ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wavemake.plan.diagnostics import Path
from wavemake.plan.dialects.notes import Notes
from wavemake.plan.dialects.origin import Original
from wavemake.plan.dialects.words import Item, is_id, kind, plain
from wavemake.plan.model import shown

Groups = list[list[tuple[Item, Path]]]
"""Items in the order in which they may start, those of one group together, each with its place."""

_ORDERS = ("executionorder", "phases", "waves", "order")
_MEMBERS = ("tasks", "taskids", "agents", "ids", "items", "parallel", "steps")
_LABELS = ("id", "phase", "wave", "number", "name", "title")
MARKS = ("phase", "wave")
"""The words by which an item says of which phase it is."""


def order_key(tree: Mapping[str, Any]) -> str | None:
    """The key under which a plan says its order, if it does."""
    words = {plain(key): key for key in tree}
    keys = (words[word] for word in _ORDERS if word in words)
    return next((key for key in keys if isinstance(tree[key], (list, dict))), None)


def read_order(
    notes: Notes, tree: Mapping[str, Any], items: Sequence[Item], path: Path = ()
) -> Groups:
    """The order that `tree`, which is at `path`, gives to `items`; an empty one if it says none.

    Phases name their items, or the items name their phase.
    """
    key = order_key(tree)
    value = tree[key] if key is not None else []
    entries = list(value.values()) if isinstance(value, dict) else value
    names_items = any(_members(each) is not None or notes.ids.get(each) for each in entries)
    if key is not None and names_items:
        return _listed(notes, value, (*path, key))
    return _marked(items, entries)


def follow(notes: Notes, groups: Groups, items: Sequence[Item], before: str) -> None:
    """Let each item that does not say what it depends on read all of the group before.

    before: what messages call that group.
    """
    last: list[tuple[Item, Path]] = []
    followed = []
    for group in groups:
        for item, path in group:
            if last and not item.declared:
                item.reads = dict.fromkeys((other.name for other, _ in last), path)
                followed.append(path)
        last = group or last
    if followed:
        message = f"{notes.a_noun} that names no dependencies is given {before} to read"
        notes.note("WM306", message, followed[0])
    elif len(items) > 1 and not any(item.declared for item in items):
        message = f"no {notes.noun} names a dependency: all may run at the same time"
        notes.note("WM306", message, items[0].path)
    ordered = {item.id for group in groups for item, _ in group}
    for item in items if groups else ():
        if not item.declared and item.id not in ordered:
            message = f"{notes.noun} {shown(item.id)} is in no step: it waits for nothing"
            notes.note("WM306", message, item.id_path)


def is_possible(notes: Notes, groups: Groups) -> bool:
    """Tell whether no item depends on one of a later group; say which do."""
    possible = True
    ranks = {item.name: n for n, group in enumerate(groups) for item, _ in group}
    for item, place in (each for group in groups for each in group):
        for name, path in item.reads.items():
            if ranks.get(name, -1) > ranks[item.name]:
                possible = False
                message = f"{item.name!r} depends on {name!r}, which comes in a later step"
                related = ((Original(place), f"{item.name!r} is in this step"),)
                notes.error("WM114", message, path, related=related)
    return possible


def _members(entry: Any) -> tuple[str, ...] | None:
    """The path in an entry to the list of its items, or None if there is none."""
    if isinstance(entry, list):
        return ()
    if isinstance(entry, dict):
        words = {plain(key): key for key in entry}
        keys = (words[word] for word in _MEMBERS if word in words)
        return next(((key,) for key in keys if isinstance(entry[key], list)), None)
    return None


def _listed(notes: Notes, value: Any, path: Path) -> Groups:
    groups: Groups = []
    seen: set[str] = set()
    for step, entry in value.items() if isinstance(value, dict) else enumerate(value):
        at = (*path, step)
        inner = _members(entry)
        if inner is None:
            members = [(entry, at)]
        else:
            found = entry[inner[0]] if inner else entry
            members = [(each, (*at, *inner, i)) for i, each in enumerate(found)]
        groups.append([])
        for ref, place in members:
            item = _member(notes, ref, place, str(path[-1]), seen)
            if item:
                groups[-1].append((item, place))
    return groups


def _member(notes: Notes, ref: Any, at: Path, key: str, seen: set[str]) -> Item | None:
    if not is_id(ref):
        message = f"{key!r} names {notes.noun}s by their ids, and this is {kind(ref)}"
        notes.error("WM102", message, at)
        return None
    item = notes.ids.get(ref)
    if item is None:
        if not notes.ids.is_left_out(ref):
            message = f"{shown(str(ref))} is in {key!r}, but is no {notes.noun} of this plan"
            notes.error("WM109", message, at, notes.ids.near(str(ref)))
        return None
    if item.id in seen:
        notes.error("WM111", f"{shown(item.id)} is in {key!r} twice", at, "name it once")
        return None
    seen.add(item.id)
    return item


def _marked(items: Sequence[Item], phases: Sequence[Any]) -> Groups:
    """The order of items that say themselves which phase they are of."""
    ranks = _ranks([item.get(*MARKS) for item in items], phases)
    groups: dict[int, list[tuple[Item, Path]]] = {}
    for item in items:
        key = item.key(*MARKS)
        rank = ranks.get(str(item.value[key])) if key is not None else None
        if key is not None and rank is not None:
            groups.setdefault(rank, []).append((item, (*item.path, key)))
    return [groups[rank] for rank in sorted(groups)]


def _ranks(marks: Iterable[Any], phases: Sequence[Any]) -> dict[str, int]:
    """The rank of each phase's name: as the phases are listed, or else by number."""
    ranks: dict[str, int] = {}
    for n, phase in enumerate(phases):
        named = isinstance(phase, dict)
        labels = [phase[key] for key in phase if plain(key) in _LABELS] if named else [phase]
        for label in labels:
            if is_id(label):
                ranks.setdefault(str(label), n)
    numbers = [each for each in marks if isinstance(each, int) and not isinstance(each, bool)]
    return ranks or {str(number): number for number in numbers}
