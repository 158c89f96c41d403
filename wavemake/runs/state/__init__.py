"""What became of a plan's agents, read from the files that runs leave in the agents' folder.

This writes nothing, and does not call make. Files that are missing, cut short or damaged count as
not there: a run may be at work on them.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from wavemake.plan import regular
from wavemake.runs.cells import with_cells
from wavemake.runs.fields import Fields, number, parse, text, texts, whole
from wavemake.runs.record import AgentRecord
from wavemake.runs.state.agents import (
    ASKS_PERSON,
    BAD,
    GOOD,
    AgentState,
    agent_state,
    how_to_make_again,
    not_there,
    table,
    waits_for_person,
)
from wavemake.runs.state.asked import (
    AtWork,
    CannotAsk,
    Looked,
    Spent,
    at_work,
    audit,
    spent,
    states,
)
from wavemake.runs.state.bill import (
    Bill,
    bill,
    bill_of,
    cached,
    dollars,
    in_words,
    more,
    price,
    thousands,
)
from wavemake.runs.state.costs import NOTHING, UNKNOWN, UNUSED, Cache, Costs, total
from wavemake.runs.state.runs import AgentRun, Attempt, Journal, Run, TraceSpan, latest, read_runs

__all__ = [
    "ASKS_PERSON",
    "BAD",
    "GOOD",
    "NOTHING",
    "UNKNOWN",
    "UNUSED",
    "AgentRun",
    "AgentState",
    "AtWork",
    "Attempt",
    "Bill",
    "Cache",
    "CannotAsk",
    "Costs",
    "Journal",
    "Looked",
    "Manifest",
    "Run",
    "RunState",
    "Spent",
    "StateError",
    "TraceSpan",
    "at_work",
    "audit",
    "bill",
    "bill_of",
    "cached",
    "counts",
    "dollars",
    "how_to_make_again",
    "in_words",
    "latest",
    "manifest_of",
    "more",
    "not_there",
    "price",
    "read_runs",
    "read_state",
    "thousands",
    "total",
    "under_way",
    "waits_for_person",
]


class StateError(Exception):
    """A folder in which nothing was compiled, or whose manifest cannot be read; its text says which."""


@dataclass(slots=True)
class RunState:
    """A compiled folder: its agents, sorted by wave, and the runs that it remembers, oldest first.

    programs: what must be installed, by the runner that needs it. compiled: what the folder is called from
    the project's folder. spent: of a budget of a day, a week or a month.
    """

    folder: str
    project: str
    goal: str
    waves: int
    critical_path: tuple[str, ...]
    agents: dict[str, AgentState]
    runs: tuple[Run, ...]
    pools: Mapping[str, int]
    budget_usd: float | None
    budget_tokens: int | None
    spent: tuple[Spent, ...] = ()
    programs: Mapping[str, str] = field(default_factory=dict)
    compiled: str = ""
    prefix: str = "wavemake"

    @property
    def planned(self) -> dict[str, AgentState]:
        """The agents of the plan, without the cells that runs have made."""
        made = {each.name for each in self.agents.values() if each.listed_by}
        return {name: each for name, each in self.agents.items() if each.group not in made}


@dataclass(frozen=True, slots=True)
class Manifest:
    """manifest.json: what was compiled. head holds all of it but the agents."""

    head: Fields
    entries: tuple[AgentRecord, ...]


def read_state(
    folder: str,
    *,
    earlier: bool = True,
    manifest: Manifest | None = None,
    looked: Looked | None = None,
) -> RunState:
    """Return what became of the agents in `folder`.

    earlier: with all the runs that it keeps, not only those in events.jsonl. manifest: what is taken for
    compiled there. looked: what make would do; without it, no agent is out of date. Raises StateError if
    nothing was compiled.
    """
    manifest = manifest or read_manifest(folder)
    runs = read_runs(folder, earlier=earlier)
    head = manifest.head
    try:
        reported = states(folder, head, manifest.entries, looked or Looked())
        counted = spent(folder, _object(head, "budget"))
    except CannotAsk as error:
        raise StateError(str(error)) from error
    agents = {
        entry.name: agent_state(
            folder, entry, reported.get(entry.name, {}), _unfinished(entry, runs)
        )
        for entry in with_cells(folder, manifest.entries)
    }
    budget = _object(head, "budget")
    return RunState(
        folder=folder,
        project=text(head, "project"),
        goal=text(head, "goal"),
        waves=whole(head, "waves") or max((each.wave for each in agents.values()), default=0),
        critical_path=texts(head, "critical_path"),
        agents=agents,
        runs=runs,
        pools=_pools(head),
        budget_usd=number(budget, "usd"),
        budget_tokens=whole(budget, "tokens"),
        spent=counted,
        programs=_programs(head),
        compiled=text(head, "folder"),
        prefix=text(head, "prefix") or "wavemake",
    )


def _unfinished(entry: AgentRecord, runs: Iterable[Run]) -> AgentRun | None:
    """What the last run that started the agent recorded of it, if it recorded no end."""
    begun = (run for run in runs if entry.name in run.agents and run.agents[entry.name].attempts)
    last = latest(begun)
    return last.agents[entry.name] if last and not last.agents[entry.name].state else None


def counts(agents: Iterable[AgentState]) -> dict[str, int]:
    """Return how many agents there are of each state that occurs, the good ones first."""
    found = Counter(agent.state for agent in agents)
    return {state: found[state] for state in dict.fromkeys([*table(), *found]) if found[state]}


def under_way(folder: str, runs: Iterable[Run]) -> list[Run]:
    """Return those of `runs` whose make is still at work: its driver, or an agent of its, is alive."""
    unfinished = [run for run in runs if run.ended is None]
    if not unfinished:
        return []
    found = at_work(folder, [run.id for run in unfinished])
    return [
        run
        for run in unfinished
        if run.id in found.runs
        or any(
            agent.attempts and not agent.state and agent.name in found.agents
            for agent in run.agents.values()
        )
    ]


def read_manifest(folder: str) -> Manifest:
    """Return what was compiled into `folder`, its agents sorted by wave.

    Raises StateError if that is nothing.
    """
    path = os.path.join(folder, "manifest.json")
    try:
        data = regular.read_bytes(path)
    except OSError as error:
        if isinstance(error, (FileNotFoundError, NotADirectoryError)):
            raise StateError(
                f"nothing was compiled in {folder}: wavemake compile PLAN does it, "
                "and --dir names another folder"
            ) from error
        raise StateError(f"cannot read {path}: {error.strerror}") from error
    return manifest_of(data, path)


def manifest_of(data: bytes, path: str) -> Manifest:
    """Return what `data`, the manifest at `path`, says.

    Raises StateError if wavemake cannot have written it: it may have been edited.
    """
    head = parse(data)
    listed = head.get("agents")
    try:
        found = [AgentRecord.of(each) for each in listed] if isinstance(listed, list) else []
    except ValueError:
        found = []
    entries = sorted(found, key=lambda entry: entry.wave)
    if not entries or not _is_ordered(entries) or not _is_compile(head.get("compile")):
        raise StateError(f"{path} is not a manifest of wavemake's: compile the plan again")
    return Manifest(head, tuple(entries))


def _is_ordered(entries: Iterable[AgentRecord]) -> bool:
    """Tell whether each agent has a name of its own and needs only agents of earlier waves."""
    waves: dict[str, int] = {}
    for entry in entries:
        if entry.name in waves or any(waves.get(n, entry.wave) >= entry.wave for n in entry.needs):
            return False
        waves[entry.name] = entry.wave
    return True


def _is_compile(words: object) -> bool:
    """Tell whether these are the words of a compile, or none: a plan without a file has none."""
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return words is None
    return not words or (len(words) > 2 and words[:2] == ["wavemake", "compile"])


def _object(head: Fields, key: str) -> Fields:
    value = head.get(key)
    return value if isinstance(value, dict) else {}


def _programs(head: Fields) -> dict[str, str]:
    programs = _object(head, "programs")
    return {str(runner): text(programs, runner) for runner in programs if text(programs, runner)}


def _pools(head: Fields) -> dict[str, int]:
    pools = head.get("pools")
    if not isinstance(pools, dict):
        return {}
    sizes = {str(name): whole(pools, name) for name in pools}
    return {name: size for name, size in sizes.items() if size is not None}
