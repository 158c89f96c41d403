"""wavemake logs: what an agent has printed, and goes on to print."""

from __future__ import annotations

import os
import sys
import time

import click

from wavemake.ui.arguments import complete_agents, known_agent
from wavemake.ui.flags import dir_option

_LOOK = 0.2


@click.command("logs", short_help="Show what an agent printed.")
@click.argument("agent", shell_complete=complete_agents)
@dir_option
@click.option("-f", "--follow", is_flag=True, help="Follow until the agent ends.")
@click.option("--raw", is_flag=True, help="Show the events of its CLI as they are.")
def command(agent: str, folder: str, follow: bool, raw: bool) -> None:
    """Show what AGENT printed: its log, and the events of its CLI as texts, tools and costs.

    Control characters are shown as replacement characters, also in a pipe. log.txt and stream.log in the
    folder of the agent have them as they were.
    With -f, end when the agent does, or at once if no run is under way. Exit status 2 when nothing was
    compiled here.
    """
    from wavemake.ui.view.log import AgentLog

    inside = known_agent(folder, agent)
    log = AgentLog(inside, raw=raw)
    try:
        while True:
            # Checked first, so that output printed before the end is read after it.
            goes_on = follow and _goes_on(folder, agent)
            for text in log.new():
                _show(text)
            if not goes_on:
                break
            time.sleep(_LOOK)
    except KeyboardInterrupt:
        sys.exit(130)
    if log.is_empty and not follow:
        answer = os.path.join(inside, "output.md")
        what = f"only its answer: {answer}" if os.path.isfile(answer) else "nothing"
        click.echo(f"wavemake: {agent} has printed {what}", err=True)


def _goes_on(folder: str, agent: str) -> bool:
    from wavemake.runs.state import at_work, read_runs, under_way

    if agent in at_work(folder).agents:
        return True
    runs = under_way(folder, read_runs(folder, earlier=False))
    return any(agent not in run.agents or not run.agents[agent].state for run in runs)


def _show(text: str) -> None:
    from wavemake.ui.view.text import printable_lines

    click.echo(printable_lines(text), nl=False)
