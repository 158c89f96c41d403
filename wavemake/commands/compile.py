"""wavemake compile: writes what a plan compiles to."""

from __future__ import annotations

from typing import Any

import click

from wavemake.compiler.options import Mode, Options, picked
from wavemake.ui.flags import takes


@click.command("compile", short_help="Compile a plan into a Makefile.")
@click.argument("plan", metavar="PLAN")
@takes("compile", Options, Mode)
def command(plan: str, **given: Any) -> None:
    """Compile PLAN, a JSON or YAML file or - for standard input, into a Makefile.

    Run it in the project's folder: what agents read is relative to that.
    """
    from wavemake.ui.compilation import run

    mode = Mode(**picked(Mode, given))
    if mode.to_stdout and mode.only_check:
        raise click.UsageError("--stdout and --check exclude each other")
    run(Options(plan, **picked(Options, given)), mode)
