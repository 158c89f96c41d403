"""The files of the project, as far as a plan may ask: what is at a path, and what a pattern matches."""

from __future__ import annotations

import fnmatch
import os
import posixpath
import re
import stat
from collections.abc import Iterator, Sequence
from functools import cached_property

from wavemake.compiler import makefiles, repository
from wavemake.plan import regular
from wavemake.plan.names import is_glob, outside_problem

_LARGEST_TEXT = 1_000_000


def leads_outside(path: str) -> bool:
    """Tell whether `path`, relative to the current folder, leads out of that folder through a link."""
    return bool(outside_problem(_real(path, os.path.realpath("."))))


class ProjectFiles:
    """The files below the current folder. Paths are relative to it, with `/`."""

    def __init__(self, ours: Sequence[str] = (), plan: str = "") -> None:
        """`ours` are files that wavemake writes: no pattern matches them. plan: the path of the plan."""
        self._ours = frozenset(ours)
        self._plan = plan
        self._root = os.path.realpath(".")

    def kind(self, path: str) -> str:
        """Return "file", "folder", "other", or an empty string if there is nothing at `path`."""
        try:
            mode = os.stat(path).st_mode
        except (OSError, ValueError):
            return ""
        if stat.S_ISREG(mode):
            return "file"
        return "folder" if stat.S_ISDIR(mode) else "other"

    def real(self, path: str) -> str:
        """Return `path` without symbolic links, relative to the project; it may start with `..`."""
        return _real(path, self._root)

    def text(self, path: str) -> str | None:
        """Return the text of a regular file, or None."""
        try:
            return regular.read_bytes(path, _LARGEST_TEXT).decode()
        except (OSError, ValueError):
            return None

    def workspace_problem(self) -> tuple[str, str]:
        """Say why agents cannot have workspaces here, and the way out; both empty if they can."""
        return repository.problem()

    def builds(self, path: str) -> str:
        """Say what `path` is of the build itself, or return an empty string."""
        if path == self._plan:
            return "is the plan"
        if path in self._ours or makefiles.is_read_by_make(path, self._makefiles):
            return "is a makefile that make reads"
        return "is in git's own folder" if path.split("/")[0] == ".git" else ""

    @cached_property
    def _makefiles(self) -> tuple[str, ...]:
        return makefiles.read_by_make()

    def glob(self, pattern: str) -> list[str]:
        """Return the files that match `pattern`, sorted.

        `**` is any number of folders, and follows no links; what is hidden is matched by a pattern
        that is hidden as well.
        """
        parts = re.sub(r"(?:\*\*/)+", "**/", pattern).split("/")
        return sorted(set(_matches("", parts)) - self._ours)


def _real(path: str, root: str) -> str:
    return os.path.relpath(os.path.realpath(path), root).replace(os.sep, "/")


def _matches(folder: str, parts: list[str]) -> Iterator[str]:
    """The files below `folder` whose path from there matches `parts`."""
    part, rest = parts[0], parts[1:]
    if part == "**":
        yield from _matches(folder, rest or ["*"])
        for entry in _entries(folder):
            if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False):
                yield from _matches(posixpath.join(folder, entry.name), parts)
    elif is_glob(part):
        like = re.compile(fnmatch.translate(part))
        for entry in _entries(folder):
            if entry.name.startswith(".") <= part.startswith(".") and like.match(entry.name):
                yield from _below(posixpath.join(folder, entry.name), rest)
    else:
        yield from _below(posixpath.join(folder, part), rest)


def _below(path: str, rest: list[str]) -> Iterator[str]:
    if rest:
        yield from _matches(path, rest)
    elif os.path.isfile(path):
        yield path


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """What is in `folder`; nothing if it cannot be read or is none."""
    try:
        with os.scandir(folder or ".") as entries:
            return list(entries)
    except OSError:
        return []
