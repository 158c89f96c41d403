"""Numbers as people read them: durations, money, sizes. An unknown one is an empty text."""

from __future__ import annotations

from datetime import datetime, timezone

from wavemake.runs.state import Cache, cached, dollars, more, price

__all__ = ["cache", "change", "duration", "moment", "money", "number", "price", "shortened", "size"]


def duration(seconds: float | None) -> str:
    """Return seconds in two units at most.

    >>> [duration(each) for each in (0.04, 9.96, 61, 3600, 93784.2)]
    ['0.0s', '10s', '1m 01s', '1h 00m', '26h 03m']
    """
    if seconds is None:
        return ""
    if round(seconds, 1) < 10:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}m {rest:02}s" if minutes < 60 else f"{minutes // 60}h {minutes % 60:02}m"


def change(before: float, after: float) -> str:
    """Return by how much a duration has changed, with its sign.

    >>> change(60, 75.04), change(75, 60), change(1, 1.01)
    ('+15s', '-15s', '±0.0s')
    """
    difference = after - before
    if abs(difference) < 0.05:
        return "±0.0s"
    return f"{'+' if difference > 0 else '-'}{duration(abs(difference))}"


def money(usd: float | None, unknown: int = 0) -> str:
    """Return dollars; unknown: how many are left out of the sum.

    >>> [money(each) for each in (0, 0.00412, 0.5, None)], money(0.5, 2)
    (['$0.00', '$0.0041', '$0.50', ''], '$0.50 + 2 unknown')
    """
    return ("unknown" if unknown else "") if usd is None else f"{dollars(usd)}{more(unknown)}"


def cache(use: Cache) -> str:
    """Return what a cache was used for; nothing, if it was not."""
    return cached(use).removeprefix("cache: ")


def number(value: int | None, unknown: int = 0) -> str:
    """Return a count, its thousands apart; unknown: how many are left out of the sum.

    >>> number(12345), number(None), number(7, 1), number(None, 1)
    ('12,345', '', '7 + 1 unknown', 'unknown')
    """
    return ("unknown" if unknown else "") if value is None else f"{value:,}{more(unknown)}"


def size(count: int) -> str:
    """Return a number of bytes.

    >>> size(900), size(12_345), size(3_456_789)
    ('900 bytes', '12 kB', '3.5 MB')
    """
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1e3:.0f} kB" if count < 1e6 else f"{count / 1e6:.1f} MB"


def moment(time: float | None) -> tuple[str, str]:
    """Return epoch seconds as ISO 8601 for programs and as a text for people, both in UTC.

    >>> moment(1795535649.25)
    ('2026-11-24T15:54:09Z', '2026-11-24 15:54 UTC')
    """
    if time is None:
        return "", ""
    try:
        when = datetime.fromtimestamp(time, timezone.utc)
    except (OverflowError, ValueError, OSError):
        return "", ""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ"), when.strftime("%Y-%m-%d %H:%M UTC")


def shortened(text: str, most: int) -> str:
    """Return `text` in `most` characters: names that begin alike differ at their ends.

    >>> shortened("migrate-module-storage-0017", 16), shortened("api", 16)
    ('migrate-m…e-0017', 'api')
    """
    if len(text) <= most:
        return text
    end = (most - 1) * 2 // 5
    return f"{text[: most - 1 - end]}…{text[-end:]}" if end else text[:most]
