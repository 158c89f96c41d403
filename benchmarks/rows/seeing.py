"""Telling what became of all agents and what make would do, beside reading the files that tell it."""

from __future__ import annotations

import json
import pathlib
import sys

from benchmarks.graphs import FOLDER, Graph, layered
from benchmarks.peers.all import OURS
from benchmarks.peers.ours import WAVEMAKE
from benchmarks.rows import Sizes, project
from benchmarks.rows.cloned import answer_all
from benchmarks.table import Table
from benchmarks.timing import command, run

STATUS = [*WAVEMAKE, "status"]
READ = f"""
import os, sys
for agent in os.scandir("{FOLDER}"):
    for name in ("status.json", "key", "output.md", *sys.argv[1:]):
        try:
            with open(f"{{agent.path}}/{{name}}", "rb") as file:
                file.read()
        except OSError:
            continue
for name in ("manifest.json", "events.jsonl"):
    with open(f"{FOLDER}/{{name}}", "rb") as file:
        file.read()
"""


def measure(table: Table, sizes: Sizes) -> None:
    table.section(
        "Telling what became of every agent, and what make would do with it",
        "The floor: Python reads the same files, and looks at nothing in them.",
    )
    agents = sizes.stale
    with project() as folder:
        graph = layered(agents)
        _pretend_to_have_run(graph, folder)
        actions = {
            "reading the files": command([sys.executable, "-c", READ], folder),
            "wavemake status": command([*STATUS], folder),
            "wavemake status --json": command([*STATUS, "--json"], folder),
            "make status": command(["make", "status"], folder),
        }
        table.compare(f"status, {agents:,} agents", actions, {"wavemake status": "4"})
        _measure_preview(table, folder, agents)
    _measure_report(table, min(agents, 1000))


def _measure_preview(table: Table, folder: pathlib.Path, agents: int) -> None:
    """With all up to date, and with every task.md newer than the answer: then each key is computed."""
    preview = command([*WAVEMAKE, "preview"], folder)
    floor = command([sys.executable, "-c", READ], folder)
    actions = {"reading the files": floor, "wavemake preview": preview}
    table.compare(f"preview, {agents:,} agents up to date", actions, {"wavemake preview": "4"})
    for task in (folder / FOLDER).glob("*/task.md"):
        task.touch()
    floor = command([sys.executable, "-c", READ, "task.md"], folder)
    actions = {"reading the files": floor, "wavemake preview": preview}
    table.compare(f"preview, {agents:,} agents touched", actions, {"wavemake preview": "6"})


def _measure_report(table: Table, agents: int) -> None:
    with project() as folder:
        graph = layered(agents)
        _pretend_to_have_run(graph, folder)
        actions = {
            "reading the files": command([sys.executable, "-c", READ, "task.md"], folder),
            "wavemake report": command([*WAVEMAKE, "report"], folder),
        }
        table.compare(f"report, {agents:,} agents", actions, {"wavemake report": "15"})


def _pretend_to_have_run(graph: Graph, folder: pathlib.Path) -> None:
    """Leave what a run leaves of each agent, one page of an answer among it."""
    ours = OURS[0]
    ours.write(graph, folder)
    answer_all(graph, folder)
    run_id, events = "1700000000-1", []
    for node in graph.nodes:
        common = {"agent": node.name, "wave": 1, "run": run_id}
        costs = {"cost": 0.01, "tokens_in": 1000, "tokens_out": 200}
        end = {**common, "state": "done", "seconds": 3.0, "reason": "", "attempts": 1, **costs}
        status = {"schema": 1, **end, "started": 1700000000, "ended": 1700000003}
        events += [{"t": 1700000000, "event": "start", **common}]
        events += [{"t": 1700000003, "event": "end", **end}]
        (folder / FOLDER / node.name / "status.json").write_text(_line(status))
    (folder / FOLDER / "events.jsonl").write_text("".join(map(_line, events)))
    # It finds that all answers fit, and that there is nothing to do.
    run(ours.words(4), folder)


def _line(fields: dict[str, object]) -> str:
    return json.dumps(fields, separators=(",", ":")) + "\n"
