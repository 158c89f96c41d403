"""Edits the text of a document at places in its tree, and leaves all else of it as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from wavemake.plan.diagnostics import Path
from wavemake.plan.loader import Document, SyntaxProblem, load_text
from wavemake.plan.loader.document import LINE_END, SourceNode

_COMMENT = re.compile(r"[ \t]+#[^\r\n]*")
_COMMENT_BEHIND = re.compile(r",?[ \t]+#")
_PLAIN = re.compile(r"\w[\w.-]*", re.ASCII)
_REST = re.compile(r"(?:[ \t]+#[^\r\n]*|[ \t]*)(?=[\r\n]|\Z)")
_ONE_DASH = re.compile(r" *- +")
_DASHES = re.compile(r"([ -]*)(- +)")


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


def edited(
    document: Document, edits: Iterable[Edit], change: Callable[[Any], None]
) -> Document | None:
    """Return the document after `edits`, or None if its value is not what `change` makes of it."""
    pieces, done = [document.bom], 0
    for edit in sorted(edits):
        if edit.start < done:
            return None
        pieces += [document.text[done : edit.start], edit.text]
        done = edit.end
    text = "".join([*pieces, document.text[done:]])
    try:
        result = load_text(text, document.name, document.format)
    except SyntaxProblem:
        return None
    # Through JSON, so that a value shared by an alias is changed in one place only.
    wanted = json.loads(json.dumps(document.value))
    change(wanted)
    same = json.dumps(result.value, sort_keys=True) == json.dumps(wanted, sort_keys=True)
    return result if same else None


class Editor:
    """Finds the edits that change the value of a document. Every method raises Cannot."""

    def __init__(self, document: Document) -> None:
        self._text = _Syntax(document)

    def rename(self, path: Path, key: str) -> list[Edit]:
        """Call the last key of `path` `key` instead."""
        place = self._text.node(path).key
        if place is None:
            raise Cannot
        return [Edit(*place, self._text.spelt(key, *place, old=str(path[-1])))]

    def replace(self, path: Path, old: str, new: str) -> list[Edit]:
        """Write the word `new` where `path` has the word `old`."""
        node = self._text.node(path)
        return [Edit(node.start, node.end, self._text.spelt(new, node.start, node.end, old=old))]

    def append(self, path: Path, words: Sequence[Word]) -> list[Edit]:
        """Add `words` to a list, or make a list of the one word that stands in its place."""
        node = self._text.node(path)
        if node.children is not None:
            return [self._list(path).append(words)]
        spelt = [self._text.spelt(word.text, node.start, node.end) for word in words]
        more = "".join(f", {word}" for word in spelt)
        return [Edit(node.start, node.start, "["), Edit(node.end, node.end, more + "]")]

    def append_lists(self, path: Path, lists: Sequence[Sequence[Word]]) -> list[Edit]:
        """Add `lists` to a list of lists, written like the last one of it."""
        return [self._list(path).append_lists(lists)]

    def remove(self, path: Path, gone: set[int]) -> list[Edit]:
        """Remove some entries of a list, not all, with the comments that follow their words."""
        return self._list(path).remove(gone)

    def comment(self, path: Path) -> str:
        """Return the comment that follows a word on its line, with the blanks before it, if any."""
        return self._text.comment(self._text.node(path))

    def add_list(self, path: Path, after: str, key: str, words: Sequence[str]) -> list[Edit]:
        """Give the object at `path` a new `key`, a list, behind its key `after`."""
        node, place = self._text.node(path), self._text.node((*path, after))
        if place.key is None:
            raise Cannot
        if self._text.is_flow(node):
            return [_FlowCollection(self._text, node).add_list(place, key, words)]
        return [_BlockCollection(self._text, node).add_list(place, key, words)]

    def _list(self, path: Path) -> _FlowCollection | _BlockCollection:
        node = self._text.node(path)
        if not isinstance(node.children, list):
            raise Cannot
        return (_FlowCollection if self._text.is_flow(node) else _BlockCollection)(self._text, node)


class _Syntax:
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


@dataclass(frozen=True)
class _FlowCollection:
    """A list or an object in brackets."""

    text: _Syntax
    node: SourceNode

    def append(self, words: Sequence[Word]) -> Edit:
        members = self.text.members(self.node)
        if not members:
            close = self.text.end(self.node) - 1
            self.slice(self.node.start + 1, close)
            return Edit(self.node.start + 1, close, self.joined(words, ", "))
        end = self.text.end(members[-1])
        if _COMMENT_BEHIND.match(self.text.text, end):
            raise Cannot  # the comment would seem to be about the new word
        comma = self.comma(len(members) - 1)
        return Edit(end, end, comma + self.joined(words, comma))

    def append_lists(self, lists: Sequence[Sequence[Word]]) -> Edit:
        last = self.text.last(self.node)
        end, comma = self.text.end(last), self.comma(-1)
        return Edit(end, end, "".join(comma + self.like(last, words) for words in lists))

    def like(self, other: SourceNode, words: Sequence[Word]) -> str:
        """A list of `words`, written like `other`, which is one with words in it."""
        model = _FlowCollection(self.text, other)
        if other.children is None or not self.text.is_flow(other):
            return f"[{self.joined(words, ', ')}]"
        last = self.text.last(other)
        before = self.text.text[other.start + 1 : begin(self.text.members(other)[0])]
        behind = self.text.text[self.text.end(last) : self.text.end(other) - 1]
        if before.strip() or behind.strip():
            before = behind = ""
        return f"[{before}{model.joined(words, model.comma(-1))}{behind}]"

    def joined(self, words: Sequence[Word], comma: str) -> str:
        """`words`, in the quotes of those that are there."""
        if any(word.comment for word in words):
            raise Cannot
        members = self.text.members(self.node)
        if members and members[-1].children is None:
            last = members[-1]
            return comma.join(self.text.spelt(w.text, last.start, last.end) for w in words)
        return comma.join(self.text.plain(word.text) for word in words)

    def comma(self, at: int) -> str:
        """What separates a new member from the one before it, number `at`: as it is done nearby."""
        members = self.text.members(self.node)
        at %= len(members)
        for left, right in ((at, at + 1), (at - 1, at)):
            if left >= 0 and right < len(members):
                between = self.text.text[self.text.end(members[left]) : begin(members[right])]
                if between.strip() == ",":
                    return between
        lead = self.text.text[self.node.start + 1 : begin(members[0])]
        if "\n" in lead and not lead.strip():
            return "," + lead
        return ", " if " " in self.colon() else ","

    def colon(self) -> str:
        """What stands between the first key of the document and its value."""
        for member in self.text.members(self.text.root):
            if self.text.json and member.key:
                return self.slice(member.key[1], member.start, ":")
        return ": "

    def slice(self, start: int, end: int, sign: str = "") -> str:
        """The text between two offsets, in which there is nothing but blanks and `sign`."""
        between = self.text.text[start:end]
        if between.strip() != sign:
            raise Cannot
        return between

    def remove(self, gone: set[int]) -> list[Edit]:
        members = self.text.members(self.node)
        kept = [n for n in range(len(members)) if n not in gone]
        if not kept:
            raise Cannot
        edits = []
        for n in gone:
            if n > kept[0]:
                edits.append(Edit(self.text.end(members[n - 1]), self.text.end(members[n]), ""))
            else:
                edits.append(Edit(begin(members[n]), begin(members[n + 1]), ""))
        if any("#" in self.text.text[edit.start : edit.end] for edit in edits):
            raise Cannot
        return edits

    def add_list(self, place: SourceNode, key: str, words: Sequence[str]) -> Edit:
        assert place.key is not None
        comma = self.comma(self.text.members(self.node).index(place))
        colon = self.slice(place.key[1], place.start, ":")
        spelt = self.text.spelt(key, *place.key)
        inner = ", " if " " in self.colon() else ","
        written = inner.join(self.text.plain(word) for word in words)
        end = self.text.end(place)
        return Edit(end, end, f"{comma}{spelt}{colon}[{written}]")


@dataclass(frozen=True)
class _BlockCollection:
    """A list or an object of YAML without brackets: an entry a line, by indentation."""

    text: _Syntax
    node: SourceNode

    def append(self, words: Sequence[Word]) -> Edit:
        last = self.text.last(self.node)
        return self.insert(last, [self.dash(last) + line for line in self.lines(words, last)])

    def append_lists(self, lists: Sequence[Sequence[Word]]) -> Edit:
        last = self.text.last(self.node)
        dash = self.dash(last)
        new: list[str] = []
        for words in lists:
            if last.children is None or self.text.is_flow(last):
                new.append(dash + _FlowCollection(self.text, last).like(last, words))
                continue
            word = self.text.last(last)
            inner = self.dash(word)
            lines = self.lines(words, word)
            new.append(dash + inner[len(dash) :] + lines[0])
            new += [inner + line for line in lines[1:]]
        return self.insert(last, new)

    def insert(self, after: SourceNode, lines: Iterable[str]) -> Edit:
        """Put lines below the one on which `after` ends."""
        at = self.text.end_of_line(after)
        newline = self.text.line_end(at)
        return Edit(at, at, "".join(newline + line for line in lines))

    def lines(self, words: Sequence[Word], like: SourceNode) -> list[str]:
        """`words`, each with its comment, in the quotes of `like`."""
        return [self.text.spelt(w.text, like.start, like.end) + w.comment for w in words]

    def dash(self, entry: SourceNode) -> str:
        """What stands before an entry on its line: the dash, with nothing but blanks before it."""
        before = self.text.text[self.text.start_of_line(entry.start) : entry.start]
        match = _DASHES.fullmatch(before)
        if match is None:
            raise Cannot
        return " " * len(match[1]) + match[2]

    def remove(self, gone: set[int]) -> list[Edit]:
        members = self.text.members(self.node)
        kept = [n for n in range(len(members)) if n not in gone]
        if not kept:
            raise Cannot
        edits = [self.own_lines(members[n]) for n in gone]
        if kept[0] > 0 and not self.is_first_on_line(members[0]):
            edits = [self.own_lines(members[n]) for n in gone if n > kept[0]]
            edits.append(Edit(members[0].start, members[kept[0]].start, ""))
        # Comments on the lines of words have gone with them; no others may.
        known = sum(self.comments(members[n]).count("#") for n in gone)
        if sum(self.text.text[e.start : e.end].count("#") for e in edits) != known:
            raise Cannot
        return edits

    def is_first_on_line(self, entry: SourceNode) -> bool:
        """Tell whether only its own dash stands before an entry."""
        before = self.text.text[self.text.start_of_line(entry.start) : entry.start]
        return _ONE_DASH.fullmatch(before) is not None

    def own_lines(self, entry: SourceNode) -> Edit:
        start, end = self.text.start_of_line(entry.start), self.text.end_of_line(entry)
        newline = LINE_END.match(self.text.text, end)
        if newline:
            return Edit(start, newline.end(), "")
        return Edit(start - len(self.text.line_end(end)) if start else 0, end, "")

    def comments(self, node: SourceNode) -> str:
        """The comments that follow a word, or each word of a list."""
        if isinstance(node.children, list) and not self.text.is_flow(node):
            return "".join(self.comments(child) for child in node.children)
        return self.text.comment(node) if node.children is None else ""

    def add_list(self, place: SourceNode, key: str, words: Sequence[str]) -> Edit:
        assert place.key is not None
        # The end of a block scalar is behind the empty lines that follow it.
        end = len(self.text.text[: self.text.end(place)].rstrip())
        indent = " " * (place.key[0] - self.text.start_of_line(place.key[0]))
        written = ", ".join(self.text.plain(word) for word in words)
        return self.insert(SourceNode(end, end), [f"{indent}{key}: [{written}]"])
