"""What an agent prints besides its answer: its log, and its CLI's stream of events, as lines to read."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator

from wavemake.plan import regular
from wavemake.ui.view.tail import transcript

_Identity = tuple[int, int]


class AgentLog:
    """The log of the agent in the folder `inside`, and its stream: of the attempt under way, or of the last.

    raw: events are yielded as they are, and nothing else is.
    """

    def __init__(self, inside: str, *, raw: bool = False) -> None:
        self._raw = raw
        self._log = _Growing(os.path.join(inside, "log.txt"))
        self._printed = _Growing(
            os.path.join(inside, ".try", "printed"), os.path.join(inside, "stream.log")
        )
        self._rest = ""
        self.is_empty = True

    def new(self) -> Iterator[str]:
        """Yield what is new, as it is but for events: those as lines to read."""
        stream = self._printed.more()
        events = stream if self._raw else "".join(self._read_events(stream))
        for text in ("" if self._raw else self._log.more(), events):
            if text:
                self.is_empty = False
                yield text

    def _read_events(self, text: str) -> Iterator[str]:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            yield from (f"{said.rstrip()}\n" for said in transcript(line) if said.strip())


class _Growing:
    """A file that grows, is replaced by another of its name, or is moved to another name in the end."""

    def __init__(self, path: str, moved: str = "") -> None:
        self._path, self._moved = path, moved
        self._at = 0
        self._is: _Identity | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def more(self) -> str:
        """Return what has been added; of a file that was replaced or cut, all."""
        there = os.path.lexists(self._path) or not self._moved
        try:
            with regular.opened(self._path if there else self._moved) as file:
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
