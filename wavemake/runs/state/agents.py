"""The state of one agent, as the runtime reports it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from wavemake.plan import regular
from wavemake.runs import link
from wavemake.runs.fields import Fields, moment, number, text, texts, whole
from wavemake.runs.record import AgentRecord
from wavemake.runs.state.costs import UNKNOWN, Costs, costs_in
from wavemake.runs.state.runs import REHEARSAL, AgentRun


@cache
def table() -> dict[str, frozenset[str]]:
    """Return all states in the order in which they are counted, and what each is: the table of states.awk.

    >>> sorted(table()["failed"]), sorted(table()["done"])
    (['bad', 'stuck'], ['good'])
    """
    rows = re.findall(r'known_state\("([a-z ]+)", "([a-z ]*)"\)', link.source("states.awk"))
    return {state: frozenset(words.split()) for state, words in rows}


GOOD = frozenset(state for state, words in table().items() if "good" in words)
"""States of an agent whose answer can be used."""
BAD = frozenset(state for state, words in table().items() if "bad" in words)
"""States of an agent that somebody has to look at."""


ASKS_PERSON = frozenset(state for state, words in table().items() if "person" in words)
"""States of an agent that waits for a person, to approve or to answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentState(AgentRecord):
    """An agent, and what became of it when it was last run. Times are epoch seconds.

    state: one of `table`; of those that are not self-evident: reused (by the latest run), up to date (that
    run had no need of it), out of date (make would look at it again), not run (if that has a reason, make
    cannot run it). blocked_by: the agents that failed somewhere before it. seconds: of one that is running,
    until now. edited: its output was changed since. made: files it says it wrote. rehearsed:
    its answer cost nothing.
    """

    state: str
    reason: str = ""
    blocked_by: tuple[str, ...] = ()
    started: float | None = None
    ended: float | None = None
    seconds: float | None = None
    attempts: int = 0
    costs: Costs = UNKNOWN
    turns: int | None = None
    session: str = ""
    has_output: bool = False
    edited: bool = False
    pinned: bool = False
    made: tuple[str, ...] = ()
    rehearsed: bool = False


def agent_state(
    folder: str, record: AgentRecord, reported: Fields, unfinished: AgentRun | None
) -> AgentState:
    """Return the state of an agent in the agents' `folder`: from what the runtime has `reported`.

    unfinished: what a run in progress, or a killed one, reports of it.
    """
    return AgentState(
        **record.fields(),
        state=text(reported, "state"),
        reason=text(reported, "reason"),
        blocked_by=texts(reported, "blocked_by"),
        started=moment(reported, "started"),
        ended=moment(reported, "ended"),
        seconds=number(reported, "seconds"),
        attempts=_attempts(reported),
        costs=unfinished.costs if unfinished else costs_in(reported),
        turns=whole(reported, "turns"),
        session=text(reported, "session"),
        has_output=reported.get("output") is True,
        edited=reported.get("edited") is True,
        pinned=reported.get("pinned") is True,
        made=_made(os.path.join(folder, record.name)) if reported.get("lists_files") else (),
        rehearsed=(text(reported, "runner") or record.runner) == REHEARSAL,
    )


def waits_for_person(agent: AgentState, others: Mapping[str, AgentState]) -> bool:
    """Tell whether an agent waits for a person, or is blocked by such alone. others: all agents."""
    if agent.state == "blocked":
        by = [others[name] for name in agent.blocked_by if name in others]
        return bool(by) and all(each.state in ASKS_PERSON for each in by)
    return agent.state in ASKS_PERSON


def how_to_make_again(inside: str, *, is_odd: bool = False) -> str:
    """Say how to have the answer of the agent in the folder `inside` made again; that is charged.

    is_odd: the answer is something else than a regular file.
    """
    return f"to have it made again, rm -{'rf' if is_odd else 'f'} {inside}/output.md"


def not_there(path: str) -> str:
    """Say that a file is missing that an agent reads."""
    return f"reads {path}, which does not exist"


def _attempts(reported: Fields) -> int:
    attempts = whole(reported, "attempts")
    return attempts if attempts is not None else int(number(reported, "seconds") is not None)


def _made(inside: str) -> tuple[str, ...]:
    try:
        value = json.loads(regular.read_bytes(os.path.join(inside, "files.json")))
    except (OSError, ValueError, RecursionError):
        return ()
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()
