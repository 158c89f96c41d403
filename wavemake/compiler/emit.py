"""Writes what a compilation produced: only what differs, each file whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import shutil
import stat
from collections.abc import Mapping

from wavemake.compiler.backends.make import DRIVER_MARK
from wavemake.compiler.manifest import MARK as MANIFEST_MARK
from wavemake.compiler.project import leads_outside
from wavemake.compiler.repository import is_tracked


def read_text(path: str) -> str | None:
    """Return the text of the file at `path`, or None if there is none."""
    try:
        with open(
            path, encoding="utf-8", newline="", errors="surrogateescape", opener=_opened
        ) as file:
            return file.read()
    except FileNotFoundError:
        return None


def _opened(path: str, flags: int) -> int:
    """Open a file, but never a FIFO or a device, which could block for ever: it raises OSError for these."""
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "it is not a regular file", path)


def write_if_changed(path: str, text: str) -> bool:
    """Make the file at `path` hold `text`, through a temporary file and a rename; tell if it changed.

    In a new folder no reader can see it half-written: there it is written directly.
    Raises OSError, with `path` as its filename, when it cannot; the old file is then as it was.
    """
    data, into = text.encode(), f"{path}.{os.getpid()}.tmp"
    # Unbuffered: a large plan is thousands of small files, and a buffer for each takes time.
    try:
        with open(path, "rb", buffering=0, opener=_opened) as file:
            if file.readall() == data:
                return False
    except FileNotFoundError:
        if _make_folder(os.path.dirname(path)):
            into = path
    try:
        with open(into, "wb", buffering=0) as file:
            while data:
                data = data[file.write(data) :]
        if into != path:
            os.replace(into, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(into)
        raise OSError(error.errno, error.strerror, path) from error
    return True


def _make_folder(path: str) -> bool:
    """Make a folder, and those above it if need be; tell if it is new, as most are, in an existing one."""
    try:
        os.mkdir(path)
    except FileNotFoundError:
        os.makedirs(path or ".", exist_ok=True)
    except FileExistsError:
        return False
    return True


def write_all(files: Mapping[str, str]) -> list[str]:
    """Write `files`, path -> text, in their order; return the paths that changed.

    Raises OSError when one cannot be written; those before it are.
    """
    return [path for path, text in files.items() if write_if_changed(path, text)]


def different(files: Mapping[str, str]) -> list[str]:
    """Return the paths in `files`, path -> text, whose file on disk holds another text, or is not there."""
    return [path for path, text in files.items() if read_text(path) != text]


def difference(path: str, text: str) -> str:
    """Return a unified diff from the file at `path` to `text`."""
    import difflib

    old = read_text(path)
    before = "/dev/null" if old is None else path
    lines = (old or "").splitlines(keepends=True), text.splitlines(keepends=True)
    diff = difflib.unified_diff(*lines, before, path)
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in diff
    )


def is_foreign(path: str) -> bool:
    """Tell whether there is a Makefile at `path` that wavemake did not write."""
    text = read_text(path)
    return text is not None and not text.startswith(DRIVER_MARK)


def keep_foreign(path: str) -> str:
    """Copy a Makefile at `path` that wavemake did not write to a name beside it, and return that name.

    That is the first of PATH.orig, PATH.orig.1, ... that is free, or "" if there is nothing to keep.
    Raises OSError.
    """
    if not is_foreign(path):
        return ""
    names = itertools.chain([f"{path}.orig"], (f"{path}.orig.{n}" for n in itertools.count(1)))
    kept = next(name for name in names if not os.path.lexists(name))
    shutil.copy2(path, kept)
    return kept


def way_out(files: Mapping[str, str]) -> str:
    """Return the first folder of `files` that a link in the repository leads out of it, or nothing.

    A link that git does not know is the user's own, and may lead wherever it likes.
    """
    seen: set[str] = set()
    for path in files:
        folder = os.path.dirname(path)
        while folder and folder not in seen:
            seen.add(folder)
            if os.path.islink(folder) and leads_outside(folder) and is_tracked(folder):
                return folder
            folder = os.path.dirname(folder)
    return ""


def stranger(files: Mapping[str, str], folder: str) -> str:
    """Return the first of `files` that is there in a `folder` which is not wavemake's, or nothing."""
    if not os.path.exists(folder) or _is_ours(files, folder):
        return ""
    inside = f"{folder}/"
    return next((path for path in files if path.startswith(inside) and os.path.lexists(path)), "")


def _is_ours(files: Mapping[str, str], folder: str) -> bool:
    """Tell whether wavemake has written into `folder`, also where only a part of that is left.

    The runtime is written first; a clone may lack it, and have what is kept beside the answers.
    """
    runtime = f"{folder}/runtime/"
    if any(path.startswith(runtime) and os.path.exists(path) for path in files):
        return True
    ignored = f"{folder}/.gitignore"
    with contextlib.suppress(OSError):
        if read_text(ignored) == files[ignored]:
            return True
    with contextlib.suppress(OSError):
        if (read_text(f"{folder}/manifest.json") or "").startswith(MANIFEST_MARK):
            return True
    paid = (path for path in files if path.endswith("/task.md") and os.path.exists(path))
    return any(os.path.exists(f"{os.path.dirname(path)}/key") for path in paid)
