"""Draws a view at the bottom of a terminal, below the lines that scroll up from it."""

from __future__ import annotations

from collections import deque
from types import TracebackType

from rich.console import Console, ConsoleDimensions, RenderableType
from rich.live import Live
from rich.text import Text


class Screen:
    """A terminal with a view at its bottom, from `with` to its end; then the lines above it are left.

    A terminal that is resized wraps what was drawn in its own way, and shows again what has scrolled away:
    the last lines and the view are drawn anew then, below all that was there.
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
        was, self._size = self._size, self._console.size
        if self._size != was:
            self._redraw(was)
        self._view = view
        self._live.update(view, refresh=True)

    def _redraw(self, was: ConsoleDimensions) -> None:
        wrapped = self._wrapped(was.width)
        self._live.stop()
        out = self._console.file
        if wrapped:
            out.write(f"\x1b[{wrapped}A")
        out.write("\x1b[J" + "\n" * max(was.height, self._size.height))
        self._console.clear()
        for line in list(self._lines)[-self._size.height :]:
            self._console.print(line, soft_wrap=True)
        self._live = self._new_live()
        self._live.start()

    def _wrapped(self, width: int) -> int:
        """How many lines more the view takes than when it was drawn, `width` columns wide."""
        options = self._console.options.update_width(width)
        lines = self._console.render_lines(self._view, options, pad=False)
        lengths = [sum(part.cell_length for part in line) for line in lines]
        return sum((max(1, length) - 1) // self._size.width for length in lengths)

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
