"""The texts that an agent left behind, as much of them as a page can hold, made harmless to look at."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from wavemake.plan import regular

# In the order in which they are shown. Of an agent that failed, the prompt is what it was asked then, and
# not that of its last answer: of two files of a kind, the latter is shown.
_KINDS = {
    "output.md": "output",
    "changes.patch": "changes",
    "log.txt": "log",
    "prompt.md": "prompt",
    "failed-prompt.md": "prompt",
    "task.md": "task",
}
KINDS = tuple(dict.fromkeys(_KINDS.values()))

# In bytes: the limit for one text in the page, and for the texts of all agents together.
_MOST = {"output": 200_000, "changes": 200_000, "log": 40_000, "prompt": 100_000, "task": 40_000}
_TOGETHER = {
    "output": 8_000_000,
    "changes": 6_000_000,
    "log": 3_000_000,
    "prompt": 6_000_000,
    "task": 3_000_000,
}

# Of a log the end is kept, which shows how the agent ended; of other texts the beginning.
_TAILS = frozenset(["log"])

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
# Control characters are invisible, and bidirectional ones make one text look like another.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# The same as bytes of UTF-8. Two patterns, as each begins with one byte, which is found fast.
_CONTROLS = bytes((*range(0x09), *range(0x0B, 0x20), 0x7F))
_RARE = (re.compile(rb"\xc2[\x80-\x9f]"), re.compile(rb"\xe2(?:\x80[\xaa-\xae]|\x81[\xa6-\xa9])"))


@dataclass(frozen=True, slots=True)
class TextFile:
    """Where a text of an agent's is, and its size in bytes."""

    path: str
    size: int


@dataclass(frozen=True, slots=True)
class AgentText:
    """A text of an agent's. kept is how many of its `size` bytes are in `content`; tail: the last ones."""

    path: str
    content: str
    size: int
    kept: int
    tail: bool

    @property
    def cut(self) -> bool:
        """Whether something is left out."""
        return self.kept < self.size


def text_files(folder: str, agent: str) -> dict[str, TextFile]:
    """Return the files of an agent that may be texts, by their kind, in the order of KINDS."""
    found = {}
    try:
        with os.scandir(os.path.join(folder, agent)) as entries:
            for entry in entries:
                if entry.name in _KINDS:
                    size = entry.stat(follow_symlinks=False).st_size
                    found[entry.name] = TextFile(entry.path, size)
    except OSError:
        pass  # It is gone, and so is all that it would have.
    return {kind: found[name] for name, kind in _KINDS.items() if name in found}


def limits(agents: Collection[Mapping[str, TextFile]]) -> dict[str, int]:
    """Return for each of KINDS how many bytes are kept of it, so that a page of all `agents` stays usable."""
    sizes = {kind: [files[kind].size for files in agents if kind in files] for kind in KINDS}
    return {kind: min(_MOST[kind], level(sizes[kind], _TOGETHER[kind])) for kind in KINDS}


def level(sizes: Iterable[int], together: int) -> int:
    """Return the highest limit under which texts of these sizes are `together` bytes at most.

    >>> level([10, 20, 90, 100], 100), level([10, 20], 100)
    (35, 100)
    """
    waiting = sorted(sizes)
    left = together
    for place, size in enumerate(waiting):
        share = left // (len(waiting) - place)
        if size > share:
            return share
        left -= size
    return together


def read_text(file: TextFile, kind: str, most: int) -> AgentText | None:
    """Return the text `kind` in `file`, `most` bytes of it; None if it cannot be read, or is empty."""
    tail = kind in _TAILS
    try:
        data = _end(file, most) if tail else regular.beginning(file.path, most)
    except OSError:
        return None
    content = shown(data.decode("utf-8", "replace"))
    if not content.strip():
        return None
    return AgentText(file.path, content, max(file.size, len(data)), len(data), tail)


def _end(file: TextFile, most: int) -> bytes:
    with regular.opened(file.path) as opened:
        opened.seek(max(file.size - most, 0))
        return opened.read(most)


def _is_plain(text: str) -> bool:
    """Tell whether all of `text` can be seen: in its bytes that is found several times as fast."""
    data = text.encode("utf-8", "surrogatepass")
    if len(data.translate(None, _CONTROLS)) < len(data):
        return False
    return text.isascii() or not any(each.search(data) for each in _RARE)


def shown(text: str) -> str:
    r"""Return `text` with the colours of terminals left out and what cannot be seen made visible.

    >>> shown("\x1b[31mred\x1b[0m\x07 \u202etxt.exe\r\n")
    'red␇ �txt.exe\n'
    """
    if _is_plain(text):
        return text
    return _UNSEEN.sub(_picture, _ESCAPES.sub("", text).replace("\r\n", "\n"))


def _picture(unseen: re.Match[str]) -> str:
    code = ord(unseen[0])
    return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else "�"
