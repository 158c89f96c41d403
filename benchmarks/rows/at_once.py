"""Memory and processes while many agents run at once."""

from __future__ import annotations

import pathlib
import re
import subprocess
import time

from benchmarks.graphs import Graph, Node
from benchmarks.peers import Peer, sleep, write_tasks
from benchmarks.peers.all import SCHEDULERS
from benchmarks.rows import Sizes, project
from benchmarks.table import Table, size
from benchmarks.timing import environment

SECONDS = 4.0


def measure(table: Table, sizes: Sizes) -> None:
    table.add(
        f"\n### {sizes.at_once} agents at once\n\nEach is a `sleep`. The most processes there were, theirs"
        " included, and the memory of all (the proportional set: what is shared is counted once).\n"
    )
    if not pathlib.Path("/proc/self/smaps_rollup").exists():
        table.add("Not measured: this needs Linux.")
        return
    table.add("| who | processes | memory | an agent |")
    table.add("|---|---|---|---|")
    nodes = (
        Node(f"agent-at-{n}", (), SECONDS if sizes.at_once > 10 else 0.5)
        for n in range(sizes.at_once)
    )
    graph = Graph("at once", tuple(nodes))
    for peer in [peer for peer in SCHEDULERS if peer.version]:
        with project() as folder:
            count, memory = _watched(peer, graph, folder, sizes.at_once)
        each = f"{count / sizes.at_once:.1f} processes, {memory / sizes.at_once / 2**20:.2f} MB"
        table.add(f"| {peer.name} | {count} | {size(memory)} | {each} |")


def _watched(peer: Peer, graph: Graph, folder: pathlib.Path, jobs: int) -> tuple[int, int]:
    """Run the graph; the most processes that were seen, and the bytes that they had then."""
    peer.write(graph, folder, sleep)
    write_tasks(graph, folder)
    process = subprocess.Popen(
        peer.words(jobs),
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    most = (0, 0)
    while process.poll() is None:
        found = _descendants(process.pid)
        if len(found) >= most[0]:
            most = (len(found), sum(map(_bytes, found)))
        time.sleep(0.1)
    return most


def _descendants(top: int) -> list[int]:
    """The process and all below it; agents have sessions of their own, but no other parents."""
    children: dict[int, list[int]] = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, queue = [], [top]
    while queue:
        found.append(queue.pop())
        queue += children.get(found[-1], [])
    return found


def _bytes(pid: int) -> int:
    try:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    match = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(match[1]) * 1024 if match else 0
