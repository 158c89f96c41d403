"""The graph in Mermaid, as GitHub and others draw it in Markdown."""

from __future__ import annotations

from wavemake.ui.drawing.picture import Picture

_CLASSES = {
    "good": ("fill:#dff3e0,stroke:#2e7d32", ("done", "reused", "up to date", "pinned")),
    "bad": ("fill:#fde0dc,stroke:#c62828", ("failed", "conflict", "interrupted", "over budget")),
    "held": (
        "fill:#fff3cd,stroke:#8d6e00",
        ("blocked", "waiting", "asked", "running", "out of date"),
    ),
}


def mermaid(picture: Picture) -> str:
    """Return a flowchart: waves from left to right, states as classes, the longest chain with thick edges."""
    ids = {node.name: f"a{number}" for number, node in enumerate(picture.nodes)}
    lines = ["flowchart LR"]
    for wave in picture.waves:
        lines.append(f'  subgraph wave{wave[0].wave}["wave {wave[0].wave}"]')
        lines += [f'    {ids[node.name]}["{_label(node.name, node.state)}"]' for node in wave]
        lines.append("  end")
    critical = picture.critical_edges
    for start, end in picture.edges:
        arrow = "==>" if (start, end) in critical else "-->"
        lines.append(f"  {ids[start]} {arrow} {ids[end]}")
    for name, (style, states) in _CLASSES.items():
        members = [ids[node.name] for node in picture.nodes if node.state in states]
        if members:
            lines += [f"  classDef {name} {style}", f"  class {','.join(members)} {name}"]
    focused = [ids[node.name] for node in picture.nodes if node.focused]
    lines += [f"  style {each} stroke-width:4px" for each in focused]
    return "\n".join(lines) + "\n"


def _label(name: str, state: str) -> str:
    """An agent's name is plain: letters, digits, `_`, `-` and `.`."""
    return f"{name}<br/>{state}" if state else name
