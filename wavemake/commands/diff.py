"""wavemake diff: how an agent's answer differs from the one before it."""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections.abc import Iterator

import click

from wavemake.plan import regular
from wavemake.ui.arguments import complete_agents, known_agent
from wavemake.ui.flags import dir_option

_STYLES = {"+": "green", "-": "red", "@": "cyan"}


@click.command("diff", short_help="Compare an agent's last two answers.")
@click.argument("agent", shell_complete=complete_agents)
@dir_option
@click.option("--with", "number", type=click.IntRange(1), help="Compare with history/N.md.")
def command(agent: str, folder: str, number: int | None) -> None:
    """Compare AGENT's answer with the one before it, from AGENT/history.

    Prints nothing if they are equal. Exit status 2 when there is nothing to compare.
    """
    from wavemake.ui.console import die

    inside = known_agent(folder, agent)
    kept = earlier(inside)
    if not kept:
        die(f"{agent} has no earlier answer: one is kept in {inside}/history when it is replaced")
    old = kept[max(kept)] if number is None else kept.get(number, "")
    if not old:
        die(f"there is no {inside}/history/{number}.md; there are {', '.join(map(str, kept))}")
    new = os.path.join(inside, "output.md")
    for line in difference(old, new):
        _show(line)


def _show(line: str) -> None:
    """In a pipe the line stays as it is; a terminal has colours, and obeys nothing in it."""
    from wavemake.ui.view.text import printable_lines

    if not sys.stdout.isatty():
        sys.stdout.write(f"{line}\n")
        return
    colour = None if os.environ.get("NO_COLOR") else _STYLES.get(line[:1])
    click.echo(click.style(printable_lines(line), fg=colour))


def earlier(inside: str) -> dict[int, str]:
    """Return the paths of the earlier answers in an agent's folder by their numbers, oldest first."""
    try:
        names = os.listdir(os.path.join(inside, "history"))
    except OSError:
        return {}
    found = {}
    for name in names:
        match = re.fullmatch(r"([0-9]{1,9})(\.edited)?\.md", name)
        if match:
            found[int(match[1])] = os.path.join(inside, "history", name)
    return dict(sorted(found.items()))


def difference(old: str, new: str) -> Iterator[str]:
    """Yield the lines of a unified diff, without their newlines, from the file at `old` to that at `new`."""
    for line in difflib.unified_diff(_lines(old), _lines(new), old, new):
        yield line.removesuffix("\n")
        if not line.endswith("\n"):
            yield "\\ No newline at end of file"


def _lines(path: str) -> list[str]:
    try:
        return regular.read_text(path).splitlines(keepends=True)
    except FileNotFoundError:
        return []
