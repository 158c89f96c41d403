"""Measures wavemake beside floors and peers: python -m benchmarks [--short] [--write] [TABLE ...]."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from benchmarks import machine, table
from benchmarks.peers.all import FLOOR, OTHERS
from benchmarks.rows import (
    FULL,
    SHORT,
    Sizes,
    at_once,
    bill,
    cloned,
    compiling,
    growing,
    makespan,
    nothing_to_do,
    overhead,
    prefixes,
    seeing,
    shuffled,
    starting,
    steps,
    stored,
    streams,
    workspaces,
)
from benchmarks.timing import Failed, TooLong

TABLES: dict[str, Callable[[table.Table, Sizes], None]] = {
    "bill": bill.measure,
    "steps": steps.measure,
    "start": starting.measure,
    "compile": compiling.measure,
    "noop": nothing_to_do.measure,
    "clone": cloned.measure,
    "shuffled": shuffled.measure,
    "overhead": overhead.measure,
    "stored": stored.measure,
    "streams": streams.measure,
    "prefix": prefixes.measure,
    "makespan": makespan.measure,
    "at-once": at_once.measure,
    "workspaces": workspaces.measure,
    "status": seeing.measure,
    "cells": growing.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("tables", metavar="TABLE", nargs="*", help=f"of {', '.join(TABLES)}; all")
    parser.add_argument("--short", action="store_true", help="tiny sizes: does it still run?")
    parser.add_argument("--write", action="store_true", help="put the results into the README")
    parser.add_argument("--rounds", type=int, help="how often each is measured", default=3)
    options = parser.parse_args()
    unknown = set(options.tables) - set(TABLES)
    if unknown:
        parser.error(
            f"there is no table {', '.join(sorted(unknown))}: there are {', '.join(TABLES)}"
        )
    if options.write and options.short:
        parser.error("--write is for full size")
    results = table.Table(1 if options.short else options.rounds, patience=15)
    try:
        for name in options.tables or TABLES:
            TABLES[name](results, SHORT if options.short else FULL)
    except (Failed, TooLong) as failure:
        sys.exit(f"benchmarks: {failure}")
    told = machine.described([FLOOR, *OTHERS], results.rounds)
    print(f"\n{told}")
    if options.write:
        (table.write_some if options.tables else table.write)(results.lines, told)


if __name__ == "__main__":
    main()
