"""What workspaces need of git: a program that is new enough, and a repository with a commit."""

from __future__ import annotations

import re
import subprocess

NEEDED = (2, 38)
"""The first git whose merge-tree merges without a working tree."""


def problem() -> tuple[str, str]:
    """Say why agents cannot have workspaces in the current folder, and the way out; both empty if they
    can."""
    version = _git("version")
    if version is None:
        return "needs git, which is not installed", "install git 2.38 or newer"
    found = re.search(r"(\d+)\.(\d+)", version)
    if found and (int(found[1]), int(found[2])) < NEEDED:
        return f"needs git 2.38 or newer, and this is {found[0]}", "install a newer git"
    if _git("rev-parse", "--is-bare-repository") == "true":
        return "needs a working tree, and this repository is bare", "compile in a clone of it"
    if _git("rev-parse", "--is-inside-work-tree") != "true":
        return "needs a git repository, and this folder is in none", "git init, and commit"
    if _git("rev-parse", "-q", "--verify", "HEAD^{commit}") is None:
        return "needs a commit, and this repository has none yet", "git add -A && git commit"
    return "", ""


def is_there() -> bool:
    """Tell whether agents can have workspaces in the current folder."""
    return problem() == ("", "")


def is_tracked(path: str) -> bool:
    """Tell whether git knows the file or link at `path`: it came with the repository, or is to go there."""
    return _git("ls-files", "--error-unmatch", "--", path) is not None


def _git(*words: str) -> str | None:
    """What git prints; None if it is not installed or fails. No program runs that the repository names."""
    command = ["git", "-c", "core.fsmonitor=false", *words]
    try:
        done = subprocess.run(command, capture_output=True, check=False, text=True)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
