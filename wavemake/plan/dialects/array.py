"""A bare list of tasks.

[{"id": 0, "task": "...", "dep": []}, {"id": 1, "task": "...", "dep": [0]}]
"""

from __future__ import annotations

from typing import Any

from wavemake.plan.dialects.dialect import Dialect, Found
from wavemake.plan.dialects.draft import Draft
from wavemake.plan.dialects.words import STRONG, depends, objects


def _find(tree: Any) -> Found | None:
    found = objects(tree)
    return Found((), found) if found else None


def _claims(tree: Any, found: Found) -> bool:
    return depends(found.objects)


def _read(tree: Any, found: Found, draft: Draft) -> None:
    draft.write(draft.items(tree, ()))


DIALECT = Dialect(
    name="array",
    noun="task",
    summary="a bare list of tasks",
    needs="a list of objects",
    texts=STRONG,
    find=_find,
    claims=_claims,
    read=_read,
)
