"""An object of another tool's plan, read by its keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from wavemake.plan.diagnostics import Path
from wavemake.plan.dialects.words import (
    AGENT_NAME,
    IDS,
    INPUTS,
    READS,
    SOMETIMES_READS,
    STATES,
    STATUS,
    STRONG,
    TEXTS,
    TITLES,
    answered_by,
    is_blank,
    is_file,
    is_id,
    plain,
    state_of,
)

_REFERS = ("taskid", "dependsonid", "id", "task", "ref", "story", "step", "phase", "name", "title")
_NO_ORDER = frozenset(["related", "relatesto", "relates", "discoveredfrom", "soft", "optional"])
_INSTEAD_OF_ID = (*TITLES, *sorted(TEXTS - STRONG))
_TEXTS = tuple(sorted(TEXTS))
_STATES = frozenset(STATES)
_PARENT = frozenset(["parentchild", "parent", "childof", "partof"])


class ItemRef(NamedTuple):
    """What an item says of another: its id, or what stands there in place of one, and the place.

    kind: "" if it waits for it; "parent" if it is a part of it; "loose" if nothing follows from it.
    """

    id: Any
    path: Path
    kind: str = ""


class Item:
    """An object at `path` of the file that becomes an agent, or a step of one; `noun` is what it is.

    `words` has its key by each word, `given` those that have a value; `asked` is what it says that it
    depends on, and its `state` is `done`, `left out` or nothing, as it marks itself.
    `handled` are words that its dialect reads itself, `asks` further words for what it depends on.
    The draft fills in the rest: what it `reads`, and what it only `waits` for, each with the place
    at which that is asked for; `keys` of the agent, and `texts` of its task, that constructs of another tool
    were translated into; the `loop` that it is, with its place; `parts` of what it is a part.
    """

    __slots__ = (
        "asked", "asks", "declared", "given", "handled", "id", "id_path", "is_gate", "keys", "loop", "name",
        "noun", "parts", "path", "reads", "role", "role_key", "state", "steps", "texts", "value",
        "waits", "words",
    )  # fmt: skip

    def __init__(
        self,
        value: Mapping[str, Any],
        path: Path,
        noun: str,
        *,
        name: str = "",
        handled: frozenset[str] = frozenset(),
        asks: frozenset[str] = READS,
    ) -> None:
        self.value, self.path, self.noun = value, path, noun
        self.handled, self.asks = handled, asks
        self.words: dict[str, str] = {}
        for key in value:
            self.words.setdefault(plain(key), key)
        self.given = {word: key for word, key in self.words.items() if not is_blank(value[key])}
        self.id, self.id_path = self._identity(name)
        self.name = ""
        self.asked = self._asked()
        self.declared = any(each is not None for _, each in self.asked)
        self.state = self._state()
        self.reads: dict[str, Path] = {}
        self.waits: dict[str, Path] = {}
        self.role: Item | None = None
        self.role_key = ""
        self.steps: list[Item] = []
        self.parts: list[tuple[str, Item]] = []
        self.keys: dict[str, tuple[Any, Path]] = {}
        self.texts: dict[str, str] = {}
        self.is_gate = False
        self.loop: tuple[dict[str, Any], Path] | None = None

    def _identity(self, name: str) -> tuple[str, Path]:
        """The id and its place: without an id, another value that identifies the item."""
        for word in IDS:
            key = self.words.get(word)
            if key is not None and is_id(self.value[key]):
                return str(self.value[key]).strip(), (*self.path, key)
        if name:
            return name.strip(), self.path
        for word in (*_INSTEAD_OF_ID, AGENT_NAME):
            key = self.words.get(word)
            if key is not None and is_id(self.value[key]):
                return str(self.value[key]).strip(), (*self.path, key)
        return "", self.path

    def key(self, *words: str) -> str | None:
        """The key that is the first of `words` to have a value."""
        given = self.given
        for word in words:
            key = given.get(word)
            if key is not None:
                return key
        return None

    def get(self, *words: str) -> Any:
        """The value of the first of `words` that has one, or None."""
        key = self.key(*words)
        return None if key is None else self.value[key]

    def at(self, *words: str) -> Path:
        """The place of the first of `words` that has a value; else that of the item."""
        key = self.key(*words)
        return self.path if key is None else (*self.path, key)

    @property
    def has_text(self) -> bool:
        """Whether it has a task beyond its title."""
        return bool(self.texts) or self.key(*_TEXTS) is not None or bool(self.steps)

    def refs(self) -> list[ItemRef]:
        """What this item says that it depends on, as written, and where."""
        found = []
        for path, value in self.asked:
            if isinstance(value, list):
                found += [_ref(each, (*path, i)) for i, each in enumerate(value)]
            elif value is not None:
                found.append(_ref(value, path))
        return found

    def _asked(self) -> list[tuple[Path, Any]]:
        asks = self.asks
        found = [
            ((*self.path, key), value) for key, value in self.value.items() if plain(key) in asks
        ]
        scope = self.words.get("scope")
        inner = None if scope is None else self.value[scope]
        if isinstance(inner, dict) and scope is not None:
            found += [
                ((*self.path, scope, key), each)
                for key, each in inner.items()
                if plain(key) in asks
            ]
        return found

    def needs_key(self) -> str:
        """The key under which this item names what it depends on, if it has one."""
        return next((key for key in self.value if plain(key) in self.asks), "")

    def _state(self) -> str:
        status = self.get(*STATUS)
        said = state_of(status) if isinstance(status, str) else ""
        if said == "left out":
            return said
        return "done" if said or self._mark() is not None else ""

    @property
    def state_path(self) -> Path:
        """Where the item marks itself."""
        return (*self.path, self._mark() or self.key(*STATUS) or "")

    def _mark(self) -> str | None:
        if _STATES.isdisjoint(self.given):
            return None
        marks = (self.given[word] for word in STATES if word in self.given)
        return next((key for key in marks if self.value[key] is True), None)


def words_of_order(items: Sequence[Item]) -> frozenset[str]:
    """The words of SOMETIMES_READS under which `items` name nothing but one another, or files."""
    ids = {item.id for item in items}
    found: dict[str, bool] = {}
    for item in items:
        others = ids - {item.id}
        for word in SOMETIMES_READS & item.given.keys():
            value = item.value[item.given[word]]
            each = value if isinstance(value, list) else [value]
            named = all(
                answered_by(str(_ref(one, ()).id).strip()) in others
                or (word in INPUTS and is_file(one))
                for one in each
            )
            found[word] = found.get(word, True) and named
    return frozenset(word for word, named in found.items() if named)


def _ref(value: Any, path: Path) -> ItemRef:
    """What an entry of a list of dependencies names: itself, or what an object in it names."""
    if not isinstance(value, dict):
        return ItemRef(value, path)
    words = {plain(key): key for key in value}
    key = next(
        (words[word] for word in _REFERS if word in words and is_id(value[words[word]])), None
    )
    if key is None:
        return ItemRef(value, path)
    kind = value.get(words.get("type", words.get("kind", "")), "")
    word = plain(kind) if isinstance(kind, str) else ""
    sort = "parent" if word in _PARENT else "loose" if word in _NO_ORDER else ""
    return ItemRef(value[key], (*path, key), sort)
