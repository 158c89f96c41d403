"""wavemake watch: attaches to a run that make has started, and ends with it."""

from __future__ import annotations

import os
import sys

import click

from wavemake.ui.flags import dir_option

# The exit status that a shell reports for a command that Ctrl-C has ended.
_INTERRUPTED = 130


@click.command("watch", short_help="Follow a run in progress.")
@dir_option
@click.option("--wait", is_flag=True, help="Wait for a run to start.")
@click.option("--plain", is_flag=True, help="Print lines, also on a terminal.")
def command(folder: str, wait: bool, plain: bool) -> None:
    """Follow the run in progress until it ends. Ctrl-C stops following, not the run.

    Exit status: that of the run, as its driver reports it; without a driver 1 if an agent was not done,
    else 0. 2 if nothing is running; 130 after Ctrl-C.

    \b
    make -j4 >make.log 2>&1 &
    wavemake watch --wait
    """
    from wavemake.runs.state import StateError
    from wavemake.ui.console import die
    from wavemake.ui.view.attach import attach, await_run, last_told, running
    from wavemake.ui.view.window import wants_view

    try:
        runs = running(folder) or (await_run(folder) if wait else [])
        if not runs:
            last = last_told(folder)
            die(f"nothing is running in {folder}{f'; the last run began {last}' if last else ''}")
        status = attach(folder, runs, view=not plain and wants_view(os.environ))
    except StateError as error:
        die(str(error))
    except KeyboardInterrupt:
        status = _INTERRUPTED
    sys.exit(status)
