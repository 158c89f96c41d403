"""wavemake, on make and on ninja: the plan of the graph is compiled, and its own driver is run."""

from __future__ import annotations

import hashlib
import json
import pathlib
import re
import sys

from benchmarks.graphs import Graph, Node
from benchmarks.peers import Peer, Work, nothing
from benchmarks.timing import run

WAVEMAKE = [sys.executable, "-m", "wavemake"]


def plan(graph: Graph, work: Work = nothing) -> dict[str, object]:
    """The graph as a plan of agents that answer with a checksum of their prompt."""
    return {
        "project": "benchmark",
        "defaults": {"command": "exec cksum"},
        "agents": [_agent(node, work) for node in graph.nodes],
    }


def _agent(node: Node, work: Work) -> dict[str, object]:
    own = {"command": f"{work(node)}cksum"} if work(node) else {}
    task = f"Review {node.name}, with care, and say what you found."
    return {"name": node.name, "task": task, "reads": list(node.needs), **own}


def write_plan(tree: dict[str, object], folder: pathlib.Path) -> None:
    (folder / "plan.json").write_text(json.dumps(tree, indent=1) + "\n")


def sign_task(node: Node, folder: pathlib.Path) -> None:
    """Let the rules carry the checksum of the node's task, as a compilation would."""
    found = hashlib.sha256((folder / node.task).read_bytes()).hexdigest()[:16]
    by_make = rf"(^\t@\S+ \d+/)\w+(?= {node.name}(?: settle)?$)"
    rule = rf"(?m){by_make}|(^  agent = {node.name}\n  .*\n  sum = )\w+"
    for name in ("agents.mk", "agents.ninja"):
        path = folder / ".tmp/agents" / name
        if path.exists():
            path.write_text(re.sub(rule, rf"\g<1>\g<2>{found}", path.read_text()))


class OnMake(Peer):
    """wavemake's Makefile. A recipe is run as its agent's command, of which the output is printed."""

    name = "wavemake"
    program = "make"
    way_out = "apt-get install make"
    backend = "make"

    def write(self, graph: Graph, folder: pathlib.Path, work: Work = nothing) -> None:
        write_plan(plan(graph, work), folder)
        durations = {node.name: node.seconds for node in graph.nodes if node.seconds}
        (folder / "durations.json").write_text(json.dumps(durations))
        known = ["--durations", "durations.json"] if durations else []
        run([*WAVEMAKE, "compile", "plan.json", "-q", "--backend", self.backend, *known], folder)

    def words(self, jobs: int) -> list[str]:
        return ["make", f"-j{jobs}"]


class OnNinja(OnMake):
    """wavemake's build.ninja."""

    name = "wavemake on ninja"
    program = "ninja"
    way_out = "pip install ninja"
    backend = "ninja"

    def words(self, jobs: int) -> list[str]:
        return ["sh", ".tmp/agents/runtime/ninja.sh", f"-j{jobs}"]
