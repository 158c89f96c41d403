"""The words of other people's plans, and an object of such a plan read by them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from wavemake.plan.diagnostics import Path
from wavemake.plan.model import shown

# Keys as `plain` has them: dependsOn, depends_on and depends-on are one word.
READS = frozenset(
    ["reads", "dependson", "dependencies", "dep", "deps", "needs", "blockedby", "dependenttaskids"]
)
STRONG = frozenset(["task", "prompt", "objective", "instruction", "instructions"])
TEXTS = STRONG | {"goal", "description"}
TITLES = ("title", "name", "subject", "summary")
SECTIONS: Mapping[str, str] = {
    "details": "",
    "role": "Role",
    "scope": "Scope",
    "filescope": "Files",
    "files": "Files",
    "args": "Arguments",
    "constraints": "Constraints",
    "steps": "Steps",
    "outputformat": "Output format",
    "expectedoutput": "Expected output",
    "deliverables": "Deliverables",
    "acceptance": "Acceptance criteria",
    "acceptancecriteria": "Acceptance criteria",
    "successcriteria": "Acceptance criteria",
    "teststrategy": "How it is tested",
    "notes": "Notes",
}
SKILLS = ("skill", "skills")
# What decides whether, or how often, something runs.
CONDITIONS = frozenset(
    ["when", "if", "condition", "loop", "until", "foreach", "triggerrule", "approval"]
)
COMMANDS = ("command", "bash", "script", "run", "shell")
# What a plan of agents says and a list of things to do, of packages or of bars in a chart does not.
_EVIDENCE = frozenset(
    [
        "constraints",
        "outputformat",
        "filescope",
        "acceptance",
        "acceptancecriteria",
        "successcriteria",
        "teststrategy",
    ]
)
_CHART = frozenset(["start", "end", "startdate", "enddate", "progress"])

STATES = ("passes", "done", "completed")
_NOT_TO_DO = frozenset(["cancelled", "canceled", "deferred", "skipped"])
_DONE = frozenset(["done", "completed", "complete"])
_NUMBER = re.compile(r"-?\d+(\.\d+)*\Z")


@lru_cache(maxsize=4096)
def plain(key: str) -> str:
    """Return a key without its underscores, hyphens and capitals."""
    return key.replace("_", "").replace("-", "").lower()


def kind(value: Any) -> str:
    """Return what sort of value this is, as it is called in a message."""
    names: dict[type, str] = {
        type(None): "null",
        bool: "a boolean",
        int: "a number",
        float: "a number",
        dict: "an object",
        list: "a list",
        str: "a text",
    }
    return names[type(value)]


def is_id(value: Any) -> bool:
    """Tell whether a value can be an id: a text that is not blank, or a number."""
    if isinstance(value, str):
        return bool(value.strip())
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_number(text: str) -> bool:
    """Tell whether an id is a number, such as 7 or 2.1."""
    return bool(_NUMBER.match(text))


def is_blank(value: Any) -> bool:
    """Tell whether a value says nothing: null, or an empty text, list or object."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, (list, dict)) and not value)


def some(words: Iterable[str], most: int = 3) -> str:
    """Return the first of the words as a message lists them, and how many more there are."""
    known = list(words)
    more = len(known) - most
    return ", ".join(map(shown, known[:most])) + (f" and {more} more" if more > 0 else "")


class Item:
    """An object at `path` of the file that becomes an agent, or a step of one; `noun` is what it is.

    The draft fills in the rest; `reads` has the place at which each name is asked for.
    """

    __slots__ = (
        "declared", "id", "id_path", "name", "noun", "path",
        "reads", "role", "role_key", "steps", "value", "words",
    )  # fmt: skip

    def __init__(self, value: Mapping[str, Any], path: Path, noun: str) -> None:
        self.value, self.path, self.noun = value, path, noun
        self.words: dict[str, str] = {}
        for key in value:
            self.words.setdefault(plain(key), key)
        self.id, self.id_path = self._identity()
        self.name = ""
        self.declared = any(each is not None for _, each in self._read_values())
        self.reads: dict[str, Path] = {}
        self.role: Item | None = None
        self.role_key = ""
        self.steps: list[Item] = []

    def _identity(self) -> tuple[str, Path]:
        """The id and where it stands: without one, what else tells the item from the others."""
        for word in ("id", "taskid", *TITLES):
            key = self.words.get(word)
            if key is not None and is_id(self.value[key]):
                return str(self.value[key]).strip(), (*self.path, key)
        return "", self.path

    def key(self, *words: str) -> str | None:
        """The key that is the first of `words` to have a value."""
        keys = (self.words[word] for word in words if word in self.words)
        return next((key for key in keys if not is_blank(self.value[key])), None)

    def get(self, *words: str) -> Any:
        """The value of the first of `words` that has one, or None."""
        key = self.key(*words)
        return None if key is None else self.value[key]

    def refs(self) -> list[tuple[Any, Path]]:
        """What this item says that it depends on, as written, and where."""
        found = []
        for key, value in self._read_values():
            if isinstance(value, list):
                found += [(each, (*key, i)) for i, each in enumerate(value)]
            elif value is not None:
                found.append((value, key))
        return found

    def _read_values(self) -> list[tuple[Path, Any]]:
        scope = self.words.get("scope", "")
        inner = self.value.get(scope)
        places = [((*self.path, key), key, value) for key, value in self.value.items()]
        if isinstance(inner, dict):
            places += [((*self.path, scope, key), key, value) for key, value in inner.items()]
        return [(path, value) for path, key, value in places if plain(key) in READS]

    @property
    def state(self) -> str:
        """`done`, `left out`, or nothing, as the item marks itself."""
        status = self.get("status")
        word = plain(status.strip()) if isinstance(status, str) else ""
        if word in _NOT_TO_DO:
            return "left out"
        return "done" if word in _DONE or self._mark() is not None else ""

    @property
    def state_path(self) -> Path:
        """Where the item marks itself."""
        return (*self.path, self._mark() or self.words["status"])

    def _mark(self) -> str | None:
        keys = (self.words[word] for word in STATES if word in self.words)
        return next((key for key in keys if self.value[key] is True), None)


# --- how a shape is recognised ---


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; none if it is no list, or holds mostly something else."""
    if not isinstance(value, list):
        return []
    found = [each for each in value if isinstance(each, dict)]
    return found if 2 * len(found) > len(value) else []


def described(found: Iterable[Mapping[str, Any]], texts: Iterable[str]) -> bool:
    """Tell whether most of the objects have an id and one of the words `texts`."""
    wanted = frozenset(texts)
    votes = [1 if _is_described(each, wanted) else -1 for each in found]
    return sum(votes) > 0


def _is_described(value: Mapping[str, Any], texts: frozenset[str]) -> bool:
    words = {plain(key) for key, each in value.items() if not is_blank(each)}
    return bool(words & {"id", "taskid", *TITLES}) and bool(words & texts)


def depends(found: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether any of the objects can name others that it depends on."""
    return any(
        plain(key) in READS and isinstance(value, (list, str, int))
        for each in found
        for key, value in each.items()
    )


def numbered(found: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether the objects have numbers for ids."""
    ids = [
        next((each[key] for key in each if plain(key) in ("id", "taskid")), "") for each in found
    ]
    return bool(ids) and all(is_number(str(each)) for each in ids)


def evident(found: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether the objects say what only a plan of agents says."""
    found = list(found)
    words = {plain(key) for each in found for key in each}
    return not words & _CHART and (depends(found) or bool(words & _EVIDENCE))
