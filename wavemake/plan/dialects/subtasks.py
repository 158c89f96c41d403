"""Subtasks: the steps that the agent of an item does in order."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from typing import Any

from wavemake.plan.diagnostics import Path
from wavemake.plan.dialects.item import Item, ItemRef
from wavemake.plan.dialects.notes import Notes
from wavemake.plan.dialects.words import SUBTASKS, is_blank, kind
from wavemake.plan.model import shown


def collect_steps(item: Item, notes: Notes) -> list[ItemRef]:
    """Fill in `item.steps`, each after those of them that it depends on.

    Returns what the steps depend on outside of the item: the item is to read it.
    """
    key = item.key(*SUBTASKS)
    if key is None:
        return []
    path = (*item.path, key)
    if not isinstance(item.value[key], list):
        notes.error("WM102", f"{key!r} must be a list, not {kind(item.value[key])}", path)
        return []
    given = [_step(each, (*path, i), item) for i, each in enumerate(item.value[key])]
    steps = [step for step in given if not is_blank(step.value) and step.state != "left out"]
    _note_left_out(item, given, notes)
    own = {step.id: n for n, step in enumerate(steps) if step.id}
    own |= {f"{item.id}.{name}": n for name, n in own.items()}
    inside = own.keys() | {step.id for step in given if step.state == "left out"}
    needs: list[set[int]] = []
    outside: list[ItemRef] = []
    for step in steps:
        refs = [ref for ref in step.refs() if ref.kind != "loose"]
        needs.append({own[name] for ref in refs if (name := str(ref.id).strip()) in own})
        outside += [ref for ref in refs if str(ref.id).strip() not in inside]
        collect_steps(step, notes)
    order = _sorted(needs)
    if len(order) < len(steps):
        order = _untangled(item, steps, order, notes)
    item.steps = [steps[n] for n in order]
    return outside


def _step(value: Any, path: Path, item: Item) -> Item:
    value = value if isinstance(value, dict) else {"title": value}
    return Item(value, path, "subtask", handled=item.handled)


def _note_left_out(item: Item, given: Sequence[Item], notes: Notes) -> None:
    out = [step for step in given if step.state == "left out"]
    if out:
        names = ", ".join(shown(step.id) for step in out)
        message = f"subtasks of {item.noun} {shown(item.id)} that are not to be done: {names}"
        notes.warn("WM310", message, out[0].state_path, "the others are steps of it")


def _untangled(item: Item, steps: Sequence[Item], order: Sequence[int], notes: Notes) -> list[int]:
    """The order of steps of which some wait for each other: an error, unless those are done."""
    rest = [n for n in range(len(steps)) if n not in set(order)]
    message = f"the subtasks of {item.noun} {shown(item.id)} wait for each other"
    if all(step.state == "done" for step in (steps[n] for n in rest)):
        hint = "they are done: the order in which they are written is taken"
        notes.warn("WM320", message, steps[rest[0]].path, hint)
        return list(range(len(steps)))
    notes.error("WM115", message, steps[rest[0]].path, "one of them must do without the other")
    return list(order)


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
