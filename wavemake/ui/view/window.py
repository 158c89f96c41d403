"""A window onto a run: what is drawn of it, and when. A window that breaks takes nothing with it."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping

from wavemake.ui.view.follow import Follower
from wavemake.ui.view.frame import frame
from wavemake.ui.view.lines import closing
from wavemake.ui.view.model import Snapshot, snapshot
from wavemake.ui.view.screen import Screen

# Seconds from one look at the files to the next; an idle view is drawn again as its clock moves.
LOOK = 0.25
_CLOCK = 1.0


def wants_view(environment: Mapping[str, str]) -> bool:
    """Tell whether standard output is a terminal on which a view can be drawn, and no robot's."""
    if not sys.stdout.isatty() or environment.get("TERM", "dumb") in ("", "dumb"):
        return False
    return environment.get("CI", "").lower() in ("", "0", "false")


class Window:
    """The view of what `follower` follows; lines go above it."""

    def __init__(self, follower: Follower) -> None:
        self._follower = follower
        self._screen: Screen | None = Screen()
        self._drawn = 0.0
        self._size = (0, 0)
        self._screen.__enter__()

    @property
    def snapshot(self) -> Snapshot:
        """What there is to see now."""
        return snapshot(self._follower.watched(), time.time())

    def line(self, text: str) -> None:
        """Print a line above the view."""
        if self._screen:
            self._screen.line(text)
        else:
            print(text, flush=True)

    def look(self, *, stopping: bool = False) -> None:
        """Read what is new, and draw the view if there is anything new to see."""
        if self._screen is None:
            return
        try:
            is_new = self._follower.poll()
            size = self._screen.width, self._screen.height
            now = time.monotonic()
            if is_new or size != self._size or now >= self._drawn + _CLOCK:
                self._screen.show(frame(self.snapshot, *size, stopping=stopping))
                self._drawn, self._size = now, size
        except Exception as error:
            # Even if the window fails, make goes on, and its lines are shown.
            self._shut()
            print(f"wavemake: the view cannot go on ({error!r}); make does", file=sys.stderr)

    def close(self, *, stopped: bool) -> None:
        """Take the view away, and leave the few lines that are worth keeping."""
        if self._screen is None:
            return
        self._follower.poll()
        self._shut()
        for line in closing(self.snapshot, stopped=stopped):
            print(f"wavemake: {line}", flush=True)

    def _shut(self) -> None:
        if self._screen:
            self._screen.__exit__(None, None, None)
            self._screen = None
        self._follower.close()
