"""A look at files, each at most once: when they were written, how long they are, what is in them."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Mapping
from typing import NamedTuple

from wavemake.plan import regular
from wavemake.runs.key import sha256


class _Stat(NamedTuple):
    mtime: int
    size: int


class Disk:
    """The files below the current folder, as they were when they were first asked for.

    written: path -> text of files that are taken for written, at this moment where they differ.
    """

    def __init__(self, written: Mapping[str, str] | None = None) -> None:
        self._written = {path: text.encode() for path, text in (written or {}).items()}
        self._gone: set[str] = set()
        self._now = time.time_ns()
        self._stats: dict[str, _Stat | None] = {}
        self._sums: dict[str, str | None] = {}

    @property
    def is_ahead(self) -> bool:
        """Whether there are files that are taken for written."""
        return bool(self._written)

    def is_new(self, path: str) -> bool:
        """Tell whether the file at `path` is taken for written, and differs from the one on disk."""
        if path not in self._written:
            return False
        found = self._stat(path)
        return found is not None and found.mtime == self._now

    def becomes(self, path: str, content: bytes) -> None:
        """Take `content` for written at `path`, at this moment."""
        self._gone.discard(path)
        self._written[path] = content
        self._stats.pop(path, None)
        self._sums.pop(path, None)

    def vanishes(self, path: str) -> None:
        """Take the file at `path` for removed."""
        self._written.pop(path, None)
        self._stats[path] = self._sums[path] = None
        self._gone.add(path)

    def exists(self, path: str) -> bool:
        """Tell whether there is anything at `path`."""
        return self._stat(path) is not None

    def is_odd(self, path: str) -> bool:
        """Tell whether something else than a regular file is at `path`: a link, a folder, a FIFO."""
        if path in self._written or path in self._gone or not os.path.lexists(path):
            return False
        return os.path.islink(path) or not os.path.isfile(path)

    def mtime(self, path: str) -> int | None:
        """Return when `path` was written, in nanoseconds, or None if it is not there."""
        found = self._stat(path)
        return found.mtime if found else None

    def size(self, path: str) -> int:
        """Return the length of the file at `path` in bytes; 0 if there is none."""
        found = self._stat(path)
        return found.size if found else 0

    def read(self, path: str) -> bytes:
        """Return the content of the file at `path`; raises OSError if it cannot be read."""
        if path in self._gone:
            raise FileNotFoundError(errno.ENOENT, "is removed", path)
        return self._written[path] if path in self._written else _read(path)

    def text(self, path: str) -> str | None:
        """Return the text of the file at `path`, or None if it cannot be read."""
        try:
            return self.read(path).decode("utf-8", "surrogateescape")
        except OSError:
            return None

    def sum(self, path: str) -> str | None:
        """Return the SHA-256 in hex of the file at `path`, or None if it cannot be read."""
        if path not in self._sums:
            try:
                self._sums[path] = sha256(self.read(path))
            except OSError:
                self._sums[path] = None
        return self._sums[path]

    def _stat(self, path: str) -> _Stat | None:
        if path not in self._stats:
            self._stats[path] = self._look(path)
        return self._stats[path]

    def _look(self, path: str) -> _Stat | None:
        text = self._written.get(path)
        try:
            found = os.stat(path)
            if text is None or text == _read(path):
                is_file = stat.S_ISREG(found.st_mode)
                return _Stat(found.st_mtime_ns, found.st_size if is_file else 0)
        except OSError:
            pass
        return None if text is None else _Stat(self._now, len(text))


def _read(path: str) -> bytes:
    return regular.read_bytes(path, follow=True)
