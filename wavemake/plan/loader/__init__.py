"""Reads a plan's text into a plain tree in which every place can be found again."""

from __future__ import annotations

import sys
from pathlib import Path as FilePath
from typing import Any

from wavemake.plan.loader.decoding import decode, format_of, no_text
from wavemake.plan.loader.document import (
    MAX_DEPTH,
    MAX_DIGITS,
    MAX_EXPANDED,
    RULES,
    Document,
    Format,
    SyntaxProblem,
)
from wavemake.plan.loader.json_reader import places_in_json, read_json
from wavemake.plan.loader.lines_reader import places_in_lines, read_lines
from wavemake.plan.loader.markdown_reader import is_checklist, read_markdown
from wavemake.plan.loader.mistakes import FENCE, error_at, fenced

__all__ = [
    "MAX_DEPTH",
    "MAX_DIGITS",
    "MAX_EXPANDED",
    "RULES",
    "Document",
    "Format",
    "SyntaxProblem",
    "load",
    "load_text",
]


def load(path: str) -> Document:
    """Read the plan in the file `path`, or on standard input if it is "-".

    Raises SyntaxProblem if it cannot be read as a plan, and OSError if it cannot be read at all.
    """
    if path == "-":
        return load_text(sys.stdin.buffer.read(), "<stdin>")
    return load_text(FilePath(path).read_bytes(), path)


def load_text(text: str | bytes, name: str, format: Format | None = None) -> Document:
    """Read a plan from its text, or from its bytes in UTF-8; `name` is what messages call it.

    Without `format`, the name's ending decides, then how it begins. Raises SyntaxProblem.
    """
    problem = None
    if isinstance(text, bytes):
        text, problem = decode(text)
    bom = text[:1] if text.startswith("\ufeff") else ""
    text = text.removeprefix(bom)
    doc = Document(name, text, None, format or format_of(text, name), places_in_json, bom)
    problem = problem or no_text(text)
    if problem is not None:
        offset, message, hint = problem
        raise SyntaxProblem((error_at(doc, "WM004", offset, offset + 1, message, hint),), doc)
    if name.lower().endswith(".toml"):
        message = "this is TOML: a plan is JSON, YAML or a checklist in Markdown"
        hint = "save it as JSON, in a file that ends in .json"
        raise SyntaxProblem((error_at(doc, "WM001", 0, 1, message, hint),), doc)
    if doc.format == "json":
        doc.value = read_json(doc)
    elif doc.format == "jsonl":
        doc.value, doc.places = read_lines(doc), places_in_lines
    elif doc.format == "markdown":
        doc.value = _markdown(doc)
    else:
        from wavemake.plan.loader.yaml_reader import read_yaml

        doc.value, root = read_yaml(doc)
        doc.places = lambda _: root
    return doc


def _markdown(doc: Document) -> Any:
    """The tree of a checklist; what has no box to tick is not a plan, or holds one."""
    if not is_checklist(doc.text):
        fence = FENCE.search(doc.text)
        if fence and doc.text[fence.end() :].lstrip()[:1] in ("{", "["):
            raise SyntaxProblem((fenced(doc, "WM001", fence),), doc)
        message = "this is Markdown without a checklist"
        hint = (
            "a plan in Markdown is a list of tasks, each a line '- [ ] T1 Do this (depends on T0)'"
        )
        raise SyntaxProblem((error_at(doc, "WM006", 0, 1, message, hint),), doc)
    value, root = read_markdown(doc)
    doc.places = lambda _: root
    return value
