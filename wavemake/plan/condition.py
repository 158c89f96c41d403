"""Reads `when`: the condition under which an agent runs."""

from __future__ import annotations

import json
import re
from typing import Any

from wavemake.plan.diagnostics import Path, Where
from wavemake.plan.ere import ere_problem
from wavemake.plan.model import Condition, Ref, shown
from wavemake.plan.schema import CONDITION_KEYS, JSON_PATH, names_for_untrusted, names_of
from wavemake.plan.values import AllowedKeys, Values, kind_of

_SHAPE = AllowedKeys("a condition", names_of(CONDITION_KEYS), names_for_untrusted(CONDITION_KEYS))
_JSON_PATH = re.compile(JSON_PATH)
_COMPARED = ("equals", "exists", "above", "below")
_KINDS = ("agent", "file", "command", "not", "all", "any")
_DEEPEST = 20
_EXAMPLE = (
    'write {"agent": "a-name", "matches": "^FOUND"}, {"agent": "a-name", "json": "a.b", "equals": 1}, '
    '{"file": "a/path"}, or "not", "all" or "any" of these'
)


class ConditionReader(Values):
    """Reads conditions, and notes all that is wrong with them."""

    def condition(self, value: Any, path: Path, depth: int = 0) -> Condition | None:
        """What the condition `value` says; None if that cannot be used."""
        if not isinstance(value, dict):
            message = f"a condition must be an object, not {kind_of(value)}"
            self.error("WM102", message, Where(path), _EXAMPLE)
            return None
        if depth > _DEEPEST:
            message = f"conditions are nested more than {_DEEPEST} deep"
            self.error("WM160", message, Where(path), "say it in fewer steps")
            return None
        before = len(self.found)
        self.keys(value, path, _SHAPE)
        said = [kind for kind in _KINDS if value.get(kind) is not None]
        if len(said) != 1:
            if said or len(self.found) == before:
                what = f"says {said[0]!r} and {said[1]!r} at once" if said else "says nothing"
                self.error("WM160", f"this condition {what}", Where(path), _EXAMPLE)
            return None
        kind = said[0]
        if kind == "agent":
            return self._of_agent(value, path)
        extra = [key for key in _SHAPE.known if value.get(key) is not None and key != kind]
        if extra:
            message = (
                f"{extra[0]!r} is for the answer of an 'agent', and this condition has a {kind!r}"
            )
            self.error("WM160", message, Where((*path, extra[0]), on_key=True), _EXAMPLE)
            return None
        if kind in ("file", "command"):
            return self._of_project(value, path, kind)
        return self._of_conditions(value, path, kind, depth)

    def _of_project(self, value: dict[str, Any], path: Path, kind: str) -> Condition | None:
        where = (*path, kind)
        if kind == "file":
            is_path = self.is_word(value[kind], where, "'file'")
            return Condition(kind, Ref(value[kind], Where(where))) if is_path else None
        command = self.command(value[kind], where, "the command of a condition")
        if command is not None and not command.strip():
            self.error("WM160", "the command of this condition is empty", Where(where), _EXAMPLE)
        return Condition(kind, words=command) if command else None

    def _of_conditions(
        self, value: dict[str, Any], path: Path, kind: str, depth: int
    ) -> Condition | None:
        given, at = value[kind], (*path, kind)
        if kind == "not":
            part = self.condition(given, at, depth + 1)
            return Condition(kind, parts=(part,)) if part else None
        hint = f'write {{"{kind}": [{{...}}, {{...}}]}}'
        if not self.is_kind(given, list, at, f"{kind!r}", hint):
            return None
        if not given:
            self.error("WM160", f"{kind!r} has no conditions", Where(at), hint)
        parts = [self.condition(each, (*at, i), depth + 1) for i, each in enumerate(given)]
        known = tuple(part for part in parts if part)
        return Condition(kind, parts=known) if known and len(known) == len(parts) else None

    # --- what an agent answered ---

    def _of_agent(self, value: dict[str, Any], path: Path) -> Condition | None:
        where = (*path, "agent")
        if not self.is_word(value["agent"], where, "'agent'"):
            return None
        ref = Ref(value["agent"], Where(where))
        said = [key for key in ("matches", "json") if value.get(key) is not None]
        compared = [key for key in _COMPARED if key in value]
        if len(said) != 1:
            what = "says two things at once" if said else f"says nothing of {shown(ref.text)}"
            self.error("WM160", f"this condition {what}", Where(path), _EXAMPLE)
            return None
        if said == ["matches"]:
            if compared:
                message = f"{compared[0]!r} is for 'json', and this condition has 'matches'"
                where = (*path, compared[0])
                self.error("WM160", message, Where(where, on_key=True), _EXAMPLE)
            return self._matching(value, path, ref)
        if len(compared) != 1:
            what = f"must say one of {', '.join(_COMPARED)}"
            self.error("WM160", f"a condition with 'json' {what}", Where(path), _EXAMPLE)
            return None
        return self._comparing(value, path, ref, compared[0])

    def _matching(self, value: dict[str, Any], path: Path, ref: Ref) -> Condition | None:
        text = self.line(value, path, "matches")
        if text is None:
            return None
        problem = ere_problem(text) if text else "is empty"
        if problem:
            message = f"{shown(text)} is not an extended regular expression: it {problem}"
            self.error("WM104", message, Where((*path, "matches")), "it is what grep -E takes")
        return Condition("matches", ref, text)

    def _comparing(self, value: dict[str, Any], path: Path, ref: Ref, how: str) -> Condition | None:
        form = "keys and indices with dots between them, without blanks"
        steps = self.word_like(value, path, "json", _JSON_PATH, form)
        wanted, where = value[how], Where((*path, how))
        if how == "exists" and wanted is not True:
            hint = 'write {"not": {"agent": ..., "json": ..., "exists": true}}'
            self.error("WM160", "'exists' must be true", where, hint)
        elif how == "equals":
            if isinstance(wanted, (dict, list)):
                message = (
                    f"'equals' must be a text, a number, true, false or null, not {kind_of(wanted)}"
                )
                self.error("WM160", message, where, "name a value inside it by 'json'")
            elif isinstance(wanted, str) and self.line(value, path, how) is None:
                return None
        elif how != "exists" and (isinstance(wanted, bool) or not isinstance(wanted, (int, float))):
            message = f"{how!r} must be a number, not {kind_of(wanted)}"
            self.error("WM160", message, where)
        words = "" if how == "exists" else f" {json.dumps(wanted, ensure_ascii=False)}"
        return Condition("json", ref, f"{steps} {how}{words}")
