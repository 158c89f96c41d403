"""The command `preview`: says what make would run and why, how much is sent, and what that takes."""

from __future__ import annotations

import json
import os

import click

from wavemake.ui.arguments import complete_agents
from wavemake.ui.console import coloured
from wavemake.ui.flags import dir_option, jobs_option

_COLOURS = {"run": "yellow", "may run": "cyan", "may fail": "red", "fails": "red", "blocked": "red"}


@click.command("preview", short_help="Show what make would run, and why.")
@click.argument("goals", metavar="[AGENT...]", nargs=-1, shell_complete=complete_agents)
@dir_option
@jobs_option
@click.option(
    "--force", is_flag=True, help="As with make FORCE=1: run each AGENT again, even if cached."
)
@click.option(
    "-a", "--all", "everything", is_flag=True, help="List agents that are up to date, too."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    goals: tuple[str, ...], folder: str, jobs: int, force: bool, everything: bool, as_json: bool
) -> None:
    """Show what make would do with each agent, and why. Nothing is run or written.

    AGENT or wave-N stands for itself and its prerequisites; without one, all agents are shown. Unlike
    make -n, this compares content, as the runtime does: an agent whose prompt would be the same is
    reused. Agents downstream of one that runs may run too: that depends on its answer. An edited plan is
    shown as make will compile it.

    Exit status: 0; 1 when the edited plan has errors; 2 when nothing was compiled in DIR, or an agent does
    not exist.
    """
    from wavemake.runs.predict import predict
    from wavemake.ui.outlook import Outlook
    from wavemake.ui.world import look, world_of

    sight = look(os.path.normpath(folder))
    found = predict(world_of(sight.state, goals, force=force, disk=sight.disk))
    outlook = Outlook(sight, found, jobs)
    if as_json:
        click.echo(json.dumps(outlook.as_json(), indent=1, ensure_ascii=False))
    else:
        for fate, rest in outlook.listing(everything or bool(goals)):
            click.echo(f"{coloured(fate, _COLOURS.get(fate.strip()))}{rest}".rstrip())
        click.echo("\n".join(outlook.summary()))
