"""When each agent ran, in which slot, what it waited for, and which chain of agents made the run so long."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wavemake.runs.state import AgentRun, Run


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a bar. kind: wait, attempt, or pause (between two attempts); note says what or why."""

    kind: str
    start: float
    end: float
    note: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """An agent of a run. Times are seconds since the run's start. lane: its slot, from 0.

    critical: it belongs to the chain that made the run as long as it was.
    """

    agent: str
    state: str
    lane: int
    start: float
    end: float
    pieces: tuple[Piece, ...]
    critical: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """A run of `length` seconds in `lanes` slots. busy: the seconds of all agents together.

    chain: the agents on the critical path, first to last; chain_busy: their seconds.
    """

    length: float
    lanes: int
    bars: tuple[Bar, ...]
    busy: float
    chain: tuple[str, ...]
    chain_busy: float


def timeline(run: Run, needs: Mapping[str, Iterable[str]]) -> Timeline:
    """Return the timeline of `run`. Agents that only were reused take no time, and are left out.

    needs: for each agent those that it needs. An agent without an end goes on to the last event of the run.
    """
    end = max(run.last, run.ended or 0.0)
    spans = {
        each.name: (_begin(each), max(_begin(each), each.ended or end))
        for each in run.agents.values()
        if each.started is not None or (each.waits and not each.state)
    }
    slots = _slots(spans)
    chain = _chain(spans, needs)
    marked = set(chain)
    bars = [
        Bar(
            name,
            run.agents[name].state or "running",
            slots[name],
            start - run.started,
            stop - run.started,
            _pieces(run.agents[name], run.started, stop),
            name in marked,
        )
        for name, (start, stop) in sorted(spans.items(), key=lambda item: (item[1], item[0]))
    ]
    return Timeline(
        length=max(end - run.started, 0.0),
        lanes=max(slots.values(), default=-1) + 1,
        bars=tuple(bars),
        busy=sum(stop - start for start, stop in spans.values()),
        chain=chain,
        chain_busy=sum(spans[name][1] - spans[name][0] for name in chain),
    )


def _begin(agent: AgentRun) -> float:
    """When it took a slot: an agent that waits for a lock, a pool or the budget has one."""
    times = [time for time, _ in agent.waits]
    return min(times if agent.started is None else [agent.started, *times])


def _slots(spans: Mapping[str, tuple[float, float]]) -> dict[str, int]:
    """The lowest slot that was free when each began: make does not report its slots."""
    taken: dict[str, int] = {}
    free: list[int] = []
    busy: list[tuple[float, int]] = []
    for name, (start, stop) in sorted(spans.items(), key=lambda item: (item[1], item[0])):
        while busy and busy[0][0] <= start:
            heapq.heappush(free, heapq.heappop(busy)[1])
        slot = heapq.heappop(free) if free else len(busy)
        taken[name] = slot
        heapq.heappush(busy, (stop, slot))
    return taken


def _chain(
    spans: Mapping[str, tuple[float, float]], needs: Mapping[str, Iterable[str]]
) -> tuple[str, ...]:
    """The agent that ended last, before it what it needed and ended last, and so on; first to last."""
    name = max(spans, key=lambda each: (spans[each][1], each), default="")
    chain: list[str] = []
    while name and name not in chain:
        chain.append(name)
        before = [each for each in needs.get(name, ()) if each in spans]
        name = max(before, key=lambda each: (spans[each][1], each), default="")
    return tuple(reversed(chain))


def _pieces(agent: AgentRun, zero: float, stop: float) -> tuple[Piece, ...]:
    """The waits, the attempts and the pauses between these, in order, without holes."""
    starts = [(time, "wait", what, "") for time, what in agent.waits]
    for attempt in agent.attempts:
        if attempt.started is not None:
            starts.append((attempt.started, "attempt", attempt.reason, attempt.state))
        if attempt.ended is not None and attempt is not agent.attempts[-1]:
            starts.append((attempt.ended, "pause", attempt.reason, ""))
    starts.sort(key=lambda each: each[0])
    ends = [each[0] for each in starts[1:]] + [stop]
    return tuple(
        Piece(kind, start - zero, max(start, end) - zero, note, state)
        for (start, kind, note, state), end in zip(starts, ends, strict=True)
    )
