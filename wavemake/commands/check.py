"""The command `check`: says what is wrong with plans, and what their authors will regret."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from wavemake.ui.flags import takes

if TYPE_CHECKING:
    from wavemake import lint
    from wavemake.compiler.options import Options
    from wavemake.plan.diagnostics import Diagnostic, Reports, Source
    from wavemake.plan.loader import Document

    Found = tuple[Source, Sequence[Diagnostic]]


@click.command("check", short_help="Report errors and likely mistakes, and fix them.")
@click.argument("plans", metavar="PLAN...", nargs=-1, required=True)
@takes("check")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
    help="Format of the report.",
)
@click.option(
    "--select",
    metavar="CODES",
    multiple=True,
    help="Report only these codes: WM204, or WM2 for all lints.",
)
@click.option("--ignore", metavar="CODES", multiple=True, help="Do not report these warnings.")
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
@click.option("--fix", is_flag=True, help="Apply fixes that are unambiguous, in the file.")
@click.option("--diff", is_flag=True, help="Show what --fix would change; write nothing.")
def command(
    plans: tuple[str, ...],
    format_: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    strict: bool,
    fix: bool,
    diff: bool,
    **given: Any,
) -> None:
    """Report errors and likely mistakes in each PLAN, a JSON or YAML file or - for standard input.

    `wavemake explain CODE` describes each. Choose warnings and notes by code; errors are always
    reported. A plan chooses for itself with "ignore": ["WM204"], for one agent or as a whole.

    \b
    Exit status: 0 without errors; 1 with errors, with --strict also with warnings, and with
    --diff if there is something to fix; 2 when a file cannot be read, or the command is wrong.
    After --fix, only what is left counts.
    """
    from wavemake import lint
    from wavemake.compiler.options import Options
    from wavemake.compiler.valid import BadOption, checked_options
    from wavemake.ui.console import EXIT_PROBLEMS, EXIT_USAGE, die

    try:
        selected = lint.selection(select, ignore)
        each = [checked_options(Options(plan, **given)) for plan in plans]
    except (BadOption, lint.BadCode) as error:
        die(str(error))
    if fix or diff:
        sys.exit(_fix(each, selected, format_, strict=strict, write=fix and not diff))
    reports = []
    unreadable = False
    for one in each:
        try:
            reports.append(_report(one, selected))
        except OSError as error:
            unreadable = True
            click.echo(f"wavemake: cannot read the plan {one.plan}: {error.strerror}", err=True)
    click.echo(_render(reports, format_), nl=False)
    sys.exit(EXIT_USAGE if unreadable else EXIT_PROBLEMS if _fails(reports, strict) else 0)


def _report(options: Options, selected: lint.Selection) -> Found:
    """The diagnostics of one plan. Raises OSError if it cannot be read."""
    from wavemake.compiler import driver
    from wavemake.plan.loader import SyntaxProblem

    try:
        document, _ = driver.read_plan(options.plan)
    except SyntaxProblem as problem:
        return problem.source, problem.diagnostics
    return _checked(document, options, selected)


def _checked(document: Document, options: Options, selected: lint.Selection) -> Found:
    from wavemake.compiler import driver

    checked = driver.check(document, options, selected)
    return checked.document, checked.diagnostics


def _fix(
    each: Sequence[Options],
    selected: lint.Selection,
    format_: str,
    *,
    strict: bool,
    write: bool,
) -> int:
    """Fix each plan in its file, or show how, and report the errors that are left; return the exit status.

    It is 1 if errors are left, with `strict` warnings as well, or if there is something to fix and it
    was not written.
    """
    from wavemake.ui.console import EXIT_PROBLEMS, die

    fixed, left = False, []
    for options in each:
        try:
            done, report = _fix_one(options, selected, write)
        except OSError as error:
            die(f"{error.filename or options.plan}: {error.strerror}")
        fixed |= done
        if _fails([report], strict):
            left.append(report)
    if left:
        # Standard output may have the difference, or a plan.
        apart = not write or any(options.plan == "-" for options in each)
        click.echo(_render(left, format_), nl=False, err=apart)
    return EXIT_PROBLEMS if left or (fixed and not write) else 0


def _fix_one(options: Options, selected: lint.Selection, write: bool) -> tuple[bool, Found]:
    """Fix one plan; return whether anything was fixed, and what is still wrong with it."""
    from wavemake import fix
    from wavemake.compiler import driver, emit
    from wavemake.compiler.project import ProjectFiles
    from wavemake.plan.loader import SyntaxProblem, load_text

    try:
        document, _ = driver.read_plan(options.plan)
    except SyntaxProblem as problem:
        click.echo(f"{options.plan}: nothing can be fixed: it is neither JSON nor YAML", err=True)
        return False, (problem.source, problem.diagnostics)
    untrusted, project = options.untrusted, ProjectFiles()
    text, done = fix.apply_fixes(
        document, project, options.folder, untrusted=untrusted, selected=selected
    )
    if not write:
        click.echo(fix.difference(document, text), nl=False)
    elif options.plan == "-":
        click.echo(text.encode(), nl=False)
    elif done:
        emit.write_if_changed(options.plan, text)
    for line in done if write else ():
        click.echo(line, err=options.plan == "-")
    if write and not done:
        click.echo(f"{document.name}: nothing to fix", err=options.plan == "-")
    fixed = load_text(text, document.name, document.format) if done else document
    return bool(done), _checked(fixed, options, selected)


def _fails(reports: Reports, strict: bool) -> bool:
    from wavemake.plan.diagnostics import Severity

    bad = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    return any(each.severity in bad for _, found in reports for each in found)


def _render(reports: Reports, format_: str) -> str:
    from wavemake import __version__
    from wavemake.plan import printing

    if format_ == "json":
        return printing.render_json([_in_file(*report) for report in reports])
    if format_ == "github":
        return printing.render_github(reports)
    if format_ == "sarif":
        from wavemake.lint.pages import rules

        said = {each.code for _, found in reports for each in found}
        explained = {code: rule for code, rule in rules().items() if code in said}
        return printing.render_sarif(reports, explained, version=__version__)
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    blocks = [
        printing.render_text(found, source, colour=colour) for source, found in reports if found
    ]
    return "\n".join([*blocks, _count(reports)])


def _in_file(source: Source, found: Sequence[Diagnostic]) -> Found:
    """With paths as they are in the file, also where that is in another tool's shape."""
    from wavemake.plan.dialects import View

    return (source, source.in_file(found)) if isinstance(source, View) else (source, found)


def _count(reports: Reports) -> str:
    """The last line: how many of what there are."""
    from wavemake.plan.diagnostics import Severity
    from wavemake.ui.console import count

    if not reports:
        return ""
    said = Counter(each.severity for _, found in reports for each in found)
    counts = [count(said[kind], kind.value) for kind in Severity if said[kind]]
    return f"{', '.join(counts) or 'no problems'} in {count(len(reports), 'plan')}\n"
