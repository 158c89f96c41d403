"""What earlier runs took, of the agents of a compiled folder."""

from __future__ import annotations

from collections.abc import Iterable

from wavemake.runs.estimate import Records, Sample
from wavemake.runs.makespan import teaches
from wavemake.runs.state import RunState, read_runs


def records_of(state: RunState) -> Records:
    """Return what the runs that its folder keeps took, of the agents of the plan."""

    def samples() -> Iterable[Sample]:
        for run in read_runs(state.folder):
            for each in run.agents.values():
                agent = state.agents.get(each.name)
                if not agent or not teaches(agent, rehearsed=each.rehearsed):
                    continue
                if each.state == "done" and each.seconds is not None:
                    yield Sample(each.name, kind_of(state, each.name), each.seconds, each.costs.usd)

    return Records(samples())


def kind_of(state: RunState, name: str) -> str:
    """Return the runner and the model of an agent: what those have in common that take alike."""
    agent = state.agents[name]
    return f"{agent.runner} {agent.model}".strip()
