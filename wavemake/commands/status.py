"""wavemake status: what became of every agent."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from wavemake.ui.flags import dir_option

if TYPE_CHECKING:
    from wavemake.runs.state import AgentState, RunState


@click.command("status", short_help="Show the state of every agent.")
@dir_option
@click.option("--cells", is_flag=True, help="List each cell of for_each, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(folder: str, cells: bool, as_json: bool) -> None:
    """Show the state of every agent, from the files that runs left. Nothing is run.

    An agent is out of date if something is newer than its answer, so that make would look at it again.
    wavemake preview shows whether it would run.

    Exit status: 0 when every agent is done; 1 when one is not (failed, blocked, running, out of date, not
    run), or when the plan has changed; 2 when nothing was compiled here; 3 when nothing is amiss but that a
    person is waited for, to approve or to answer.
    """
    from wavemake.runs.state import GOOD, StateError, read_manifest, waits_for_person
    from wavemake.ui.changed import what_changed
    from wavemake.ui.console import die
    from wavemake.ui.view.tables import status_lines
    from wavemake.ui.world import read_current

    try:
        manifest = read_manifest(folder)
        state = read_current(folder, earlier=False, manifest=manifest)
    except StateError as error:
        die(str(error))
    change = what_changed(folder, manifest)
    if as_json:
        click.echo(as_text(state, change))
    else:
        click.echo("\n".join(status_lines(state, every_cell=cells)))
        if change:
            click.echo(change)
    lacking = [agent for agent in state.agents.values() if agent.state not in GOOD]
    if change:
        sys.exit(1)
    waits = [agent for agent in lacking if waits_for_person(agent, state.agents)]
    sys.exit(0 if not lacking else 3 if len(waits) == len(lacking) else 1)


def as_text(state: RunState, change: str) -> str:
    """Return `state` as a JSON object, an agent a line; change: how the plan is not what was compiled."""
    from wavemake.runs.state import counts
    from wavemake.ui.view.tables import bill_of_last

    bill = bill_of_last(state)
    head = {
        "schema": 1,
        "project": state.project,
        "folder": state.folder,
        "waves": state.waves,
        "plan_changed": bool(change),
        "counts": counts(state.agents.values()),
        "cost": bill.usd,
        "unpriced": bill.unpriced,
        "tokens_in": bill.tokens_in,
        "tokens_out": bill.tokens_out,
        "uncounted": bill.uncounted,
        **({"budget": _budget(state)} if state.spent else {}),
        "cache_read": bill.cache.read,
        "cache_write": bill.cache.written,
        "cache_saved": round(bill.cache.saved, 6),
    }
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    agents = ",\n".join(f"    {json.dumps(_fields(each))}" for each in state.agents.values())
    return "\n".join(["{", *lines, '  "agents": [', agents, "  ]", "}"])


def _budget(state: RunState) -> dict[str, Any]:
    """What is spent of a budget of several runs."""
    first = state.spent[0]
    sums = {each.what: {"spent": each.spent, "limit": each.limit} for each in state.spent}
    return {"per": first.per, "next": first.begins, **sums}


def _fields(agent: AgentState) -> dict[str, Any]:
    """What is known of an agent; what is unknown, or not so, is left out."""
    cache = agent.costs.cache
    fields = {
        "reason": agent.reason,
        "blocked_by": agent.blocked_by,
        "runner": agent.runner,
        "model": agent.model,
        "started": agent.started,
        "ended": agent.ended,
        "seconds": agent.seconds,
        "attempts": agent.attempts or None,
        "cost": agent.costs.usd,
        "tokens_in": agent.costs.tokens_in,
        "tokens_out": agent.costs.tokens_out,
        "cache_read": cache.read if cache else None,
        "cache_write": cache.written if cache else None,
        "cache_saved": cache.saved if cache else None,
        "turns": agent.turns,
        "session": agent.session,
        "edited": agent.edited,
        "pinned": agent.pinned,
        "made": agent.made,
    }
    known = {key: value for key, value in fields.items() if not _is_nothing(value)}
    return {"name": agent.name, "wave": agent.wave, "state": agent.state, **known}


def _is_nothing(value: object) -> bool:
    """Zero is something: an agent may have cost nothing."""
    return value is None or value is False or value == "" or value == ()
