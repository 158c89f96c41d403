"""Reads values out of JSON that a run left behind: what is cut short or of another type is not there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Fields = Mapping[str, Any]

_YEAR_9999 = 253_370_764_800
# More than any run can take or cost: sums of such numbers stay finite.
_MOST = 1e15


def parse(data: bytes | str) -> Fields:
    """Return the object that `data` holds in JSON; an empty one if it holds anything else."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def text(fields: Fields, key: str) -> str:
    """Return the text under `key`, or an empty one."""
    value = fields.get(key)
    return value if isinstance(value, str) else ""


def texts(fields: Fields, key: str) -> tuple[str, ...]:
    """Return the texts in the list under `key`, or nothing."""
    value = fields.get(key)
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def number(fields: Fields, key: str) -> float | None:
    """Return the number under `key`, or None; one that is negative or out of all bounds does not count."""
    value = fields.get(key)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    try:
        plain = float(value)
    except OverflowError:
        return None
    return plain if 0 <= plain <= _MOST else None


def moment(fields: Fields, key: str) -> float | None:
    """Return the time under `key`, in epoch seconds, or None; one that no calendar has does not count."""
    value = number(fields, key)
    return value if value is not None and value < _YEAR_9999 else None


def whole(fields: Fields, key: str) -> int | None:
    """Return the whole number under `key`, or None."""
    value = number(fields, key)
    return None if value is None else int(value)
