"""What is measured: a module for each table, each with a `measure`."""

from __future__ import annotations

import pathlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from benchmarks.graphs import Graph

MEMORY = pathlib.Path("/dev/shm")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured: agents, jobs at a time, how slow agents are that sleep, bytes of a stream, ...

    reviewers: agents that read the same, and how many bytes.
    steps: agents that answer at once, in each tool of the bill.
    files: of a repository; in_turn, at_work: agents with workspaces, one after the other and at once.
    """

    compiled: tuple[int, ...]
    compiled_on_disk: tuple[int, ...]
    noop: tuple[int, ...]
    stale: int
    run: int
    jobs: tuple[int, ...]
    slower: float
    at_once: int
    stream: int
    billed: int
    reviewers: tuple[int, int]
    files: tuple[int, int]
    in_turn: int
    at_work: tuple[int, int]
    cells: int
    cloned: tuple[int, ...]
    steps: int
    stored: tuple[int, int]


FULL = Sizes(
    (10, 1_000, 10_000, 100_000),
    (10_000,),
    (10, 1_000, 10_000, 100_000),
    10_000,
    200,
    (4, 16),
    3,
    64,
    70_000_000,
    100,
    (8, 100_000),
    (3_000, 50_000),
    20,
    (100, 200),
    1_000,
    (10_000, 100_000),
    1_000,
    (1_000, 10_000),
)
# What can be measured in 25 minutes: a tenth of the largest plans, where a ratio is the same.
DEFAULT = replace(
    FULL,
    compiled=(10, 1_000, 10_000),
    noop=(10, 1_000, 10_000),
    slower=2,
    in_turn=10,
    at_work=(40, 80),
    cloned=(10_000,),
    steps=500,
    stored=(200, 2_000),
)
SHORT = Sizes(
    (10, 40),
    (40,),
    (10, 40),
    40,
    10,
    (4,),
    0.2,
    4,
    700_000,
    10,
    (2, 8_000),
    (40, 40),
    2,
    (2, 4),
    10,
    (40,),
    20,
    (10, 20),
)


@contextmanager
def project(parent: pathlib.Path | None = None) -> Iterator[pathlib.Path]:
    """A folder to measure in, which is removed afterwards; in `parent`, or where temporary files go."""
    top = pathlib.Path(tempfile.mkdtemp(prefix="benchmark-", dir=parent))
    folder = top / "project"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(top, ignore_errors=True)


def without_answers(graph: Graph, folder: pathlib.Path) -> Callable[[], None]:
    """What removes all answers in `folder`, and in its store: every agent is run for the first time."""

    def remove() -> None:
        shutil.rmtree(folder / ".tmp/agents/.store", ignore_errors=True)
        for node in graph.nodes:
            output = folder / node.output
            for path in (output, output.with_name(".answer")):
                path.unlink(missing_ok=True)

    return remove
