"""What a lint is given to look at, and what it hands back: findings, not yet diagnostics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from wavemake.lint.mentions import Mention, Names, mentions, used
from wavemake.lint.text import lower
from wavemake.plan.diagnostics import Path, Where
from wavemake.plan.dialects.origin import Wording
from wavemake.plan.model import AgentSpec, Plan
from wavemake.plan.resolved import Agent, Resolved
from wavemake.plan.runners import DEFAULT


@dataclass(frozen=True, slots=True)
class Words(Where):
    """Some words of a text in the plan: the characters `start` to `stop` of the value at `path`."""

    start: int = 0
    stop: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """What a lint found: a diagnostic that does not know its code yet.

    agent: whose `ignore` silences it; an empty string for the plan as a whole. also: those that share it.
    """

    agent: str
    message: str
    where: Where
    hint: str = ""
    related: tuple[tuple[Where, str], ...] = ()
    also: tuple[str, ...] = ()


class Evidence(Protocol):
    """What earlier runs and the project's files tell."""

    def size(self, path: str) -> int | None:
        """Return the bytes in the file at `path`, or None if there is no such file."""

    def seconds(self, agent: str) -> float | None:
        """Return how long the last run of `agent` took, or None if that is not known."""

    def is_in_git(self) -> bool:
        """Tell whether the project is, or is part of, a git repository."""


_MANY = 2000


@dataclass
class Context:
    """A resolved plan with everything that the lints derive from it, each at most once.

    folder is the agents' folder, relative to the project. wording: how hints speak of agents, if the plan
    is in another tool's shape. done: agents that the plan marks as done.
    """

    plan: Plan
    resolved: Resolved
    evidence: Evidence
    folder: str
    wording: Wording | None = None
    done: frozenset[str] = frozenset()

    @property
    def default_runner(self) -> str:
        """The runner of agents that name none."""
        return DEFAULT

    def read_hint(self, name: str, other: str) -> str:
        """How to let the agent `name` read `other`, in the words of the file."""
        wording = self.wording or Wording()
        return f'add {wording.id(other)} to its "{wording.needs(name)}"'

    def wait_hint(self, name: str, other: str) -> str:
        """How to let the agent `name` wait for `other`, in the words of the file."""
        if self.wording is None:
            return f'let {name!r} wait for the other: "depends_on": ["{other}"]'
        needs = self.wording.needs(name)
        return f'let {self.wording.id(name)} wait for it: add {self.wording.id(other)} to its "{needs}"'

    @cached_property
    def agents(self) -> Mapping[str, Agent]:
        """The agents by name, what is needed before what needs it."""
        return {agent.name: agent for agent in self.resolved.agents}

    @cached_property
    def specs(self) -> Mapping[str, AgentSpec]:
        """The agents as written, by name; of a plan of waves alone, there are the names only."""
        written = {spec.name: spec for spec in self.plan.agents}
        return {
            agent.name: written.get(agent.name) or AgentSpec(agent.name, agent.where.path)
            for agent in self.resolved.agents
        }

    @cached_property
    def tasks(self) -> Mapping[str, str]:
        """The tasks that are written, by agent."""
        return {name: spec.task for name, spec in self.specs.items() if spec.task}

    @cached_property
    def lower(self) -> Mapping[str, str]:
        """The tasks in lower case, character for character: most are looked at no closer."""
        return {name: lower(task) for name, task in self.tasks.items()}

    def tasks_with(self, words: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield the agents in whose task, in lower case, any of `words` is, with the task."""
        for name, task in self.lower.items():
            if any(word in task for word in words):
                yield name, self.tasks[name]

    @cached_property
    def waves(self) -> int:
        """How many waves there are."""
        return max(agent.wave for agent in self.resolved.agents)

    @cached_property
    def levels(self) -> Mapping[str, int]:
        """The earliest wave, from 1, that each agent could be in."""
        found: dict[str, int] = {}
        for name, agent in self.agents.items():
            found[name] = 1 + max((found[need] for need in agent.needs), default=0)
        return found

    @cached_property
    def readers(self) -> Mapping[str, tuple[str, ...]]:
        """The agents that need each agent."""
        found: dict[str, list[str]] = {name: [] for name in self.agents}
        for name, agent in self.agents.items():
            for need in agent.needs:
                found[need].append(name)
        return {name: tuple(each) for name, each in found.items()}

    @cached_property
    def owners(self) -> Mapping[str, str]:
        """The agent that a file comes from: its `outputs`, and the file with its answer."""
        found = {f"{self.folder}/{name}/output.md": name for name in self.agents}
        for name, agent in self.agents.items():
            found.update(dict.fromkeys(agent.outputs, name))
        return found

    @cached_property
    def mentions(self) -> Mapping[str, tuple[Mention, ...]]:
        """Where each agent's task names another agent, or a file that comes from one."""
        names = Names(self.agents, self.owners)
        return {name: mentions(name, task, names) for name, task in self.tasks.items()}

    def gets(self, name: str) -> set[str]:
        """Return the agents whose work `name` is given or waits for, directly."""
        agent = self.agents[name]
        made = (self.owners.get(path, "") for path in agent.files)
        return {*agent.needs, *filter(None, made)}

    def leads_to(self, name: str, other: str) -> bool:
        """Tell whether `other` needs `name`, directly or through others.

        The answer is yes, too, if so many agents need `name` that it is not looked at them all.
        """
        seen = {name}
        open_ = [name]
        while open_:
            for reader in self.readers[open_.pop()]:
                if reader == other or len(seen) > _MANY:
                    return True
                if reader not in seen:
                    seen.add(reader)
                    open_.append(reader)
        return False

    @cached_property
    def used(self) -> Mapping[str, tuple[Mention, ...]]:
        """What each agent's task means to use of what others make."""
        return {name: used(self.tasks[name], found) for name, found in self.mentions.items()}

    # --- places ---

    def at(self, name: str, key: str = "name") -> Where:
        """Return the place of a value of the agent `name`; of its name in a plan of waves alone."""
        path: Path = self.specs[name].path
        return Where((*path, key)) if self.plan.agents else Where(path)

    def words(self, name: str, start: int, stop: int) -> Words:
        """Return the place of the characters `start` to `stop` of the agent's task."""
        return Words((*self.specs[name].path, "task"), False, start, stop)


CheckFunction = Callable[[Context], Iterable[Finding]]
"""One lint: all that it has to say about a plan."""

Findings = Iterator[Finding]
