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
    if not isinstance(tree, dict):
        return None
    for key in ("roles", "agents"):
        found = listed(tree.get(key))
        # An agent of a wavemake plan has a name.
        if found and (key == "roles" or not any("name" in each for each in found)):
            return Found((key,), found)
    return None


def _claims(tree: Any, found: Found) -> bool:
    return "goal" in tree or bool(words_of(found.objects) & _MARKS)


def _read(tree: Any, found: Found, draft: Draft) -> None:
    key = str(found.path[0])
    draft.head(tree, {key})
    draft.write(draft.items(tree[key], found.path))


DIALECT = Dialect(
    name="roles",
    noun="role",
    summary="roles, each with a goal",
    needs="a list of objects under 'roles', or under 'agents' without names",
    texts=STRONG | {"goal"},
    find=_find,
    claims=_claims,
    read=_read,
)
