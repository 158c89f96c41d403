"""Resolves a `Plan`: every name found, every path checked, every agent in a wave."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import Protocol

from wavemake.diagnostics import Diagnostic, Severity, Where, did_you_mean
from wavemake.graph import Graph
from wavemake.model import Agent, AgentSpec, Plan, Read, Ref, Resolved, Settings
from wavemake.names import (
    is_glob,
    name_problem,
    normal_path,
    outside_problem,
    path_problem,
    suggest_name,
)
from wavemake.runners import DEFAULT, RUNNERS

DEFAULT_TIMEOUT = 1800
DEFAULT_MAX_PROMPT = 1024**2


class Project(Protocol):
    """What resolution asks of the project's files; paths are relative to it, with `/`."""

    def exists(self, path: str) -> bool:
        """Tell whether there is a file or folder at `path`."""

    def is_folder(self, path: str) -> bool:
        """Tell whether `path` is a folder."""

    def glob(self, pattern: str) -> list[str]:
        """Return the files that match, sorted; `**` matches any number of folders."""


def resolve(
    plan: Plan, project: Project, folder: str, override: Settings
) -> tuple[Resolved | None, list[Diagnostic]]:
    """Resolve `plan` against the files of `project`.

    folder is the agents' folder, relative to the project; override are settings that hold for every
    agent, whatever the plan says. Returns None in place of the plan if any diagnostic is an error.
    """
    resolver = _Resolver(plan, project, folder, override)
    resolved = resolver.resolve()
    return resolved, resolver.found


@dataclass
class _Links:
    """What one agent needs, with the place at which each agent is named."""

    reads: list[Read] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    where: dict[str, Where] = field(default_factory=dict)


