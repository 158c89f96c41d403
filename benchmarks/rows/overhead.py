"""What a recipe costs beside its agent's work."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

from benchmarks.graphs import Graph, layered
from benchmarks.peers import write_tasks
from benchmarks.peers.all import FLOOR, OTHERS, OURS
from benchmarks.rows import MEMORY, Sizes, project, without_answers
from benchmarks.table import Table
from benchmarks.timing import Action, command, run

JOBS = 4


def measure(table: Table, sizes: Sizes) -> None:
    table.section(
        "Overhead of an agent",
        "The floor: the same graph, in which each recipe is `cat task.md > output.md`. Agents whose answer is"
        " kept, because what they read is the same; whose answer is taken from the store; and agents that"
        " run, each a `cksum` of its prompt. In memory: a disk that is still busy with the files of the round"
        " before counts for the next.",
    )
    graph = layered(sizes.run)
    what = f"{sizes.run:,} agents"
    with project(MEMORY if MEMORY.is_dir() else None) as top:
        folders = {peer.name: top / peer.name.replace(" ", "-") for peer in (FLOOR, *OURS, *OTHERS)}
        actions: dict[str, Action] = {}
        for peer in (FLOOR, *OTHERS):
            if not peer.version:
                table.absent(what, peer.name, peer.way_out)
                continue
            folder = folders[peer.name]
            folder.mkdir()
            write_tasks(graph, folder)
            peer.write(graph, folder)
            actions[f"{peer.name}, run"] = command(
                peer.words(JOBS), folder, without_answers(graph, folder)
            )
        goals: dict[str, str] = {}
        for ours in [peer for peer in OURS if peer.version]:
            folder = folders[ours.name]
            folder.mkdir()
            ours.write(graph, folder)
            run(ours.words(JOBS), folder)
            reused, paid = f"{ours.name}, kept", f"{ours.name}, run"
            stored = f"{ours.name}, from the store"
            actions[reused] = command(ours.words(JOBS), folder, _touched(graph, folder))
            actions[stored] = command(ours.words(JOBS), folder, _without_outputs(graph, folder))
            actions[paid] = command(ours.words(JOBS), folder, without_answers(graph, folder))
            goals |= {reused: "3", stored: "3 times kept", paid: "7"}
        table.compare(what, actions, goals)


def _without_outputs(graph: Graph, folder: pathlib.Path) -> Callable[[], None]:
    """No answers; the store has them all."""

    def remove() -> None:
        for node in graph.nodes:
            output = folder / node.output
            for path in (output, output.with_name(".answer")):
                path.unlink(missing_ok=True)

    return remove


def _touched(graph: Graph, folder: pathlib.Path) -> Callable[[], None]:
    """All tasks are newer than all outputs, and the same."""

    def touch() -> None:
        for node in graph.nodes:
            (folder / node.task).touch()

    return touch
