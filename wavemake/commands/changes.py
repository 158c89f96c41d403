"""wavemake changes: what agents changed in the project."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from wavemake.runs.edits import MOST, FileEdit, are_undone, patch_of, read_edits
from wavemake.ui.arguments import complete_agents
from wavemake.ui.flags import dir_option

_STYLES = {"+": "green", "-": "red", "@": "cyan"}
_WIDTH = 40
_NOBODY = "during the run"
_UNDONE = " (undone)"


@click.command("changes", short_help="Show what agents changed in the project.")
@click.argument("agents", metavar="[AGENT...]", nargs=-1, shell_complete=complete_agents)
@click.option("--stat", is_flag=True, help="Show files and numbers of lines only.")
@dir_option
def command(agents: tuple[str, ...], stat: bool, folder: str) -> None:
    """Show what each AGENT changed, or every agent, as a patch that git apply takes.

    The edits of an agent with a workspace are recorded. Of agents that work in the project itself, the files
    are shown that were written during the last run and differ from the last commit: as those of an agent, if
    it alone was at work then, else as "during the run". A person may have edited meanwhile. A patch of more
    than 64 MB is not shown, but summed up. Edits that wavemake undo took out of the project are marked as
    undone, and --stat does not count them.

    \b
    wavemake changes --stat
    wavemake changes api | git apply -R
    """
    from wavemake.runs.in_place import in_place
    from wavemake.ui.arguments import known_agents
    from wavemake.ui.console import die, no_agent

    known = known_agents(folder)
    for name in agents:
        if name not in known:
            no_agent(name, known)
    found = {name: read_edits(folder, name) for name in known}
    shown = {
        name: edits
        for name, edits in found.items()
        if edits is not None and (not agents or name in agents)
    }
    if any(found[name] is None for name in agents or known):
        paths = {edit.path for edits in found.values() for edit in edits or ()}
        for each in in_place(folder, paths):
            if not agents or each.agent in agents:
                name = each.agent or _NOBODY
                shown[name] = (*shown.get(name, ()), each.edit)
    for name in agents:
        if name not in shown:
            die(f'{name} has no edits of its own: it would by "workspace": "worktree" in the plan')
    undone = {name for name in shown if are_undone(folder, name)}
    if stat:
        _show_stat(shown, undone)
        return
    for name, edits in shown.items():
        if edits and (len(shown) > 1 or name in undone):
            _line(f"# {name}{_UNDONE if name in undone else ''}", "")
        left_out = [edit for edit in edits if edit.cut]
        if left_out:
            _show_left_out(folder, name, left_out)
        for edit in edits:
            for line in edit.text.removesuffix("\n").split("\n") if edit.text else ():
                _line(
                    line, _STYLES.get(line[:1], "") if not line.startswith(("+++", "---")) else ""
                )


def _show_left_out(folder: str, name: str, edits: Sequence[FileEdit]) -> None:
    """Sum up edits whose patch is too large to be shown, in lines that git apply skips."""
    width = min(_WIDTH, max(len(edit.path) for edit in edits))
    for edit in edits:
        _line(f"# {edit.path:{width}}  {_numbers(edit)}", "")
    most = MOST // 1024**2
    _line(
        f"# {name}: its patch has more than {most} MB, and is not shown: {patch_of(folder, name)}",
        "",
    )


def _show_stat(shown: dict[str, tuple[FileEdit, ...]], undone: set[str]) -> None:
    """A line for each agent and file, with a sum of the edits that are in the project."""
    paths = [edit.path for edits in shown.values() for edit in edits]
    width = min(_WIDTH, max(map(len, paths), default=0))
    names = max([len(name) for name in shown], default=0)
    for name, edits in shown.items():
        for edit in edits:
            mark = _UNDONE if name in undone else ""
            _line(f"{name:{names}}  {edit.path:{width}}  {_numbers(edit)}{mark}", "")
    counted = [edit for name, edits in shown.items() if name not in undone for edit in edits]
    files = {edit.path for edit in counted}
    added = sum(edit.added for edit in counted)
    removed = sum(edit.removed for edit in counted)
    number = f"{len(files)} file{'s' * (len(files) != 1)}"
    click.echo(f"{number} changed, {added} line{'s' * (added != 1)} added, {removed} removed")


def _numbers(edit: FileEdit) -> str:
    what = "binary" if edit.binary else f"+{edit.added} -{edit.removed}"
    return what if edit.kind == "changed" else f"{what} ({edit.kind})"


def _line(line: str, colour: str) -> None:
    """In a pipe the line stays as it is; a terminal has colours, and obeys nothing in it."""
    from wavemake.ui.view.text import printable_lines

    if not sys.stdout.isatty():
        sys.stdout.buffer.write(f"{line}\n".encode("utf-8", "surrogateescape"))
        return
    plain = os.environ.get("NO_COLOR") or not colour
    line = line.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    click.echo(printable_lines(line) if plain else click.style(printable_lines(line), fg=colour))
