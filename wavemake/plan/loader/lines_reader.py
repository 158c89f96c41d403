"""JSON lines: a value a line, read as a list of them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from wavemake.plan.diagnostics import Span
from wavemake.plan.loader.document import LINE_END, Document, SourceNode, SyntaxProblem
from wavemake.plan.loader.json_reader import places_in_json, read_json

_OBJECT = re.compile(r"\{\s*\"")


def are_lines(text: str) -> bool:
    """Tell by their beginning whether there is an object in each line of `text`.

    >>> are_lines('{"id": 1}\\n{"id": 2}\\n'), are_lines('{"id":\\n 1}')
    (True, False)
    """
    start = text.lstrip()[:100_000]
    first, *rest = LINE_END.split(start, maxsplit=1)
    second = "".join(rest).lstrip()
    return bool(_OBJECT.match(first) and first.rstrip().endswith("}") and _OBJECT.match(second))


def read_lines(doc: Document) -> list[Any]:
    """The values of the lines of a document. Raises SyntaxProblem for all lines that are wrong."""
    values, found = [], []
    for n, line in enumerate(LINE_END.split(doc.text)):
        if not line.strip():
            continue
        try:
            values.append(read_json(Document(doc.name, line, None, "json", places_in_json)))
        except SyntaxProblem as problem:
            found += [
                replace(
                    each,
                    where=_moved(each.where, n),
                    related=tuple((_moved(where, n), text) for where, text in each.related),
                )
                for each in problem.diagnostics
            ]
    if found:
        raise SyntaxProblem(tuple(found[:5]), doc)
    return values


def _moved(where: Any, lines: int) -> Span:
    """A place of a line as one of the file; the place of a line's value is its line."""
    if isinstance(where, Span):
        return replace(where, line=where.line + lines)
    return Span(lines + 1, 1, 1)


def places_in_lines(doc: Document) -> SourceNode:
    """The nodes of all lines: those of a list that stands at the same offsets."""
    lines, ends = LINE_END.split(doc.text), [*LINE_END.findall(doc.text), " "]
    filled = [n for n, line in enumerate(lines) if line.strip()]
    last = filled[-1] if filled else 0
    joined = "".join(
        line + ("," if line.strip() and n < last else " ").ljust(len(end))
        for n, (line, end) in enumerate(zip(lines, ends, strict=True))
    )
    root = places_in_json(Document(doc.name, f"[{joined}]", None, "json", places_in_json))
    _shift(root)
    return root


def _shift(node: SourceNode) -> None:
    """Move nodes back by the bracket that the file does not have."""
    open_ = [node]
    while open_:
        each = open_.pop()
        each.start, each.end = max(0, each.start - 1), max(0, each.end - 1)
        if each.key:
            each.key = (each.key[0] - 1, each.key[1] - 1)
        inner = each.children
        open_ += inner.values() if isinstance(inner, dict) else inner or []
