"""What is drawn: agents with their waves, needs and states, whatever the format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class PictureNode:
    """An agent. state is empty if nothing is known of runs; critical: on the longest chain."""

    name: str
    wave: int
    needs: tuple[str, ...]
    state: str = ""
    critical: bool = False
    focused: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """Nodes sorted by wave, each after all that it needs; chain: the longest chain, first to last."""

    title: str
    nodes: tuple[PictureNode, ...]
    chain: tuple[str, ...]

    @property
    def waves(self) -> tuple[tuple[PictureNode, ...], ...]:
        """The nodes of each wave that has any."""
        numbers = sorted({node.wave for node in self.nodes})
        return tuple(tuple(n for n in self.nodes if n.wave == number) for number in numbers)

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """What is needed and what needs it, in the order of the nodes."""
        return tuple((need, node.name) for node in self.nodes for need in node.needs)

    @property
    def critical_edges(self) -> frozenset[tuple[str, str]]:
        """The edges of the longest chain."""
        return frozenset(pairwise(self.chain))


def picture(title: str, nodes: Sequence[PictureNode], chain: Sequence[str]) -> Picture:
    """Return the picture of `nodes`, which are sorted by wave; those in `chain` are critical."""
    known = {node.name for node in nodes}
    on_chain = set(chain)
    marked = (
        replace(
            node,
            needs=tuple(need for need in dict.fromkeys(node.needs) if need in known),
            critical=node.name in on_chain,
        )
        for node in nodes
    )
    return Picture(title, tuple(marked), tuple(chain))


def focus(whole: Picture, name: str) -> Picture:
    """Return what is left of `whole` around the agent `name`: what it needs and what it reaches."""
    needs = {node.name: node.needs for node in whole.nodes}
    above = {name}
    for node in reversed(whole.nodes):
        if node.name in above:
            above.update(needs[node.name])
    below = {name}
    for node in whole.nodes:
        if below.intersection(node.needs):
            below.add(node.name)
    kept = above | below
    nodes = tuple(
        replace(
            node,
            needs=tuple(need for need in node.needs if need in kept),
            focused=node.name == name,
        )
        for node in whole.nodes
        if node.name in kept
    )
    return Picture(whole.title, nodes, whole.chain)
