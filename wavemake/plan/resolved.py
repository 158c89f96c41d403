"""The plan as it is decided: every agent with its settings, its inputs and its wave."""

from __future__ import annotations

from dataclasses import dataclass, field

from wavemake.plan.diagnostics import Where
from wavemake.plan.model import Budget, RunnerSpec, Settings
from wavemake.plan.portion import WHOLE, Portion


@dataclass(frozen=True, slots=True)
class Read:
    """Something that is put into a prompt: the output of `agent`, or the file `path`."""

    agent: str = ""
    path: str = ""
    portion: Portion = WHOLE


@dataclass(frozen=True, slots=True)
class CellList:
    """The list for whose items an agent has cells: the answer of `agent`, or the `file` that it writes.

    max: how many items there may be at most.
    """

    agent: str
    file: str
    max: int


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent with every name resolved.

    wave counts from 1; after are agents that are only waited for; outputs are files that it writes. when:
    the condition under which it runs, a line for each part of it, the parts before the whole. follows: it is
    skipped if all that it needs was. carries: the agent whose answer stands for its own where it is skipped.
    until: what must hold once it is done, as `when` is written, and passes how often its loop has tried by
    then. group: the agent of the plan of which it is a cell. cells: the list for whose items it is run, if
    that is made by a run.
    """

    name: str
    wave: int
    task: str
    skills: tuple[str, ...]
    reads: tuple[Read, ...]
    after: tuple[str, ...]
    outputs: tuple[str, ...]
    settings: Settings
    where: Where
    when: tuple[str, ...] = ()
    follows: bool = False
    carries: str = ""
    until: tuple[str, ...] = ()
    passes: int = 0
    group: str = ""
    cells: CellList | None = None

    @property
    def may_be_skipped(self) -> bool:
        """Whether a run may go on without it, although it did not fail."""
        return bool(self.when) or self.follows

    @property
    def needs(self) -> tuple[str, ...]:
        """The agents that must be done first, each once, in the plan's order."""
        names = [read.agent for read in self.reads if read.agent]
        return tuple(dict.fromkeys([*names, *self.after]))

    @property
    def files(self) -> tuple[str, ...]:
        """The files of the project that are read, each once."""
        return tuple(dict.fromkeys(read.path for read in self.reads if read.path))


@dataclass(frozen=True, slots=True)
class Resolved:
    """A plan in which every name is known and the order is possible.

    agents are sorted by wave, then as written; critical_path names the longest chain. pools: name and
    size. runners: those that the plan defines. patterns: those that are read, with the files that match
    them. trusted: as in Plan. on_end: the command that reports the end of a run.
    """

    project: str
    goal: str
    agents: tuple[Agent, ...]
    critical_path: tuple[str, ...]
    pools: tuple[tuple[str, int], ...] = ()
    budget: Budget = field(default_factory=Budget)
    runners: tuple[RunnerSpec, ...] = ()
    patterns: tuple[tuple[str, tuple[str, ...]], ...] = ()
    trusted: bool = True
    on_end: str = ""
