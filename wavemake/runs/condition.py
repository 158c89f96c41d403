"""Whether the condition of an agent holds, as skip.sh finds out; `skip.sh` and this change together."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

_NOTE = "skipped: "


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a condition: it holds, or not, or that is not known before; and why, in words."""

    holds: bool | None
    reason: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a condition may look at. answer: the path of an agent's, None if there is none.

    exists: of a file. was_skipped: of an agent.
    """

    answer: Callable[[str], str | None]
    exists: Callable[[str], bool]
    was_skipped: Callable[[str], bool]


def note_in(key: str | None, output: Callable[[], str | None]) -> str:
    """Return why an agent was skipped, by its files key and output.md; empty if it was not.

    One of a later pass of a loop has been, and has the answer of the pass before. output: reads output.md,
    which few keys need.

    >>> note_in("task 1\\noutput 2\\nskipped no reason\\n", lambda: "skipped: no reason\\n")
    'no reason'
    """
    for line in (key or "").splitlines():
        word, _, reason = line.partition(" ")
        if word == "carried" or (word == "skipped" and (output() or "").startswith(_NOTE)):
            return reason
    return ""


def weigh(lines: Sequence[str], sight: Facts) -> Verdict:
    """Say whether the condition in `lines` holds: its parts stand before the whole.

    >>> nothing = Facts(lambda name: None, lambda path: path == "a", lambda name: False)
    >>> weigh(["file a", "file b", "any 2", "not"], nothing)
    Verdict(holds=False, reason='a exists')
    """
    stack: list[Verdict] = []
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "not":
            part = stack.pop()
            stack.append(Verdict(None if part.holds is None else not part.holds, part.reason))
        elif word in ("all", "any"):
            count = int(rest)
            parts = stack[-count:]
            del stack[-count:]
            stack.append(_of_all(parts, decides=word == "any"))
        else:
            stack.append(_leaf(word, rest, sight))
    return stack[-1]


def _of_all(parts: Sequence[Verdict], *, decides: bool) -> Verdict:
    for part in parts:
        if part.holds is decides:
            return part
    unknown = [part for part in parts if part.holds is None]
    if unknown:
        return unknown[0]
    return Verdict(not decides, ", and ".join(part.reason for part in parts))


def _leaf(kind: str, rest: str, sight: Facts) -> Verdict:
    if kind == "file":
        there = sight.exists(rest)
        return Verdict(there, f"{rest} {'exists' if there else 'does not exist'}")
    if kind == "command":
        return Verdict(None, f"its condition asks a command: {rest}")
    name, _, words = rest.partition(" ")
    if sight.was_skipped(name):
        return Verdict(False, f"{name} was skipped")
    path = sight.answer(name)
    if path is None:
        return Verdict(False, f"{name} is not done")
    return _matches(name, path, words) if kind == "matches" else _compares(name, path, words)


def _matches(name: str, path: str, regex: str) -> Verdict:
    words = ["grep", "-q", "-E", "-e", regex, path]
    holds = subprocess.run(words, stderr=subprocess.DEVNULL, check=False).returncode == 0
    return Verdict(holds, f"{'a' if holds else 'no'} line of {name} matches {regex}")


def _compares(name: str, path: str, words: str) -> Verdict:
    steps, _, rest = words.partition(" ")
    how, _, wanted = rest.partition(" ")
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            value = json.load(file)
    except (OSError, ValueError, RecursionError):
        return Verdict(False, f"in {name}, the answer is not JSON")
    for step in [] if steps == "." else steps.split("."):
        found = _member(value, step)
        if not found:
            return Verdict(False, f"in {name}, there is no {steps}")
        value = found[0]
    if how == "exists":
        return Verdict(True, f"in {name}, there is {steps}")
    holds = _is_as_wanted(value, how, json.loads(wanted))
    so = "" if how == "equals" and holds else ", " if holds else ", not "
    than = "" if how == "equals" and holds else wanted if how == "equals" else f"{how} {wanted}"
    shown = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Verdict(
        holds,
        f"in {name}, {steps} is {shown if len(shown) <= 80 else shown[:77] + '...'}{so}{than}",
    )


def _member(value: Any, step: str) -> list[Any]:
    """The member of `value` that `step` names, alone in a list, or nothing."""
    if isinstance(value, dict):
        return [value[step]] if step in value else []
    is_index = isinstance(value, list) and step.isascii() and step.isdecimal()
    return value[int(step) : int(step) + 1] if is_index else []


def _is_as_wanted(value: Any, how: str, wanted: Any) -> bool:
    def is_number(it: Any) -> bool:
        return isinstance(it, (int, float)) and not isinstance(it, bool)

    if is_number(value) and is_number(wanted):
        a, b = float(value), float(wanted)
        return a > b if how == "above" else a < b if how == "below" else a == b
    return how == "equals" and type(value) is type(wanted) and bool(value == wanted)
