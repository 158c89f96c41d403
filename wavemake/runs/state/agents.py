"""The state of one agent: its status, its lock, its output and the run that last had to do with it."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

from wavemake.plan import regular
from wavemake.runs.fields import Fields, moment, number, parse, text, whole
from wavemake.runs.record import AgentRecord
from wavemake.runs.state.costs import UNKNOWN, Costs, costs_in
from wavemake.runs.state.locks import is_held
from wavemake.runs.state.runs import REHEARSAL, Run, latest

GOOD = frozenset(["done", "reused", "up to date", "pinned"])
"""States of an agent whose answer can be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentState(AgentRecord):
    """An agent, and what became of it when it was last run. Times are epoch seconds.

    state: done, reused (by the latest run), up to date (that run had no need of it), failed, conflict,
    blocked, interrupted, pinned, waiting, over budget, running, or not run; if that has a reason, make
    cannot run it; out of date, by those who look at the times of files.
    blocked_by: the agents that failed somewhere before it. seconds: of one that is running, until now.
    edited: its output is not the one that was paid for. made: files it says it wrote. rehearsed: nobody was
    paid for its answer.
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


def agent_state(folder: str, record: AgentRecord, runs: Sequence[Run]) -> AgentState:
    """Return the state of an agent in the agents' `folder`, as far as it can be told without the others."""
    inside = os.path.join(folder, record.name)
    names = _names_in(inside)
    told = parse(_read(inside, "status.json")) if "status.json" in names else {}
    status = _begun(inside, record.name, told, runs) or told
    output = _read(inside, "output.md") if "output.md" in names else None
    state, reason = _state(inside, record.name, status, output is not None, runs)
    if output and "pinned" in names:
        state, reason = "pinned", "pinned by hand"
    if output == b"" and state in GOOD:
        state, reason = "not run", f"its output.md is empty: {how_to_make_again(inside)}"
    return AgentState(
        **record.fields(),
        state=state,
        reason=reason,
        started=moment(status, "started"),
        ended=moment(status, "ended"),
        seconds=number(status, "seconds"),
        attempts=_attempts(status),
        costs=costs_in(status),
        turns=whole(status, "turns"),
        session=text(status, "session"),
        has_output=output is not None,
        edited=output not in (None, b"") and "key" in names and _is_edited(inside, output),
        pinned="pinned" in names,
        made=_made(inside) if "files.json" in names else (),
        rehearsed=(text(status, "runner") or record.runner) == REHEARSAL,
    )


def how_to_make_again(inside: str) -> str:
    """Say what has the answer made again of the agent in the folder `inside`; that is paid for."""
    return f"to have it made again, rm -f {inside}/output.md"


def _begun(inside: str, name: str, status: Fields, runs: Sequence[Run]) -> Fields:
    """The status of an agent that has begun and told no end: its own is of an earlier run; else nothing."""
    last = latest(run for run in runs if _had_to_do(run, name))
    told = last.agents[name] if last else None
    if not told or not last or told.state or not told.attempts or text(status, "run") == last.id:
        return {}
    costs = told.costs
    known = {
        "started": told.started,
        "attempts": len(told.attempts),
        "cost": costs.usd,
        "tokens_in": costs.tokens_in,
        "tokens_out": costs.tokens_out,
    }
    if not is_held(inside):
        return {**known, "state": "interrupted", "reason": "killed: nothing was told of its end"}
    seconds = None if told.started is None else max(0.0, time.time() - told.started)
    return {**known, "state": "running", "seconds": seconds}


def _state(
    inside: str, name: str, status: Fields, has_output: bool, runs: Sequence[Run]
) -> tuple[str, str]:
    state, reason = text(status, "state"), text(status, "reason")
    if not state:
        state = "done" if has_output else "not run"
    if state == "pinned" or (state == "failed" and _is_mended(inside)):
        state = "done"
    if state == "done":
        this = latest(runs)
        if this and name not in this.agents:
            state = "up to date"
        elif this and this.agents[name].state == "reused":
            state = "reused"
        return state, ""
    return state, reason


def _had_to_do(run: Run, name: str) -> bool:
    """A run that is only waiting for another make has had nothing to do with the agent yet."""
    told = run.agents.get(name)
    return told is not None and bool(told.attempts or told.state)


def _attempts(status: Fields) -> int:
    told = whole(status, "attempts")
    return told if told is not None else int(number(status, "seconds") is not None)


def _is_mended(inside: str) -> bool:
    """A person wrote the output after the agent had failed."""
    try:
        output = os.stat(os.path.join(inside, "output.md")).st_mtime_ns
        return output > os.stat(os.path.join(inside, "status.json")).st_mtime_ns
    except OSError:
        return False


def _is_edited(inside: str, output: bytes) -> bool:
    paid = ""
    for line in _read(inside, "key").decode("utf-8", "replace").splitlines():
        if line.startswith("output "):
            paid = line.removeprefix("output ")
    return bool(paid) and paid != hashlib.sha256(output).hexdigest()


def _made(inside: str) -> tuple[str, ...]:
    try:
        value = json.loads(_read(inside, "files.json"))
    except (ValueError, RecursionError):
        return ()
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _names_in(inside: str) -> frozenset[str]:
    try:
        return frozenset(os.listdir(inside))
    except OSError:
        return frozenset()


def _read(inside: str, name: str) -> bytes:
    try:
        return regular.read_bytes(os.path.join(inside, name))
    except OSError:
        return b""
