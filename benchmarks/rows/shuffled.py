"""What a clone does: every file has another time, and none another content."""

from __future__ import annotations

import os
import pathlib
import random
import time

from benchmarks.graphs import FOLDER, layered
from benchmarks.peers import PAID, note, paid, write_tasks
from benchmarks.peers.all import RERUNNERS
from benchmarks.rows import Sizes, project
from benchmarks.table import Table
from benchmarks.timing import LIMIT, Action, TooLong, command, counted, run

JOBS = 4


def measure(table: Table, sizes: Sizes) -> None:
    table.section(
        "All times shuffled",
        "As `git clone` does it: the same contents, other times. How long the next run takes, and how many"
        " agents it runs, which are to be 0. Each tool has run the graph itself before.",
    )
    graph = layered(sizes.run)
    what = f"shuffled, {sizes.run:,} agents"
    actions: dict[str, Action] = {}
    with project() as top:
        for peer in RERUNNERS:
            if not peer.version:
                table.absent(what, peer.name, peer.way_out)
                continue
            folder = top / peer.name.replace(" ", "-")
            folder.mkdir()
            peer.write(graph, folder, note)
            write_tasks(graph, folder)
            try:
                run(peer.words(JOBS), folder)
            except TooLong:
                table.absent(what, peer.name, f"its first run took over {LIMIT:.0f} s")
                continue
            actions[peer.name] = _after_shuffling(folder, peer.words(JOBS))
        table.compare(what, actions, {"wavemake": "0 run", "wavemake on ninja": "0 run"})


def _after_shuffling(folder: pathlib.Path, words: list[str]) -> Action:
    draw = random.Random(1)
    log = folder / PAID
    # A clone's files are newer than any run that a tool may have recorded.
    begin = [time.time_ns()]

    def shuffle() -> None:
        log.unlink(missing_ok=True)
        end = time.time_ns()
        for path in (folder / FOLDER).glob("*/*.md"):
            when = draw.randrange(begin[0], end)
            os.utime(path, ns=(when, when))

    def count() -> int:
        begin[0] = time.time_ns()
        return paid(folder)

    return counted(command(words, folder, shuffle), count)
