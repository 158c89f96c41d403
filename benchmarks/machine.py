"""On what was measured: the machine, and the versions of all that took part."""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Sequence

from benchmarks.peers import Peer


def described(peers: Sequence[Peer], rounds: int, minutes: float) -> str:
    """One paragraph: the machine, how busy it was and for how long, and the versions."""
    shell, awk = (os.path.basename(os.path.realpath(shutil.which(n) or n)) for n in ("sh", "awk"))
    versions = ", ".join(f"{peer.name} {peer.version}" for peer in peers if peer.version)
    load = os.getloadavg()[0]
    return (
        f"Measured on {os.cpu_count()} cores ({_processor()}), {_memory()}, {platform.system()} "
        f"{platform.release().split('-')[0]}, Python {platform.python_version()}, {shell}, {awk}; "
        f"{versions}. {time.strftime('%Y-%m-%d')}, each up to {rounds} times, "
        f"{minutes:.0f} minutes, load {load:.1f} at the end."
    )


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            names = [
                line.split(":", 1)[1].strip() for line in file if line.startswith("model name")
            ]
    except OSError:
        names = []
    return names[0] if names else platform.machine()


def _memory() -> str:
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB"
