"""The order of a plan that says it apart from its items: in phases, or as a list of their ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from wavemake.plan.diagnostics import Path
from wavemake.plan.dialects.item import Item
from wavemake.plan.dialects.naming import Ids
from wavemake.plan.dialects.notes import Notes
from wavemake.plan.dialects.words import is_id, kind, plain
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


def one_by_one(items: Sequence[Item]) -> Groups:
    """The order in which the items are written, one after the other."""
    return [[(item, item.id_path)] for item in items]


def in_turn(items: Sequence[Item], key: str = "") -> Groups:
    """One after the other, unless one of them says what it depends on in the plan's own words.

    What is added to `reads`, a word of ours, changes nothing of the order. key: where the place of
    each is said.
    """
    if any(item.declared and plain(item.needs_key()) != "reads" for item in items):
        return []
    return [[(item, item.at(key) if item.key(key) else item.id_path)] for item in items]


def split_order(
    batches: Sequence[Sequence[Item]], kept: Sequence[Item], together: Callable[[Item], bool]
) -> Groups:
    """One after the other, but for neighbours in one batch that may run `together`."""
    known = {id(item) for item in kept}
    groups: Groups = []
    for batch in batches:
        last = False
        for item in (item for item in batch if id(item) in known):
            joins = last and together(item)
            last = together(item)
            if not joins:
                groups.append([])
            groups[-1].append((item, item.id_path))
    return groups


def read_order(
    tree: Mapping[str, Any], items: Sequence[Item], ids: Ids, notes: Notes, path: Path = ()
) -> Groups:
    """The order that `tree`, which is at `path`, gives to `items`; an empty one if it says none.

    Phases name their items, or the items name their phase.
    """
    key = order_key(tree)
    value = tree[key] if key is not None else []
    entries = list(value.values()) if isinstance(value, dict) else value
    names_items = any(_members(each) is not None or ids.get(each) for each in entries)
    if key is not None and names_items:
        return listed_order(value, (*path, key), ids, notes)
    return _marked(items, entries)


def follow(
    groups: Groups,
    items: Sequence[Item],
    before: str,
    ids: Ids,
    notes: Notes,
    *,
    keep: bool = True,
) -> None:
    """Let each item that does not say what it depends on read all of the group before.

    before: what messages call that group. keep: one that says it under `reads`, which is a word of
    ours, comes after that group all the same, and waits for it.
    """
    last: list[tuple[Item, Path]] = []
    followed = []
    for group in groups:
        for item, path in group:
            if last and not item.declared:
                item.reads = dict.fromkeys((other.name for other, _ in last), path)
                followed.append(path)
            elif keep and plain(item.needs_key()) == "reads":
                item.waits |= {
                    other.name: path for other, _ in last if other.name not in item.reads
                }
        last = group or last
    if followed:
        message = f"{ids.a_noun} that names no dependencies is given {before} to read"
        notes.note("WM306", message, followed[0])
    elif len(items) > 1 and not any(item.declared for item in items):
        message = f"no {ids.noun} names a dependency: all may run at the same time"
        notes.note("WM306", message, items[0].path)
    ordered = {item.id for group in groups for item, _ in group}
    for item in items if groups else ():
        if not item.declared and item.id not in ordered:
            message = f"{ids.noun} {shown(item.id)} is in no step: it waits for nothing"
            notes.note("WM306", message, item.id_path)


def is_possible(groups: Groups, notes: Notes) -> bool:
    """Tell whether no item depends on one of a later group; say which do."""
    possible = True
    ranks = {item.name: n for n, group in enumerate(groups) for item, _ in group}
    ids = {item.name: shown(item.id) for group in groups for item, _ in group}
    for item, place in (each for group in groups for each in group):
        for name, path in item.reads.items():
            if ranks.get(name, -1) > ranks[item.name]:
                possible = False
                message = f"{ids[item.name]} depends on {ids[name]}, which comes in a later step"
                related = ((place, f"{ids[item.name]} is in this step"),)
                hint = f"move {ids[item.name]} to a later step, or let it do without {ids[name]}"
                notes.error("WM114", message, path, hint, related)
    return possible


def untangle(items: Sequence[Item], notes: Notes) -> None:
    """Among items that are done, let none of a cycle wait for one that is written after it."""
    at = {item.name: n for n, item in enumerate(items) if item.state == "done"}
    left = _in_cycles({name: _needs(items[n], at) for name, n in at.items()})
    for name in sorted(left, key=at.__getitem__):
        item = items[at[name]]
        late = [other for other in _needs(item, left) if at[other] >= at[name]]
        if late:
            path = item.reads.get(late[0], item.waits.get(late[0], item.path))
            message = f"{', '.join(map(shown, sorted(left)))} wait for each other, and are done"
            hint = "the order in which they are written is taken"
            notes.warn("WM320", message, path, hint)
        for other in late:
            item.reads.pop(other, None)
            item.waits.pop(other, None)


def _needs(item: Item, among: Iterable[str]) -> list[str]:
    return [name for name in (*item.reads, *item.waits) if name in among]


def _in_cycles(needs: Mapping[str, Sequence[str]]) -> set[str]:
    """What is left if everything is taken away that waits for nothing, or that nothing waits for."""
    left = set(needs)
    for edges in (needs, _turned(needs)):
        open_ = list(left)
        count = {name: sum(each in left for each in edges[name]) for name in left}
        ready = [name for name in open_ if not count[name]]
        back = _turned(edges)
        while ready:
            name = ready.pop()
            left.discard(name)
            for other in back[name]:
                if other in left:
                    count[other] -= 1
                    if not count[other]:
                        ready.append(other)
    return left


def _turned(edges: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {name: [] for name in edges}
    for name, others in edges.items():
        for other in others:
            found[other].append(name)
    return found


def _members(entry: Any) -> tuple[str, ...] | None:
    """The path in an entry to the list of its items, or None if there is none."""
    if isinstance(entry, list):
        return ()
    if isinstance(entry, dict):
        words = {plain(key): key for key in entry}
        keys = (words[word] for word in _MEMBERS if word in words)
        return next(((key,) for key in keys if isinstance(entry[key], list)), None)
    return None


def listed_order(value: Any, path: Path, ids: Ids, notes: Notes) -> Groups:
    """The order that a list of ids, or of lists of ids, gives; `path` is where it stands."""
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
            for item in _named(ref, place, str(path[-1]), seen, ids, notes):
                groups[-1].append((item, place))
    return groups


def _named(ref: Any, at: Path, key: str, seen: set[str], ids: Ids, notes: Notes) -> list[Item]:
    """The items that an entry of an order names: none, with an error, if it cannot be."""
    if not is_id(ref):
        message = f"{key!r} names {ids.noun}s by their ids, and this is {kind(ref)}"
        notes.error("WM102", message, at)
        return []
    items = ids.all(ref)
    if items is None:
        if not ids.is_left_out(ref):
            message = f"{shown(str(ref))} is in {key!r}, but is not {ids.a_noun} of this plan"
            notes.error("WM109", message, at, ids.near(str(ref)))
        return []
    if len(items) == 1 and items[0].id in seen:
        message = f"{shown(items[0].id)} is in {key!r} twice"
        notes.error("WM111", message, at, "name it once")
        return []
    items = [item for item in items if item.id not in seen]
    seen.update(item.id for item in items)
    return items


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
