"""Edits the text of a document at places in its tree, and leaves all else of it as it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from wavemake.fix.collections import BlockCollection, FlowCollection
from wavemake.fix.syntax import Cannot, Edit, Syntax, Word
from wavemake.plan.diagnostics import Path
from wavemake.plan.loader import Document, SyntaxProblem, load_text


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
        self._text = Syntax(document)

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
            return [FlowCollection(self._text, node).add_list(place, key, words)]
        return [BlockCollection(self._text, node).add_list(place, key, words)]

    def _list(self, path: Path) -> FlowCollection | BlockCollection:
        node = self._text.node(path)
        if not isinstance(node.children, list):
            raise Cannot
        return (FlowCollection if self._text.is_flow(node) else BlockCollection)(self._text, node)
