"""Settles how each agent is run: what it says, what 'defaults' say, and whether its runner can do that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

from wavemake.plan.diagnostics import Diagnostics, Where
from wavemake.plan.did_you_mean import did_you_mean
from wavemake.plan.model import AgentSpec, Plan, Settings, shown
from wavemake.plan.names import normal_path, outside_problem
from wavemake.plan.runners import DEFAULT, HONOURABLE, RUNNERS, Runner, known

_FALLBACK = Settings(DEFAULT, None, None, (), timeout=1800, max_prompt=1024**2)
# If the CLI cannot take a system prompt, it is put before the prompt.
_STRICT = tuple(key for key in HONOURABLE if key != "system")
_COST_HINT = 'add "cost_usd", what a try counts for: 0 if it calls no model'


class Project(Protocol):
    """Queries about the project's files; paths are relative to it, with `/`."""

    def kind(self, path: str) -> str:
        """Return "file", "folder", "other", or an empty string if there is nothing at `path`."""

    def real(self, path: str) -> str:
        """Return `path` without symbolic links, relative to the project; it may start with `..`."""

    def text(self, path: str) -> str | None:
        """Return the text of a regular file, or None."""

    def workspace_problem(self) -> tuple[str, str]:
        """Return why agents cannot have workspaces here, and how to fix that; both empty if they can."""

    def builds(self, path: str) -> str:
        """Say what `path` is of the build itself, or return an empty string."""

    def glob(self, pattern: str) -> list[str]:
        """Return the files that match, sorted; `**` matches any number of folders."""


