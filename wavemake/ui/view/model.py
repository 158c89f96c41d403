"""What a view of a run shows: every agent's row, what is done, spent and left. No file is read here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from wavemake.runs.makespan import Remaining, seconds_left
from wavemake.runs.state import GOOD, AgentRun, AgentState, Bill, RunState, bill_of
from wavemake.ui.view.text import printable

# The states of rows, most important first.
RUNNING = ("running", "retrying", "queued")
STOPPED = (
    "failed",
    "conflict",
    "interrupted",
    "over budget",
    "waiting",
    "asked",
    "not run",
    "blocked",
)
PENDING = ("ready", "pending")
ENDED = ("done", "reused", "pinned", "up to date", "skipped")
ORDER = (*RUNNING, *STOPPED, *PENDING, *ENDED)
_ROOTS = frozenset(STOPPED) - {"blocked"}


@dataclass(frozen=True, slots=True)
class ViewRow:
    """An agent. seconds: how long it has run; note: what it last said, or why it does not run.

    group: the agent of which it is a cell.
    """

    name: str
    wave: int
    state: str
    seconds: float | None = None
    note: str = ""
    tries: int = 0
    group: str = ""


@dataclass(frozen=True, slots=True)
class Watched:
    """A run to look at.

    state: as it was before; of_run: the runs of its agents since; planned: the agents that make should
    look at; known: seconds that agents took before; jobs: how many run at once; says: an agent's last line.
    """

    state: RunState
    of_run: Mapping[str, AgentRun]
    planned: frozenset[str]
    started: float
    known: Mapping[str, float] = field(default_factory=dict)
    jobs: int | None = None
    says: Callable[[str], str] = lambda name: ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is shown at one moment. left: seconds, None if unknown; done of total rows are good."""

    title: str
    rows: tuple[ViewRow, ...]
    elapsed: float
    left: float | None
    bill: Bill

    @property
    def total(self) -> int:
        """How many agents this run has to do with."""
        return len(self.rows)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows there are of each state, in the order in which states matter."""
        counter = Counter(row.state for row in self.rows)
        return {state: counter[state] for state in ORDER if counter[state]}

    @property
    def done(self) -> int:
        """How many agents have an answer that can be used."""
        return sum(row.state in GOOD for row in self.rows)


def snapshot(watched: Watched, now: float) -> Snapshot:
    """Return what there is to see of a run at the time `now`, in epoch seconds."""
    rows: dict[str, ViewRow] = {}
    roots: dict[str, tuple[str, ...]] = {}
    for agent in watched.state.agents.values():
        of_run = watched.of_run.get(agent.name)
        if agent.listed_by and not (of_run and of_run.state == "failed"):
            made = {row.name: row for row in _cells(agent, watched, now)}
            rows |= made
            if made:
                continue
        if of_run is not None and (of_run.state or of_run.attempts):
            rows[agent.name] = _begun(agent, of_run, watched, now)
        elif agent.name in watched.planned:
            rows[agent.name] = _not_begun(agent, of_run, rows, roots)
        if agent.group and agent.name in rows:
            rows[agent.name] = replace(rows[agent.name], group=agent.group)
        roots[agent.name] = _roots_of(agent, rows, roots)
    return Snapshot(
        title=watched.state.project,
        rows=tuple(rows.values()),
        elapsed=max(0.0, now - watched.started),
        left=_left(rows, watched),
        bill=bill_of(watched.of_run.values(), running=True),
    )


def _cells(agent: AgentState, watched: Watched, now: float) -> Iterator[ViewRow]:
    """The cells that this run has made of `agent`: it may not have been known before which."""
    for name, of_run in watched.of_run.items():
        if name.startswith(f"{agent.name}-") and (of_run.state or of_run.attempts):
            known = watched.state.agents.get(name)
            if known is None or known.group == agent.name:
                cell = replace(agent, name=name)
                yield replace(_begun(cell, of_run, watched, now), group=agent.name)


def _begun(agent: AgentState, of_run: AgentRun, watched: Watched, now: float) -> ViewRow:
    tries = len(of_run.attempts)
    if of_run.state:
        note = "" if of_run.state in GOOD else printable(of_run.reason)
        return ViewRow(agent.name, agent.wave, of_run.state, of_run.seconds, note, tries)
    seconds = max(0.0, now - of_run.started) if of_run.started is not None else None
    last = of_run.attempts[-1]
    if last.state:
        return ViewRow(agent.name, agent.wave, "retrying", seconds, printable(last.reason), tries)
    return ViewRow(agent.name, agent.wave, "running", seconds, watched.says(agent.name), tries)


def _not_begun(
    agent: AgentState,
    of_run: AgentRun | None,
    rows: Mapping[str, ViewRow],
    roots: Mapping[str, tuple[str, ...]],
) -> ViewRow:
    blockers = _blockers(agent, rows, roots)
    if blockers:
        return ViewRow(agent.name, agent.wave, "blocked", note=f"by {', '.join(blockers)}")
    if of_run is not None and of_run.waits:
        what = printable(of_run.waits[-1][1])
        return ViewRow(agent.name, agent.wave, "queued", note=f"waits for {what}")
    if agent.state == "not run" and agent.reason:
        return ViewRow(agent.name, agent.wave, "not run", note=printable(agent.reason))
    unmet = [need for need in agent.needs if need in rows and rows[need].state not in GOOD]
    if unmet:
        return ViewRow(agent.name, agent.wave, "pending", note=f"waits for {', '.join(unmet)}")
    return ViewRow(agent.name, agent.wave, "ready")


def _blockers(
    agent: AgentState, rows: Mapping[str, ViewRow], roots: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """The agents that failed somewhere before this one, as far as it minds them."""
    if agent.tolerant:
        return ()
    return tuple(dict.fromkeys(root for need in agent.needs for root in roots.get(need, ())))


def _roots_of(
    agent: AgentState, rows: Mapping[str, ViewRow], roots: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    row = rows.get(agent.name)
    if row is None or row.state in GOOD:
        return ()
    return (agent.name,) if row.state in _ROOTS else _blockers(agent, rows, roots)


def _left(rows: Mapping[str, ViewRow], watched: Watched) -> float | None:
    begun = ("running", "retrying")
    tasks = [
        Remaining(
            row.name,
            watched.state.agents[row.name].needs if row.name in watched.state.agents else (),
            row.seconds if row.state in begun else None,
        )
        for row in rows.values()
        if row.state in RUNNING or row.state in PENDING
    ]
    return seconds_left(tasks, watched.known, watched.jobs)
