"""A clone of a project with all its answers: what its first run compares, and the run after that."""

from __future__ import annotations

import hashlib
import pathlib

from benchmarks.graphs import FOLDER, Graph, Node, layered
from benchmarks.peers import Peer, note, paid
from benchmarks.peers.all import FLOOR, OURS
from benchmarks.rows import MEMORY, Sizes, project
from benchmarks.table import Table
from benchmarks.timing import Action, command, counted

JOBS = 4
SUM = "xargs sha256sum <names >/dev/null"


def measure(table: Table, sizes: Sizes) -> None:
    table.section(
        "A clone",
        "The floor: `sha256sum` of the tasks and the answers, from a list of their names. The first run in a"
        " clone compares all answers with what they were made from, and runs none; the second finds nothing"
        " to do. In memory. The memory is that of the comparison.",
    )
    for agents in sizes.cloned:
        with project(MEMORY if MEMORY.is_dir() else None) as folder:
            _measure(table, layered(agents), folder)


def _measure(table: Table, graph: Graph, folder: pathlib.Path) -> None:
    ours = OURS[0]
    ours.write(graph, folder, note)
    FLOOR.write(graph, folder)
    answer_all(graph, folder)
    names = (f"{path}\n" for node in graph.nodes for path in (node.task, node.output))
    (folder / "names").write_text("".join(names))
    words = ours.words(JOBS)
    actions: dict[str, Action] = {
        "sha256sum": command(["sh", "-c", SUM], folder),
        "wavemake, first run": _counted(ours, folder, words, forget=True),
        "wavemake, second run": _counted(ours, folder, words, forget=False),
    }
    agents = len(graph.nodes)
    goal = {"wavemake, first run": "4, 0 run"} if agents >= 10_000 else {}
    table.compare(f"a clone of {agents:,} agents", actions, goal)


def _counted(peer: Peer, folder: pathlib.Path, words: list[str], *, forget: bool) -> Action:
    def prepare() -> None:
        if forget:
            # What git does not have: nobody has looked here yet.
            (folder / FOLDER / ".trusted").unlink(missing_ok=True)

    return counted(command(words, folder, prepare), lambda: paid(folder))


def answer_all(graph: Graph, folder: pathlib.Path) -> None:
    """Give each agent an answer and the key of it, as if it had run."""
    sums: dict[str, str] = {}
    for node in graph.nodes:
        answer = f"What {node.name} has found.\n" * 40
        sums[node.name] = hashlib.sha256(answer.encode()).hexdigest()
        (folder / node.output).write_text(answer)
        (folder / node.output).with_name("key").write_text(_key(node, folder, sums))


def _key(node: Node, folder: pathlib.Path, sums: dict[str, str]) -> str:
    task = (folder / node.task).read_text()
    head, _, body = task.partition("\n---\n")
    paid_for = ("runner ", "model ", "arg ", "command ", "with ")
    lines = [line for line in head.splitlines() if line.startswith(paid_for)]
    lines.append(f"task {hashlib.sha256(body.encode()).hexdigest()}")
    lines += [f"read {name} {sums[name]}" for name in node.needs]
    lines.append(f"output {sums[node.name]}")
    lines.append(f"task-file {hashlib.sha256(task.encode()).hexdigest()}")
    return "".join(f"{line}\n" for line in lines)
