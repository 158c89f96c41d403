"""wavemake clean: removes the folders of agents that left the plan and, if asked, every output."""

from __future__ import annotations

import os
import shutil

import click

from wavemake.compiler.options import Options
from wavemake.plan import regular
from wavemake.ui.console import compiled, count, die
from wavemake.ui.flags import takes

# What an agent's folder holds that was paid for, or tells of it; task.md is the plan's.
_PAID = (
    "key",
    "output.md",
    "prompt.md",
    "failed-prompt.md",
    "result.json",
    "status.json",
    "log.txt",
    ".try",
    ".stamp",
    ".answer",
)


@click.command("clean", short_help="Remove agents that left the plan, or all answers.")
@click.argument("plan", metavar="PLAN")
@takes("clean")
@click.option(
    "--outputs", is_flag=True, help="Remove every answer, too: every agent will run again."
)
def command(plan: str, folder: str, outputs: bool) -> None:
    """Remove the folders of agents that are not in PLAN.

    To remove only logs and locks, use make clean.
    """
    from wavemake.compiler import driver

    graph, _, _ = compiled(Options(plan, folder=folder), quiet=True)
    gone = driver.vanished(graph)
    for name in [*gone, *(job.name for job in graph.jobs)]:
        _refuse_while_used(os.path.join(graph.folder, name))
    for name in gone:
        _remove(os.path.join(graph.folder, name))
    click.echo(f"removed {', '.join(gone)}" if gone else "every agent's folder is in the plan")
    if outputs:
        folders = [os.path.join(graph.folder, job.name) for job in graph.jobs]
        click.echo(f"removed {count(sum(map(_remove_outputs, folders)), 'output')}")


def _refuse_while_used(folder: str) -> None:
    """A lock says "HOST PID SECONDS"; one that a killed make left behind holds nobody up."""
    path = os.path.join(folder, ".lock")
    try:
        lock = regular.read_text(path, 4096).split()
    except OSError:
        return
    here = len(lock) > 1 and lock[0] == os.uname().nodename and lock[1].isdecimal()
    if not here or _is_alive(int(lock[1])):
        who = f"pid {lock[1]} on {lock[0]}" if len(lock) > 1 else "somebody"
        die(f"{who} is at work in {folder} (or remove {path}): nothing was removed")


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


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
