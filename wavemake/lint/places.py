"""Finds the words of a value in the text of the plan, where they may be escaped, folded or indented."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import Any

from wavemake.lint.context import Words
from wavemake.plan.diagnostics import Span, Where
from wavemake.plan.dialects import View
from wavemake.plan.loader import Document

_LINE_END = re.compile(r"\r\n|\n|\r")
# The ways to write one character in a JSON string.
_UNIT = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\"\\]",
    re.DOTALL,
)


class Places:
    """The places of a document's words."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._starts: list[int] = []
        self._items: list[int] = []

    def of(self, where: Where) -> Where | Span:
        """Return the span of `where` if it is words of a text that can be found, else the value."""
        if not isinstance(where, Words):
            return where
        span = self._span(where)
        return span or Where(where.path)

    def _span(self, where: Words) -> Span | None:
        value = _value(self.document.value, where.path)
        if not isinstance(value, str) or not 0 <= where.start < where.stop <= len(value):
            return None
        if isinstance(self.document, View):
            return self._joined(value, where)
        begin = self._offset(Where(where.path))
        if self.document.format == "json":
            return self._json(begin, value, where)
        # An alias refers to another place.
        return (
            None if self.document.text.startswith("*", begin) else self._yaml(begin, value, where)
        )

    def _offset(self, where: Where) -> int:
        span = self.document.locate(where)
        if not self._starts:
            self._starts = [0, *(match.end() for match in _LINE_END.finditer(self.document.text))]
        return self._starts[span.line - 1] + span.column - 1

    def _json(self, begin: int, value: str, where: Words) -> Span | None:
        """Count the characters; what is found is compared to what is meant."""
        first = _skip(self.document.text, begin + 1, where.start)
        last = _skip(self.document.text, first, where.stop - where.start)
        try:
            found = json.loads(f'"{self.document.text[first:last]}"')
        except ValueError:
            return None
        same = found == value[where.start : where.stop]
        return self.document.span(first, last) if same else None

    def _yaml(self, begin: int, value: str, where: Words) -> Span | None:
        """Search for the words: as many of the same stand before them in the text as in the value."""
        pattern = _pattern(value[where.start : where.stop])
        before = sum(match.start() < where.start for match in pattern.finditer(value))
        for count, match in enumerate(pattern.finditer(self.document.text, begin)):
            if count == before:
                return self.document.span(*match.span())
        return None

    def _joined(self, value: str, where: Words) -> Span | None:
        """Search for the words in all of the item, if they are there once.

        The text of a task may be joined of several values, when a plan is read in another's shape.
        """
        begin = self._offset(Where(where.path[:2]))
        if not self._items:
            count = len(self.document.value["agents"])
            starts = (self._offset(Where(("agents", at))) for at in range(count))
            self._items = [*sorted(starts), len(self.document.text)]
        end = self._items[bisect_right(self._items, begin)]
        pattern = _pattern(value[where.start : where.stop])
        found = [match.span() for match in pattern.finditer(self.document.text, begin, end)]
        return self.document.span(*found[0]) if len(found) == 1 else None


def _pattern(words: str) -> re.Pattern[str]:
    """What matches the words, however the blanks between them are written."""
    return re.compile(r"(?:\s|\\n)+".join(re.escape(word) for word in words.split()))


def _skip(text: str, offset: int, count: int) -> int:
    """The offset after `count` characters of a JSON string, of which `offset` is in the middle."""
    if "\\" not in text[offset : offset + count]:
        return offset + count
    for _ in range(count):
        unit = _UNIT.match(text, offset)
        if not unit:
            break
        offset = unit.end()
    return offset


def _value(tree: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        tree = tree[step]
    return tree
