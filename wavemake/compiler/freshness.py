"""Is what was compiled of the plan as it is now? The head of the rules says of which plan it is."""

from __future__ import annotations

import hashlib
import os
import re

from wavemake.compiler.backends.make import DRIVER_MARK
from wavemake.compiler.makefiles import read

HEADER = re.compile(rf"(?m)^{re.escape(DRIVER_MARK)}(?P<source>[^\n]*): edit the plan, [^\n]*\n")
CHECKSUM = re.compile(r"(?m)^# plan:(?: (?P<sum>\w+))?\n")


def changed_plan(folder: str, root: str = "") -> str:
    """Return the plan that was compiled into `folder` if it has been edited since, or an empty string.

    root: the project's folder, an empty string or one with a slash at its end.
    """
    path = f"{folder}/{'build.ninja' if is_run_by_ninja(folder) else 'agents.mk'}"
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read(4096)
    except OSError:
        return ""
    header = HEADER.search(text)
    plan = plan_of(header) if header else ""
    return plan if plan and is_stale(text, f"{root}{plan}") else ""


def is_run_by_ninja(folder: str) -> bool:
    """Tell whether `folder` was compiled for ninja last."""
    times = []
    for rules in ("agents.mk", "build.ninja"):
        try:
            times.append(os.stat(f"{folder}/{rules}").st_mtime_ns)
        except OSError:
            times.append(0)
    return times[0] < times[1]


def is_stale(rules: str, plan: str) -> bool:
    """Tell whether `plan` has been edited since `rules` were compiled from it."""
    recorded = CHECKSUM.search(rules)
    data = read(plan) if plan else None
    return bool(
        recorded and data is not None and hashlib.sha256(data).hexdigest() != recorded["sum"]
    )


def plan_of(header: re.Match[str] | None) -> str:
    """Return the plan that the head of the rules names, or an empty string."""
    return header["source"].removeprefix(" from ") if header else ""
