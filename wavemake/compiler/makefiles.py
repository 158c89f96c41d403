"""The Makefile of a project: which one make reads, who wrote it, and whether it includes the rules."""

from __future__ import annotations

import fnmatch
import os
import posixpath
import re

from wavemake.compiler.backends.make import DRIVER_MARK
from wavemake.plan import regular

# In the order in which make looks for them.
MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
EJECTED_MARK = "# Ejected: "
_MOST_INCLUDED = 1000
_LARGEST = 16 * 1024 * 1024


def read(path: str) -> bytes | None:
    """Return the content of the file at `path`, or None if there is none.

    Raises OSError if it is not a regular file, or a link to one.
    """
    try:
        return regular.read_bytes(path, follow=True)
    except FileNotFoundError:
        return None


def makefile() -> str:
    """Return the name of the Makefile that make reads in this folder, or an empty string."""
    names = set(os.listdir("."))
    return next((name for name in MAKEFILES if name in names), "")


def make_words(output: str) -> list[str]:
    """Return the words by which make reads the Makefile `output`, also where it would prefer another."""
    found = makefile()
    is_same = bool(found) and os.path.exists(output) and os.path.samefile(found, output)
    return ["make"] if is_same else ["make", "-f", output]


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


def read_by_make() -> tuple[str, ...]:
    """Return the paths, or patterns of paths, of the makefiles that make reads in this folder.

    They are the names that make looks for, and what is included under names that are written out, from
    files that are included as well. What variables or functions name is not known without running make.
    """
    found = dict.fromkeys(MAKEFILES)
    pending = [makefile()]
    while pending and len(found) < _MOST_INCLUDED:
        for pattern in _included(pending.pop()):
            path = posixpath.normpath(pattern)
            if path not in found:
                found[path] = None
                pending.append(path)
    return tuple(found)


def is_read_by_make(path: str, makefiles: tuple[str, ...]) -> bool:
    """Tell whether `path` is one of `makefiles`, as from `read_by_make`."""
    return any(path == each or fnmatch.fnmatchcase(path, each) for each in makefiles)


def _included(path: str) -> list[str]:
    try:
        text = regular.read_text(path, _LARGEST)
    except OSError:
        return []
    joined = re.sub(r"\\\n[ \t]*", " ", text)
    lines = re.findall(r"(?m)^ *[-s]?include[ \t]+([^#\n]*)", joined)
    return [word for line in lines for word in line.split() if "$" not in word]
