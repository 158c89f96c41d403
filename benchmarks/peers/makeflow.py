"""Makeflow, of the Cooperative Computing Tools: rules as in make, and a log of what was run."""

from __future__ import annotations

import pathlib

from benchmarks.graphs import Graph
from benchmarks.peers import Peer, Work, nothing, recipe


class Makeflow(Peer):
    name = program = "makeflow"
    way_out = "apt-get install coop-computing-tools"
    largest = 1_000

    def write(self, graph: Graph, folder: pathlib.Path, work: Work = nothing) -> None:
        rules = (
            f"{node.output}: {' '.join(node.inputs)}\n\t{recipe(node, work)}\n\n"
            for node in graph.nodes
        )
        (folder / "hand.makeflow").write_text("".join(rules))

    def words(self, jobs: int) -> list[str]:
        return ["makeflow", "-T", "local", "-j", str(jobs), "hand.makeflow"]

    def settle(self, graph: Graph) -> list[str]:
        return self.words(4)
