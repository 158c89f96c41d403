"""wavemake diff: how an agent's answer differs from the one before it."""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections.abc import Iterator

import click

from wavemake.commands.agents import complete_agents, dir_option, known_agent

_STYLES = {"+": "green", "-": "red", "@": "cyan"}


@click.command("diff", short_help="Compare an agent's last two answers.")
@click.argument("agent", shell_complete=complete_agents)
@dir_option
@click.option("--with", "number", type=click.IntRange(1), help="Compare with history/N.md.")
def command(agent: str, folder: str, number: int | None) -> None:
    """Compare AGENT's answer with the one before it, of those that are kept in AGENT/history.

    Nothing is printed if they are the same. Exit status 2 when there is nothing to compare.
    """
    from wavemake.commands import die
    from wavemake.view.text import printable_lines

    inside = known_agent(folder, agent)
    kept = earlier(inside)
    if not kept:
        die(f"{agent} has no earlier answer: one is kept in {inside}/history when it is replaced")
    old = kept[max(kept)] if number is None else kept.get(number, "")
    if not old:
        die(f"there is no {inside}/history/{number}.md; there are {', '.join(map(str, kept))}")
    new = os.path.join(inside, "output.md")
    is_terminal = sys.stdout.isatty()
    for line in difference(old, new):
        shown = printable_lines(line) if is_terminal else line
        colour = _STYLES.get(line[:1]) if is_terminal and not os.environ.get("NO_COLOR") else None
        click.echo(click.style(shown, fg=colour) if colour else shown)


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
    before, after = _lines(old), _lines(new)
    yield from difflib.unified_diff(before, after, old, new, lineterm="")


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().split("\n")
    except FileNotFoundError:
        return []
