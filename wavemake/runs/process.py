"""Runs make in the foreground: signals go to it, it is waited for, and its exit status is passed on."""

from __future__ import annotations

import errno
import os
import pty
import select
import signal
import subprocess
import termios
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from types import FrameType
from typing import Any

_Handler = Callable[[int, FrameType | None], Any] | int | None


class Foreground:
    """A command in the foreground, which nothing else ends. was_stopped: Ctrl-C has been pressed since.

    on_terminal: what it prints comes to `lines` instead of our terminal; it finds a terminal there as well,
    so that it prints what it would print without us. Raises OSError if it cannot be started.
    """

    def __init__(
        self, words: Sequence[str], environment: Mapping[str, str], *, on_terminal: bool = False
    ) -> None:
        self.was_stopped = False
        self._output: int | None = None
        self._rest = b""
        self._child: subprocess.Popen[bytes] | None = None
        self._handlers = self._catch()
        theirs = self._open_terminal() if on_terminal else None
        try:
            self._child = subprocess.Popen(
                words, env={**os.environ, **environment}, stdout=theirs, stderr=theirs
            )
        except OSError:
            self._restore()
            raise
        finally:
            if theirs is not None:
                os.close(theirs)

    def _open_terminal(self) -> int:
        self._output, theirs = pty.openpty()
        settings = termios.tcgetattr(theirs)
        settings[1] &= ~termios.OPOST  # A newline stays a newline.
        termios.tcsetattr(theirs, termios.TCSANOW, settings)
        return theirs

    def wait(self) -> int:
        """Wait for its end; return its exit status, 128 + N if signal N ended it."""
        assert self._child is not None
        try:
            code = self._child.wait()
        finally:
            self._restore()
        return code if code >= 0 else 128 - code

    def lines(self, tick: Callable[[], None], seconds: float) -> Iterator[str]:
        """Yield what it prints, line by line, to its end; call `tick` every few `seconds`."""
        assert self._child is not None
        assert self._output is not None
        while True:
            has_ended = self._child.poll() is not None
            data = self._read(0.0 if has_ended else seconds)
            yield from self._cut(data)
            tick()
            if has_ended and not data:
                break
        if self._rest:
            yield self._rest.decode("utf-8", "replace")
        os.close(self._output)

    def _cut(self, data: bytes) -> Iterator[str]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "replace")

    def _read(self, seconds: float) -> bytes:
        """Wait for up to `seconds` for what is printed; return it, nothing if there is none."""
        assert self._output is not None
        if not select.select([self._output], [], [], seconds)[0]:
            return b""
        try:
            return os.read(self._output, 65536)
        except OSError as error:
            if error.errno != errno.EIO:  # The other end is closed.
                raise
            self._wait_for_end(seconds)
            return b""

    def _wait_for_end(self, seconds: float) -> None:
        assert self._child is not None
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(seconds)

    def _catch(self) -> dict[int, _Handler]:
        """Ctrl-C reaches the command directly; a signal to this process alone is passed on."""
        handlers = {
            signal.SIGINT: self._note,
            signal.SIGTERM: self._forward,
            signal.SIGHUP: self._forward,
        }
        return {number: signal.signal(number, handler) for number, handler in handlers.items()}

    def _restore(self) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.was_stopped = True

    def _forward(self, number: int, frame: FrameType | None) -> None:
        self.was_stopped = True
        if self._child:
            self._child.send_signal(signal.SIGTERM)
