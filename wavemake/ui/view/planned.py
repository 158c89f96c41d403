"""Which agents make is going to look at, by its own rule: no output, or one older than what it needs."""

from __future__ import annotations

import os
from collections.abc import Collection

from wavemake.runs.state import AgentState, RunState


def planned(
    state: RunState, goals: Collection[str], forced: Collection[str] = ()
) -> frozenset[str]:
    """Return the agents that a make of `goals` looks at, and those that need them; no goals are all.

    goals: names of agents and wave-N; forced: agents that are paid again whatever their age. What a rule of
    somebody else's is going to make is not foreseen.
    """
    times = {name: _time(os.path.join(state.folder, name, "output.md")) for name in state.agents}
    wanted = _wanted(state, goals)
    found: set[str] = set()
    for agent in state.agents.values():
        is_due = agent.name in forced or found.intersection(agent.needs)
        if agent.name in wanted and (is_due or _is_stale(state.folder, agent, times)):
            found.add(agent.name)
    return frozenset(found)


def _wanted(state: RunState, goals: Collection[str]) -> set[str]:
    waves = [goal.rpartition("wave-")[2] for goal in goals if "wave-" in goal]
    last = max((int(wave) for wave in waves if wave.isdecimal()), default=0)
    named = {name for name in state.agents if name in goals}
    if not named and not last:
        return set(state.agents)
    wanted: set[str] = set()
    for agent in reversed(list(state.agents.values())):
        if agent.name in named or agent.name in wanted or agent.wave <= last:
            wanted |= {agent.name, *agent.needs}
    return wanted


def _is_stale(folder: str, agent: AgentState, times: dict[str, int]) -> bool:
    mine = times[agent.name]
    if not mine:
        return True
    paths = [os.path.join(folder, agent.name, "task.md"), *agent.files]
    before = [*map(_time, paths), *(times.get(need, 0) for need in agent.needs)]
    return max(before) > mine


def _time(path: str) -> int:
    """Nanoseconds, 0 if there is no such file."""
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0
