"""Guesses which of the known names was meant by one that is unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

_MANY_NAMES = 200
_LONG_NAME = 100


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """Suggest the candidate that was probably meant, as a question, or return "".

    The same name in another case wins; else the one with the fewest typing errors (a letter more,
    less or other, or two swapped), at most 3 and in at most a third of the letters. Among many
    candidates only those that are one error away are looked at, so that a large plan full of
    unknown names is still reported at once.
    """
    if not 0 < len(word) <= _LONG_NAME:
        return ""
    limit = min(len(word) // 3, 3) or min(len(word) - 1, 1)
    folded = word.casefold()
    known = tuple(candidates)
    if len(known) > _MANY_NAMES:
        index = _index(known)
        known = tuple(name for part in _shortened(folded) for name in index.get(part, ()))
    ranked = ((_distance(folded, name.casefold(), limit), name) for name in known if name != word)
    distance, name = min(ranked, default=(limit + 1, ""))
    return f"did you mean '{name}'?" if distance <= limit else ""


@lru_cache(maxsize=4)
def _index(names: tuple[str, ...]) -> Mapping[str, Sequence[str]]:
    """The names by what is left of them if one letter is missing, for names one error apart."""
    index: dict[str, list[str]] = {}
    for name in names:
        if len(name) <= _LONG_NAME:
            for part in _shortened(name.casefold()):
                index.setdefault(part, []).append(name)
    return index


def _shortened(word: str) -> set[str]:
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}


def _distance(a: str, b: str, limit: int) -> int:
    """How many typing errors make `b` of `a`, or limit + 1 if they are more than `limit`."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, last, row = row, before, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return min(row[-1], limit + 1)
