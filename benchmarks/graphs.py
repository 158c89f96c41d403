"""Graphs of agents, of any size: what all contenders are given, each in its own language."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

FOLDER = ".tmp/agents"


@dataclass(frozen=True, slots=True)
class Node:
    """An agent: the agents that it reads, and how long it works where that matters."""

    name: str
    needs: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def task(self) -> str:
        return f"{FOLDER}/{self.name}/task.md"

    @property
    def output(self) -> str:
        return output_of(self.name)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The files that must be there before it starts."""
        return (self.task, *map(output_of, self.needs))


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes, each after all that it needs."""

    name: str
    nodes: tuple[Node, ...]

    @property
    def waves(self) -> list[list[Node]]:
        """The nodes by wave: one more than the latest wave of what is needed."""
        number: dict[str, int] = {}
        waves: list[list[Node]] = []
        for node in self.nodes:
            wave = number[node.name] = 1 + max((number[n] for n in node.needs), default=-1)
            waves[wave:] = waves[wave:] or [[]]
            waves[wave].append(node)
        return waves


def output_of(name: str) -> str:
    return f"{FOLDER}/{name}/output.md"


def layered(agents: int, layers: int = 10) -> Graph:
    """Agents in layers of one width, each of which reads three of the layer before its own."""
    width = max(agents // layers, 1)
    nodes = []
    for number in range(agents):
        layer, place = divmod(number, width)
        before = {(layer - 1) * width + (place + step) % width for step in range(3)}
        needs = tuple(f"review-part-{each}" for each in sorted(before)) if layer else ()
        nodes.append(Node(f"review-part-{number}", needs))
    return Graph("layered", tuple(nodes))


def random_layers(seed: int, agents: int = 48, layers: int = 6) -> Graph:
    """Agents in layers of any width; durations differ by a factor of twenty, as those of models do."""
    draw = random.Random(seed)
    widths = [1 + draw.randrange(2 * agents // layers - 1) for _ in range(layers)]
    nodes: list[Node] = []
    before: list[str] = []
    for layer, width in enumerate(widths):
        names = [f"layer-{layer}-{place}" for place in range(width)]
        for name in names:
            needs = tuple(sorted(draw.sample(before, min(len(before), draw.randint(1, 3)))))
            nodes.append(Node(name, needs, 0.05 * 20 ** draw.random()))
        before = names
    return Graph(f"random layers {seed}", tuple(nodes))


def fork_join(seed: int = 1, forks: int = 3, width: int = 14) -> Graph:
    """A plan, workers, and one that joins them, three times over."""
    draw = random.Random(seed)
    nodes, last = [Node("start", (), 0.1)], "start"
    for fork in range(forks):
        workers = [f"work-{fork}-{place}" for place in range(width)]
        nodes += [Node(name, (last,), 0.05 + draw.random() / 2) for name in workers]
        last = f"join-{fork}"
        nodes.append(Node(last, tuple(workers), 0.1))
    return Graph("fork-join", tuple(nodes))


def montage(seed: int = 1, images: int = 12) -> Graph:
    """The shape of the astronomers' Montage: project, difference, fit, correct, add."""
    draw = random.Random(seed)
    project = [Node(f"project-{n}", (), 0.2 + draw.random() / 3) for n in range(images)]
    pairs = [(n, m) for n in range(images) for m in (n + 1, n + 2) if m < images]
    diff = [
        Node(f"diff-{n}-{m}", (f"project-{n}", f"project-{m}"), 0.05 + draw.random() / 10)
        for n, m in pairs
    ]
    fit = Node("fit", tuple(node.name for node in diff), 0.2)
    model = Node("model", ("fit",), 0.3)
    correct = [
        Node(f"correct-{n}", (f"project-{n}", "model"), 0.05 + draw.random() / 5)
        for n in range(images)
    ]
    table = Node("table", tuple(node.name for node in correct), 0.1)
    end = [table, Node("add", ("table",), 0.4), Node("shrink", ("add",), 0.1)]
    return Graph("Montage-like", (*project, *diff, fit, model, *correct, *end))


def chains(seed: int = 1, length: int = 6, fillers: int = 30) -> Graph:
    """Two long chains among many agents that nobody waits for: what is started first matters."""
    draw = random.Random(seed)

    def nodes() -> Iterator[Node]:
        for filler in range(fillers):
            yield Node(f"filler-{filler}", (), 0.05 + draw.random() / 3)
        for chain in range(2):
            for link in range(length):
                needs = (f"chain-{chain}-{link - 1}",) if link else ()
                yield Node(f"chain-{chain}-{link}", needs, 0.3)

    return Graph("chains and fillers", tuple(nodes()))


def workflows(slower: float = 1) -> list[Graph]:
    """The graphs whose makespan is measured; agents work `slower` times as long as they are written here."""
    graphs = [random_layers(1), random_layers(2), fork_join(), montage(), chains()]
    return [
        replace(graph, nodes=tuple(replace(n, seconds=n.seconds * slower) for n in graph.nodes))
        for graph in graphs
    ]
