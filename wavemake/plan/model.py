"""The plan as it is written: `Plan`. `resolved` has it as it is decided."""

from __future__ import annotations

from dataclasses import dataclass, field

from wavemake.plan.diagnostics import Path, Where
from wavemake.plan.portion import WHOLE, Portion

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
class ReadRef(Ref):
    """An entry of `reads`.

    kind: "agent" or "file" if it says which of the two it names, else empty. entry: the whole of it in
    the plan, of which `where` is the name.
    """

    kind: str = ""
    portion: Portion = WHOLE
    entry: Path = ()


@dataclass(frozen=True, slots=True)
class Check:
    """What an answer must pass. kind: "sh" (text: a command), "matches" (an ERE), "json" or "ask".

    "ask" is a judge, which is asked `text`. runner and model: who is asked, where that is not who runs the
    agent. reads: what it is given besides the answer. path: where it stands in the plan.
    """

    kind: str
    text: str = ""
    runner: str = ""
    model: str = ""
    reads: tuple[Ref, ...] = ()
    path: Path = ()


@dataclass(frozen=True, slots=True)
class AnswerSchema:
    """The JSON Schema that an answer must fit: its text, or the file of the project that holds it.

    path: where it stands in the plan. form: "object" if it is one of objects, "strict" if all objects in it
    have all members that it names and no others, "" if it is neither, or is not known yet.
    """

    text: str = ""
    file: Ref | None = None
    path: Path = ()
    form: str = ""


@dataclass(frozen=True, slots=True)
class Resources:
    """What an agent needs of a cluster, as far as it is said. mem: such as "4G"."""

    cpus: int | None = None
    mem: str | None = None
    gpus: int | None = None
    partition: str | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent, None without a limit. per: "run", "day", "week" or "month"."""

    usd: float | None = None
    tokens: int | None = None
    per: str = "run"


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where an agent works. kind: "project", in place, or "worktree", in a private checkout.

    copy and link: paths of the project that git does not know and that it has all the same, as a copy or
    as a symbolic link. setup: a command that prepares it. commit: its edits become a commit, by `author`
    if that is not empty.
    """

    kind: str = "project"
    copy: tuple[str, ...] = ()
    link: tuple[str, ...] = ()
    setup: str = ""
    commit: bool = False
    author: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """How an agent is run, as far as it is said; None is unsaid.

    timeout is in seconds, max_prompt in bytes. system is a text; permissions is the CLI's own word.
    cost_usd: what a try counts for where no cost is reported.
    retries: further tries after any failure. limit_wait: seconds that it waits for usage limits;
    on_limit: "wait" or "fail". approve: "before", "after", or "" for not at all.
    on_failure: "block" or "continue". env: variables that must be set. cwd: a folder of the project.
    on_conflict: "fail" or "resolve". prefix: whether what it reads may go into a system prompt
    that others share.
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
    cost_usd: float | None = None
    isolate: bool | None = None
    retries: int | None = None
    limit_wait: int | None = None
    on_limit: str | None = None
    pool: str | None = None
    check: tuple[Check, ...] | None = None
    schema: AnswerSchema | None = None
    approve: str | None = None
    on_failure: str | None = None
    env: tuple[str, ...] | None = None
    cwd: str | None = None
    resources: Resources | None = None
    workspace: Workspace | None = None
    on_conflict: str | None = None
    prefix: bool | None = None

    @property
    def has_workspace(self) -> bool:
        """Whether the agent works in a checkout of its own."""
        return self.workspace is not None and self.workspace.kind == "worktree"

    def over(self, other: Settings) -> Settings:
        """Return these settings, with those of `other` where these say nothing."""

        def first(mine: object, theirs: object) -> object:
            return theirs if mine is None else mine

        names = self.__dataclass_fields__
        both = {name: first(getattr(self, name), getattr(other, name)) for name in names}
        return Settings(**both)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold for an agent to run, as the plan writes it.

    kind: "matches", "json", "file" or "command", which look at something, or "not", "all" or "any" of
    `parts`. ref: the agent or the file that is looked at. words: what is compared with it.
    """

    kind: str
    ref: Ref | None = None
    words: str = ""
    parts: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class ForEach:
    """The items for each of which an agent runs: `items` (JSON), or the files that match a pattern.

    max: how many there may be at most. agent: whose answer is the list, once there is one; file: what it
    writes the list to, if that is not its answer.
    """

    path: Path
    items: tuple[str, ...] = ()
    files: Ref | None = None
    max: int = 0
    agent: Ref | None = None
    file: Ref | None = None


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """An agent as the plan writes it. on_skip: "run", or "" if it is skipped with all that it reads.

    carries: the agent whose answer stands for its own where it is skipped. until: what must hold once it is
    done, and passes how often its loop has tried by then. group: the agent of the plan of which it is a cell.
    """

    name: str
    path: Path
    task: str | None = None
    skills: tuple[str, ...] = ()
    reads: tuple[ReadRef, ...] | None = None
    depends_on: tuple[Ref, ...] | None = None
    outputs: tuple[Ref, ...] = ()
    settings: Settings = field(default_factory=Settings)
    when: Condition | None = None
    on_skip: str = ""
    carries: str = ""
    until: Condition | None = None
    passes: int = 0
    for_each: ForEach | None = None
    group: str = ""


@dataclass(frozen=True, slots=True)
class LoopSpec:
    """Agents that run one after the other, again and again, at most `max` times."""

    agents: tuple[Ref, ...]
    until: Condition
    max: int
    path: Path


@dataclass(frozen=True, slots=True)
class PoolSpec:
    """A pool as the plan writes it: at most `size` of its agents run at once."""

    name: str
    path: Path
    size: int


@dataclass(frozen=True, slots=True)
class RunnerSpec:
    """A runner that a plan defines; `runners.Runner` says what its parts mean."""

    name: str
    path: Path
    command: tuple[str, ...]
    prompt: str = "stdin"
    envelope: str = "text"
    program: str = ""
    model: tuple[str, ...] = ()
    system: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    max_budget_usd: tuple[str, ...] = ()
    isolate: str = ""
    escape: str = ""
    env: tuple[str, ...] = ()


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
    pools: tuple[PoolSpec, ...] = ()
    budget: Budget = field(default_factory=Budget)
    runners: tuple[RunnerSpec, ...] = ()
    trusted: bool = True
    partial: bool = False
    loops: tuple[LoopSpec, ...] = ()
    on_end: str = ""
