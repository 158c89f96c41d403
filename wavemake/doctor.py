"""Looks for what running agents needs on this machine, each lack with a way out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

from wavemake.runners import RUNNERS


@dataclass(frozen=True)
class Finding:
    """One thing looked at. needed: nothing runs without it; way_out: what to do when it is not good."""

    good: bool
    text: str
    way_out: str = ""
    needed: bool = True


def examine(folder: str) -> list[Finding]:
    """Look at make, the shell and its tools, this disk, and every runner; `folder` is the agents'."""
    return [_make(), *_tools(), _session(), _disk(folder), *_runners()]


def _make() -> Finding:
    answer = _first_line("make", "--version")
    if answer is None:
        return Finding(
            False, "make: not found", "install GNU make, for instance: apt-get install make"
        )
    version = re.search(r"GNU Make (\d+)\.(\d+)", answer)
    if not version:
        way_out = "wavemake needs GNU make; it is often called gmake: gmake -j4"
        return Finding(False, f"make: {answer}", way_out)
    recent = (int(version[1]), int(version[2])) >= (3, 81)
    return Finding(recent, f"make: {answer}", "GNU make 3.81 or newer is needed")


def _tools() -> Iterator[Finding]:
    for tools, way_out in (
        (("sh",), "a POSIX shell must be on PATH as sh"),
        (("awk",), "install any awk, for instance: apt-get install mawk"),
        (("sha256sum", "shasum"), "install coreutils, or perl for shasum"),
    ):
        path = next(filter(None, map(shutil.which, tools)), None)
        if path is None:
            yield Finding(False, f"{' or '.join(tools)}: not found", way_out)
        else:
            yield Finding(True, f"{os.path.basename(path)}: {os.path.realpath(path)}")


def _session() -> Finding:
    found = shutil.which("setsid") or shutil.which("perl")
    way_out = "install util-linux, or perl: an agent and what it starts are ended together with it"
    return Finding(bool(found), f"new sessions: {found or 'neither setsid nor perl'}", way_out)


def _disk(folder: str) -> Finding:
    """Timestamps of a whole second let an edit made in the second of a run pass unseen."""
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder) or "."
    try:
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            os.utime(file.name, ns=(0, 1_234_567_891))
            kept = os.stat(file.name).st_mtime_ns
    except OSError as error:
        return Finding(
            False, f"disk: cannot write in {folder}: {error.strerror}", "check its permissions"
        )
    precision = next(
        p for p in (1, 10, 100, 1000, 10**6, 10**9, 2 * 10**9) if 1_234_567_891 - kept < p
    )
    text = f"timestamps here are kept to {precision / 10**9:g} s"
    way_out = "an edit within the second in which an agent starts is missed: use another disk"
    return Finding(precision < 10**9, text, way_out, needed=False)


def _runners() -> Iterator[Finding]:
    for runner in RUNNERS.values():
        if not runner.program:
            continue
        version = _first_line(runner.program, "--version")
        text = f"runner {runner.name}: {version or 'not installed'}"
        yield Finding(version is not None, text, runner.way_out, needed=False)


def _first_line(program: str, *arguments: str) -> str | None:
    """The first line that the program prints, or None if it cannot be run."""
    path = shutil.which(program)
    if path is None:
        return None
    try:
        done = subprocess.run(
            [path, *arguments], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = (done.stdout or done.stderr).splitlines()
    return lines[0] if lines else path
