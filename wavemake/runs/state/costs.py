"""What agents cost, as far as their CLIs have said so."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from wavemake.runs.fields import Fields, number, whole

_Number = TypeVar("_Number", int, float)


@dataclass(frozen=True, slots=True)
class Cache:
    """Tokens that the API has read from its cache and written to it, and the dollars that this has saved.

    What is unknown counts as nothing.
    """

    read: int = 0
    written: int = 0
    saved: float = 0.0

    def __add__(self, other: Cache) -> Cache:
        return Cache(self.read + other.read, self.written + other.written, self.saved + other.saved)

    def without(self, part: Cache) -> Cache:
        """Return what is left when `part` is taken away."""
        return Cache(
            max(self.read - part.read, 0),
            max(self.written - part.written, 0),
            self.saved - part.saved,
        )

    def __bool__(self) -> bool:
        return bool(self.read or self.written)


UNUSED = Cache()


@dataclass(frozen=True, slots=True)
class Costs:
    """Dollars and tokens; None is unknown. partial: a sum in which something is left out as unknown.

    >>> Costs(0.5, 10, 2) + Costs(0.25, None, 3)
    Costs(usd=0.75, tokens_in=10, tokens_out=5, partial=True, cache=Cache(read=0, written=0, saved=0.0))
    """

    usd: float | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    partial: bool = False
    cache: Cache = UNUSED

    def __add__(self, other: Costs) -> Costs:
        mine, others = self._values(), other._values()
        lost = any((a is None) != (b is None) for a, b in zip(mine, others, strict=True))
        return Costs(
            _both(operator.add, self.usd, other.usd),
            _both(operator.add, self.tokens_in, other.tokens_in),
            _both(operator.add, self.tokens_out, other.tokens_out),
            self.partial or other.partial or lost,
            self.cache + other.cache,
        )

    def without(self, part: Costs) -> Costs:
        """Return what is left when `part` is taken away; unknown unless both are known in full."""
        if self.partial or part.partial:
            return UNKNOWN
        return Costs(
            _left(self.usd, part.usd),
            _left(self.tokens_in, part.tokens_in),
            _left(self.tokens_out, part.tokens_out),
            cache=self.cache.without(part.cache),
        )

    @property
    def tokens(self) -> int | None:
        """Tokens in and out together."""
        return _both(operator.add, self.tokens_in, self.tokens_out)

    def _values(self) -> tuple[float | None, ...]:
        return self.usd, self.tokens_in, self.tokens_out


UNKNOWN = Costs()
NOTHING = Costs(0.0, 0, 0)


def total(costs: Iterable[Costs]) -> Costs:
    """Return the sum of `costs`: nothing, if there are none."""
    result: Costs | None = None
    for each in costs:
        result = each if result is None else result + each
    return NOTHING if result is None else result


def costs_in(fields: Fields, prefix: str = "") -> Costs:
    """Return the costs that a status or an event names; `prefix` comes before each of their names."""
    return Costs(
        number(fields, f"{prefix}cost"),
        whole(fields, f"{prefix}tokens_in"),
        whole(fields, f"{prefix}tokens_out"),
        cache=_cache_in(fields, prefix),
    )


def _cache_in(fields: Fields, prefix: str) -> Cache:
    read = whole(fields, f"{prefix}cache_read") or 0
    written = whole(fields, f"{prefix}cache_write") or 0
    if not (read or written):
        return UNUSED
    return Cache(read, written, number(fields, f"{prefix}cache_saved") or 0.0)


def _both(
    combine: Callable[[_Number, _Number], _Number], one: _Number | None, other: _Number | None
) -> _Number | None:
    if one is None or other is None:
        return one if other is None else other
    return combine(one, other)


def _left(whole: _Number | None, part: _Number | None) -> _Number | None:
    return None if whole is None or part is None else max(whole - part, type(whole)(0))
