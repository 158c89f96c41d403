"""What changed in the project during a run in which agents worked in the project itself: git and times tell.

Nothing is recorded for it while agents run. git says which files differ from the last commit, and the time of
such a file whether it was written during the run, and by whom, if one agent alone was at work then.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

from wavemake.plan import regular
from wavemake.runs.edits import PATCH, FileEdit, parse
from wavemake.runs.state import Run, read_runs

# Times of events count from a whole second, so that they are up to a second too early.
_TOO_EARLY = 1.0


@dataclass(frozen=True, slots=True)
class InPlace:
    """A file that changed during the run. agent: who changed it, empty if that is not certain."""

    agent: str
    edit: FileEdit


def in_place(folder: str, known: Container[str]) -> tuple[InPlace, ...]:
    """Return what changed during the last run, without the paths `known`, which have an author already.

    Nothing where git is missing, or there is no repository. folder: of the agents; its project is the
    current folder.
    """
    runs = [run for run in read_runs(folder) if any(each.started for each in run.agents.values())]
    if not runs:
        return ()
    spans = _spans(folder, runs[-1])
    if not spans:
        return ()
    begin = min(start for start, _ in spans.values())
    end = max(end for _, end in spans.values())
    found = []
    for top, edit in _differing(folder):
        if edit.path in known:
            continue
        time, is_own = _time_of(os.path.join(top, edit.path))
        if begin <= time <= end:
            who = [name for name, (start, end_) in spans.items() if start <= time <= end_]
            found.append(InPlace(who[0] if is_own and len(who) == 1 else "", edit))
    return tuple(found)


def _spans(folder: str, run: Run) -> Mapping[str, tuple[float, float]]:
    """From when to when each agent that has no workspace was at work."""
    return {
        name: (_start(folder, name, each.started), (each.ended or run.last) + _TOO_EARLY)
        for name, each in run.agents.items()
        if each.started and not _has_workspace(folder, name)
    }


def _start(folder: str, name: str, started: float) -> float:
    """When the agent began, by the clock of files if its stamp is of that run: events may be early."""
    try:
        stamp = os.lstat(f"{folder}/{name}/.stamp").st_mtime
    except OSError:
        return started
    return stamp if 0 <= stamp - started <= _TOO_EARLY else started


def _has_workspace(folder: str, name: str) -> bool:
    if os.path.exists(f"{folder}/{name}/{PATCH}"):
        return True
    try:
        head = regular.read_bytes(f"{folder}/{name}/task.md").partition(b"\n---\n")[0]
    except OSError:
        return False
    return b"\nwith workspace worktree" in head


def _time_of(path: str) -> tuple[float, bool]:
    """When it was written; of one that is gone, when its folder was, which is not its own time."""
    is_own = True
    while path:
        try:
            return os.lstat(path).st_mtime, is_own
        except OSError:
            path, is_own = os.path.dirname(path), False
    return 0.0, False


def _differing(folder: str) -> Iterator[tuple[str, FileEdit]]:
    """The files that differ from the last commit, with the top of the working tree."""
    top, index = (
        _git("rev-parse", *words) for words in (["--show-toplevel"], ["--git-path", "index"])
    )
    if top is None or index is None:
        return
    with tempfile.TemporaryDirectory(prefix="wavemake-") as scratch:
        own = f"{scratch}/index"
        if os.path.exists(index.strip()):
            shutil.copyfile(index.strip(), own)
        outside = [".", f":(exclude,literal){folder}"]
        # In a copy of the index, so that new files count as well.
        _git("add", "-N", "--", *outside, index=own)
        words = [
            "--binary",
            "--full-index",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            "--no-renames",
        ]
        patch = _git("diff", *words, "HEAD", "--", *outside, index=own)
    for edit in parse(patch or ""):
        yield top.strip("\n"), edit


def _git(*words: str, index: str = "") -> str | None:
    """What git prints; None if it is missing or fails. It starts nothing that the repository names."""
    environment = {
        **os.environ,
        "GIT_OPTIONAL_LOCKS": "0",
        **({"GIT_INDEX_FILE": index} if index else {}),
    }
    off = [
        "-c",
        "core.fsmonitor=false",
        "-c",
        "core.hooksPath=/dev/null",
        "-c",
        "core.quotePath=false",
    ]
    try:
        done = subprocess.run(
            ["git", *off, *words], env=environment, capture_output=True, check=False
        )
    except OSError:
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None
