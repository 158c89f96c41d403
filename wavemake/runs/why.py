"""What differs between the key of an answer and the present key, in words."""

from __future__ import annotations

import difflib
from collections.abc import Container
from dataclasses import dataclass, field

# Settings with a short value, which is shown.
_TOLD = ("runner", "model")
_CALLED = {"arg": "arguments"}
# Beyond this, lines are counted without being aligned.
_LONG = 2000


@dataclass
class _Parts:
    """A key by what its lines are about. inputs: label -> portion and checksum."""

    settings: dict[str, list[str]] = field(default_factory=dict)
    task: str = ""
    inputs: dict[str, tuple[str, str]] = field(default_factory=dict)


def changes(old: str, now: str, unknown: Container[str] = ()) -> list[str]:
    """Say how the key `now` differs from the key `old`, both without the output's checksum.

    unknown: labels of inputs whose content is not known yet; it counts as the same.

    >>> changes("model sonnet\\ntask 1\\nread api 2\\n", "model opus\\ntask 1\\nread ./notes.md 2\\n")
    ['model sonnet -> opus', 'reads notes.md now', 'no longer reads api']
    """
    was, is_now = _parts(old), _parts(now)
    found = _settings(was.settings, is_now.settings)
    if was.task != is_now.task:
        found.append("task changed")
    return found + _inputs(was.inputs, is_now.inputs, unknown)


def lines_changed(old: bytes, new: bytes) -> int:
    """Count the lines in which two texts differ; a line that was replaced counts once."""
    before, after = old.splitlines(), new.splitlines()
    if max(len(before), len(after)) > _LONG:
        return len(set(before) ^ set(after))
    steps = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return sum(max(b - a, d - c) for kind, a, b, c, d in steps if kind != "equal")


def _parts(key: str) -> _Parts:
    parts = _Parts()
    portion = ""
    for line in key.splitlines():
        word, _, value = line.partition(" ")
        if word in ("read", "after"):
            label, _, checksum = line.rpartition(" ")
            parts.inputs[label] = portion, checksum
            portion = ""
        elif word in ("cut", "by"):
            portion = line
        elif word == "task":
            parts.task = value
        else:
            if word == "with":
                word, _, value = value.partition(" ")
            parts.settings.setdefault(word, []).append(value)
    return parts


def _settings(old: dict[str, list[str]], now: dict[str, list[str]]) -> list[str]:
    found = []
    for word in dict.fromkeys([*_TOLD, *old, *now]):
        was, is_now = old.get(word), now.get(word)
        if was == is_now:
            continue
        if word in _TOLD:
            found.append(f"{word} {' '.join(was or ['unset'])} -> {' '.join(is_now or ['unset'])}")
        else:
            found.append(f"{_CALLED.get(word, word)} changed")
    return found


def _inputs(
    old: dict[str, tuple[str, str]], now: dict[str, tuple[str, str]], unknown: Container[str]
) -> list[str]:
    found = []
    for label, (portion, checksum) in now.items():
        if label not in old:
            found.append(f"{_verb(label)} {_name(label)} now")
        elif old[label][0] != portion:
            found.append(f"another part of {_name(label)} is read")
        elif old[label][1] != checksum and label not in unknown:
            found.append(f"{_content(label)} changed")
    found += [f"no longer {_verb(label)} {_name(label)}" for label in old if label not in now]
    same_order = [each for each in old if each in now] == [each for each in now if each in old]
    return found if same_order else [*found, "its inputs are in another order"]


def _verb(label: str) -> str:
    return "reads" if label.startswith("read ") else "waits for"


def _name(label: str) -> str:
    return label.partition(" ")[2].removeprefix("./")


def _content(label: str) -> str:
    return _name(label) if label.startswith("read ./") else f"output of {_name(label)}"
