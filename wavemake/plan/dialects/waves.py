"""Waves, or phases, that hold the agents themselves, or that are numbered.

{"waves": [[{"name": "db", "task": "..."}], [{"name": "api", "task": "..."}]]}
{"waves": [{"wave": 1, "agents": [{"name": "db", "task": "..."}]}]}
{"agents": [...], "waves": [{"wave": 1, "agents": ["db"]}]}
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wavemake.plan.diagnostics import Path
from wavemake.plan.dialects.dialect import Dialect, Found
from wavemake.plan.dialects.draft import Draft
from wavemake.plan.dialects.order import Groups
from wavemake.plan.dialects.words import (
    STRONG,
    TEXTS,
    Item,
    evident,
    is_blank,
    is_id,
    objects,
    plain,
    some,
)

_MEMBERS = ("agents", "tasks")
_NUMBERS = ("wave", "phase", "number", "id")
_LABELS = frozenset(["wave", "phase", "number", "id", "name", "title"])


def _key(tree: Any) -> str | None:
    keys = ("waves", "phases") if isinstance(tree, dict) else ()
    return next((key for key in keys if isinstance(tree.get(key), list)), None)


def _members(wave: Any, path: Path) -> tuple[Any, Path]:
    """What a wave holds, and where."""
    if isinstance(wave, dict):
        key = next((key for key in wave if plain(key) in _MEMBERS), None)
        return (wave[key], (*path, key)) if key is not None else (wave, path)
    return wave, path


def _waves(tree: Any, key: str) -> list[tuple[Any, Path]]:
    """What each wave holds, in order: by number if all have one, else as they are written."""
    numbers = [_number(wave) for wave in tree[key]]
    waves = [_members(wave, (key, n)) for n, wave in enumerate(tree[key])]
    ranks = [number for number in numbers if number is not None]
    if len(ranks) < len(waves):
        return waves
    return [waves[n] for n in sorted(range(len(waves)), key=ranks.__getitem__)]


def _number(wave: Any) -> float | None:
    words = {plain(key): key for key in wave} if isinstance(wave, dict) else {}
    values = (wave[words[word]] for word in _NUMBERS if word in words)
    return next((each for each in values if is_id(each) and not isinstance(each, str)), None)


def _is_names(members: Any) -> bool:
    return isinstance(members, list) and all(isinstance(each, str) for each in members)


def _find(tree: Any) -> Found | None:
    key = _key(tree)
    if key is None:
        return None
    waves = _waves(tree, key)
    found = [each for members, _ in waves for each in objects(members)]
    if not found and key == "waves" and all(_is_names(members) for members, _ in waves):
        found = objects(tree.get("agents")) if any(len(path) > 2 for _, path in waves) else []
    return Found((key,), found) if found else None


def _claims(tree: Any, found: Found) -> bool:
    words = {plain(key) for each in found.objects for key in each}
    return bool(words & STRONG) or evident(found.objects)


def _read(tree: Any, found: Found, draft: Draft) -> None:
    key = str(found.path[0])
    waves = _waves(tree, key)
    _note_unread(tree[key], key, draft)
    if all(_is_names(members) for members, _ in waves):
        draft.keep(tree)
        draft.waves([[(name, (*path, i)) for i, name in enumerate(wave)] for wave, path in waves])
        return
    draft.head(tree, {key})
    groups = [draft.items(members, path) for members, path in waves]

    def order(items: Sequence[Item]) -> Groups:
        kept = {id(item) for item in items}
        return [[(item, item.id_path) for item in group if id(item) in kept] for group in groups]

    items = [item for group in groups for item in group]
    before = f"all of the {key[:-1]} before"
    draft.write(items, order, before=before, waves=key == "waves")


def _note_unread(waves: Sequence[Any], key: str, draft: Draft) -> None:
    unread: dict[str, Path] = {}
    for n, wave in enumerate(waves):
        for word, value in wave.items() if isinstance(wave, dict) else ():
            if plain(word) not in (*_MEMBERS, *_LABELS) and not is_blank(value):
                unread.setdefault(word, (key, n, word))
    if unread:
        draft.note("WM307", f"not read: {some(unread)}", next(iter(unread.values())))


DIALECT = Dialect(
    name="waves",
    noun="agent",
    summary="waves of objects",
    needs="a list under 'waves' or 'phases' that has agents or tasks in it",
    texts=TEXTS,
    find=_find,
    claims=_claims,
    read=_read,
)
