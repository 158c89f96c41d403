"""wavemake doctor: prints what running agents needs, and how to get what is missing."""

from __future__ import annotations

import sys

import click

from wavemake.ui.flags import dir_option


@click.command("doctor", short_help="Check that this machine can run agents.")
@dir_option
def command(folder: str) -> None:
    """Check for what agents need on this machine: make, sh, awk, the CLIs, fine timestamps.

    Exit status: 1 if something that every run needs is missing.
    """
    from wavemake.agents.doctor import examine

    checks = examine(folder)
    for check in checks:
        mark = "ok  " if check.good else "BAD " if check.needed else "--  "
        click.echo(f"{mark} {check.text}")
        if not check.good:
            click.echo(f"     {check.way_out}")
    sys.exit(int(any(each.needed and not each.good for each in checks)))
