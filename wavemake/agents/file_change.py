"""A change of one file, as bytes before and after, that can be shown, made and taken back."""

from __future__ import annotations

import contextlib
import difflib
import os
import shutil
from dataclasses import dataclass


@dataclass(frozen=True)
class FileChange:
    """What becomes of the file at `path`; None stands for no file."""

    path: str
    before: bytes | None
    after: bytes | None

    def apply(self) -> None:
        """Carry it out. Raises OSError if that is not possible; the file is then as it was."""
        _put(self.path, self.after)

    def revert(self) -> None:
        """Take it back."""
        _put(self.path, self.before)

    def diff(self) -> str:
        """Return it as a unified diff, for people: what is not UTF-8 is replaced."""
        old, new = (
            (each or b"").decode("utf-8", "replace").splitlines(keepends=True)
            for each in (self.before, self.after)
        )
        diff = difflib.unified_diff(old, new, self.path, self.path)
        return "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            for line in diff
        )


def _put(path: str, data: bytes | None) -> None:
    """Give the file at `path` this content, through a link if it is one; its mode stays."""
    if data is None:
        os.unlink(path)
        return
    path = os.path.realpath(path)
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "wb") as file:
            file.write(data)
        with contextlib.suppress(FileNotFoundError):
            shutil.copymode(path, temporary)
        os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
