"""The JSON Schema that an answer must fit: whether it is one, and whether the runtime can check all of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from wavemake.plan.diagnostics import Path
from wavemake.plan.ere import ere_problem

# The keywords that runtime/schema.awk handles. Their parts are one schema, a list of them, or an
# object of them.
_PLAIN = frozenset(
    [
        *(
            "type",
            "enum",
            "const",
            "required",
            "minItems",
            "maxItems",
            "uniqueItems",
            "minProperties",
        ),
        *(
            "maxProperties",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "minLength",
        ),
        *("maxLength", "pattern", "$ref"),
    ]
)
_ONE = frozenset(["additionalProperties", "items", "not"])
_LISTS = frozenset(["allOf", "anyOf", "oneOf", "prefixItems"])
_OBJECTS = frozenset(["properties", "$defs", "definitions"])
# Keywords without influence on what fits.
_NOTES = frozenset(
    [
        *(
            "$schema",
            "$id",
            "$comment",
            "title",
            "description",
            "default",
            "examples",
            "deprecated",
        ),
        *("readOnly", "writeOnly", "format"),
    ]
)
KEYWORDS = _PLAIN | _ONE | _LISTS | _OBJECTS
"""The keywords that are checked when an agent has answered, without Python."""

_LARGEST = 64 * 1024
# A regular expression of the oldest awks has no intervals.
_INTERVAL = "has '{', which some awks take for the sign: write it out, or \\\\{ for the sign"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a schema, and where in it."""

    message: str
    path: Path
    hint: str


def problems(text: str) -> Iterator[Problem]:
    """Yield what keeps `text` from being a JSON Schema that an answer can be checked by."""
    if len(text.encode()) > _LARGEST:
        yield Problem(
            f"is larger than {_LARGEST // 1024} KB", (), "leave out what it need not check"
        )
        return
    try:
        schema = json.loads(text)
    except ValueError as error:
        yield Problem(f"is not JSON: {error}", (), "a schema is an object, in JSON")
        return
    invalid = _invalid(schema)
    if invalid:
        yield invalid
        return
    yield from _unchecked(schema, (), schema)


def form_of(text: str) -> str:
    """Return the `form` of a schema without problems, by which CLIs tell whether they can enforce it.

    >>> form_of('{"type": "object"}'), form_of('{"type": "array"}')
    ('object', '')
    >>> form_of('{"type": "object", "properties": {}, "required": [], "additionalProperties": false}')
    'strict'
    """
    try:
        schema = json.loads(text)
    except ValueError:
        return ""
    if not isinstance(schema, dict) or schema.get("type") != "object":
        return ""
    return "strict" if _is_strict(schema) else "object"


def _is_strict(part: Any) -> bool:
    """Whether all objects have all their members and no others, as the API behind codex wants it."""
    if isinstance(part, list):
        return all(map(_is_strict, part))
    if not isinstance(part, dict):
        return True
    if part.get("type") == "object" or "properties" in part:
        named = part.get("properties")
        if part.get("additionalProperties") is not False or not isinstance(named, dict):
            return False
        if set(part.get("required", ())) != set(named):
            return False
        return all(map(_is_strict, named.values())) and _is_strict(part.get("$defs", {}))
    return all(map(_is_strict, part.values()))


def _invalid(schema: Any) -> Problem | None:
    """Why it is not a JSON Schema of 2020-12."""
    if not isinstance(schema, dict):
        return Problem("is no object", (), 'write {"type": "object", "properties": {...}}')
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        place = tuple(error.absolute_path)
        return Problem(
            f"is not a JSON Schema: {error.message}", place, "it is read as JSON Schema 2020-12"
        )
    return None


def _unchecked(schema: Any, at: Path, root: Any) -> Iterator[Problem]:
    """What the runtime would pass over."""
    if not isinstance(schema, dict):
        return
    for key, value in schema.items():
        here = (*at, key)
        if key in _NOTES or key in _PLAIN:
            yield from _plain(key, value, here, root)
        elif key in _ONE:
            yield from _unchecked(value, here, root)
        elif key in _LISTS:
            for i, part in enumerate(value):
                yield from _unchecked(part, (*here, i), root)
        elif key in _OBJECTS:
            for name, part in value.items():
                yield from _unchecked(part, (*here, name), root)
        else:
            known = ", ".join(sorted(KEYWORDS))
            hint = f"leave it out, and check that by a command; checked are: {known}"
            yield Problem(f"has {key!r}, which is not checked when an agent answers", here, hint)


def _plain(key: str, value: Any, at: Path, root: Any) -> Iterator[Problem]:
    if key == "pattern":
        problem = ere_problem(value) or (_INTERVAL if "{" in value.replace("\\{", "") else "")
        if problem:
            hint = "the pattern is an extended regular expression of awk, on bytes"
            yield Problem(f"has the pattern {value!r}: it {problem}", at, hint)
    elif key == "$ref" and not _leads_somewhere(value, root):
        hint = 'refer to a part of this schema, such as "#/$defs/name"'
        yield Problem(f"refers to {value!r}, which is no part of it", at, hint)


def _leads_somewhere(ref: str, root: Any) -> bool:
    if ref != "#" and not ref.startswith("#/"):
        return False
    here = root
    for step in ref.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(here, dict) or name not in here:
            return False
        here = here[name]
    return isinstance(here, (dict, bool))
