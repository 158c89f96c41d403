"""What the runs of a folder cost, and what reused answers saved, by agent, model, runner, day or plan."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from wavemake.runs.state import UNKNOWN, AgentRun, Bill, Costs, Run, bill, bill_of

UNNAMED = "(not named)"
"""What a run is grouped under that did not name what is asked for."""


@dataclass(frozen=True, slots=True)
class AgentCost:
    """One agent in one run. model, runner and plan are what the run named, or else what is compiled.

    saved: what the answer had cost that was used again; None if the agent was run.
    """

    agent: str
    model: str
    runner: str
    day: str
    plan: str
    ran: AgentRun
    saved: Costs | None


@dataclass(slots=True)
class CostGroup:
    """The uses of one group. key: the values that they have in common."""

    key: tuple[str, ...]
    uses: list[AgentCost] = field(default_factory=list)

    @property
    def paid(self) -> Bill:
        """The bill for the agents that were run."""
        return bill_of(use.ran for use in self.uses)

    @property
    def saved(self) -> Bill:
        """What the answers that were reused had cost."""
        return bill(use.saved for use in self.uses if use.saved is not None)


@dataclass(frozen=True, slots=True)
class Compiled:
    """What is compiled: the runner and the model of each agent, and the plan."""

    runners: Mapping[str, str]
    models: Mapping[str, str]
    plan: str


BY: Mapping[str, Callable[[AgentCost], str]] = {
    "agent": lambda use: use.agent,
    "model": lambda use: use.model,
    "runner": lambda use: use.runner,
    "day": lambda use: use.day,
    "plan": lambda use: use.plan,
}
"""What costs can be grouped by."""


def uses(runs: Iterable[Run], compiled: Compiled) -> Iterator[AgentCost]:
    """Yield what each run did with each agent: those that it ran, and those whose answers it reused.

    An answer that make kept had cost what the agent's last run cost that made one. Who rehearses has no
    costs, and saves none.
    """
    last: dict[str, AgentRun] = {}
    for run in runs:
        for ran in run.agents.values():
            saved = None if ran.attempts else _saved(ran, last)
            if saved is None and (not ran.attempts or ran.rehearsed):
                continue
            if ran.state == "done" and ran.attempts:
                last[ran.name] = ran
            named = ran if ran.attempts or ran.from_store else last.get(ran.name, ran)
            yield AgentCost(
                agent=ran.name,
                model=named.model or compiled.models.get(ran.name) or UNNAMED,
                runner=named.runner or compiled.runners.get(ran.name) or UNNAMED,
                day=_day(ran, run),
                plan=run.plan or compiled.plan or UNNAMED,
                ran=ran,
                saved=saved,
            )


def _saved(ran: AgentRun, last: Mapping[str, AgentRun]) -> Costs | None:
    if ran.from_store:
        return ran.saved
    if ran.state != "reused" or ran.runner == "rehearse":
        return None
    return last[ran.name].costs if ran.name in last else UNKNOWN


def _day(ran: AgentRun, run: Run) -> str:
    """The day on which it ended, in UTC: as budgets count days."""
    moment = next(each for each in (ran.ended, ran.started, run.started) if each is not None)
    return time.strftime("%Y-%m-%d", time.gmtime(moment))


def grouped(found: Iterable[AgentCost], by: Sequence[str]) -> list[CostGroup]:
    """Return the uses by what they have in common, sorted by it."""
    groups: dict[tuple[str, ...], CostGroup] = {}
    for use in found:
        key = tuple(BY[word](use) for word in by)
        groups.setdefault(key, CostGroup(key)).uses.append(use)
    return [groups[key] for key in sorted(groups)]
