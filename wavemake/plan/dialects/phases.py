"""Where waves, phases or stages are in a plan, in what order, and what each of them holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from wavemake.plan.diagnostics import Path
from wavemake.plan.dialects.item import Item
from wavemake.plan.dialects.words import is_blank, is_id, listed, objects, plain

_KEYS = (
    *("waves", "phases", "stages", "milestones", "epics", "sprints", "groups", "workstreams"),
    *("tracks", "rounds", "batches", "levels", "layers"),
)
_NUMBERED_KEY = re.compile(r"(wave|phase|stage|step|round|level|layer)[ _-]?(\d{1,6})", re.I)
_MEMBERS = (
    *("agents", "tasks", "steps", "subtasks", "items", "chunks", "stories", "userstories"),
    *("features", "todos", "issues"),
)
_NUMBERS = ("wave", "phase", "stage", "step", "round", "level", "layer", "number", "id")
_LABELS = frozenset([*_NUMBERS, "name", "title", "parallelsafe"])
FLAGS = ("parallelsafe", "parallel", "parallelizable", "canparallel")
"""The words by which a phase says whether what it holds may run at once."""
_IN_TURN = frozenset(["sequential", "serial", "series"])


@dataclass
class Phase:
    """A wave or a phase: what it holds, and where; `item` is the phase itself, if it is an object."""

    members: Any
    path: Path
    item: Item | None
    items: list[Item]
    gate: str = ""

    @property
    def is_in_turn(self) -> bool:
        """Whether it says that what it holds is done one after the other."""
        if self.item is None:
            return False
        value, how = (
            self.item.value,
            self.item.get("mode", "execution", "executionmode", "strategy"),
        )
        flags = [value[self.item.words[word]] for word in FLAGS if word in self.item.words]
        return False in flags or (isinstance(how, str) and plain(how) in _IN_TURN)


class Holder(NamedTuple):
    """Where a plan, or a wave, has waves: what holds them, its place, and the keys that it is under."""

    waves: Any
    path: Path
    keys: tuple[str, ...]

    @property
    def word(self) -> str:
        """What the waves are called, in the plural."""
        found = _NUMBERED_KEY.fullmatch(self.keys[0])
        return f"{found[1].lower()}s" if found else self.keys[0]


def holder_of(tree: Any) -> Holder | None:
    """Return what holds the waves of a plan, or those within a wave; None if nothing does."""
    keys = {plain(key): key for key in reversed(list(tree))} if isinstance(tree, dict) else {}
    found = (keys[word] for word in _KEYS if word in keys)
    key = next((key for key in found if isinstance(tree[key], (list, dict))), None)
    if key is None and "steps" in keys and _hold_agents(tree[keys["steps"]]):
        key = keys["steps"]
    if key is not None:
        return Holder(tree[key], (key,), (key,))
    numbered = {int(n[2]): key for key in keys.values() if (n := _NUMBERED_KEY.fullmatch(key))}
    waves = {key: tree[key] for _, key in sorted(numbered.items())}
    return Holder(waves, (), tuple(waves)) if waves else None


def _hold_agents(steps: Any) -> bool:
    """Tell whether each of the steps is a wave: it holds agents, and is not an agent itself."""
    waves = listed(steps)
    return 0 < len(waves) == len(steps) and all(
        any(plain(key) == "agents" and objects(wave[key]) for key in wave) for wave in waves
    )


def _members(wave: Any, path: Path) -> tuple[Any, Path]:
    """What a wave holds, and where."""
    if isinstance(wave, dict):
        key = next(
            (key for key in wave if plain(key) in _MEMBERS and not is_blank(wave[key])), None
        )
        key = key or next((key for key in wave if plain(key) in _MEMBERS), None)
        return (wave[key], (*path, key)) if key is not None else (wave, path)
    return wave, path


def _entries(holder: Holder) -> list[tuple[Any, Path, str]]:
    """The waves, in order: by number if all have one, else as they are written."""
    given, path = holder.waves, holder.path
    if isinstance(given, dict):
        return [(each, (*path, name), name) for name, each in given.items()]
    waves: list[tuple[Any, Path, str]] = [(each, (*path, n), "") for n, each in enumerate(given)]
    numbers = [_number(wave) for wave in given]
    ranks = [number for number in numbers if number is not None]
    if len(ranks) < len(waves):
        return waves
    return [waves[n] for n in sorted(range(len(waves)), key=ranks.__getitem__)]


def _number(wave: Any) -> float | None:
    words = {plain(key): key for key in wave} if isinstance(wave, dict) else {}
    values = (wave[words[word]] for word in _NUMBERS if word in words)
    return next((each for each in values if is_id(each) and not isinstance(each, str)), None)


def phases_in(holder: Holder, base: Path = ()) -> Iterator[Phase]:
    """Yield the waves that are held; of those that hold waves themselves, these."""
    for wave, path, name in _entries(holder):
        inner = holder_of(wave)
        if inner is not None and any(
            objects(_members(each, ())[0]) for each in _values(inner.waves)
        ):
            yield from phases_in(inner, (*base, *path))
            continue
        members, at = _members(wave, path)
        item = None
        if isinstance(wave, dict):
            handled = frozenset([*_MEMBERS, *_LABELS, *FLAGS])
            item = Item(_named(wave), (*base, *path), "phase", name=name, handled=handled)
        yield Phase(members, (*base, *at), item, [])


def _values(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else list(value)


def _named(wave: dict[str, Any]) -> dict[str, Any]:
    """A phase by what it is called: a number alone is an id."""
    number = _number(wave)
    return wave if "id" in wave or number is None else {"id": number, **wave}
