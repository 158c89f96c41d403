"""What the passes of resolution work on: the plan, the project, and what is known so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from wavemake.compiler.settle import Project, Settler
from wavemake.plan.diagnostics import Diagnostics, Where
from wavemake.plan.model import AgentSpec, AnswerSchema, Check, Plan, Settings
from wavemake.plan.resolved import Read


@dataclass
class Links:
    """What one agent needs, in order, with the place at which each agent is named."""

    reads: dict[Read, None] = field(default_factory=dict)
    after: dict[str, None] = field(default_factory=dict)
    where: dict[str, Where] = field(default_factory=dict)

    def read(self, read: Read, where: Where) -> None:
        """Note something to read, an agent's output or a file."""
        self.reads.setdefault(read)
        if read.agent:
            self.where.setdefault(read.agent, where)

    def wait(self, name: str, where: Where) -> None:
        """Note an agent to wait for."""
        self.after.setdefault(name)
        self.where.setdefault(name, where)


@dataclass
class Work:
    """A plan on its way to being resolved. Each field behind `found` is filled in by one pass.

    specs: the agents by name. given: the wave of each agent by 'waves', and in_wave the reverse.
    writers: the agent that declares each output; outputs: those of each agent. context: the files of
    'context', None if the plan has none. upstream: the agents that each one needs by name, directly or
    through others. links: what each agent needs. conditions: the lines of what must hold for an agent
    to run; ends: for its loop to end well. judges: the checks of agents of which a judge reads
    something. schemas: what the answer of an agent must fit. waves: the wave of
    each agent; chain: a longest chain. settings: how each agent is run. globs: what each pattern matched.
    found_context: the files that a runner would have been given by itself, by its name.
    """

    plan: Plan
    project: Project
    folder: str
    override: Settings
    found: Diagnostics = field(default_factory=Diagnostics)
    specs: dict[str, AgentSpec] = field(default_factory=dict)
    given: dict[str, int] = field(default_factory=dict)
    in_wave: dict[int, list[str]] = field(default_factory=dict)
    writers: dict[str, AgentSpec] = field(default_factory=dict)
    outputs: dict[str, dict[str, None]] = field(default_factory=dict)
    context: list[Read] | None = None
    upstream: dict[str, set[str]] = field(default_factory=dict)
    links: dict[str, Links] = field(default_factory=dict)
    conditions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ends: dict[str, tuple[str, ...]] = field(default_factory=dict)
    judges: dict[str, tuple[Check, ...]] = field(default_factory=dict)
    schemas: dict[str, AnswerSchema] = field(default_factory=dict)
    waves: Mapping[str, int] = field(default_factory=dict)
    chain: list[str] = field(default_factory=list)
    settings: dict[str, Settings] = field(default_factory=dict)
    globs: dict[str, list[str]] = field(default_factory=dict)
    found_context: dict[str, list[Read]] = field(default_factory=dict)

    @cached_property
    def settler(self) -> Settler:
        """Settles how each agent is run; asked for an agent's runner, too."""
        return Settler(self.plan, self.override, self.project, self.found)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the agents, once they are collected."""
        return tuple(self.specs)

    @property
    def title(self) -> str:
        """What the project is called."""
        return self.plan.project or "this project"


class ExampleProject:
    """A project that has these files, for examples and tests.

    >>> ExampleProject(["docs/a.md"]).kind("docs"), ExampleProject(["docs/a.md"]).glob("docs/*")
    ('folder', ['docs/a.md'])
    """

    def __init__(self, paths: Iterable[str] = ()) -> None:
        """Have the files at `paths`."""
        self._paths = sorted(paths)

    def kind(self, path: str) -> str:
        """Return "file", "folder", or an empty string if there is nothing at `path`."""
        if path in self._paths:
            return "file"
        return "folder" if any(each.startswith(f"{path}/") for each in self._paths) else ""

    def real(self, path: str) -> str:
        """Return `path`: there are no links."""
        return path

    def builds(self, path: str) -> str:
        """Return nothing: none of them is part of the build."""
        return ""

    def text(self, path: str) -> str | None:
        """Return nothing: the files are names alone."""
        return None

    def glob(self, pattern: str) -> list[str]:
        """Return the files that match."""
        import fnmatch

        return fnmatch.filter(self._paths, pattern)

    def workspace_problem(self) -> tuple[str, str]:
        """Return nothing: agents can be given a workspace."""
        return "", ""


def work_on(tree: dict[str, Any], *files: str) -> Work:
    """Return the work on a plan, given as its tree, in a project that has `files`.

    >>> work_on({"agents": [{"name": "api", "task": "Write the API."}]}).plan.agents[0].name
    'api'
    """
    from wavemake.plan.parser import parse

    plan, _ = parse(tree)
    assert plan is not None
    return Work(plan, ExampleProject(files), ".tmp/agents", Settings())
