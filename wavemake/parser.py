"""Reads the tree of a plan into a `Plan`, and says all that is wrong with its shape at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from wavemake.diagnostics import Diagnostic, Path, Severity, Where, did_you_mean
from wavemake.model import AgentSpec, Plan, Ref, Settings
from wavemake.names import name_problem, suggest_name

_SETTINGS = ("runner", "model", "command", "args", "timeout", "max_prompt")
_PLAN_KEYS = ("$schema", "project", "goal", "agents", "waves", "context", "defaults")
_AGENT_KEYS = ("name", "skill", "task", "reads", "depends_on", *_SETTINGS)
# What a plan that comes from a model may say: nothing that becomes a command, an argument or a permission.
_UNTRUSTED = frozenset({"name", "skill", "task", "reads", "depends_on", "timeout", "max_prompt"})
_UNTRUSTED_PLAN = frozenset({"$schema", "project", "goal", "agents", "waves", "defaults"})

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?\Z")
_SIZE = re.compile(r"(\d+)\s*([kKmM]?)[bB]?\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def parse(tree: Any, *, untrusted: bool = False) -> tuple[Plan | None, list[Diagnostic]]:
    """Read `tree`, the plain value of a JSON or YAML document, as a plan.

    With `untrusted`, keys that could become a command, an argument or a permission are errors.
    Returns the plan, or None if `tree` is no plan at all, with every diagnostic of its shape.
    """
    parser = _Parser(untrusted)
    return parser.plan(tree), parser.found


@dataclass
class _Parser:
    untrusted: bool
    found: list[Diagnostic] = field(default_factory=list)

    def error(self, code: str, message: str, where: Where, hint: str = "") -> None:
        self.found.append(Diagnostic(code, Severity.ERROR, message, where, hint))

    # --- the plan ---

    def plan(self, tree: Any) -> Plan | None:
        if not isinstance(tree, dict) or not {"agents", "waves"} & tree.keys():
            self.no_plan(tree)
            return None
        self.keys(tree, (), _PLAN_KEYS, _UNTRUSTED_PLAN, "a plan")
        return Plan(
            project=self.line(tree, (), "project") or "",
            goal=self.text(tree, (), "goal") or "",
            agents=self.agents(tree.get("agents", [])),
            waves=self.waves(tree["waves"]) if "waves" in tree else None,
            context=self.refs(tree, (), "context"),
            defaults=self.defaults(tree),
        )

    def no_plan(self, tree: Any) -> None:
        if not isinstance(tree, dict):
            what = f"this is {_kind(tree)}"
            hint = ""
        else:
            keys = [repr(key) for key in list(tree)[:5]] or ["nothing"]
            what = f"it has neither 'agents' nor 'waves', but {', '.join(keys)}"
            near = [did_you_mean(key, ["agents", "waves"]) for key in tree]
            hint = next((text for text in near if text), "")
        self.error("WM010", f"this is no agent plan: {what}", Where(), hint or _SHAPE)

    def defaults(self, tree: dict[str, Any]) -> Settings:
        value = tree.get("defaults", {})
        if not self.is_kind(value, dict, ("defaults",), "'defaults'"):
            return Settings()
        self.keys(value, ("defaults",), _SETTINGS, _UNTRUSTED, "'defaults'")
        return self.settings(value, ("defaults",))

    # --- agents ---

    def agents(self, value: Any) -> tuple[AgentSpec, ...]:
        if not self.is_kind(value, list, ("agents",), "'agents'"):
            return ()
        specs = (self.agent(item, ("agents", i)) for i, item in enumerate(value))
        return tuple(spec for spec in specs if spec)

    def agent(self, value: Any, path: Path) -> AgentSpec | None:
        if not self.is_kind(value, dict, path, "an agent"):
            return None
        self.keys(value, path, _AGENT_KEYS, _UNTRUSTED, "an agent")
        if "name" not in value:
            self.error("WM103", "this agent has no 'name'", Where(path), 'add "name": "..."')
            return None
        name = self.name(value["name"], (*path, "name"))
        if name is None:
            return None
        return AgentSpec(
            name=name,
            path=path,
            task=self.text(value, path, "task"),
            skills=self.skills(value, path),
            reads=self.refs(value, path, "reads"),
            depends_on=self.refs(value, path, "depends_on"),
            settings=self.settings(value, path),
        )

    def name(self, value: Any, path: Path) -> str | None:
        if not self.is_kind(value, str, path, "a name"):
            return None
        problem = name_problem(value)
        if problem:
            message = f"{value!r} cannot be an agent's name: it {problem}"
            self.error("WM105", message, Where(path), f"for instance {suggest_name(value)!r}")
            return None
        return str(value)

    def skills(self, value: dict[str, Any], path: Path) -> tuple[str, ...]:
        if isinstance(value.get("skill"), list):
            return tuple(ref.text for ref in self.refs(value, path, "skill") or ())
        skill = self.line(value, path, "skill")
        return (skill,) if skill else ()

    def settings(self, value: dict[str, Any], path: Path) -> Settings:
        args = self.refs(value, path, "args")
        return Settings(
            runner=self.line(value, path, "runner"),
            model=self.line(value, path, "model"),
            command=self.line(value, path, "command"),
            args=None if args is None else tuple(ref.text for ref in args),
            timeout=self.number(
                value, path, "timeout", _seconds, 'seconds, or "90s", "30m", "1h30m"'
            ),
            max_prompt=self.number(value, path, "max_prompt", _bytes, 'bytes, or "200k", "2M"'),
        )

    def waves(self, value: Any) -> tuple[tuple[Ref, ...], ...] | None:
        if not self.is_kind(value, list, ("waves",), "'waves'"):
            return None
        return tuple(self.words(wave, ("waves", i), "a wave") for i, wave in enumerate(value))

    # --- values ---

    def keys(
        self,
        value: dict[str, Any],
        path: Path,
        known: Iterable[str],
        trusted: frozenset[str],
        what: str,
    ) -> None:
        for key in value:
            where = Where((*path, key), on_key=True)
            if key not in known:
                hint = did_you_mean(key, known) or f"{what} has: {', '.join(known)}"
                self.error("WM101", f"{what} has no key {key!r}", where, hint)
            elif self.untrusted and key not in trusted:
                message = f"an untrusted plan may not set {key!r}"
                self.error("WM119", message, where, "leave it out, or compile without --untrusted")

    def is_kind(self, value: Any, kind: type, path: Path, what: str) -> bool:
        if isinstance(value, kind):
            return True
        message = f"{what} must be {_WORDS[kind]}, not {_kind(value)}"
        self.error("WM102", message, Where(path))
        return False

    def text(self, value: dict[str, Any], path: Path, key: str) -> str | None:
        """A text of any length, byte for byte as it will be sent."""
        if value.get(key) is None:
            return None
        where = (*path, key)
        if not self.is_kind(value[key], str, where, f"{key!r}"):
            return None
        text: str = value[key]
        if "\0" in text:
            self.error(
                "WM120", f"{key!r} holds a NUL character, which no agent can be sent", Where(where)
            )
            return None
        if not text.isascii() and not _encodes(text):
            message = f"{key!r} holds half of a surrogate pair, which is no character"
            self.error("WM120", message, Where(where), "write the character itself")
            return None
        return text

    def line(self, value: dict[str, Any], path: Path, key: str) -> str | None:
        """A text of one line, without control characters."""
        text = self.text(value, path, key)
        if text is None:
            return None
        if key == "command":
            text = text.rstrip("\n")
        if _CONTROL.search(text):
            hint = "put the commands into a script" if key == "command" else ""
            self.error(
                "WM104", f"{key!r} must be one line of plain text", Where((*path, key)), hint
            )
            return None
        return text

    def refs(self, value: dict[str, Any], path: Path, key: str) -> tuple[Ref, ...] | None:
        if value.get(key) is None:
            return None
        return self.words(value[key], (*path, key), f"{key!r}")

    def words(self, value: Any, path: Path, what: str) -> tuple[Ref, ...]:
        if isinstance(value, str):
            return (Ref(value, Where(path)),) if self.is_word(value, path, what) else ()
        if not self.is_kind(value, list, path, what):
            return ()
        words = ((item, (*path, i)) for i, item in enumerate(value))
        return tuple(Ref(word, Where(at)) for word, at in words if self.is_word(word, at, what))

    def is_word(self, value: Any, path: Path, what: str) -> bool:
        if not self.is_kind(value, str, path, f"an entry of {what}"):
            return False
        if _CONTROL.search(value) or not _encodes(value):
            self.error("WM104", f"an entry of {what} must be one line of plain text", Where(path))
            return False
        return True

    def number(
        self,
        value: dict[str, Any],
        path: Path,
        key: str,
        read: Callable[[str], int | None],
        form: str,
    ) -> int | None:
        given = value.get(key)
        if given is None:
            return None
        wanted = isinstance(given, (int, str)) and not isinstance(given, bool)
        number = read(str(given).strip()) if wanted else None
        if not number or number > _MOST:
            self.error("WM104", f"{key!r} must be a number above 0: {form}", Where((*path, key)))
            return None
        return number


_SHAPE = 'a plan is {"agents": [{"name": ..., "task": ..., "reads": [...]}], "waves": [[...]]}'
_WORDS: dict[type, str] = {dict: "an object", list: "a list", str: "a text"}
_MOST = 2**31 - 1


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    names: dict[type, str] = {bool: "a boolean", int: "a number", float: "a number", **_WORDS}
    return names.get(type(value), type(value).__name__)


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _seconds(text: str) -> int | None:
    match = _DURATION.match(text)
    if not match:
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def _bytes(text: str) -> int | None:
    match = _SIZE.match(text)
    return int(match[1]) * {"": 1, "k": 1024, "m": 1024**2}[match[2].lower()] if match else None
