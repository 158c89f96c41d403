"""What a run tells in plain lines, for pipes and above a view."""

from __future__ import annotations

from collections.abc import Iterator

from wavemake.runs.state import GOOD, AgentRun, AgentState, bill, in_words
from wavemake.ui.view.model import PENDING, Snapshot, Watched
from wavemake.ui.view.text import duration, printable

_MOST = 8


class Teller:
    """Tells of each agent what has happened to it since it was asked last."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[int, int, str]] = {}

    def lines(self, watched: Watched) -> Iterator[str]:
        """Yield a line for each start, failed attempt and end that has not been told."""
        for name, told in watched.told.items():
            seen = (len(told.attempts), sum(bool(each.state) for each in told.attempts), told.state)
            before = self._told.get(name, (0, 0, ""))
            agent = watched.state.agents.get(name)
            if seen != before and agent is not None:
                self._told[name] = seen
                yield from _since(agent, told, *before)


def _since(
    agent: AgentState, told: AgentRun, started: int, tried: int, state: str
) -> Iterator[str]:
    who = f"wave {agent.wave}: {agent.name}"
    for n, attempt in enumerate(told.attempts):
        is_last = bool(told.state) and n + 1 == len(told.attempts)
        if n >= started:
            again = f", try {attempt.number}" if attempt.number > 1 else ""
            yield f"{who} started{again} ({f'{agent.runner} {agent.model}'.strip()})"
        if n >= tried and attempt.state and not is_last:
            yield f"{who} {attempt.state}, to be tried again: {printable(attempt.reason)}"
    if told.state and told.state != state:
        yield f"{who} {_end(told)}"


def _end(told: AgentRun) -> str:
    if told.state == "reused":
        return "reused: its input is the same"
    took = f" in {duration(told.seconds)}" if told.seconds is not None else ""
    if told.state in GOOD:
        is_told = told.costs.usd is not None or told.costs.tokens is not None
        cost = in_words(bill([told.costs])) if told.attempts and is_told else ""
        return f"{told.state}{took}{f', {cost}' if cost else ''}"
    state = "FAILED" if told.state == "failed" else told.state
    return f"{state}: {printable(told.reason)}" if told.reason else state


def closing(shown: Snapshot, *, stopped: bool) -> Iterator[str]:
    """Yield what a view leaves behind: how long it took and what it cost; if `stopped`, what that ended."""
    if stopped:
        ended = [row.name for row in shown.rows if row.state in ("interrupted", "running")]
        waiting = [
            row.name
            for row in shown.rows
            if row.state in (*PENDING, "queued", "not run", "blocked")
        ]
        parts = [("stopped", ended), ("not started", waiting)]
        told = [f"{what}: {_some(names)}" for what, names in parts if names]
        yield "; ".join(told) or "stopped; nothing was running"
    costs = in_words(shown.bill)
    yield f"took {duration(shown.elapsed)}{f', {costs}' if costs else ''}"


def _some(names: list[str]) -> str:
    more = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f" and {more} more" if more > 0 else "")
