"""Follows runs that were started elsewhere, up to their end."""

from __future__ import annotations

import time
from collections.abc import Sequence

from wavemake.runs.state import BAD, Run, latest, read_manifest, read_runs, under_way
from wavemake.ui.view.follow import Follower
from wavemake.ui.view.lines import Reporter
from wavemake.ui.view.window import LOOK, Window

# Between two agents a run without a driver has no agent at work: if that lasts for some looks, it
# has ended.
_PAUSE = 12


def running(folder: str) -> list[Run]:
    """Return the runs in `folder` that are under way. Raises StateError if nothing was compiled there."""
    read_manifest(folder)
    return under_way(folder, read_runs(folder))


def attach(folder: str, runs: Sequence[Run], *, view: bool) -> int:
    """Tell of `runs` what happens, line by line, and show it if `view`; return their exit status at the end.

    That is what their driver says, or 1 if an agent has not been done. KeyboardInterrupt ends the looking on.
    """
    ids = tuple(run.id for run in runs)
    goals = tuple(goal for run in runs for goal in run.goals.split())
    follower = Follower(folder, running=ids, goals=goals, started=min(run.started for run in runs))
    reporter = Reporter()
    window = Window(follower) if view else None
    idle = 0
    try:
        while idle < _PAUSE:
            _look(follower, reporter, window)
            followed = [run for run in follower.runs if run.id in ids]
            if all(run.ended is not None for run in followed):
                break
            idle = 0 if under_way(folder, followed) else idle + 1
            time.sleep(LOOK)
        _look(follower, reporter, window)
        return max(_status(run) for run in follower.runs if run.id in ids)
    finally:
        if window:
            window.close(stopped=False)
        follower.close()


def _look(follower: Follower, reporter: Reporter, window: Window | None) -> None:
    follower.poll()
    for line in reporter.lines(follower.watched()):
        if window:
            window.line(line)
        else:
            print(line, flush=True)
    if window:
        window.look()


def _status(run: Run) -> int:
    if run.status is not None:
        return run.status
    return int(any(agent.state in BAD or not agent.state for agent in run.agents.values()))


def await_run(folder: str) -> list[Run]:
    """Wait until a run is under way in `folder`; return those that are."""
    while not (found := running(folder)):
        time.sleep(LOOK)
    return found


def last_told(folder: str) -> str:
    """Return when the latest run in `folder` began, in words, or nothing."""
    run = latest(read_runs(folder))
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(run.started)) if run else ""
