"""What the tables tell: each agent in the run that is shown, sums of cost and time, and the runs compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from wavemake.runs.state import AgentRun, AgentState, Bill, Costs, Run, RunState, bill, bill_of
from wavemake.ui.view.tables import urgency

# In the order in which they are listed: states that need attention come first.
STATES = (
    *("failed", "conflict", "over budget", "interrupted", "waiting", "asked", "blocked", "running"),
    *("done", "pinned", "reused", "up to date", "skipped", "out of date", "not run"),
)
_MOST_CHANGES = 12
_MOST_RUNS = 25


@dataclass(frozen=True, slots=True)
class ReportRow:
    """An agent. fresh: its time and costs are of the run that is shown, and not of an earlier one.

    seconds and waited are None if unknown. rehearsed: it cost nothing.
    """

    agent: AgentState
    state: str
    reason: str
    blocked_by: tuple[str, ...]
    started: float | None
    seconds: float | None
    waited: float | None
    attempts: int
    costs: Costs
    fresh: bool
    rehearsed: bool = False


def shown_run(state: RunState, name: str | None) -> Run | None:
    """Return the run to show, or the latest in which an agent ran. None if there is none.

    name: the id of a run, or its number in `wavemake history`. Raises KeyError if there is no such run.
    """
    if name is not None:
        numbered = {str(number): run for number, run in enumerate(state.runs, 1)}
        return (numbered | {run.id: run for run in state.runs})[name]
    ran = [run for run in state.runs if any(each.attempts for each in run.agents.values())]
    return (ran or state.runs or (None,))[-1]


def rows(state: RunState, run: Run | None, *, now: bool) -> list[ReportRow]:
    """Return a row for each agent, in the order of the plan. now: as they are, not as `run` left them."""
    of_run: Mapping[str, AgentRun] = run.agents if run else {}
    if now:
        return [_as_it_is(agent, of_run.get(name)) for name, agent in state.agents.items()]
    return [_as_it_was(agent, of_run.get(name)) for name, agent in state.agents.items()]


def _as_it_is(agent: AgentState, of_run: AgentRun | None) -> ReportRow:
    fresh = of_run is not None and bool(of_run.attempts)
    return ReportRow(
        agent=agent,
        state=agent.state,
        reason=agent.reason,
        blocked_by=agent.blocked_by,
        started=of_run.started if of_run and fresh else agent.started,
        seconds=agent.seconds,
        waited=waited(of_run),
        attempts=agent.attempts,
        costs=of_run.costs if of_run and fresh else agent.costs,
        fresh=fresh,
        rehearsed=of_run.rehearsed if of_run and fresh and of_run.state else agent.rehearsed,
    )


def _as_it_was(agent: AgentState, of_run: AgentRun | None) -> ReportRow:
    if of_run is None:
        return ReportRow(agent, "not run", "", (), None, None, None, 0, Costs(), False)
    return ReportRow(
        agent=agent,
        state=of_run.state or "interrupted",
        reason=of_run.reason,
        blocked_by=(),
        started=of_run.started,
        seconds=of_run.seconds,
        waited=waited(of_run),
        attempts=len(of_run.attempts),
        costs=of_run.costs,
        fresh=bool(of_run.attempts),
        rehearsed=of_run.rehearsed,
    )


def waited(of_run: AgentRun | None) -> float | None:
    """Seconds from the first wait to the start; None if it waited for nothing."""
    if of_run is None or not of_run.waits or of_run.started is None:
        return None
    return max(of_run.started - min(time for time, _ in of_run.waits), 0.0)


# --- sums ---


@dataclass(frozen=True, slots=True)
class Sum:
    """Agents taken together. longest is the name of the one that took longest, or empty."""

    name: str
    agents: int
    states: Mapping[str, int]
    seconds: float
    longest: str
    costs: Bill


def sum_of(name: str, group: Sequence[ReportRow]) -> Sum:
    """Return the sum of `group`."""
    timed = [row for row in group if row.seconds is not None]
    longest = max(timed, key=lambda row: row.seconds or 0.0, default=None)
    return Sum(
        name=name,
        agents=len(group),
        states=counts(row.state for row in group),
        seconds=sum(row.seconds or 0.0 for row in timed),
        longest=longest.agent.name if longest else "",
        costs=bill(
            row.costs
            for row in group
            if row.attempts and not row.rehearsed and row.state != "running"
        ),
    )


def sums(group: Iterable[ReportRow], by: Callable[[ReportRow], str]) -> list[Sum]:
    """Return a sum for each value of `by`, in the order in which they come."""
    parts: dict[str, list[ReportRow]] = {}
    for row in group:
        parts.setdefault(by(row), []).append(row)
    return [sum_of(name, part) for name, part in parts.items()]


@dataclass(frozen=True, slots=True)
class CellGroup:
    """The cells of an agent as one row. state: what has to be known first; counts: how many of each state.

    is_agent: the agent stands in the report itself, since a run has made the cells.
    """

    name: str
    wave: int
    state: str
    counts: Mapping[str, int]
    is_agent: bool


def groups(rows: Sequence[ReportRow]) -> dict[str, CellGroup]:
    """Return the agents that have cells, by their names."""
    cells: dict[str, list[ReportRow]] = {}
    for row in rows:
        if row.agent.group:
            cells.setdefault(row.agent.group, []).append(row)
    found = {}
    for name, made in cells.items():
        own = [row for row in rows if row.agent.name == name]
        first = max([*own, *made], key=lambda row: urgency(row.state))
        states = counts(row.state for row in made)
        found[name] = CellGroup(name, made[0].agent.wave, first.state, states, bool(own))
    return found


def counts(states: Iterable[str]) -> dict[str, int]:
    """Return how many there are of each state, in the order of STATES."""
    found = Counter(states)
    order = {state: place for place, state in enumerate(STATES)}
    return dict(sorted(found.items(), key=lambda item: (order.get(item[0], len(order)), item[0])))


# --- runs ---


@dataclass(frozen=True, slots=True)
class Change:
    """An agent that ran in two runs."""

    agent: str
    before: AgentRun
    after: AgentRun


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run, how many agents came to which state in it, and what it has cost."""

    run: Run
    number: int
    states: Mapping[str, int]
    costs: Bill
    seconds: float


