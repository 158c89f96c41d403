"""A plan as text and tree, in which every place can be found again, and the limits of both."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from wavemake.plan.diagnostics import Diagnostic, Rule, Span, Where

Format = Literal["json", "yaml", "jsonl", "markdown"]
"""jsonl: a JSON value a line; markdown: a checklist."""

MAX_DEPTH = 100
"""How deep objects and arrays may nest."""

MAX_DIGITS = 4300
"""How many digits an integer may have, as in Python."""

MAX_EXPANDED = 1_000_000
"""How many nodes the aliases of a YAML plan may stand for."""

RULES: Mapping[str, Rule] = {
    "WM001": (
        "json-syntax",
        "The plan is not JSON.",
        "The file is read as JSON because of its name, or because it starts with { or [. "
        "JSON has no comments, no trailing commas and no single quotes, and no NaN or Infinity. "
        "Name the file .yaml to write it in YAML.",
    ),
    "WM002": (
        "yaml-syntax",
        "The plan is not YAML, or uses what a plan has no use for.",
        "A plan is one YAML document of texts, numbers, true, false, null, lists and mappings "
        "whose keys are texts. Tags that make other objects are refused. "
        "Quote a text that holds ': ' or ' #', or that starts with one of @`%&*!|>{}[].",
    ),
    "WM003": (
        "duplicate-key",
        "A key is given twice in one object.",
        "Readers of JSON silently keep the last value, so one of the two was written in vain. "
        "Keep one of them.",
    ),
    "WM004": (
        "not-text",
        "The plan is not UTF-8 text.",
        "Plans are UTF-8, with or without a byte order mark. Save the file as UTF-8.",
    ),
    "WM005": (
        "too-large",
        "The plan exceeds a limit of the reader.",
        f"Objects nest at most {MAX_DEPTH} deep, an integer has at most {MAX_DIGITS} digits, a "
        f"number is not too large for a double, and the aliases of a YAML plan stand for at most "
        f"{MAX_EXPANDED} values.",
    ),
    "WM006": (
        "no-checklist",
        "The file is Markdown, and has no list of tasks with boxes.",
        "In Markdown, a plan is a checklist: `- [ ] 1. Do this`. What a model wrote around a plan in JSON "
        "or YAML has to be removed.",
    ),
}

LINE_END = re.compile(r"\r\n|\n|\r")


class SyntaxProblem(Exception):
    """The text is not a readable plan; `diagnostics` say why, and are about `source`."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...], source: Document) -> None:
        super().__init__(f"{source.name}: {diagnostics[0].message}")
        self.diagnostics = diagnostics
        self.source = source


class SourceNode:
    """Where a value stands in the text, where its key does, and the nodes in it; all offsets."""

    __slots__ = ("children", "end", "key", "start")

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end
        self.key: tuple[int, int] | None = None
        self.children: dict[str, SourceNode] | list[SourceNode] | None = None

    def child(self, step: str | int) -> SourceNode | None:
        """The node of a key or an index, if there is one."""
        if isinstance(self.children, dict):
            return self.children.get(step) if isinstance(step, str) else None
        if isinstance(self.children, list) and isinstance(step, int):
            return self.children[step] if 0 <= step < len(self.children) else None
        return None


def _nowhere(_: Document) -> SourceNode:
    return SourceNode(0, 1)


@dataclass
class Document:
    """A plan as it was read: its text, and its value, in which any place can be located."""

    name: str
    text: str
    value: Any
    format: Format
    places: Callable[[Document], SourceNode] = field(default=_nowhere, repr=False, compare=False)
    """Finds the node of `value`; called once, and only when there is something to point at."""
    bom: str = ""
    """The byte order mark with which the file begins; `text` is without."""
    _root: SourceNode | None = field(default=None, init=False, repr=False, compare=False)
    _starts: list[int] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def root(self) -> SourceNode:
        """The node of `value`."""
        if self._root is None:
            self._root = self.places(self)
        return self._root

    def locate(self, where: Where | Span) -> Span:
        """The span of a value or a key; of the nearest value around it if there is no such place.

        An object or an array is shown by its first character, a value that was left out by its key.
        """
        if isinstance(where, Span):
            return where
        node = self.root
        on_key = where.on_key
        for step in where.path:
            inner = node.child(step)
            if inner is None:
                on_key = False
                break
            node = inner
        if node.key and (on_key or node.start == node.end):
            return self.span(*node.key)
        return self.span(node.start, node.start + 1 if node.children is not None else node.end)

    def offset(self, where: Where) -> int:
        """The offset at which the place of a value or a key begins."""
        span = self.locate(where)
        return self._line_starts()[span.line - 1] + span.column - 1

    def line(self, n: int) -> str:
        """Line `n`, counted from 1, without its line end; "" if there is no such line."""
        if not 1 <= n <= len(self._line_starts()):
            return ""
        start, end = self._line_range(n)
        return self.text[start:end]

    def span(self, start: int, end: int) -> Span:
        """The span of a range of offsets, cut at the end of the line in which it starts.

        A range that starts at a line's end is shown by the last character of the line.
        """
        n = bisect_right(self._line_starts(), start)
        begin, stop = self._line_range(n)
        first = max(begin, min(start, stop - 1))
        return Span(n, first - begin + 1, max(1, min(end, stop) - first))

    def _line_range(self, n: int) -> tuple[int, int]:
        """Where line `n` starts, and where it ends before its line end."""
        starts = self._line_starts()
        start, end = starts[n - 1], starts[n] if n < len(starts) else len(self.text)
        while end > start and self.text[end - 1] in "\r\n":
            end -= 1
        return start, end

    def _line_starts(self) -> list[int]:
        if not self._starts:
            self._starts = [0, *(m.end() for m in LINE_END.finditer(self.text))]
        return self._starts
