"""The plan, before and after resolution: as written (`Plan`), and as decided (`Resolved`)."""

from __future__ import annotations

from dataclasses import dataclass, field

from wavemake.diagnostics import Path, Where

_LONGEST_SHOWN = 100


def shown(text: str) -> str:
    """Return a word of the plan as a message quotes it: on one line, and cut if it is long."""
    return repr(text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…")


def encodes(text: str) -> bool:
    """Tell whether `text` can be written in UTF-8: a lone surrogate cannot."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Ref:
    """A word of the plan that names something else, and where it stands."""

    text: str
    where: Where


@dataclass(frozen=True, slots=True)
class Settings:
    """How an agent is run, as far as it is said; None is unsaid.

    timeout is in seconds, max_prompt in bytes. system is a text; permissions is the CLI's own word.
    """

    runner: str | None = None
    model: str | None = None
    command: str | None = None
    args: tuple[str, ...] | None = None
    timeout: int | None = None
    max_prompt: int | None = None
    system: str | None = None
    tools: tuple[str, ...] | None = None
    permissions: str | None = None
    max_budget_usd: float | None = None

    def over(self, other: Settings) -> Settings:
        """Return these settings, with those of `other` where these say nothing."""

        def first(mine: object, theirs: object) -> object:
            return theirs if mine is None else mine

        names = self.__dataclass_fields__
        both = {name: first(getattr(self, name), getattr(other, name)) for name in names}
        return Settings(**both)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """An agent as the plan writes it."""

    name: str
    path: Path
    task: str | None = None
    skills: tuple[str, ...] = ()
    reads: tuple[Ref, ...] | None = None
    depends_on: tuple[Ref, ...] | None = None
    outputs: tuple[Ref, ...] = ()
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as it is written; nothing in it is checked against anything else.

    trusted: it may read hidden files. partial: some of it could not be read, so that an agent or a
    wave that is not found may be in what is missing.
    """

    project: str
    goal: str
    agents: tuple[AgentSpec, ...]
    waves: tuple[tuple[Ref, ...], ...] | None
    context: tuple[Ref, ...] | None
    defaults: Settings
    trusted: bool = True
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """Something whose content is put into a prompt: the output of `agent`, or the file `path`."""

    agent: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent with every name resolved.

    wave counts from 1; after are agents that are only waited for; outputs are files that it writes.
    """

    name: str
    wave: int
    task: str
    skills: tuple[str, ...]
    reads: tuple[Read, ...]
    after: tuple[str, ...]
    outputs: tuple[str, ...]
    settings: Settings
    where: Where

    @property
    def needs(self) -> tuple[str, ...]:
        """The agents that must be done first, each once, in the plan's order."""
        names = [read.agent for read in self.reads if read.agent]
        return tuple(dict.fromkeys([*names, *self.after]))

    @property
    def files(self) -> tuple[str, ...]:
        """The files of the project that are read, each once."""
        return tuple(dict.fromkeys(read.path for read in self.reads if read.path))


@dataclass(frozen=True, slots=True)
class Resolved:
    """A plan in which every name is known and the order is possible.

    agents are sorted by wave, then as written; critical_path names the longest chain.
    """

    project: str
    goal: str
    agents: tuple[Agent, ...]
    critical_path: tuple[str, ...]
