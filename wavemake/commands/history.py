"""wavemake history: the runs that were, and what they cost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from wavemake.ui.flags import dir_option

if TYPE_CHECKING:
    from wavemake.runs.state import Run

_SHOWN = 20


@click.command("history", short_help="List the runs, with times and costs.")
@dir_option
@click.option(
    "-n",
    "--last",
    type=click.IntRange(1),
    default=_SHOWN,
    show_default=True,
    help="Runs to list.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, a run a line.")
def command(folder: str, last: int, as_json: bool) -> None:
    """List the latest runs: when, how long, how many agents ran, were reused and failed, cost, tokens.

    A sum of costs counts what is known, and how many agents reported none. Exit status 2 when nothing was
    compiled here.
    """
    from wavemake.runs.state import StateError, read_manifest, read_runs
    from wavemake.ui.console import die
    from wavemake.ui.view.tables import history_lines

    try:
        read_manifest(folder)
    except StateError as error:
        die(str(error))
    runs = read_runs(folder)
    shown = runs[-last:]
    if as_json:
        for run in shown:
            click.echo(json.dumps(_fields(run)))
    elif not runs:
        click.echo("nothing was run yet")
    else:
        click.echo("\n".join(history_lines(shown, len(runs) - len(shown) + 1)))


def _fields(run: Run) -> dict[str, Any]:
    from wavemake.runs.state import bill_of

    costs = bill_of(run.agents.values())
    return {
        "run": run.id,
        "started": run.started,
        "ended": run.ended,
        "last": run.last,
        "jobs": run.jobs,
        "goals": run.goals,
        "status": run.status,
        "cost": costs.usd,
        "unpriced": costs.unpriced,
        "tokens_in": costs.tokens_in,
        "tokens_out": costs.tokens_out,
        "uncounted": costs.uncounted,
        "cache_read": costs.cache.read,
        "cache_write": costs.cache.written,
        "cache_saved": round(costs.cache.saved, 6),
        "agents": {name: agent.state for name, agent in run.agents.items()},
    }
