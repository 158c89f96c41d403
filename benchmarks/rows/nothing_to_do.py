"""Runs that find nothing, or next to nothing, to do; all tools look at the same files."""

from __future__ import annotations

import itertools
import os
import pathlib
import time

from benchmarks.graphs import Graph, layered
from benchmarks.peers import PAID, Peer, note, paid, write_tasks
from benchmarks.peers.all import FLOOR, OURS, RERUNNERS
from benchmarks.peers.ours import sign_task
from benchmarks.rows import Sizes, project
from benchmarks.table import Table
from benchmarks.timing import LIMIT, Action, TooLong, command, counted, run

JOBS = 4
TICK = 0.02  # seconds: a file's time is as coarse as the kernel's clock


def measure(table: Table, sizes: Sizes) -> None:
    table.section(
        "Nothing to do, and one stale agent",
        "The floor: make, with a Makefile of the same graph that is written by hand. A run that finds all up"
        " to date; then one in which the task of an agent that nobody reads has changed.",
    )
    for agents in sizes.noop:
        with project() as folder:
            ready = _prepared(table, layered(agents), folder)
            actions = {peer.name: command(peer.words(JOBS), folder) for peer in ready}
            goals = {OURS[0].name: "1.1"} if agents >= sizes.stale else {}
            table.compare(f"no-op, {agents:,} agents", actions, goals)
            if agents == sizes.stale:
                _one_stale(table, layered(agents), folder, ready)


def _prepared(table: Table, graph: Graph, folder: pathlib.Path) -> list[Peer]:
    """Let all tools believe that the agents have been run; those that do, the floor first."""
    for ours in [peer for peer in OURS if peer.version]:
        ours.write(graph, folder, note)
    write_tasks(graph, folder)
    ready = []
    what = f"no-op, {len(graph.nodes):,} agents"
    for peer in RERUNNERS:
        if not peer.version:
            table.absent(what, peer.name, peer.way_out)
        elif len(graph.nodes) <= peer.largest:
            if peer not in OURS:
                peer.write(graph, folder, note)
            ready.append(peer)
    _pretend_to_have_run(graph, folder)
    for peer in tuple(ready):
        words = peer.settle(graph)
        try:
            if words:
                run(words, folder)
        except TooLong:
            ready.remove(peer)
            table.absent(what, peer.name, f"its first run took over {LIMIT:.0f} s")
    return ready


def _pretend_to_have_run(graph: Graph, folder: pathlib.Path) -> None:
    """Give each node an output that is newer than what it reads, as a run of `cat` would leave it."""
    start = os.stat(folder / graph.nodes[0].task).st_mtime_ns
    for age, wave in enumerate(graph.waves, 1):
        for node in wave:
            task, output = folder / node.task, folder / node.output
            output.write_bytes(task.read_bytes())
            for path, when in ((task, start - 10**9), (output, start + age)):
                os.utime(path, ns=(when, when))
            answer = output.with_name(".answer")
            if not answer.is_symlink():
                answer.symlink_to(output.name)


def _one_stale(table: Table, graph: Graph, folder: pathlib.Path, ready: list[Peer]) -> None:
    number = itertools.count()
    last = graph.nodes[-1]

    def change() -> None:
        (folder / PAID).unlink(missing_ok=True)
        time.sleep(TICK)
        with (folder / last.task).open("a") as file:
            file.write(f"Look again, for time {next(number)}.\n")
        sign_task(last, folder)

    actions: dict[str, Action] = {"make, by hand, no-op": command(FLOOR.words(JOBS), folder)}
    quiet = [peer for peer in ready if peer.name in {"wavemake", "wavemake on ninja"}]
    actions |= {f"{peer.name}, no-op": command(peer.words(JOBS), folder) for peer in quiet}
    actions |= {
        peer.name: counted(command(peer.words(JOBS), folder, change), lambda: paid(folder))
        for peer in ready
    }
    goals = {peer.name: "1.5 times its no-op" for peer in OURS}
    table.compare(f"one stale of {len(graph.nodes):,}", actions, goals)
