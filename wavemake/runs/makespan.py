"""How long a run still takes, from how long its agents took before: nothing is said without a basis."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wavemake.runs.record import AgentRecord
from wavemake.runs.state import RunState
from wavemake.runs.state.runs import REHEARSAL

# With fewer known durations than this, an agent is not estimated from other agents.
_ENOUGH = 3


@dataclass(frozen=True, slots=True)
class Remaining:
    """An agent that is to end: what it needs of those that are to end, and since when it runs, in seconds."""

    name: str
    needs: tuple[str, ...]
    running_for: float | None


def durations(state: RunState) -> dict[str, float]:
    """Return how many seconds each agent took when it was last done, as far as that is known."""
    found: dict[str, float] = {}
    for name, agent in state.agents.items():
        is_good = agent.state in ("done", "reused", "up to date", "pinned")
        if is_good and agent.seconds and teaches(agent, rehearsed=agent.rehearsed):
            found[name] = agent.seconds
    for run in state.runs:
        for name, of_run in run.agents.items():
            known = state.agents.get(name)
            counts = known is None or teaches(known, rehearsed=of_run.rehearsed)
            if of_run.state == "done" and of_run.seconds and counts:
                found[name] = of_run.seconds
    return found


def teaches(agent: AgentRecord, *, rehearsed: bool) -> bool:
    """Tell whether a run says how long `agent` takes: a rehearsal does only of one that is rehearsed."""
    return rehearsed == (agent.runner == REHEARSAL)


def seconds_left(
    tasks: Sequence[Remaining], known: Mapping[str, float], jobs: int | None
) -> float | None:
    """Return how long `tasks`, sorted by wave, take `jobs` at a time; None if there is no telling.

    known: seconds that agents took before. One that was never done counts as the median of the others.
    """
    import statistics  # as in estimate

    if jobs is None or not tasks:
        return None
    usual = statistics.median(known.values()) if len(known) >= _ENOUGH else None
    lasts: dict[str, float] = {}
    for task in tasks:
        whole = known.get(task.name, usual)
        if whole is None:
            return None
        # An agent that takes longer than before is assumed to end soon.
        lasts[task.name] = max(whole - (task.running_for or 0.0), 1.0)
    return makespan(tasks, lasts, jobs)


def makespan(tasks: Sequence[Remaining], lasts: Mapping[str, float], jobs: int) -> float:
    """Return when the last task ends, if each starts as soon as what it needs is done and a slot is free.

    Of those that wait for a slot the first in `tasks` gets it; lasts: the seconds that each takes.

    >>> tasks = [Remaining("a", (), None), Remaining("b", ("a",), None), Remaining("c", ("a",), None)]
    >>> makespan(tasks, {"a": 2, "b": 3, "c": 1}, 1), makespan(tasks, {"a": 2, "b": 3, "c": 1}, 2)
    (6.0, 5.0)
    """
    open_needs = {task.name: sum(need in lasts for need in task.needs) for task in tasks}
    readers: dict[str, list[str]] = {}
    for task in tasks:
        for need in task.needs:
            readers.setdefault(need, []).append(task.name)
    place = {task.name: n for n, task in enumerate(tasks)}
    running = [(lasts[task.name], task.name) for task in tasks if task.running_for is not None]
    started = {name for _, name in running}
    ready = [place[name] for name, n in open_needs.items() if not n and name not in started]
    heapq.heapify(running)
    heapq.heapify(ready)
    now = 0.0
    while running or ready:
        while ready and len(running) < jobs:
            name = tasks[heapq.heappop(ready)].name
            heapq.heappush(running, (now + lasts[name], name))
        now, ended = heapq.heappop(running)
        for reader in readers.get(ended, ()):
            open_needs[reader] -= 1
            if not open_needs[reader]:
                heapq.heappush(ready, place[reader])
    return now
