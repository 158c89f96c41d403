"""snakemake: a rule for each agent."""

from __future__ import annotations

import json
import pathlib

from benchmarks.graphs import Graph
from benchmarks.peers import Peer, Work, nothing, recipe


class Snakemake(Peer):
    name = program = "snakemake"
    way_out = "pip install snakemake"
    largest = 1_000

    def write(self, graph: Graph, folder: pathlib.Path, work: Work = nothing) -> None:
        outputs = ", ".join(json.dumps(node.output) for node in graph.nodes)
        rules = (
            f"rule r{number}:\n"
            f"    input: {', '.join(map(json.dumps, node.inputs))}\n"
            f"    output: {json.dumps(node.output)}\n"
            f"    shell: {json.dumps(recipe(node, work))}\n"
            for number, node in enumerate(graph.nodes)
        )
        (folder / "Snakefile").write_text(f"rule all:\n    input: {outputs}\n" + "".join(rules))

    def words(self, jobs: int) -> list[str]:
        return ["snakemake", f"-j{jobs}", "--quiet", "all", "--rerun-triggers", "mtime"]

    def settle(self, graph: Graph) -> list[str]:
        return ["snakemake", "-j1", "--quiet", "all", "--touch"]
