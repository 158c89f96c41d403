"""A look at files, each at most once: when they were written, how long they are, what is in them."""

from __future__ import annotations

import os
import stat

from wavemake.key import sha256


class Disk:
    """The files below the current folder, as they were when they were first asked for."""

    def __init__(self) -> None:
        self._stats: dict[str, os.stat_result | None] = {}
        self._sums: dict[str, str | None] = {}

    def exists(self, path: str) -> bool:
        """Tell whether there is anything at `path`."""
        return self._stat(path) is not None

    def mtime(self, path: str) -> int | None:
        """Return when `path` was written, in nanoseconds, or None if it is not there."""
        found = self._stat(path)
        return found.st_mtime_ns if found else None

    def size(self, path: str) -> int:
        """Return the length of the file at `path` in bytes; 0 if there is none."""
        found = self._stat(path)
        return found.st_size if found and stat.S_ISREG(found.st_mode) else 0

    def read(self, path: str) -> bytes:
        """Return the content of the file at `path`; raises OSError if it cannot be read."""
        with open(path, "rb") as file:
            return file.read()

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

    def _stat(self, path: str) -> os.stat_result | None:
        if path not in self._stats:
            try:
                self._stats[path] = os.stat(path)
            except OSError:
                self._stats[path] = None
        return self._stats[path]
