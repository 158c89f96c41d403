"""Is what was compiled of the plan as it is now? The file `runtime/plan` says of which plan it is."""

from __future__ import annotations

import hashlib
import os
import re

from wavemake.compiler.backends.make import DRIVER_MARK
from wavemake.compiler.makefiles import read

HEADER = re.compile(rf"(?m)^{re.escape(DRIVER_MARK)}(?P<source>[^\n]*): edit the plan, [^\n]*\n")


def changed_plan(folder: str, root: str = "") -> str:
    """Return the plan that was compiled into `folder` if it has been edited since, or an empty string.

    root: the project's folder, an empty string or one with a slash at its end. Raises OSError if what was
    compiled cannot be read: an agent may have put a FIFO there.
    """
    recorded_facts = facts(folder) or _facts_of_version_1(folder)
    plan, recorded = recorded_facts.get("plan", ""), recorded_facts.get("checksum")
    try:
        data = read(f"{root}{plan}") if plan else None
    except OSError:
        return ""
    changed = recorded and data is not None and checksum(data) != recorded
    return plan if changed else ""


def checksum(data: bytes) -> str:
    """Return the SHA-256 of a plan in hex, independent of its line ends: a clone may change them."""
    return hashlib.sha256(data.replace(b"\r", b"")).hexdigest()


def facts(folder: str) -> dict[str, str]:
    """Return what was compiled into `folder` says of its plan: word -> value, of equal words the last."""
    text = (read(f"{folder}/runtime/plan") or b"").decode("utf-8", "replace")
    return dict(line.split(" ", 1) for line in text.splitlines() if " " in line)


def _facts_of_version_1(folder: str) -> dict[str, str]:
    """until 0.1 the head of the rules said it."""
    rules = "build.ninja" if is_run_by_ninja(folder) else "agents.mk"
    text = (read(f"{folder}/{rules}") or b"")[:4096].decode("utf-8", "replace")
    header, recorded = HEADER.search(text), re.search(r"(?m)^# plan: (?P<sum>\w+)\n", text)
    if not header or not recorded:
        return {}
    return {"plan": header["source"].removeprefix(" from "), "checksum": recorded["sum"]}


def is_run_by_ninja(folder: str) -> bool:
    """Tell whether `folder` was compiled for ninja last."""
    times = []
    for rules in ("agents.mk", "build.ninja"):
        try:
            times.append(os.stat(f"{folder}/{rules}").st_mtime_ns)
        except OSError:
            times.append(0)
    return times[0] < times[1]
