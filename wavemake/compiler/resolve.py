"""Resolves a `Plan`: every name found, every path checked, every agent in a wave."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from wavemake.compiler import settle
from wavemake.compiler.graph import Graph
from wavemake.plan.diagnostics import Diagnostic, Severity, Where, did_you_mean
from wavemake.plan.model import (
    Agent,
    AgentSpec,
    Plan,
    Read,
    ReadRef,
    Ref,
    Resolved,
    Settings,
    encodes,
    shown,
)
from wavemake.plan.names import (
    is_glob,
    name_problem,
    normal_path,
    outside_problem,
    path_problem,
    suggest_name,
    unwritten,
)

# In an output, brackets are brackets: some frameworks name files like that.
_STARRED = re.compile(r"[*?]")
_HIDDEN = re.compile(r"(?:^|/)\.[^/]")


class Project(settle.Project, Protocol):
    """What resolution asks of the project's files."""

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
    return resolved, list(resolver.found)


@dataclass
class _Links:
    """What one agent needs, in order, with the place at which each agent is named."""

    reads: dict[Read, None] = field(default_factory=dict)
    after: dict[str, None] = field(default_factory=dict)
    where: dict[str, Where] = field(default_factory=dict)

    def read(self, read: Read, where: Where) -> None:
        self.reads.setdefault(read)
        if read.agent:
            self.where.setdefault(read.agent, where)

    def wait(self, name: str, where: Where) -> None:
        self.after.setdefault(name)
        self.where.setdefault(name, where)


