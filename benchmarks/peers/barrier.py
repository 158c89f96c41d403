"""An orchestrator of the usual kind: a thread pool, and a wave is waited for as a whole."""

from __future__ import annotations

import json
import pathlib
import sys

from benchmarks.graphs import Graph
from benchmarks.peers import Peer, Work, nothing, recipe

SCRIPT = """\
import concurrent.futures, json, subprocess, sys
def run(command):
    subprocess.run(["sh", "-c", command], check=True)
with concurrent.futures.ThreadPoolExecutor(int(sys.argv[1])) as pool:
    for wave in json.load(open("waves.json")):
        list(pool.map(run, wave))
"""


class Barrier(Peer):
    name = "waves as barriers"
    program = "python3"
    way_out = "it is part of Python"
    version = "of our own"

    def write(self, graph: Graph, folder: pathlib.Path, work: Work = nothing) -> None:
        waves = [[recipe(node, work) for node in wave] for wave in graph.waves]
        (folder / "waves.json").write_text(json.dumps(waves))
        (folder / "barrier.py").write_text(SCRIPT)

    def words(self, jobs: int) -> list[str]:
        return [sys.executable, "barrier.py", str(jobs)]
