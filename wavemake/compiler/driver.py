"""Runs the phases of a compilation: load, parse, resolve, lower, print. Nothing is written here."""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from wavemake.compiler import emit
from wavemake.compiler.backends import make, ninja
from wavemake.compiler.ir import BuildGraph
from wavemake.compiler.lower import Source, lower
from wavemake.compiler.manifest import limits, manifest, unread
from wavemake.compiler.project import ProjectFiles
from wavemake.compiler.render import runtime
from wavemake.compiler.resolve import resolve
from wavemake.plan import dialects, launchers
from wavemake.plan.diagnostics import Diagnostic, Severity, did_you_mean
from wavemake.plan.loader import Document, load_text
from wavemake.plan.model import Resolved, Settings, encodes
from wavemake.plan.names import normal_path, outside_problem, path_problem
from wavemake.plan.parser import parse
from wavemake.plan.runners import RUNNERS
from wavemake.runs import durations

if TYPE_CHECKING:
    from wavemake import lint

DEFAULT_FOLDER = ".tmp/agents"
DEFAULT_OUTPUT = "Makefile"
# Back end -> the file of the agents' folder that says what is run; its time is that of the compilation.
RULES = {"make": "agents.mk", "ninja": "build.ninja"}
_IGNORED = """\
# What runs leave behind. Outputs, keys and prompts are meant to be kept: a clone of them pays for nothing.
.*
!.gitignore
failed-prompt.md
log.txt
status.json
events.jsonl
summary.md
report.html
"""


class BadOption(ValueError):
    """An option of compile that cannot be used; its text says why."""


@dataclass(frozen=True)
class Options:
    """What compile was asked for. override: settings that hold whatever the plan says.

    backend is a key of RULES. fragment_only: write no Makefile to run the rules; ninja needs none.
    durations: where durations.read finds how long agents took; it decides the order of goals alone.
    launcher: as launchers.parse reads it; empty to start agents as children of make.
    """

    plan: str
    output: str = DEFAULT_OUTPUT
    folder: str = DEFAULT_FOLDER
    prefix: str = ""
    override: Settings = field(default_factory=Settings)
    untrusted: bool = False
    fragment_only: bool = False
    dialect: str = ""
    backend: str = "make"
    durations: str = ""
    launcher: str = ""

    @property
    def rules(self) -> str:
        """The path of the file with the rules."""
        return f"{self.folder}/{RULES[self.backend]}"

    @property
    def has_driver(self) -> bool:
        """Whether a Makefile is written at `output`."""
        return self.backend == "make" and not self.fragment_only


@dataclass(frozen=True)
class Checked:
    """A plan read and resolved: the document, every diagnostic, and the plan if there is no error.

    done names the agents that the plan calls done.
    """

    document: Document
    diagnostics: Sequence[Diagnostic]
    plan: Resolved | None
    done: Sequence[str] = ()


def read_plan(path: str) -> tuple[Document, str]:
    """Return the document at `path` (`-` is standard input) and its SHA-256 in hex.

    Raises OSError if it cannot be read and loader.SyntaxProblem if it is neither JSON nor YAML.
    """
    if path == "-":
        data = sys.stdin.buffer.read()
    else:
        with open(path, "rb") as file:
            data = file.read()
    name = "<stdin>" if path == "-" else path
    return load_text(data, name), hashlib.sha256(data).hexdigest()


def check(document: Document, options: Options, lints: lint.Selection | None = None) -> Checked:
    """Read `document` in its dialect, parse and resolve it; every diagnostic is kept.

    With `lints`, look for those as well, and keep of the warnings what is selected.
    """
    reading = dialects.read(document, options.dialect or None, has_output=_has_output(options))
    document = reading.document
    if not reading.decided:
        return Checked(document, reading.notes, None)
    written, found = parse(document.value, untrusted=options.untrusted)
    misread = bool(found)
    resolved = None
    if written is not None:
        project = project_files(options)
        resolved, more = resolve(written, project, options.folder, options.override)
        # A warning about what could not be read in full is likely to be wrong.
        found += [each for each in more if not misread or each.severity is Severity.ERROR]
    said = set(found)
    found += [note for note in reading.notes if note not in said]
    failed = any(each.severity is Severity.ERROR for each in found)
    if lints and written and resolved and not failed:
        from wavemake import lint

        found = lint.run(written, resolved, document, found, folder=options.folder, selected=lints)
    elif lints:
        found = lints.of(found)
    return Checked(document, found, None if failed else resolved, reading.done)


