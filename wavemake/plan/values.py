"""Reads values of a plan's tree, one kind a method, and says what is wrong with those that do not fit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from wavemake.plan.diagnostics import Diagnostics, Path, Where
from wavemake.plan.did_you_mean import did_you_mean
from wavemake.plan.model import Ref, encodes, shown


@dataclass(frozen=True)
class AllowedKeys:
    """The keys that an object may have, and those of them that an untrusted plan may set."""

    what: str
    known: tuple[str, ...]
    untrusted: frozenset[str] = frozenset()


# Names for our keys in other plans.
_ALIASES = {
    "description": "task",
    "instructions": "task",
    "objective": "task",
    "prompt": "task",
    "id": "name",
    "role": "name",
    "after": "depends_on",
    "blockedby": "depends_on",
    "dependencies": "depends_on",
    "depends": "depends_on",
    "needs": "depends_on",
    "inputs": "reads",
    "name": "agent",
    "path": "file",
}

# What a plan says as a whole, by words that plans put into each agent.
_OF_THE_PLAN = {
    "wave": 'the plan says it: "waves": [["first", "second"], ["third"]]',
    "phase": 'the plan says it: "waves": [["first", "second"], ["third"]]',
}

_DURATION = re.compile(r"(\d{1,12})s?|(?:(\d{1,12})h)?(?:(\d{1,12})m)?(?:(\d{1,12})s)?")
_SIZE = re.compile(r"(\d{1,12})\s*([kKmM]?)[bB]?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MOST = 2**31 - 1
_LEAST_USD, _MOST_USD = 0.01, 1e9
_PLAIN = "take out line breaks, tabs and other control characters"
_WORDS: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "true or false",
}


@dataclass
class Values:
    """What has been read of a tree so far, as diagnostics; `untrusted` as in `parser.parse`."""

    untrusted: bool
    found: Diagnostics = field(default_factory=Diagnostics)

    def error(self, code: str, message: str, where: Where, hint: str = "") -> None:
        """Note that something is wrong at `where`."""
        self.found.error(code, message, where, hint)

    def keys(self, value: dict[str, Any], path: Path, shape: AllowedKeys) -> None:
        """Note the keys that `shape` does not have, and those that an untrusted plan may not set."""
        for key in value:
            if key in shape.known and (key in shape.untrusted or not self.untrusted):
                continue
            where = Where((*path, key), on_key=True)
            if key in shape.known:
                message = f"an untrusted plan may not set {shown(key)}"
                hint = "leave it out; only what you trust is compiled without --untrusted"
                self.error("WM119", message, where, hint)
            else:
                message = f"{shape.what} has no key {shown(key)}"
                self.error("WM101", message, where, _which_key(key, value, shape))

    def is_kind(self, value: Any, kind: type, path: Path, what: str, hint: str = "") -> bool:
        """Tell whether `value` is of the type `kind`, after noting it if not."""
        if isinstance(value, kind):
            return True
        message = f"{what} must be {_WORDS[kind]}, not {kind_of(value)}"
        self.error("WM102", message, Where(path), hint)
        return False

    # --- texts ---

    def text(self, value: dict[str, Any], path: Path, key: str) -> str | None:
        """A text of any length, byte for byte as it will be sent."""
        text = value.get(key)
        return None if text is None else self._text(text, (*path, key), f"'{key}'")

    def _text(self, text: Any, path: Path, what: str) -> str | None:
        if not isinstance(text, str):
            self.is_kind(text, str, path, what, in_quotes(text))
            return None
        if "\0" in text:
            message = f"{what} holds a NUL character, which no agent can be sent"
            self.error("WM120", message, Where(path), "leave it out")
            return None
        if not encodes(text):
            message = f"{what} holds half of a surrogate pair, which is not a character"
            self.error("WM120", message, Where(path), "write the character itself")
            return None
        return text

    def line(self, value: dict[str, Any], path: Path, key: str) -> str | None:
        """A text of one line, without control characters."""
        text = self.text(value, path, key)
        return None if text is None else self._line(text, (*path, key), f"'{key}'", _PLAIN)

    def command(self, text: Any, path: Path, what: str) -> str | None:
        """A shell command, which is the text itself: one line; YAML's | leaves line ends at its end."""
        if text is None or self._text(text, path, what) is None:
            return None
        return self._line(text.rstrip("\n"), path, what, "put the commands into a script")

    def _line(self, text: str, path: Path, what: str, hint: str) -> str | None:
        if _CONTROL.search(text):
            self.error("WM104", f"{what} must be one line of plain text", Where(path), hint)
            return None
        return text

    def word_like(
        self, value: dict[str, Any], path: Path, key: str, like: re.Pattern[str], form: str
    ) -> str | None:
        """A text that matches `like` as a whole; `form` says what that is."""
        text = self.text(value, path, key)
        if text is not None and not like.fullmatch(text):
            message = f"'{key}' must be {form}, not {shown(text)}"
            self.error("WM104", message, Where((*path, key)))
            return None
        return text

    def one_of(
        self, value: dict[str, Any], path: Path, key: str, words: Sequence[str]
    ) -> str | None:
        """One of a few words."""
        text = self.text(value, path, key)
        if text is None or text in words:
            return text
        all_ = ", ".join(f'"{word}"' for word in words)
        message = f"'{key}' must be one of {all_}, not {shown(text)}"
        self.error("WM104", message, Where((*path, key)), did_you_mean(text, words))
        return None

    # --- lists of texts ---

    def refs(self, value: dict[str, Any], path: Path, key: str) -> tuple[Ref, ...] | None:
        """A list of texts of one line, or one alone."""
        if value.get(key) is None:
            return None
        return self.words(value[key], (*path, key), f"'{key}'")

    def words(self, value: Any, path: Path, what: str) -> tuple[Ref, ...]:
        """As `refs`, of the value itself."""
        items = self.items(value, path, what)
        return tuple(Ref(word, Where(at)) for word, at, of in items if self.is_word(word, at, of))

    def filled(self, value: dict[str, Any], path: Path, key: str) -> tuple[str, ...] | None:
        """A list of texts of which none is empty, or one alone."""
        refs = self.refs(value, path, key)
        for ref in refs or ():
            if not ref.text.strip():
                self.error("WM104", f"an entry of '{key}' is empty", ref.where, "leave it out")
        return None if refs is None else tuple(ref.text for ref in refs)

    def items(self, value: Any, path: Path, what: str) -> Iterator[tuple[Any, Path, str]]:
        """The entries of a list, or the one value in its place: each, its path, and what it is."""
        if isinstance(value, list):
            entry = f"an entry of {what}"
            yield from ((item, (*path, i), entry) for i, item in enumerate(value))
        elif isinstance(value, str):
            yield value, path, what
        else:
            message = f"{what} must be a list of texts, not {kind_of(value)}"
            self.error("WM102", message, Where(path), 'write ["...", "..."]')

    def is_word(self, value: Any, path: Path, what: str) -> bool:
        """Tell whether `value` is a text of one line, after noting it if not."""
        if not isinstance(value, str):
            hint = "write its name alone" if isinstance(value, dict) else in_quotes(value)
            return self.is_kind(value, str, path, what, hint)
        if _CONTROL.search(value) or not encodes(value):
            message = f"{what} must be one line of plain text"
            self.error("WM104", message, Where(path), _PLAIN)
            return False
        return True

    # --- numbers ---

    def seconds(self, value: dict[str, Any], path: Path, key: str) -> int | None:
        """A length of time."""
        return self._number(value, path, key, seconds_in, _SECONDS)

    def bytes(self, value: dict[str, Any], path: Path, key: str) -> int | None:
        """A size."""
        return self._number(value, path, key, size_in, _BYTES)

    def _number(
        self, value: dict[str, Any], path: Path, key: str, read: _Reader, form: str
    ) -> int | None:
        given = value.get(key)
        if given is None:
            return None
        number = given if type(given) is int else None
        if isinstance(given, str):
            number = read(given.strip())
        if number is None or not 0 < number <= _MOST:
            hint = f"at most {_MOST}" if number and number > _MOST else ""
            self.error("WM104", f"'{key}' must be {form}", Where((*path, key)), hint)
            return None
        return number

    def count(
        self, value: dict[str, Any], path: Path, key: str, least: int = 1, most: int = _MOST
    ) -> int | None:
        """A whole number from `least` to `most`."""
        given = value.get(key)
        if given is None or (type(given) is int and least <= given <= most):
            return given
        between = f"{least} or more" if most == _MOST else f"from {least} to {most}"
        hint = f"at most {most}" if type(given) is int and given > most else ""
        message = f"{shown(key)} must be a whole number, {between}"
        self.error("WM104", message, Where((*path, key)), hint)
        return None

    def dollars(
        self, value: dict[str, Any], path: Path, key: str, least: float = _LEAST_USD
    ) -> float | None:
        """An amount of dollars, `least` or more."""
        given = value.get(key)
        if given is None:
            return None
        if type(given) in (int, float) and least <= given <= _MOST_USD:
            return float(given)
        message = f"'{key}' must be a number of dollars, {least:g} or more"
        hint = f"at most {_MOST_USD:.0f}" if type(given) is int and given > _MOST_USD else ""
        self.error("WM104", message, Where((*path, key)), hint)
        return None


