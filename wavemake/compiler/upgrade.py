"""Removes what an earlier version wrote into the agents' folder and this one does not."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Container

from wavemake.compiler.emit import write_if_changed
from wavemake.runs.link import ALWAYS, sources

# Beside the sources of the runtime, which 0.1 copied as they were.
_RUNTIME = ("amend.awk", "hand.sh", "inputs", "report.sh", "rows.awk")
_FOLDER = ("limits", "unread")
# After it has compiled an edited plan, the driver of 0.1 calls this once.
_SUMMARY = """\
#!/bin/sh
# For a make that an earlier version's driver runs.
rm -f "$0" "$1/unread"
exec sh "${0%/*}/drive.sh" sum "$1" "$2" "$3" "${5:+all}" "$6"
"""


def is_earlier(folder: str) -> bool:
    """Tell whether `folder` was compiled by a version that copied each source of the runtime."""
    return os.path.exists(f"{folder}/runtime/summary.sh") and not os.path.exists(
        f"{folder}/runtime/plan"
    )


def remove_leftovers(folder: str, files: Container[str], *, under_way: bool) -> int:
    """Remove from `folder` what earlier compilations left and is none of `files`; return how many there were.

    under_way: an earlier version's driver may have started this, and still needs what it reads at its end.
    Raises OSError.
    """
    names = {*sources(), *_RUNTIME}.difference(ALWAYS)
    paths = [f"{folder}/runtime/{name}" for name in sorted(names)]
    paths += [f"{folder}/{name}" for name in _FOLDER if not os.path.isdir(f"{folder}/{name}")]
    found = [path for path in paths if path not in files and os.path.lexists(path)]
    for path in found:
        if under_way and path == f"{folder}/unread":
            continue
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    if under_way:
        write_if_changed(f"{folder}/runtime/summary.sh", _SUMMARY)
    return len(found)
