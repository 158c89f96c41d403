"""The drawing of the graph as the page prints it: boxes with labels and states, the critical path marked."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from wavemake.ui.report import words
from wavemake.ui.report.layout import Drawing, Link, Measures, draw
from wavemake.ui.report.routes import RouteNode
from wavemake.ui.report.rows import ReportRow

_FEW = 40  # Up to this number of agents, a box has room for a second line.
_LETTER = 7.0  # pixels; width in the font of names
_SMALL = 6.2  # the same for the second line
_NARROW, _WIDE = 9, 24  # letters of a name
_BESIDE = (
    40.0  # pixels of a box that are not the name: the sign of the state, and room at both ends
)


@dataclass(frozen=True, slots=True)
class Box:
    """An agent's box: where, what is written in it. note is its second line, empty if there is no room."""

    row: ReportRow
    x: float
    y: float
    label: str
    note: str


@dataclass(frozen=True, slots=True)
class GraphDrawing:
    """The drawing, its boxes in the order of its points, and the numbers of its critical links."""

    drawing: Drawing
    boxes: tuple[Box, ...]
    critical: frozenset[int]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Each link's start and end, as numbers of points."""
        return [(link.start, link.end) for link in self.drawing.links]


def graph(rows: Sequence[ReportRow], chain: Sequence[str]) -> GraphDrawing:
    """Draw `rows`; chain: the agents of the critical path, first to last."""
    few = len(rows) <= _FEW
    longest = max((len(row.agent.name) for row in rows), default=0)
    letters = min(max(longest, _NARROW), _WIDE)
    notes = max((len(_note(row)) for row in rows), default=0) if few else 0
    measures = Measures(
        width=round(max(letters * _LETTER, notes * _SMALL) + _BESIDE),
        height=42.0 if few else 24.0,
        across=64.0 if few else 52.0,
        between=14.0 if few else 6.0,
    )
    nodes = [RouteNode(row.agent.name, row.agent.wave, row.agent.needs) for row in rows]
    drawing = draw(nodes, measures)
    by_name = {row.agent.name: row for row in rows}
    boxes = tuple(
        Box(
            by_name[name],
            spot.x,
            spot.y,
            words.shortened(name, letters),
            _note(by_name[name]) if few else "",
        )
        for name, spot in drawing.spots.items()
    )
    numbers = {name: number for number, name in enumerate(drawing.spots)}
    ends = [numbers[name] for name in chain if name in numbers]
    return GraphDrawing(drawing, boxes, ways(drawing.links, pairwise(ends), len(numbers)))


def _note(row: ReportRow) -> str:
    figures = (words.duration(row.seconds), words.money(row.costs.usd))
    if not row.fresh:
        return row.state
    return " · ".join([row.state, *(each for each in figures if each)])


def ways(links: Sequence[Link], pairs: Iterable[tuple[int, int]], agents: int) -> frozenset[int]:
    """Return the numbers of the links by which one of a pair leads to the other, past no other agent."""
    out: dict[int, list[int]] = defaultdict(list)
    for number, link in enumerate(links):
        out[link.start].append(number)
    found: set[int] = set()
    for start, end in pairs:
        came: dict[int, int] = {}
        queue = deque([start])
        while queue and end not in came:
            for number in out[queue.popleft()]:
                point = links[number].end
                if point not in came:
                    came[point] = number
                    if point >= agents:
                        queue.append(point)
        point = end
        while point in came and point != start:
            found.add(came[point])
            point = links[came[point]].start
    return frozenset(found)
