"""wavemake costs: what the runs cost, and what reused answers saved."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from wavemake.ui.flags import dir_option

if TYPE_CHECKING:
    from wavemake.runs.spending import Compiled, CostGroup
    from wavemake.runs.state import Bill, Manifest

_WORDS = ("agent", "model", "runner", "day", "plan")


@click.command("costs", short_help="Show what the runs cost, by agent, model, runner, day or plan.")
@dir_option
@click.option(
    "--by",
    "by",
    type=click.Choice(_WORDS),
    multiple=True,
    help="Group by this; may be given several times. By agent unless given.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, a group a line.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, a group a line.")
def command(folder: str, by: tuple[str, ...], as_csv: bool, as_json: bool) -> None:
    """Show what was paid in the runs that this folder remembers, and what reused answers saved.

    A sum counts what the CLIs reported; "+ 2 unknown" is the number of agents that reported nothing. Saved is
    what each reused answer had cost when it was made. "cache read" and "cache written" are tokens that the
    API read from its cache and wrote to it, where a CLI reports them. Days are those of UTC, as for budgets.
    Exit status 2 when nothing was compiled here.

    \b
    wavemake costs
    wavemake costs --by day --by model --csv
    """
    from wavemake.runs.spending import grouped, uses
    from wavemake.runs.state import StateError, read_manifest, read_runs
    from wavemake.ui.console import die

    if as_csv and as_json:
        die("--csv and --json are two formats: choose one")
    by = tuple(dict.fromkeys(by)) or ("agent",)
    try:
        manifest = read_manifest(folder)
    except StateError as error:
        die(str(error))
    unread: list[OSError] = []
    runs = read_runs(folder, oldest=True, unread=unread)
    for problem in unread:
        click.echo(f"wavemake: not counted: {problem.filename} {problem.strerror}", err=True)
    groups = grouped(uses(runs, _compiled(manifest)), by)
    if as_csv:
        click.echo(_csv(by, groups), nl=False)
    elif as_json:
        for group in groups:
            click.echo(json.dumps(_fields(by, group)))
    else:
        click.echo("\n".join(_table(by, groups)) if groups else "nothing was paid or reused yet")


def _compiled(manifest: Manifest) -> Compiled:
    from wavemake.runs.fields import text
    from wavemake.runs.spending import Compiled

    return Compiled(
        runners={each.name: each.runner for each in manifest.entries},
        models={each.name: each.model for each in manifest.entries},
        plan=text(manifest.head, "plan"),
    )


def _fields(by: Sequence[str], group: CostGroup) -> dict[str, Any]:
    paid, saved = group.paid, group.saved
    return {
        **dict(zip(by, group.key, strict=True)),
        "paid": paid.agents,
        "reused": saved.agents,
        "cost": paid.usd,
        "unpriced": paid.unpriced,
        "tokens_in": paid.tokens_in,
        "tokens_out": paid.tokens_out,
        "uncounted": paid.uncounted,
        "cache_read": paid.cache.read,
        "cache_write": paid.cache.written,
        "cache_saved": round(paid.cache.saved, 6),
        "saved": saved.usd,
        "saved_unpriced": saved.unpriced,
    }


def _csv(by: Sequence[str], groups: Sequence[CostGroup]) -> str:
    """The same as text for a spreadsheet; what is unknown is an empty cell."""
    from wavemake.runs.spending import CostGroup

    out = io.StringIO()
    writer = csv.DictWriter(out, [*_fields(by, CostGroup(tuple(by)))], lineterminator="\n")
    writer.writeheader()
    writer.writerows(_fields(by, group) for group in groups)
    return out.getvalue()


def _table(by: Sequence[str], groups: Sequence[CostGroup]) -> list[str]:
    from wavemake.runs.spending import CostGroup
    from wavemake.runs.state import in_words
    from wavemake.ui.view.tables import table

    whole = CostGroup((), [use for group in groups for use in group.uses])
    paid, saved = whole.paid, whole.saved
    head = (*by, "paid", "reused", "cost", "saved", "tokens")
    rows = [_row(group) for group in groups]
    if paid.cache:
        head += ("cache read", "cache written")
        rows = [(*row, *_cache(group.paid)) for row, group in zip(rows, groups, strict=True)]
    lines = list(table(head, rows))
    lines.append("")
    if paid.agents:
        lines.append(f"paid: {in_words(paid)}")
    if saved.agents:
        lines.append(f"saved by reuse: {_cell(saved)}")
    return lines


def _row(group: CostGroup) -> tuple[str, ...]:
    from wavemake.runs.state import more, thousands
    from wavemake.ui.view.text import printable

    paid, saved = group.paid, group.saved
    return (
        *(printable(word) for word in group.key),
        str(paid.agents) if paid.agents else "",
        str(saved.agents) if saved.agents else "",
        _cell(paid),
        _cell(saved),
        f"{thousands(paid.tokens)}{more(paid.uncounted)}" if paid.tokens else "",
    )


def _cache(costs: Bill) -> tuple[str, str]:
    from wavemake.runs.state import thousands

    used = costs.cache
    return (thousands(used.read), thousands(used.written)) if used else ("", "")


def _cell(costs: Bill) -> str:
    from wavemake.runs.state import price

    if not costs.agents:
        return ""
    return "unknown" if costs.usd is None else price(costs)
