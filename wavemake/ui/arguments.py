"""The names of agents as arguments of commands: found in the agents' folder, and completed by shells."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

from wavemake.compiler.options import DEFAULT_FOLDER, Options


def complete_agents(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the agents whose names begin with `incomplete`, for a shell."""
    folder = str(ctx.params.get("folder") or DEFAULT_FOLDER)
    # An option that still lacks its value does not affect the arguments before it.
    given = [ctx.params.get("plan"), ctx.params.get("what"), *ctx.args, "plan.json"]
    plans = (planned_names(str(path)) for path in given if path)
    names = compiled_names(folder) or next((names for names in plans if names), [])
    return [name for name in names if name.startswith(incomplete)]


def known_agent(folder: str, name: str) -> str:
    """Return the agents' folder of `name`; end with a message if nothing of that name was compiled."""
    from wavemake.ui.console import no_agent

    known = known_agents(folder)
    if name not in known:
        no_agent(name, known)
    return os.path.join(folder, name)


def known_agents(folder: str) -> Sequence[str]:
    """Return the names of the agents in `folder`, with the cells of a run; or end with a message."""
    from wavemake.runs.state import StateError
    from wavemake.ui.console import die

    try:
        return _names(folder)
    except StateError as error:
        die(str(error))


def compiled_names(folder: str) -> Sequence[str]:
    """Return the names of the agents in `folder`, with the cells that a run has made, or nothing."""
    from wavemake.runs.state import StateError

    try:
        return _names(folder)
    except StateError:
        return []


def _names(folder: str) -> Sequence[str]:
    from wavemake.runs.cells import with_cells
    from wavemake.runs.state import read_manifest

    return [entry.name for entry in with_cells(folder, read_manifest(folder).entries)]


def planned_names(path: str) -> Sequence[str]:
    """Return the names of the agents in the plan at `path`, or nothing if it cannot be read."""
    from wavemake.compiler import driver
    from wavemake.plan.loader import SyntaxProblem

    if not os.path.isfile(path):
        return []
    try:
        document, _ = driver.read_plan(path)
        plan = driver.check(document, Options(path)).plan
    except (OSError, SyntaxProblem):
        return []
    return [agent.name for agent in plan.agents] if plan else []