def project_files(options: Options) -> ProjectFiles:
    """Return the files that a plan may read by patterns: a Makefile of wavemake's is none of them."""
    foreign = not options.has_driver or emit.is_foreign(options.output)
    return ProjectFiles(ours=[] if foreign else [options.output])


def _has_output(options: Options) -> Callable[[str], bool]:
    return lambda agent: os.path.isfile(os.path.join(options.folder, agent, "output.md"))


def build(plan: Resolved, checksum: str, options: Options, done: Sequence[str] = ()) -> BuildGraph:
    """Lower `plan` to the graph that the back ends print; `done` names agents that it calls done.

    Raises BadOption when there are no durations where they were said to be, or the launcher is none.
    """
    path = plan_path(options)
    again = (*command("compile", replace(options, durations="")), "-q") if path else ()
    prefix = options.prefix or default_prefix(options.folder)
    source = Source(path, checksum, again)
    launcher = _launcher(options.launcher)
    took = _durations(options.durations)
    graph = lower(plan, source, options.folder, prefix, took, launcher)
    return replace(graph, done=tuple(done))


def _durations(path: str) -> dict[str, float]:
    if not path:
        return {}
    try:
        return durations.read(path)
    except OSError as error:
        raise BadOption(f"--durations {path!r} cannot be read: {error.strerror}") from error
    except durations.DurationsError as error:
        raise BadOption(f"--durations {path!r} {error}") from error


def _launcher(text: str) -> launchers.Launcher:
    try:
        return launchers.parse(text) if text else launchers.DIRECT
    except launchers.BadLauncher as error:
        raise BadOption(f"--launcher {text!r} {error}") from error


def files_of(graph: BuildGraph, options: Options) -> dict[str, str]:
    """Return every file of a compilation, path -> text, in the order in which they are written.

    The rules come after all that they name, and the driver last.
    """
    folder = graph.folder
    files = {f"{folder}/runtime/{name}": text for name, text in runtime().items()}
    files[f"{folder}/.gitignore"] = _IGNORED
    for job in graph.jobs:
        files |= {f"{folder}/{job.name}/{name}": text for name, text in job.extra}
        files[f"{folder}/{job.name}/task.md"] = job.task
    files[f"{folder}/limits"] = limits(graph)
    files[f"{folder}/unread"] = unread(graph)
    files[f"{folder}/manifest.json"] = manifest(graph)
    if options.backend == "ninja":
        files[f"{folder}/agents.ninja"] = ninja.fragment(graph)
        files[options.rules] = ninja.driver(graph)
    else:
        files[options.rules] = make.fragment(graph)
    if options.has_driver:
        files[options.output] = make.driver(graph)
    return files


def checked_options(options: Options) -> Options:
    """Return `options` with a normal folder, output and prefix.

    Raises BadOption when one of them, or the runner or the model, cannot be used.
    """
    folder = normal_path(options.folder.replace(os.sep, "/"))
    prefix = options.prefix or default_prefix(folder)
    output = normal_path(options.output) if options.output else ""
    override = options.override
    if options.backend == "ninja" and (options.fragment_only or output != DEFAULT_OUTPUT):
        raise BadOption("--backend ninja writes no Makefile: leave --output and --fragment out")
    found = {
        f"--dir {options.folder!r}": _folder_problem(folder),
        f"--prefix {prefix!r}": _prefix_problem(prefix),
        f"--output {options.output!r}": _output_problem(output, folder, options.plan),
        f"--runner {override.runner!r}": _runner_problem(override.runner),
        f"--model {override.model!r}": _model_problem(override.model),
        f"--dialect {options.dialect!r}": _dialect_problem(options.dialect),
    }
    for option, problem in found.items():
        if problem:
            raise BadOption(f"{option} {problem}")
    return replace(options, folder=folder, prefix=prefix, output=output)


def _folder_problem(folder: str) -> str:
    if outside_problem(folder):
        return outside_problem(folder)
    if folder == ".":
        return "is the project itself"
    if not re.fullmatch(r"[A-Za-z0-9._][A-Za-z0-9._/-]*", folder):
        return "may hold letters, digits, '.', '_', '-' and '/' only"
    return ""


def _prefix_problem(prefix: str) -> str:
    plain = re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]*", prefix)
    return "" if plain else "may hold letters, digits, '_' and '-' only"


