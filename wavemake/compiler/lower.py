"""Lowers a resolved plan to the build graph: what there is to run, in which order, within which limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wavemake.compiler.graph import work_left
from wavemake.compiler.ir import BuildGraph, Job
from wavemake.compiler.prefix import prefixes
from wavemake.compiler.rehearsal import rehearsed
from wavemake.compiler.stage import is_filled
from wavemake.compiler.task import TaskFile
from wavemake.plan.launchers import DIRECT, Launcher
from wavemake.plan.model import Resources
from wavemake.plan.resolved import Resolved
from wavemake.plan.runners import known


@dataclass(frozen=True, slots=True)
class PlanOrigin:
    """Where a plan came from: its path relative to the project (empty if it has none), its SHA-256
    in hex, and the words that compile it again."""

    path: str
    checksum: str
    compile: tuple[str, ...]


def lower(
    plan: Resolved,
    source: PlanOrigin,
    folder: str,
    prefix: str,
    durations: Mapping[str, float] | None = None,
    launcher: Launcher = DIRECT,
) -> BuildGraph:
    """Return the build graph of `plan`, with the agents in `folder` and goals that begin with `prefix`.

    durations: the seconds that agents took before, as far as they are known. launcher: what starts
    their commands.
    """
    written = frozenset(
        path for agent in plan.agents if not agent.cells for path in agent.outputs
    ) - _edited(plan)
    tolerated = _tolerated(plan)
    runners = known(plan.runners)
    shared = prefixes(plan, runners, launcher)
    stages = frozenset(agent.name for agent in plan.agents if agent.cells)
    tasks = [
        TaskFile(
            agent,
            runners[agent.settings.runner or ""],
            folder,
            launcher,
            runners,
            shared.get(agent.name),
            stages,
        )
        for agent in rehearsed(plan.agents)
    ]
    return BuildGraph(
        project=plan.project,
        goal=plan.goal,
        folder=folder,
        prefix=prefix,
        jobs=tuple(_job(task, plan, written, tolerated) for task in tasks),
        waves=max(agent.wave for agent in plan.agents),
        critical_path=plan.critical_path,
        plan_path=source.path,
        plan_checksum=source.checksum,
        compile=source.compile,
        order=_order(plan, durations),
        pools=plan.pools,
        budget_usd=plan.budget.usd,
        budget_tokens=plan.budget.tokens,
        budget_per=plan.budget.per,
        patterns=plan.patterns,
    )


def _order(plan: Resolved, durations: Mapping[str, float] | None) -> tuple[str, ...]:
    """Agents that are alike stay in the order of the plan."""
    left = work_left({agent.name: agent.needs for agent in plan.agents}, durations)
    agents = sorted(plan.agents, key=lambda agent: (agent.wave, -left[agent.name]))
    return tuple(agent.name for agent in agents)


def _job(task: TaskFile, plan: Resolved, written: frozenset[str], tolerated: frozenset[str]) -> Job:
    """A file that an agent writes fails with it: who goes on without that agent does not wait for it."""
    agent, settings = task.agent, task.agent.settings
    settles = settings.on_failure == "continue" or agent.name in tolerated
    files = tuple(path for path in agent.files if not (agent.cells and is_filled(path)))
    if agent.cells and agent.cells.file:
        files = tuple(dict.fromkeys((*files, agent.cells.file)))
    read = set(files) - set(agent.outputs)
    return Job(
        name=agent.name,
        wave=agent.wave,
        needs=agent.needs,
        files=tuple(path for path in files if path not in written),
        written=() if settles else tuple(p for p in files if p in read & written),
        runner=task.runner.name,
        model=settings.model or "",
        program=task.launcher.program or task.runner.program,
        task=task.text(plan),
        extra=task.extra,
        parts=task.parts,
        pool=settings.pool or "",
        timeout=settings.timeout or 0,
        retries=task.retries,
        outputs=() if agent.cells else agent.outputs,
        approve=settings.approve or "",
        on_failure=settings.on_failure or "block",
        tolerated=agent.name in tolerated,
        resources=settings.resources or Resources(),
        skippable=agent.may_be_skipped,
        when=agent.when,
        group=agent.group,
        listed_by=agent.cells.agent if agent.cells else "",
        most=agent.cells.max if agent.cells else 0,
    )


def _edited(plan: Resolved) -> frozenset[str]:
    """The outputs that an agent upstream of their writer reads, as they are before: to make, sources."""
    writers = {path: agent.name for agent in plan.agents for path in agent.outputs}
    return frozenset(
        path
        for agent in plan.agents
        for path in agent.files
        if path in writers and writers[path] not in (agent.name, *agent.needs)
    )


def _tolerated(plan: Resolved) -> frozenset[str]:
    """The agents that a tolerant one needs, directly or through others."""
    found: set[str] = set()
    for agent in reversed(plan.agents):
        if agent.name in found or agent.settings.on_failure == "continue":
            found.update(agent.needs)
    return frozenset(found)
