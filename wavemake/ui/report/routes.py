"""The points and links that a drawing of the graph is made of: agents, and where their edges meet or pass.

An edge for every pair would hide what is to be seen. So edges share their way, but only where each
end that they lead to belongs to each end that they come from: agents that read exactly the same others meet
them in one point, and what an agent gives to later waves leaves it as one line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

# With more points per agent than this, far edges are drawn straight.
_MOST_VIAS = 6


@dataclass(frozen=True, slots=True)
class RouteNode:
    """An agent to be drawn."""

    name: str
    wave: int
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A part of a wave, or all of it, that is drawn as one column."""

    wave: int
    members: tuple[RouteNode, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """A place to draw at. Column n is layer 2n; the layers between are where edges meet.

    node is the agent there; a point without one is passed through.
    """

    layer: int
    node: RouteNode | None = None


@dataclass(slots=True)
class Routes:
    """points, and the links between their numbers; a link leads to a later layer."""

    columns: tuple[Column, ...]
    points: list[Point] = field(default_factory=list)
    links: list[tuple[int, int]] = field(default_factory=list)

    def add(self, point: Point) -> int:
        """Add a point; return its number."""
        self.points.append(point)
        return len(self.points) - 1


def routes(nodes: Sequence[RouteNode], most: int) -> Routes:
    """Return how the edges between `nodes` run; a wave of more than `most` is drawn in several columns.

    What a node needs and is not in an earlier column is left out.
    """
    found = Routes(tuple(_columns(nodes, most)))
    number = {
        node.name: found.add(Point(2 * place, node))
        for place, column in enumerate(found.columns)
        for node in column.members
    }
    ways = _meetings(found, number)
    straight = _vias(found, ways) > _MOST_VIAS * len(nodes)
    for start, ends in ways.items():
        _lead(found, start, sorted(ends, key=lambda end: found.points[end].layer), straight)
    return found


def _columns(nodes: Sequence[RouteNode], most: int) -> Iterable[Column]:
    waves: dict[int, list[RouteNode]] = defaultdict(list)
    for node in nodes:
        waves[node.wave].append(node)
    for wave, members in sorted(waves.items()):
        parts = -(-len(members) // most)
        size = -(-len(members) // parts)
        for start in range(0, len(members), size):
            yield Column(wave, tuple(members[start : start + size]))


def _meetings(found: Routes, number: dict[str, int]) -> dict[int, list[int]]:
    """Add the points at which edges meet; return for each point those that it leads to."""
    readers: dict[tuple[int, tuple[int, ...]], list[int]] = defaultdict(list)
    for reader, point in enumerate(found.points):
        known = {number[need] for need in point.node.needs if need in number} if point.node else ()
        needs = tuple(sorted(n for n in known if found.points[n].layer < point.layer))
        if needs:
            readers[point.layer, needs].append(reader)
    ways: dict[int, list[int]] = defaultdict(list)
    for (layer, needs), ends in readers.items():
        if len(needs) > 1 and len(ends) > 1:
            hub = found.add(Point(layer - 1))
            ways[hub] += ends
            ends = [hub]
        for start in _gathered(found, ways, needs, layer):
            ways[start] += ends
    return ways


def _gathered(
    found: Routes, ways: dict[int, list[int]], needs: tuple[int, ...], layer: int
) -> list[int]:
    """Where the edges from `needs` to `layer` start: those of far columns are gathered behind the column."""
    by_layer: dict[int, list[int]] = defaultdict(list)
    for need in needs:
        by_layer[found.points[need].layer].append(need)
    starts = []
    for start, members in by_layer.items():
        if len(members) > 1 and layer - start > 2:
            hub = found.add(Point(start + 1))
            for member in members:
                ways[member].append(hub)
            members = [hub]
        starts += members
    return starts


def _between(found: Routes, start: int, end: int) -> range:
    """The layers of the columns that an edge passes."""
    first, last = found.points[start].layer, found.points[end].layer
    return range(first // 2 * 2 + 2, last, 2)


def _vias(found: Routes, ways: dict[int, list[int]]) -> int:
    return sum(
        max(len(_between(found, start, end)) for end in ends)
        for start, ends in ways.items()
        if ends
    )


def _lead(found: Routes, start: int, ends: Sequence[int], straight: bool) -> None:
    """Link `start` to each of `ends`, sorted by layer, by one line with branches."""
    here = start
    for end in ends:
        for layer in () if straight else _between(found, here, end):
            via = found.add(Point(layer))
            found.links.append((here, via))
            here = via
        found.links.append((here, end))
