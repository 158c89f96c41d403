"""How a snapshot looks: rich renderables that fit a terminal of any size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wavemake.runs.state import in_words
from wavemake.ui.view.model import ENDED, ORDER, PENDING, RUNNING, STOPPED, Snapshot, ViewRow
from wavemake.ui.view.text import counted, duration, printable

_STYLES = {
    **dict.fromkeys(RUNNING, "cyan"),
    **dict.fromkeys(STOPPED, "yellow"),
    **dict.fromkeys(PENDING, "dim"),
    **dict.fromkeys(ENDED, "green"),
    "failed": "bold red",
    "interrupted": "bold red",
    "over budget": "bold red",
    "conflict": "bold red",
}
# Two lines on top, one for what does not fit, and some lines of make's output above.
_AROUND = 6
_NARROW = 40


def frame(shown: Snapshot, width: int, height: int, *, stopping: bool = False) -> RenderableType:
    """Return what a terminal of `width` columns and `height` lines shows of a run.

    stopping: Ctrl-C was pressed, and make ends its agents.
    """
    rows, rest = fit(folded(shown.rows), max(1, height - _AROUND))
    lines: list[RenderableType] = [*_head(shown, stopping), _table(rows, width)]
    if rest:
        counts = Counter(row.state for row in rest)
        ordered = {state: counts[state] for state in ORDER}
        lines.append(Text(f"and {counted(ordered)}", "dim", no_wrap=True, overflow="ellipsis"))
    return Group(*lines)


def folded(rows: Sequence[ViewRow]) -> list[ViewRow]:
    """Return `rows` with the cells of an agent as one row: their most urgent state, and how many."""
    groups: dict[str, list[ViewRow]] = {}
    for row in rows:
        groups.setdefault(row.group or row.name, []).append(row)
    return [
        _fold(name, group) if any(row.group for row in group) else group[0]
        for name, group in groups.items()
    ]


def _fold(name: str, group: Sequence[ViewRow]) -> ViewRow:
    counts = Counter(row.state for row in group)
    ordered = {state: counts[state] for state in ORDER if counts[state]}
    note = f"{len(group)} cell{'s' * (len(group) != 1)}: {counted(ordered)}"
    return ViewRow(name, group[0].wave, next(iter(ordered), group[0].state), note=note)


def fit(rows: Sequence[ViewRow], room: int) -> tuple[list[ViewRow], list[ViewRow]]:
    """Return the rows to show in `room` lines, and the rest.

    All in the order of waves if there is room; else first what runs, what has failed and what is next.
    """
    if len(rows) <= room:
        return list(rows), []
    place = {state: n for n, state in enumerate(ORDER)}
    ranked = sorted(rows, key=lambda row: place.get(row.state, len(place)))
    return ranked[:room], ranked[room:]


def _head(shown: Snapshot, stopping: bool) -> list[RenderableType]:
    counts = {state: n for state, n in shown.counts.items() if state not in ("done", *PENDING)}
    first = [f"{shown.done} of {shown.total} done", counted(counts)]
    name = printable(shown.title)
    title = Text.assemble((f"{name}: " if name else "", "bold"), ", ".join(filter(None, first)))
    second = [duration(shown.elapsed), _left(shown.left), in_words(shown.bill)]
    times = Text(", ".join(filter(None, second)))
    if stopping:
        times = Text("stopping: make ends the agents that run", "bold red")
    for line in (title, times):
        line.no_wrap, line.overflow = True, "ellipsis"
    return [title, times]


def _left(seconds: float | None) -> str:
    return f"about {duration(max(1.0, round(seconds)))} left" if seconds is not None else ""


def _table(rows: Sequence[ViewRow], width: int) -> Table:
    table = Table(box=None, show_header=False, show_edge=False, pad_edge=False, expand=True)
    narrow = width < _NARROW
    if not narrow:
        table.add_column(justify="right", no_wrap=True, style="dim")
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=max(8, width // 3))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    if not narrow:
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    for row in rows:
        cells = [Text(row.name), Text(_state(row), _STYLES.get(row.state, "")), _time(row)]
        if not narrow:
            cells = [Text(f"wave {row.wave}"), *cells, Text(row.note, "dim")]
        table.add_row(*cells)
    return table


def _state(row: ViewRow) -> str:
    return (
        f"{row.state}, try {row.tries}" if row.state == "running" and row.tries > 1 else row.state
    )


def _time(row: ViewRow) -> Text:
    return Text("" if row.seconds is None else duration(row.seconds))
