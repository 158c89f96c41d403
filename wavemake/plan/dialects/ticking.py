"""Ticks the boxes of a checklist: those of items that are done, and of items of which all parts are."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

from wavemake.plan.diagnostics import Path, Where
from wavemake.plan.dialects.origin import View


def ticked(view: View, done: Container[str]) -> str:
    """Return the text of a checklist with the boxes of the agents `done` ticked; nothing else changes."""
    agents = view.value.get("agents", [])
    paths = {
        view.original(Where(("agents", n))).path
        for n, agent in enumerate(agents)
        if agent["name"] in done
    }
    text = list(view.text)
    for path in _boxes(view.file.value, paths):
        at = view.file.offset(Where((*path, "done")))
        if text[at] != "x" and text[at] != "X":
            text[at] = "x"
    return "".join(text)


def _boxes(tree: Any, done: Container[Path]) -> Iterator[Path]:
    """The places of all items that are done now."""
    for n, section in enumerate(tree["sections"]):
        for i, task in enumerate(section["tasks"]):
            found, _ = _within(task, ("sections", n, "tasks", i), done)
            yield from found


def _within(task: Any, path: Path, done: Container[Path]) -> tuple[list[Path], bool]:
    """The places in a task that are done, and whether all of it is; what is optional holds up nothing."""
    if "parts" not in task:
        is_done = path in done or task["done"]
        return ([path] if is_done else []), is_done or task.get("status") == "optional"
    inner = [_within(part, (*path, "parts", i), done) for i, part in enumerate(task["parts"])]
    found = [each for places, _ in inner for each in places]
    is_done = all(whole for _, whole in inner) and bool(found)
    return ([path, *found] if is_done else found), is_done
