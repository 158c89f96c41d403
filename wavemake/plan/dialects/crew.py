"""Tasks by their names, as a crew has them, with the agents beside them or around them.

research_task:
  description: ...
  expected_output: ...
  agent: researcher
  context: [other_task]

roles:
  researcher:
    goal: ...
    tasks:
      research: {description: ..., expected_output: ...}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wavemake.plan.diagnostics import Path
from wavemake.plan.dialects.assigned import ASSIGNS, assign, roles
from wavemake.plan.dialects.dialect import Dialect, Found
from wavemake.plan.dialects.draft import Draft
from wavemake.plan.dialects.item import Item
from wavemake.plan.dialects.order import one_by_one
from wavemake.plan.dialects.words import TEXTS, is_crew, objects, plain, words_of

_HOLDERS = ("roles", "agents")
_ROLES = frozenset(["role", "goal", "backstory", "instructions"])


def _held(tree: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The holder and the name of each role that has tasks of its own."""
    return [
        (holder, name)
        for holder in _HOLDERS
        if isinstance(tree.get(holder), dict)
        for name, role in tree[holder].items()
        if isinstance(role, dict) and objects(role.get("tasks"))
    ]


def _find(tree: Any) -> Found | None:
    if not isinstance(tree, dict):
        return None
    held = _held(tree)
    if held:
        found = [each for holder, name in held for each in objects(tree[holder][name]["tasks"])]
        return Found((held[0][0],), found)
    if objects(tree.get("tasks")):
        found = objects(tree["tasks"])
        return Found(("tasks",), found) if is_crew(found) else None
    if tree and all(isinstance(each, dict) for each in tree.values()):
        found = list(tree.values())
        return Found((), found) if is_crew(found) else None
    return None


def _claims(tree: Any, found: Found) -> bool:
    held = _held(tree)
    return is_crew(found.objects) or bool(words_of(tree[h][n] for h, n in held) & _ROLES)


def _read(tree: Any, found: Found, draft: Draft) -> None:
    lists = [each.get(key) for each in found.objects for key in each if plain(key) == "context"]
    asks = ["context"] if all(isinstance(each, list) for each in lists) else []
    items: list[Item] = []
    if found.path and found.path[0] in _HOLDERS:
        _read_held(tree, draft, asks, items)
    else:
        path: Path = found.path
        if path:
            draft.head(tree, {"tasks", "agents"})
        items += draft.items(tree["tasks"] if path else tree, path, ASSIGNS, asks)
        agents = _agents(tree if path else {}, draft)
        for item in items:
            assign(item, agents, draft, strict=False)
            _name_role(item)
    draft.write(items, one_by_one, before="the one before it")


def _read_held(tree: Mapping[str, Any], draft: Draft, asks: list[str], items: list[Item]) -> None:
    """The tasks of each role, done by it."""
    draft.head(tree, {*_HOLDERS})
    for holder, name in _held(tree):
        value = tree[holder][name]
        role = Item(value, (holder, name), "role", name=name, handled=frozenset(["tasks"]))
        for item in draft.items(value["tasks"], (holder, name, "tasks"), ASSIGNS, asks):
            item.role, item.role_key = role, "\0role"
            items.append(item)


def _agents(tree: Mapping[str, Any], draft: Draft) -> dict[str, Item]:
    """The agents of the file; else those of the file that stands beside it, whose places are not kept."""
    agents = tree.get("agents")
    if isinstance(agents, (dict, list)):
        return roles(agents, ("agents",))
    beside = draft.beside("agents.yaml") or draft.beside("agents.yml")
    return roles(beside, ()) if isinstance(beside, dict) else {}


def _name_role(item: Item) -> None:
    """An agent that is described nowhere is the name of a role."""
    key = item.key(*ASSIGNS)
    if item.role is None and key is not None:
        item.role = Item(
            {"role": item.value[key]}, (*item.path, key), "role", name=str(item.value[key])
        )
        item.role_key = key


DIALECT = Dialect(
    name="crew",
    noun="task",
    summary="the tasks of a crew, by their names",
    needs="a mapping of tasks that have an 'expected_output', or roles that have such tasks",
    texts=TEXTS,
    find=_find,
    claims=_claims,
    read=_read,
)
