"""Common sets of agents: finds them, fills in their parameters and prints the plan that comes of it."""

from __future__ import annotations

import json
import os
import pathlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wavemake.plan.did_you_mean import did_you_mean
from wavemake.plan.loader import SyntaxProblem, load_text

_SUFFIXES = (".json", ".yaml", ".yml")
_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
# Where a value may stand: texts and paths. Nothing that becomes a command, an argument or a name.
_PLACES = frozenset({"project", "goal", "task", "reads", "context"})
_WIDTH = 96


class SetError(ValueError):
    """A template that does not exist or cannot be used, or a value that it cannot take; the text says why."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that a template asks for; without a default it must be given."""

    name: str
    question: str
    default: str | None


@dataclass(frozen=True)
class PlanSet:
    """A plan with placeholders, `{name}`, in its texts; `path` is the file that it was read from."""

    name: str
    path: pathlib.Path
    description: str
    parameters: tuple[Parameter, ...]
    plan: dict[str, Any]


def folders() -> list[pathlib.Path]:
    """Return the folders in which sets are looked for; the first that has a name wins.

    They are those in $WAVEMAKE_PLANS, the user's own, and the one that comes with wavemake.
    """
    named = os.environ.get("WAVEMAKE_PLANS", "").split(os.pathsep)
    config = os.environ.get("XDG_CONFIG_HOME", "")
    if not os.path.isabs(config):
        config = os.path.expanduser("~/.config")
    own = [pathlib.Path(folder) for folder in named if folder]
    return [*own, pathlib.Path(config, "wavemake", "plans"), shipped()]


def shipped() -> pathlib.Path:
    """Return the folder of the sets that come with wavemake."""
    from wavemake.runs.link import templates

    return templates() / "plans"


def available() -> dict[str, pathlib.Path]:
    """Return every set's name, sorted, with the file that counts for it."""
    found: dict[str, pathlib.Path] = {}
    for folder in folders():
        # If two files differ only in their suffix, YAML wins: it is sorted last.
        files = sorted(folder.iterdir(), reverse=True) if folder.is_dir() else []
        for path in files:
            if path.suffix in _SUFFIXES and path.is_file():
                found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def find(name: str) -> PlanSet:
    """Return the set `name`. Raises SetError if there is none, or if it cannot be used."""
    files = available()
    if name not in files:
        hint = did_you_mean(name, files) or "wavemake new --list lists them"
        raise SetError(f"there is no template {name!r} ({hint})")
    return load(files[name])


def load(path: pathlib.Path) -> PlanSet:
    """Read the set in the file `path`: a plan, with a front part under `set` if it has parameters.

    Raises SetError if it cannot be used.
    """
    try:
        tree = load_text(path.read_bytes(), str(path)).value
    except OSError as error:
        raise SetError(f"cannot read {path}: {error.strerror}") from None
    except SyntaxProblem as problem:
        raise SetError(str(problem)) from None
    if not isinstance(tree, dict):
        raise SetError(f"{path}: a template is a plan, with a front part under 'set'")
    plan = {key: value for key, value in tree.items() if key != "set"}
    try:
        description, parameters = _front(tree.get("set", {}))
        _check_placeholders(plan, {each.name for each in parameters})
    except SetError as error:
        raise SetError(f"{path}: {error}") from None
    return PlanSet(path.stem, path, description, parameters, plan)


def missing(plan_set: PlanSet, values: Mapping[str, str]) -> list[Parameter]:
    """Return the parameters that have neither a value nor a default."""
    return [
        each
        for each in plan_set.parameters
        if each.default is None and not values.get(each.name, "").strip()
    ]


def check_value(plan_set: PlanSet, name: str, value: str) -> None:
    """Raise SetError if `plan_set` has no parameter `name`, or if `value` cannot be written."""
    names = [each.name for each in plan_set.parameters]
    if name not in names:
        hint = did_you_mean(name, names) or f"it has: {', '.join(names) or 'none'}"
        raise SetError(f"{plan_set.name} has no parameter {name!r} ({hint})")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise SetError(f"the value of {name!r} is not UTF-8") from None


