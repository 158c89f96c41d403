"""Names for agents, made of the ids that their items have; and what an id stands for."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from wavemake.plan.dialects.item import Item
from wavemake.plan.dialects.words import TITLES, answered_by, is_number, some
from wavemake.plan.did_you_mean import did_you_mean
from wavemake.plan.names import name_problem, suggest_name

_LONGEST = 40
_LONGEST_SLUG = 24
_MOST_HINTS = 100
_SERIAL = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{24,}", re.IGNORECASE)


class Ids:
    """The ids of a plan, the items that they stand for, and those of items that were left out."""

    def __init__(self, noun: str) -> None:
        """`noun` is what an item is called; a name made of a number begins with it."""
        self.noun = noun
        self.a_noun = f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
        self._items: dict[str, Item] = {}
        self._made: dict[str, Item] = {}
        self._groups: dict[str, list[Item]] = {}
        self._left_out: set[str] = set()
        self._asked = 0

    def leave_out(self, item: Item) -> None:
        """Take note of an item that is not to become an agent."""
        self._left_out.add(item.id)

    def group(self, name: str, items: Iterable[Item]) -> None:
        """Let `name` stand for all of `items`, unless an item has it for an id."""
        self._groups.setdefault(name, []).extend(items)

    def name(self, items: Sequence[Item]) -> list[Item]:
        """Name the items, and return those whose names are not their ids.

        Ids that can name an agent stay what they are, and the names made for others avoid them. The
        items of one id share its name. A name that was made stands for its item, too.
        """
        taken: set[str] = set()
        renamed: list[Item] = []
        count: Counter[str] = Counter()
        for item in items:
            if self._items.setdefault(item.id, item) is not item:
                continue
            if not _names(item.id) or item.id.lower() in taken:
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
        self._made = {item.name: item for item in renamed}
        return renamed

    def _base(self, item: Item) -> str:
        text = item.id
        if is_number(text):
            text = f"{self.noun}-{text.lstrip('-')}{_slug(item)}"
        elif _SERIAL.fullmatch(text):
            text = _slug(item, _LONGEST).lstrip("-") or text
        elif not any(char.isascii() and char.isalnum() for char in text):
            text = self.noun
        if len(text) > _LONGEST:
            text = text[:_LONGEST].rsplit(" ", 1)[0]
        return suggest_name(text)

    def add(self, ids: Iterable[str], item: Item) -> None:
        """Let the ids stand for `item`, unless they stand for another."""
        for each in ids:
            self._items.setdefault(each, item)

    def get(self, ref: Any) -> Item | None:
        """The item that `ref`, an id as it is written or the path of an answer, stands for."""
        text = str(ref).strip()
        names = (text, answered_by(text))
        found = (each.get(name) for name in names for each in (self._items, self._made))
        return next(filter(None, found), None)

    def all(self, ref: Any) -> list[Item] | None:
        """The items that `ref` stands for: one, or those of a group; None if it is not known."""
        item = self.get(ref)
        return [item] if item else self._groups.get(str(ref).strip())

    def is_left_out(self, ref: Any) -> bool:
        """Tell whether `ref` is the id of an item that was left out."""
        return str(ref).strip() in self._left_out

    def near(self, ref: str) -> str:
        """Suggest the id that was probably meant, or say which there are."""
        self._asked += 1
        many = self._asked > _MOST_HINTS
        near = "" if many or is_number(ref) else did_you_mean(ref, self._items)
        return near or f"there are: {some(self._items)}"


def _names(text: str) -> bool:
    """Tell whether an id is fit to be a name: one that says something, and can be a target."""
    return not (name_problem(text) or is_number(text) or _SERIAL.fullmatch(text))


def _slug(item: Item, longest: int = _LONGEST_SLUG) -> str:
    """The first words of the item's title, each after a hyphen: a number alone says nothing."""
    title = item.get(*TITLES)
    plain = unicodedata.normalize("NFKD", title) if isinstance(title, str) else ""
    slug = ""
    for word in re.findall(r"[a-z0-9]+", re.sub(r"[^\x00-\x7f]", "", plain).lower()):
        if len(slug) + len(word) >= longest:
            break
        slug += f"-{word}"
    return slug
