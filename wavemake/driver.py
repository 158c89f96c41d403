"""Runs the phases of a compilation: load, parse, resolve, lower, emit. Nothing is written here."""

from __future__ import annotations

import glob
import hashlib
import os
import posixpath
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from wavemake.backends import make
from wavemake.diagnostics import Diagnostic, Severity
from wavemake.ir import BuildGraph
from wavemake.loader import Document, load_text
from wavemake.lower import Source, lower
from wavemake.manifest import manifest
from wavemake.model import Resolved, Settings
from wavemake.names import normal_path, outside_problem, path_problem
from wavemake.parser import parse
from wavemake.render import runtime
from wavemake.resolve import resolve

DEFAULT_FOLDER = ".tmp/agents"
DEFAULT_OUTPUT = "Makefile"
_IGNORED = """\
# What runs leave behind. Outputs, keys and prompts are meant to be kept: a clone of them pays for nothing.
.*
!.gitignore
log.txt
status.json
events.jsonl
summary.md
"""


class BadOption(ValueError):
    """An option of compile that cannot be used; its text says why."""


@dataclass(frozen=True)
class Options:
    """What compile was asked for. override: settings that hold whatever the plan says."""

    plan: str
    output: str = DEFAULT_OUTPUT
    folder: str = DEFAULT_FOLDER
    prefix: str = ""
    override: Settings = field(default_factory=Settings)
    untrusted: bool = False
    fragment_only: bool = False


@dataclass(frozen=True)
class Checked:
    """A plan read and resolved: the document, every diagnostic, and the plan if there is no error."""

    document: Document
    diagnostics: Sequence[Diagnostic]
    plan: Resolved | None


class ProjectFiles:
    """The files below the current folder."""

    def exists(self, path: str) -> bool:
        """Tell whether there is a file or folder at `path`."""
        return os.path.lexists(path)

    def is_folder(self, path: str) -> bool:
        """Tell whether `path` is a folder."""
        return os.path.isdir(path)

    def glob(self, pattern: str) -> list[str]:
        """Return the files that match, sorted; `**` matches any number of folders."""
        found = glob.iglob(pattern, recursive=True)
        return sorted(path.replace(os.sep, "/") for path in found if os.path.isfile(path))


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


def check(document: Document, options: Options) -> Checked:
    """Parse and resolve `document`; every diagnostic of both phases is kept."""
    written, found = parse(document.value, untrusted=options.untrusted)
    resolved = None
    if written is not None:
        resolved, more = resolve(written, ProjectFiles(), options.folder, options.override)
        found = [*found, *more]
    failed = any(each.severity is Severity.ERROR for each in found)
    return Checked(document, found, None if failed else resolved)


def build(plan: Resolved, checksum: str, options: Options) -> BuildGraph:
    """Lower `plan` to the graph that the back ends print."""
    path = "" if options.plan == "-" else _inside(options.plan)
    words = _compile_words(path, options) if path else ()
    source = Source(path, checksum, words)
    return lower(plan, source, options.folder, options.prefix or default_prefix(options.folder))


def files_of(graph: BuildGraph, options: Options) -> dict[str, str]:
    """Return every file of a compilation, path -> text, in the order in which they are written.

    The rules come after all that they name, and the driver last.
    """
    folder = graph.folder
    files = {f"{folder}/runtime/{name}": text for name, text in runtime().items()}
    files[f"{folder}/.gitignore"] = _IGNORED
    files |= {f"{folder}/{job.name}/task.md": job.task for job in graph.jobs}
    files[f"{folder}/manifest.json"] = manifest(graph)
    files[f"{folder}/agents.mk"] = make.fragment(graph)
    if not options.fragment_only:
        files[options.output] = make.driver(graph)
    return files


def checked_options(options: Options) -> Options:
    """Return `options` with a normal folder and prefix.

    Raises BadOption when the folder or the prefix cannot be used in a Makefile.
    """
    folder = normal_path(options.folder.replace(os.sep, "/"))
    problem = outside_problem(folder) or ("is the project itself" if folder == "." else "")
    if not problem and not re.match(r"[A-Za-z0-9._/-]+\Z", folder):
        problem = "may hold letters, digits, '.', '_', '-' and '/' only"
    if problem:
        raise BadOption(f"--dir {options.folder!r}: {problem}")
    prefix = options.prefix or default_prefix(folder)
    if not re.match(r"[A-Za-z0-9_][A-Za-z0-9_-]*\Z", prefix):
        raise BadOption(f"--prefix {prefix!r}: may hold letters, digits, '_' and '-' only")
    changed = {"folder": folder, "prefix": prefix}
    return Options(**{**vars(options), **changed})


def default_prefix(folder: str) -> str:
    """Return the prefix of the fragment's goals: wavemake, or one that names another folder."""
    if folder == DEFAULT_FOLDER:
        return "wavemake"
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", folder.removeprefix(".tmp/")).strip("-")
    return f"wavemake-{plain}"


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


def _inside(path: str) -> str:
    """The path of the plan relative to the project, or an empty string if it is elsewhere."""
    path = os.path.relpath(path).replace(os.sep, "/")
    return "" if outside_problem(path) or path_problem(path) else path


def _compile_words(path: str, options: Options) -> tuple[str, ...]:
    """The words that compile the plan again: `make` runs them when the plan has changed."""
    override = options.override
    given = {
        "--output": options.output if options.output != DEFAULT_OUTPUT else "",
        "--dir": options.folder if options.folder != DEFAULT_FOLDER else "",
        "--prefix": options.prefix if options.prefix != default_prefix(options.folder) else "",
        "--runner": override.runner or "",
        "--model": override.model or "",
    }
    words = [word for flag, value in given.items() if value for word in (flag, value)]
    flags = ["--untrusted"] * options.untrusted
    return ("wavemake", "compile", path, *words, *flags)
