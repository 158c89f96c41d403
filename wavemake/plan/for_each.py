"""Reads `for_each`: the items for each of which an agent runs."""

from __future__ import annotations

import json
import re
from typing import Any

from wavemake.plan.diagnostics import Path, Where
from wavemake.plan.model import ForEach, Ref, encodes
from wavemake.plan.schema import (
    FOR_EACH_KEYS,
    MOST_CELLS,
    USUAL_CELLS,
    names_for_untrusted,
    names_of,
)
from wavemake.plan.values import AllowedKeys, Values, kind_of

HOLE = re.compile(r"\{\{\s*(?:item(?:\.(?P<key>[A-Za-z0-9_.-]+))?|(?P<index>index))\s*\}\}")
"""What stands for an item."""
_FOR_EACH = AllowedKeys("'for_each'", names_of(FOR_EACH_KEYS), names_for_untrusted(FOR_EACH_KEYS))
_EXAMPLE = 'write ["a", "b"], [{"name": "a", ...}], {"files": "src/*.c"} or {"agent": "survey"}'
_LONGEST = 100_000


class ForEachReader(Values):
    """Reads lists of items, and notes all that is wrong with their shape."""

    def for_each(self, value: dict[str, Any], path: Path) -> ForEach | None:
        """What the key `for_each` of `value` says."""
        given, at = value.get("for_each"), (*path, "for_each")
        if given is None:
            return None
        if isinstance(given, list):
            items = [self._item(item, (*at, i)) for i, item in enumerate(given)]
            return ForEach(at, tuple(item for item in items if item), max=MOST_CELLS)
        if not isinstance(given, dict):
            message = f"'for_each' must be a list or an object, not {kind_of(given)}"
            self.error("WM102", message, Where(at), _EXAMPLE)
            return None
        self.keys(given, at, _FOR_EACH)
        words = {key: self._ref(given, at, key) for key in ("files", "agent", "file")}
        most = self.count(given, at, "max", 1, MOST_CELLS)
        if (words["files"] is None) == (words["agent"] is None):
            self.error(
                "WM162", "'for_each' names either 'files' or an 'agent'", Where(at), _EXAMPLE
            )
            return None
        if words["agent"] is None:
            if words["file"]:
                message = "'file' is what an 'agent' writes its list to"
                self.error("WM162", message, words["file"].where, _EXAMPLE)
            return ForEach(at, files=words["files"], max=most or MOST_CELLS)
        return ForEach(at, max=most or USUAL_CELLS, agent=words["agent"], file=words["file"])

    def _ref(self, given: dict[str, Any], at: Path, key: str) -> Ref | None:
        value, where = given.get(key), (*at, key)
        if value is None or not self.is_word(value, where, repr(key)):
            return None
        return Ref(value, Where(where))

    def _item(self, item: Any, path: Path) -> str:
        """The item as JSON, the same for equal items; empty after saying why it is none."""
        if not isinstance(item, (str, int, float, dict)):
            message = f"an item must be a text, a number or an object, not {kind_of(item)}"
            self.error("WM162", message, Where(path), _EXAMPLE)
            return ""
        try:
            text = json.dumps(item, ensure_ascii=False, sort_keys=True, allow_nan=False)
        except (TypeError, ValueError):
            self.error(
                "WM162", "this item is not JSON", Where(path), "quote what looks like a date"
            )
            return ""
        if not encodes(text) or "\\u0000" in text:
            self.error(
                "WM162", "this item holds what is not a character", Where(path), "leave it out"
            )
            return ""
        if len(text) > _LONGEST:
            message = f"this item has {len(text)} characters, and {_LONGEST} are the most"
            self.error("WM162", message, Where(path), "name a file, and let the agent read that")
            return ""
        return text