class _Resolver:
    def __init__(self, plan: Plan, project: Project, folder: str, override: Settings) -> None:
        self.plan, self.project, self.folder, self.override = plan, project, folder, override
        self.found: list[Diagnostic] = []
        self.specs: dict[str, AgentSpec] = {}
        self.given: dict[str, int] = {}
        self.globs: dict[str, list[str]] = {}
        self.context: list[Read] | None = None

    def error(
        self,
        code: str,
        message: str,
        where: Where,
        hint: str = "",
        related: tuple[tuple[Where, str], ...] = (),
    ) -> None:
        self.found.append(Diagnostic(code, Severity.ERROR, message, where, hint, related))

    def warning(self, code: str, message: str, where: Where, hint: str = "") -> None:
        self.found.append(Diagnostic(code, Severity.WARNING, message, where, hint))

    def resolve(self) -> Resolved | None:
        self.collect_agents()
        self.collect_waves()
        if not self.specs:
            if not self.found:
                self.error("WM011", "this plan has no agents", Where())
            return None
        self.collect_context()
        links = {name: self.links(spec) for name, spec in self.specs.items()}
        waves, path = self.order(links)
        settings = {name: self.settings(spec) for name, spec in self.specs.items()}
        if any(each.severity is Severity.ERROR for each in self.found):
            return None
        agents = [self.agent(name, links[name], waves[name], settings[name]) for name in self.specs]
        agents.sort(key=lambda agent: agent.wave)
        return Resolved(self.title(), self.plan.goal, tuple(agents), tuple(path))

    def title(self) -> str:
        return self.plan.project or "this project"

    # --- which agents there are ---

    def collect_agents(self) -> None:
        lower: dict[str, AgentSpec] = {}
        for spec in self.plan.agents:
            twin = lower.setdefault(spec.name.lower(), spec)
            if twin is spec:
                self.specs[spec.name] = spec
                continue
            same = twin.name == spec.name
            message = f"there are two agents named {spec.name!r}"
            if not same:
                message = (
                    f"{spec.name!r} and {twin.name!r} differ only in case: one folder on some disks"
                )
            first = (Where((*twin.path, "name")), "the first is here")
            code = "WM107" if same else "WM108"
            self.error(code, message, Where((*spec.path, "name")), "rename one of them", (first,))

    def collect_waves(self) -> None:
        if self.plan.waves is None:
            return
        alone = not self.plan.agents
        lower: dict[str, Ref] = {}
        for number, wave in enumerate(self.plan.waves, 1):
            for ref in wave:
                twin = lower.setdefault(ref.text.lower(), ref)
                if twin is not ref:
                    self.twice(ref, twin)
                elif alone:
                    self.add_from_wave(ref, number)
                elif ref.text in self.specs:
                    self.given[ref.text] = number
                elif not self.is_misspelt_case(ref):
                    message = f"{ref.text!r} is in 'waves', but not in 'agents'"
                    hint = did_you_mean(ref.text, self.specs) or "add it to 'agents', with its task"
                    self.error("WM109", message, ref.where, hint)
        if alone and self.specs:
            message = "no agent has a task: each is asked to do what its name says"
            hint = 'write them under "agents": [{"name": ..., "task": ...}]'
            self.warning("WM152", message, Where(("waves",), on_key=True), hint)
        self.without_wave()

    def twice(self, ref: Ref, twin: Ref) -> None:
        message = f"{ref.text!r} is in 'waves' twice"
        if twin.text != ref.text:
            message = f"{ref.text!r} and {twin.text!r} in 'waves' differ only in case"
        self.error("WM111", message, ref.where, "", ((twin.where, "the first is here"),))

    def is_misspelt_case(self, ref: Ref) -> bool:
        twin = next((name for name in self.specs if name.lower() == ref.text.lower()), None)
        if twin is None:
            return False
        message = f"{ref.text!r} in 'waves' is written {twin!r} in 'agents'"
        self.error("WM108", message, ref.where, f"did you mean {twin!r}?")
        return True

    def add_from_wave(self, ref: Ref, number: int) -> None:
        problem = name_problem(ref.text)
        if problem:
            message = f"{ref.text!r} cannot be an agent's name: it {problem}"
            self.error("WM105", message, ref.where, f"for instance {suggest_name(ref.text)!r}")
            return
        self.specs[ref.text] = AgentSpec(ref.text, ref.where.path)
        self.given[ref.text] = number

    def without_wave(self) -> None:
        for name, spec in self.specs.items():
            if name not in self.given:
                where = Where((*spec.path, "name"))
                hint = "add it to a wave, or leave 'waves' out: they follow from 'reads'"
                self.error("WM110", f"{name!r} is in 'agents', but in no wave", where, hint)

    # --- what each agent needs ---

    def links(self, spec: AgentSpec) -> _Links:
        links = _Links()
        if spec.reads is None and not spec.depends_on:
            self.read_previous_wave(spec, links)
        for ref in spec.reads or ():
            for read in self.read(spec, ref):
                if read not in links.reads:
                    links.reads.append(read)
                if read.agent:
                    links.where.setdefault(read.agent, ref.where)
        for ref in spec.depends_on or ():
            name = self.agent_named(spec, ref, "depends on")
            if name and name not in links.after:
                links.after.append(name)
                links.where.setdefault(name, ref.where)
        return links

    def read_previous_wave(self, spec: AgentSpec, links: _Links) -> None:
        wave = self.given.get(spec.name, 1)
        before = [name for name, number in self.given.items() if number == wave - 1]
        if not before:
            return
        where = Where(spec.path if not self.plan.agents else (*spec.path, "name"))
        links.reads += [Read(agent=name) for name in before]
        links.where.update(dict.fromkeys(before, where))
        message = f"{spec.name!r} declares no 'reads': it is given all of wave {wave - 1}"
        self.warning("WM153", message, where, f'write "reads": [{_quoted(before)}], or [] for none')

    def read(self, spec: AgentSpec, ref: Ref) -> list[Read]:
        """An exact agent's name wins; `./x` forces a file; an agent's output path means that agent."""
        if ref.text in self.specs:
            name = self.agent_named(spec, ref, "reads")
            return [Read(agent=name)] if name else []
        problem = outside_problem(ref.text)
        if problem or not ref.text:
            message = f"{spec.name!r} reads {ref.text!r}, which {problem or 'is empty'}"
            self.error(
                "WM116", message, ref.where, "paths are relative to the project and stay in it"
            )
            return []
        path = normal_path(ref.text)
        owner = self.owner(path)
        if owner:
            name = self.agent_named(spec, Ref(owner, ref.where), "reads")
            return [Read(agent=name)] if name else []
        if self.is_unknown_agent(ref.text, path):
            self.unknown(spec, ref, "reads", "./NAME reads a file of that name")
            return []
        return [Read(path=each) for each in self.files(spec, ref, path)]

    def owner(self, path: str) -> str:
        """The agent whose output `path` is, or an empty string."""
        folder, output = posixpath.split(path)
        parent, name = posixpath.split(folder)
        return name if (parent, output) == (self.folder, "output.md") and name in self.specs else ""

    def is_unknown_agent(self, text: str, path: str) -> bool:
        if text.startswith("./") or is_glob(text) or "/" in text or self.project.exists(path):
            return False
        return "." not in text or bool(did_you_mean(text, self.specs))

    def files(self, spec: AgentSpec, ref: Ref, path: str) -> list[str]:
        found = self.expand(path) if is_glob(path) else [path]
        if not found:
            message = f"no file matches {ref.text!r}, which {spec.name!r} reads"
            self.warning(
                "WM151", message, ref.where, "patterns are expanded when the plan is compiled"
            )
        for each in found:
            problem = path_problem(each)
            if problem:
                self.error("WM117", f"the path {each!r} {problem}", ref.where, "rename the file")
                return []
        if not is_glob(path):
            self.look_at(spec, ref, path)
        return found

    def look_at(self, spec: AgentSpec, ref: Ref, path: str) -> None:
        if self.project.is_folder(path):
            message = f"{spec.name!r} reads {ref.text!r}, which is a folder"
            self.error("WM118", message, ref.where, f"read the files in it: '{path}/**'")
        elif not self.project.exists(path):
            message = f"there is no file {ref.text!r}, which {spec.name!r} reads"
            near = did_you_mean(ref.text, self.specs)
            self.warning("WM151", message, ref.where, near or "a rule of your Makefile may make it")

    def expand(self, pattern: str) -> list[str]:
        if pattern not in self.globs:
            inside = f"{self.folder}/"
            found = self.project.glob(pattern)
            self.globs[pattern] = [path for path in found if not path.startswith(inside)]
        return self.globs[pattern]

    def agent_named(self, spec: AgentSpec, ref: Ref, verb: str) -> str:
        """The agent that `ref` names, or an empty string after saying what is wrong."""
        if ref.text == spec.name:
            self.error("WM113", f"{spec.name!r} {verb} itself", ref.where, "leave it out")
            return ""
        if ref.text not in self.specs:
            self.unknown(spec, ref, verb, "agents are named under 'agents'")
            return ""
        return ref.text

    def unknown(self, spec: AgentSpec, ref: Ref, verb: str, hint: str) -> None:
        message = f"agent {spec.name!r} {verb} {ref.text!r}, which is no agent of this plan"
        others = [name for name in self.specs if name != spec.name]
        self.error("WM112", message, ref.where, did_you_mean(ref.text, others) or hint)

    # --- the order ---

    def order(self, links: dict[str, _Links]) -> tuple[dict[str, int], list[str]]:
        graph = Graph({name: each.where for name, each in links.items()})
        cycles = graph.cycles()
        for cycle in cycles:
            self.show_cycle(cycle, links)
        knotted = {name for cycle in cycles for name in cycle}
        for name, each in links.items():
            for need, where in each.where.items():
                if not {name, need} <= knotted:
                    self.check_wave(name, need, where)
        if cycles:
            return {}, []
        computed = graph.waves()
        return self.given or computed, graph.critical_path(computed)

    def show_cycle(self, cycle: list[str], links: dict[str, _Links]) -> None:
        needed = [*cycle[1:], cycle[0]]
        places = [(name, by, links[by].where[name]) for name, by in zip(cycle, needed, strict=True)]
        chain = " -> ".join([cycle[0], *(by for _, by, _ in places)])
        related = tuple((where, f"{by!r} needs {name!r}") for name, by, where in places)
        message = f"these agents wait for each other: {chain}"
        self.error(
            "WM115", message, places[-1][2], "one of them must do without the other", related
        )

    def check_wave(self, name: str, need: str, where: Where) -> None:
        mine, its = self.given.get(name), self.given.get(need)
        if mine is None or its is None or its < mine:
            return
        when = "the same wave" if its == mine else f"wave {its}, which is later"
        message = f"{name!r} is in wave {mine} and needs {need!r}, which is in {when}"
        hint = f"move {name!r} to wave {its + 1} or later, or leave 'waves' out"
        self.error("WM114", message, where, hint)

    # --- how each agent is run ---

    def settings(self, spec: AgentSpec) -> Settings:
        said = spec.settings
        if said.command is not None and said.runner is None:
            said = Settings(runner="command").over(said)
        default = self.plan.defaults
        if default.command is not None and default.runner is None:
            default = Settings(runner="command").over(default)
        fallback = Settings(None, None, None, (), DEFAULT_TIMEOUT, DEFAULT_MAX_PROMPT)
        settings = self.override.over(said).over(default).over(fallback)
        runner = settings.runner or DEFAULT
        if runner not in RUNNERS:
            hint = did_you_mean(runner, RUNNERS) or f"there are: {', '.join(RUNNERS)}"
            self.error("WM121", f"there is no runner {runner!r}", self.place(spec, "runner"), hint)
        elif runner == "command" and not settings.command:
            message = f"{spec.name!r} has the runner 'command', but no 'command'"
            hint = 'add "command": "a shell command that reads a prompt and prints an answer"'
            self.error("WM122", message, self.place(spec, "runner"), hint)
        return Settings(runner=runner).over(settings)

    def place(self, spec: AgentSpec, key: str) -> Where:
        if getattr(spec.settings, key) is not None:
            return Where((*spec.path, key))
        if getattr(self.plan.defaults, key) is not None:
            return Where(("defaults", key))
        return Where(spec.path)

    def agent(self, name: str, links: _Links, wave: int, settings: Settings) -> Agent:
        spec = self.specs[name]
        reads = [*self.context_for(settings), *links.reads]
        task = spec.task
        if not task or not task.strip():
            if self.plan.agents:
                self.no_task(spec)
            goal = self.plan.goal or self.title()
            task = f"Do what your name, `{name}`, says, for: {goal}"
        return Agent(
            name=name,
            wave=wave,
            task=task,
            skills=spec.skills,
            reads=tuple(dict.fromkeys(reads)),
            after=tuple(each for each in links.after if Read(agent=each) not in links.reads),
            settings=settings,
            where=Where(spec.path),
        )

    def no_task(self, spec: AgentSpec) -> None:
        message = f"{spec.name!r} has no task: it is asked to do what its name says"
        self.warning("WM152", message, Where((*spec.path, "name")), 'add "task": "..."')

    def collect_context(self) -> None:
        if self.plan.context is not None:
            everyone = AgentSpec("every agent", ())
            refs = self.plan.context
            self.context = [read for ref in refs for read in self.read(everyone, ref)]

    def context_for(self, settings: Settings) -> list[Read]:
        """The files that every agent is given, unless its CLI finds them by itself."""
        if self.context is not None:
            return self.context
        names = RUNNERS[settings.runner or DEFAULT].context
        return [Read(path=path) for path in names if self.project.exists(path)]


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
