"""Where a place of the tree that was made stands in the file that the user wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from wavemake.plan.diagnostics import Diagnostic, Path, Span, Where
from wavemake.plan.loader import Document


@dataclass(frozen=True, slots=True)
class Original(Where):
    """A place in the file itself, not in the tree that it was read into."""


@dataclass(frozen=True)
class Wording:
    """How a hint speaks of agents in the words of the file: its ids, and its key for what is needed.

    keys: the key of each item that has one.
    """

    ids: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    key: str = "reads"

    def id(self, agent: str) -> str:
        """The id of an agent as the file writes it."""
        given = self.ids.get(agent, agent)
        return given if _NUMBER.match(given) else json.dumps(given, ensure_ascii=False)

    def needs(self, agent: str) -> str:
        """The key under which an item says what it depends on."""
        return self.keys.get(agent, self.key)


_NUMBER = re.compile(r"(?:0|[1-9]\d*)\Z")


class View(Document):
    """A document with its value turned into another tree, the places of which are still found."""

    def __init__(
        self,
        document: Document,
        tree: Any,
        origins: Mapping[Path, Path],
        wording: Wording | None = None,
    ) -> None:
        """`origins` has the path in the file of each path in `tree` that has one of its own."""
        super().__init__(document.name, document.text, tree, document.format)
        self._document = document
        self._origins = origins
        self.wording = wording or Wording()

    @property
    def file(self) -> Document:
        """The document as it is in the file."""
        return self._document

    def locate(self, where: Where | Span) -> Span:
        """The span of a place in the tree, or of an `Original`."""
        return where if isinstance(where, Span) else self._document.locate(self.original(where))

    def original(self, where: Where) -> Original:
        """The place in the file that `where` was made of: that of the nearest value around it."""
        if isinstance(where, Original):
            return where
        path = where.path
        while path and path not in self._origins:
            path = path[:-1]
        rest = where.path[len(path) :]
        return Original((*self._origins.get(path, ()), *rest), where.on_key)

    def in_file(self, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
        """Return the diagnostics with every place turned into one in the file."""
        return [
            replace(
                each,
                where=self._moved(each.where),
                related=tuple((self._moved(where), text) for where, text in each.related),
            )
            for each in diagnostics
        ]

    def _moved(self, where: Where | Span) -> Where | Span:
        return where if isinstance(where, Span) else self.original(where)
