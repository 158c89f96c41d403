"""wavemake clean: removes the folders of agents that left the plan and, if asked, every output."""

from __future__ import annotations

import os
import shutil

import click

from wavemake.compiler.options import Options
from wavemake.ui.console import compiled, count, die
from wavemake.ui.flags import takes

# The files of an agent's folder that hold a charged answer, or describe it; task.md belongs to
# the plan.
_PAID = (
    "key",
    "output.md",
    "prompt.md",
    "failed-prompt.md",
    "result.json",
    "status.json",
    "log.txt",
    "stream.log",
    ".try",
    ".stamp",
    ".answer",
)


@click.command("clean", short_help="Remove agents that left the plan, or all answers.")
@click.argument("plan", metavar="PLAN")
@takes("clean")
@click.option(
    "--outputs", is_flag=True, help="Remove every answer, too; the store keeps its copies."
)
def command(plan: str, folder: str, outputs: bool) -> None:
    """Remove the folders of agents that are not in PLAN.

    To remove only logs and locks, use make clean.
    """
    from wavemake.compiler import driver
    from wavemake.runs.state import at_work

    graph, _, _ = compiled(Options(plan, folder=folder), quiet=True)
    gone = driver.vanished(graph)
    held = at_work(graph.folder).agents.intersection([*gone, *(job.name for job in graph.jobs)])
    if held:
        folder = os.path.join(graph.folder, min(held))
        die(
            f"{folder} is in use; nothing was removed. If no make runs there, remove {folder}/.lock"
        )
    for name in gone:
        _remove(os.path.join(graph.folder, name))
    click.echo(f"removed {', '.join(gone)}" if gone else "no agent has left the plan")
    if outputs:
        folders = [os.path.join(graph.folder, job.name) for job in graph.jobs]
        click.echo(f"removed {count(sum(map(_remove_outputs, folders)), 'output')}")


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def _remove_outputs(folder: str) -> bool:
    """Remove an agent's output and the record of what was paid for it; tell if there was one."""
    had_output = os.path.lexists(os.path.join(folder, "output.md"))
    for name in _PAID:
        path = os.path.join(folder, name)
        if os.path.lexists(path):
            _remove(path)
    return had_output
