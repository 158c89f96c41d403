"""Tasks with numbers for ids, a status and subtasks, in one list or in lists that have a tag.

{"master": {"tasks": [{"id": 1, "title": "...", "dependencies": [], "subtasks": []}]}}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wavemake.plan.dialects import assigned
from wavemake.plan.dialects.dialect import Dialect, Found
from wavemake.plan.dialects.draft import Draft
from wavemake.plan.dialects.item import Item
from wavemake.plan.dialects.order import MARKS, order_key, read_order
from wavemake.plan.dialects.words import TEXTS, evident, listed, numbered, some
from wavemake.plan.did_you_mean import did_you_mean

_FIRST = "master"
_STATE = "../state.json"


def _tags(tree: Mapping[str, Any]) -> list[str]:
    """The keys of the lists of tasks that have a tag, the one to read first."""
    found = [key for key in tree if isinstance(tree[key], dict) and listed(tree[key].get("tasks"))]
    return sorted(found, key=lambda key: key != _FIRST)


def _find(tree: Any) -> Found | None:
    if not isinstance(tree, dict):
        return None
    plain = listed(tree.get("tasks"))
    if plain:
        return Found(("tasks",), plain) if numbered(plain) else None
    tags = _tags(tree)
    return Found((tags[0], "tasks"), listed(tree[tags[0]]["tasks"])) if tags else None


def _claims(tree: Any, found: Found) -> bool:
    return evident(found.objects) and not assigned.assigns(tree)


def _read(tree: Any, found: Found, draft: Draft) -> None:
    path = found.path[:-1]
    if path:
        tags = _tags(tree)
        tag = _chosen(tree, tags, draft)
        if not draft.found.has_errors:
            _note_others(tree, tag, tags, draft)
        tree, path = tree[tag], (tag,)
    order = order_key(tree)
    draft.head(tree, {"tasks", "metadata", order}, path)
    items = draft.items(tree["tasks"], (*path, "tasks"), MARKS)
    draft.write(items, lambda items: read_order(tree, items, draft.ids, draft, path))


def _chosen(tree: Mapping[str, Any], tags: list[str], draft: Draft) -> str:
    """The tag to read: the one asked for, the current one, `master`, or the first with open work."""
    if draft.tag:
        draft.tag_used = True
        if draft.tag in tags:
            return draft.tag
        hint = did_you_mean(draft.tag, tags) or f"there are: {some(tags, None)}"
        draft.error("WM311", f"there is no tag {draft.tag!r} with tasks", (), hint)
        return tags[0]
    state = draft.beside(_STATE) if len(tags) > 1 or tags[0] != _FIRST else None
    current = state.get("currentTag") if isinstance(state, dict) else None
    if current in tags:
        draft.note("WM301", f"the tag {current!r} is read, which is the current one", (current,))
        return str(current)
    if tags[0] == _FIRST:
        return _FIRST
    return next((tag for tag in tags if _open(tree[tag]["tasks"])), tags[0])


def _note_others(tree: Mapping[str, Any], tag: str, tags: list[str], draft: Draft) -> None:
    """Report the lists that are not read, and how much of them is open."""
    others = [each for each in tags if each != tag]
    open_ = {tag: _open(tree[tag]["tasks"]) for tag in others}
    left = [tag for tag in others if open_[tag]]
    if left:
        counts = ", ".join(f"{tag!r} has {open_[tag]}" for tag in left)
        message = f"the tag {tag!r} is read; open tasks of other tags are not: {counts}"
        draft.warn("WM318", message, (left[0],), f"to read them instead: --tag {left[0]}")
    rest = [tag for tag in others if not open_[tag]]
    if rest:
        draft.note("WM307", f"not read: {some(rest, None)}", (rest[0],))


def _open(tasks: Any) -> int:
    return sum(not Item(each, (), "task").state for each in listed(tasks))


DIALECT = Dialect(
    name="numbered",
    noun="task",
    summary="numbered tasks with a status and subtasks",
    needs="a list of objects with numbers for ids under 'tasks', or such lists under tags",
    texts=TEXTS | {"title"},
    find=_find,
    claims=_claims,
    read=_read,
)
