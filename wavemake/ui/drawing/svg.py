"""The graph as an SVG that needs nothing else: no script, no font, no network."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from wavemake.compiler.render import render
from wavemake.ui.drawing.picture import Picture, PictureNode
from wavemake.ui.report import routes
from wavemake.ui.report.graph_view import ways
from wavemake.ui.report.layout import Drawing, Measures, draw
from wavemake.ui.report.words import shortened

_LETTER = 7.0  # pixels; width in the font of names
_NARROW, _WIDE = 8, 30  # letters of a name
_KINDS = {
    **dict.fromkeys(("done", "reused", "up to date", "pinned"), "good"),
    **dict.fromkeys(("failed", "conflict", "interrupted", "over budget"), "bad"),
    **dict.fromkeys(("blocked", "waiting", "asked", "running", "out of date"), "held"),
}


def svg(picture: Picture) -> str:
    """Return the picture: waves from left to right, states as colours, the longest chain in bold."""
    longest = max(len(node.name) for node in picture.nodes)
    letters = min(max(longest, _NARROW), _WIDE)
    measures = Measures(width=letters * _LETTER + 20, height=36.0, across=56.0, between=10.0)
    nodes = [routes.RouteNode(node.name, node.wave, node.needs) for node in picture.nodes]
    drawing = draw(nodes, measures)
    by_name = {node.name: node for node in picture.nodes}
    return render(
        "graph/graph.svg.j2",
        title=picture.title,
        d=drawing,
        links=_links(picture, drawing),
        boxes=[_box(by_name[name], drawing, letters) for name in drawing.spots],
    )


def _links(picture: Picture, drawing: Drawing) -> list[tuple[str, bool]]:
    numbers = {name: number for number, name in enumerate(drawing.spots)}
    chain = pairwise(numbers[name] for name in picture.chain if name in numbers)
    critical = ways(drawing.links, chain, len(numbers))
    return [(link.path, number in critical) for number, link in enumerate(drawing.links)]


def _box(node: PictureNode, drawing: Drawing, letters: int) -> Mapping[str, object]:
    spot = drawing.spots[node.name]
    classes = [
        _KINDS.get(node.state, ""),
        "critical" if node.critical else "",
        "focused" if node.focused else "",
    ]
    return {
        "x": spot.x,
        "y": spot.y,
        "classes": " ".join(filter(None, ["box", *classes])),
        "label": shortened(node.name, letters),
        "state": node.state,
        "title": f"{node.name}: {node.state}" if node.state else node.name,
    }
