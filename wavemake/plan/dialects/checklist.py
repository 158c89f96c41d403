"""A checklist in Markdown: sections of tasks, done one after the other.

- [x] T001 Create the folder
- [ ] T002 [P] Configure the linter
- [ ] T003 Read the wind (depends on T001)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from wavemake.plan.diagnostics import Path
from wavemake.plan.dialects.dialect import Dialect, Found
from wavemake.plan.dialects.draft import Draft
from wavemake.plan.dialects.item import Item
from wavemake.plan.dialects.leftovers import name_keys
from wavemake.plan.dialects.order import Groups, listed_order, split_order
from wavemake.plan.dialects.words import HEAD_CONTENT, plain

_GENERAL = frozenset(
    [
        *("tasks", "todo", "todos", "checklist", "implementationplan", "tasklist", "plan", "steps"),
        *("backlog", "taskdependencygraph"),
    ]
)
_HANDLED = frozenset(["parallel", "done", "parts"])


def _find(tree: Any) -> Found | None:
    sections = tree.get("sections") if isinstance(tree, dict) else None
    if not isinstance(sections, list) or not all(isinstance(each, dict) for each in sections):
        return None
    found = [each for section in sections for each in section.get("tasks") or ()]
    return Found(("sections",), found) if found and "done" in found[0] else None


def _claims(tree: Any, found: Found) -> bool:
    return True


def _read(tree: Any, found: Found, draft: Draft) -> None:
    general = {
        each["name"]: each["text"]
        for each in tree["sections"]
        if not each["tasks"] and plain(each["name"]) in HEAD_CONTENT
    }
    draft.head({**general, **tree}, {"sections", "waves"})
    items: list[Item] = []
    batches: list[list[Item]] = []
    left_out: dict[str, Path] = {}
    for n, section in enumerate(tree["sections"]):
        path: Path = ("sections", n)
        if not section["tasks"]:
            if section["text"] and plain(section["name"]) not in _GENERAL | HEAD_CONTENT:
                left_out[section["name"]] = path
            continue
        here: list[Item] = []
        for i, task in enumerate(section["tasks"]):
            here += _leaves(task, (*path, "tasks", i), draft)
        part = _part(section, path)
        for item in here:
            item.parts[:0] = [("Section", part)] if part else []
        items += here
        batches.append(here)

    def order(kept: Sequence[Item]) -> Groups:
        if "waves" in tree:
            return listed_order(tree["waves"], ("waves",), draft.ids, draft)
        return split_order(batches, kept, lambda item: item.get("parallel") is True)

    draft.write(items, order, before="the one before it")
    name_keys(left_out, draft)


def _part(section: dict[str, Any], path: Path) -> Item | None:
    """A section as what its tasks are a part of, unless its name says nothing."""
    name = section["name"]
    if not section["text"] and (not name or plain(name) in _GENERAL):
        return None
    value = {"name": name or "this list", "description": section["text"]}
    return Item(value, path, "section")


def _leaves(task: Any, path: Path, draft: Draft) -> Iterator[Item]:
    """The tasks of a task that has some, each with the text of the whole; else the task itself."""
    if "parts" not in task:
        item = Item(task, path, draft.noun, handled=_HANDLED)
        if item.id:
            yield item
        else:
            draft.error(
                "WM103", f"this {draft.noun} says nothing", path, "write what is to be done"
            )
        return
    value = {key: each for key, each in task.items() if key != "parts"}
    whole = Item(value, path, draft.noun, handled=_HANDLED)
    inner = [
        item
        for i, part in enumerate(task["parts"])
        for item in _leaves(part, (*path, "parts", i), draft)
    ]
    for item in inner:
        item.parts.insert(0, ("Part of", whole))
    if whole.id:
        draft.ids.group(whole.id, [item for item in inner if item.state != "left out"])
    yield from inner


DIALECT = Dialect(
    name="checklist",
    noun="task",
    summary="a checklist",
    needs="Markdown with lines such as '- [ ] Do this'",
    texts=frozenset(["title"]),
    find=_find,
    claims=_claims,
    read=_read,
)
