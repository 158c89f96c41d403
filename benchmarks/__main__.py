"""Measures wavemake beside floors and peers: python -m benchmarks [--full] [--write] [TABLE ...]."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

from benchmarks import machine, table
from benchmarks.peers.all import FLOOR, OTHERS
from benchmarks.rows import (
    DEFAULT,
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
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--full", action="store_true", help="the largest sizes: over an hour")
    sizes.add_argument("--short", action="store_true", help="tiny sizes: does it still run?")
    parser.add_argument("--write", action="store_true", help="put the results into the README")
    parser.add_argument("--rounds", type=int, help="how often each is measured at most", default=3)
    options = parser.parse_args()
    unknown = set(options.tables) - set(TABLES)
    if unknown:
        parser.error(
            f"there is no table {', '.join(sorted(unknown))}: there are {', '.join(TABLES)}"
        )
    if options.write and options.short:
        parser.error("--short is too small to be written")
    results = table.Table(1 if options.short else options.rounds, 15 if options.full else 4)
    chosen = SHORT if options.short else FULL if options.full else DEFAULT
    start = time.monotonic()
    try:
        for number, name in enumerate(names := options.tables or [*TABLES], 1):
            began = time.monotonic()
            TABLES[name](results, chosen)
            _report(f"{name} ({number} of {len(names)})", began, start)
    except (Failed, TooLong) as failure:
        sys.exit(f"benchmarks: {failure}")
    minutes = (time.monotonic() - start) / 60
    measured = machine.described([FLOOR, *OTHERS], results.rounds, minutes)
    print(f"\n{measured}")
    if options.write:
        (table.write_some if options.tables else table.write)(results.lines, measured)


def _report(table: str, began: float, start: float) -> None:
    """Say on standard error how long a table took, and all so far."""
    now = time.monotonic()
    took = f"{now - began:.0f} s, {(now - start) / 60:.1f} minutes so far"
    print(f"benchmarks: {table}: {took}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
