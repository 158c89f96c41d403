"""What an agent prints besides its answer: its log, and its CLI's stream of events as lines to read."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator

from wavemake.plan import regular
from wavemake.ui.view.tail import says

_Identity = tuple[int, int]


class AgentLog:
    """The log of the agent in the folder `inside`, and what it prints while it runs."""

    def __init__(self, inside: str) -> None:
        self._log = _Growing(os.path.join(inside, "log.txt"))
        self._printed = _Growing(os.path.join(inside, ".try", "printed"))
        self._rest = ""
        self.is_empty = True

    def new(self) -> Iterator[str]:
        """Yield what is there that has not been yielded, as it is but for events: those as lines to read."""
        for text in (self._log.more(), "".join(self._read_events(self._printed.more()))):
            if text:
                self.is_empty = False
                yield text

    def _read_events(self, text: str) -> Iterator[str]:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            yield from (f"{said.rstrip()}\n" for said in says(line) if said.strip())


class _Growing:
    """A file that grows, or is replaced by another of its name."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._at = 0
        self._is: _Identity | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def more(self) -> str:
        """Return what has been added; of a file that was replaced or cut, all."""
        try:
            with regular.opened(self._path) as file:
                found = os.fstat(file.fileno())
                identity = found.st_dev, found.st_ino
                if identity != self._is or found.st_size < self._at:
                    self._is, self._at = identity, 0
                    self._decoder.reset()
                file.seek(self._at)
                data = file.read()
        except OSError:
            return ""
        self._at += len(data)
        return self._decoder.decode(data)