_Reader = Callable[[str], "int | None"]

_SECONDS = 'a number of seconds above 0, or a text like "90s", "30m" or "1h30m"'
_BYTES = 'a number of bytes above 0, or a text like "200k" or "2M"'


def kind_of(value: Any) -> str:
    """Return what kind of value it is, in words."""
    if value is None:
        return "null"
    names: dict[type, str] = {int: "a number", float: "a number", **_WORDS, bool: "a boolean"}
    return names.get(type(value), type(value).__name__)


def in_quotes(value: Any) -> str:
    """Return the hint for what stands where a text must."""
    if isinstance(value, (int, float)):
        return f'put it in quotes: "{json.dumps(value)}"'
    return "leave it out" if value is None else "write one text in quotes"


def _which_key(key: str, value: dict[str, Any], shape: AllowedKeys) -> str:
    """The hint for an unknown key of `value`."""
    alias = _ALIASES.get(key.replace("_", "").lower(), "")
    if alias in shape.known and alias not in value:
        return f"did you mean '{alias}'?"
    if shape.what == "an agent" and key in _OF_THE_PLAN:
        return _OF_THE_PLAN[key]
    return did_you_mean(key, shape.known) or f"{shape.what} has: {', '.join(shape.known)}"


def seconds_in(text: str) -> int | None:
    """Return the seconds that a text like "90s" or "1h30m" stands for, None if it is none."""
    match = _DURATION.fullmatch(text)
    if not match:
        return None
    plain, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return plain + hours * 3600 + minutes * 60 + seconds


def size_in(text: str) -> int | None:
    """Return the bytes that a text like "200k" or "2M" stands for, None if it is none."""
    match = _SIZE.fullmatch(text)
    return int(match[1]) * {"": 1, "k": 1024, "m": 1024**2}[match[2].lower()] if match else None
