"""Agents and tasks apart: each task names the agent that does it.

    {"agents": [{"id": "coder", "type": "..."}], "tasks": [{"id": "T1", "agentId": "coder"}]}

Every task becomes an agent of its own: whoever does it is said in its text.
"""

from __future__ import annotations

from typing import Any

from wavemake.plan.diagnostics import did_you_mean
from wavemake.plan.dialects.dialect import Dialect, Found
from wavemake.plan.dialects.draft import Draft
from wavemake.plan.dialects.order import MARKS, order_key, read_order
from wavemake.plan.dialects.words import TEXTS, TITLES, Item, depends, objects, plain
from wavemake.plan.model import shown

_ASSIGNS = ("agentid", "agent", "assignedto", "assignedagent", "assignee")
_ROLES = frozenset(["type", "role", "model", "capabilities", "prompt", "instructions", "goal"])


def assigns(tree: Any) -> bool:
    """Tell whether `tree` has agents and tasks, and tasks that are assigned."""
    if not isinstance(tree, dict) or not objects(tree.get("agents")):
        return False
    return any(plain(key) in _ASSIGNS for each in objects(tree.get("tasks")) for key in each)


def _find(tree: Any) -> Found | None:
    return Found(("tasks",), objects(tree["tasks"])) if assigns(tree) else None


def _claims(tree: Any, found: Found) -> bool:
    words = {plain(key) for each in objects(tree["agents"]) for key in each}
    return bool(words & _ROLES) or depends(found.objects)


def _read(tree: Any, found: Found, draft: Draft) -> None:
    order = order_key(tree)
    draft.head(tree, {"agents", "tasks", order})
    agents: dict[str, Item] = {}
    for i, each in enumerate(tree["agents"]):
        if isinstance(each, dict):
            agent = Item(each, ("agents", i), "agent")
            agents.setdefault(agent.id, agent)
    items = draft.items(tree["tasks"], found.path, (*_ASSIGNS, *MARKS))
    for item in items:
        _assign(item, agents, draft)
    draft.write(items, lambda items: read_order(draft, tree, items))


def _assign(item: Item, agents: dict[str, Item], draft: Draft) -> None:
    key = item.key(*_ASSIGNS)
    if key is None:
        return
    name = str(item.value[key]).strip()
    item.role, item.role_key = agents.get(name), key
    if item.role is None:
        message = (
            f"task {shown(item.id)} is assigned to {shown(name)}, which is no agent of this plan"
        )
        hint = did_you_mean(name, agents) or "agents are described under 'agents'"
        draft.error("WM112", message, (*item.path, key), hint)


DIALECT = Dialect(
    name="assigned",
    noun="task",
    summary="agents, and tasks that are assigned to them",
    needs="lists of objects under 'agents' and 'tasks', and tasks with an 'agentId'",
    texts=TEXTS | {*TITLES, *_ASSIGNS},
    find=_find,
    claims=_claims,
    read=_read,
)
