"""doit: a task for each agent, made by one generator."""

from __future__ import annotations

import pathlib

from benchmarks.graphs import Graph
from benchmarks.peers import Peer, Work, nothing, recipe


class Doit(Peer):
    name = program = "doit"
    way_out = "pip install doit"
    largest = 10_000

    def write(self, graph: Graph, folder: pathlib.Path, work: Work = nothing) -> None:
        agents = [(node.name, recipe(node, work), node.inputs, node.output) for node in graph.nodes]
        (folder / "dodo.py").write_text(
            'DOIT_CONFIG = {"verbosity": 0, "reporter": "error-only"}\n'
            f"AGENTS = {agents!r}\n"
            "def task_agent():\n"
            "    for name, command, inputs, output in AGENTS:\n"
            '        yield {"name": name, "actions": [command], "file_dep": inputs, "targets": [output]}\n'
        )

    def words(self, jobs: int) -> list[str]:
        return ["doit", "run", "-n", str(jobs), "-P", "thread"]

    def settle(self, graph: Graph) -> list[str]:
        return ["doit", "reset-dep"]
