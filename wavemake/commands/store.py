"""wavemake store: where answers are kept, what that has saved, and how to make it smaller."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from wavemake.ui.flags import dir_option

if TYPE_CHECKING:
    from wavemake.runs.store import StorePlace

_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}


@click.group(
    "store", short_help="Show the store of answers, or prune it.", invoke_without_command=True
)
@dir_option
@click.pass_context
def command(context: click.Context, folder: str) -> None:
    """Show where answers are kept, how many and how large they are, and what that has saved.

    The store is in git's own folder, or without git in the agents' folder; WAVEMAKE_STORE names another
    folder, a URL, or off. Exit status 2 when there is no store.

    \b
    wavemake store
    wavemake store prune --max-size 1G --unused 30d
    """
    context.obj = folder
    if context.invoked_subcommand is None:
        _show(folder)


@command.command("prune", short_help="Remove what was used least lately.")
@click.option("--max-size", metavar="SIZE", help="Most bytes to keep, such as 500M or 1G.")
@click.option("--unused", metavar="DAYS", help="Remove what was not used for so long, such as 30d.")
@click.pass_obj
def prune(folder: str, max_size: str | None, unused: str | None) -> None:
    """Remove answers from the local store; it is safe beside a running make."""
    from wavemake.runs import store
    from wavemake.ui.console import count, die
    from wavemake.ui.view.text import size

    if max_size is None and unused is None:
        die("say what is to go: --max-size 1G, --unused 30d, or both")
    gone = store.prune(_place(folder).folder, _bytes(max_size), _days(unused))
    click.echo(
        f"removed {count(gone.entries, 'answer')} and {count(gone.contents, 'content')}, "
        f"{size(gone.size)}"
    )


def _show(folder: str) -> None:
    from wavemake.runs import store
    from wavemake.runs.state import dollars
    from wavemake.ui.console import count
    from wavemake.ui.view.text import size

    place = _place(folder)
    use = store.use_of(place.folder)
    click.echo(f"store: {place.folder}")
    if place.remote:
        click.echo(f"shared: {_without_secrets(place.remote)}")
    if place.origin:
        click.echo(f"read as well: {place.origin}")
    click.echo(f"answers: {len(use.entries) - use.verdicts}, {size(use.size)}")
    if use.verdicts:
        click.echo(f"verdicts of judges: {use.verdicts}")
    click.echo(f"hits: {count(use.hits, 'answer')} reused, {dollars(use.saved)} saved")


def _place(folder: str) -> StorePlace:
    from wavemake.runs.store import place_of
    from wavemake.ui.console import die

    place = place_of(folder)
    return place if place.folder else die("there is no store: WAVEMAKE_STORE is off")


def _without_secrets(url: str) -> str:
    return re.sub(r"//[^/@]*@", "//", url)


def _bytes(text: str | None) -> int | None:
    from wavemake.ui.console import die

    if text is None:
        return None
    found = re.fullmatch(r"(\d+)([KMGT]?)B?", text.upper())
    return (
        int(found[1]) * _UNITS[found[2]]
        if found
        else die(f"--max-size {text!r} is not a size: 500M")
    )


def _days(text: str | None) -> float | None:
    from wavemake.ui.console import die

    if text is None:
        return None
    found = re.fullmatch(r"(\d+)d?", text)
    return float(found[1]) if found else die(f"--unused {text!r} is not a number of days: 30d")
