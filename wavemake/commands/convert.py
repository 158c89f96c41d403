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


@click.command("convert", short_help="Write another tool's plan as a plan of agents.")
@click.argument("plan", metavar="PLAN")
@click.option("-o", "--output", metavar="FILE", help="Write it there; otherwise it is printed.")
@click.option(
    "--to",
    "format_",
    type=click.Choice(["json", "yaml"]),
    help="The language; otherwise as the ending of FILE says, or as PLAN has it.",
)
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@takes("convert")
def command(
    plan: str,
    output: str | None,
    format_: Format | None,
    force: bool,
    **given: Any,
) -> None:
    """Write PLAN, a file or - for standard input, in the shape that wavemake compiles.

    What was assumed is told on standard error. The plan means the same as before.

    \b
    Exit status: 0 when all is well; 1 when the plan has errors; 2 when the command is wrong, or a
    file cannot be read or written, or is there already.
    """
    from wavemake.compiler import emit
    from wavemake.compiler.options import Options
    from wavemake.ui.console import EXIT_PROBLEMS, die

    if output is not None and os.path.lexists(output) and not force:
        die(f"{output} is there already: choose another name, or insist by --force")
    options = Options(plan, **given)
    document, reading = _read(options)
    if not _is_sound(reading, options):
        sys.exit(EXIT_PROBLEMS)
    text = _text(document, reading, format_ or _format_of(output, document))
    if output is None:
        click.echo(text.encode(), nl=False)
        return
    try:
        emit.write_if_changed(output, text)
    except OSError as error:
        die(f"cannot write {output}: {error.strerror}")


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
    from wavemake.plan.diagnostics import render_text

    colour = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    click.echo(render_text(found, document, colour=colour), nl=False, err=True)


def _is_sound(reading: Reading, options: Options) -> bool:
    """Say all that there is to say about the plan, and tell whether it compiles."""
    from wavemake.compiler import driver

    found, sound = list(reading.notes), False
    if reading.decided:
        checked = driver.check(reading.document, options)
        sound = checked.plan is not None and not reading.has_errors
        said = set(found)
        found += [each for each in checked.diagnostics if each not in said]
    _tell(found, reading.document)
    return sound


def _text(document: Document, reading: Reading, format_: Format) -> str:
    from wavemake.plan.dialects.writer import write

    if reading.dialect:
        return write(reading.document.value, format_)
    same = format_ == document.format
    what = "nothing to convert" if same else f"{document.format} becomes {format_}"
    click.echo(f"wavemake: {document.name} is in the reference shape already: {what}", err=True)
    return document.text if same else write(document.value, format_)


def _format_of(output: str | None, document: Document) -> Format:
    name = (output or "").lower()
    if name.endswith(".json"):
        return "json"
    return "yaml" if name.endswith((".yaml", ".yml")) else document.format
