"""The build graph: what a back end prints. Everything in it is decided; nothing is looked up later."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

from wavemake.plan.model import Resources
from wavemake.runs.record import AgentRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(AgentRecord):
    """One agent as a target. Paths are relative to the project; task is the whole text of task.md.

    program: what must be installed. extra: further files of its folder, name and text. parts: files of the
    runtime that not every agent needs. retries: further tries after a transient failure, and after a failed
    check. tolerated: a tolerant agent needs it, directly or through others. skippable: a condition, its own
    or another's, may keep it from running.
    """

    program: str
    task: str
    extra: tuple[tuple[str, str], ...]
    parts: tuple[str, ...]
    retries: tuple[int, int]
    tolerated: bool
    resources: Resources
    skippable: bool = False

    @property
    def sum(self) -> str:
        """The start of the SHA-256 of task.md, by which its recipe knows it."""
        return hashlib.sha256(self.task.encode()).hexdigest()[:16]


LOADER = (
    'if [ -O "$WAVEMAKE_PRIVATE" ] && [ -f "$WAVEMAKE_PRIVATE/ready" ]; '
    'then . "$WAVEMAKE_PRIVATE/agent.sh"; else . "$0"; fi'
)
"""How a shell runs agent.sh: that of the run's private folder, if there is one (runtime/private.sh)."""


@dataclass(frozen=True)
class BuildGraph:
    """All jobs, sorted by wave. waves counts the waves; an empty plan_path is a plan without a file.

    order has the names of the jobs as they are best started: by wave, and in a wave those first that
    the longest chain waits for.

    compile are the words that compile the plan again; plan_checksum is the plan's SHA-256 in hex. done
    names the agents that the plan calls done already. pools: name, and how many of its agents run at
    once; budget_usd and budget_tokens are what may be spent, None without a limit, in a run or in what
    budget_per says. patterns: those that are read, with the files that match them.
    on_end: the command that reports the end of a run.
    """

    project: str
    goal: str
    folder: str
    prefix: str
    jobs: tuple[Job, ...]
    waves: int
    critical_path: tuple[str, ...]
    plan_path: str
    plan_checksum: str
    compile: tuple[str, ...]
    order: tuple[str, ...]
    pools: tuple[tuple[str, int], ...] = ()
    budget_usd: float | None = None
    budget_tokens: int | None = None
    budget_per: str = "run"
    done: tuple[str, ...] = ()
    patterns: tuple[tuple[str, tuple[str, ...]], ...] = ()
    on_end: str = ""

    @cached_property
    def place(self) -> dict[str, int]:
        """The place of each job's name in `order`."""
        return {name: number for number, name in enumerate(self.order)}

    @property
    def has_budget(self) -> bool:
        """Whether there is a limit to what may be spent."""
        return self.budget_usd is not None or self.budget_tokens is not None

    @property
    def programs(self) -> tuple[str, ...]:
        """The programs that must be installed to run the jobs, sorted."""
        return tuple(sorted({job.program for job in self.jobs if job.program}))
