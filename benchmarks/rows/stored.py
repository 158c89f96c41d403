"""Answers that all come from the store: whether ten times as many take ten times as long."""

from __future__ import annotations

import hashlib
import json
import pathlib

from benchmarks.graphs import FOLDER, Graph, layered
from benchmarks.peers import note, paid
from benchmarks.peers.all import OURS
from benchmarks.rows import MEMORY, Sizes, project
from benchmarks.rows.cloned import answer_all
from benchmarks.table import Table, median
from benchmarks.timing import Action, Cost, counted, run

JOBS = 4
LIMIT = 900.0
"""Seconds: ten thousand recipes take minutes."""


def measure(table: Table, sizes: Sizes) -> None:
    table.section(
        "Answers from the store",
        "The store has the answers of all agents, the project has none: what a branch, a worktree or an edit"
        " that is taken back finds. In memory; one that takes seconds is run once.",
    )
    few, many = sizes.stored
    costs = {agents: _measure(table, agents) for agents in (few, many)}
    ratio = median(costs[many]) / median(costs[few])
    what = f"from {few:,} to {many:,} answers ({many // few} times)"
    table.add(f"| {what} | wavemake | {ratio:.1f} times | | | | linear |")


def _measure(table: Table, agents: int) -> list[Cost]:
    name = "wavemake"
    with project(MEMORY if MEMORY.is_dir() else None) as folder:
        graph = layered(agents)
        OURS[0].write(graph, folder, note)
        answer_all(graph, folder)
        store_all(graph, folder)
        action = counted(_action(graph, folder), lambda: paid(folder))
        costs = table.compare(f"{agents:,} answers from the store", {name: action}, {name: "0 run"})
    return costs[name] or []


def _action(graph: Graph, folder: pathlib.Path) -> Action:
    def action() -> Cost:
        for node in graph.nodes:
            (folder / node.output).unlink(missing_ok=True)
        return run(OURS[0].words(JOBS), folder, LIMIT)

    return action


def store_all(graph: Graph, folder: pathlib.Path) -> None:
    """Put the answer of each agent, and an entry for its key, into the store, as agents that ran would."""
    store = folder / FOLDER / ".store"
    for node in graph.nodes:
        answer = (folder / node.output).read_bytes()
        checksum = hashlib.sha256(answer).hexdigest()
        key, _, _ = (folder / node.output).with_name("key").read_text().partition("output ")
        entry = {
            "schema": 1,
            "key": key.splitlines(),
            "output": checksum,
            "records": [],
            "agent": node.name,
            "model": "",
            "when": 1700000000,
        }
        line = json.dumps(entry, separators=(",", ":")) + "\n"
        name = hashlib.sha256(f"wavemake 1\n{key}".encode()).hexdigest()
        for kind, of, data in (("cas", checksum, answer), ("ac", name, line.encode())):
            path = store / kind / of[:2] / of
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
