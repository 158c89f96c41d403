"""The texts that an agent left behind, as much of them as a page can hold, made harmless to look at."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wavemake.plan import regular

# In the order in which they are shown.
KINDS = ("output", "changes", "log", "prompt", "task")
_FILES = {
    "output": "output.md",
    "changes": "changes.patch",
    "log": "log.txt",
    "prompt": "prompt.md",
    "task": "task.md",
}

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


def limits(folder: str, agents: Iterable[str]) -> dict[str, int]:
    """Return for each of KINDS how many bytes are kept of it, so that a page of all `agents` stays usable."""
    names = list(agents)
    return {
        kind: min(_MOST[kind], level(_sizes(folder, names, kind), _TOGETHER[kind]))
        for kind in KINDS
    }


def _path(folder: str, name: str, kind: str) -> str:
    """Of an agent that failed, the prompt is what it was asked then, and not that of its last answer."""
    failed = os.path.join(folder, name, "failed-prompt.md")
    if kind == "prompt" and os.path.exists(failed):
        return failed
    return os.path.join(folder, name, _FILES[kind])


def _sizes(folder: str, names: Sequence[str], kind: str) -> list[int]:
    found = []
    for name in names:
        try:
            found.append(os.stat(_path(folder, name, kind)).st_size)
        except OSError:
            continue
    return found


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


def read_text(folder: str, agent: str, kind: str, most: int) -> AgentText | None:
    """Return the text `kind` of an agent, `most` bytes of it; None if there is none, or an empty one."""
    path = _path(folder, agent, kind)
    tail = kind in _TAILS
    try:
        with regular.opened(path) as file:
            size = os.fstat(file.fileno()).st_size
            if tail and size > most:
                file.seek(size - most)
            data = file.read(most)
    except OSError:
        return None
    content = shown(data.decode("utf-8", "replace"))
    return AgentText(path, content, size, len(data), tail) if content.strip() else None


def shown(text: str) -> str:
    r"""Return `text` with the colours of terminals left out and what cannot be seen made visible.

    >>> shown("\x1b[31mred\x1b[0m\x07 \u202etxt.exe\r\n")
    'red␇ �txt.exe\n'
    """
    return _UNSEEN.sub(_picture, _ESCAPES.sub("", text).replace("\r\n", "\n"))


def _picture(unseen: re.Match[str]) -> str:
    code = ord(unseen[0])
    return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else "�"
