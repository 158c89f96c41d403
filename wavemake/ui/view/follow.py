"""Looks at a run that is under way: reads what has been added to its journal, and nothing twice."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import BinaryIO

from wavemake.plan import regular
from wavemake.runs.makespan import durations
from wavemake.runs.state import GOOD, AgentRun, Journal, Run, StateError, read_runs, read_state
from wavemake.ui.view.model import Watched
from wavemake.ui.view.planned import planned
from wavemake.ui.view.tail import Tails

# The bytes that identify a journal: the name of its first run is among them.
_HEAD = 80


class Follower:
    """Follows the runs in `folder` that begin after this one was made, and those in `running`.

    Raises StateError if nothing was compiled there.
    """

    def __init__(
        self,
        folder: str,
        *,
        running: tuple[str, ...] = (),
        goals: tuple[str, ...] = (),
        forced: tuple[str, ...] = (),
        jobs: int | None = None,
        started: float,
    ) -> None:
        self._folder = folder
        self._path = os.path.join(folder, "events.jsonl")
        self._goals, self._forced = goals, forced
        self._file: BinaryIO | None = None
        self._head = b""
        self._journal = Journal()
        for run in read_runs(folder, current=False):
            self._journal.runs[run.id] = run
        self._open()
        self._old = set(self._journal.runs) - set(running)
        self._watched = self._look(jobs, started)

    @property
    def runs(self) -> list[Run]:
        """The runs that are followed, oldest first."""
        return [run for run in self._journal.runs.values() if run.id not in self._old]

    def poll(self) -> bool:
        """Read what is new; tell if anything was."""
        return any([self._read(), self._is_compiled_again()])

    def watched(self) -> Watched:
        """Return what there is to look at, as of the latest poll."""
        of_run: dict[str, AgentRun] = {}
        for run in self.runs:
            of_run |= {name: each for name, each in run.agents.items() if _is_news(each, of_run)}
        jobs = next((run.jobs for run in reversed(self.runs) if run.jobs), self._watched.jobs)
        return replace(self._watched, of_run=of_run, jobs=jobs)

    def close(self) -> None:
        """Let go of the journal."""
        if self._file:
            self._file.close()
            self._file = None

    def _look(self, jobs: int | None, started: float) -> Watched:
        self._compiled = self._stamp()
        state = read_state(self._folder, earlier=False)
        state.runs = tuple(self._journal.runs.values())
        return Watched(
            state=state,
            of_run={},
            planned=planned(state, self._goals, self._forced),
            started=started,
            known=durations(state),
            jobs=jobs,
            says=Tails(self._folder).of,
        )

    def _is_compiled_again(self) -> bool:
        """The driver compiles a plan that has changed before it starts anything."""
        if self._stamp() == self._compiled:
            return False
        try:
            self._watched = self._look(self._watched.jobs, self._watched.started)
        except StateError:
            return False
        return True

    def _stamp(self) -> object:
        try:
            found = os.stat(os.path.join(self._folder, "manifest.json"))
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns

    def _open(self) -> bool:
        """Open the journal, which stays open: it may be moved away; tell if there was anything in it."""
        try:
            self._file = regular.opened(self._path)
        except OSError:
            return False
        self._head = os.pread(self._file.fileno(), _HEAD, 0)
        return self._feed()

    def _feed(self) -> bool:
        return self._file is not None and self._journal.feed(self._file.read())

    def _read(self) -> bool:
        if self._is_emptied():
            self.close()
            self._journal.end_of_file()
            return self._open()
        new = self._feed()
        if self._is_moved():
            # Lines added before the move are still read, under the new name.
            new |= self._feed()
            self.close()
            new |= self._open()
        return new

    def _is_emptied(self) -> bool:
        """A journal that had nothing to tell begins anew in the same file."""
        if self._file is None:
            return False
        head = os.pread(self._file.fileno(), _HEAD, 0)
        emptied = not head.startswith(self._head)
        self._head = head
        return emptied

    def _is_moved(self) -> bool:
        try:
            now = os.stat(self._path)
        except OSError:
            return False
        if self._file is None:
            return True
        mine = os.fstat(self._file.fileno())
        return (now.st_dev, now.st_ino) != (mine.st_dev, mine.st_ino)


def _is_news(each: AgentRun, of_run: dict[str, AgentRun]) -> bool:
    """A run that waits for another make says less of the agent than that make does.

    What is done stays so, even if a later make runs it again: what has been counted stays counted.
    """
    before = of_run.get(each.name)
    return before is None or (before.state not in GOOD and bool(each.attempts or each.state))
