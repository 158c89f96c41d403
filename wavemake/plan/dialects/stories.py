"""User stories and features, which are worked off one after the other, by priority.

{"project": "...", "userStories": [{"id": "US-001", "title": "...", "priority": 1}]}
{"features": [{"id": "F001", "description": "...", "steps": ["..."], "passes": false}]}
[{"category": "functional", "description": "...", "steps": ["..."], "passes": false}]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wavemake.plan.dialects.dialect import Dialect, Found
from wavemake.plan.dialects.draft import Draft
from wavemake.plan.dialects.item import Item
from wavemake.plan.dialects.order import Groups, in_turn
from wavemake.plan.dialects.words import (
    TEXTS,
    TITLES,
    depends,
    listed,
    plain,
    words_of,
)

_KEYS = ("userstories", "stories", "features", "requirements")
_MARKS = frozenset(["acceptancecriteria", "passes", "verification", "teststeps"])
_RANKS = {"critical": 0, "highest": 0, "high": 1, "medium": 2, "normal": 2, "low": 3, "lowest": 4}
_RANK = re.compile(r"[Pp]?(\d+)\Z")
_LAST = 1e9


def passes(found: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether these are features or stories in a bare list: each says whether it passes."""
    found = list(found)
    marked = [each for each in found if any(plain(key) in ("passes", "passed") for key in each)]
    return 2 * len(marked) > len(found)


def _key(tree: Any) -> str | None:
    keys = tree if isinstance(tree, dict) else ()
    return next((key for key in keys if plain(key) in _KEYS and listed(tree[key])), None)


def _find(tree: Any) -> Found | None:
    key = _key(tree)
    if key is not None:
        return Found((key,), listed(tree[key]))
    found = listed(tree)
    return Found((), found) if found and passes(found) else None


def _claims(tree: Any, found: Found) -> bool:
    words = words_of(found.objects)
    if "geometry" in words:
        return False
    worked = "status" in words and bool(words & {"steps", "priority"})
    return bool(words & _MARKS) or worked or depends(found.objects)


def _read(tree: Any, found: Found, draft: Draft) -> None:
    items = tree
    if found.path:
        draft.head(tree, {str(found.path[0])})
        items = tree[found.path[0]]
    before = "the one before it by priority"
    draft.write(draft.items(items, found.path, ("priority",)), _by_priority, before=before)


def _by_priority(items: Sequence[Item]) -> Groups:
    """One story after the other, as the tools do that write this shape, unless one says more."""
    ordered = sorted(items, key=_priority)
    return in_turn(ordered, "priority")


def _priority(story: Item) -> float:
    value = story.get("priority")
    if isinstance(value, str):
        number = _RANK.match(value.strip())
        return float(number[1]) if number else _RANKS.get(value.strip().lower(), _LAST)
    return value if isinstance(value, (int, float)) else _LAST


DIALECT = Dialect(
    name="stories",
    noun="story",
    summary="user stories or features, by priority",
    needs="a list of objects under 'userStories' or 'features', or one whose objects have 'passes'",
    texts=TEXTS | {*TITLES, "acceptancecriteria"},
    find=_find,
    claims=_claims,
    read=_read,
)
