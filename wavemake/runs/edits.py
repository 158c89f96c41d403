"""What agents with workspaces changed: AGENT/changes.patch, read file by file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

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
_MOST = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class FileEdit:
    """A file that an agent changed. old: its name before, if that was another. text: its part of the patch.

    kind: "changed", "created", "deleted" or "renamed".
    """

    path: str
    kind: str = "changed"
    old: str = ""
    added: int = 0
    removed: int = 0
    binary: bool = False
    text: str = ""


def read_edits(folder: str, agent: str) -> tuple[FileEdit, ...] | None:
    """Return what `agent` changed; None if it has no patch, because it works in the project itself."""
    try:
        data = regular.read_bytes(f"{folder}/{agent}/{PATCH}", _MOST)
    except OSError:
        return None
    return tuple(parse(data.decode("utf-8", "replace")))


def has_edits(folder: str, agent: str) -> bool:
    """Tell whether `agent` has a patch that is not empty."""
    try:
        return os.path.getsize(f"{folder}/{agent}/{PATCH}") > 0
    except OSError:
        return False


def parse(patch: str) -> Iterator[FileEdit]:
    """Yield the files of a patch as git writes it.

    >>> text = "diff --git a/x b/x\\nindex 1..2 100644\\n--- a/x\\n+++ b/x\\n@@ -1 +1,2 @@\\n-a\\n+b\\n+c\\n"
    >>> [(each.path, each.kind, each.added, each.removed) for each in parse(text)]
    [('x', 'changed', 2, 1)]
    """
    part: list[str] = []
    for line in patch.splitlines(keepends=True):
        if line.startswith("diff --git ") and part:
            yield _file(part)
            part = []
        part.append(line)
    if part and part[0].startswith("diff --git "):
        yield _file(part)


def _file(lines: list[str]) -> FileEdit:
    header = _HEADER.match(lines[0].rstrip("\n"))
    path = _name(header[1]) if header else ""
    kind, old, binary, added, removed = "changed", "", False, 0, 0
    in_hunk = False
    for line in lines[1:]:
        if line.startswith("@@ "):
            in_hunk = True
        elif in_hunk:
            added += line.startswith("+")
            removed += line.startswith("-")
        elif line.startswith("new file mode"):
            kind = "created"
        elif line.startswith("deleted file mode"):
            kind = "deleted"
        elif line.startswith("rename from "):
            kind, old = "renamed", _unquoted(line[12:].rstrip("\n"))
        elif line.startswith("rename to "):
            path = _unquoted(line[10:].rstrip("\n"))
        elif line.startswith(("GIT binary patch", "Binary files ")):
            binary = True
        elif line.startswith("+++ ") and not line.startswith("+++ /dev/null"):
            path = _name(line[4:].rstrip("\n").removesuffix("\t"))
    return FileEdit(path, kind, old, added, removed, binary, "".join(lines))


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
