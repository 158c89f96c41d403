"""Reads files that an agent, a clone or another user may have made: regular ones only, within a bound.

A FIFO, a device or a folder is an OSError that says so, and never blocks. So is a link, unless `follow` is
given: wavemake makes none of the files that it keeps a link, and one may lead to a secret. A file longer than
the bound is an OSError as well, unless only its beginning is wanted.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO

MOST = 256 * 1024 * 1024
"""The bytes that are read of one file unless a caller says otherwise: far more than large plans need."""

_CHUNK = 1024 * 1024


def read_bytes(path: str, most: int = MOST, *, follow: bool = False) -> bytes:
    """Return the content of the regular file at `path`.

    Raises OSError, with `path` as its filename, if it is not a regular file, cannot be read, or has more than
    `most` bytes.
    """
    data = beginning(path, most + 1, follow=follow)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"has more than {most} bytes", path)
    return data


def read_text(path: str, most: int = MOST) -> str:
    """Return the text of the regular file at `path`; what is not UTF-8 is replaced.

    Raises as `read_bytes` does.
    """
    return read_bytes(path, most).decode("utf-8", "replace")


def beginning(path: str, most: int, *, follow: bool = False) -> bytes:
    """Return the first `most` bytes of the regular file at `path`. Raises OSError if it is not one."""
    number = _open(path, follow)
    try:
        found = os.read(number, min(most, _CHUNK))
        parts = [found]
        most -= len(found)
        while found and most > 0:
            found = os.read(number, min(most, _CHUNK))
            parts.append(found)
            most -= len(found)
        return b"".join(parts)
    finally:
        os.close(number)


def opened(path: str) -> BinaryIO:
    """Return the regular file at `path`, open for reading. Raises OSError if it is not one."""
    return os.fdopen(_open(path, follow=False), "rb")


def _open(path: str, follow: bool) -> int:
    """A descriptor of the regular file at `path`; without O_NONBLOCK, opening a FIFO waits for its writer."""
    try:
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
        number = os.open(path, flags)
    except ValueError as error:  # a NUL in the path
        raise OSError(errno.EINVAL, "is not a path", path) from error
    if stat.S_ISREG(os.fstat(number).st_mode):
        return number
    os.close(number)
    raise OSError(errno.EINVAL, "is not a regular file", path)