class _Resolver:
    def __init__(self, plan: Plan, project: Project, folder: str, override: Settings) -> None:
        self.plan, self.project, self.folder = plan, project, folder
        # As a set that keeps its order: what is wrong in 'defaults' is found by many agents.
        self.found: dict[Diagnostic, None] = {}
        self.specs: dict[str, AgentSpec] = {}
        self.given: dict[str, int] = {}
        self.in_wave: dict[int, list[str]] = {}
        self.names: tuple[str, ...] = ()
        self.writers: dict[str, AgentSpec] = {}
        self.outputs: dict[str, dict[str, None]] = {}
        self.globs: dict[str, list[str]] = {}
        self.context: list[Read] | None = None
        self.settler = settle.Settler(plan, override, project, self)
        self.context_of: dict[str, list[Read]] = {}

    def error(
        self,
        code: str,
        message: str,
        where: Where,
        hint: str = "",
        related: tuple[tuple[Where, str], ...] = (),
    ) -> None:
        self.found.setdefault(Diagnostic(code, Severity.ERROR, message, where, hint, related))

    def warning(self, code: str, message: str, where: Where, hint: str = "") -> None:
        self.found.setdefault(Diagnostic(code, Severity.WARNING, message, where, hint))

    def resolve(self) -> Resolved | None:
        self.collect_agents()
        self.collect_waves()
        if not self.specs:
            if not self.found and not self.plan.partial:
                hint = 'write them under "agents": [{"name": ..., "task": ...}]'
                self.error("WM011", "this plan has no agents", Where(), hint)
            return None
        self.names = tuple(self.specs)
        self.collect_outputs()
        self.collect_context()
        links = {name: self.links(spec) for name, spec in self.specs.items()}
        waves, path = self.order(links)
        settings = {name: self.settler.settle(spec) for name, spec in self.specs.items()}
        if not self.plan.partial:
            self.settler.unused_pools()
        if self.plan.partial or any(each.severity is Severity.ERROR for each in self.found):
            return None
        agents = [self.agent(name, links[name], waves[name], settings[name]) for name in self.specs]
        agents.sort(key=lambda agent: agent.wave)
        pools = tuple((pool.name, pool.size) for pool in self.plan.pools)
        return Resolved(
            self.title(),
            self.plan.goal,
            tuple(agents),
            tuple(path),
            pools,
            self.plan.budget,
            self.plan.runners,
            tuple((pattern, tuple(found)) for pattern, found in self.globs.items()),
        )

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
            code, message = "WM107", f"there are two agents named {shown(spec.name)}"
            if twin.name != spec.name:
                names = f"{shown(spec.name)} and {shown(twin.name)}"
                code, message = "WM108", f"{names} differ only in case: one folder on some disks"
            first = (Where((*twin.path, "name")), "the first is here")
            self.error(code, message, Where((*spec.path, "name")), "rename one of them", (first,))

    def collect_waves(self) -> None:
        lower: dict[str, Ref] = {}
        for number, wave in enumerate(self.plan.waves or (), 1):
            for ref in wave:
                twin = lower.setdefault(ref.text.lower(), ref)
                if twin is not ref:
                    self.twice(ref, twin)
                elif self.is_in_agents(ref, number):
                    self.given[ref.text] = number
                    self.in_wave.setdefault(number, []).append(ref.text)
        if self.plan.waves and not self.plan.partial:
            if self.plan.agents:
                self.without_wave()
            elif self.specs:
                self.waves_alone()

    def waves_alone(self) -> None:
        message = "no agent has a task: each is asked to do what its name says"
        if len(self.plan.waves or ()) > 1:
            message += ", and is given all of the wave before its own"
        hint = 'write "agents": [{"name": ..., "task": ..., "reads": [...]}]'
        self.warning("WM152", message, Where(("waves",), on_key=True), hint)

    def twice(self, ref: Ref, twin: Ref) -> None:
        message = f"{shown(ref.text)} is in 'waves' twice"
        hint = "leave one of them out"
        if twin.text != ref.text:
            message = f"{shown(ref.text)} and {shown(twin.text)} in 'waves' differ only in case"
            hint = "rename one of them"
        self.error("WM111", message, ref.where, hint, ((twin.where, "the first is here"),))

    def is_in_agents(self, ref: Ref, number: int) -> bool:
        """Tell whether an entry of 'waves' is an agent; in a plan of waves alone, it becomes one."""
        if not self.plan.agents and not self.plan.partial:
            self.add_from_wave(ref)
        elif ref.text not in self.specs:
            self.not_in_agents(ref, number)
            return False
        return True

    def not_in_agents(self, ref: Ref, number: int) -> None:
        twin = next((name for name in self.specs if name.lower() == ref.text.lower()), None)
        if twin:
            message = f"{shown(ref.text)} in 'waves' is written {shown(twin)} in 'agents'"
            self.error("WM108", message, ref.where, f"did you mean {shown(twin)}?")
            self.given[twin] = number
        elif not self.plan.partial:
            message = f"{shown(ref.text)} is in 'waves', but not in 'agents'"
            hint = did_you_mean(ref.text, self.specs) or "add it to 'agents', with its task"
            self.error("WM109", message, ref.where, hint)

    def add_from_wave(self, ref: Ref) -> None:
        problem = name_problem(ref.text)
        if problem:
            message = f"{shown(ref.text)} cannot be an agent's name: it {problem}"
            hint = f"for instance {shown(suggest_name(ref.text))}"
            self.error("WM105", message, ref.where, hint)
        self.specs[ref.text] = AgentSpec(ref.text, ref.where.path)

    def without_wave(self) -> None:
        for name, spec in self.specs.items():
            if name not in self.given:
                where = Where((*spec.path, "name"))
                hint = "add it to a wave, or leave 'waves' out: they follow from 'reads'"
                self.error("WM110", f"{shown(name)} is in 'agents', but in no wave", where, hint)

    # --- what each agent needs ---

    def links(self, spec: AgentSpec) -> _Links:
        links = _Links()
        if spec.reads is None and not spec.depends_on:
            self.read_previous_wave(spec, links)
        for read in spec.reads or ():
            self.read(spec, read, links)
        for ref in spec.depends_on or ():
            if self.is_other(spec, ref, ref.text, "depends on"):
                links.wait(ref.text, ref.where)
        return links

    def read_previous_wave(self, spec: AgentSpec, links: _Links) -> None:
        wave = self.given.get(spec.name, 1)
        before = self.in_wave.get(wave - 1, [])
        where = Where((*spec.path, "name") if self.plan.agents else spec.path)
        for name in before:
            links.read(Read(agent=name), where)
        if before and self.plan.agents:
            message = f"{shown(spec.name)} declares no 'reads': it is given all of wave {wave - 1}"
            names = ", ".join(f'"{name}"' for name in before[:5])
            rest = ", ..." if len(before) > 5 else ""
            hint = f'write "reads": [{names}{rest}], or [] for none'
            self.warning("WM153", message, where, hint)

    def read(self, spec: AgentSpec, ref: ReadRef, links: _Links) -> None:
        """An exact agent's name wins; `./x` forces a file; an agent's output path means that agent."""
        is_agent = ref.kind == "agent" or (ref.kind != "file" and ref.text in self.specs)
        name = ref.text if is_agent else self.owner(ref.text)
        bounds = (ref.limit, ref.tail, ref.by_path, ref.diff)
        if name:
            if self.is_other(spec, ref, name, "reads") and self.has_edits(spec, ref, name):
                links.read(Read(name, "", *bounds), ref.where)
            return
        who = f"{shown(spec.name)} reads"
        if ref.kind != "file" and self.is_unknown_agent(ref.text):
            message = f"{who} {shown(ref.text)}, which is neither an agent of this plan nor a file"
            hint = f"add it to 'agents'; a file of that name is read as './{ref.text}'"
            self.unknown(spec, ref, message, hint)
            return
        for path in self.files(who, ref):
            links.read(Read("", path, *bounds), ref.where)
            writer = self.writers.get(path)
            if writer is spec and not self.project.kind(path):
                message = f"{who} {shown(ref.text)}, which it is yet to write"
                self.warning("WM151", message, ref.where, "leave it out of 'reads'")
            elif writer and writer is not spec:
                links.wait(writer.name, ref.where)

    def has_edits(self, spec: AgentSpec, ref: ReadRef, name: str) -> bool:
        """Tell whether the edits of the agent `name` can be read, if that is what `ref` asks for."""
        if not ref.diff or self.settler.settle(self.specs[name]).has_workspace:
            return True
        message = f"{shown(spec.name)} reads what {shown(name)} changed, which works in the project itself"
        hint = f'add "workspace": "worktree" to {shown(name)}'
        self.error("WM142", message, Where((*ref.entry, "as")), hint)
        return False

    def owner(self, text: str) -> str:
        """The name in `text` if it is the path of an agent's output, else an empty string."""
        folder, output = posixpath.split(normal_path(text))
        parent, name = posixpath.split(folder)
        return name if (parent, output) == (self.folder, "output.md") else ""

    def is_unknown_agent(self, text: str) -> bool:
        if not text or text.startswith("~") or "/" in text or is_glob(text):
            return False
        if text in self.writers or self.project.kind(text):
            return False
        return "." not in text or bool(did_you_mean(text, self.specs))

    def is_other(self, spec: AgentSpec, ref: Ref, name: str, verb: str) -> bool:
        """Tell whether `name`, which `ref` stands for, is another agent, after saying why if not."""
        if name == spec.name:
            message = f"{shown(spec.name)} {verb} itself"
            self.error("WM113", message, ref.where, "leave it out")
        elif name not in self.specs:
            is_path = "/" in name or is_glob(name) or bool(self.project.kind(name))
            elsewhere = (
                "files go into 'reads'" if verb != "reads" else f'write {{"file": "{name}"}}'
            )
            hint = elsewhere if is_path else "add it to 'agents'"
            message = f"{shown(spec.name)} {verb} {shown(name)}, which is no agent of this plan"
            self.unknown(spec, ref, message, hint)
        return name in self.specs and name != spec.name

    def unknown(self, spec: AgentSpec, ref: Ref, message: str, hint: str) -> None:
        if self.plan.partial:
            return
        near = did_you_mean(ref.text, self.names)
        if not near or near == did_you_mean(ref.text, [spec.name]):
            near = hint
        self.error("WM112", message, ref.where, near)

    # --- files ---

    def files(self, who: str, ref: Ref) -> list[str]:
        """The files that an entry of 'reads' or 'context' stands for."""
        path = self.inside(who, ref)
        if not path or self.is_hidden(who, ref, path):
            return []
        kind = self.project.kind(path)
        if is_glob(path) and not kind and path not in self.writers:
            return self.matches(who, ref, path)
        if not self.is_usable(ref, path, "rename the file"):
            return []
        if path.startswith(f"{self.folder}/") and path not in self.writers:
            message = f"{who} {shown(ref.text)}, which wavemake keeps for itself"
            self.error("WM118", message, ref.where, "name the agent to read its output")
        elif kind == "folder":
            message = f"{who} {shown(ref.text)}, which is a folder"
            self.error("WM118", message, ref.where, f"read the files in it: {shown(path + '/**')}")
        elif kind == "other":
            message = f"{who} {shown(ref.text)}, which is neither a file nor a folder"
            self.error("WM118", message, ref.where, "agents read files")
        elif not kind and path not in self.writers:
            self.missing(who, ref, path)
        return [path]

    def inside(self, who: str, ref: Ref) -> str:
        """The normal path of `ref`, or an empty string after saying that it leaves the project."""
        problem = outside_problem(ref.text) if ref.text else "is empty"
        if not problem:
            return normal_path(ref.text)
        hint = "paths are relative to the project and stay in it"
        self.error("WM116", f"{who} {shown(ref.text)}, which {problem}", ref.where, hint)
        return ""

    def is_hidden(self, who: str, ref: Ref, path: str) -> bool:
        """Tell whether an untrusted plan may not read `path`: it is, or may hold, a secret."""
        if self.plan.trusted:
            return False
        real = self.project.real(path)
        if outside_problem(real):
            what = "a link that leads out of the project"
        elif _HIDDEN.search(f"{path}/{real}"):
            what = "a hidden file"
        else:
            return False
        message = f"{who} {shown(ref.text)}: an untrusted plan may not read {what}"
        self.error("WM119", message, ref.where, "secrets are kept in such files: leave it out")
        return True

    def matches(self, who: str, ref: Ref, pattern: str) -> list[str]:
        found = self.expand(pattern)
        if not found:
            message = f"{who} {shown(ref.text)}, which matches no file"
            hint = "patterns are expanded when the plan is compiled"
            self.warning("WM151", message, ref.where, hint)
        hint = "rename the file, or narrow the pattern"
        return [
            path
            for path in found
            if not self.is_hidden(who, ref, path) and self.is_usable(ref, path, hint)
        ]

    def expand(self, pattern: str) -> list[str]:
        """What matches is the same before a run and after it: nothing that agents write."""
        if pattern not in self.globs:
            found = self.project.glob(pattern)
            self.globs[pattern] = unwritten(found, self.folder, self.writers)
        return self.globs[pattern]

    def is_usable(self, ref: Ref, path: str, hint: str) -> bool:
        problem = path_problem(path) if encodes(path) else "is not UTF-8"
        if problem:
            self.error("WM117", f"the path {shown(path)} {problem}", ref.where, hint)
        return not problem

    def missing(self, who: str, ref: Ref, path: str) -> None:
        message = f"{who} {shown(ref.text)}, but there is no such file"
        beside = self.expand(posixpath.join(posixpath.dirname(path), "*"))
        near = did_you_mean(path, beside) or did_you_mean(path, self.names)
        hint = near or "a rule of your Makefile may make it"
        self.warning("WM151", message, ref.where, hint)

    def collect_outputs(self) -> None:
        for spec in self.specs.values():
            for ref in spec.outputs:
                path = self.output(spec, ref)
                if path:
                    self.outputs.setdefault(spec.name, {}).setdefault(path)

    def output(self, spec: AgentSpec, ref: Ref) -> str:
        """The path of a file that an agent writes, or an empty string after saying what is wrong."""
        who = f"{shown(spec.name)} writes"
        path = self.inside(who, ref)
        if not path:
            return ""
        problem, hint = self.output_problem(path)
        twin = self.writers.setdefault(path, spec)
        if problem:
            self.error("WM118", f"{who} {shown(ref.text)}, which {problem}", ref.where, hint)
        elif twin is not spec:
            message = f"{who} {shown(ref.text)}, which {shown(twin.name)} writes as well"
            hint = "let one agent write it, and the other read it"
            self.error("WM123", message, ref.where, hint)
        elif self.is_usable(ref, path, "choose another name"):
            return path
        return ""

    def output_problem(self, path: str) -> tuple[str, str]:
        """Why an agent cannot declare that it writes `path`, and what to do; both empty if it can."""
        if f"{path}/".startswith(f"{self.folder}/"):
            return "is in the folder of agents", "its answer is kept there without being declared"
        what = "is a pattern" if _STARRED.search(path) else ""
        if self.project.kind(path) == "folder":
            what = "is a folder"
        return what, "name each file that it writes" if what else ""

    def collect_context(self) -> None:
        if self.plan.context is None:
            return
        self.context = []
        for ref in self.plan.context:
            name = ref.text if ref.text in self.specs else self.owner(ref.text)
            if name:
                message = f"'context' names the agent {shown(name)}, but is for files"
                hint = f"name it in the 'reads' of agents; ./{name} is a file"
                self.error("WM124", message, ref.where, hint)
                continue
            for path in self.files("'context' names", ref):
                self.context.append(Read(path=path))
                self.check_unwritten(ref, path)

    def check_unwritten(self, ref: Ref, path: str) -> None:
        if path in self.writers:
            writer = shown(self.writers[path].name)
            message = f"'context' names {shown(ref.text)}, which {writer} writes"
            hint = "name it in the 'reads' of the agents that need it"
            self.error("WM124", message, ref.where, hint)

    # --- the order ---

    def order(self, links: dict[str, _Links]) -> tuple[dict[str, int], list[str]]:
        graph = Graph({name: each.where for name, each in links.items()})
        computed = graph.waves()
        cycles = [] if computed else graph.cycles()
        for cycle in cycles:
            self.show_cycle(cycle, links)
        knotted = {name for cycle in cycles for name in cycle}
        for name, each in links.items() if self.given else ():
            for need, where in each.where.items():
                if not {name, need} <= knotted:
                    self.check_wave(name, need, where)
        return self.given or computed, graph.critical_path(computed)

    def show_cycle(self, cycle: list[str], links: dict[str, _Links]) -> None:
        needed = [*cycle[1:], cycle[0]]
        places = [(name, by, links[by].where[name]) for name, by in zip(cycle, needed, strict=True)]
        chain = " -> ".join([cycle[0], *(by for _, by, _ in places)])
        related = tuple((where, f"{shown(by)} needs {shown(name)}") for name, by, where in places)
        message = f"these agents wait for each other: {chain}"
        hint = "one of them must do without the one before it"
        self.error("WM115", message, places[-1][2], hint, related)

    def check_wave(self, name: str, need: str, where: Where) -> None:
        mine, its = self.given.get(name), self.given.get(need)
        if mine is None or its is None or its < mine:
            return
        when = "the same wave" if its == mine else f"wave {its}"
        message = f"{shown(name)} is in wave {mine}, but needs {shown(need)} of {when}"
        hint = f"move {shown(name)} to wave {its + 1} or later, or leave 'waves' out"
        self.error("WM114", message, where, hint)

    # --- how each agent is run ---

    def agent(self, name: str, links: _Links, wave: int, settings: Settings) -> Agent:
        spec = self.specs[name]
        reads = self.all_reads(links, settings)
        read = {each.agent for each in reads}
        if settings.on_failure == "continue" and not links.where:
            self.tolerates_nothing(spec)
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
            reads=tuple(reads),
            after=tuple(each for each in links.after if each not in read),
            outputs=tuple(self.outputs.get(name, ())),
            settings=settings,
            where=Where(spec.path),
        )

    def all_reads(self, links: _Links, settings: Settings) -> dict[Read, None]:
        """The context, then what the agent reads itself: what both name, as the agent does."""
        own = {each.path for each in links.reads if each.limit or each.by_path}
        context = (each for each in self.context_for(settings) if each.path not in own)
        return dict.fromkeys([*context, *links.reads])

    def tolerates_nothing(self, spec: AgentSpec) -> None:
        if spec.settings.on_failure:
            message = f"{shown(spec.name)} needs no agent: there is no failure to continue after"
            self.warning("WM155", message, Where((*spec.path, "on_failure")), "leave it out")

    def no_task(self, spec: AgentSpec) -> None:
        message = f"{shown(spec.name)} has no task: it is asked to do what its name says"
        self.warning("WM152", message, Where((*spec.path, "name")), 'add "task": "..."')

    def context_for(self, settings: Settings) -> Iterable[Read]:
        """The files that every agent is given, unless its CLI finds them by itself."""
        if self.context is not None:
            return self.context
        runner = self.settler.runner(settings)
        if runner.name not in self.context_of:
            names = runner.context
            found = [Read(path=path) for path in names if self.is_own(path)]
            self.context_of[runner.name] = found
        return self.context_of[runner.name]

    def is_own(self, path: str) -> bool:
        """Tell whether `path` is a file of the project: a clone's CLAUDE.md may be a link to a secret."""
        return self.project.kind(path) == "file" and not outside_problem(self.project.real(path))
