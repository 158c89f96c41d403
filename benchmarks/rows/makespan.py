"""How long a graph takes from start to end, over the least that it could take."""

from __future__ import annotations

import statistics

from benchmarks.graphs import Graph, workflows
from benchmarks.peers import Peer, sleep, write_tasks
from benchmarks.peers.all import SCHEDULERS
from benchmarks.rows import Sizes, project, without_answers
from benchmarks.schedule import list_scheduling, lower_bound
from benchmarks.table import Table, seconds
from benchmarks.timing import Cost, command, in_turn

PERFECT = "list scheduling, simulated"


def measure(table: Table, sizes: Sizes) -> None:
    table.add(
        "\n### Makespan\n\nAgents that sleep, for times that differ. The ratio is to the lower bound: the"
        " longest chain, or all work shared out evenly, whichever is more. List scheduling is computed: it"
        " knows all times, and costs nothing. wavemake is given the times by `--durations`. Each is run once."
        "\n"
    )
    peers = [peer for peer in SCHEDULERS if peer.version]
    names = [PERFECT, *(peer.name for peer in peers)]
    table.add(f"| graph | agents | -j | lower bound | {' | '.join(names)} |")
    table.add("|---" * (4 + len(names)) + "|")
    ratios = {
        (graph.name, jobs): _row(table, graph, jobs, peers)
        for graph in workflows(sizes.slower)[: None if len(sizes.jobs) > 1 else 1]
        for jobs in sizes.jobs
    }
    for label, combine in (("median", statistics.median), ("most", max)):
        cells = [f"{combine(row[name] for row in ratios.values()):.2f}" for name in names]
        table.add(f"| **{label}** | | | | {' | '.join(cells)} |")


def _row(table: Table, graph: Graph, jobs: int, peers: list[Peer]) -> dict[str, float]:
    bound = lower_bound(graph, jobs)
    ratios = {PERFECT: list_scheduling(graph, jobs) / bound}
    with project() as top:
        actions = {}
        for peer in peers:
            folder = top / peer.name.replace(" ", "-")
            folder.mkdir()
            peer.write(graph, folder, sleep)
            write_tasks(graph, folder)
            actions[peer.name] = command(peer.words(jobs), folder, without_answers(graph, folder))
        for name, costs in in_turn(actions, 1, table.patience).items():
            ratios[name] = statistics.median(each.seconds for each in costs or [Cost(0)]) / bound
    cells = " | ".join(f"{ratio:.2f}" for ratio in ratios.values())
    table.add(f"| {graph.name} | {len(graph.nodes)} | {jobs} | {seconds(bound)} | {cells} |")
    return ratios