@dataclass(frozen=True, slots=True)
class Compared:
    """The latest runs, newest first, and how the one that is shown differs from those before it.

    number is that of the run that is shown, from 1; 0 if there is none. left_out: runs not listed.
    """

    lines: tuple[RunLine, ...]
    number: int
    left_out: int
    changes: tuple[Change, ...]


def compared(state: RunState, run: Run | None) -> Compared:
    """Return the runs of `state`, and those before `run` beside it."""
    numbers = {each.id: number for number, each in enumerate(state.runs, 1)}
    listed = state.runs[-_MOST_RUNS:]
    number = numbers[run.id] if run else 0
    return Compared(
        lines=tuple(_line(each, numbers[each.id]) for each in reversed(listed)),
        number=number,
        left_out=len(state.runs) - len(listed),
        changes=tuple(changes(run, state.runs[: number - 1])) if run else (),
    )


def _line(run: Run, number: int) -> RunLine:
    of_run = run.agents.values()
    return RunLine(
        run=run,
        number=number,
        states=counts(each.state or "unfinished" for each in of_run),
        costs=bill_of(of_run),
        seconds=max((run.ended or run.last) - run.started, 0.0),
    )


def changes(run: Run, earlier: Sequence[Run]) -> list[Change]:
    """Return the agents whose time has changed most since the run of `earlier` in which they last ran."""
    found = []
    for name, after in run.agents.items():
        before = next((each.agents[name] for each in reversed(earlier) if _ran(each, name)), None)
        if before and _ran(run, name):
            found.append(Change(name, before, after))
    found.sort(key=lambda each: (-abs(_gain(each)), each.agent))
    return found[:_MOST_CHANGES]


def _ran(run: Run, name: str) -> bool:
    of_run = run.agents.get(name)
    return of_run is not None and of_run.seconds is not None


def _gain(change: Change) -> float:
    return (change.after.seconds or 0.0) - (change.before.seconds or 0.0)
