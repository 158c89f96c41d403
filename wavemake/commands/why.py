"""The command `why`: what make would do with one agent, in full, and how its prompt would differ."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from wavemake.ui.arguments import complete_agents
from wavemake.ui.flags import dir_option

if TYPE_CHECKING:
    from wavemake.runs.predict import Prediction
    from wavemake.runs.state import RunState
    from wavemake.ui.world import CompiledFolder

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


@click.command("why", short_help="Explain why make would run an agent.")
@click.argument("agent", metavar="AGENT", shell_complete=complete_agents)
@dir_option
@click.option(
    "--force", is_flag=True, help="As with make AGENT FORCE=1: run it again, even if cached."
)
def command(agent: str, folder: str, force: bool) -> None:
    """Show what make would do with AGENT and why, and how its prompt differs from the last one.

    Answers of agents that have yet to run are taken as they are now.

    Exit status: 0; 2 when nothing was compiled in DIR, or the agent does not exist.
    """
    from wavemake.runs.predict import predict
    from wavemake.ui.console import coloured, no_agent
    from wavemake.ui.view.text import printable_lines
    from wavemake.ui.world import look, world_of

    sight = look(os.path.normpath(folder))
    state = sight.state
    if agent not in state.agents:
        no_agent(agent, state.agents)
    found = predict(world_of(state, [agent], force=force, disk=sight.disk))[agent]
    if sight.note:
        click.echo(sight.note)
    for line in _account(state, found):
        click.echo(printable_lines(line))
    if found.fate not in ("up to date", "reuse", "pinned"):
        for line in _nearest(sight, agent):
            click.echo(printable_lines(line))
        for line in _difference(sight, agent):
            click.echo(coloured(printable_lines(line), _COLOURS.get(line[:1])))


def _account(state: RunState, found: Prediction) -> Iterator[str]:
    from wavemake.runs.prompt import BYTES_A_TOKEN, tokens
    from wavemake.runs.records import kind_of, records_of
    from wavemake.runs.state import dollars
    from wavemake.ui.outlook import basis
    from wavemake.ui.view.text import duration, size
    from wavemake.ui.world import guess_of

    kind = kind_of(state, found.name)
    yield f"{found.name} (wave {found.wave}, {kind}): {found.fate}"
    yield from (f"- {reason}" for reason in found.reasons)
    if found.size is not None:
        more = ", and what new answers add" if found.at_least else ""
        amount = f"{size(found.size)}, about {tokens(found.size)} tokens"
        yield f"prompt: {amount} (a token is taken for {BYTES_A_TOKEN} bytes){more}"
        guess = guess_of(state, records_of(state), found.name)
        time = "unknown" if guess.seconds is None else f"about {duration(guess.seconds)}"
        cost = "unknown" if guess.usd is None else f"about {dollars(guess.usd)}"
        by = "" if guess.seconds is None else f" (by {basis(guess)})"
        yield f"time: {time}, cost: {cost}{by}"


def _nearest(sight: CompiledFolder, agent: str) -> Iterator[str]:
    """Which parts of its cache key keep the store's nearest answer from being a hit."""
    from wavemake.runs.predict import key_of_now
    from wavemake.runs.store import nearest, place_of, use_of
    from wavemake.runs.why import changes
    from wavemake.ui.world import world_of

    place = place_of(sight.state.folder)
    now = key_of_now(world_of(sight.state, [agent], disk=sight.disk), sight.state.agents[agent])
    if not now or not place.folder:
        return
    found = nearest(use_of(place.folder).entries, agent, now.splitlines())
    if found:
        before = "".join(f"{line}\n" for line in found.key)
        yield f"nearest answer in the store: {', '.join(changes(before, now, ()))}"


def _difference(sight: CompiledFolder, agent: str) -> Iterator[str]:
    """How the prompt of now differs from the one that was sent last."""
    from wavemake.runs.key import BadHead
    from wavemake.runs.prompt import prompt_of

    folder, disk = sight.state.folder, sight.disk
    recorded = disk.text(f"{folder}/{agent}/prompt.md")
    if recorded is None:
        return
    try:
        now = prompt_of(folder, agent, disk).decode("utf-8", "surrogateescape")
    except (BadHead, OSError):
        return
    lines = difflib.unified_diff(
        recorded.splitlines(),
        now.splitlines(),
        f"{folder}/{agent}/prompt.md",
        "the prompt of now",
        lineterm="",
    )
    found = list(lines)
    yield from found or ["the prompt is the one that was sent last"]
