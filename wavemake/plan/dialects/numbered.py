"""Tasks with numbers for ids, a status and subtasks, in one list or in lists that have a tag.

{"master": {"tasks": [{"id": 1, "title": "...", "dependencies": [], "subtasks": []}]}}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wavemake.plan.dialects import assigned
from wavemake.plan.dialects.dialect import Dialect, Found
from wavemake.plan.dialects.draft import Draft
from wavemake.plan.dialects.order import MARKS, order_key, read_order
from wavemake.plan.dialects.words import TEXTS, evident, numbered, objects, some

_FIRST = "master"


def _tags(tree: Mapping[str, Any]) -> list[str]:
    """The keys of the lists of tasks that have a tag, the one to read first."""
    found = [key for key in tree if isinstance(tree[key], dict) and objects(tree[key].get("tasks"))]
    return sorted(found, key=lambda key: key != _FIRST)


def _find(tree: Any) -> Found | None:
    if not isinstance(tree, dict):
        return None
    plain = objects(tree.get("tasks"))
    tags = [] if plain else _tags(tree)
    found = objects(tree[tags[0]]["tasks"]) if tags else plain
    path = (tags[0], "tasks") if tags else ("tasks",)
    return Found(path, found) if numbered(found) else None


def _claims(tree: Any, found: Found) -> bool:
    return evident(found.objects) and not assigned.assigns(tree)


def _read(tree: Any, found: Found, draft: Draft) -> None:
    if len(found.path) > 1:
        tag = str(found.path[0])
        others = [key for key in _tags(tree) if key != tag]
        if others and tag != _FIRST:
            message = f"there are several lists of tasks: {some([tag, *others])}"
            draft.error("WM311", message, (others[0],), "keep the one that is meant")
        elif others:
            draft.note("WM307", f"not read: {some(others)}", (others[0],))
        tree = tree[tag]
    order = order_key(tree)
    path = found.path[:-1]
    draft.head(tree, {"tasks", "metadata", order}, path)
    items = draft.items(tree["tasks"], found.path, MARKS)
    draft.write(items, lambda items: read_order(draft, tree, items, path))


DIALECT = Dialect(
    name="numbered",
    noun="task",
    summary="numbered tasks with a status and subtasks",
    needs="a list of objects with numbers for ids under 'tasks'",
    texts=TEXTS | {"title"},
    find=_find,
    claims=_claims,
    read=_read,
)
