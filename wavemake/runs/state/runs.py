"""The runs that a folder keeps: events.jsonl and the runs/N.jsonl before it, read as runs of agents."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from wavemake.plan import regular
from wavemake.runs.fields import Fields, moment, number, parse, text, whole
from wavemake.runs.state.costs import NOTHING, UNKNOWN, Costs, costs_in, total

_HEX = re.compile("[0-9a-f]+")

# A run that kill -9 has ended has agents that began and never ended, and so does a run in progress.
UNFINISHED = ""

REHEARSAL = "rehearse"
"""The runner that calls no model."""


@dataclass(frozen=True, slots=True)
class TraceSpan:
    """What stands for a run or an attempt in a trace: hexadecimal digits; empty where there was none."""

    trace: str = ""
    id: str = ""
    parent: str = ""


NO_SPAN = TraceSpan()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of an agent's. Times are epoch seconds; ended is None and state empty while it goes on."""

    number: int
    started: float | None
    ended: float | None = None
    state: str = UNFINISHED
    reason: str = ""
    costs: Costs = UNKNOWN
    span: TraceSpan = NO_SPAN


@dataclass(slots=True)
class AgentRun:
    """What became of one agent in one run. state is empty while it has not ended.

    waits holds (time, what it waits for); costs are the sum over its attempts. seconds: from its first start
    to its end; None if it did not start or has not ended. rehearsed: it cost nothing. runner and model are
    empty where the run did not name them; model is the one that answered, or else the one that was asked for.
    from_store: its answer is one of the store; saved: what that answer had cost.
    """

    name: str
    state: str = UNFINISHED
    reason: str = ""
    started: float | None = None
    ended: float | None = None
    waits: tuple[tuple[float, str], ...] = ()
    attempts: tuple[Attempt, ...] = ()
    costs: Costs = UNKNOWN
    seconds: float | None = None
    rehearsed: bool = False
    runner: str = ""
    model: str = ""
    from_store: bool = False
    saved: Costs = UNKNOWN


@dataclass(slots=True)
class Run:
    """One make. started is the time of its first event and last that of its latest.

    ended, jobs, goals, plan and status are what the driver said; None or empty if it has not (yet).
    """

    id: str
    started: float
    last: float
    ended: float | None = None
    jobs: int | None = None
    status: int | None = None
    goals: str = ""
    plan: str = ""
    span: TraceSpan = NO_SPAN
    agents: dict[str, AgentRun] = field(default_factory=dict)


class Journal:
    """Runs as they are recorded, event after event."""

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}
        self._rest = b""

    def feed(self, data: bytes) -> bool:
        """Read more of the journal, a line that is not whole is kept for later; tell if anything was new."""
        if not data:
            return False
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._read(line)
        return bool(lines)

    def end_of_file(self) -> None:
        """Read the last line as it is: it may have been cut by a kill."""
        self._read(self._rest)
        self._rest = b""

    def _read(self, line: bytes) -> None:
        event = parse(line) if line else {}
        time, run = moment(event, "t"), text(event, "run")
        if time is None or not run:
            return
        known = self.runs.get(run)
        if known is None:
            known = self.runs[run] = Run(run, time, time)
        known.started, known.last = min(known.started, time), max(known.last, time)
        takes = _EVENTS.get(text(event, "event"))
        if takes:
            takes(known, time, event)


def read_runs(
    folder: str,
    *,
    earlier: bool = True,
    current: bool = True,
    oldest: bool = False,
    unread: list[OSError] | None = None,
) -> tuple[Run, ...]:
    """Return the runs of which `folder` has kept the events, in the order of their starts.

    earlier: those in runs/; current: those in events.jsonl; oldest: also those of which only starts, ends and
    costs are kept. Lines that are cut or damaged are passed over, and so are files that cannot be read: those
    that exist are listed in `unread`.
    """
    last = [os.path.join(folder, "events.jsonl")] if current else []
    first = [os.path.join(folder, "runs", "oldest.jsonl")] if oldest else []
    while True:
        before = _kept(folder) if earlier else []
        journal, problems = Journal(), list[OSError]()
        for path in [*first, *before, *last]:
            try:
                journal.feed(regular.read_bytes(path))
            except FileNotFoundError:
                continue
            except OSError as error:
                problems.append(OSError(error.errno, error.strerror, path))
                continue
            journal.end_of_file()
        # A run that starts in between moves events.jsonl away.
        if not earlier or _kept(folder) == before:
            if unread is not None:
                unread += problems
            return tuple(sorted(journal.runs.values(), key=lambda run: run.started))


