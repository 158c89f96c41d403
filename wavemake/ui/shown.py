"""Running make in the foreground, with a view of its agents where there is a terminal for one."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wavemake.runs.process import Foreground
from wavemake.ui.console import die


@dataclass(frozen=True)
class Expected:
    """The request: agents and wave-N as goals, none for all; which run again; how many at once."""

    folder: str
    goals: tuple[str, ...]
    forced: tuple[str, ...]
    jobs: int


def run_shown(
    words: Sequence[str], environment: Mapping[str, str], expected: Expected | None
) -> int:
    """Run a command, and show its agents if any are `expected`; return its exit status."""
    from wavemake.ui.view.window import wants_view

    try:
        if expected is None or not wants_view(os.environ):
            return Foreground(words, environment).wait()
        return _in_a_window(words, environment, expected)
    except OSError as error:
        die(f"cannot run {words[0]}: {error.strerror}")


def _in_a_window(words: Sequence[str], environment: Mapping[str, str], expected: Expected) -> int:
    from wavemake.ui.view.follow import Follower
    from wavemake.ui.view.window import LOOK, Window

    follower = Follower(
        expected.folder,
        goals=expected.goals,
        forced=expected.forced,
        jobs=expected.jobs,
        started=time.time(),
    )
    make = Foreground(words, environment, on_terminal=True)
    window = Window(follower)

    def look() -> None:
        window.look(stopping=make.was_stopped)

    try:
        for line in make.lines(look, LOOK):
            window.line(line)
    finally:
        window.close(stopped=make.was_stopped)
    return make.wait()
