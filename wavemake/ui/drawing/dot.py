"""The graph in the language of Graphviz."""

from __future__ import annotations

import re

from wavemake.ui.drawing.picture import Picture, PictureNode

_COLOURS = {
    "done": "palegreen",
    "reused": "palegreen",
    "up to date": "palegreen",
    "pinned": "palegreen",
    "failed": "lightcoral",
    "conflict": "lightcoral",
    "interrupted": "lightcoral",
    "over budget": "lightcoral",
    "blocked": "khaki",
    "waiting": "khaki",
    "asked": "khaki",
    "out of date": "khaki",
    "running": "lightblue",
}


def dot(picture: Picture) -> str:
    """Return a digraph: a rank for each wave, the longest chain in bold."""
    lines = [
        f"digraph {_quoted(picture.title)} {{",
        "  rankdir=LR;",
        '  node [shape=box, style="rounded,filled", fillcolor=white, fontname="sans-serif"];',
    ]
    for wave in picture.waves:
        lines.append(f"  subgraph wave_{wave[0].wave} {{")
        lines.append("    rank=same;")
        lines += [f"    {_node(node)};" for node in wave]
        lines.append("  }")
    critical = picture.critical_edges
    for start, end in picture.edges:
        bold = " [penwidth=3]" if (start, end) in critical else ""
        lines.append(f"  {_quoted(start)} -> {_quoted(end)}{bold};")
    return "\n".join([*lines, "}", ""])


def _node(node: PictureNode) -> str:
    label = f"{node.name}\n{node.state}" if node.state else node.name
    given = {
        "label": _quoted(label),
        "fillcolor": _COLOURS.get(node.state, ""),
        "penwidth": "4" if node.focused else "3" if node.critical else "",
    }
    attributes = ", ".join(f"{key}={value}" for key, value in given.items() if value)
    return f"{_quoted(node.name)} [{attributes}]"


def _quoted(text: str) -> str:
    """A string of DOT: a backslash begins an escape there, and a control character has no business."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + re.sub(r"[\x00-\x1f\x7f]", " ", plain) + '"'
