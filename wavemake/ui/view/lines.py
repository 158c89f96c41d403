"""The progress of a run in plain lines, for pipes and above a view."""

from __future__ import annotations

from collections.abc import Iterator

from wavemake.runs.state import GOOD, AgentRun, AgentState, bill, in_words
from wavemake.ui.view.model import PENDING, Snapshot, Watched
from wavemake.ui.view.text import duration, printable

_MOST = 8


class Reporter:
    """Reports what has happened to each agent since the last call."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[int, int, str]] = {}

    def lines(self, watched: Watched) -> Iterator[str]:
        """Yield a line for each start, failed attempt and end that has not been reported."""
        for name, of_run in watched.of_run.items():
            seen = (
                len(of_run.attempts),
                sum(bool(each.state) for each in of_run.attempts),
                of_run.state,
            )
            before = self._told.get(name, (0, 0, ""))
            agent = watched.state.agents.get(name)
            if seen != before and agent is not None:
                self._told[name] = seen
                yield from _since(agent, of_run, *before)


def _since(
    agent: AgentState, of_run: AgentRun, started: int, tried: int, state: str
) -> Iterator[str]:
    who = f"wave {agent.wave}: {agent.name}"
    for n, attempt in enumerate(of_run.attempts):
        is_last = bool(of_run.state) and n + 1 == len(of_run.attempts)
        if n >= started:
            again = f", try {attempt.number}" if attempt.number > 1 else ""
            yield f"{who} started{again} ({f'{agent.runner} {agent.model}'.strip()})"
        if n >= tried and attempt.state and not is_last:
            yield f"{who} {attempt.state}, to be tried again: {printable(attempt.reason)}"
    if of_run.state and of_run.state != state:
        yield f"{who} {_end(of_run)}"


def _end(of_run: AgentRun) -> str:
    if of_run.state == "reused":
        return "reused: its input is the same"
    took = f" in {duration(of_run.seconds)}" if of_run.seconds is not None else ""
    if of_run.state in GOOD:
        has_costs = of_run.costs.usd is not None or of_run.costs.tokens is not None
        cost = in_words(bill([of_run.costs])) if of_run.attempts and has_costs else ""
        return f"{of_run.state}{took}{f', {cost}' if cost else ''}"
    state = "FAILED" if of_run.state == "failed" else of_run.state
    return f"{state}: {printable(of_run.reason)}" if of_run.reason else state


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
        of_run = [f"{what}: {_some(names)}" for what, names in parts if names]
        yield "; ".join(of_run) or "stopped; nothing was running"
    costs = in_words(shown.bill)
    yield f"took {duration(shown.elapsed)}{f', {costs}' if costs else ''}"


def _some(names: list[str]) -> str:
    more = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f" and {more} more" if more > 0 else "")
