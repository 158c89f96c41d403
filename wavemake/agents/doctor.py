"""What running agents needs, what of it is here, and how to get what is not."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

from wavemake.agents.installed import look, look_for
from wavemake.compiler.freshness import is_run_by_ninja
from wavemake.plan.runners import DEFAULT, RUNNERS, Runner

_PROBE = 1_234_567_891
_UNITS = ((10**9, "s"), (10**6, "ms"), (10**3, "us"), (1, "ns"))


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing that was looked for; `needed` if no run can do without, `way_out` if it is not good."""

    good: bool
    text: str
    way_out: str = ""
    needed: bool = True


def examine(folder: str) -> list[Probe]:
    """Look at make, the shell and its tools, this disk, and every runner; `folder` is the agents'."""
    return [_make(), *_ninja(folder), *_tools(), _session(), _disk(folder), *_runners()]


def _make() -> Probe:
    make = look("make")
    if make.path is None:
        way_out = "install GNU make, for instance: apt-get install make"
        return Probe(False, "make: not found", way_out)
    answer = make.version or "does not print its version"
    found = re.search(r"GNU Make (\d+)\.(\d+)", answer)
    if not found:
        way_out = "GNU make is needed; where it is called gmake, run gmake -j4"
        return Probe(False, f"make: {answer}", way_out)
    recent = (int(found[1]), int(found[2])) >= (3, 81)
    return Probe(recent, f"make: {answer}", "GNU make 3.81 or newer is needed")


def _ninja(folder: str) -> Iterator[Probe]:
    """Of use only to what was compiled for it."""
    if not is_run_by_ninja(folder):
        return
    ninja = look("ninja")
    if ninja.path is None:
        yield Probe(False, "ninja: not found", "pip install ninja, or compile the plan for make")
        return
    version = ninja.version or "does not tell its version"
    found = re.search(r"(\d+)\.(\d+)", version)
    recent = found is not None and (int(found[1]), int(found[2])) >= (1, 11)
    yield Probe(recent, f"ninja: {version}", "ninja 1.11 or newer is needed: pip install ninja")


def _tools() -> Iterator[Probe]:
    for tools, way_out in (
        (("sh",), "a POSIX shell must be on PATH as sh"),
        (("awk",), "install any awk, for instance: apt-get install mawk"),
        (("sha256sum", "shasum"), "install coreutils, or perl for shasum"),
    ):
        path = next(filter(None, map(shutil.which, tools)), None)
        if path is None:
            yield Probe(False, f"{' or '.join(tools)}: not found", way_out)
        else:
            yield Probe(True, f"{os.path.basename(path)}: {os.path.realpath(path)}")


def _session() -> Probe:
    found = shutil.which("setsid") or shutil.which("perl")
    way_out = "install util-linux, or perl: an agent and what it starts are ended together with it"
    return Probe(bool(found), f"new sessions: {found or 'neither setsid nor perl'}", way_out)


def _disk(folder: str) -> Probe:
    """Timestamps of a whole second let an edit made in the second of a run pass unseen."""
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder) or "."
    try:
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            os.utime(file.name, ns=(0, _PROBE))
            lost = _PROBE - os.stat(file.name).st_mtime_ns
    except OSError as error:
        text = f"disk: cannot write in {folder}: {error.strerror}"
        return Probe(False, text, "check who may write there, and whether the disk is full")
    precision = next(p for p in (1, 10, 100, 10**3, 10**6, 10**9, 2 * 10**9) if lost < p)
    size, unit = next((size, unit) for size, unit in _UNITS if precision >= size)
    text = f"disk: times of files are kept to {precision // size} {unit}"
    way_out = "an edit within the second in which an agent starts is missed: use another disk"
    return Probe(precision < 10**9, text, way_out, needed=False)


def _runners() -> Iterator[Probe]:
    """The default runner, and the others that are here."""
    programs = [runner.program for runner in RUNNERS.values() if runner.program]
    found = {program.name: program for program in look_for(programs)}
    for runner in RUNNERS.values():
        program = found.get(runner.program)
        if program is None or (program.path is None and runner.name != DEFAULT):
            continue
        if program.path is None:
            text, way_out = "not installed", f"to install it: {runner.way_out}"
            yield Probe(False, f"runner {runner.name}: {text}", way_out, needed=False)
            continue
        text = program.version or f"installed, but {runner.program} --version fails"
        way_out = f"install it again: {runner.way_out}"
        good = bool(program.version)
        if good and runner.tried and not _is_tried(runner, program.version or ""):
            good, text = False, f"{text}, an untested version"
            tried = " and ".join(runner.tried)
            way_out = f"tested: {tried}; docs/clis.md says how"
        yield Probe(good, f"runner {runner.name}: {text}", way_out, needed=False)


def _is_tried(runner: Runner, version: str) -> bool:
    found = re.search(r"\d+(\.\d+)+", version)
    return found is not None and found[0] in runner.tried
