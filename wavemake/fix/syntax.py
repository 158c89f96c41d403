"""Finds values, words and lines in the text of a document, with what JSON and YAML have in common."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from wavemake.plan.diagnostics import Path
from wavemake.plan.loader import Document, load_text
from wavemake.plan.loader.document import LINE_END, SourceNode

_COMMENT = re.compile(r"[ \t]+#[^\r\n]*")
_PLAIN = re.compile(r"\w[\w.-]*", re.ASCII)
_REST = re.compile(r"(?:[ \t]+#[^\r\n]*|[ \t]*)(?=[\r\n]|\Z)")


class Edit(NamedTuple):
    """Replaces a range of the text, by offsets."""

    start: int
    end: int
    text: str


class Word(NamedTuple):
    """An entry for a list, with the comment that follows it on its line, and the blanks before that."""

    text: str
    comment: str = ""


class Cannot(Exception):
    """The text is written in a way that cannot be edited without touching more of it."""


class Syntax:
    """A text in which nodes are found, with what JSON and YAML have in common."""

    def __init__(self, document: Document) -> None:
        self.text = document.text
        self.json = document.format == "json"
        self.root = document.root

    def node(self, path: Path) -> SourceNode:
        """The node at `path`, if it is written there: not for what comes through an alias."""
        node = self.root
        for step in path:
            inner = node.child(step)
            if inner is None or not node.start <= begin(inner) <= node.end:
                raise Cannot
            node = inner
        return node

    def is_flow(self, node: SourceNode) -> bool:
        """Tell whether a list or an object stands in brackets. Those with an anchor are left alone."""
        if self.text[node.start] in "&*!":
            raise Cannot
        return self.text[node.start] in "[{"

    def end(self, node: SourceNode) -> int:
        """The offset behind the last character of a value."""
        if node.children is None or self.json or self.text[node.start] == "*":
            return node.end
        if self.text[node.end : node.end + 1] in ("]", "}"):
            return node.end + 1
        return self.end(self.last(node))

    def members(self, node: SourceNode) -> list[SourceNode]:
        """What is written in a list or an object, in the order of the text."""
        children = node.children or []
        all_ = children.values() if isinstance(children, dict) else children
        inside = [child for child in all_ if node.start <= begin(child) <= node.end]
        return sorted(inside, key=begin)

    def last(self, node: SourceNode) -> SourceNode:
        """What is written last in a list or an object."""
        members = self.members(node)
        if not members:
            raise Cannot
        return members[-1]

    def spelt(self, word: str, start: int, end: int, old: str = "") -> str:
        """`word`, in the quotes of the one between the offsets; without quotes, that must be `old`."""
        raw = self.text[start:end]
        if self.json:
            return json.dumps(word)
        if raw[:1] in ("'", '"') and raw[-1] == raw[0]:
            return json.dumps(word) if raw[0] == '"' else "'" + word.replace("'", "''") + "'"
        if raw[:1] in ("&", "*", "!", "|", ">") or (old and raw != old):
            raise Cannot
        return self.plain(word)

    def plain(self, word: str) -> str:
        """`word` without quotes, if it is a text to YAML then."""
        is_text = not self.json and _PLAIN.fullmatch(word)
        return word if is_text and load_text(word, "", "yaml").value == word else json.dumps(word)

    def comment(self, node: SourceNode) -> str:
        """The comment on the line on which a value ends, and the blanks before it."""
        match = _COMMENT.match(self.text, self.end(node))
        return match[0] if match else ""

    def end_of_line(self, node: SourceNode) -> int:
        """The end of the line on which a value ends, if nothing follows it there."""
        match = _REST.match(self.text, self.end(node))
        if match is None:
            raise Cannot
        return match.end()

    def start_of_line(self, offset: int) -> int:
        """The start of the line that `offset` is in."""
        return max(self.text.rfind("\n", 0, offset), self.text.rfind("\r", 0, offset)) + 1

    def line_end(self, offset: int) -> str:
        """What ends the line that ends at `offset`, or on the last line, what ends the first one."""
        match = LINE_END.match(self.text, offset) or LINE_END.search(self.text)
        return match[0] if match else "\n"


def begin(node: SourceNode) -> int:
    """The offset of a value, or of its key."""
    return node.key[0] if node.key else node.start
