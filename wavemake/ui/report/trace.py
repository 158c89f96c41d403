"""The run as a trace in the Trace Event Format, for Perfetto and chrome://tracing: a lane a slot."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from wavemake.runs.state import Run, RunState
from wavemake.ui.report.timeline import Bar, Piece, Timeline, timeline

_PROCESS = 1
Event = dict[str, object]


def trace(state: RunState, run: Run) -> str:
    """Return the trace of `run`, an event a line.

    Each agent is a slice in the lane of its slot, with its waits and attempts as slices within. Arrows lead
    from an agent to those that read it, and a counter shows how many were at work.
    """
    needs = {name: agent.needs for name, agent in state.agents.items()}
    line = timeline(run, needs)
    events = [
        *_names(state, line),
        *_slices(state, run, line),
        *_arrows(line, needs),
        *_at_work(line),
    ]
    lines = ",\n".join(json.dumps(each, separators=(",", ":")) for each in events)
    other = json.dumps({"project": state.project, "run": run.id, "started": run.started})
    return f'{{"displayTimeUnit":"ms","otherData":{other},"traceEvents":[\n{lines}\n]}}\n'


def _names(state: RunState, line: Timeline) -> Iterator[Event]:
    yield _event("M", name="process_name", args={"name": f"wavemake: {state.project}"})
    for lane in range(line.lanes):
        yield _event("M", lane, name="thread_name", args={"name": f"slot {lane + 1}"})
        yield _event("M", lane, name="thread_sort_index", args={"sort_index": lane})


def _slices(state: RunState, run: Run, line: Timeline) -> Iterator[Event]:
    for bar in line.bars:
        agent, of_run = state.agents.get(bar.agent), run.agents[bar.agent]
        facts = {
            "state": bar.state,
            "reason": of_run.reason,
            "wave": agent.wave if agent else None,
            "model": agent.model if agent else "",
            "attempts": len(of_run.attempts),
            "usd": of_run.costs.usd,
            "tokens_in": of_run.costs.tokens_in,
            "tokens_out": of_run.costs.tokens_out,
            "critical": bar.critical or None,
        }
        known = {key: value for key, value in facts.items() if value not in (None, "")}
        yield _slice(bar.lane, bar.agent, bar.state, bar.start, bar.end, known)
        for number, piece in enumerate(bar.pieces if len(bar.pieces) > 1 else ()):
            yield _piece(bar, piece, number)


def _piece(bar: Bar, piece: Piece, number: int) -> Event:
    before = sum(1 for each in bar.pieces[:number] if each.kind == "attempt")
    name = {
        "wait": f"waits for {piece.note}",
        "attempt": f"attempt {before + 1}",
        "pause": "pause before the next attempt",
    }[piece.kind]
    args = {"state": piece.state, "reason": piece.note} if piece.kind == "attempt" else {}
    return _slice(bar.lane, name, piece.kind, piece.start, piece.end, args)


def _slice(
    lane: int, name: str, kind: str, start: float, end: float, args: Mapping[str, object]
) -> Event:
    # From rounded ends, so that a slice within another does not exceed it by a microsecond.
    first, last = _micro(start), _micro(end)
    return _event("X", lane, name=name, cat=kind, ts=first, dur=last - first, args=dict(args))


def _arrows(line: Timeline, needs: Mapping[str, Iterable[str]]) -> Iterator[Event]:
    bars = {bar.agent: bar for bar in line.bars}
    number = 0
    for bar in line.bars:
        for need in needs.get(bar.agent, ()):
            before = bars.get(need)
            if before is None or before.end > bar.end:
                continue
            number += 1
            # An arrow belongs to the slice in which it starts: it must start before that has ended.
            start = max(_micro(before.start), _micro(before.end) - 1)
            ids = {"name": "reads", "cat": "reads", "id": number}
            yield _event("s", before.lane, ts=start, **ids)
            yield _event("f", bar.lane, ts=max(_micro(bar.start), start), bp="e", **ids)


def _at_work(line: Timeline) -> Iterator[Event]:
    steps: dict[int, int] = {}
    for bar in line.bars:
        steps[_micro(bar.start)] = steps.get(_micro(bar.start), 0) + 1
        steps[_micro(bar.end)] = steps.get(_micro(bar.end), 0) - 1
    count = 0
    for time, step in sorted(steps.items()):
        count += step
        yield _event("C", name="at work", ts=time, args={"agents": count})


def _micro(seconds: float) -> int:
    return round(seconds * 1e6)


def _event(phase: str, lane: int | None = None, **fields: object) -> Event:
    """An event of phase `phase`; lanes are shown as threads, from 1."""
    return {"ph": phase, "pid": _PROCESS, "tid": 0 if lane is None else lane + 1, **fields}
