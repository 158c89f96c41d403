"""A list of tasks, each with an id and what it depends on; with or without phases.

{"goal": "...", "tasks": [{"id": "T1", "objective": "...", "depends_on": []}]}
"""

from __future__ import annotations

from typing import Any

from wavemake.plan.dialects import assigned
from wavemake.plan.dialects.dialect import Dialect, Found
from wavemake.plan.dialects.draft import Draft
from wavemake.plan.dialects.edges import edges_key, read_edges
from wavemake.plan.dialects.order import MARKS, order_key, read_order
from wavemake.plan.dialects.words import TEXTS, TITLES, evident, is_crew, numbered, objects


def _find(tree: Any) -> Found | None:
    found = objects(tree.get("tasks")) if isinstance(tree, dict) else []
    return Found(("tasks",), found) if found else None


def _claims(tree: Any, found: Found) -> bool:
    if assigned.assigns(tree) or is_crew(found.objects) or isinstance(tree["tasks"], dict):
        return False
    if numbered(found.objects):
        return False
    return evident(found.objects) or order_key(tree) is not None or edges_key(tree) is not None


def _read(tree: Any, found: Found, draft: Draft) -> None:
    order = order_key(tree)
    draft.head(tree, {"tasks", order, edges_key(tree)})
    items = draft.items(tree["tasks"], found.path, MARKS)
    draft.write(
        items,
        lambda items: read_order(tree, items, draft.ids, draft),
        links=(lambda _: read_edges(tree, draft.ids, draft)) if edges_key(tree) else None,
    )


DIALECT = Dialect(
    name="tasks",
    noun="task",
    summary="tasks with ids and dependencies",
    needs="a list of objects under 'tasks'",
    texts=TEXTS | {*TITLES},
    find=_find,
    claims=_claims,
    read=_read,
)
