"""Resolves a `Plan` in passes: every name found, every path checked, every agent in a wave.

Each pass is a function of one `Work`: it reads what the passes before it filled in, fills in its own part,
and reports what is wrong to the one sink of diagnostics.
"""

from __future__ import annotations

from wavemake.compiler.cells import expand
from wavemake.compiler.resolve.agents import collect_agents
from wavemake.compiler.resolve.build import build
from wavemake.compiler.resolve.conditions import collect_conditions
from wavemake.compiler.resolve.context import collect_context
from wavemake.compiler.resolve.judges import collect_judges
from wavemake.compiler.resolve.links import find_upstream, link_agents
from wavemake.compiler.resolve.order import order_agents
from wavemake.compiler.resolve.outputs import collect_outputs
from wavemake.compiler.resolve.schemas import collect_schemas
from wavemake.compiler.resolve.settings import settle_settings
from wavemake.compiler.resolve.waves import place_in_waves
from wavemake.compiler.resolve.work import Work
from wavemake.compiler.settle import Project
from wavemake.compiler.unroll import unroll
from wavemake.plan.diagnostics import Diagnostic, Severity, Where
from wavemake.plan.model import Plan, Settings
from wavemake.plan.names import unwritten
from wavemake.plan.resolved import Resolved

__all__ = ["Project", "resolve"]

# Which agents there are.
NAMES = (collect_agents, place_in_waves)
# What they write, read and wait for, and how they run.
PASSES = (
    collect_outputs,
    collect_context,
    find_upstream,
    link_agents,
    collect_conditions,
    collect_judges,
    collect_schemas,
    order_agents,
    settle_settings,
)


def expanded(plan: Plan, project: Project, folder: str) -> tuple[Plan, list[Diagnostic]]:
    """Return `plan` with each cell and each pass as an agent of its own, and what is wrong with those."""
    written = {ref.text for spec in plan.agents for ref in spec.outputs}
    plan, found = expand(plan, lambda pattern: unwritten(project.glob(pattern), folder, written))
    plan, more = unroll(plan)
    return plan, [*found, *more]


def resolve(
    plan: Plan, project: Project, folder: str, override: Settings
) -> tuple[Resolved | None, list[Diagnostic]]:
    """Resolve `plan` against the files of `project`.

    folder is the agents' folder, relative to the project; override are settings that hold for every
    agent, whatever the plan says. Returns None in place of the plan if any diagnostic is an error.
    """
    plan, found = expanded(plan, project, folder)
    if any(each.severity is Severity.ERROR for each in found):
        return None, found
    work = Work(plan, project, folder, override)
    for note in found:
        work.found.warning(note.code, note.message, note.where, note.hint)
    for each in NAMES:
        each(work)
    if not work.specs:
        if not work.found and not plan.partial:
            hint = 'write them under "agents": [{"name": ..., "task": ...}]'
            work.found.error("WM011", "this plan has no agents", Where(), hint)
        return None, list(work.found)
    for each in PASSES:
        each(work)
    usable = not plan.partial and not work.found.has_errors
    return build(work) if usable else None, list(work.found)
