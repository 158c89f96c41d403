"""Subtasks: the steps that the agent of an item does in order."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from typing import Any

from wavemake.plan.diagnostics import Path
from wavemake.plan.dialects.notes import Notes
from wavemake.plan.dialects.words import Item, is_blank, kind
from wavemake.plan.model import shown


def collect_steps(item: Item, notes: Notes) -> list[tuple[Any, Path]]:
    """Fill in `item.steps`, each after those of them that it depends on.

    Returns what the steps depend on outside of the item, with the places: the item is to read it.
    """
    key = item.key("subtasks")
    if key is None:
        return []
    path = (*item.path, key)
    if not isinstance(item.value[key], list):
        notes.error("WM102", f"{key!r} must be a list, not {kind(item.value[key])}", path)
        return []
    given = [_step(each, (*path, i)) for i, each in enumerate(item.value[key])]
    steps = [step for step in given if not is_blank(step.value) and step.state != "left out"]
    own = {step.id: n for n, step in enumerate(steps) if step.id}
    own |= {f"{item.id}.{name}": n for name, n in own.items()}
    inside = own.keys() | {step.id for step in given if step.state == "left out"}
    needs: list[set[int]] = []
    outside: list[tuple[Any, Path]] = []
    for step in steps:
        refs = step.refs()
        needs.append({own[ref] for each, _ in refs if (ref := str(each).strip()) in own})
        outside += [(ref, at) for ref, at in refs if str(ref).strip() not in inside]
        collect_steps(step, notes)
    order = _sorted(needs)
    if len(order) < len(steps):
        rest = steps[min(set(range(len(steps))) - set(order))]
        message = f"the subtasks of {item.noun} {shown(item.id)} wait for each other"
        notes.error("WM115", message, rest.path, "one of them must do without the other")
    item.steps = [steps[n] for n in order]
    return outside


def _step(value: Any, path: Path) -> Item:
    return Item(value if isinstance(value, dict) else {"title": value}, path, "subtask")


def _sorted(needs: Sequence[set[int]]) -> list[int]:
    """The numbers of `needs`, each after all that it needs and else in order; a cycle is left out."""
    waiting = [len(each) for each in needs]
    followers: Mapping[int, list[int]] = {n: [] for n in range(len(needs))}
    for n, each in enumerate(needs):
        for need in each:
            followers[need].append(n)
    ready = [n for n, count in enumerate(waiting) if not count]
    order: list[int] = []
    while ready:
        n = heapq.heappop(ready)
        order.append(n)
        for follower in followers[n]:
            waiting[follower] -= 1
            if not waiting[follower]:
                heapq.heappush(ready, follower)
    return order
