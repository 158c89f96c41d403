"""The graph in characters: a column a wave, and lines from what is read to who reads it.

Between two columns each agent has a track of its own, down or up which its line runs to its readers, and
each reader a row of its own. Columns use odd and even rows in turn, so that no two lines ever share a
piece of their way unless both lead to the same reader: a crossing is just that.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wavemake.ui.drawing.picture import Picture

_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_LINES = {
    _UP | _DOWN: "│",
    _LEFT | _RIGHT: "─",
    _LEFT | _DOWN: "┐",
    _LEFT | _UP: "┘",
    _RIGHT | _DOWN: "┌",
    _RIGHT | _UP: "└",
    _LEFT | _RIGHT | _DOWN: "┬",
    _LEFT | _RIGHT | _UP: "┴",
    _UP | _DOWN | _RIGHT: "├",
    _UP | _DOWN | _LEFT: "┤",
    _UP | _DOWN | _LEFT | _RIGHT: "┼",
    _LEFT: "─",
    _RIGHT: "─",
}
_SWEEPS = 4


@dataclass
class _Slot:
    """What stands in a column: an agent, or with an empty label a line that only passes."""

    agent: str
    column: int
    label: str = ""
    row: int = 0
    readers: list[_Slot] = dataclasses.field(default_factory=list)
    sources: list[_Slot] = dataclasses.field(default_factory=list)


def grid(picture: Picture, labels: Mapping[str, str]) -> list[str]:
    """Return the lines of the drawing; labels: what is written for each agent."""
    columns = _columns(picture, labels)
    _place(columns)
    canvas = _Canvas()
    x = 0
    for place, column in enumerate(columns):
        width = max(len(each.label) for each in column)
        for each in column:
            _write(canvas, each, x, width, last=place == len(columns) - 1)
        x += width + 1
        if place < len(columns) - 1:
            tracks = _tracks(column)
            for number, source in enumerate(tracks):
                _connect(canvas, source, x, x + 1 + number, x + len(tracks) + 2)
            x += len(tracks) + 3
    return canvas.lines()


def _columns(picture: Picture, labels: Mapping[str, str]) -> list[list[_Slot]]:
    """Put every agent into the column of its wave, and what passes a column on its way into that."""
    columns: list[list[_Slot]] = [[] for _ in picture.waves]
    current: dict[str, _Slot] = {}
    column_of = {node.name: n for n, wave in enumerate(picture.waves) for node in wave}
    last_reader: dict[str, int] = defaultdict(int)
    for start, end in picture.edges:
        last_reader[start] = max(last_reader[start], column_of[end])
    for number, wave in enumerate(picture.waves):
        arriving = dict(current)
        for node in wave:
            place = _Slot(node.name, number, labels[node.name])
            columns[number].append(place)
            for need in node.needs:
                arriving[need].readers.append(place)
                place.sources.append(arriving[need])
            current[node.name] = place
        for name, place in arriving.items():
            if last_reader[name] > number:
                passing = _Slot(name, number, sources=[place])
                place.readers.append(passing)
                columns[number].append(passing)
                current[name] = passing
            else:
                del current[name]
    return columns


def _place(columns: Sequence[list[_Slot]]) -> None:
    """Give every place its row: near the middle of what it is linked to, in the order of that."""
    for column in columns:
        _settle(column, None)
    for sweep in range(_SWEEPS):
        for column in columns[1:]:
            _settle(column, "sources")
        if sweep < _SWEEPS - 1:
            for column in reversed(columns[:-1]):
                _settle(column, "readers")
    top = min(each.row for column in columns for each in column)
    for column in columns:
        for each in column:
            each.row -= top


def _settle(column: list[_Slot], side: str | None) -> None:
    wanted: dict[int, float] = {}
    for place in column:
        linked: list[_Slot] = getattr(place, side) if side else []
        middle = sum(each.row for each in linked) / len(linked) if linked else place.row
        wanted[id(place)] = middle
    column.sort(key=lambda each: wanted[id(each)])
    parity = column[0].column % 2
    free = -(10**6)
    for place in column:
        row = max(round(wanted[id(place)]), free)
        place.row = row + (row + parity) % 2
        free = place.row + 2


def _tracks(column: Sequence[_Slot]) -> list[_Slot]:
    """The places of a column that lines start from, in the order of their tracks with fewer crossings."""
    sources = sorted((each for each in column if each.readers), key=lambda each: each.row)
    return min(sources, sources[::-1], key=_crossings)


def _crossings(tracks: Sequence[_Slot]) -> int:
    found = 0
    for number, source in enumerate(tracks):
        rows = [source.row, *(each.row for each in source.readers)]
        low, high = min(rows), max(rows)
        # Edges that leave tracks on its left cross a track, and so do those that go to tracks on
        # its right.
        for other in tracks[:number]:
            found += sum(low < each.row < high for each in other.readers)
        found += sum(low < other.row < high for other in tracks[number + 1 :])
    return found


def _write(canvas: _Canvas, place: _Slot, x: int, width: int, *, last: bool) -> None:
    if place.label:
        canvas.write(x, place.row, place.label)
        start = x + len(place.label) + 1
    else:
        start = x - 1
    if place.readers and not last:
        for each in range(start, x + width + 1):
            canvas.add(each, place.row, _LEFT | _RIGHT)


def _connect(canvas: _Canvas, source: _Slot, left: int, track: int, right: int) -> None:
    """Draw a line from `source` along its track to all its readers."""
    rows = [each.row for each in source.readers]
    top, bottom = min([source.row, *rows]), max([source.row, *rows])
    for x in range(left, track):
        canvas.add(x, source.row, _LEFT | _RIGHT)
    canvas.add(track, source.row, _LEFT)
    for row in range(top, bottom + 1):
        if row in (source.row, *rows):
            canvas.add(track, row, (_UP if row > top else 0) | (_DOWN if row < bottom else 0))
        else:
            canvas.cross(track, row)
    for row in rows:
        canvas.add(track, row, _RIGHT)
        for x in range(track + 1, right):
            canvas.add(x, row, _LEFT | _RIGHT)


class _Canvas:
    def __init__(self) -> None:
        self._ways: dict[tuple[int, int], int] = defaultdict(int)
        self._above: set[tuple[int, int]] = set()
        self._texts: dict[tuple[int, int], str] = {}

    def write(self, x: int, y: int, text: str) -> None:
        self._texts[x, y] = text

    def add(self, x: int, y: int, ways: int) -> None:
        """Let lines leave the middle of a cell in these directions."""
        self._ways[x, y] |= ways

    def cross(self, x: int, y: int) -> None:
        """Let a line go down through a cell, in front of what crosses it."""
        self._above.add((x, y))

    def lines(self) -> list[str]:
        cells = {at: _LINES[ways] for at, ways in self._ways.items() if ways}
        cells |= dict.fromkeys(self._above, _LINES[_UP | _DOWN])
        for (x, y), text in self._texts.items():
            cells |= {(x + n, y): char for n, char in enumerate(text)}
        rows: list[dict[int, str]] = [{} for _ in range(1 + max(y for _, y in cells))]
        for (x, y), char in cells.items():
            rows[y][x] = char
        return ["".join(row.get(x, " ") for x in range(max(row, default=-1) + 1)) for row in rows]
