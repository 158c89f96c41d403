"""The graph of agents: cycles, waves, the longest chains. networkx is used here alone."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

import networkx as nx


class Graph:
    """Agents and what each needs; an edge goes from what is needed to what needs it."""

    def __init__(self, needs: Mapping[str, Iterable[str]]) -> None:
        """Build from `needs`: for each agent the agents that must be done before it."""
        self._graph: nx.DiGraph[str] = nx.DiGraph()
        self._graph.add_nodes_from(needs)
        self._graph.add_edges_from((need, name) for name, all in needs.items() for need in all)

    def cycles(self) -> list[list[str]]:
        """Return a cycle for each knot of agents that need each other, in order, first not repeated.

        It is a shortest one through the first name of the knot in the alphabet.
        """
        knots = nx.strongly_connected_components(self._graph)
        return sorted(self._cycle(min(knot)) for knot in knots if len(knot) > 1)

    def _cycle(self, start: str) -> list[str]:
        came_from: dict[str, str] = {}
        queue = deque([start])
        while start not in came_from:
            name = queue.popleft()
            for after in self._graph.successors(name):
                if after not in came_from:
                    came_from[after] = name
                    queue.append(after)
        cycle = [start]
        while came_from[cycle[-1]] != start:
            cycle.append(came_from[cycle[-1]])
        return [start, *cycle[:0:-1]]

    def waves(self) -> dict[str, int]:
        """Return each agent's wave, from 1: one more than the latest of what it needs.

        Empty if there is a cycle.
        """
        layers = nx.topological_generations(self._graph)
        try:
            return {name: wave for wave, layer in enumerate(layers, 1) for name in layer}
        except nx.NetworkXUnfeasible:
            return {}

    def critical_path(self, waves: Mapping[str, int]) -> list[str]:
        """Return a longest chain of agents, first to last, given `waves()` of this graph.

        Empty if there is a cycle.
        """
        if not waves:
            return []
        name = min(waves, key=lambda each: (-waves[each], each))
        chain = [name]
        while waves[name] > 1:
            name = min(n for n in self._graph.predecessors(name) if waves[n] == waves[name] - 1)
            chain.append(name)
        return chain[::-1]


def work_left(
    needs: dict[str, Sequence[str]], seconds: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Return for each agent how long the longest chain takes that begins with it.

    needs: for each agent those that must be done before it, which stand before it. seconds: how long an agent
    takes; one that is not known takes as long as the known do in the middle, or 1.

    >>> work_left({"a": [], "b": ["a"], "c": ["a"], "d": ["c"]}, {"b": 5, "c": 1, "d": 1})
    {'a': 6.0, 'b': 5.0, 'c': 2.0, 'd': 1.0}
    """
    known = seconds or {}
    usual = statistics.median(known.values()) if known else 1.0
    takes = {name: float(known.get(name, usual)) for name in needs}
    left = dict(takes)
    for name in reversed(needs):
        for need in needs[name]:
            left[need] = max(left[need], takes[need] + left[name])
    return left
