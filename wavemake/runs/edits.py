"""What agents with workspaces changed: AGENT/changes.patch, read file by file."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from wavemake.plan import regular

_HEADER = re.compile(r'^diff --git (?:"?a/.*?"?) ("b/.*"|b/.*)$')
_ESCAPES = {
    "n": "\n",
    "t": "\t",
    '"': '"',
    "\\": "\\",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "r": "\r",
    "v": "\v",
}
_ESCAPED = re.compile(r"\\([0-7]{3}|.)")
PATCH = "changes.patch"
MOST = 64 * 1024**2
"""The bytes of a patch of which the text is shown."""

# Of a longer line, as of a binary file, the rest is skipped.
_LONGEST = 65536


@dataclass(frozen=True, slots=True)
class FileEdit:
    """A file that an agent changed. old: its name before, if that was another. text: its part of the patch.

    kind: "changed", "created", "deleted" or "renamed". In `text` a byte that is not UTF-8 is a lone
    surrogate. cut: the text was left out.
    """

    path: str
    kind: str = "changed"
    old: str = ""
    added: int = 0
    removed: int = 0
    binary: bool = False
    text: str = ""
    cut: bool = False


def read_edits(folder: str, agent: str, *, text: bool = True) -> tuple[FileEdit, ...] | None:
    """Return what `agent` changed; None if it has no patch, because it works in the project itself.

    The texts are left out of a patch of more than MOST bytes, and without `text`.
    """
    try:
        with regular.opened(patch_of(folder, agent)) as file:
            is_whole = text and os.fstat(file.fileno()).st_size <= MOST
            return tuple(_edits(iter(file) if is_whole else _beginnings(file), text=is_whole))
    except OSError:
        return None


def patch_of(folder: str, agent: str) -> str:
    """Return the path of the agent's patch, whether it has one or not."""
    return f"{folder}/{agent}/{PATCH}"


def has_edits(folder: str, agent: str) -> bool:
    """Tell whether `agent` has a patch that is not empty."""
    try:
        return os.path.getsize(patch_of(folder, agent)) > 0
    except OSError:
        return False


def are_undone(folder: str, agent: str) -> bool:
    """Tell whether the edits of `agent` were taken out of the project, as by make undo-AGENT."""
    return os.path.exists(f"{folder}/{agent}/undone")


def parse(patch: str) -> Iterator[FileEdit]:
    """Yield the files of a patch as git writes it.

    >>> text = "diff --git a/x b/x\\nindex 1..2 100644\\n--- a/x\\n+++ b/x\\n@@ -1 +1,2 @@\\n-a\\n+b\\n+c\\n"
    >>> [(each.path, each.kind, each.added, each.removed) for each in parse(text)]
    [('x', 'changed', 2, 1)]
    """
    return _edits(iter(io.BytesIO(patch.encode("utf-8", "surrogateescape"))), text=True)


def _beginnings(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, of each no more than its beginning."""
    starts = True
    while line := file.readline(_LONGEST):
        if starts:
            yield line
        starts = line.endswith(b"\n")


def _edits(lines: Iterator[bytes], *, text: bool) -> Iterator[FileEdit]:
    part: _Part | None = None
    for line in lines:
        if line.startswith(b"diff --git "):
            if part:
                yield part.edit()
            part = _Part(line, text)
        elif part:
            part.add(line)
    if part:
        yield part.edit()


class _Part:
    """The part of a patch that is about one file, as far as it was read."""

    def __init__(self, header: bytes, keeps: bool) -> None:
        found = _HEADER.match(_line(header))
        self.found = FileEdit(_name(found[1]) if found else "", cut=not keeps)
        self.lines = [header] if keeps else []
        self.keeps = keeps
        self.in_hunk = False
        self.added = self.removed = 0

    def add(self, line: bytes) -> None:
        if self.keeps:
            self.lines.append(line)
        if self.in_hunk:
            self.added += line.startswith(b"+")
            self.removed += line.startswith(b"-")
        elif line.startswith(b"@@ "):
            self.in_hunk = True
        elif not self.found.binary:
            self.found = replace(self.found, **_told_by(_line(line)))

    def edit(self) -> FileEdit:
        text = b"".join(self.lines).decode("utf-8", "surrogateescape")
        return replace(self.found, added=self.added, removed=self.removed, text=text)


def _told_by(line: str) -> dict[str, Any]:
    """What a line above the changes says of the file."""
    if line.startswith("new file mode"):
        return {"kind": "created"}
    if line.startswith("deleted file mode"):
        return {"kind": "deleted"}
    if line.startswith("rename from "):
        return {"kind": "renamed", "old": _unquoted(line[12:])}
    if line.startswith("rename to "):
        return {"path": _unquoted(line[10:])}
    if line.startswith(("GIT binary patch", "Binary files ")):
        return {"binary": True}
    if line.startswith("+++ ") and not line.startswith("+++ /dev/null"):
        return {"path": _name(line[4:].removesuffix("\t"))}
    return {}


def _line(line: bytes) -> str:
    return line.decode("utf-8", "replace").removesuffix("\n")


def _name(text: str) -> str:
    return _unquoted(text).removeprefix("b/")


def _unquoted(text: str) -> str:
    """A name as git quotes it, if it has odd characters in it."""
    if not (text.startswith('"') and text.endswith('"')):
        return text
    octal = _ESCAPED.sub(lambda found: _character(found[1]), text[1:-1])
    return octal.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _character(escape: str) -> str:
    if escape.isdigit():
        return bytes([int(escape, 8) & 255]).decode("utf-8", "surrogateescape")
    return _ESCAPES.get(escape, escape)
