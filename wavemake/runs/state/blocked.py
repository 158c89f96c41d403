"""Which agents cannot run because others before them did not get done."""

from __future__ import annotations

from collections.abc import Container, MutableMapping
from dataclasses import replace

from wavemake.runs.state.agents import AgentState

_STOPS = frozenset(["failed", "conflict", "interrupted", "waiting", "over budget"])


def blocked(states: MutableMapping[str, AgentState], unmade: Container[str]) -> None:
    """Name, in each agent that is blocked, those that failed somewhere before it; `states` is sorted by wave.

    An agent is blocked by what failed, not by those that this blocked. unmade: those that make cannot run,
    without which nobody goes on, whatever is tolerated.
    """
    for name, agent in states.items():
        if _is_stuck(agent) or agent.state == "running":
            continue
        found: dict[str, None] = {}
        for need in agent.needs:
            before = states.get(need)
            if before is None:
                continue
            found |= dict.fromkeys([need] if _is_stuck(before) else before.blocked_by)
        if agent.tolerant:
            found = {each: None for each in found if each in unmade}
        if found:
            by = tuple(found)
            states[name] = replace(agent, state="blocked", reason="", blocked_by=by)
        elif agent.state == "blocked":
            # What blocked it is done by now.
            states[name] = replace(agent, state="not run", reason="")


def _is_stuck(agent: AgentState) -> bool:
    return agent.state in _STOPS or (agent.state == "not run" and bool(agent.reason))
