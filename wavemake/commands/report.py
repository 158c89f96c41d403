"""The command `report`: writes what became of a run as a page of HTML, and as a trace."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from wavemake.ui.flags import dir_option

if TYPE_CHECKING:
    from wavemake.runs.state import Run, RunState


@click.command("report", short_help="Write an HTML report of a run.")
@dir_option
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="File to write, - for standard output; by default report.html in DIR.",
)
@click.option(
    "--run",
    "run_name",
    metavar="N",
    help="Run to show, by its number in history or its id; by default the latest.",
)
@click.option(
    "--trace",
    metavar="FILE",
    help="Also write the run as a trace for Perfetto or chrome://tracing.",
)
def command(folder: str, output: str | None, run_name: str | None, trace: str | None) -> None:
    """Write one HTML file about the agents in DIR and their latest run.

    The file is self-contained. It shows the graph with states, the timeline with slots, waits, retries
    and the critical path, tables of time and cost, earlier runs beside this one, and each agent's task,
    prompt, output and log, shortened where they are long.

    \b
    wavemake report
    wavemake report -o report.html --trace trace.json
    """
    from wavemake.compiler.emit import write_if_changed
    from wavemake.ui.report.page import page

    state, run = _read(folder, run_name)
    path = output or f"{folder}/report.html"
    if path == "-":
        click.echo(page(state, run, place="").encode(), nl=False)
    else:
        write_if_changed(path, page(state, run, place=os.path.dirname(path) or "."))
        click.echo(f"wrote {path}")
    if trace:
        _trace(state, run, trace, quiet=path == "-")


def _read(folder: str, run_name: str | None) -> tuple[RunState, Run | None]:
    from wavemake.runs.state import StateError
    from wavemake.ui.console import die
    from wavemake.ui.report.rows import shown_run
    from wavemake.ui.world import read_current

    try:
        state = read_current(folder)
    except StateError as error:
        die(str(error))
    try:
        return state, shown_run(state, run_name)
    except KeyError:
        latest = f"the latest is {len(state.runs)}" if state.runs else "there is none yet"
        die(f"there is no run {run_name!r} in {folder}: {latest} (wavemake history lists them)")


def _trace(state: RunState, run: Run | None, path: str, *, quiet: bool) -> None:
    from wavemake.compiler.emit import write_if_changed
    from wavemake.ui.console import die
    from wavemake.ui.report.trace import trace

    if run is None:
        die(f"there is no run to trace in {state.folder}: make runs the agents")
    write_if_changed(path, trace(state, run))
    click.echo(f"wrote {path}", err=quiet)
