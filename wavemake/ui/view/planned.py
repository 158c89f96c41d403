"""Which agents make is going to look at: those that it names when it is asked, and all behind them."""

from __future__ import annotations

from collections.abc import Collection

from wavemake.runs.state import GOOD, RunState
from wavemake.ui.world import looked_at


def planned(
    state: RunState, goals: Collection[str], forced: Collection[str] = ()
) -> frozenset[str]:
    """Return the agents that a make of `goals` looks at, and those that need them; no goals are all.

    goals: names of agents and wave-N; forced: agents that run again in any case. Where no
    make can be asked, those that are not done are due. Files made by the user's own rules are unknown.
    """
    try:
        due = looked_at(state)
    except OSError:
        due = None
    if due is None:
        due = frozenset(n for n, agent in state.agents.items() if agent.state not in GOOD)
    wanted = _wanted(state, goals)
    found: set[str] = set()
    for agent in state.agents.values():
        is_due = agent.name in due or agent.name in forced
        if agent.name in wanted and (is_due or found.intersection(agent.needs)):
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
