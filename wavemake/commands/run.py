"""wavemake run: plans if it is given a goal, compiles, runs make or ninja; shows each step as a command."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import click

from wavemake.ui.arguments import complete_agents
from wavemake.ui.flags import jobs_option, takes

if TYPE_CHECKING:
    from wavemake.compiler.ir import BuildGraph
    from wavemake.compiler.options import Options
    from wavemake.ui.shown import Expected

_PLAN_SUFFIXES = (".json", ".yaml", ".yml", ".jsonl", ".md")
_agents = partial(click.option, metavar="AGENT", multiple=True, shell_complete=complete_agents)


@dataclass(frozen=True)
class Wanted:
    """What is to be run: goals, what is paid again, and how make or ninja goes about it."""

    wave: int | None
    only: tuple[str, ...]
    start: tuple[str, ...]
    force: tuple[str, ...]
    jobs: int
    fail_fast: bool


@click.command("run", short_help="Compile and run a plan, or plan for a goal first.")
@click.argument("what", metavar="[GOAL|PLAN]", required=False)
@click.option("--plan", "plan", metavar="FILE", help="Run this plan.")
@takes("run")
@click.option("--wave", type=click.IntRange(1), help="Run all waves up to this one.")
@_agents("--only", "only", help="Run this agent and its prerequisites.")
@_agents("--from", "start", help="Run this agent and all downstream of it again.")
@_agents("--force", "force", help="Run this agent again, even if its answer is cached.")
@jobs_option
@click.option(
    "--keep-going/--fail-fast",
    default=True,
    help="Whether to go on with agents that do not depend on a failure.",
)
@click.option(
    "--tick", is_flag=True, help="Tick the boxes of the agents that are done, in a checklist."
)
@click.option("--plain", is_flag=True, help="Show only the output of make, also on a terminal.")
def command(
    what: str | None,
    plan: str | None,
    wave: int | None,
    only: tuple[str, ...],
    start: tuple[str, ...],
    force: tuple[str, ...],
    jobs: int,
    keep_going: bool,
    tick: bool,
    plain: bool,
    **given: Any,
) -> None:
    """Run PLAN, or plan for GOAL and run that. Each step is shown as a command that you can type.

    On a terminal, a view of the agents is shown below the output of make. It does not change the run;
    Ctrl-C goes to make.

    Exit status: that of make or ninja; 1 or 2 without a valid plan, as for wavemake plan and compile.

    \b
    wavemake run plan.json -j4
    wavemake run "Build a SaaS app with auth, UI and API"
    wavemake run --plan .tmp/agents/plan.json --from api
    """
    from wavemake.compiler.emit import is_foreign
    from wavemake.compiler.options import DEFAULT_OUTPUT, Options
    from wavemake.ui.console import die

    if (what is None) == (plan is None):
        die(
            "name either a goal or a plan: wavemake run plan.json, or wavemake run --plan plan.json"
        )
    if only and wave is not None:
        die("--only and --wave exclude each other: make would run all that either of them names")
    options = Options(plan or what or "", **given)
    folder = options.folder
    path, planned = _plan(options, is_plan=plan is not None)
    foreign = options.backend == "make" and is_foreign(DEFAULT_OUTPUT)
    before = _compiled_before(folder)
    # A plan that a model wrote is still untrusted when it runs a second time.
    is_same = before is not None and os.path.realpath(before.plan) == os.path.realpath(path)
    options = replace(
        options,
        plan=path,
        untrusted=planned or (is_same and before is not None and before.untrusted),
        prefix=_recorded_prefix(folder),
        durations=folder if os.path.exists(f"{folder}/events.jsonl") else "",
        fragment=foreign,
    )
    graph = _compile(options)
    wanted = Wanted(wave, only, start, force, jobs, not keep_going)
    if options.backend == "ninja":
        status = _ninja(graph, wanted, plain)
    else:
        status = _make(graph, wanted, alone=foreign or wanted.fail_fast, plain=plain)
    if tick:
        _tick(options)
    sys.exit(status)


def _plan(options: Options, *, is_plan: bool) -> tuple[str, bool]:
    """The plan's path, and whether a model has just written it."""
    from wavemake.commands.plan import command as plan_command
    from wavemake.compiler.options import command as words_of
    from wavemake.ui.console import die

    text = options.plan
    if is_plan or text == "-" or os.path.exists(text) or text.endswith(_PLAN_SUFFIXES):
        return text, False
    # A misspelt file name must not start a call that writes a plan.
    if not any(map(str.isspace, text)):
        die(
            f"there is no plan {text!r}, and a goal is more than a word: "
            'wavemake run --plan FILE, or wavemake run "Build a ..."'
        )
    path = f"{options.folder}/plan.json"
    words = [text, "-o", path, *words_of("plan", options)[3:]]
    _show(["wavemake", "plan", *words])
    try:
        plan_command.main(words, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    return path, True


def _tick(options: Options) -> None:
    """Tick the boxes of what is done in a checklist, if it can still be read."""
    from wavemake.compiler import driver, emit
    from wavemake.plan import dialects
    from wavemake.plan.dialects.ticking import ticked
    from wavemake.plan.loader import SyntaxProblem
    from wavemake.runs.state import GOOD, StateError, read_state
    from wavemake.ui.console import die

    try:
        document, _ = driver.read_plan(options.plan)
        reading = dialects.read(
            document, options.dialect or None, surroundings=driver.surroundings(options)
        )
        view = reading.document
        if document.format != "markdown" or not isinstance(view, dialects.View):
            die(f"--tick is for a checklist in Markdown, and {options.plan} is none")
        states = read_state(options.folder, earlier=False).agents.values()
        done = {each.name for each in states if each.state in GOOD and each.runner != "rehearse"}
        emit.write_if_changed(options.plan, document.bom + ticked(view, done))
    except (OSError, SyntaxProblem, StateError) as error:
        die(f"the boxes of {options.plan} are not ticked: {error}")


def _recorded_prefix(folder: str) -> str:
    """The prefix of the goals in `folder`, by which somebody's Makefile may know them."""
    from wavemake.runs.state import StateError, read_manifest

    try:
        return str(read_manifest(folder).head.get("prefix") or "")
    except StateError:
        return ""


def _compiled_before(folder: str) -> Options | None:
    """The options with which the plan in `folder` was compiled, or None if none was."""
    from wavemake.compiler.options import from_words
    from wavemake.runs.fields import texts
    from wavemake.runs.state import StateError, read_manifest

    try:
        words = texts(read_manifest(folder).head, "compile")
    except StateError:
        return None
    return from_words(words) if words else None


def _compile(options: Options) -> BuildGraph:
    from wavemake.compiler import driver
    from wavemake.compiler.options import Mode
    from wavemake.compiler.options import command as words_of
    from wavemake.ui.compilation import write
    from wavemake.ui.console import compiled

    graph, options, _ = compiled(options, quiet=False)
    _show(words_of("compile", options))
    write(driver.files_of(graph, options), graph, options, Mode())
    return graph


def _make(graph: BuildGraph, wanted: Wanted, *, alone: bool, plain: bool) -> int:
    """Run make; its exit status. alone: run the rules by themselves, without the driver Makefile."""
    from wavemake.compiler.makefiles import make_words
    from wavemake.compiler.options import DEFAULT_OUTPUT

    words = [*(["make"] if alone else make_words(DEFAULT_OUTPUT)), f"-j{wanted.jobs}"]
    if alone:
        words += [] if _is_included(graph) else ["-f", f"{graph.folder}/agents.mk"]
        words += [] if wanted.fail_fast else ["-k"]
    words += _goals(graph, wanted, alone)
    settings = {**_forced(wanted), **(_only_cells(graph, wanted) if alone else {})}
    status = _call(words, settings, None if plain else _expected(graph, wanted))
    if alone:
        _call(["make", "-f", f"{graph.folder}/agents.mk", f"{graph.prefix}-summary"], {}, None)
    return status


def _is_included(graph: BuildGraph) -> bool:
    """Are the rules part of the Makefile here, which may make what agents read?"""
    from wavemake.compiler.makefiles import includes, makefile, read

    name = makefile()
    return includes(read(name) or b"", graph.folder) if name else False


def _ninja(graph: BuildGraph, wanted: Wanted, plain: bool) -> int:
    """Run ninja by its driver, which sums up; its exit status."""
    words = ["sh", f"{graph.folder}/runtime/ninja.sh", f"-j{wanted.jobs}"]
    words += ["-k1"] if wanted.fail_fast else []
    words += _goals(graph, wanted, alone=False)
    return _call(words, _forced(wanted), None if plain else _expected(graph, wanted))


def _expected(graph: BuildGraph, wanted: Wanted) -> Expected:
    from wavemake.ui.shown import Expected

    goals = _goals(graph, wanted, alone=False)
    return Expected(graph.folder, (*goals,), (*wanted.force, *wanted.start), wanted.jobs)


def _forced(wanted: Wanted) -> dict[str, str]:
    forced = dict.fromkeys([*wanted.force, *wanted.start])
    return {"WAVEMAKE_FORCE": " ".join(forced)} if forced else {}


def _cells(graph: BuildGraph) -> dict[str, str]:
    """The cells that runs have made, each with the agent whose cell it is."""
    from wavemake.runs.cells import with_cells

    known = {job.name for job in graph.jobs}
    records = with_cells(graph.folder, graph.jobs)
    return {each.name: each.group for each in records if each.name not in known}


def _only_cells(graph: BuildGraph, wanted: Wanted) -> dict[str, str]:
    """The variable by which an agent runs only some of its cells: nothing that needs the others is a goal."""
    cells = _cells(graph)
    if not wanted.only or wanted.start or wanted.wave or not cells.keys() >= {*wanted.only}:
        return {}
    return {"WAVEMAKE_CELLS": " ".join(wanted.only)}


def _goals(graph: BuildGraph, wanted: Wanted, alone: bool) -> list[str]:
    from wavemake.ui.console import count, die

    cells = _cells(graph)
    known = [*(job.name for job in graph.jobs), *cells]
    for name in [*wanted.only, *wanted.start, *wanted.force]:
        if name not in known:
            _refuse(name, graph, known)
    if wanted.wave is not None and wanted.wave > graph.waves:
        die(f"the plan has only {count(graph.waves, 'wave')}")
    start = {cells.get(name, name) for name in wanted.start}
    agents = dict.fromkeys([*wanted.only, *_downstream(graph, start)])
    if alone:
        agents = dict.fromkeys(cells.get(name, name) for name in agents)
    goals = [f"{graph.folder}/{name}/output.md" if alone else name for name in agents]
    if wanted.wave is not None:
        goals.append(f"{graph.prefix}-wave-{wanted.wave}" if alone else f"wave-{wanted.wave}")
    if not goals and alone:
        goals.append(f"{graph.prefix}-agents")
    return goals


def _refuse(name: str, graph: BuildGraph, known: list[str]) -> NoReturn:
    from wavemake.ui.console import die, no_agent

    for job in graph.jobs:
        if job.listed_by and name.startswith(f"{job.name}-"):
            die(
                f"{name!r} is not a cell of {job.name} in its last list: --only {job.name} runs them all"
            )
    no_agent(name, known)


def _downstream(graph: BuildGraph, start: set[str]) -> list[str]:
    """The agents in `start` and all that need them; the jobs are sorted by wave."""
    reached = set(start)
    for job in graph.jobs:
        if reached.intersection(job.needs):
            reached.add(job.name)
    return [job.name for job in graph.jobs if job.name in reached]


def _show(words: list[str] | tuple[str, ...], environment: dict[str, str] | None = None) -> None:
    settings = [f"{name}={shlex.quote(value)}" for name, value in (environment or {}).items()]
    click.echo(" ".join(["$", *settings, shlex.join(words)]))


def _call(words: list[str], environment: dict[str, str], expected: Expected | None) -> int:
    """Run a command in the foreground, with a view of what is `expected` of it; its exit status."""
    from wavemake.ui.shown import run_shown

    _show(words, environment)
    return run_shown(words, environment, expected)
