"""wavemake eject: leaves what was compiled to run for good without wavemake, and proves that it does."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import click

from wavemake.ui.flags import dir_option

if TYPE_CHECKING:
    from wavemake.agents.ejection import Ejection


@click.command("eject", short_help="Make what was compiled independent of wavemake.")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    default="Makefile",
    show_default=True,
    help="Makefile that compile wrote.",
)
@dir_option
def command(output: str, folder: str) -> None:
    """Remove wavemake from the Makefile that it wrote, so that it can be uninstalled.

    Agents, answers and runtime stay. An edited plan is no longer noticed. The result is tested by
    make -n (or ninja -n) without wavemake on PATH; if that fails, everything is restored.

    Exit status: 0 when what was compiled runs without wavemake; 1 when make -n fails; 2 when
    nothing was compiled here, or a file cannot be read or written.
    """
    from wavemake.agents import ejection
    from wavemake.compiler.freshness import is_run_by_ninja
    from wavemake.ui.console import EXIT_PROBLEMS, die

    folder = folder.rstrip("/")
    program = "ninja" if is_run_by_ninja(folder) else "make"
    if shutil.which(program) is None:
        die(f"{program} is not installed, so that nothing can be tried")
    try:
        ejected = ejection.ejection(output, folder)
        for change in ejected.changes:
            change.apply()
        words, status, printed = ejection.dry_run(output, folder)
        if status:
            for change in ejected.changes:
                change.revert()
    except ejection.EjectError as error:
        die(str(error))
    except OSError as error:
        die(f"{error.filename}: {error.strerror}")
    if status:
        click.echo(printed, nl=False, err=True)
        click.echo(
            f"wavemake: {' '.join(words)} fails without wavemake: nothing was changed", err=True
        )
        sys.exit(EXIT_PROBLEMS)
    _account(ejected, " ".join(words))


def _account(ejected: Ejection, tried: str) -> None:
    for change in ejected.changes:
        click.echo(f"ejected {change.path}")
    if not ejected.changes:
        click.echo("nothing to eject: no file here calls wavemake")
    click.echo(f"tested without wavemake on PATH: {tried}")
    if ejected.stale:
        click.echo("the plan has been edited since it was compiled: what runs is as it was before")
    if ejected.changes:
        click.echo("from now on, an edited plan is not noticed")
        click.echo(f"to come back: {ejected.back}")
