"""Reads the tree of a plan into a `Plan`, and says all that is wrong with its shape at once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from wavemake.plan.diagnostics import Diagnostic, Path, Where
from wavemake.plan.did_you_mean import did_you_mean
from wavemake.plan.for_each import ForEachReader
from wavemake.plan.loops import LoopReader
from wavemake.plan.model import AgentSpec, Budget, Plan, PoolSpec, ReadRef, Ref, Settings, shown
from wavemake.plan.names import name_problem, plain_problem, suggest_name
from wavemake.plan.portion import Portion
from wavemake.plan.schema import (
    AGENT_KEYS,
    BUDGET_KEYS,
    PLAN_KEYS,
    READ_KEYS,
    SETTING_KEYS,
    names_for_untrusted,
    names_of,
)
from wavemake.plan.settings import SettingsReader
from wavemake.plan.values import AllowedKeys, in_quotes, kind_of

_PLAN = AllowedKeys("a plan", names_of(PLAN_KEYS), names_for_untrusted(PLAN_KEYS))
_AGENT = AllowedKeys(
    "an agent",
    names_of(AGENT_KEYS, SETTING_KEYS),
    names_for_untrusted(AGENT_KEYS, SETTING_KEYS),
)
_DEFAULTS = AllowedKeys("'defaults'", names_of(SETTING_KEYS), names_for_untrusted(SETTING_KEYS))
_READ = AllowedKeys("an entry of 'reads'", names_of(READ_KEYS), names_for_untrusted(READ_KEYS))
_BUDGET = AllowedKeys("'budget'", names_of(BUDGET_KEYS))


def parse(tree: Any, *, untrusted: bool = False) -> tuple[Plan | None, list[Diagnostic]]:
    """Read `tree`, the plain value of a JSON or YAML document, as a plan.

    With `untrusted`, keys that could become a command, an argument, an environment or a permission
    are errors. Returns the plan, or None if `tree` is not a plan at all, with every diagnostic of its
    shape.
    """
    parser = _Parser(untrusted)
    return parser.plan(tree), list(parser.found)


@dataclass
class _Parser(SettingsReader, LoopReader, ForEachReader):
    partial: bool = False

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
            pools=self.pools(tree),
            budget=self.budget(tree),
            on_end=self.on_end(tree),
            runners=self.runners(tree),
            trusted=not self.untrusted,
            partial=self.partial,
            loops=self.loops(tree),
        )

    def is_plan(self, tree: Any) -> bool:
        if not isinstance(tree, dict):
            self.error(
                "WM010", f"this is not a plan of agents: it is {kind_of(tree)}", Where(), _EXAMPLE
            )
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
        self.error("WM010", f"this is not a plan of agents: {what}", Where(), _EXAMPLE)
        return False

    def defaults(self, tree: dict[str, Any]) -> Settings:
        value, path = tree.get("defaults"), ("defaults",)
        hint = 'write {"model": ..., "timeout": ...}'
        if value is None or not self.is_kind(value, dict, path, "'defaults'", hint):
            return Settings()
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
            when=self.condition(value["when"], (*path, "when"))
            if value.get("when") is not None
            else None,
            for_each=self.for_each(value, path),
            on_skip=self.one_of(value, path, "on_skip", ("skip", "run")) or "",
        )

    def is_name(self, value: Any, path: Path) -> bool:
        """Tell whether `value` names an agent, if only in other places of the plan."""
        if not self.is_kind(value, str, path, "a name", in_quotes(value)):
            return False
        problem = name_problem(value)
        if problem:
            message = f"{shown(value)} cannot be an agent's name: it {problem}"
            self.error("WM105", message, Where(path), f"for instance {shown(suggest_name(value))}")
        return True

    def skills(self, value: dict[str, Any], path: Path) -> tuple[str, ...]:
        skills = self.refs(value, path, "skill") or ()
        return tuple(ref.text for ref in skills if ref.text.strip())

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

    # --- what is read ---

    def reads(self, value: dict[str, Any], path: Path) -> tuple[ReadRef, ...] | None:
        if value.get("reads") is None:
            return None
        given, at = value["reads"], (*path, "reads")
        what = "an entry of 'reads'"
        items = [(given, at, what)] if isinstance(given, dict) else self.items(given, at, "'reads'")
        found = (self.read(item, at, what) for item, at, what in items)
        return tuple(ref for ref in found if ref)

    def read(self, value: Any, path: Path, what: str) -> ReadRef | None:
        if not isinstance(value, dict):
            return (
                ReadRef(value, Where(path), entry=path) if self.is_word(value, path, what) else None
            )
        before = len(self.found)
        self.keys(value, path, _READ)
        kinds = [kind for kind in ("agent", "file") if value.get(kind) is not None]
        if not kinds and len(self.found) > before:
            return None
        if len(kinds) != 1:
            message = f"{what} names {'an agent and a file at once' if kinds else 'nothing'}"
            self.error("WM104", message, Where(path), _A_READ)
            return None
        kind = kinds[0]
        where = (*path, kind)
        limit = self.bytes(value, path, "max")
        keep = self.one_of(value, path, "keep", ("head", "tail"))
        form = self.one_of(value, path, "as", ("content", "path", "diff"))
        self.check_bounds(value, path)
        if form == "diff" and kind == "file":
            message = "an agent has edits, a file has none: 'diff' is for agents"
            self.error("WM104", message, Where((*path, "as")), _A_DIFF)
        if not self.is_word(value[kind], where, f"'{kind}'"):
            return None
        portion = Portion(limit or 0, keep or "head", form or "content")
        return ReadRef(value[kind], Where(where), kind, portion, path)

    def check_bounds(self, value: dict[str, Any], path: Path) -> None:
        """How much is kept makes sense with an upper limit only, and both with content only."""
        if value.get("keep") is not None and value.get("max") is None:
            message = "'keep' says which end is kept, but no 'max' says how much of it"
            hint = 'add "max": "20k", or leave \'keep\' out'
            self.error("WM104", message, Where((*path, "keep"), on_key=True), hint)
        elif value.get("as") == "path" and value.get("max") is not None:
            message = "'max' is for content, and this entry is given as a path"
            self.error(
                "WM104", message, Where((*path, "max"), on_key=True), "leave one of them out"
            )

    # --- limits ---

    def pools(self, tree: dict[str, Any]) -> tuple[PoolSpec, ...]:
        value, path = tree.get("pools"), ("pools",)
        hint = 'write {"a-name": 2}'
        if value is None or not self.is_kind(value, dict, path, "'pools'", hint):
            return ()
        for name in value:
            problem = plain_problem(name)
            if problem:
                message = f"{shown(name)} cannot be a pool's name: it {problem}"
                self.error("WM104", message, Where((*path, name), on_key=True))
        sizes = {name: self.size(value, path, name) for name in value}
        return tuple(PoolSpec(name, (*path, name), size) for name, size in sizes.items())

    def size(self, value: dict[str, Any], path: Path, name: str) -> int:
        if value[name] is None:
            message = f"the pool {shown(name)} must say how many of its agents run at once"
            self.error("WM104", message, Where((*path, name)), "write a number")
        return self.count(value, path, name) or 1

    def on_end(self, tree: dict[str, Any]) -> str:
        command = self.command(tree.get("on_end"), ("on_end",), "'on_end'")
        if command is not None and not command.strip():
            self.error(
                "WM104", "'on_end' is empty", Where(("on_end",)), "write a command, or leave it out"
            )
        return command or ""

    def budget(self, tree: dict[str, Any]) -> Budget:
        value, path = tree.get("budget"), ("budget",)
        hint = 'write {"usd": 5} or {"tokens": 1000000}'
        if value is None or not self.is_kind(value, dict, path, "'budget'", hint):
            return Budget()
        self.keys(value, path, _BUDGET)
        return Budget(
            self.dollars(value, path, "usd"),
            self.count(value, path, "tokens"),
            self.one_of(value, path, "per", ("run", "day", "week", "month")) or "run",
        )


_EXAMPLE = 'a plan is {"agents": [{"name": ..., "task": ..., "reads": [...]}], "waves": [[...]]}'
_WAVES = 'write [["a", "b"], ["c"]]'
_A_DIFF = 'write {"agent": "a-name", "as": "diff"}'
_A_READ = 'write {"agent": "a-name", "max": "20k"} or {"file": "a/path", "as": "path"}'


def _is_short(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 40
