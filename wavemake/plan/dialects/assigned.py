"""Agents and tasks apart: each task names the agent that does it.

    {"agents": [{"id": "coder", "type": "..."}], "tasks": [{"id": "T1", "agentId": "coder"}]}

Every task becomes an agent of its own: its text names who does it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wavemake.plan.diagnostics import Path
from wavemake.plan.dialects.dialect import Dialect, Found
from wavemake.plan.dialects.draft import Draft
from wavemake.plan.dialects.item import Item
from wavemake.plan.dialects.order import MARKS, order_key, read_order
from wavemake.plan.dialects.words import TEXTS, TITLES, depends, is_crew, objects, plain, words_of
from wavemake.plan.did_you_mean import did_you_mean
from wavemake.plan.model import shown

ASSIGNS = ("agentid", "agent", "assignto", "assignedto", "assignedagent", "assignee")
_ROLES = frozenset(
    ["type", "role", "model", "capabilities", "prompt", "instructions", "goal", "backstory"]
)


def assigns(tree: Any) -> bool:
    """Tell whether `tree` has agents and tasks, and tasks that are assigned."""
    if not isinstance(tree, dict) or not objects(tree.get("agents")):
        return False
    return any(plain(key) in ASSIGNS for each in objects(tree.get("tasks")) for key in each)


def roles(agents: Any, path: Path) -> dict[str, Item]:
    """The agents of a list, or of a mapping, by their ids and by their names."""
    named = agents.items() if isinstance(agents, dict) else enumerate(agents or ())
    found: dict[str, Item] = {}
    for key, each in named:
        if isinstance(each, dict):
            name = key if isinstance(key, str) else ""
            agent = Item(each, (*path, key), "agent", name=name)
            found.setdefault(agent.id, agent)
    for agent in list(found.values()):
        name = agent.get("name")
        if isinstance(name, str):
            found.setdefault(name.strip(), agent)
    return found


def assign(item: Item, agents: Mapping[str, Item], draft: Draft, *, strict: bool = True) -> None:
    """Say in an item which agent does it; unless strict, one that is not described is a name."""
    key = item.key(*ASSIGNS)
    if key is None:
        return
    name = str(item.value[key]).strip()
    item.role, item.role_key = agents.get(name), key
    if item.role is None and strict:
        message = f"task {shown(item.id)} is assigned to {shown(name)}, which is not an agent in this plan"
        hint = did_you_mean(name, agents) or "agents are described under 'agents'"
        draft.error("WM112", message, (*item.path, key), hint)


def _find(tree: Any) -> Found | None:
    return Found(("tasks",), objects(tree["tasks"])) if assigns(tree) else None


def _claims(tree: Any, found: Found) -> bool:
    if is_crew(found.objects):
        return False
    return bool(words_of(objects(tree["agents"])) & _ROLES) or depends(found.objects)


def _read(tree: Any, found: Found, draft: Draft) -> None:
    order = order_key(tree)
    draft.head(tree, {"agents", "tasks", order})
    agents = roles(tree["agents"], ("agents",))
    items = draft.items(tree["tasks"], found.path, (*ASSIGNS, *MARKS))
    for item in items:
        assign(item, agents, draft)
    draft.write(items, lambda items: read_order(tree, items, draft.ids, draft))


DIALECT = Dialect(
    name="assigned",
    noun="task",
    summary="agents, and tasks that are assigned to them",
    needs="lists of objects under 'agents' and 'tasks', and tasks with an 'agentId'",
    texts=TEXTS | {*TITLES, *ASSIGNS},
    find=_find,
    claims=_claims,
    read=_read,
)
