"""Names for agents, made of the ids that their items have; and what an id stands for."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from wavemake.plan.diagnostics import did_you_mean
from wavemake.plan.dialects.words import TITLES, Item, is_number, some
from wavemake.plan.names import name_problem, suggest_name

_LONGEST = 40
_LONGEST_SLUG = 24
_MOST_HINTS = 100


class Ids:
    """The ids of a plan, the items that they stand for, and those of items that were left out."""

    def __init__(self, noun: str) -> None:
        """`noun` is what an item is called; a name made of a number begins with it."""
        self._noun = noun
        self._items: dict[str, Item] = {}
        self._left_out: set[str] = set()
        self._asked = 0

    def leave_out(self, item: Item) -> None:
        """Take note of an item that is not to become an agent."""
        self._left_out.add(item.id)

    def name(self, items: Sequence[Item]) -> list[Item]:
        """Name the items, and return those whose names are not their ids.

        Ids that can name an agent stay what they are, and the names made for others avoid them. The
        items of one id share its name.
        """
        taken: set[str] = set()
        renamed: list[Item] = []
        count: Counter[str] = Counter()
        for item in items:
            if self._items.setdefault(item.id, item) is not item:
                continue
            if name_problem(item.id) or is_number(item.id) or item.id.lower() in taken:
                renamed.append(item)
            else:
                item.name = item.id
                taken.add(item.id.lower())
        for item in renamed:
            base = item.name = self._base(item)
            while item.name.lower() in taken:
                count[base] += 1
                item.name = f"{base}-{count[base] + 1}"
            taken.add(item.name.lower())
        for item in items:
            item.name = self._items[item.id].name
        return renamed

    def _base(self, item: Item) -> str:
        text = item.id
        if is_number(text):
            text = f"{self._noun}-{text.lstrip('-')}{_slug(item)}"
        elif not any(char.isascii() and char.isalnum() for char in text):
            text = self._noun
        if len(text) > _LONGEST:
            text = text[:_LONGEST].rsplit(" ", 1)[0]
        return suggest_name(text)

    def add(self, ids: Iterable[str], item: Item) -> None:
        """Let the ids stand for `item`, unless they stand for another."""
        for each in ids:
            self._items.setdefault(each, item)

    def get(self, ref: Any) -> Item | None:
        """The item that `ref`, an id as it is written, stands for."""
        return self._items.get(str(ref).strip())

    def is_left_out(self, ref: Any) -> bool:
        """Tell whether `ref` is the id of an item that was left out."""
        return str(ref).strip() in self._left_out

    def near(self, ref: str) -> str:
        """Suggest the id that was probably meant, or say which there are."""
        self._asked += 1
        many = self._asked > _MOST_HINTS
        near = "" if many or is_number(ref) else did_you_mean(ref, self._items)
        return near or f"there are: {some(self._items)}"


def _slug(item: Item) -> str:
    """The first words of the item's title, each after a hyphen: a number alone says nothing."""
    title = item.get(*TITLES)
    plain = unicodedata.normalize("NFKD", title) if isinstance(title, str) else ""
    slug = ""
    for word in re.findall(r"[a-z0-9]+", re.sub(r"[^\x00-\x7f]", "", plain).lower()):
        if len(slug) + len(word) >= _LONGEST_SLUG:
            break
        slug += f"-{word}"
    return slug
