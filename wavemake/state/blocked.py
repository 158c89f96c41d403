"""Which agents cannot run because others before them did not get done."""

from __future__ import annotations

from collections.abc import MutableMapping

from wavemake.state.agents import AgentState

_STOPS = frozenset(["failed", "interrupted", "waiting", "over budget"])


def blocked(states: MutableMapping[str, AgentState]) -> None:
    """Name, in each agent that is blocked, those that failed somewhere before it; `states` is sorted by wave.

    An agent is blocked by what failed, not by those that this blocked.
    """
    for agent in states.values():
        if agent.state in _STOPS or agent.state == "running" or agent.tolerant:
            continue
        found: dict[str, None] = {}
        for need in agent.needs:
            before = states.get(need)
            if before is None:
                continue
            found |= dict.fromkeys([need] if before.state in _STOPS else before.blocked_by)
        if found:
            agent.state, agent.reason, agent.blocked_by = "blocked", "", tuple(found)
