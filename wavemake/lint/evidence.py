"""Reads what earlier runs and the project's files tell the lints. Nothing is written here."""

from __future__ import annotations

import json
import os
from functools import cached_property

from wavemake.plan import regular


class ProjectEvidence:
    """The files below the current folder, with the agents in `folder`."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    @cached_property
    def _has_run(self) -> frozenset[str]:
        """Who has a folder: a plan that was never run is reported without a look at each agent."""
        try:
            return frozenset(os.listdir(self.folder))
        except OSError:
            return frozenset()

    def size(self, path: str) -> int | None:
        """Return the bytes in the file at `path`, or None if there is no such file."""
        inside = path.removeprefix(f"{self.folder}/")
        if inside != path and inside.split("/", 1)[0] not in self._has_run:
            return None
        try:
            return os.stat(path).st_size if os.path.isfile(path) else None
        except OSError:
            return None

    def seconds(self, agent: str) -> float | None:
        """Return how long the last run of `agent` took, if it was done or ran out of time."""
        if agent not in self._has_run:
            return None
        try:
            status = json.loads(regular.read_bytes(f"{self.folder}/{agent}/status.json"))
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(status, dict):
            return None
        state, seconds = status.get("state"), status.get("seconds")
        is_known = state == "done" or str(status.get("reason", "")).startswith("timed out")
        return float(seconds) if is_known and isinstance(seconds, (int, float)) else None

    def is_in_git(self) -> bool:
        """Tell whether the project is, or is part of, a git repository."""
        folder = os.getcwd()
        while not os.path.exists(os.path.join(folder, ".git")):
            parent = os.path.dirname(folder)
            if parent == folder:
                return False
            folder = parent
        return True


class NoEvidence:
    """A project without files, in which nothing has run."""

    def size(self, path: str) -> int | None:
        """Return None: there is no file."""
        return None

    def seconds(self, agent: str) -> float | None:
        """Return None: nothing has run."""
        return None

    def is_in_git(self) -> bool:
        """Return False: there is no repository."""
        return False
