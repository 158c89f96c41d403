"""The graph of agents: cycles, waves, the longest chains. networkx is used here alone."""

from __future__ import annotations

import graphlib
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import networkx as nx


class Graph:
    """Agents and what each needs; an edge goes from what is needed to what needs it."""

    def __init__(self, needs: Mapping[str, Iterable[str]]) -> None:
        """Build from `needs`: for each agent the agents that must be done before it."""
        self._needs = {name: tuple(before) for name, before in needs.items()}

    def cycles(self) -> list[list[str]]:
        """Return a cycle for each knot of agents that need each other, in order, first not repeated.

        It is a shortest one through the first name of the knot in the alphabet.
        """
        # Imported here: it takes longer than compiling a small plan, and most plans have no cycle.
        import networkx as nx

        graph: nx.DiGraph[str] = nx.DiGraph()
        graph.add_nodes_from(self._needs)
        graph.add_edges_from((need, name) for name, needs in self._needs.items() for need in needs)
        knots = nx.strongly_connected_components(graph)
        return sorted(_cycle(graph, min(knot)) for knot in knots if len(knot) > 1)

    def waves(self) -> dict[str, int]:
        """Return each agent's wave, from 1: one more than the latest of what it needs.

        Empty if there is a cycle.
        """
        waves: dict[str, int] = {}
        try:
            for name in graphlib.TopologicalSorter(self._needs).static_order():
                waves[name] = 1 + max(
                    (waves[need] for need in self._needs.get(name, ())), default=0
                )
        except graphlib.CycleError:
            return {}
        return waves

    def critical_path(self, waves: Mapping[str, int]) -> list[str]:
        """Return a longest chain of agents, first to last, given `waves()` of this graph.

        Empty if there is a cycle.
        """
        if not waves:
            return []
        name = min(waves, key=lambda each: (-waves[each], each))
        chain = [name]
        while waves[name] > 1:
            name = min(need for need in self._needs[name] if waves[need] == waves[name] - 1)
            chain.append(name)
        return chain[::-1]


def _cycle(graph: nx.DiGraph[str], start: str) -> list[str]:
    """A shortest cycle through `start`."""
    came_from: dict[str, str] = {}
    queue = deque([start])
    while start not in came_from:
        name = queue.popleft()
        for after in graph.successors(name):
            if after not in came_from:
                came_from[after] = name
                queue.append(after)
    cycle = [start]
    while came_from[cycle[-1]] != start:
        cycle.append(came_from[cycle[-1]])
    return [start, *cycle[:0:-1]]


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
    usual = _middle(known.values()) if known else 1.0
    takes = {name: float(known.get(name, usual)) for name in needs}
    left = dict(takes)
    for name in reversed(needs):
        for need in needs[name]:
            left[need] = max(left[need], takes[need] + left[name])
    return left


def _middle(values: Iterable[float]) -> float:
    """The median. The module statistics takes longer to import than this to write."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return (ordered[half] + ordered[~half]) / 2
