"""Edits lists and objects as they are written: in brackets, or as lines of YAML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wavemake.fix.syntax import Cannot, Edit, Syntax, Word, begin
from wavemake.plan.loader.document import LINE_END, SourceNode

_COMMENT_BEHIND = re.compile(r",?[ \t]+#")
_ONE_DASH = re.compile(r" *- +")
_DASHES = re.compile(r"([ -]*)(- +)")


@dataclass(frozen=True)
class FlowCollection:
    """A list or an object in brackets."""

    text: Syntax
    node: SourceNode

    def append(self, words: Sequence[Word]) -> Edit:
        """Add `words` behind the last one."""
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
        """Add lists of words, written like the last one."""
        last = self.text.last(self.node)
        end, comma = self.text.end(last), self.comma(-1)
        return Edit(end, end, "".join(comma + self.like(last, words) for words in lists))

    def like(self, other: SourceNode, words: Sequence[Word]) -> str:
        """A list of `words`, written like `other`, which is one with words in it."""
        model = FlowCollection(self.text, other)
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
        """Remove the members of these numbers, not all of them."""
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
        """Add the `key` of a list behind the member at `place`."""
        assert place.key is not None
        comma = self.comma(self.text.members(self.node).index(place))
        colon = self.slice(place.key[1], place.start, ":")
        spelt = self.text.spelt(key, *place.key)
        inner = ", " if " " in self.colon() else ","
        written = inner.join(self.text.plain(word) for word in words)
        end = self.text.end(place)
        return Edit(end, end, f"{comma}{spelt}{colon}[{written}]")


@dataclass(frozen=True)
class BlockCollection:
    """A list or an object of YAML without brackets: an entry a line, by indentation."""

    text: Syntax
    node: SourceNode

    def append(self, words: Sequence[Word]) -> Edit:
        """Add `words` behind the last one."""
        last = self.text.last(self.node)
        return self.insert(last, [self.dash(last) + line for line in self.lines(words, last)])

    def append_lists(self, lists: Sequence[Sequence[Word]]) -> Edit:
        """Add lists of words, written like the last one."""
        last = self.text.last(self.node)
        dash = self.dash(last)
        new: list[str] = []
        for words in lists:
            if last.children is None or self.text.is_flow(last):
                new.append(dash + FlowCollection(self.text, last).like(last, words))
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
        """Remove the members of these numbers, not all of them."""
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
        """Remove the lines of an entry."""
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
        """Add the `key` of a list behind the member at `place`."""
        assert place.key is not None
        # The end of a block scalar is behind the empty lines that follow it.
        end = len(self.text.text[: self.text.end(place)].rstrip())
        indent = " " * (place.key[0] - self.text.start_of_line(place.key[0]))
        written = ", ".join(self.text.plain(word) for word in words)
        return self.insert(SourceNode(end, end), [f"{indent}{key}: [{written}]"])
