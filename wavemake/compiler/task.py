"""The text of task.md: how an agent is run and what it is asked; all of that is decided here."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from wavemake.compiler import stage
from wavemake.compiler.judge import Judge, judges_of
from wavemake.compiler.prefix import Prefix
from wavemake.compiler.render import template
from wavemake.plan.launchers import DIRECT, Launcher
from wavemake.plan.model import Settings
from wavemake.plan.resolved import Agent, Resolved
from wavemake.plan.runners import RUNNERS, Runner, command_line, plain

_SYSTEM = "system.md"
_SCHEMA = "schema.json"
# Written when the agent starts (runtime/prefix.sh).
_SHARED = ".try/shared.md"
# How often an agent is tried again by default: after a transient failure, after a failed check.
_RETRIES = (2, 0)


@dataclass(frozen=True, slots=True)
class TaskFile:
    """An agent, its runner and what starts it. folder: that of all agents, relative to the project.

    runners: all that there are, by name: a judge may have another. prefix: what it shares with others, if
    anything. stages: the agents whose cells a run makes. home: the agent whose folder has the system prompt
    and the schema, if `agent` is a cell of it, yet without a name.
    """

    agent: Agent
    runner: Runner
    folder: str
    launcher: Launcher = DIRECT
    runners: Mapping[str, Runner] = field(default_factory=lambda: RUNNERS)
    prefix: Prefix | None = None
    stages: frozenset[str] = frozenset()
    home: str = ""

    @property
    def judges(self) -> tuple[Judge, ...]:
        """Its checks that are questions."""
        return judges_of(self.agent, self.runners, self.folder, self.launcher)

    @property
    def retries(self) -> tuple[int, int]:
        """How often it is tried again after a transient failure, and after a failed check."""
        said = self.agent.settings.retries
        return _RETRIES if said is None else (said, said)

    @property
    def extra(self) -> tuple[tuple[str, str], ...]:
        """The further files of its folder: name and text."""
        system = ((_SYSTEM, self.agent.settings.system or ""),) if self._has_system else ()
        if self.agent.settings.schema and not self.agent.settings.schema.file:
            system = (*system, (_SCHEMA, f"{self.agent.settings.schema.text}\n"))
        if self.agent.cells:
            return system  # Its cells have judges.
        return (*system, *((judge.file, judge.text()) for judge in self.judges))

    @property
    def parts(self) -> tuple[str, ...]:
        """The files of the runtime that it needs and not every agent does."""
        mark = "{runtime}/"
        words = (*self.runner.argv, *self.launcher.prefix(self.agent, mark[:-1]))
        named = [word.removeprefix(mark) for word in words if word.startswith(mark)]
        if self.agent.settings.schema:
            named.append("schema.awk")
        judges = (part for judge in self.judges for part in judge.parts)
        cells = ("cells.sh", "cells.awk") if self.agent.cells or self._stages else ()
        return (*named, f"envelope-{self.runner.envelope}.awk", *judges, *cells, *self._more())

    @property
    def _stages(self) -> tuple[str, ...]:
        """Those that it needs of the agents whose cells a run makes."""
        return tuple(name for name in self.agent.needs if name in self.stages)

    def _more(self) -> Iterator[str]:
        """Sources that agent.sh reads for such agents alone: `load_more` has the same conditions."""
        if self.agent.may_be_skipped or self.agent.until:
            yield "skip.sh"
        if self.agent.settings.has_workspace and self.agent.settings.workspace:
            yield "edits.sh"

    @property
    def _has_system(self) -> bool:
        return bool(self.agent.settings.system) and self.runner.honours("system")

    def text(self, plan: Resolved) -> str:
        """The whole of task.md: lines that agent.sh reads, `---`, and what the agent is asked."""
        agent = self.agent
        if agent.cells is None:
            return self._text(plan)
        cell = replace(self, agent=stage.prototype(agent), home=agent.name)
        after = (*(f"cells {name}" for name in self._stages), *(f"after {n}" for n in agent.needs))
        lines = stage.head(agent, agent.cells, after, cell.judges)
        return "\n".join([*lines, stage.template(cell._text(plan))])

    def _text(self, plan: Resolved) -> str:
        trust = [] if plan.trusted else ["untrusted"]
        lines = [
            "--- wavemake 1",
            *self._paid(),
            *self._limits(),
            *self._call(),
            *trust,
            *self._answer(),
        ]
        return "\n".join([*lines, "---", self._body(plan)])

    def _paid(self) -> Iterator[str]:
        """What is part of the key, except the task, its inputs and the limits of these."""
        settings = self.agent.settings
        yield f"runner {self.runner.name}"
        if settings.model:
            yield f"model {settings.model}"
        yield from (f"arg {word}" for word in settings.args or ())
        if self.runner.name == "command":
            yield f"command {settings.command}"
        if self.runner.name not in RUNNERS:
            words = command_line(self.runner, replace(settings, args=None), "", "{system}")
            yield from (f"with word {word}" for word in words)
        if settings.tools:
            yield f"with tools {','.join(settings.tools)}"
        if settings.permissions:
            yield f"with permissions {settings.permissions}"
        if settings.cwd:
            yield f"with cwd {settings.cwd}"
        if self._has_system:
            yield f"with system {hashlib.sha256((settings.system or '').encode()).hexdigest()}"
        if settings.has_workspace and settings.workspace:
            yield "with workspace worktree"
            if settings.workspace.setup:
                yield f"with setup {settings.workspace.setup}"

    def _limits(self) -> Iterator[str]:
        settings = self.agent.settings
        yield f"timeout {(settings.timeout or 0) + self.launcher.queue}"
        yield f"max-prompt {settings.max_prompt}"
        yield "retries {} {}".format(*self.retries)
        if settings.limit_wait:
            yield f"limit-wait {settings.limit_wait}"
        if settings.on_limit == "fail":
            yield "on-limit fail"
        if settings.pool:
            yield f"pool {settings.pool}"
        if settings.cost_usd is not None:
            yield f"cost {plain(settings.cost_usd)}"

    def _call(self) -> Iterator[str]:
        settings, runner = self.agent.settings, self.runner
        yield f"envelope {runner.envelope}"
        yield from (f"set {name}={value}" for name, value in runner.environment)
        yield from (f"env {name}" for name in dict.fromkeys([*runner.env, *(settings.env or ())]))
        if settings.cwd:
            yield f"cwd {settings.cwd}"
        if runner.prompt == "file":
            yield "prompt file"
        if runner.escape:
            yield f"escape {runner.escape}"
        yield from _workspace(settings)
        if settings.isolate:
            yield f"isolate {runner.isolate}"
        runtime = f"{self.folder}/runtime"
        yield from (f"launch {word}" for word in self.launcher.prefix(self.agent, runtime))
        if self.home and (settings.schema or self._has_system):
            yield f"home {self.home}"
        yield from (f"run {word}" for word in self._words(settings))
        if self.prefix:
            yield f"prefix {self.prefix.group} {self.prefix.reads}"
            words = self._words(settings, _SHARED)
            yield from (f"prefixed {word}" for word in words)

    def _words(self, settings: Settings, shared: str = "") -> tuple[str, ...]:
        """The words of the command; their paths lead from the folder in which it runs."""
        up = posixpath.relpath(".", settings.cwd) + "/" if settings.cwd else ""
        folder = f"{up}{self.folder}"
        system = f"{folder}/{self.home or self.agent.name}/{_SYSTEM}" if self._has_system else ""
        prefix = f"{folder}/{self.agent.name}/{shared}" if shared else ""
        return command_line(self.runner, settings, f"{folder}/runtime", system, prefix)

    def _answer(self) -> Iterator[str]:
        """What it needs and what is expected of it."""
        agent, settings = self.agent, self.agent.settings
        yield from (f"cells {name}" for name in self._stages)
        for read in agent.reads:
            if read.portion.line:
                yield read.portion.line
            kind = "diff" if read.portion.form == "diff" else "agent"
            yield f"read {kind} {read.agent}" if read.agent else f"read file {read.path}"
        yield from (f"after {name}" for name in agent.after)
        yield from (f"output {path}" for path in agent.outputs)
        if settings.schema and settings.schema.file:
            yield f"check schema file {settings.schema.file.text}"
        elif settings.schema:
            checksum = hashlib.sha256(f"{settings.schema.text}\n".encode()).hexdigest()[:32]
            yield f"check schema own {checksum}"
        judges = iter(self.judges)
        for check in settings.check or ():
            if check.kind == "ask":
                judge = next(judges)
                yield f"check {stage.judge_line(judge) if self.home else judge.line}"
            else:
                yield f"check {check.kind} {check.text}" if check.text else f"check {check.kind}"
        if settings.approve:
            yield f"approve {settings.approve}"
        if settings.on_failure == "continue":
            yield "tolerant"
        if agent.follows:
            yield "follow"
        yield from (f"when {line}" for line in agent.when)
        if agent.carries:
            yield f"carry {agent.carries}"
        yield from (f"until {line}" for line in agent.until)
        if agent.passes:
            yield f"passes {agent.passes}"

    def _body(self, plan: Resolved) -> str:
        agent = self.agent
        skills = [f"`/{name}`" for name in agent.skills]
        return template("prompt/task.md.j2").render(
            name=agent.name,
            project=plan.project,
            goal=plan.goal,
            system="" if self._has_system else (agent.settings.system or "").rstrip("\n"),
            output=f"{self.folder}/{agent.name}/output.md",
            skills=f"the skill{'s' * (len(skills) > 1)} {', '.join(skills)}" if skills else "",
            outputs=", ".join(f"`{path}`" for path in agent.outputs),
            workspace=agent.settings.has_workspace,
            task=agent.task,
            inputs=bool(agent.reads),
            schema=agent.settings.schema,
        )


def _workspace(settings: Settings) -> Iterator[str]:
    """How its workspace is filled, and what becomes of its edits."""
    workspace = settings.workspace
    if workspace is None or not settings.has_workspace:
        return
    yield from (f"copy {path}" for path in workspace.copy)
    yield from (f"link {path}" for path in workspace.link)
    if workspace.setup:
        yield f"setup {workspace.setup}"
    if workspace.commit:
        yield f"commit {workspace.author}".rstrip()
    if settings.on_conflict == "resolve":
        yield "resolve"
