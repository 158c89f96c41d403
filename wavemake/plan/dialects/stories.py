"""User stories with acceptance criteria, which are worked off by priority.

{"project": "...", "userStories": [{"id": "US-001", "title": "...", "priority": 1}]}
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wavemake.plan.dialects.dialect import Dialect, Found
from wavemake.plan.dialects.draft import Draft
from wavemake.plan.dialects.order import Groups
from wavemake.plan.dialects.words import TEXTS, Item, depends, objects, plain

_RANKS = {"critical": 0, "highest": 0, "high": 1, "medium": 2, "normal": 2, "low": 3, "lowest": 4}
_LAST = 1e9


def _key(tree: Any) -> str | None:
    keys = tree if isinstance(tree, dict) else ()
    return next((key for key in keys if plain(key) in ("userstories", "stories")), None)


def _find(tree: Any) -> Found | None:
    key = _key(tree)
    found = objects(tree[key]) if key is not None else []
    return Found((str(key),), found) if found else None


def _claims(tree: Any, found: Found) -> bool:
    words = {plain(key) for each in found.objects for key in each}
    return bool(words & {"acceptancecriteria", "passes"}) or depends(found.objects)


def _read(tree: Any, found: Found, draft: Draft) -> None:
    key = found.path[0]
    draft.head(tree, {str(key)})
    items = draft.items(tree[key], found.path, ("priority",))
    draft.write(items, _by_priority, before="the one before it by priority")


def _by_priority(items: Sequence[Item]) -> Groups:
    """One story after the other, as the tools do that write this shape, unless one says more."""
    if any(item.declared for item in items):
        return []
    places = [(item, (*item.path, item.key("priority") or item.id_path[-1])) for item in items]
    return [[place] for place in sorted(places, key=lambda place: _priority(place[0]))]


def _priority(story: Item) -> float:
    value = story.get("priority")
    if isinstance(value, str):
        return _RANKS.get(value.strip().lower(), _LAST)
    return value if isinstance(value, (int, float)) else _LAST


DIALECT = Dialect(
    name="stories",
    noun="story",
    summary="user stories with acceptance criteria",
    needs="a list of objects under 'userStories'",
    texts=TEXTS | {"title", "acceptancecriteria"},
    find=_find,
    claims=_claims,
    read=_read,
)