def _output_problem(output: str, folder: str, plan: str) -> str:
    if output == "-":
        return "names no file: --stdout prints the Makefile"
    if not encodes(output):
        return "is not UTF-8"
    if not output or path_problem(output):
        return path_problem(output) or "is empty"
    if f"{output}/".startswith(f"{folder}/"):
        return "is in the folder that wavemake keeps for agents"
    if os.path.isdir(output):
        return "is a folder"
    return "is the plan itself" if os.path.realpath(output) == os.path.realpath(plan) else ""


def _runner_problem(runner: str | None) -> str:
    if runner is None or runner in RUNNERS:
        return ""
    return f"is unknown: {did_you_mean(runner, RUNNERS) or 'there are ' + ', '.join(RUNNERS)}"


def _dialect_problem(dialect: str) -> str:
    known = dialects.DIALECTS
    if not dialect or dialect in known:
        return ""
    return f"is unknown: {did_you_mean(dialect, known) or 'there are ' + ', '.join(known)}"


def _model_problem(model: str | None) -> str:
    plain = not model or (encodes(model) and model.isprintable())
    return "" if plain else "must be one line of plain text"


def default_prefix(folder: str) -> str:
    """Return the prefix of the fragment's goals: wavemake, or one that names another folder."""
    if folder == DEFAULT_FOLDER:
        return "wavemake"
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", folder.removeprefix(".tmp/")).strip("-")
    # Such a prefix would be a goal of the plan in the usual folder.
    taken = plain in {"agents", "summary", "status", "forced"} or "wave-" in plain
    return f"wavemake_{plain}" if taken else f"wavemake-{plain}"


def vanished(graph: BuildGraph) -> list[str]:
    """Return the names of agents that have a folder but are not in the plan, sorted."""
    known = {job.name for job in graph.jobs}
    try:
        entries = os.listdir(graph.folder)
    except FileNotFoundError:
        return []
    task = "task.md"
    return sorted(
        name
        for name in entries
        if name not in known and os.path.exists(posixpath.join(graph.folder, name, task))
    )


def plan_path(options: Options) -> str:
    """Return the plan's path in the project, or an empty string: only one that is there can be seen
    to change by make."""
    if options.plan == "-":
        return ""
    path = os.path.relpath(options.plan).replace(os.sep, "/")
    if outside_problem(path) or path_problem(path) or not encodes(path):
        return ""
    return f"./{path}" if path.startswith("-") else path


def command(verb: str, options: Options) -> tuple[str, ...]:
    """Return the words that run `wavemake VERB` (compile or clean) on the same plan and folder.

    Those that compile have the same effect as `options`.
    """
    folder = [] if options.folder == DEFAULT_FOLDER else ["--dir", options.folder]
    words = ["wavemake", verb, plan_path(options) or options.plan, *folder]
    if verb == "clean":
        return tuple(words)
    override = options.override
    given = {
        "--output": options.output if options.output != DEFAULT_OUTPUT else "",
        "--prefix": options.prefix if options.prefix != default_prefix(options.folder) else "",
        "--runner": override.runner or "",
        "--model": override.model or "",
        "--dialect": options.dialect,
        "--durations": options.durations,
        "--launcher": options.launcher,
        "--backend": options.backend if options.backend != "make" else "",
    }
    words += [word for flag, value in given.items() if value for word in (flag, value)]
    flags = {"--untrusted": options.untrusted, "--fragment": options.fragment_only}
    return (*words, *(flag for flag, given in flags.items() if given))


def options_of(words: Sequence[str]) -> Options:
    """Return the options of which `command` made the words of a compile; a -q at their end says nothing."""
    flags = {"--untrusted", "--fragment", "-q"}
    rest = [word for word in words[3:] if word not in flags]
    given = dict(zip(rest[::2], rest[1::2], strict=False))
    return Options(
        words[2],
        output=given.get("--output", DEFAULT_OUTPUT),
        folder=given.get("--dir", DEFAULT_FOLDER),
        prefix=given.get("--prefix", ""),
        override=Settings(runner=given.get("--runner"), model=given.get("--model")),
        untrusted="--untrusted" in words,
        fragment_only="--fragment" in words,
        dialect=given.get("--dialect", ""),
        backend=given.get("--backend", "make"),
        durations=given.get("--durations", ""),
        launcher=given.get("--launcher", ""),
    )
