"""Tables of what became of agents and of runs, as lines of plain text."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence

from wavemake.runs.state import (
    ASKS_PERSON,
    BAD,
    GOOD,
    AgentState,
    Bill,
    Run,
    RunState,
    Spent,
    bill,
    bill_of,
    cached,
    counts,
    dollars,
    in_words,
    more,
    price,
    thousands,
)
from wavemake.ui.view.text import counted, duration, printable

_HEAD = ("wave", "agent", "state", "time", "tries", "cost", "note")
_RIGHT = frozenset(
    [
        "wave",
        "time",
        "tries",
        "cost",
        "run",
        "paid",
        "reused",
        "failed",
        "waiting",
        "tokens",
        "saved",
    ]
)

# States of an agent that is not done for a reason of its own.
_FAILED = frozenset(["failed", "conflict", "interrupted", "over budget"])

# From here on, an exit status means a signal.
_SIGNAL = 128


def status_lines(state: RunState, *, every_cell: bool = False) -> Iterator[str]:
    """Yield the table of all agents, who was edited by hand, and the counts.

    Cells are one line, except those that need attention, or with `every_cell`.
    """
    yield from table(_HEAD, [*_rows(state.agents.values(), every_cell=every_cell)])
    yield ""
    for agent in state.agents.values():
        if agent.edited:
            yield f"edited by hand: {state.folder}/{agent.name}/output.md"
    costs = in_words(bill_of_last(state))
    those = without_cells(state.agents.values())
    agents = len(those)
    numbers = counted(counts(those))
    yield f"{numbers} (of {agents} agent{'s' * (agents != 1)})"
    if costs:
        yield f"their last runs: {costs}"
    if state.spent:
        yield budget_line(state.spent)
    first = next((each for each in state.agents.values() if each.state in BAD), None)
    typed = [how for each in state.agents.values() if (how := to_type(each))]
    if typed:
        yield f"waiting for you: {'; '.join(typed)}"
    if first is not None and first.state == "failed":
        yield f"look first at: {state.folder}/{first.name}/log.txt"


def without_cells(agents: Iterable[AgentState]) -> list[AgentState]:
    """Return `agents` without those of which a run has made cells: these count in their place."""
    listed = list(agents)
    groups = {each.group for each in listed if each.group}
    return [each for each in listed if each.name not in groups]


def _rows(agents: Iterable[AgentState], *, every_cell: bool) -> Iterator[tuple[str, ...]]:
    listed = list(agents)
    groups: dict[str, list[AgentState]] = {each.group: [] for each in listed if each.group}
    for each in listed:
        if each.group:
            groups[each.group].append(each)
    shown: set[str] = set()
    for each in listed:
        name = each.group or each.name
        if name not in groups:
            yield _row(each)
        elif name not in shown:
            shown.add(name)
            yield _folded(name, groups[name], [one for one in listed if one.name == name])
            for cell in groups[name]:
                if every_cell or cell.state in BAD:
                    wave, *rest = _row(cell)
                    yield (wave, f"  {rest[0]}", *rest[1:])


def _folded(name: str, cells: Sequence[AgentState], stage: Sequence[AgentState]) -> tuple[str, ...]:
    """The row of an agent that has cells. stage: the agent itself, if a run makes its cells."""
    found = counts(cells)
    first = max([*stage, *cells], key=lambda each: urgency(each.state))
    usd = [each.costs.usd for each in cells if each.costs.usd is not None]
    many = f"{len(cells)} cell{'s' * (len(cells) != 1)}: {counted(found)}"
    return (str(cells[0].wave), name, first.state, "", "", dollars(sum(usd)) if usd else "", many)


def urgency(state: str) -> int:
    """States that need attention come before those in progress, and these before done."""
    if state in BAD:
        return 4
    if state in ("running", "limited"):
        return 3
    return 2 if state not in GOOD else int(state == "done")


def budget_line(spent: Sequence[Spent]) -> str:
    """Return what is spent of a budget of several runs, and when the next one begins."""
    sums = (
        f"{dollars(each.spent)} of {dollars(each.limit)}"
        if each.what == "usd"
        else f"{thousands(round(each.spent))} of {thousands(round(each.limit))} tokens"
        for each in spent
    )
    begins = time.strftime("%Y-%m-%d", time.gmtime(spent[0].begins))
    return f"budget of the {spent[0].per}: {', '.join(sums)} spent; the next begins on {begins}, 00:00 UTC"


def to_type(agent: AgentState) -> str:
    """Return what a person is to type of an agent that waits for one: its reason ends in that."""
    if agent.state not in ASKS_PERSON:
        return ""
    parts = re.split(" -- to answer: | is not approved yet: ", agent.reason)
    return printable(parts[-1]) if len(parts) > 1 else ""


def bill_of_last(state: RunState) -> Bill:
    """Return the bill for the last runs of all agents; what is running has reported nothing yet."""
    return bill(
        each.costs
        for each in state.agents.values()
        if each.attempts and not each.rehearsed and each.state != "running"
    )


def _row(agent: AgentState) -> tuple[str, ...]:
    notes = [f"by {', '.join(agent.blocked_by)}" if agent.blocked_by else printable(agent.reason)]
    notes += [cached(agent.costs.cache)]
    notes += ["pinned"] if agent.pinned and agent.state != "pinned" else []
    notes += [f"made {', '.join(map(printable, agent.made))}"] if agent.made else []
    return (
        str(agent.wave),
        agent.name,
        agent.state,
        _time(agent),
        str(agent.attempts) if agent.attempts > 1 else "",
        "" if agent.costs.usd is None else dollars(agent.costs.usd),
        "; ".join(filter(None, notes)),
    )


def _time(agent: AgentState) -> str:
    """What is known of one that was not run is of an earlier run."""
    if agent.seconds is None or agent.state in ("blocked", "not run"):
        return ""
    return duration(agent.seconds)


def history_lines(runs: Sequence[Run], first: int) -> Iterator[str]:
    """Yield the table of `runs`, oldest first; `first` is the number of the first of them."""
    head = (
        "run",
        "began",
        "time",
        "paid",
        "reused",
        "failed",
        "waiting",
        "cost",
        "tokens",
        "cache",
        "ended",
    )
    yield from table(head, [_run(run, n) for n, run in enumerate(runs, first)])


def _run(run: Run, number: int) -> tuple[str, ...]:
    agents = run.agents.values()
    waiting = sum(agent.state in ASKS_PERSON for agent in agents)
    costs = bill_of(agents)
    cost = "unknown" if costs.usd is None else price(costs)
    return (
        str(number),
        time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(run.started)),
        duration((run.ended or run.last) - run.started),
        str(sum(bool(agent.attempts) for agent in agents)),
        str(sum(agent.state == "reused" for agent in agents)),
        str(sum(agent.state in _FAILED for agent in agents)),
        str(waiting) if waiting else "",
        cost if costs.agents else "",
        f"{thousands(costs.tokens)}{more(costs.uncounted)}" if costs.tokens else "",
        cached(costs.cache).removeprefix("cache: "),
        ended(run),
    )


def ended(run: Run) -> str:
    """Return how a run ended, in words: by what its agents tell, and by its driver's status."""
    if run.status is not None and run.status >= _SIGNAL:
        return "stopped"
    if run.status is None and any(each.attempts and not each.state for each in run.agents.values()):
        return "not at all"
    if any(each.state in _FAILED for each in run.agents.values()):
        return "with failures"
    if any(each.state == "waiting" for each in run.agents.values()):
        return "waiting for approval"
    if any(each.state == "asked" for each in run.agents.values()):
        return "waiting for an answer"
    if any(each.state == "blocked" for each in run.agents.values()):
        return "blocked"
    return f"status {run.status}" if run.status else "well"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield lines with columns side by side; a column in which no row has anything is left out."""
    kept = [n for n in range(len(head)) if any(row[n] for row in rows)]
    widths = {n: max(len(head[n]), *(len(row[n]) for row in rows)) for n in kept}
    for row in (head, *rows):
        cells = [
            row[n].rjust(widths[n]) if head[n] in _RIGHT else row[n].ljust(widths[n]) for n in kept
        ]
        yield "  ".join(cells).rstrip()
