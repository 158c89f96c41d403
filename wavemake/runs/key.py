"""The head of task.md, and the key that agent.sh computes from it: what an answer was made from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from wavemake.plan.portion import WHOLE, Portion

# The head's lines that are part of the key as they stand.
_PAID = ("runner", "model", "arg", "command", "with")
_PORTIONS = ("cut", "by")
_END = b"---"


class BadHead(ValueError):
    """A task.md that agent.sh would refuse."""


@dataclass(frozen=True, slots=True)
class Input:
    """Something that a prompt holds, or that is waited for: a line of the head.

    kind: "agent", "diff" (what the agent changed), "file" or "after". portion: how much of it is read,
    which the line before it says.
    """

    kind: str
    name: str
    portion: Portion = WHOLE

    @property
    def label(self) -> str:
        """How the key calls it: `read NAME`, `read diff NAME`, `read ./PATH` or `after NAME`."""
        if self.kind == "file":
            return f"read ./{self.name}"
        words = {"after": "after", "diff": "read diff"}
        return f"{words.get(self.kind, 'read')} {self.name}"

    def path(self, folder: str) -> str:
        """Return the file whose content counts, relative to the project; `folder` is the agents'."""
        if self.kind == "file":
            return self.name
        return f"{folder}/{self.name}/{'changes.patch' if self.kind == 'diff' else 'output.md'}"


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a task.md: how its agent is run, and what it reads, in the order of its lines.

    settings are the lines that are part of the key; lines are all others but inputs, by their first word.
    body is the offset of the body in the file, in bytes.
    """

    settings: tuple[str, ...]
    inputs: tuple[Input, ...]
    lines: dict[str, tuple[str, ...]]
    body: int

    def all(self, word: str) -> tuple[str, ...]:
        """Return what follows `word` on each of its lines, such as "run" or "output"."""
        return self.lines.get(word, ())

    def one(self, word: str, default: str = "") -> str:
        """Return what follows `word` on its last line, or `default` if there is none."""
        return self.lines.get(word, (default,))[-1]

    @property
    def follows(self) -> bool:
        """Whether it is skipped if all that it needs was."""
        return "follow" in self.lines

    @property
    def has_condition(self) -> bool:
        """Whether it may be skipped."""
        return self.follows or "when" in self.lines

    @property
    def has_workspace(self) -> bool:
        """Whether it works in a checkout of its own."""
        return any(line.startswith("with workspace ") for line in self.settings)

    def setting(self, word: str) -> str:
        """Return the value of the setting `word`, such as "model", or an empty string."""
        return next((line[len(word) + 1 :] for line in self.settings if _first(line) == word), "")


def read_head(data: bytes) -> Head:
    """Read the head of `data`, the bytes of a task.md.

    Raises BadHead if it has no end.

    >>> head = read_head(b"--- wavemake 1\\nrunner claude\\nread agent api\\n---\\nDo it.\\n")
    >>> head.settings, head.inputs[0].label, head.body
    (('runner claude',), 'read api', 48)
    """
    settings: list[str] = []
    inputs: list[Input] = []
    lines: dict[str, tuple[str, ...]] = {}
    portion, place = WHOLE, 0
    while (end := data.find(b"\n", place)) >= 0:
        raw, place = data[place:end], end + 1
        if raw == _END:
            return Head(tuple(settings), tuple(inputs), lines, place)
        line = raw.decode("utf-8", "surrogateescape")
        word, _, value = line.partition(" ")
        if word in _PAID:
            settings.append(line)
        elif word in _PORTIONS:
            portion = _portion(line)
        elif word == "read":
            kind, _, name = value.partition(" ")
            inputs.append(Input(kind, name, portion))
            portion = WHOLE
        elif word == "after":
            inputs.append(Input("after", value))
        else:
            lines[word] = (*lines.get(word, ()), value)
    raise BadHead("its head has no end")


def key_of(head: Head, task: str, sum_of: Callable[[Input], str]) -> str:
    """Return the key as agent.sh computes it, without the checksum of the output.

    task: the SHA-256 of the body, in hex; sum_of: that of what is read.
    """
    lines = [*head.settings, f"task {task}"]
    for each in head.inputs:
        lines += [each.portion.line] if each.portion.line else []
        lines.append(f"{each.label} {sum_of(each)}")
    return "".join(f"{line}\n" for line in lines)


def split_key(text: str) -> tuple[str, str]:
    """Split a key file into the key itself and the checksum of the output that was made from it.

    What is recorded after that checksum, the checks that were passed, is part of neither.
    """
    inputs, mark, rest = f"\n{text}".partition("\noutput ")
    return f"{inputs[1:]}\n" if mark and inputs else inputs[1:], rest.split("\n", 1)[0]


def checks_of(text: str) -> tuple[str, ...]:
    """Return the checks that a key file says were passed."""
    return tuple(line[6:] for line in text.splitlines() if line.startswith("check "))


def sha256(data: bytes) -> str:
    """Return the SHA-256 of `data` in hex."""
    return hashlib.sha256(data).hexdigest()


def _portion(line: str) -> Portion:
    try:
        return Portion.of(line)
    except ValueError as error:
        raise BadHead(f"it has a line {line!r}") from error


def _first(line: str) -> str:
    return line.partition(" ")[0]
