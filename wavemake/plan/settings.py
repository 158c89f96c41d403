"""Reads how agents are run: the settings of an agent or of 'defaults', and the runners of a plan."""

from __future__ import annotations

import json
import re
from typing import Any

from wavemake.plan.diagnostics import Path, Where
from wavemake.plan.ere import ere_problem
from wavemake.plan.for_each import HOLE
from wavemake.plan.model import AnswerSchema, Check, Ref, Resources, RunnerSpec, Settings, shown
from wavemake.plan.names import plain_problem
from wavemake.plan.runners import ENVELOPES, ESCAPES, RUNNERS
from wavemake.plan.schema import (
    CHECK_KEYS,
    MEMORY,
    PARTITION,
    RESOURCE_KEYS,
    RUNNER_KEYS,
    SETTING_KEYS,
    VARIABLE,
    names_for_untrusted,
    names_of,
)
from wavemake.plan.values import AllowedKeys, kind_of
from wavemake.plan.workspace import WorkspaceReader

_SETTINGS = names_of(SETTING_KEYS)
_CHECK = AllowedKeys("a check", names_of(CHECK_KEYS), names_for_untrusted(CHECK_KEYS))
_JUDGE = ("ask", "runner", "model", "reads")
_RESOURCES = AllowedKeys("'resources'", names_of(RESOURCE_KEYS))
_RUNNER = AllowedKeys("a runner", names_of(RUNNER_KEYS))

_VARIABLE = re.compile(VARIABLE)
_MEMORY = re.compile(MEMORY)
_PARTITION = re.compile(PARTITION)
_UNSAID = Settings()


