"""Dependencies that a plan lists apart from its items: {"from": "a", "to": "b"}, or {"b": ["a"]}."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from wavemake.plan.diagnostics import Path
from wavemake.plan.dialects.item import Item
from wavemake.plan.dialects.naming import Ids
from wavemake.plan.dialects.notes import Notes
from wavemake.plan.dialects.words import READS, is_id, plain
from wavemake.plan.model import shown

_KEYS = ("edges", "links", "dependencies", "dependencygraph", "taskdependencies")
_FROM = ("from", "source", "before")
_TO = ("to", "target", "after", "task", "id", "node", "taskid")


class Edge(NamedTuple):
    """That `later` needs `first`, and where it is said."""

    later: Any
    first: Any
    path: Path


def edges_key(tree: Mapping[str, Any]) -> str | None:
    """The key under which a plan lists what depends on what, if it does."""
    found = {plain(key): key for key in reversed(list(tree))}
    keys = (found[word] for word in _KEYS if word in found)
    return next((key for key in keys if any(_edges(tree[key], ()))), None)


def _edges(value: Any, path: Path) -> Iterator[Edge]:
    if isinstance(value, dict):
        for later, needs in value.items():
            yield from _all(later, needs, (*path, later))
    for i, each in enumerate(value if isinstance(value, list) else ()):
        words = {plain(key): key for key in each} if isinstance(each, dict) else {}
        later = next((words[word] for word in _TO if word in words), None)
        first = next((words[word] for word in (*_FROM, *sorted(READS)) if word in words), None)
        if later is not None and first is not None:
            yield from _all(each[later], each[first], (*path, i, first))


def _all(later: Any, needs: Any, path: Path) -> Iterator[Edge]:
    if not isinstance(needs, list):
        if is_id(needs):
            yield Edge(later, needs, path)
        return
    for i, each in enumerate(needs):
        if is_id(each):
            yield Edge(later, each, (*path, i))


def read_edges(
    tree: Mapping[str, Any], ids: Ids, notes: Notes, path: Path = ()
) -> list[tuple[Item, list[Item], Path]]:
    """The items that `tree`, which is at `path`, says to need others, with these."""
    key = edges_key(tree)
    found = []
    for edge in _edges(tree[key], (*path, key)) if key is not None else ():
        pair = ids.all(edge.first), ids.all(edge.later)
        for ref, items in zip((edge.first, edge.later), pair, strict=True):
            if items is None and not ids.is_left_out(ref):
                message = f"{shown(str(ref))} is in {key!r}, but is not {ids.a_noun} of this plan"
                notes.error("WM112", message, edge.path, ids.near(str(ref)))
        first, later = pair
        found += [(item, first, edge.path) for item in later or () if first]
    return found
