"""Writes what a compilation produced: only what differs, each file whole or not at all."""

from __future__ import annotations

import contextlib
import difflib
import os
from collections.abc import Mapping

from wavemake.backends.make import DRIVER_MARK


def read_text(path: str) -> str | None:
    """Return the text of the file at `path`, or None if there is none."""
    try:
        with open(path, encoding="utf-8", newline="", errors="surrogateescape") as file:
            return file.read()
    except FileNotFoundError:
        return None


def write_if_changed(path: str, text: str) -> bool:
    """Make the file at `path` hold `text`, through a temporary file and a rename; tell if it changed.

    Raises OSError when it cannot; the old file is then as it was.
    """
    data = text.encode()
    try:
        with open(path, "rb") as file:
            if file.read() == data:
                return False
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    return True


def write_all(files: Mapping[str, str]) -> list[str]:
    """Write `files`, path -> text, in their order; return the paths that changed."""
    return [path for path, text in files.items() if write_if_changed(path, text)]


def differences(files: Mapping[str, str]) -> str:
    """Return a unified diff from what is on disk to `files`, empty if there is none."""
    parts: list[str] = []
    for path, text in files.items():
        old = read_text(path)
        if old != text:
            before = "/dev/null" if old is None else path
            lines = (old or "").splitlines(keepends=True)
            diff = difflib.unified_diff(lines, text.splitlines(keepends=True), before, path)
            parts += (line if line.endswith("\n") else line + "\n" for line in diff)
    return "".join(parts)


def is_foreign(path: str) -> bool:
    """Tell whether there is a Makefile at `path` that wavemake did not write."""
    text = read_text(path)
    return text is not None and not text.startswith(DRIVER_MARK)
