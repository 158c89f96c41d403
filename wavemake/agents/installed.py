"""What of the programs that runs need is installed here, and which versions."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Program:
    """A program: its path and the version that it reports; None: not installed, or no version."""

    name: str
    path: str | None
    version: str | None


def look(name: str) -> Program:
    """Look for the program `name` on PATH and ask it for its version."""
    path = shutil.which(name)
    return Program(name, path, _version(path) if path else None)


def look_for(names: Sequence[str]) -> list[Program]:
    """Look for several at once: some CLIs take seconds to tell their version."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        return list(pool.map(look, names))


def _version(path: str) -> str | None:
    """The first line that `path --version` prints, or None if that fails."""
    try:
        done = subprocess.run(
            [path, "--version"], capture_output=True, timeout=_SECONDS, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    return lines[0] if lines and done.returncode == 0 else None
