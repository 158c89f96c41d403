"""Runs the phases of a compilation: load, parse, resolve, lower, print. Nothing is written here."""

from __future__ import annotations

import os
import posixpath
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from wavemake.compiler import emit
from wavemake.compiler import manifest as about
from wavemake.compiler.backends import make, ninja
from wavemake.compiler.bounds import Bounds, Price, bounds_of, budget_of, over
from wavemake.compiler.freshness import checksum
from wavemake.compiler.ir import BuildGraph
from wavemake.compiler.lower import PlanOrigin, lower
from wavemake.compiler.options import Options, again, default_prefix, plan_path
from wavemake.compiler.project import ProjectFiles
from wavemake.compiler.resolve import expanded, resolve
from wavemake.compiler.valid import BadOption
from wavemake.plan import dialects, launchers, regular
from wavemake.plan.diagnostics import Diagnostic, Severity
from wavemake.plan.loader import Document, SyntaxProblem, load_text
from wavemake.plan.model import Plan
from wavemake.plan.parser import parse
from wavemake.plan.resolved import Agent, Resolved
from wavemake.runs import durations
from wavemake.runs.link import linked
from wavemake.runs.state.runs import REHEARSAL

if TYPE_CHECKING:
    from wavemake import lint

_LARGEST_BESIDE = 1_000_000
# The file that a plain ninja reads, like the Makefile for make.
NINJA_ROOT = "build.ninja"
_IGNORED = """\
# What runs leave behind. Outputs, keys and prompts are meant to be kept: a clone of them pays for nothing.
.*
!.gitattributes
!.gitignore
failed-prompt.md
question.md
log.txt
stream.log
status.json
events.jsonl
summary.md
report.html
result.json
runs/
history/
"""
_ATTRIBUTES = """\
# A checksum is of bytes: no checkout may give these files other line ends.
* -text
.git* linguist-generated
agents.* linguist-generated
build.ninja linguist-generated
manifest.json linguist-generated
runtime/** linguist-generated
task.md linguist-generated
# What is of the whole plan: a merge of two plans is compiled again.
agents.* merge=union
build.ninja merge=union
manifest.json merge=union
runtime/plan merge=union
"""


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
    return load_text(data, name), checksum(data)


def check(document: Document, options: Options, lints: lint.Selection | None = None) -> Checked:
    """Read `document` in its dialect, parse and resolve it; every diagnostic is kept.

    With `lints`, look for those as well, and keep of the warnings what is selected.
    """
    around = surroundings(options)
    reading = dialects.read(document, options.dialect or None, surroundings=around)
    document = reading.document
    if not reading.decided:
        return Checked(document, reading.notes, None)
    written, found = parse(document.value, untrusted=options.untrusted)
    misread = bool(found)
    resolved = None
    if written is not None:
        written = _within(written, budget_of(options))
        unrolled = written
        project = project_files(options)
        written, wrong = expanded(written, project, options.folder)
        more = wrong
        if not any(each.severity is Severity.ERROR for each in wrong):
            resolved, more = resolve(written, project, options.folder, options.override)
            more = [*wrong, *more]
            if resolved:
                bounds = bounds_of(options)
                more += over(unrolled, resolved, bounds, _price(options, bounds))
        # A warning about a plan that could not be read in full is likely to be wrong.
        found += [each for each in more if not misread or each.severity is Severity.ERROR]
    said = set(found)
    found += [note for note in reading.notes if note not in said]
    if not reading.dialect and (written is None or not (written.agents or written.waves)):
        found = dialects.named(document.value, found)
    elif reading.dialect:
        found = dialects.few(found)
    if dialects.none_of_ours(document.value, found):
        found = dialects.few(found, 2)
    found = _once(found)
    failed = any(each.severity is Severity.ERROR for each in found)
    if lints and written and resolved and not failed:
        from wavemake import lint

        found = lint.run(
            written,
            resolved,
            document,
            found,
            folder=options.folder,
            selected=lints,
            done=reading.done,
        )
        found = _once(found)
    elif lints:
        found = lints.of(found)
    return Checked(document, found, None if failed else resolved, reading.done)


def _within(plan: Plan, usd: float | None) -> Plan:
    """Return `plan` with a budget of so many dollars at most."""
    own = plan.budget.usd
    if usd is None or (own is not None and own <= usd):
        return plan
    return replace(plan, budget=replace(plan.budget, usd=usd))


def _price(options: Options, bounds: Bounds) -> Price:
    """What agents are likely to cost, by the runs in the folder; nothing is known where there are none."""
    if bounds.cost is None or not os.path.exists(f"{options.folder}/manifest.json"):
        return lambda agent: None
    from wavemake.runs.records import records_of
    from wavemake.runs.state import StateError, read_state

    try:
        records = records_of(read_state(options.folder, earlier=False))
    except StateError:
        return lambda agent: None

    def price(agent: Agent) -> float | None:
        settings = agent.settings
        if settings.runner == REHEARSAL:
            return 0.0
        like = f"{settings.runner or ''} {settings.model or ''}".strip()
        return records.guess(agent.name, like).usd

    return price