def _kept(folder: str) -> list[str]:
    inside = os.path.join(folder, "runs")
    try:
        names = [name.removesuffix(".jsonl") for name in os.listdir(inside)]
    except OSError:
        return []
    numbers = sorted(int(name) for name in names if name.isdecimal() and name.isascii())
    return [os.path.join(inside, f"{number}.jsonl") for number in numbers]


def _agent(run: Run, event: Fields) -> AgentRun:
    name = text(event, "agent")
    return run.agents.setdefault(name, AgentRun(name))


def _run(run: Run, time: float, event: Fields) -> None:
    run.jobs, run.goals = whole(event, "jobs"), text(event, "goals")
    run.plan, run.span = text(event, "plan"), _span(event)


def _run_end(run: Run, time: float, event: Fields) -> None:
    run.ended, run.status = time, whole(event, "status")


def _span(event: Fields) -> TraceSpan:
    trace, span, parent = (text(event, key) for key in ("trace", "span", "parent"))
    if not (_HEX.fullmatch(trace + span) and len(trace) == 32 and len(span) == 16):
        return NO_SPAN
    return TraceSpan(trace, span, parent if _HEX.fullmatch(parent) and len(parent) == 16 else "")


def _wait(run: Run, time: float, event: Fields) -> None:
    agent = _agent(run, event)
    agent.waits += ((time, text(event, "for")),)


def _start(run: Run, time: float, event: Fields) -> None:
    agent = _agent(run, event)
    if agent.state:  # Run a second time under one make, as a user's recipe may do.
        agent.attempts = ()
    if agent.state or agent.started is None:
        agent.started, agent.ended, agent.seconds = time, None, None
        agent.state, agent.reason = UNFINISHED, ""
    nth = whole(event, "attempt") or len(agent.attempts) + 1
    agent.attempts += (Attempt(nth, time, span=_span(event)),)


def _attempt(run: Run, time: float, event: Fields) -> None:
    agent = _agent(run, event)
    _close(agent, time, event, costs_in(event))
    agent.costs = total(each.costs for each in agent.attempts)


def _end(run: Run, time: float, event: Fields) -> None:
    agent = _agent(run, event)
    agent.state, agent.reason, agent.ended = text(event, "state"), text(event, "reason"), time
    agent.runner = text(event, "runner")
    agent.model = text(event, "answered_by") or text(event, "model")
    agent.from_store = text(event, "from") == "store"
    agent.saved = costs_in(event, "saved_") if agent.from_store else UNKNOWN
    if agent.started is None:
        agent.costs = NOTHING
        return
    agent.rehearsed = text(event, "runner") == REHEARSAL
    seconds = number(event, "seconds")
    agent.seconds = max(0.0, time - agent.started) if seconds is None else seconds
    agent.costs = costs_in(event)
    if agent.attempts and not agent.attempts[-1].state:
        before = total(each.costs for each in agent.attempts[:-1])
        _close(agent, time, event, agent.costs.without(before))


def _close(agent: AgentRun, time: float, event: Fields, costs: Costs) -> None:
    last = agent.attempts[-1] if agent.attempts else Attempt(1, None)
    state, reason = text(event, "state"), text(event, "reason")
    closed = Attempt(last.number, last.started, time, state, reason, costs, last.span)
    agent.attempts = (*agent.attempts[:-1], closed)


_EVENTS: dict[str, Callable[[Run, float, Fields], None]] = {
    "run": _run,
    "run-end": _run_end,
    "wait": _wait,
    "start": _start,
    "attempt": _attempt,
    "end": _end,
}


def latest(runs: Iterable[Run]) -> Run | None:
    """Return the run that started last, the last in the file of several at once, or None."""
    last: Run | None = None
    for run in runs:
        if last is None or run.started >= last.started:
            last = run
    return last
