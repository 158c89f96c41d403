"""The command `convert`: writes a plan of another tool's shape in the reference shape."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from wavemake.ui.flags import takes

if TYPE_CHECKING:
    from wavemake.compiler.options import Options
    from wavemake.plan.diagnostics import Diagnostic
    from wavemake.plan.dialects import Reading
    from wavemake.plan.loader import Document, Format


_RUNS_AGAIN = "WM309"
_OF_NAMES = frozenset(["WM207"])


@click.command("convert", short_help="Convert another tool's plan.")
@click.argument("plan", metavar="PLAN")
@click.option("-o", "--output", metavar="FILE", help="File to write, instead of printing the plan.")
@click.option(
    "--to",
    "format_",
    type=click.Choice(["json", "yaml"]),
    help="Format to write; by default that of FILE's suffix, or of PLAN.",
)
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@click.option("--without-done", is_flag=True, help="Leave out what PLAN marks as done.")
@takes("convert")
def command(
    plan: str,
    output: str | None,
    format_: Format | None,
    force: bool,
    without_done: bool,
    **given: Any,
) -> None:
    """Write PLAN, a file or - for standard input, in the shape that wavemake compiles.

    Assumptions are reported on standard error. The plan means the same as before.

    \b
    Exit status: 0 on success; 1 when the plan has errors; 2 when the command is wrong, or a file
    cannot be read or written, or exists already.
    """
    from wavemake.compiler.options import Options
    from wavemake.ui.console import EXIT_PROBLEMS, die, write

    if output is not None and os.path.lexists(output) and not force:
        die(f"{output} exists: choose another name, or overwrite it with --force")
    options = Options(plan, **given)
    document, reading = _read(options)
    if not _is_sound(reading, options, without_done=without_done):
        sys.exit(EXIT_PROBLEMS)
    if without_done and len(reading.done) == len(reading.document.value.get("agents", ())):
        die(f"{plan}: everything is marked as done, so there is nothing left")
    text = _text(document, reading, format_ or _format_of(output, document), options, without_done)
    if output is None:
        click.echo(text.encode(), nl=False)
        return
    write(output, text)


def _read(options: Options) -> tuple[Document, Reading]:
    """The plan as it is, and as it is read; exits if it is neither JSON nor YAML."""
    from wavemake.compiler import driver
    from wavemake.plan import dialects
    from wavemake.plan.loader import SyntaxProblem
    from wavemake.ui.console import EXIT_PROBLEMS, die

    try:
        document, _ = driver.read_plan(options.plan)
        around = driver.surroundings(options)
        return document, dialects.read(document, options.dialect or None, surroundings=around)
    except OSError as error:
        die(f"cannot read the plan {options.plan}: {error.strerror}")
    except dialects.UnknownDialect as error:
        die(str(error))
    except SyntaxProblem as problem:
        _tell(problem.diagnostics, problem.source)
        sys.exit(EXIT_PROBLEMS)


def _tell(found: Sequence[Diagnostic], document: Document) -> None:
    from wavemake.plan.printing import render_text

    colour = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    click.echo(render_text(found, document, colour=colour), nl=False, err=True)


def _is_sound(reading: Reading, options: Options, *, without_done: bool) -> bool:
    """Say all that there is to say about the plan, and tell whether it compiles."""
    from wavemake.compiler import driver

    found, sound = list(reading.notes), False
    if reading.decided:
        checked = driver.check(reading.document, options)
        sound = checked.plan is not None and not reading.has_errors
        said = set(found)
        found += [each for each in checked.diagnostics if each not in said]
    _tell(
        [each for each in found if each.code != _RUNS_AGAIN or not without_done], reading.document
    )
    return sound


def _text(
    document: Document, reading: Reading, format_: Format, options: Options, without_done: bool
) -> str:
    from wavemake.plan.dialects import converting
    from wavemake.plan.dialects.writer import write

    if reading.dialect:
        tree = reading.document.value
        if without_done:
            tree = converting.without(tree, reading.done)
        new = _new_warnings(reading, tree, options)
        return write(converting.ignoring(tree, new) if new else tree, format_)
    same = format_ == document.format
    what = "nothing to convert" if same else f"{document.format} becomes {format_}"
    click.echo(f"wavemake: {document.name} is in the reference shape already: {what}", err=True)
    return document.text if same else write(document.value, format_)


def _new_warnings(reading: Reading, tree: Any, options: Options) -> dict[str, set[str]]:
    """What the lints would say of the plan once it is ours, and do not say of the file: by agent.

    These are names that the other tool gave, and what it marks as done.
    """
    from wavemake.compiler import driver
    from wavemake.plan.loader import Document

    before = {
        (code, finding.agent, finding.also)
        for code, finding in driver.findings(reading.document, options, reading.done)
    }
    found: dict[str, set[str]] = {}
    for code, finding in driver.findings(Document("plan.json", "", tree, "json"), options):
        if (code, finding.agent, finding.also) not in before:
            whole = code in _OF_NAMES
            for name in [""] if whole else [finding.agent, *finding.also][:1]:
                found.setdefault(name, set()).add(code)
    return found


def _format_of(output: str | None, document: Document) -> Format:
    name = (output or "").lower()
    if name.endswith(".json"):
        return "json"
    if name.endswith((".yaml", ".yml")):
        return "yaml"
    return "json" if document.format in ("json", "jsonl") else "yaml"
