"""Reads the tree of a plan into a `Plan`, and says all that is wrong with its shape at once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from wavemake.diagnostics import Diagnostic, Path, Severity, Where, did_you_mean
from wavemake.model import AgentSpec, Plan, ReadRef, Ref, Settings, encodes, shown
from wavemake.names import name_problem, suggest_name
from wavemake.schema import AGENT_KEYS, PLAN_KEYS, SETTING_KEYS, names_for_untrusted, names_of


@dataclass(frozen=True)
class _Shape:
    """The keys that an object may have, those that an untrusted plan may set, and those to come."""

    what: str
    known: tuple[str, ...]
    untrusted: frozenset[str]
    later: tuple[str, ...]


_SETTINGS = names_of(SETTING_KEYS)
_SETTINGS_LATER = ("env", "retries", "pool", "check", "approve", "on_failure")

_PLAN = _Shape("a plan", names_of(PLAN_KEYS), names_for_untrusted(PLAN_KEYS), ("pools", "budget"))
_AGENT = _Shape(
    "an agent",
    names_of(AGENT_KEYS, SETTING_KEYS),
    names_for_untrusted(AGENT_KEYS, SETTING_KEYS),
    _SETTINGS_LATER,
)
_DEFAULTS = _Shape("'defaults'", _SETTINGS, names_for_untrusted(SETTING_KEYS), _SETTINGS_LATER)

# How other people's plans call our keys.
_ALIASES = {
    "description": "task",
    "instructions": "task",
    "objective": "task",
    "prompt": "task",
    "id": "name",
    "role": "name",
    "after": "depends_on",
    "blockedby": "depends_on",
    "dependencies": "depends_on",
    "needs": "depends_on",
    "inputs": "reads",
}

_DURATION = re.compile(r"(\d{1,12})s?|(?:(\d{1,12})h)?(?:(\d{1,12})m)?(?:(\d{1,12})s)?")
_SIZE = re.compile(r"(\d{1,12})\s*([kKmM]?)[bB]?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def parse(tree: Any, *, untrusted: bool = False) -> tuple[Plan | None, list[Diagnostic]]:
    """Read `tree`, the plain value of a JSON or YAML document, as a plan.

    With `untrusted`, keys that could become a command, an argument, an environment or a permission
    are errors. Returns the plan, or None if `tree` is no plan at all, with every diagnostic of its
    shape.
    """
    parser = _Parser(untrusted)
    return parser.plan(tree), parser.found


@dataclass
class _Parser:
    untrusted: bool
    found: list[Diagnostic] = field(default_factory=list)
    partial: bool = False

    def error(self, code: str, message: str, where: Where, hint: str = "") -> None:
        self.found.append(Diagnostic(code, Severity.ERROR, message, where, hint))

    # --- the plan ---

    def plan(self, tree: Any) -> Plan | None:
        if not self.is_plan(tree):
            return None
        self.keys(tree, (), _PLAN)
        return Plan(
            project=self.line(tree, (), "project") or "",
            goal=self.text(tree, (), "goal") or "",
            agents=self.agents(tree),
            waves=self.waves(tree),
            context=self.refs(tree, (), "context"),
            defaults=self.defaults(tree),
            trusted=not self.untrusted,
            partial=self.partial,
        )

    def is_plan(self, tree: Any) -> bool:
        if not isinstance(tree, dict):
            self.error("WM010", f"this is no agent plan: it is {_kind(tree)}", Where(), _EXAMPLE)
            return False
        wanted = ("agents", "waves")
        if not tree.keys().isdisjoint(wanted):
            return True
        if any(did_you_mean(key, wanted) for key in tree):
            self.partial = True
            return True
        what = "it is empty"
        if tree:
            keys = [shown(key) for key in tree]
            rest = ", ..." if len(keys) > 5 else ""
            what = f"it has neither 'agents' nor 'waves', but {', '.join(keys[:5])}{rest}"
        self.error("WM010", f"this is no agent plan: {what}", Where(), _EXAMPLE)
        return False

    def defaults(self, tree: dict[str, Any]) -> Settings:
        value, path = tree.get("defaults"), ("defaults",)
        hint = 'write {"model": ..., "timeout": ...}'
        if value is None or not self.is_kind(value, dict, path, "'defaults'", hint):
            return _UNSAID
        self.keys(value, path, _DEFAULTS)
        return self.settings(value, path)

    # --- agents ---

    def agents(self, tree: dict[str, Any]) -> tuple[AgentSpec, ...]:
        value, path = tree.get("agents"), ("agents",)
        if value is None:
            return ()
        hint = 'write [{"name": ..., "task": ...}, ...]'
        if not self.is_kind(value, list, path, "'agents'", hint):
            self.partial = True
            return ()
        specs = [self.agent(item, (*path, i)) for i, item in enumerate(value)]
        known = tuple(spec for spec in specs if spec)
        self.partial = self.partial or len(known) < len(specs)
        return known

    def agent(self, value: Any, path: Path) -> AgentSpec | None:
        hint = f'write {{"name": {json.dumps(value) if _is_short(value) else "..."}, "task": ...}}'
        if not self.is_kind(value, dict, path, "an agent", hint):
            return None
        self.keys(value, path, _AGENT)
        if value.get("name") is None:
            self.error("WM103", "this agent has no 'name'", Where(path), 'add "name": "..."')
            return None
        name = value["name"]
        if not self.is_name(name, (*path, "name")):
            return None
        return AgentSpec(
            name=name,
            path=path,
            task=self.text(value, path, "task"),
            skills=self.skills(value, path),
            reads=self.reads(value, path),
            depends_on=self.refs(value, path, "depends_on"),
            outputs=self.refs(value, path, "outputs") or (),
            settings=self.settings(value, path),
        )

    def is_name(self, value: Any, path: Path) -> bool:
        """Tell whether `value` names an agent, if only in other places of the plan."""
        if not self.is_kind(value, str, path, "a name", _quoted(value)):
            return False
        problem = name_problem(value)
        if problem:
            message = f"{shown(value)} cannot be an agent's name: it {problem}"
            self.error("WM105", message, Where(path), f"for instance {shown(suggest_name(value))}")
        return True

    def skills(self, value: dict[str, Any], path: Path) -> tuple[str, ...]:
        skills = self.refs(value, path, "skill") or ()
        return tuple(ref.text for ref in skills if ref.text.strip())

    def settings(self, value: dict[str, Any], path: Path) -> Settings:
        if value.keys().isdisjoint(_SETTINGS):
            return _UNSAID
        runner, command = self.line(value, path, "runner"), self.line(value, path, "command")
        if command is not None and runner not in (None, "command") and not self.untrusted:
            message = (
                f"'command' is for the runner 'command', and the runner here is {shown(runner)}"
            )
            where = Where((*path, "command"), on_key=True)
            self.error("WM122", message, where, "leave one of the two out")
        return Settings(
            runner=runner,
            model=self.line(value, path, "model"),
            command=command,
            args=self.args(value, path),
            timeout=self.number(value, path, "timeout", _seconds, _SECONDS),
            max_prompt=self.number(value, path, "max_prompt", _bytes, _BYTES),
        )

    def args(self, value: dict[str, Any], path: Path) -> tuple[str, ...] | None:
        args = self.refs(value, path, "args")
        given = value.get("args")
        if isinstance(given, str) and " " in given.strip():
            hint = f"write a list: {json.dumps(given.split(), ensure_ascii=False)}"
            self.error(
                "WM104", "'args' is one word with a blank in it", Where((*path, "args")), hint
            )
        return None if args is None else tuple(ref.text for ref in args)

    def waves(self, tree: dict[str, Any]) -> tuple[tuple[Ref, ...], ...] | None:
        value, path = tree.get("waves"), ("waves",)
        before = len(self.found)
        waves: list[tuple[Ref, ...]] = []
        if value is not None and self.is_kind(value, list, path, "'waves'", _WAVES):
            waves = [self.words(wave, (*path, i), "a wave") for i, wave in enumerate(value)]
            for i, wave in enumerate(value):
                if wave == []:
                    self.error("WM104", f"wave {i + 1} is empty", Where((*path, i)), "leave it out")
        self.partial = self.partial or len(self.found) > before
        return tuple(waves) or None

    # --- values ---

    def keys(self, value: dict[str, Any], path: Path, shape: _Shape) -> None:
        for key in value:
            if key in shape.known and (key in shape.untrusted or not self.untrusted):
                continue
            where = Where((*path, key), on_key=True)
            if key in shape.later:
                message = f"{shown(key)} is not supported by this version yet"
                self.error("WM106", message, where, "leave it out")
            elif key in shape.known:
                message = f"an untrusted plan may not set {shown(key)}"
                hint = "leave it out; only what you trust is compiled without --untrusted"
                self.error("WM119", message, where, hint)
            else:
                message = f"{shape.what} has no key {shown(key)}"
                self.error("WM101", message, where, _which_key(key, value, shape))

    def is_kind(self, value: Any, kind: type, path: Path, what: str, hint: str = "") -> bool:
        if isinstance(value, kind):
            return True
        self.error("WM102", f"{what} must be {_WORDS[kind]}, not {_kind(value)}", Where(path), hint)
        return False

    def text(self, value: dict[str, Any], path: Path, key: str) -> str | None:
        """A text of any length, byte for byte as it will be sent."""
        text = value.get(key)
        if text is None:
            return None
        where = (*path, key)
        if not self.is_kind(text, str, where, f"'{key}'", _quoted(text)):
            return None
        if "\0" in text:
            message = f"'{key}' holds a NUL character, which no agent can be sent"
            self.error("WM120", message, Where(where), "leave it out")
            return None
        if not encodes(text):
            message = f"'{key}' holds half of a surrogate pair, which is no character"
            self.error("WM120", message, Where(where), "write the character itself")
            return None
        return str(text)

    def line(self, value: dict[str, Any], path: Path, key: str) -> str | None:
        """A text of one line, without control characters."""
        text = self.text(value, path, key)
        if text is None:
            return None
        if key == "command":
            text = text.rstrip("\n")
        if _CONTROL.search(text):
            hint = "put the commands into a script" if key == "command" else _PLAIN
            message = f"'{key}' must be one line of plain text"
            self.error("WM104", message, Where((*path, key)), hint)
            return None
        return text

    def refs(self, value: dict[str, Any], path: Path, key: str) -> tuple[Ref, ...] | None:
        if value.get(key) is None:
            return None
        return self.words(value[key], (*path, key), f"'{key}'")

    def reads(self, value: dict[str, Any], path: Path) -> tuple[ReadRef, ...] | None:
        refs = self.refs(value, path, "reads")
        if refs is None:
            return None
        return tuple(ReadRef(ref.text, ref.where, entry=ref.where.path) for ref in refs)

    def words(self, value: Any, path: Path, what: str) -> tuple[Ref, ...]:
        if isinstance(value, str):
            return (Ref(value, Where(path)),) if self.is_word(value, path, what) else ()
        if not isinstance(value, list):
            message = f"{what} must be a list of texts, not {_kind(value)}"
            self.error("WM102", message, Where(path), 'write ["...", "..."]')
            return ()
        entry = f"an entry of {what}"
        words = ((item, (*path, i)) for i, item in enumerate(value))
        return tuple(Ref(word, Where(at)) for word, at in words if self.is_word(word, at, entry))

    def is_word(self, value: Any, path: Path, what: str) -> bool:
        if not isinstance(value, str):
            hint = "write its name alone" if isinstance(value, dict) else _quoted(value)
            return self.is_kind(value, str, path, what, hint)
        if _CONTROL.search(value) or not encodes(value):
            message = f"{what} must be one line of plain text"
            self.error("WM104", message, Where(path), _PLAIN)
            return False
        return True

    def number(
        self, value: dict[str, Any], path: Path, key: str, read: _Reader, form: str
    ) -> int | None:
        given = value.get(key)
        if given is None:
            return None
        number = given if type(given) is int else None
        if isinstance(given, str):
            number = read(given.strip())
        if number is None or not 0 < number <= _MOST:
            hint = f"at most {_MOST}" if number and number > _MOST else ""
            self.error("WM104", f"'{key}' must be {form}", Where((*path, key)), hint)
            return None
        return number


_Reader = Callable[[str], "int | None"]

_UNSAID = Settings()
_EXAMPLE = 'a plan is {"agents": [{"name": ..., "task": ..., "reads": [...]}], "waves": [[...]]}'
_PLAIN = "take out line breaks, tabs and what else is no character to be seen"
_WAVES = 'write [["a", "b"], ["c"]]'
_SECONDS = 'a number of seconds above 0, or a text like "90s", "30m" or "1h30m"'
_BYTES = 'a number of bytes above 0, or a text like "200k" or "2M"'
_WORDS: dict[type, str] = {dict: "an object", list: "a list", str: "a text"}
_MOST = 2**31 - 1


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    names: dict[type, str] = {bool: "a boolean", int: "a number", float: "a number", **_WORDS}
    return names.get(type(value), type(value).__name__)


def _quoted(value: Any) -> str:
    """The hint for what stands where a text must."""
    if isinstance(value, (int, float)):
        return f'put it in quotes: "{json.dumps(value)}"'
    return "leave it out" if value is None else "write one text in quotes"


def _is_short(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 40


def _which_key(key: str, value: dict[str, Any], shape: _Shape) -> str:
    """The hint for an unknown key of `value`."""
    alias = _ALIASES.get(key.replace("_", "").lower(), "")
    if alias in shape.known and alias not in value:
        return f"did you mean '{alias}'?"
    return did_you_mean(key, shape.known) or f"{shape.what} has: {', '.join(shape.known)}"


def _seconds(text: str) -> int | None:
    match = _DURATION.fullmatch(text)
    if not match:
        return None
    plain, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return plain + hours * 3600 + minutes * 60 + seconds


def _bytes(text: str) -> int | None:
    match = _SIZE.fullmatch(text)
    return int(match[1]) * {"": 1, "k": 1024, "m": 1024**2}[match[2].lower()] if match else None
