"""Where the agents of a plan that wavemake writes work: in workspaces, if git can give them any."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wavemake.compiler import repository
from wavemake.lint.editing import may_edit_by

_WORKSPACE = {"workspace": "worktree"}


def in_workspaces(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plan `tree` with a workspace for each agent that may edit; as it is where git gives none."""
    agents = tree.get("agents")
    if not isinstance(agents, list) or not any(map(_edits, agents)) or not repository.is_there():
        return dict(tree)
    placed = [{**agent, **_WORKSPACE} if _edits(agent) else agent for agent in agents]
    return {**tree, "agents": placed}


def all_in_workspaces(tree: Mapping[str, Any]) -> dict[str, Any]:
    """As `in_workspaces`, for a plan that may not say which of its agents edit: all of them."""
    defaults = tree.get("defaults") or {}
    if "workspace" in defaults or not repository.is_there():
        return dict(tree)
    return {**tree, "defaults": {**defaults, **_WORKSPACE}}


def _edits(agent: Any) -> bool:
    if not isinstance(agent, dict) or "workspace" in agent:
        return False
    args = agent.get("args") or []
    tools = agent.get("tools") or []
    words = [*([args] if isinstance(args, str) else args)]
    return may_edit_by(
        agent.get("runner") or "",
        agent.get("permissions") or "",
        [tools] if isinstance(tools, str) else tools,
        words,
    )