class Settler:
    """Settles the settings of one agent after the other; those that are said alike once."""

    def __init__(
        self, plan: Plan, override: Settings, project: Project, found: Diagnostics
    ) -> None:
        self._defaults, self._override = plan.defaults, override
        self._project, self._found = project, found
        self._runners = known(plan.runners)
        self._pools = {pool.name: pool for pool in plan.pools}
        self._used: set[str] = set()
        self._has_budget = plan.budget.usd is not None
        self._has_looked_for_git = False
        self._settled: dict[Settings, Settings] = {}

    def runner(self, settings: Settings) -> Runner:
        """The runner of settings that were settled without an error."""
        return self._runners[settings.runner or DEFAULT]

    def settle(self, spec: AgentSpec) -> Settings:
        """All settings of an agent; if any cannot be used, that is an error."""
        settled = self._settled.get(spec.settings)
        if settled:
            return settled
        said = _with_runner(spec.settings).over(_with_runner(self._defaults))
        settings = self._override.over(said).over(_FALLBACK)
        runner = self._runners.get(settings.runner or "")
        if runner is None:
            self._unknown_runner(spec, settings.runner or "")
            return settings
        settings = self._applied(spec, settings, runner)
        if settings.has_workspace:
            self._look_at_workspace(spec, settings)
        if any(check.kind == "ask" for check in settings.check or ()):
            settings = self._with_judges(spec, settings)
        found = [*self._problems(spec, settings, runner)]
        for code, key, message, hint in found:
            self._found.error(code, message, self._place(spec, key), hint)
        if not found:
            self._settled[spec.settings] = settings
        return settings

    def _with_judges(self, spec: AgentSpec, settings: Settings) -> Settings:
        """The settings with the runner and the model of each judge; --runner and --model hold for them."""
        checks = [*(settings.check or ())]
        for i, check in enumerate(checks):
            if check.kind != "ask":
                continue
            name = self._override.runner or check.runner or settings.runner or ""
            own = settings.model if name == settings.runner else ""
            said = check.model if name == (check.runner or settings.runner) else ""
            checks[i] = replace(check, runner=name, model=self._override.model or said or own or "")
            runner = self._runners.get(name)
            where = Where(check.path)
            if runner is None:
                self._unknown_runner(spec, name, where)
                continue
            if self._is_beyond_budget(runner, settings):
                message = f"the budget is in dollars, and the judge's runner {shown(name)} reports no cost"
                self._found.error("WM129", message, where, _COST_HINT)
            lacking = "model" if "model" in runner.requires and not checks[i].model else ""
            lacking = (
                "command" if "command" in runner.requires and not settings.command else lacking
            )
            if lacking:
                message = f"a judge has the runner {shown(name)}, but no {lacking!r} is given"
                self._found.error("WM122", message, where, f'add "{lacking}" to the agent')
        return replace(settings, check=tuple(checks))

    def unused_pools(self) -> None:
        """Warn of the pools in which no agent runs."""
        for pool in self._pools.values():
            if pool.name not in self._used:
                message = f"no agent runs in the pool {shown(pool.name)}"
                where = Where(pool.path, on_key=True)
                hint = f'add "pool": "{pool.name}" to agents, or to \'defaults\''
                self._found.warning("WM154", message, where, hint)

    def _applied(self, spec: AgentSpec, settings: Settings, runner: Runner) -> Settings:
        """The settings without what does not concern the runner."""
        if settings.cwd is not None:
            settings = replace(settings, cwd=self._folder(spec, settings.cwd))
        foreign = dict.fromkeys(_foreign(spec, runner))
        return replace(settings, **foreign) if foreign else settings

    def _problems(
        self, spec: AgentSpec, settings: Settings, runner: Runner
    ) -> Iterator[tuple[str, str, str, str]]:
        """What is wrong: a code, the key that it is about, a message and a hint."""
        for key in runner.requires:
            if not getattr(settings, key):
                hint = f'add "{key}": "..."'
                if key == "command":
                    hint = (
                        'add "command": "a shell command that reads a prompt and prints an answer"'
                    )
                message = f"the runner is {shown(runner.name)}, but no {key!r} is given"
                yield "WM122", "runner", message, hint
        for key in _STRICT:
            if getattr(settings, key) and not _is_honoured(key, runner):
                message = f"the runner {shown(runner.name)} has no way to honour {key!r}"
                yield "WM125", key, message, self._who_can(key, runner)
        if self._is_beyond_budget(runner, settings):
            message = (
                f"the budget is in dollars, and the runner {shown(runner.name)} reports no cost"
            )
            yield "WM129", "runner", message, _COST_HINT
        pool = settings.pool
        if pool is not None and pool not in self._pools:
            hint = did_you_mean(pool, self._pools)
            hint = hint or f'add "pools": {{"{pool or "a-name"}": 2}} to the plan'
            yield "WM126", "pool", f"there is no pool {shown(pool)}", hint
        self._used.add(pool or "")

    def _is_beyond_budget(self, runner: Runner, settings: Settings) -> bool:
        return self._has_budget and not runner.reports_cost and settings.cost_usd is None

    def _who_can(self, key: str, runner: Runner) -> str:
        if runner.name not in RUNNERS:
            return f'say in its entry of \'runners\' by which words: "{key}": ["--...", "{{}}"]'
        able = [each.name for each in self._runners.values() if each.honours(key)]
        return f"these can: {', '.join(able)}" if able else "leave it out"

    def _unknown_runner(self, spec: AgentSpec, runner: str, where: Where | None = None) -> None:
        names = self._runners
        hint = did_you_mean(runner, names) or f"there are: {', '.join(names)}"
        where = where or self._place(spec, "runner")
        self._found.error("WM121", f"there is no runner {shown(runner)}", where, hint)

    def _folder(self, spec: AgentSpec, text: str) -> str | None:
        """The folder of 'cwd' without links, None for the project itself."""
        where = self._place(spec, "cwd")
        problem = outside_problem(text) if text else "is empty"
        path = "" if problem else normal_path(text)
        if path and outside_problem(self._project.real(path)):
            problem = "is a link that leads out of the project"
        if problem:
            hint = "paths are relative to the project and stay in it"
            self._found.error("WM116", f"'cwd' is {shown(text)}, which {problem}", where, hint)
            return None
        kind = self._project.kind(path)
        if not kind:
            message = f"'cwd' is {shown(text)}, but there is no such folder"
            hint = "it must be there when the agent starts"
            self._found.warning("WM151", message, where, hint)
        elif kind != "folder":
            message = f"'cwd' is {shown(text)}, which is not a folder"
            self._found.error("WM118", message, where, "name the folder in which it runs")
        real = self._project.real(path)
        return None if real == "." else real

    def _look_at_workspace(self, spec: AgentSpec, settings: Settings) -> None:
        """Note why the agent cannot have a workspace; what holds for all of them, once."""
        where, workspace = self._place(spec, "workspace"), settings.workspace
        problem, way_out = "", ""
        if not self._has_looked_for_git:
            self._has_looked_for_git = True
            problem, way_out = self._project.workspace_problem()
        if problem:
            hint = f'{way_out}, or write "workspace": "project"'
            self._found.error("WM140", f"a workspace {problem}", where, hint)
        for key in ("copy", "link") if workspace else ():
            for path in getattr(workspace, key):
                if outside_problem(self._project.real(path)):
                    message = f"{key!r} names {shown(path)}, which is a link that leads out of the project"
                    hint = "paths are relative to the project and stay in it"
                    self._found.error("WM116", message, where, hint)

    def _place(self, spec: AgentSpec, key: str) -> Where:
        if getattr(spec.settings, key) is not None:
            return Where((*spec.path, key))
        if getattr(self._defaults, key) is not None:
            return Where(("defaults", key))
        return Where(spec.path)


def _with_runner(said: Settings) -> Settings:
    """A command without a runner means the runner of that name."""
    if said.command is None or said.runner is not None:
        return said
    return Settings(runner="command").over(said)


def _is_honoured(key: str, runner: Runner) -> bool:
    """A model is never refused for what is not a CLI: it is part of the cache key."""
    return runner.honours(key) or (key == "model" and runner.name in ("command", "rehearse"))


def _foreign(spec: AgentSpec, runner: Runner) -> Iterator[str]:
    """The settings that are for CLIs: a rehearsal drops them, a command those of 'defaults'."""
    for key in _STRICT:
        own = getattr(spec.settings, key) is not None
        if not _is_honoured(key, runner) and (
            runner.name == "rehearse" or (runner.name == "command" and not own)
        ):
            yield key
