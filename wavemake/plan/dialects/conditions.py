"""Conditions of other tools, as far as a condition of ours says the same.

`$audit.output == 'CLEAN' && $lint.output.level != "high"`: what an agent answered, or a value in an answer
that is JSON, compared with a text or a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Translated = dict[str, Any]
NameOf = Callable[[str], str]
"""Gives the name of the agent that an id stands for; "" if it stands for none."""

_REFERENCE = r"\$?\{?\{?\s*(?:steps\.|nodes\.)?([\w-]+)\.outputs?((?:\.\w[\w-]*)*)\s*\}?\}?"
_LITERAL = r"'([^'\\]*)'|\"([^\"\\]*)\"|(-?\d+(?:\.\d+)?)|(true|false)\b"
_TERM = re.compile(rf"\s*{_REFERENCE}\s*(==|!=|<=|>=|<|>)\s*(?:{_LITERAL})\s*")
_JOINT = re.compile(r"\s*(&&|\|\||\band\b|\bor\b|[()]|!|\bnot\b)\s*")
_SIGNAL = re.compile(r"[^\s\x00-\x1fa-z](?:[^\x00-\x1fa-z]{0,58}[^\s\x00-\x1fa-z])?\Z")
_SPECIAL = re.compile(r"([\\.^$*+?(){}|\[\]])")
_DEEPEST = 20


def read_condition(text: str, name: NameOf) -> Translated | None:
    """Return wavemake's condition that means the same as `text`; None if there is none.

    >>> read_condition("$audit.output.level == 'high'", str)
    {'agent': 'audit', 'json': 'level', 'equals': 'high'}
    >>> read_condition("!($a.output == 'X' || $b.output.n >= 3)", str)["not"]["any"][1]
    {'not': {'agent': 'b', 'json': 'n', 'below': 3}}
    >>> read_condition("the weather is fine", str)
    """
    reader = _Expression(text, name)
    try:
        found = reader.any_of(0)
    except ValueError:
        return None
    return found if reader.is_at_end() else None


def read_signal(signal: str, agent: str) -> Translated | None:
    """Return the condition that a line of `agent`'s answer is the signal; None if the text is a sentence.

    >>> read_signal("ALL DONE", "fix")["matches"]
    '^[[:space:][:punct:]]*(<promise>)?[[:space:]]*ALL DONE[[:space:]]*(</promise>)?[[:space:][:punct:]]*$'
    >>> read_signal("all tests pass", "fix")
    """
    if not _SIGNAL.match(signal) or not re.search(r"\w", signal):
        return None
    text = rf"(<promise>)?[[:space:]]*{_quoted(signal)}[[:space:]]*(</promise>)?"
    return {"agent": agent, "matches": f"^[[:space:][:punct:]]*{text}[[:space:][:punct:]]*$"}


def _quoted(text: str) -> str:
    """A text as an extended regular expression that matches it alone."""
    return _SPECIAL.sub(r"\\\1", text)


class _Expression:
    """Reads `a && (b || !c)` from the left; ValueError where it is something else."""

    def __init__(self, text: str, name: NameOf) -> None:
        self._text, self._name, self._at = text, name, 0

    def is_at_end(self) -> bool:
        return not self._text[self._at :].strip()

    def any_of(self, depth: int) -> Translated:
        return self._joined(("||", "or"), "any", self._all_of, depth)

    def _all_of(self, depth: int) -> Translated:
        return self._joined(("&&", "and"), "all", self._one, depth)

    def _joined(
        self, words: tuple[str, ...], key: str, part: Callable[[int], Translated], depth: int
    ) -> Translated:
        parts = [part(depth)]
        while self._take(*words):
            parts.append(part(depth))
        return parts[0] if len(parts) == 1 else {key: parts}

    def _one(self, depth: int) -> Translated:
        if depth > _DEEPEST:
            raise ValueError
        if self._take("!", "not"):
            return {"not": self._one(depth + 1)}
        if self._take("("):
            inner = self.any_of(depth + 1)
            if not self._take(")"):
                raise ValueError
            return inner
        return self._comparison()

    def _take(self, *words: str) -> bool:
        found = _JOINT.match(self._text, self._at)
        if not found or found[1] not in words:
            return False
        self._at = found.end()
        return True

    def _comparison(self) -> Translated:
        found = _TERM.match(self._text, self._at)
        agent = self._name(found[1]) if found else ""
        if not found or not agent:
            raise ValueError
        self._at = found.end()
        path, operator, single, double, number, word = found.groups()[1:]
        text = single if single is not None else double
        value: Any = text if text is not None else _number(number) if number else word == "true"
        return _compared(agent, path.removeprefix("."), operator, value)


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)


def _compared(agent: str, path: str, operator: str, value: Any) -> Translated:
    """A comparison, where what is equal may be written as a text or as a number."""
    if operator in ("<", ">", "<=", ">="):
        if isinstance(value, str):
            value = _number(value) if re.fullmatch(r"-?\d+(\.\d+)?", value) else None
        if value is None or isinstance(value, bool):
            raise ValueError
        key = "below" if operator in ("<", ">=") else "above"
        condition: Translated = {"agent": agent, "json": path or ".", key: value}
        return {"not": condition} if "=" in operator else condition
    equal = _equal(agent, path, value)
    return {"not": equal} if operator == "!=" else equal


def _equal(agent: str, path: str, value: Any) -> Translated:
    if not path:
        text = value if isinstance(value, str) else str(value).lower()
        if not text.strip() or len(text) > 200:
            raise ValueError
        return {"agent": agent, "matches": f"^[[:space:]]*{_quoted(text.strip())}[[:space:]]*$"}
    same: list[Any] = [value]
    if isinstance(value, str) and value in ("true", "false"):
        same.append(value == "true")
    elif isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
        same.append(_number(value))
    each = [{"agent": agent, "json": path, "equals": one} for one in same]
    return each[0] if len(each) == 1 else {"any": each}
