"""The command `graph`: draws a plan's agents, for a terminal or for another program."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from typing import TYPE_CHECKING

import click

from wavemake.ui.arguments import complete_agents
from wavemake.ui.flags import dir_option

if TYPE_CHECKING:
    from wavemake.ui.drawing.picture import Picture

_COLOURS = {
    "done": "green",
    "reused": "green",
    "up to date": "green",
    "pinned": "green",
    "failed": "red",
    "conflict": "red",
    "interrupted": "red",
    "over budget": "red",
    "blocked": "yellow",
    "waiting": "yellow",
    "asked": "yellow",
    "out of date": "yellow",
    "running": "cyan",
}
_UNKNOWN_WIDTH = 100


@click.command("graph", short_help="Draw the agents of a plan.")
@click.argument("plan", metavar="[PLAN]", required=False)
@dir_option
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "mermaid", "dot", "svg", "json"]),
    default="text",
    show_default=True,
    help="Format to draw in.",
)
@click.option(
    "--focus",
    metavar="AGENT",
    shell_complete=complete_agents,
    help="Draw only this agent and what is upstream and downstream of it.",
)
def command(plan: str | None, folder: str, format_: str, focus: str | None) -> None:
    """Draw the agents in DIR with their waves, their states and the longest chain.

    With PLAN, draw that plan as it would be compiled, without states.

    \b
    Exit status: 0; 1 when PLAN has errors; 2 when nothing was compiled in DIR, PLAN cannot be
    read, or the agent does not exist.

    \b
    wavemake graph --focus api
    wavemake graph --format svg >graph.svg
    """
    picture = _of_plan(plan, folder) if plan else _of_folder(folder)
    if focus is not None:
        picture = _focused(picture, focus)
    if format_ == "text":
        _show(picture)
    elif format_ == "json":
        click.echo(_json(picture))
    else:
        click.echo(_drawn(picture, format_), nl=False)


def _of_folder(folder: str) -> Picture:
    from wavemake.compiler.freshness import changed_plan
    from wavemake.runs.state import StateError
    from wavemake.ui.console import die
    from wavemake.ui.drawing.picture import PictureNode, picture
    from wavemake.ui.world import read_current

    try:
        state = read_current(os.path.normpath(folder), earlier=False)
    except StateError as error:
        die(str(error))
    edited = changed_plan(folder)
    if edited:
        click.echo(f"{edited} has changed since it was compiled, which is drawn", err=True)
    labels = {"not run": ""}
    nodes = [
        PictureNode(each.name, each.wave, each.needs, labels.get(each.state, each.state))
        for each in state.planned.values()
    ]
    return picture(state.project, nodes, state.critical_path)


def _of_plan(plan: str, folder: str) -> Picture:
    from wavemake.compiler.options import Options
    from wavemake.ui.console import compiled
    from wavemake.ui.drawing.picture import PictureNode, picture

    graph, _, _ = compiled(Options(plan, folder=folder), quiet=True)
    nodes = [PictureNode(job.name, job.wave, job.needs) for job in graph.jobs]
    return picture(graph.project, nodes, graph.critical_path)


def _focused(picture: Picture, name: str) -> Picture:
    from wavemake.ui.console import no_agent
    from wavemake.ui.drawing.picture import focus

    names = [node.name for node in picture.nodes]
    if name not in names:
        no_agent(name, names)
    return focus(picture, name)


def _drawn(picture: Picture, format_: str) -> str:
    if format_ == "mermaid":
        from wavemake.ui.drawing.mermaid import mermaid

        return mermaid(picture)
    if format_ == "dot":
        from wavemake.ui.drawing.dot import dot

        return dot(picture)
    from wavemake.ui.drawing.svg import svg

    return svg(picture)


def _show(picture: Picture) -> None:
    from wavemake.ui.drawing.text import text

    on_terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size((_UNKNOWN_WIDTH, 24)).columns
    for line in text(picture, width):
        click.echo(_coloured(line) if on_terminal and not os.environ.get("NO_COLOR") else line)


def _coloured(line: str) -> str:
    return re.sub(
        rf"\(({'|'.join(_COLOURS)})\)",
        lambda found: f"({click.style(found[1], fg=_COLOURS[found[1]])})",
        line,
    )


def _json(picture: Picture) -> str:
    agents = [
        {
            "name": node.name,
            "wave": node.wave,
            "needs": node.needs,
            "state": node.state or None,
            "critical": node.critical,
        }
        for node in picture.nodes
    ]
    head = {"schema": 1, "project": picture.title, "critical_path": picture.chain}
    lines = [
        f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)},"
        for key, value in head.items()
    ]
    listed = ",\n".join(f"    {json.dumps(each)}" for each in agents)
    return "\n".join(["{", *lines, '  "agents": [', listed, "  ]", "}"])
