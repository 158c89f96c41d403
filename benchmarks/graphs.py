"""Plans of any size, and the same graph as a Makefile that a person would write."""

from __future__ import annotations

import json
import pathlib

READS = 3


def layered(agents: int, layers: int = 10, command: str = "exec cksum") -> dict[str, object]:
    """A plan of `agents` in `layers`; each agent reads three of the layer before its own."""
    width = max(agents // layers, 1)
    items = []
    for number in range(agents):
        layer, place = divmod(number, width)
        reads = [f"agent-{(layer - 1) * width + (place + k) % width}" for k in range(READS)]
        items.append(
            {
                "name": f"agent-{number}",
                "task": f"Do part {place} of layer {layer}, with care, and say what you did.",
                "reads": sorted(set(reads)) if layer else [],
            }
        )
    return {"project": "benchmark", "defaults": {"command": command}, "agents": items}


def hand_written(plan: dict[str, object], folder: pathlib.Path) -> None:
    """Write bare.mk and its inputs: the graph of `plan`, each recipe a bare cat."""
    agents: list[dict[str, object]] = plan["agents"]  # type: ignore[assignment]
    lines = ["all: " + " ".join(f"bare/{agent['name']}/output.md" for agent in agents)]
    for agent in agents:
        own = folder / "bare" / str(agent["name"])
        own.mkdir(parents=True, exist_ok=True)
        (own / "task.md").write_text(str(agent["task"]) + "\n")
        reads: list[str] = agent["reads"]  # type: ignore[assignment]
        inputs = " ".join(f"bare/{name}/output.md" for name in reads)
        target = f"bare/{agent['name']}"
        lines.append(f"{target}/output.md: {target}/task.md {inputs}\n\t@cat {target}/task.md > $@")
    (folder / "bare.mk").write_text("\n".join(lines) + "\n")


def write_plan(plan: dict[str, object], folder: pathlib.Path) -> None:
    """Write plan.json."""
    (folder / "plan.json").write_text(json.dumps(plan, indent=1) + "\n")
