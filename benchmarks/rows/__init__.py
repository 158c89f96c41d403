"""What is measured: a module for each table, each with a `measure`."""

from __future__ import annotations

import pathlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

MEMORY = pathlib.Path("/dev/shm")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured: numbers of agents, and of jobs at a time."""

    compiled: tuple[int, ...]
    compiled_on_disk: tuple[int, ...]
    noop: tuple[int, ...]
    stale: int
    run: int
    jobs: tuple[int, ...]
    at_once: int


FULL = Sizes(
    (10, 1_000, 10_000, 100_000), (10_000,), (10, 1_000, 10_000, 100_000), 10_000, 200, (4, 16), 64
)
SHORT = Sizes((10, 40), (40,), (10, 40), 40, 10, (4,), 4)


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
