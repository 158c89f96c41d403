"""Finds the words of a value in the text of the plan, where they may be escaped, folded or indented."""

from __future__ import annotations

import re
from typing import Any

from wavemake.diagnostics import Span, Where
from wavemake.lint.context import Words
from wavemake.loader import Document

_LINE_END = re.compile(r"\r\n|\n|\r")
# What stands for one character in a JSON string.
_UNIT = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\"\\]",
    re.DOTALL,
)
_BLANKS = re.compile(r"\s+")


class Places:
    """The places of a document's words."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._starts: list[int] = []

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
        begin = self._offset(self.document.locate(Where(where.path)))
        text = self.document.text
        if self.document.format == "json":
            return self._json(begin, where)
        return None if text.startswith("*", begin) else self._yaml(begin, value, where)

    def _offset(self, span: Span) -> int:
        if not self._starts:
            self._starts = [0, *(match.end() for match in _LINE_END.finditer(self.document.text))]
        return self._starts[span.line - 1] + span.column - 1

    def _json(self, begin: int, where: Words) -> Span | None:
        text, offset, first = self.document.text, begin + 1, begin
        if "\\" not in text[offset : offset + where.stop]:
            return self.document.span(offset + where.start, offset + where.stop)
        for count in range(where.stop):
            if count == where.start:
                first = offset
            unit = _UNIT.match(text, offset)
            if not unit:
                return None
            offset = unit.end()
        return self.document.span(first, offset)

    def _yaml(self, begin: int, value: str, where: Words) -> Span | None:
        """Search for the words: as many of the same stand before them in the text as in the value."""
        words = [re.escape(word) for word in _BLANKS.split(value[where.start : where.stop].strip())]
        pattern = re.compile(r"(?:\s|\\n)+".join(words))
        before = sum(match.start() < where.start for match in pattern.finditer(value))
        for count, match in enumerate(pattern.finditer(self.document.text, begin)):
            if count == before:
                return self.document.span(*match.span())
        return None


def _value(tree: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        tree = tree[step]
    return tree
