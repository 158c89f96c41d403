"""What commands share: compiling up to the build graph, and ending with a message."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from wavemake.compiler.ir import BuildGraph
    from wavemake.compiler.options import Options
    from wavemake.lint import Selection
    from wavemake.plan.diagnostics import Diagnostic
    from wavemake.plan.loader import Document

EXIT_PROBLEMS = 1
EXIT_USAGE = 2

_NAMED = 8


def compiled(
    options: Options, *, quiet: bool, strict: bool = False
) -> tuple[BuildGraph, Options, str]:
    """Run the phases up to the build graph; exit after saying what is wrong if any of it is an error.

    quiet: say nothing of warnings, and do not look for lints; strict: a warning is an error.
    Returns the graph, the options in their normal form, and the name of the plan for messages.
    """
    from wavemake.compiler import driver
    from wavemake.compiler.valid import BadOption, checked_options
    from wavemake.plan.diagnostics import Severity

    try:
        options = checked_options(options)
    except BadOption as error:
        die(str(error))
    document, checksum = _read(options.plan)
    checked = driver.check(document, options, _all_lints() if strict or not quiet else None)
    serious = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    shown = [each for each in checked.diagnostics if not quiet or each.severity in serious]
    _report(shown, checked.document)
    if checked.plan is None or (strict and any(each.severity in serious for each in shown)):
        sys.exit(EXIT_PROBLEMS)
    try:
        graph = driver.build(checked.plan, checksum, options, checked.done)
    except BadOption as error:
        die(str(error))
    return graph, options, document.name


def _all_lints() -> Selection:
    from wavemake.lint import Selection

    return Selection()


def _read(path: str) -> tuple[Document, str]:
    from wavemake.compiler import driver
    from wavemake.plan.loader import SyntaxProblem

    try:
        return driver.read_plan(path)
    except OSError as error:
        die(f"cannot read the plan {path}: {error.strerror}")
    except SyntaxProblem as problem:
        _report(problem.diagnostics, problem.source)
        sys.exit(EXIT_PROBLEMS)


def write(path: str, text: str) -> None:
    """Write a file, unless it has that text already; exit if it cannot be written."""
    from wavemake.compiler import emit

    try:
        emit.write_if_changed(path, text)
    except OSError as error:
        die(f"cannot write {path}: {error.strerror}")


def _report(diagnostics: Sequence[Diagnostic], document: Document) -> None:
    from wavemake.plan.printing import render_text

    colour = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    click.echo(render_text(diagnostics, document, colour=colour), nl=False, err=True)


def coloured(text: str, colour: str | None) -> str:
    """Return `text` in that colour of click's, if any: on a terminal, unless NO_COLOR is set."""
    if not colour or not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return click.style(text, fg=colour)


def count(number: int, noun: str) -> str:
    """Return for instance "1 file" or "2 files"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def no_agent(name: str, known: Iterable[str]) -> NoReturn:
    """End with a message about an agent that does not exist, and name those that do."""
    from wavemake.plan.did_you_mean import did_you_mean

    names = list(known)
    if os.path.isfile(name):
        die(f"{name} is a file: name an agent that was compiled (--dir says where)")
    shown = ", ".join(names if len(names) <= _NAMED else [*names[:_NAMED], "..."])
    die(f"there is no agent {name!r}: {did_you_mean(name, names) or f'there are {shown}'}")


def die(message: str) -> NoReturn:
    """End with a message about the command itself, or about a file that it needs."""
    click.echo(f"wavemake: {message}", err=True)
    sys.exit(EXIT_USAGE)
