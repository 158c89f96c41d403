"""What of a plan is in no task: every key is named, bookkeeping in a note, all else in a warning."""

from __future__ import annotations

from wavemake.plan.diagnostics import Path
from wavemake.plan.dialects.constructs import is_ours
from wavemake.plan.dialects.item import Item, ItemRef
from wavemake.plan.dialects.notes import Notes
from wavemake.plan.dialects.text import Composed, is_content
from wavemake.plan.dialects.words import (
    BOOKKEEPING,
    COMMANDS,
    CONDITIONS,
    GATES,
    IDS,
    LOOPS,
    OUTPUTS,
    RULES_OF_START,
    SECTIONS,
    SKILLS,
    STATES,
    STATUS,
    SUBTASKS,
    TEXTS,
    TITLES,
    is_blank,
    plain,
    some,
)

_TRANSLATED = (
    CONDITIONS
    | LOOPS
    | GATES
    | RULES_OF_START
    | {*IDS, *STATES, *STATUS, *SKILLS, *SUBTASKS, *OUTPUTS, "blocks", "model"}
)


class Leftovers:
    """The keys that no task has, each with its first place."""

    def __init__(self) -> None:
        self._kept: dict[str, Path] = {}
        self._lost: dict[str, Path] = {}
        self._loose: dict[str, Path] = {}

    def add(self, key: str, path: Path) -> None:
        """Take note of a key that would matter and could not be read."""
        self._lost.setdefault(key, path)

    def loose(self, item: Item, ref: ItemRef, *, known: bool) -> None:
        """Take note of a link to another item from which no order follows."""
        self._loose.setdefault(ref.kind, ref.path)

    def of(self, item: Item, composed: Composed) -> None:
        """Take note of all that is in `item`, and not in the text composed of it."""
        skipped = item.asks | item.handled
        for key, value in item.value.items():
            word = plain(key)
            if key in composed.keys or word in skipped or word in _TRANSLATED or is_blank(value):
                continue
            self._sort(item, key, word, composed.text)
        if item.role:
            for key, value in item.role.value.items():
                if (
                    plain(key) not in _ROLE
                    and not is_blank(value)
                    and not is_content(plain(key), value)
                ):
                    self._place(key, (*item.role.path, key))

    def _sort(self, item: Item, key: str, word: str, text: str) -> None:
        path = (*item.path, key)
        is_said = word in TITLES and str(item.value[key]).strip() in text
        runs = (word in COMMANDS and "command" in item.keys) or is_ours(word, item.value[key])
        if path == item.id_path or is_said or runs or word in SECTIONS:
            return
        self._place(key, path)

    def _place(self, key: str, path: Path) -> None:
        places = self._kept if plain(key) in BOOKKEEPING else self._lost
        places.setdefault(key, path)

    def tell(self, notes: Notes) -> None:
        """Name every key."""
        name_keys({**self._kept, **self._lost}, notes)
        if self._loose:
            message = "links of a kind from which no order follows are not read"
            notes.note("WM307", message, next(iter(self._loose.values())))


def name_keys(keys: dict[str, Path], notes: Notes) -> None:
    """Name keys that are in no task: those of bookkeeping in a note, the others in a warning."""
    kept = [key for key in keys if plain(key) in BOOKKEEPING]
    lost = [key for key in keys if plain(key) not in BOOKKEEPING]
    if kept:
        notes.note("WM307", f"not read: {some(kept, None)}", keys[kept[0]])
    if lost:
        message = f"not read, and in no task: {some(lost, None)}"
        hint = "if it matters, write it into the description"
        notes.warn("WM315", message, keys[lost[0]], hint)


_ROLE = frozenset([*TEXTS, *TITLES, *IDS, "type", "role", "model", "backstory", *SKILLS])