def fill(plan_set: PlanSet, values: Mapping[str, str]) -> dict[str, Any]:
    """Return the plan of `plan_set` with `values`, and defaults for the rest.

    Values are data: no placeholder is looked for in them. Raises SetError if a parameter is unknown,
    or has neither value nor default.
    """
    for name, value in values.items():
        check_value(plan_set, name, value)
    lacking = missing(plan_set, values)
    if lacking:
        names = ", ".join(repr(each.name) for each in lacking)
        raise SetError(f"{plan_set.name} needs a value for {names}")
    known = {each.name: values.get(each.name, each.default or "") for each in plan_set.parameters}

    def replace(text: str, key: str) -> str:
        return _PLACEHOLDER.sub(lambda found: known.get(found[1], found[0]), text)

    filled: dict[str, Any] = _mapped(plan_set.plan, replace)
    return filled


def plan_text(plan: Mapping[str, Any]) -> str:
    """Return `plan` as JSON for people: a key a line, lists on one line where they fit."""
    return _printed(plan, "") + "\n"


# --- the front part ---


def _front(front: Any) -> tuple[str, tuple[Parameter, ...]]:
    _has_only(front, {"description", "parameters"}, "'set'")
    description = front.get("description", "")
    asked = front.get("parameters", {})
    _has_only(asked, None, "'parameters'")
    return _text(description, "'description'"), tuple(
        _parameter(name, value) for name, value in asked.items()
    )


def _parameter(name: str, value: Any) -> Parameter:
    what = f"the parameter {name!r}"
    if not _PLACEHOLDER.fullmatch(f"{{{name}}}"):
        raise SetError(f"{what} must be lower-case letters, digits and '_'")
    _has_only(value, {"question", "default"}, what)
    question = _text(value.get("question", f"{name}?"), f"the question of {name!r}")
    default = value.get("default")
    return Parameter(
        name, question, None if default is None else _text(default, f"the default of {name!r}")
    )


def _has_only(value: Any, keys: set[str] | None, what: str) -> None:
    if not isinstance(value, dict):
        raise SetError(f"{what} must be an object")
    for key in value:
        if keys is not None and key not in keys:
            raise SetError(f"{what} has no key {key!r}, but: {', '.join(sorted(keys))}")


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise SetError(f"{what} must be one line of text")
    return value


def _check_placeholders(plan: dict[str, Any], names: set[str]) -> None:
    used: set[str] = set()

    def look(text: str, key: str) -> str:
        found = names & set(_PLACEHOLDER.findall(text))
        if found and key not in _PLACES:
            raise SetError(
                f"{{{min(found)}}} stands in {key!r}: parameters are for "
                f"{', '.join(sorted(_PLACES))}"
            )
        used.update(found)
        return text

    _mapped(plan, look)
    if names - used:
        raise SetError(f"the parameter {min(names - used)!r} is used nowhere")


def _mapped(value: Any, replace: Callable[[str, str], str], key: str = "") -> Any:
    """A copy of `value` in which `replace(text, key)` stands for each text below `key`."""
    if isinstance(value, dict):
        return {name: _mapped(item, replace, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_mapped(item, replace, key) for item in value]
    return replace(value, key) if isinstance(value, str) else value


# --- printing ---


def _printed(value: Any, margin: str) -> str:
    line = json.dumps(value, ensure_ascii=False)
    items = list(_items(value))
    if not items or (isinstance(value, list) and _fits(value, line, margin)):
        return line
    inner = margin + "  "
    left, right = "{}" if isinstance(value, Mapping) else "[]"
    lines = ",\n".join(f"{inner}{label}{_printed(item, inner)}" for label, item in items)
    return f"{left}\n{lines}\n{margin}{right}"


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from ((json.dumps(key, ensure_ascii=False) + ": ", value[key]) for key in value)
    elif isinstance(value, list):
        yield from (("", item) for item in value)


def _fits(value: list[Any], line: str, margin: str) -> bool:
    holds_objects = any(isinstance(item, Mapping) for item in value)
    return not holds_objects and len(margin) + len(line) <= _WIDTH