class SettingsReader(WorkspaceReader):
    """Reads settings and runners, and notes all that is wrong with them."""

    def settings(self, value: dict[str, Any], path: Path) -> Settings:
        """What the keys of `value` say of how an agent is run."""
        if value.keys().isdisjoint(_SETTINGS):
            return _UNSAID
        return Settings(
            runner=self._runner_name(value, path),
            model=self.line(value, path, "model"),
            command=self.command(value.get("command"), (*path, "command"), "'command'"),
            args=self._args(value, path),
            timeout=self.seconds(value, path, "timeout"),
            max_prompt=self.bytes(value, path, "max_prompt"),
            system=self.text(value, path, "system"),
            tools=self.filled(value, path, "tools"),
            permissions=self.line(value, path, "permissions"),
            max_budget_usd=self.dollars(value, path, "max_budget_usd"),
            cost_usd=self.dollars(value, path, "cost_usd", least=0),
            isolate=self._flag(value, path, "isolate"),
            retries=self.count(value, path, "retries", 0, 100),
            limit_wait=self.seconds(value, path, "limit_wait"),
            on_limit=self.one_of(value, path, "on_limit", ("wait", "fail")),
            pool=self.line(value, path, "pool"),
            check=self._checks(value, path),
            schema=self._answer_schema(value, path),
            approve=self._approve(value, path),
            on_failure=self.one_of(value, path, "on_failure", ("block", "continue")),
            env=self._variables(value, path),
            cwd=self.line(value, path, "cwd"),
            resources=self._resources(value, path),
            workspace=self.workspace(value, path),
            on_conflict=self.one_of(value, path, "on_conflict", ("fail", "resolve")),
            prefix=self._flag(value, path, "prefix"),
        )

    def _runner_name(self, value: dict[str, Any], path: Path) -> str | None:
        runner, command = self.line(value, path, "runner"), value.get("command")
        if isinstance(command, str) and runner not in (None, "command") and not self.untrusted:
            what = f"the runner here is {shown(runner or '')}"
            message = f"'command' is for the runner 'command', and {what}"
            where = Where((*path, "command"), on_key=True)
            self.error("WM122", message, where, "leave one of the two out")
        return runner

    def _args(self, value: dict[str, Any], path: Path) -> tuple[str, ...] | None:
        args = self.refs(value, path, "args")
        given = value.get("args")
        if isinstance(given, str) and " " in given.strip():
            hint = f"write a list: {json.dumps(given.split(), ensure_ascii=False)}"
            where = Where((*path, "args"))
            self.error("WM104", "'args' is one word with a blank in it", where, hint)
        return None if args is None else tuple(ref.text for ref in args)

    def _flag(self, value: dict[str, Any], path: Path, key: str) -> bool | None:
        given = value.get(key)
        if given is None or not self.is_kind(given, bool, (*path, key), f"'{key}'"):
            return None
        return bool(given)

    def _approve(self, value: dict[str, Any], path: Path) -> str | None:
        given = value.get("approve")
        if given is None or isinstance(given, bool):
            return None if given is None else "before" if given else ""
        if given in ("before", "after"):
            return str(given)
        message = '\'approve\' must be true, false, "before" or "after"'
        self.error("WM104", message, Where((*path, "approve")))
        return None

    def _variables(self, value: dict[str, Any], path: Path) -> tuple[str, ...] | None:
        if isinstance(value.get("env"), dict):
            self.is_kind(value["env"], list, (*path, "env"), "'env'", _NAMES_ALONE)
            return None
        refs = self.refs(value, path, "env")
        for ref in refs or ():
            if not _VARIABLE.fullmatch(ref.text):
                message = f"{shown(ref.text.partition('=')[0])} cannot be a variable's name"
                if "=" in ref.text:
                    message = "an entry of 'env' is a name, without a value"
                self.error("WM104", message, ref.where, _NAMES_ALONE)
        return None if refs is None else tuple(ref.text for ref in refs)

    def _resources(self, value: dict[str, Any], path: Path) -> Resources | None:
        given, path = value.get("resources"), (*path, "resources")
        hint = 'write {"cpus": 4, "mem": "8G"}'
        if given is None or not self.is_kind(given, dict, path, "'resources'", hint):
            return None
        self.keys(given, path, _RESOURCES)
        return Resources(
            cpus=self.count(given, path, "cpus"),
            mem=self.word_like(given, path, "mem", _MEMORY, 'a size such as "512M" or "4G"'),
            gpus=self.count(given, path, "gpus", 0),
            partition=self.word_like(given, path, "partition", _PARTITION, "a partition's name"),
        )

    def _answer_schema(self, value: dict[str, Any], path: Path) -> AnswerSchema | None:
        given, path = value.get("schema"), (*path, "schema")
        if given is None:
            return None
        if isinstance(given, str):
            text = self.line(value, path[:-1], "schema")
            return AnswerSchema(file=Ref(text, Where(path)), path=path) if text else None
        if not self.is_kind(given, dict, path, "'schema'", _A_SCHEMA):
            return None
        try:
            return AnswerSchema(json.dumps(given, ensure_ascii=False, allow_nan=False), path=path)
        except (TypeError, ValueError):
            self.error(
                "WM163", "this schema is not JSON", Where(path), "quote what looks like a date"
            )
            return None

    # --- checks ---

    def _checks(self, value: dict[str, Any], path: Path) -> tuple[Check, ...] | None:
        if value.get("check") is None:
            return None
        given, path = value["check"], (*path, "check")
        if not isinstance(given, (str, dict, list)):
            message = f"'check' must be a command, an object, or a list, not {kind_of(given)}"
            self.error("WM102", message, Where(path), _A_CHECK)
            return ()
        items = given if isinstance(given, list) else [given]
        places = [(*path, i) for i in range(len(items))] if isinstance(given, list) else [path]
        found = (self._check(item, at) for item, at in zip(items, places, strict=True))
        return tuple(check for check in found if check)

    def _check(self, value: Any, path: Path) -> Check | None:
        if isinstance(value, str):
            if self.untrusted:
                message = "an untrusted plan may not set a 'check' that is a command"
                self.error("WM119", message, Where(path), _NOT_TRUSTED)
            return self._command(value, path)
        if not isinstance(value, dict):
            message = f"a check must be a command or an object, not {kind_of(value)}"
            self.error("WM102", message, Where(path), _A_CHECK)
            return None
        before = len(self.found)
        self.keys(value, path, _CHECK)
        said = [key for key in _CHECK.known if value.get(key) is not None]
        if not said and len(self.found) > before:
            return None
        if "ask" in said and set(said) <= set(_JUDGE):
            return self._judge(value, path)
        if len(said) != 1 or said[0] in _JUDGE:
            what = "says two things at once" if said else "says nothing"
            self.error("WM104", f"this check {what}", Where(path), _A_CHECK)
            return None
        if said == ["command"]:
            return self._command(value["command"], (*path, "command"))
        return self._matches(value, path) if said == ["matches"] else self._json(value, path)

    def _command(self, text: Any, path: Path) -> Check | None:
        command = self.command(text, path, "the command of a check")
        if command is not None and not command.strip():
            self.error("WM104", "this check is empty", Where(path), _A_CHECK)
        return None if command is None else Check("sh", command)

    def _judge(self, value: dict[str, Any], path: Path) -> Check | None:
        text = self.text(value, path, "ask")
        if text is not None and not text.strip():
            self.error("WM104", "the question of a judge is empty", Where((*path, "ask")), _A_CHECK)
        return Check(
            "ask",
            text or "",
            self.line(value, path, "runner") or "",
            self.line(value, path, "model") or "",
            self.refs(value, path, "reads") or (),
            path,
        )

    def _matches(self, value: dict[str, Any], path: Path) -> Check | None:
        text = self.line(value, path, "matches")
        if text is None:
            return None
        problem = ere_problem(HOLE.sub("x", text)) if text else "is empty"
        if problem:
            message = f"{shown(text)} is not an extended regular expression: it {problem}"
            self.error("WM104", message, Where((*path, "matches")), "it is what grep -E takes")
        return Check("matches", text)

    def _json(self, value: dict[str, Any], path: Path) -> Check | None:
        if value["json"] is True:
            return Check("json")
        self.error("WM104", "'json' of a check must be true", Where((*path, "json")), _A_CHECK)
        return None

    # --- runners of the plan's own ---

    def runners(self, tree: dict[str, Any]) -> tuple[RunnerSpec, ...]:
        """What the plan calls runners, by name."""
        value, path = tree.get("runners"), ("runners",)
        hint = 'write {"my-cli": {"command": ["my-cli", "--quiet"]}}'
        if value is None or not self.is_kind(value, dict, path, "'runners'", hint):
            return ()
        found = (self._runner(name, item, (*path, name)) for name, item in value.items())
        return tuple(spec for spec in found if spec)

    def _runner(self, name: str, value: Any, path: Path) -> RunnerSpec | None:
        problem = plain_problem(name)
        if problem:
            message = f"{shown(name)} cannot be a runner's name: it {problem}"
            self.error("WM104", message, Where(path, on_key=True))
        elif name in RUNNERS:
            message = f"{shown(name)} is a runner that wavemake has"
            hint = "choose another name; 'args' adds words to the command line of an existing one"
            self.error("WM127", message, Where(path, on_key=True), hint)
        if not self.is_kind(value, dict, path, "a runner", _A_RUNNER):
            return None
        self.keys(value, path, _RUNNER)
        command = self._runner_command(value, path)
        first = command[0] if command else ""
        return RunnerSpec(
            name=name,
            path=path,
            command=command,
            prompt=self._delivery(value, path, command),
            envelope=self.one_of(value, path, "envelope", ENVELOPES) or "text",
            program=self.line(value, path, "program") or ("" if "/" in first else first),
            isolate=self.word_like(value, path, "isolate", _VARIABLE, _A_VARIABLE) or "",
            escape=self.one_of(value, path, "escape", ESCAPES) or "",
            env=self._variables(value, path) or (),
            **{key: self._flags(value, path, key) for key in _FLAGS},
        )

    def _runner_command(self, value: dict[str, Any], path: Path) -> tuple[str, ...]:
        given, where = value.get("command"), (*path, "command")
        if given is None:
            message = f"the runner {shown(str(path[-1]))} has no 'command'"
            self.error("WM127", message, Where(path, on_key=True), _A_RUNNER)
            return ()
        if not self.is_kind(given, list, where, "the command of a runner", _A_RUNNER):
            return ()
        words = tuple(ref.text for ref in self.words(given, where, "'command'"))
        if not given or (words and not words[0].strip()):
            self.error("WM104", "the command of a runner is empty", Where(where), _A_RUNNER)
        return words

    def _delivery(self, value: dict[str, Any], path: Path, command: tuple[str, ...]) -> str:
        said = self.one_of(value, path, "prompt", ("stdin", "file"))
        named = any("{prompt}" in word for word in command)
        if said == "file" and command and not named:
            message = (
                "the prompt is passed in a file, but no word of 'command' says where its name goes"
            )
            hint = 'write "{prompt}" for its path, such as ["my-cli", "--file", "{prompt}"]'
            self.error("WM127", message, Where((*path, "prompt")), hint)
        elif said == "stdin" and named:
            message = "'command' names the file of the prompt, which is to be on standard input"
            self.error("WM127", message, Where((*path, "prompt")), 'write "file", or leave it out')
        return said or ("file" if named else "stdin")

    def _flags(self, value: dict[str, Any], path: Path, key: str) -> tuple[str, ...]:
        """The words that pass a setting on; its value comes last unless one of them has `{}` in it."""
        words = self.filled(value, path, key) or ()
        return words if not words or any("{}" in word for word in words) else (*words, "{}")


_FLAGS = ("model", "system", "tools", "permissions", "max_budget_usd")
_A_CHECK = (
    'write a command, {"matches": "a regular expression"}, {"json": true} or {"ask": "a question?"}'
)
_NOT_TRUSTED = "leave it out; only what you trust is compiled without --untrusted"
_A_SCHEMA = 'write a JSON Schema, such as {"type": "array"}, or the name of a file that holds one'
_A_RUNNER = 'write {"command": ["my-cli", "--quiet"]}'
_A_VARIABLE = "the name of an environment variable: letters, digits and '_'"
_NAMES_ALONE = (
    'write names alone: ["API_KEY"]; values are taken from the environment, and never kept'
)
