"""The options of a compilation: one table, from which all that reads or writes them derives.

A field of `Options` carries its `Flag`. The command line is made of these flags, and so are the words
that compile a plan again, which stand in the Makefile and in manifest.json.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wavemake.plan.model import Settings, encodes
from wavemake.plan.names import outside_problem, path_problem

DEFAULT_FOLDER = ".tmp/agents"
DEFAULT_OUTPUT = "Makefile"
# Back end -> the file of the agents' folder with the rules; its time is that of the compilation.
RULES = {"make": "agents.mk", "ninja": "build.ninja"}


@dataclass(frozen=True, slots=True)
class Flag:
    """How an option is written on the command line.

    names: the flag, or its short form and the flag. metavar: what stands for the value; empty for a
    switch. commands: the commands that take it. choices: the values that there are, if they are few.
    kept: whether make, compiling an edited plan again, gives it once more.
    """

    names: tuple[str, ...]
    help: str
    commands: tuple[str, ...]
    metavar: str = ""
    choices: tuple[str, ...] = ()
    kept: bool = True

    @property
    def name(self) -> str:
        """The flag in its long form."""
        return self.names[-1]


def flag(*names: str, default: Any, help: str, commands: str, **more: Any) -> Any:
    """Return a dataclass field with its flag; `commands` are words, the rest is as for `Flag`."""
    flag = Flag(names, help, tuple(commands.split()), **more)
    return field(default=default, metadata={"flag": flag})


def flags(table: type, command: str = "") -> Iterator[tuple[dataclasses.Field[Any], Flag]]:
    """Yield the fields of `table`, a dataclass, with their flags: all, or those that `command` takes.

    >>> [flag.name for _, flag in flags(Options, "clean")]
    ['--dir']
    """
    for each in dataclasses.fields(table):
        found = each.metadata.get("flag")
        if found and (not command or command in found.commands):
            yield each, found


@dataclass(frozen=True)
class Options:
    """What a compilation was asked for. The fields are in the order of --help."""

    plan: str
    folder: str = flag(
        "--dir",
        metavar="DIR",
        default=DEFAULT_FOLDER,
        help="Folder of the agents and their answers.",
        commands="check clean compile convert graph init run",
    )
    output: str = flag(
        "-o",
        "--output",
        metavar="FILE",
        default=DEFAULT_OUTPUT,
        help="Makefile to write.",
        commands="compile",
    )
    prefix: str = flag(
        "--prefix",
        metavar="NAME",
        default="",
        help="Prefix of the targets in agents.mk; wavemake unless --dir is given.",
        commands="compile",
    )
    runner: str | None = flag(
        "--runner",
        metavar="NAME",
        default=None,
        help="Run every agent with this runner, whatever the plan says; rehearse is offline.",
        commands="compile run",
    )
    model: str | None = flag(
        "--model",
        metavar="NAME",
        default=None,
        help="Use this model, whatever the plan says.",
        commands="compile run",
    )
    untrusted: bool = flag(
        "--untrusted",
        default=False,
        help="Reject what could become a command or a permission, or read a secret.",
        commands="check compile",
    )
    max_agents: str = flag(
        "--max-agents",
        metavar="N",
        default="",
        help="Refuse a plan with more agents, cells and passes included (100 if untrusted).",
        commands="check compile plan run",
    )
    max_cells: str = flag(
        "--max-cells",
        metavar="N",
        default="",
        help="Refuse a plan in which an agent may have more cells (50 if untrusted).",
        commands="check compile plan run",
    )
    max_passes: str = flag(
        "--max-passes",
        metavar="N",
        default="",
        help="Refuse a plan with a loop of more passes (10 if untrusted).",
        commands="check compile plan run",
    )
    max_timeout: str = flag(
        "--max-timeout",
        metavar="TIME",
        default="",
        help="Refuse a plan in which an agent may take longer (1h if untrusted).",
        commands="check compile plan run",
    )
    max_prompt: str = flag(
        "--max-prompt",
        metavar="SIZE",
        default="",
        help="Refuse a plan in which a prompt may be larger (1M if untrusted).",
        commands="check compile plan run",
    )
    max_cost: str = flag(
        "--max-cost",
        metavar="USD",
        default="",
        help="Refuse a plan that is likely to cost more, by earlier runs (50 if untrusted).",
        commands="check compile plan run",
    )
    budget: str = flag(
        "--budget",
        metavar="USD",
        default="",
        help="Start no agent once a run has cost so much; the plan's own budget holds if it is less.",
        commands="compile plan run",
    )
    dialect: str = flag(
        "--dialect",
        metavar="NAME",
        default="",
        help="Read PLAN in this dialect instead of detecting it.",
        commands="check compile convert run",
    )
    tag: str = flag(
        "--tag",
        metavar="NAME",
        default="",
        help="Read this one of PLAN's lists of tasks.",
        commands="check compile convert run",
    )
    backend: str = flag(
        "--backend",
        metavar="NAME",
        choices=tuple(RULES),
        default="make",
        help="Program that runs the agents.",
        commands="compile run",
    )
    durations: str = flag(
        "--durations",
        metavar="FILE",
        default="",
        kept=False,
        help="Schedule the longest agents first, by the durations recorded in FILE or DIR.",
        commands="compile",
    )
    launcher: str = flag(
        "--launcher",
        metavar="COMMAND",
        default="",
        help="Command prefix that launches each agent: slurm, ssh:HOST, sandbox, or 'docker run -i IMAGE'.",
        commands="compile run",
    )
    sandbox_net: str = flag(
        "--sandbox-net",
        metavar="WORD",
        choices=("on", "off"),
        default="on",
        help="Whether agents in a sandbox have a network.",
        commands="compile run",
    )
    permissions: str | None = flag(
        "--permissions",
        metavar="MODE",
        default=None,
        help="Give every agent this permission mode of its CLI, such as acceptEdits.",
        commands="compile run",
    )
    tools: str | None = flag(
        "--tools",
        metavar="LIST",
        default=None,
        help="Let every agent use these tools without being asked: 'Edit,Bash(make:*)'.",
        commands="compile run",
    )
    on_end: str = flag(
        "--on-end",
        metavar="COMMAND",
        default="",
        help="Shell command that runs when a run has ended, instead of the plan's on_end.",
        commands="compile run",
    )
    fragment: bool = flag(
        "--fragment",
        default=False,
        help="Write no Makefile; include agents.mk in your own.",
        commands="compile",
    )

    @property
    def override(self) -> Settings:
        """The settings that override the plan."""
        return Settings(
            runner=self.runner,
            model=self.model,
            permissions=self.permissions,
            tools=_tools(self.tools),
        )

    @property
    def rules(self) -> str:
        """The path of the file with the rules."""
        return f"{self.folder}/{RULES[self.backend]}"

    @property
    def has_driver(self) -> bool:
        """Whether a Makefile is written at `output`."""
        return self.backend == "make" and not self.fragment


def _tools(text: str | None) -> tuple[str, ...] | None:
    """Split a list of tools at the commas that stand in no parentheses.

    >>> _tools("Edit, Bash(git add:*, git rm:*)")
    ('Edit', 'Bash(git add:*, git rm:*)')
    """
    if text is None:
        return None
    words = re.findall(r"(?:\([^)]*\)|[^,(]|\((?![^)]*\)))+", text)
    return tuple(word.strip() for word in words if word.strip())


@dataclass(frozen=True)
class Mode:
    """What is done with the files of a compilation, and how much is said about it."""

    to_stdout: bool = flag(
        "--stdout",
        default=False,
        help="Print the Makefile or fragment; write nothing.",
        commands="compile",
    )
    only_check: bool = flag(
        "--check",
        default=False,
        help="Write nothing; print a diff and exit 1 if files differ.",
        commands="compile",
    )
    strict: bool = flag(
        "--strict",
        default=False,
        help="Treat warnings as errors.",
        commands="compile",
    )
    force: bool = flag(
        "--force",
        default=False,
        help="Replace files that wavemake did not write; a Makefile is kept as FILE.orig.",
        commands="compile",
    )
    quiet: bool = flag(
        "-q",
        "--quiet",
        default=False,
        help="Print errors only.",
        commands="compile",
    )
    verbose: bool = flag(
        "-v",
        "--verbose",
        default=False,
        help="List every file.",
        commands="compile",
    )


def from_words(words: Sequence[str]) -> Options:
    """Return the options that `words`, as from `command` or `again`, stand for.

    >>> from_words(["wavemake", "compile", "plan.json", "--model", "opus", "-q"]).model
    'opus'
    """
    known = {flag.name: (each.name, flag) for each, flag in flags(Options)}
    given: dict[str, Any] = {}
    rest = iter(words[3:])
    for word in rest:
        if word in known:
            name, flag = known[word]
            given[name] = next(rest, "") if flag.metavar else True
    return Options(words[2], **given)


def command(verb: str, options: Options) -> tuple[str, ...]:
    """Return the words that run `wavemake VERB` with what it takes of `options`.

    >>> command("clean", Options("plan.json", folder=".tmp/other", model="opus"))
    ('wavemake', 'clean', 'plan.json', '--dir', '.tmp/other')
    """
    defaults = {"prefix": default_prefix(options.folder)}
    words = ["wavemake", verb, plan_path(options) or options.plan]
    for each, flag in flags(Options, verb):
        value = getattr(options, each.name)
        if value not in (each.default, defaults.get(each.name, each.default)):
            words += [flag.name, value] if flag.metavar else [flag.name]
    return tuple(words)


def again(options: Options) -> tuple[str, ...]:
    """Return the words by which make compiles an edited plan again; nothing if it sees no plan."""
    if not plan_path(options):
        return ()
    passing: dict[str, Any] = {
        each.name: each.default for each, flag in flags(Options) if not flag.kept
    }
    return (*command("compile", dataclasses.replace(options, **passing)), "-q")


def picked(table: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of `given`, the parameters of a command, are fields of `table`."""
    names = {each.name for each in dataclasses.fields(table)}
    return {name: value for name, value in given.items() if name in names}


def default_prefix(folder: str) -> str:
    """Return the prefix of the fragment's targets: wavemake, or one that names another folder.

    >>> default_prefix(".tmp/agents"), default_prefix(".tmp/docs")
    ('wavemake', 'wavemake-docs')
    """
    if folder == DEFAULT_FOLDER:
        return "wavemake"
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", folder.removeprefix(".tmp/")).strip("-")
    # Such a prefix would be a target of the plan in the usual folder.
    taken = plain in {"agents", "summary", "status", "forced"} or "wave-" in plain
    return f"wavemake_{plain}" if taken else f"wavemake-{plain}"


def plan_path(options: Options) -> str:
    """Return the plan's path in the project, or an empty string if make could not see it change."""
    if options.plan == "-":
        return ""
    path = os.path.relpath(options.plan).replace(os.sep, "/")
    if outside_problem(path) or path_problem(path) or not encodes(path):
        return ""
    return f"./{path}" if path.startswith("-") else path
