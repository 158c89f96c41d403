"""Roles with a goal each, which depend on other roles by their scope, or agents that have no 'name'.

{"goal": "...", "roles": [{"name": "api", "goal": "...", "scope": {"dependencies": []}}]}
{"agents": [{"id": "db", "prompt": "..."}], "waves": [["db"]]}
{"agents": {"db": {"task": "..."}, "api": {"task": "...", "reads": ["db"]}}}
"""

from __future__ import annotations

from typing import Any

from wavemake.plan.dialects.dialect import Dialect, Found
from wavemake.plan.dialects.draft import Draft
from wavemake.plan.dialects.order import MARKS, order_key, read_order
from wavemake.plan.dialects.words import READS, STRONG, listed, objects, words_of

_OF_ROLES = READS | {"scope", "model", "acceptancecriteria"}
# Agents of other tools have instructions.
_TASKS = frozenset(["task", "prompt", "objective"])


def _find(tree: Any) -> Found | None:
    if not isinstance(tree, dict):
        return None
    for key in ("roles", "agents"):
        found = listed(tree.get(key))
        if found and (key == "roles" or not any(map(_is_ours, found))):
            return Found((key,), found)
    return _find_mapping(tree.get("agents"))


def _is_ours(agent: dict[str, Any]) -> bool:
    """An agent of a wavemake plan has a name and no id; one with an id as well is a mistake in it."""
    return "name" in agent and ("id" not in agent or "task" in agent)


def _find_mapping(agents: Any) -> Found | None:
    """Agents by their names, each of which says what it does."""
    found = objects(agents) if isinstance(agents, dict) else []
    is_whole = bool(found) and len(found) == len(agents)
    is_plan = is_whole and all(words_of([each]) & _TASKS for each in found)
    return Found(("agents",), found, sure=True) if is_plan else None


def _claims(tree: Any, found: Found) -> bool:
    if found.sure:
        return not isinstance(tree.get("tasks"), (dict, list))
    is_ordered = order_key(tree) is not None
    return is_ordered or "goal" in tree or bool(words_of(found.objects) & _OF_ROLES)


def _read(tree: Any, found: Found, draft: Draft) -> None:
    key = str(found.path[0])
    if found.sure and all("task" in each for each in found.objects):
        _keep(tree, draft)
        return
    draft.head(tree, {key, order_key(tree)})
    items = draft.items(tree[key], found.path, MARKS)
    draft.write(items, lambda items: read_order(tree, items, draft.ids, draft))


def _keep(tree: Any, draft: Draft) -> None:
    """A plan of ours, but for the agents that stand in a mapping: it means what it means in a list."""
    agents = tree["agents"]
    draft.keep({**tree, "agents": [{"name": name, **agent} for name, agent in agents.items()]})
    for n, name in enumerate(agents):
        for path in (("agents", n), ("agents", n, "name")):
            draft.origins[path] = ("agents", name)


DIALECT = Dialect(
    name="roles",
    noun="role",
    summary="roles, or agents by their ids, each with a goal",
    needs="a list of objects under 'roles', or under 'agents' without names, or agents by their names",
    texts=STRONG | {"goal"},
    find=_find,
    claims=_claims,
    read=_read,
)