def _once(found: Sequence[Diagnostic]) -> list[Diagnostic]:
    """What holds for one pass of an agent, and not again for the others, which stand at the same place."""
    return list({(each.code, each.where): each for each in reversed(found)}.values())[::-1]


def findings(
    document: Document, options: Options, done: Sequence[str] = ()
) -> list[tuple[str, lint.Finding]]:
    """Return what the lints find in a plan without errors, but nothing about what is `done`."""
    from wavemake import lint

    written, _ = parse(document.value)
    if written is None:
        return []
    project = project_files(options)
    written, _ = expanded(written, project, options.folder)
    resolved, _ = resolve(written, project, options.folder, options.override)
    if resolved is None:
        return []
    return lint.findings(written, resolved, document, folder=options.folder, done=done)


def project_files(options: Options) -> ProjectFiles:
    """Return the files that a plan may read by patterns: a Makefile of wavemake's is none of them."""
    foreign = not options.has_driver or emit.is_foreign(options.output)
    return ProjectFiles(ours=[] if foreign else [options.output], plan=plan_path(options))


def surroundings(options: Options) -> dialects.Surroundings:
    """Return what a plan is read in: the answers that there are, and the files beside it."""

    def has_output(agent: str) -> bool:
        return os.path.isfile(os.path.join(options.folder, agent, "output.md"))

    def beside(name: str) -> Any:
        path = os.path.join(os.path.dirname(options.plan), name)
        if options.plan == "-" or not os.path.isfile(path):
            return None
        try:
            return load_text(regular.read_bytes(path, _LARGEST_BESIDE), path).value
        except (OSError, SyntaxProblem):
            return None

    return dialects.Surroundings(has_output, beside, options.tag)


def build(plan: Resolved, checksum: str, options: Options, done: Sequence[str] = ()) -> BuildGraph:
    """Lower `plan` to the graph that the back ends print; `done` names agents that it calls done.

    Raises BadOption when there are no durations where they were said to be, or the launcher is none.
    """
    prefix = options.prefix or default_prefix(options.folder)
    source = PlanOrigin(plan_path(options), checksum, again(options))
    launcher = _launcher(options.launcher, options.sandbox_net)
    took = _durations(options.durations)
    graph = lower(plan, source, options.folder, prefix, took, launcher)
    return replace(graph, done=tuple(done), on_end=options.on_end or plan.on_end)


def _durations(path: str) -> dict[str, float]:
    if not path:
        return {}
    try:
        return durations.read(path)
    except OSError as error:
        raise BadOption(f"--durations {path!r} cannot be read: {error.strerror}") from error
    except durations.DurationsError as error:
        raise BadOption(f"--durations {path!r} {error}") from error


def _launcher(text: str, net: str) -> launchers.Launcher:
    net = "" if net == "on" else net
    if net and not text:
        raise BadOption("--sandbox-net is for --launcher sandbox")
    try:
        return launchers.parse(text, net) if text else launchers.DIRECT
    except launchers.BadLauncher as error:
        raise BadOption(f"--launcher {text!r} {error}") from error


def files_of(graph: BuildGraph, options: Options) -> dict[str, str]:
    """Return every file of a compilation, path -> text, in the order in which they are written.

    The rules come after all that they name, and the driver last.
    """
    folder = graph.folder
    parts = {part for job in graph.jobs for part in job.parts}
    parts |= {"budget.sh"} if graph.has_budget else set()
    parts |= {"end.sh"} if graph.on_end else set()
    parts |= {"ninja.sh"} if options.backend == "ninja" else set()
    files = {f"{folder}/runtime/{name}": text for name, text in linked(parts).items()}
    files[f"{folder}/runtime/plan"] = about.plan(graph)
    files[f"{folder}/.gitignore"] = _IGNORED
    files[f"{folder}/.gitattributes"] = _ATTRIBUTES
    for job in graph.jobs:
        files |= {f"{folder}/{job.name}/{name}": text for name, text in job.extra}
        files[f"{folder}/{job.name}/task.md"] = job.task
    files[f"{folder}/manifest.json"] = about.manifest(graph)
    if options.backend == "ninja":
        files[f"{folder}/agents.ninja"] = ninja.fragment(graph)
        files[options.rules] = ninja.driver(graph)
        files[NINJA_ROOT] = ninja.root(graph)
    else:
        files[options.rules] = make.fragment(graph)
    if options.has_driver:
        files[options.output] = make.driver(graph)
    return files


def vanished(graph: BuildGraph) -> list[str]:
    """Return the names of agents that have a folder but are not in the plan, sorted.

    Those that runs have made for the items of a list are in none.
    """
    known = {job.name for job in graph.jobs}
    cells = tuple(f"{job.name}-" for job in graph.jobs if job.listed_by)
    try:
        entries = os.listdir(graph.folder)
    except FileNotFoundError:
        return []
    task = "task.md"
    return sorted(
        name
        for name in entries
        if name not in known
        and not name.startswith(cells)
        and os.path.exists(posixpath.join(graph.folder, name, task))
    )
