"""Where things stand in a drawing of the graph: a column a wave, neighbours near each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wavemake.ui.report.routes import Point, RouteNode, Routes, routes

_SWEEPS = 6
_HEAD = 34.0  # room above the boxes for the names of the waves
_EDGE = 12.0  # the least distance of two edges that pass a column
_MARGIN = 8.0


@dataclass(frozen=True, slots=True)
class Measures:
    """Sizes in pixels: of an agent's box, and between boxes. most is what stands in one column."""

    width: float
    height: float
    across: float
    between: float
    most: int = 120


@dataclass(frozen=True, slots=True)
class Spot:
    """The box of an agent: its left upper corner."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Header:
    """A column's left edge and the wave it belongs to; first says whether it is the wave's first column."""

    x: float
    wave: int
    agents: int
    first: bool


@dataclass(frozen=True, slots=True)
class Link:
    """A piece of an edge, as an SVG path, between two points; the first points are `Drawing.spots`."""

    start: int
    end: int
    path: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """All that is drawn. spots are in the order of columns; other points are numbered on from them."""

    width: float
    height: float
    measures: Measures
    headers: tuple[Header, ...]
    spots: Mapping[str, Spot]
    links: tuple[Link, ...]


def draw(nodes: Sequence[RouteNode], measures: Measures) -> Drawing:
    """Lay out `nodes`. The same nodes are always drawn alike."""
    found = routes(nodes, measures.most)
    heights = _heights(found, measures)
    step = measures.width + measures.across
    spots = {
        point.node.name: Spot(
            round(_MARGIN + point.layer // 2 * step, 1), round(y - measures.height / 2, 1)
        )
        for point, y in zip(found.points, heights, strict=True)
        if point.node
    }
    headers, seen = [], set()
    for place, column in enumerate(found.columns):
        first = column.wave not in seen
        seen.add(column.wave)
        headers.append(Header(_MARGIN + place * step, column.wave, len(column.members), first))
    links = tuple(
        Link(start, end, _path(found.points, heights, start, end, measures))
        for start, end in found.links
    )
    lowest = max(heights, default=_HEAD) + measures.height / 2
    width = 2 * _MARGIN + max(len(headers), 1) * step - measures.across
    return Drawing(width, round(lowest + _MARGIN, 1), measures, tuple(headers), spots, links)


# --- heights ---


def _heights(found: Routes, measures: Measures) -> list[float]:
    """The height of the middle of every point.

    Layer after layer, there and back, the points are sorted by the mean height of their neighbours and then
    put as near to it as the room between them allows: the barycentric method.
    """
    before: dict[int, list[int]] = defaultdict(list)
    after: dict[int, list[int]] = defaultdict(list)
    for start, end in found.links:
        before[end].append(start)
        after[start].append(end)
    layers: dict[int, list[int]] = defaultdict(list)
    for number, point in enumerate(found.points):
        layers[point.layer].append(number)
    order = [layers[layer] for layer in sorted(layers)]
    sizes = [measures.height + measures.between if p.node else _EDGE for p in found.points]
    y = [0.0] * len(found.points)
    for layer in order:
        _put(layer, [0.0] * len(layer), sizes, y)
    for _ in range(_SWEEPS):
        for layers_in_turn, neighbours in ((order, before), (order[::-1], after)):
            for layer in layers_in_turn:
                wanted = {n: _mean(neighbours.get(n), y, y[n]) for n in layer}
                layer.sort(key=wanted.__getitem__)
                _put(layer, [wanted[n] for n in layer], sizes, y)
    for layer in [*order, *order[::-1]]:
        _put(layer, [_mean([*before[n], *after[n]], y, y[n]) for n in layer], sizes, y)
    top = min((y[n] - sizes[n] / 2 for n in range(len(y))), default=0.0)
    return [value - top + _HEAD for value in y]


def _mean(numbers: Sequence[int] | None, y: Sequence[float], otherwise: float) -> float:
    return sum(y[n] for n in numbers) / len(numbers) if numbers else otherwise


def _put(
    layer: Sequence[int], wanted: Sequence[float], sizes: Sequence[float], y: list[float]
) -> None:
    """Set the heights of a layer, in its order, as near to `wanted` as its sizes allow.

    Least squares under "no nearer than": pooled adjacent violators. A block is [sum of wishes, members].
    """
    blocks: list[tuple[float, int]] = []
    offset, offsets = 0.0, []
    for place, number in enumerate(layer):
        if place:
            offset += (sizes[layer[place - 1]] + sizes[number]) / 2
        offsets.append(offset)
        total, members = wanted[place] - offset, 1
        while blocks and blocks[-1][0] * members > total * blocks[-1][1]:
            other, more = blocks.pop()
            total, members = total + other, members + more
        blocks.append((total, members))
    place = 0
    for total, members in blocks:
        for _ in range(members):
            y[layer[place]] = total / members + offsets[place]
            place += 1


# --- edges ---


def _path(
    points: Sequence[Point], heights: Sequence[float], start: int, end: int, measures: Measures
) -> str:
    """A curve from the right of one point to the left of another, and on through one that is passed."""
    (_, x1), (x2, onward) = _sides(points[start], measures), _sides(points[end], measures)
    y1, y2 = heights[start], heights[end]
    bend = min((x2 - x1) / 2, measures.across)
    through = f"H{onward:.1f}" if onward > x2 and points[end].node is None else ""
    return (
        f"M{x1:.1f} {y1:.1f}C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} "
        f"{x2:.1f} {y2:.1f}{through}"
    )


def _sides(point: Point, measures: Measures) -> tuple[float, float]:
    """The left and the right of what is at a point: a box, the way through a column, or a mere spot."""
    left = _MARGIN + point.layer // 2 * (measures.width + measures.across)
    if point.layer % 2:
        middle = left + measures.width + measures.across / 2
        return middle, middle
    return left, left + measures.width
