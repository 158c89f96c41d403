"""make, on a Makefile of the same graph as a person would write it: the floor of most rows."""

from __future__ import annotations

import pathlib

from benchmarks.graphs import Graph
from benchmarks.peers import Peer, Work, nothing, recipe


class Hand(Peer):
    name = "make, by hand"
    program = "make"
    way_out = "apt-get install make"

    def write(self, graph: Graph, folder: pathlib.Path, work: Work = nothing) -> None:
        outputs = " ".join(node.output for node in graph.nodes)
        rules = (
            f"{node.output}: {' '.join(node.inputs)}\n\t@{recipe(node, work)}\n"
            for node in graph.nodes
        )
        (folder / "hand.mk").write_text(f"all: {outputs}\n" + "".join(rules))

    def words(self, jobs: int) -> list[str]:
        return ["make", "-r", f"-j{jobs}", "-f", "hand.mk"]
