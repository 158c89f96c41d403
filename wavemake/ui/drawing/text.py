"""The graph for a terminal: drawn with lines where it fits, else as a list by wave."""

from __future__ import annotations

import textwrap

from wavemake.ui.drawing.grid import grid
from wavemake.ui.drawing.picture import Picture, PictureNode

# Past this, lines are hard to follow.
_MOST_EDGES = 120


def text(picture: Picture, width: int) -> list[str]:
    """Return the lines of `picture`, at most `width` wide unless a single name is wider."""
    labels = {node.name: label(node) for node in picture.nodes}
    drawn = grid(picture, labels) if len(picture.edges) <= _MOST_EDGES else None
    if drawn is None or max(map(len, drawn)) > width:
        drawn = _listed(picture, width)
    chain = picture.chain
    if len(chain) > 1:
        shown = chain if len(chain) <= 8 else [*chain[:3], "...", *chain[-3:]]
        caption = f"* the longest chain is {len(chain)}: {' -> '.join(shown)}"
        drawn = [*drawn, "", *textwrap.wrap(caption, max(width, 20), subsequent_indent="  ")]
    return drawn


def label(node: PictureNode) -> str:
    """Return how an agent is written: starred on the longest chain, with its state in parentheses."""
    name = f"[{node.name}]" if node.focused else node.name
    return f"{'*' if node.critical else ''}{name}{f' ({node.state})' if node.state else ''}"


def _listed(picture: Picture, width: int) -> list[str]:
    lines = []
    for wave in picture.waves:
        lines.append(f"wave {wave[0].wave}")
        for node in wave:
            needs = f" <- {', '.join(node.needs)}" if node.needs else ""
            lines += textwrap.wrap(
                f"{label(node)}{needs}",
                max(width, 20),
                initial_indent="  ",
                subsequent_indent="      ",
                break_long_words=False,
                break_on_hyphens=False,
            )
    return lines
