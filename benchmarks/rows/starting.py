"""Start-up: how long the smallest things take."""

from __future__ import annotations

import sys

from benchmarks.graphs import layered
from benchmarks.peers.all import OTHERS, present
from benchmarks.peers.ours import WAVEMAKE, plan, write_plan
from benchmarks.rows import Sizes, project
from benchmarks.table import Table
from benchmarks.timing import command, run


def measure(table: Table, sizes: Sizes) -> None:
    table.section("Start-up", "The floor: `python -c pass`.")
    with project() as folder:
        write_plan(plan(layered(7, 3)), folder)
        run([*WAVEMAKE, "compile", "plan.json", "-q"], folder)
        floor = {"python -c pass": command([sys.executable, "-c", "pass"], folder)}
        peers = {
            f"{peer.name} --version": command([peer.program, "--version"], folder)
            for peer in present(OTHERS)
        }
        ours = {
            "wavemake --version": command([*WAVEMAKE, "--version"], folder),
            "wavemake --help": command([*WAVEMAKE, "--help"], folder),
            "wavemake compile, 7 agents": command(
                [*WAVEMAKE, "compile", "plan.json", "-q"], folder
            ),
        }
        table.compare("start-up", {**floor, **ours, **peers}, {"wavemake --version": "2"})
