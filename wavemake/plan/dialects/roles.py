"""Roles with a goal each, which depend on other roles by their scope.

{"goal": "...", "roles": [{"name": "api", "goal": "...", "scope": {"dependencies": []}}]}
"""

from __future__ import annotations

from typing import Any

from wavemake.plan.dialects.dialect import Dialect, Found
from wavemake.plan.dialects.draft import Draft
from wavemake.plan.dialects.words import READS, STRONG, listed, words_of

_MARKS = READS | {"scope", "model", "acceptancecriteria"}


def _find(tree: Any) -> Found | None:
    found = listed(tree.get("roles")) if isinstance(tree, dict) else []
    return Found(("roles",), found) if found else None


def _claims(tree: Any, found: Found) -> bool:
    return "goal" in tree or bool(words_of(found.objects) & _MARKS)


def _read(tree: Any, found: Found, draft: Draft) -> None:
    draft.head(tree, {"roles"})
    draft.write(draft.items(tree["roles"], found.path))


DIALECT = Dialect(
    name="roles",
    noun="role",
    summary="roles, each with a goal",
    needs="a list of objects under 'roles'",
    texts=STRONG | {"goal"},
    find=_find,
    claims=_claims,
    read=_read,
)
