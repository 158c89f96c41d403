"""ninja, on a build.ninja of the same graph."""

from __future__ import annotations

import pathlib

from benchmarks.graphs import Graph
from benchmarks.peers import Peer, Work, nothing, recipe


class Ninja(Peer):
    name = "ninja, by hand"
    program = "ninja"
    way_out = "pip install ninja"

    def write(self, graph: Graph, folder: pathlib.Path, work: Work = nothing) -> None:
        # generator: outputs of which its log knows nothing are taken by their times, as make does.
        rule = "rule agent\n  command = $run\n  generator = 1\n"
        edges = (
            f"build {node.output}: agent {' '.join(node.inputs)}\n"
            f"  run = {recipe(node, work).replace('$', '$$')}\n"
            for node in graph.nodes
        )
        (folder / "hand.ninja").write_text(rule + "".join(edges))

    def words(self, jobs: int) -> list[str]:
        return ["ninja", "--quiet", f"-j{jobs}", "-f", "hand.ninja"]
