"""The resolved plan: what the passes have found, an agent a record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from wavemake.compiler.resolve.work import Links, Work
from wavemake.plan.diagnostics import Where
from wavemake.plan.model import AgentSpec, ForEach, Settings, shown
from wavemake.plan.names import normal_path, outside_problem
from wavemake.plan.portion import WHOLE
from wavemake.plan.resolved import Agent, CellList, Read, Resolved


def build(work: Work) -> Resolved:
    """Return the resolved plan. All passes have been run on `work`, and found no error."""
    agents = [_agent(work, spec) for spec in work.specs.values()]
    agents.sort(key=lambda agent: agent.wave)
    agents = _with_followers(work, agents)
    return Resolved(
        work.title,
        work.plan.goal,
        tuple(agents),
        tuple(work.chain),
        tuple((pool.name, pool.size) for pool in work.plan.pools),
        work.plan.budget,
        work.plan.runners,
        tuple((pattern, tuple(found)) for pattern, found in work.globs.items()),
        work.plan.trusted,
        work.plan.on_end,
    )


def _agent(work: Work, spec: AgentSpec) -> Agent:
    links, settings = work.links[spec.name], work.settings[spec.name]
    settings = _with_judges(work, spec, settings)
    reads = _all_reads(work, links, settings)
    read = {each.agent for each in reads}
    if settings.on_failure == "continue" and not links.where:
        _report_nothing_to_tolerate(work, spec)
    task = spec.task
    if not task or not task.strip():
        if work.plan.agents:
            _report_no_task(work, spec)
        goal = work.plan.goal or work.title
        task = f"Do what your name, `{spec.name}`, says, for: {goal}"
    return Agent(
        name=spec.name,
        wave=work.waves[spec.name],
        task=task,
        skills=spec.skills,
        reads=tuple(reads),
        after=tuple(each for each in links.after if each not in read),
        outputs=tuple(work.outputs.get(spec.name, ())),
        settings=settings,
        where=Where(spec.path),
        when=work.conditions.get(spec.name, ()),
        carries=spec.carries,
        until=work.ends.get(spec.name, ()),
        passes=spec.passes,
        group=spec.group,
        cells=_list_of(spec.for_each),
    )


def _with_judges(work: Work, spec: AgentSpec, settings: Settings) -> Settings:
    """The settings with the files of schemas, and what judges read, as they were resolved."""
    if spec.name in work.schemas:
        settings = replace(settings, schema=work.schemas[spec.name])
    read = work.judges.get(spec.name)
    if not read or not settings.check:
        return settings
    pairs = zip(settings.check, read, strict=True)
    return replace(settings, check=tuple(replace(a, reads=b.reads) for a, b in pairs))


def _list_of(for_each: ForEach | None) -> CellList | None:
    if for_each is None or for_each.agent is None:
        return None
    file = normal_path(for_each.file.text) if for_each.file else ""
    return CellList(for_each.agent.text, file, for_each.max)


def _with_followers(work: Work, agents: list[Agent]) -> list[Agent]:
    """Note which agents need nothing but what may be skipped; `agents` are sorted by wave."""
    if not work.conditions:
        return agents
    skipped: set[str] = set()
    for i, agent in enumerate(agents):
        spec, reads = work.specs[agent.name], work.links[agent.name].reads
        follows = (
            spec.on_skip != "run"
            and bool(agent.needs)
            and all(read.agent for read in reads)
            and skipped.issuperset(agent.needs)
        )
        if follows:
            agents[i] = replace(agent, follows=True)
        if follows or (agent.when and not agent.carries) or agent.carries in skipped:
            skipped.add(agent.name)
    return agents


def _all_reads(work: Work, links: Links, settings: Settings) -> dict[Read, None]:
    """The context, then what the agent reads itself: what both name, as the agent does."""
    own = {each.path for each in links.reads if each.portion != WHOLE}
    context = (each for each in _context(work, settings) if each.path not in own)
    return dict.fromkeys([*context, *links.reads])


def _context(work: Work, settings: Settings) -> Iterable[Read]:
    """The files that every agent is given, unless its CLI finds them by itself."""
    if work.context is not None:
        return work.context
    runner = work.settler.runner(settings)
    if runner.name not in work.found_context:
        found = [Read(path=path) for path in runner.context if _is_own(work, path)]
        work.found_context[runner.name] = found
    return work.found_context[runner.name]


def _is_own(work: Work, path: str) -> bool:
    """Is `path` a file of the project? A clone's CLAUDE.md may be a link to a secret."""
    return work.project.kind(path) == "file" and not outside_problem(work.project.real(path))


def _report_nothing_to_tolerate(work: Work, spec: AgentSpec) -> None:
    if spec.settings.on_failure:
        message = f"{shown(spec.name)} needs no agent: there is no failure to continue after"
        work.found.warning("WM155", message, Where((*spec.path, "on_failure")), "leave it out")


def _report_no_task(work: Work, spec: AgentSpec) -> None:
    message = f"{shown(spec.name)} has no task: it is asked to do what its name says"
    work.found.warning("WM152", message, Where((*spec.path, "name")), 'add "task": "..."')
