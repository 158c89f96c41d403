"""Draws a view at the bottom of a terminal, below the lines that scroll up from it."""

from __future__ import annotations

from collections import deque
from types import TracebackType

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text


class Screen:
    """A terminal with a view at its bottom, from `with` to its end; then the lines above it are left.

    A terminal that gets smaller wraps what was drawn in its own way: the last lines and the view are drawn
    anew then, below all that was there.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._size = self._console.size
        self._lines: deque[Text] = deque(maxlen=200)
        self._view: RenderableType = ""
        self._live = self._new_live()

    def __enter__(self) -> Screen:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._live.stop()

    @property
    def width(self) -> int:
        """Columns of the terminal, as of now."""
        return self._console.width

    @property
    def height(self) -> int:
        """Lines of the terminal, as of now."""
        return self._console.height

    def line(self, text: str) -> None:
        """Print a line above the view; of what it would have the terminal do, colours alone are kept."""
        line = Text.from_ansi(text)
        line.plain = "".join(
            char if char.isprintable() or char == "\t" else " " for char in line.plain
        )
        self._lines.append(line)
        self._console.print(line, soft_wrap=True)

    def show(self, view: RenderableType) -> None:
        """Draw `view` in the place of the one before."""
        self._view = view
        was, self._size = self._size, self._console.size
        if self._size.width < was.width or self._size.height < was.height:
            self._redraw(was.height)
        self._live.update(view, refresh=True)

    def _redraw(self, was_height: int) -> None:
        self._live.stop()
        self._console.file.write("\n" * max(was_height, self._size.height))
        self._console.clear()
        for line in list(self._lines)[-self._size.height :]:
            self._console.print(line, soft_wrap=True)
        self._live = self._new_live()
        self._live.start()

    def _new_live(self) -> Live:
        return Live(
            "",
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            vertical_overflow="crop",
        )
