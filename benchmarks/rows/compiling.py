"""Compile at growing sizes: time and memory, beside loading the plan and writing the same bytes."""

from __future__ import annotations

import json
import pathlib
import shutil
import sys

from benchmarks.graphs import layered
from benchmarks.peers.ours import WAVEMAKE, plan, write_plan
from benchmarks.rows import MEMORY, Sizes, project
from benchmarks.table import Table, median
from benchmarks.timing import command, run

FLOOR = """\
import json, os, sys
with open("plan.json") as file:
    json.load(file)
with open("../names.json") as file:
    names = json.load(file)
texts = open("../bytes", "rb", buffering=0)
for name, size in names:
    try:
        file = open(name, "wb", buffering=0)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(name))
        file = open(name, "wb", buffering=0)
    file.write(texts.read(size))
    file.close()
"""


def measure(table: Table, sizes: Sizes) -> None:
    table.section(
        "Compile",
        "The floor: `json.load` of the plan, and writing the same bytes to files of the same names. Each time"
        " all files are new. In memory, where writing is nearly free, and on the disk.",
    )
    if MEMORY.is_dir():
        medians = [_compile(table, agents, MEMORY) for agents in sizes.compiled]
        _growth(table, sizes.compiled[-2:], medians[-2:])
    for agents in sizes.compiled_on_disk:
        _compile(table, agents, None)
    _check(table, sizes.stale)


def _compile(table: Table, agents: int, parent: pathlib.Path | None) -> tuple[float, int]:
    """Add the rows for one size; the median of our seconds, and our memory in bytes."""
    with project(parent) as folder:
        write_plan(plan(layered(agents)), folder)
        words = [*WAVEMAKE, "compile", "plan.json", "-q"]
        run(words, folder)
        _remember(folder)

        def clear() -> None:
            shutil.rmtree(folder / ".tmp", ignore_errors=True)
            (folder / "Makefile").unlink(missing_ok=True)

        what = f"{agents:,} agents, {'in memory' if parent else 'on disk'}"
        floor = command([sys.executable, "-c", FLOOR], folder, clear)
        ours = command(words, folder, clear)
        costs = table.compare(
            what, {"floor": floor, "wavemake": ours}, {"wavemake": "2" if agents >= 1_000 else ""}
        )["wavemake"]
        return (median(costs), max(each.peak for each in costs)) if costs else (0.0, 0)


def _remember(folder: pathlib.Path) -> None:
    """Put all that was compiled beside the folder: the names with their sizes, and the bytes."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != "plan.json"]
    with (folder.parent / "bytes").open("wb") as file:
        names = [(str(path.relative_to(folder)), file.write(path.read_bytes())) for path in paths]
    (folder.parent / "names.json").write_text(json.dumps(names))


def _growth(table: Table, agents: tuple[int, ...], found: list[tuple[float, int]]) -> None:
    (seconds, memory), (more_seconds, more_memory) = found
    if seconds and memory:
        table.add(
            f"| from {agents[0]:,} to {agents[1]:,} agents ({agents[1] / agents[0]:.0f} times) | wavemake "
            f"| {more_seconds / seconds:.1f} times | | {more_memory / memory:.1f} times | | linear |"
        )


def _check(table: Table, agents: int) -> None:
    with project() as folder:
        write_plan(plan(layered(agents)), folder)
        load = "import json; json.load(open('plan.json'))"
        table.compare(
            f"check {agents:,} agents, with all lints",
            {
                "json.load": command([sys.executable, "-c", load], folder),
                "wavemake": command([*WAVEMAKE, "check", "plan.json"], folder),
            },
        )
