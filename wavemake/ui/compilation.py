"""Compiles a plan for a person: writes the files, says what was written and what to type next."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence

import click

from wavemake.compiler import driver, emit, upgrade
from wavemake.compiler.ir import BuildGraph
from wavemake.compiler.makefiles import make_words
from wavemake.compiler.options import Mode, Options
from wavemake.compiler.options import command as words_of
from wavemake.plan.runners import RUNNERS
from wavemake.ui.console import EXIT_PROBLEMS, compiled, count, die


def run(options: Options, mode: Mode) -> None:
    """Compile the plan of `options`; exits with a status that is not 0 when it cannot."""
    graph, options, name = compiled(options, quiet=mode.quiet, strict=mode.strict)
    if options.has_driver and any(job.name == options.output for job in graph.jobs):
        die(
            f"--output {options.output!r} is also the name of an agent: make could not distinguish them"
        )
    files = driver.files_of(graph, options)
    if mode.to_stdout:
        click.echo(_printed(files, options).encode(), nl=False)
        return
    foreign = not mode.force and options.has_driver and emit.is_foreign(options.output)
    if foreign:
        del files[options.output]
    if mode.only_check:
        _check(files, options, name, mode)
        return
    ninja = driver.NINJA_ROOT
    if ninja in files and not mode.force and emit.is_foreign(ninja):
        del files[ninja]
    kept = _keep_foreign(options) if mode.force else ""
    changed = write(files, graph, options, mode)
    if not mode.quiet:
        _account(graph, name, files, changed, mode)
        if kept:
            click.echo(
                f"{kept.partition('.orig')[0]} was not written by wavemake: it is kept as {kept}"
            )
        _say_what_is_left(graph, options)
        _next_step(graph, options, foreign)


def _printed(files: Mapping[str, str], options: Options) -> str:
    """What --stdout prints: the file that a person would look at first."""
    if options.backend == "ninja":
        return files[f"{options.folder}/agents.ninja"]
    return files[options.rules if options.fragment else options.output]


def _check(files: Mapping[str, str], options: Options, name: str, mode: Mode) -> None:
    """Exit with a diff if what is on disk is not what the plan compiles to."""
    different = emit.different(files)
    if not different:
        if not mode.quiet:
            click.echo(f"{name}: {count(len(files), 'file')} up to date")
        return
    if not mode.quiet:
        for path in different:
            click.echo(emit.difference(path, files[path]), nl=False)
        again = shlex.join(words_of("compile", options))
        differ = f"{count(len(different), 'file')} {'differs' if len(different) == 1 else 'differ'}"
        click.echo(f"wavemake: {differ} from what {name} compiles to; to update: {again}", err=True)
    sys.exit(EXIT_PROBLEMS)


def write(files: Mapping[str, str], graph: BuildGraph, options: Options, mode: Mode) -> list[str]:
    """Write `files`, path -> text, and return the paths that changed; exit if one cannot be written."""
    if not mode.force:
        link = emit.way_out(files)
        if link:
            die(
                f"{link} is a link that leads out of this repository: "
                "remove it, or write through it with --force"
            )
        strange = emit.stranger(files, graph.folder)
        if strange:
            die(
                f"{strange} was not written by wavemake: choose another --dir, or replace it with --force"
            )
    try:
        earlier = upgrade.is_earlier(graph.folder)
        changed = emit.write_all(files)
        gone = upgrade.remove_leftovers(graph.folder, files, under_way=earlier and mode.quiet)
        _accept_as_done(graph)
        os.utime(options.rules)  # newer than the plan, so that no further check is needed
    except OSError as error:
        die(f"cannot write {error.filename}: {error.strerror}")
    if earlier:
        click.echo(
            f"wavemake: removed {count(gone, 'file')} of an earlier version from {graph.folder}"
        )
    return changed


def _keep_foreign(options: Options) -> str:
    """Keep a file that is to be replaced and is not wavemake's; return its new name, if any."""
    path = driver.NINJA_ROOT if options.backend == "ninja" else options.output
    if not options.has_driver and options.backend != "ninja":
        return ""
    try:
        return emit.keep_foreign(path)
    except OSError as error:
        die(f"cannot keep {path}: {error.strerror}")


def _accept_as_done(graph: BuildGraph) -> None:
    """An output that wavemake did not make is kept as it is if the plan marks its agent as done."""
    for name in graph.done:
        output = f"{graph.folder}/{name}/output.md"
        if os.path.exists(output) and not os.path.exists(f"{graph.folder}/{name}/key"):
            os.utime(output)


def _account(
    graph: BuildGraph, name: str, files: Mapping[str, str], changed: Sequence[str], mode: Mode
) -> None:
    agents, waves = count(len(graph.jobs), "agent"), count(graph.waves, "wave")
    click.echo(f"{name}: {agents} in {waves}, {_longest_chain(graph.critical_path)}")
    if mode.verbose:
        new = set(changed)
        for path in files:
            click.echo(f"  {'wrote' if path in new else 'unchanged'} {path}")
    click.echo(f"wrote {count(len(changed), 'file')}, {len(files) - len(changed)} unchanged")


def _longest_chain(path: Sequence[str]) -> str:
    shown = path if len(path) <= 6 else [*path[:2], "...", *path[-2:]]
    return f"the longest chain is {len(path)}: {' -> '.join(shown)}"


def _say_what_is_left(graph: BuildGraph, options: Options) -> None:
    gone = driver.vanished(graph)
    if gone:
        click.echo(f"no longer in the plan, and left as they are: {', '.join(gone)}")
        click.echo(f"to remove them: {shlex.join(words_of('clean', options))}")
    if not graph.plan_path and not options.fragment:
        click.echo("the plan is not a file of this project: compile again when it changes")
    for runner in RUNNERS.values():
        if runner.program in graph.programs and not shutil.which(runner.program):
            click.echo(f"{runner.program} is not installed here: {runner.way_out}")
            click.echo("to see the plan run without it: add --runner rehearse")


def _next_step(graph: BuildGraph, options: Options, foreign: bool) -> None:
    rules = options.rules
    if options.backend == "ninja":
        if emit.is_foreign(driver.NINJA_ROOT):
            click.echo("build.ninja is not wavemake's, and was left as it is. Add this line to it:")
            click.echo(f"  subninja {graph.folder}/agents.ninja")
            click.echo(f"next: sh {graph.folder}/runtime/ninja.sh -j4")
        else:
            click.echo("next: ninja")
        _say_if_missing("ninja", "pip install ninja")
    elif foreign and rules in (emit.read_text(options.output) or ""):
        click.echo(f"{options.output} is not wavemake's, and includes {rules}")
        click.echo(f"next: make -k -j4 {graph.prefix}")
    elif foreign:
        click.echo(
            f"{options.output} is not wavemake's, and was left as it is. Add this line to it:"
        )
        click.echo(f"  -include {rules}")
        click.echo(f"next: make -k -j4 {graph.prefix}")
    elif options.fragment:
        click.echo(f"next: add '-include {rules}' to a Makefile, then: make -k -j4 {graph.prefix}")
    else:
        click.echo(f"next: {shlex.join([*make_words(options.output), '-j4'])}")


def _say_if_missing(program: str, way_out: str) -> None:
    if not shutil.which(program):
        click.echo(f"{program} is not installed here: {way_out}")
