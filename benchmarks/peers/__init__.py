"""What wavemake is measured against: a module each. All are given the same graph and the same files."""

from __future__ import annotations

import pathlib
import re
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property

from benchmarks.graphs import Graph, Node
from benchmarks.timing import environment

PAID = "paid.log"

Work = Callable[[Node], str]
"""What a node does before it makes its output: the beginning of a shell command."""


def nothing(node: Node) -> str:
    """No work: what is left is the overhead."""
    return ""


def sleep(node: Node) -> str:
    """An agent that works for a while."""
    return f"sleep {node.seconds:.3f} && "


def note(node: Node) -> str:
    """Leave a trace of having been run."""
    return f"echo run >> {PAID} && "


def paid(folder: pathlib.Path) -> int:
    """How many nodes have left their trace."""
    log = folder / PAID
    return len(log.read_text().split()) if log.exists() else 0


def recipe(node: Node, work: Work) -> str:
    """The shell command that makes a node's output: the least that it can do, after its work."""
    return f"{work(node)}cat {node.task} > {node.output}"


class Peer(ABC):
    """A tool that runs a graph. largest: the most agents that it is asked to run in good time."""

    name: str
    program: str
    way_out: str
    largest = 10**9

    @cached_property
    def version(self) -> str:
        """Its version, or an empty string if it is absent."""
        if not shutil.which(self.program, path=environment()["PATH"]):
            return ""
        done = subprocess.run(
            [self.program, "--version"],
            capture_output=True,
            text=True,
            check=False,
            env=environment(),
        )
        found = re.search(r"\d+(\.\d+)+", done.stdout + done.stderr)
        return found[0] if found else "of unknown version"

    @abstractmethod
    def write(self, graph: Graph, folder: pathlib.Path, work: Work = nothing) -> None:
        """Write what the tool reads into `folder`."""

    @abstractmethod
    def words(self, jobs: int) -> list[str]:
        """The command that makes all outputs, `jobs` at a time."""

    def settle(self, graph: Graph) -> list[str]:
        """The command after which the outputs that are there count as made; none is needed if empty."""
        return []


def write_tasks(graph: Graph, folder: pathlib.Path) -> None:
    """Write the task of each node, which its recipe reads, where wavemake has not written it."""
    for node in graph.nodes:
        path = folder / node.task
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"Review {node.name}, with care, and say what you found.\n")
