"""Is somebody at work on an agent?

Its lock says "HOST PID SECONDS BOOT SPACE START RUN" (runtime/lock.sh), and is renewed well within SECONDS.
"""

from __future__ import annotations

import os
import time

from wavemake.plan import regular

_GRACE = 120.0


def is_held(folder: str) -> bool:
    """Tell whether the lock in an agent's `folder` is that of somebody who is at work.

    A pid of another host, boot or pid namespace cannot be asked for: its lock counts as long as it is
    renewed, and some more, because hosts do not agree on the time.
    """
    path = os.path.join(folder, ".lock")
    try:
        with regular.opened(path) as file:
            words = file.read(4096).decode("utf-8", "replace").split()
            written = os.fstat(file.fileno()).st_mtime
    except OSError:
        return False
    if len(words) < 2 or not _is_number(words[1]):
        return not words  # An empty one is being written.
    if words[0] == os.uname().nodename and (len(words) < 5 or words[3:5] == _place()):
        pid, start = int(words[1]), words[5] if len(words) > 5 else "-"
        if start != "-":
            return _start(pid) == start
        return is_alive(pid, os.path.basename(folder))
    lease = int(words[2]) if len(words) > 2 and _is_number(words[2]) else 0
    return time.time() < written + lease + _GRACE


def _place() -> list[str]:
    """Return this boot's name, and what tells this pid namespace: when its first process was started."""
    boot = _first_line("/proc/sys/kernel/random/boot_id")
    return [boot or "-", _start(1) or "-"]


def _start(pid: int) -> str:
    """Return when process `pid` was started, in ticks since the boot, or nothing if it has ended."""
    words = _first_line(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return words[19] if len(words) > 19 and words[0] not in "ZX" else ""


def _first_line(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.readline().strip()
    except OSError:
        return ""


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdecimal() and len(word) < 12


def is_alive(pid: int, agent: str) -> bool:
    """Tell whether process `pid` is the agent.sh of `agent`: the number of a dead one may be anybody's."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read().split(b"\0")
        return agent.encode() in words and any(word.endswith(b"agent.sh") for word in words)
    except OSError:
        return not os.path.isdir("/proc/self") and _exists(pid)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass
    return True


def is_driver_alive(run: str) -> bool:
    """Tell whether the driver that gave `run` its name, "SECONDS-PID", is at work on this host."""
    _, dash, pid = run.rpartition("-")
    if not dash or not _is_number(pid):
        return False
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return b"drive.sh" in file.read()
    except OSError:
        return not os.path.isdir("/proc/self") and _exists(int(pid))
