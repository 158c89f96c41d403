"""A bare list of tasks.

[{"id": 0, "task": "...", "dep": []}, {"id": 1, "task": "...", "dep": [0]}]
"""

from __future__ import annotations

from typing import Any

from wavemake.plan.dialects import issues, stories
from wavemake.plan.dialects.dialect import Dialect, Found
from wavemake.plan.dialects.draft import Draft
from wavemake.plan.dialects.words import EVIDENCE, STRONG, TEXTS, TITLES, depends, listed, words_of


def _find(tree: Any) -> Found | None:
    found = listed(tree)
    return Found((), found) if found else None


def _claims(tree: Any, found: Found) -> bool:
    if stories.passes(found.objects) or issues.is_tracked(found.objects):
        return False
    words = words_of(found.objects)
    # Packages and technologies have a name, a description and dependencies, too.
    says_work = bool(words & (STRONG | EVIDENCE | _OF_WORK))
    return depends(found.objects) and says_work


_OF_WORK = frozenset(
    ["title", "subject", "status", "passes", "files", "wave", "phase", "agent", "steps"]
)


def _read(tree: Any, found: Found, draft: Draft) -> None:
    draft.write(draft.items(tree, ()))


DIALECT = Dialect(
    name="array",
    noun="task",
    summary="a bare list of tasks",
    needs="a list of objects",
    texts=TEXTS | {*TITLES},
    find=_find,
    claims=_claims,
    read=_read,
)
