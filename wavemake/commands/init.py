"""wavemake init: shows what a project needs for its agents, and adds it when that is agreed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from wavemake.ui.flags import dir_option

if TYPE_CHECKING:
    from wavemake.agents.file_change import FileChange


@click.command("init", short_help="Add agents to an existing Makefile.")
@dir_option
@click.option("-y", "--yes", is_flag=True, help="Make the changes without asking.")
@click.option("--undo", is_flag=True, help="Remove what init added.")
def command(folder: str, yes: bool, undo: bool) -> None:
    """Add one include line to the Makefile here, and a first plan.json if there is no plan.

    Shows the changes, and makes them when you agree. Your .gitignore stays as it is: compile writes one
    into the agents' folder, which ignores logs, locks and states.

    Exit status: 0 when the changes are made or none is needed; 1 when changes were shown and not made;
    2 when a file cannot be read or written.
    """
    from wavemake.agents import adoption
    from wavemake.compiler import makefiles
    from wavemake.compiler.options import Options
    from wavemake.compiler.valid import BadOption, checked_options
    from wavemake.ui.console import EXIT_PROBLEMS, die

    try:
        folder = checked_options(Options("plan.json", folder=folder)).folder
    except BadOption as error:
        die(str(error))
    try:
        changes = adoption.removal(folder) if undo else adoption.adoption(folder)
        if not undo:
            _say_what_is_here(folder)
        if not changes:
            click.echo("nothing to remove" if undo else "nothing to change")
        elif _agreed(changes, yes):
            _make(changes)
        else:
            again = " --undo" if undo else ""
            click.echo(f"nothing was changed: wavemake init{again} --yes makes these changes")
            sys.exit(EXIT_PROBLEMS)
    except OSError as error:
        die(f"cannot read or write {error.filename}: {error.strerror}")
    if undo:
        for line in makefiles.include_lines(folder):
            click.echo(
                f"{line} includes {folder}/agents.mk, by another line than init's: left as it is"
            )
    if undo and os.path.isdir(folder):
        click.echo(f"what was compiled is left: rm -r {folder} removes it, answers and all")
    if not undo:
        _say_next(folder)


def _say_what_is_here(folder: str) -> None:
    from wavemake.compiler import makefiles

    name = makefiles.makefile()
    data = makefiles.read(name) if name else None
    if data is None:
        click.echo(
            f"there is no Makefile here: wavemake compile writes one, and the agents in {folder}"
        )
    elif makefiles.is_generated(data):
        click.echo(f"{name} is wavemake's own: it needs no include")
    elif makefiles.includes(data, folder):
        click.echo(f"{name} includes {folder}/agents.mk")


def _agreed(changes: list[FileChange], yes: bool) -> bool:
    for change in changes:
        if change.before is None:
            click.echo(f"new file: {change.path}, four agents that only read")
        elif change.after is None:
            click.echo(f"to be removed: {change.path}, which is as init wrote it")
        else:
            click.echo(change.diff(), nl=False)
    return yes or (sys.stdin.isatty() and click.confirm("Make these changes?"))


def _make(changes: list[FileChange]) -> None:
    for change in changes:
        change.apply()
        verb = (
            "wrote" if change.before is None else "removed" if change.after is None else "changed"
        )
        click.echo(f"{verb} {change.path}")


def _say_next(folder: str) -> None:
    from wavemake.agents import adoption
    from wavemake.compiler import makefiles
    from wavemake.compiler.options import DEFAULT_FOLDER, default_prefix

    words = adoption.plan(folder) or adoption.SAMPLE
    if folder != DEFAULT_FOLDER:
        words += f" --dir {folder}"
    name = makefiles.makefile()
    own = name and not makefiles.is_generated(makefiles.read(name) or b"")
    if own:
        click.echo(f"next: wavemake compile {words} --fragment")
        click.echo(f"      make -k -j4 {default_prefix(folder)}")
    else:
        click.echo(f"next: wavemake compile {words} && make -j4")
