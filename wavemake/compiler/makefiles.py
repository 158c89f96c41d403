"""The Makefile of a project: which one make reads, who wrote it, and whether it includes the rules."""

from __future__ import annotations

import os
import re

from wavemake.compiler.backends.make import DRIVER_MARK

# In the order in which make looks for them.
MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
EJECTED_MARK = "# Ejected: "


def read(path: str) -> bytes | None:
    """Return the content of the file at `path`, or None if there is none."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def makefile() -> str:
    """Return the name of the Makefile that make reads in this folder, or an empty string."""
    names = set(os.listdir("."))
    return next((name for name in MAKEFILES if name in names), "")


def is_generated(data: bytes) -> bool:
    """Tell whether `data` is a Makefile that wavemake wrote, ejected or not."""
    return data.startswith((DRIVER_MARK.encode(), EJECTED_MARK.encode()))


def includes(data: bytes, folder: str) -> bool:
    """Tell whether the Makefile `data` includes the rules in `folder`."""
    rules = re.escape(f"{folder}/agents.mk".encode())
    return bool(
        re.search(rb"(?m)^ *[-s]?include[ \t](?:[^#\n]*[ \t])?(?:\./)?%b(?=\s|#|\Z)" % rules, data)
    )


def include_lines(folder: str) -> list[str]:
    """Return the lines, as FILE:LINE, by which the Makefile here includes the rules in `folder`."""
    name = makefile()
    lines = (read(name) or b"").splitlines() if name else []
    found = [number for number, line in enumerate(lines, 1) if includes(line, folder)]
    return [f"{name}:{number}" for number in found]
