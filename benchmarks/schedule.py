"""The bound that no run can beat, and the schedule of one who knows all durations."""

from __future__ import annotations

import heapq

from benchmarks.graphs import Graph


def lower_bound(graph: Graph, jobs: int) -> float:
    """Seconds: the longest chain, or all work shared out evenly, whichever is more."""
    work = sum(node.seconds for node in graph.nodes)
    return max(max(_left(graph).values()), work / jobs)


def list_scheduling(graph: Graph, jobs: int) -> float:
    """Seconds that `graph` takes if whatever is ready and has the longest chain before it goes first."""
    left = _left(graph)
    missing = {node.name: len(node.needs) for node in graph.nodes}
    readers: dict[str, list[str]] = {node.name: [] for node in graph.nodes}
    for node in graph.nodes:
        for need in node.needs:
            readers[need].append(node.name)
    takes = {node.name: node.seconds for node in graph.nodes}
    ready = [(-left[name], name) for name, count in missing.items() if not count]
    heapq.heapify(ready)
    running: list[tuple[float, str]] = []
    now = 0.0
    while ready or running:
        while ready and len(running) < jobs:
            name = heapq.heappop(ready)[1]
            heapq.heappush(running, (now + takes[name], name))
        now, done = heapq.heappop(running)
        for reader in readers[done]:
            missing[reader] -= 1
            if not missing[reader]:
                heapq.heappush(ready, (-left[reader], reader))
    return now


def _left(graph: Graph) -> dict[str, float]:
    """For each node the seconds of the longest chain that begins with it."""
    left = {node.name: node.seconds for node in graph.nodes}
    takes = dict(left)
    for node in reversed(graph.nodes):
        for need in node.needs:
            left[need] = max(left[need], takes[need] + left[node.name])
    return left
