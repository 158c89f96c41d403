"""The command `runners`: lists who can run agents, whether they are here, and how they are called."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from wavemake.compiler.options import DEFAULT_FOLDER, Options

if TYPE_CHECKING:
    from wavemake.agents.installed import Program
    from wavemake.plan.runners import Runner


@click.command("runners", short_help="List the CLIs that can run agents.")
@click.argument("plan", metavar="[PLAN]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(plan: str | None, as_json: bool) -> None:
    """List the runners: whether each is installed here, its version, and how it is called.

    With PLAN, also those that the plan defines. Exit status 1 when the plan has errors.

    \b
    wavemake runners
    wavemake runners plan.json --json
    """
    from wavemake.agents.installed import look_for
    from wavemake.plan.runners import RUNNERS, known

    runners = known(_defined_by(plan)) if plan else RUNNERS
    programs = sorted({runner.program for runner in runners.values() if runner.program})
    found = {program.name: program for program in look_for(programs)}
    if as_json:
        entries = [_fields(each, found.get(each.program)) for each in runners.values()]
        click.echo(json.dumps(entries, indent=2))
    else:
        click.echo("\n".join(_lines(runners, found)))


def _defined_by(plan: str) -> Sequence[Any]:
    """The runners that `plan` defines; exits when it cannot be read or has errors."""
    from wavemake.compiler import driver
    from wavemake.plan.diagnostics import Severity
    from wavemake.plan.loader import SyntaxProblem
    from wavemake.plan.printing import render_text
    from wavemake.ui.console import EXIT_PROBLEMS, die

    try:
        document, _ = driver.read_plan(plan)
    except OSError as error:
        die(f"cannot read the plan {plan}: {error.strerror}")
    except SyntaxProblem as problem:
        click.echo(
            render_text(problem.diagnostics, problem.source, colour=False), nl=False, err=True
        )
        sys.exit(EXIT_PROBLEMS)
    checked = driver.check(document, Options(plan))
    if checked.plan is None:
        errors = [each for each in checked.diagnostics if each.severity is Severity.ERROR]
        click.echo(render_text(errors, checked.document, colour=False), nl=False, err=True)
        sys.exit(EXIT_PROBLEMS)
    return checked.plan.runners


def _call(runner: Runner) -> str:
    """The command line without any settings, as a shell would take it."""
    words = [word.replace("{runtime}", f"{DEFAULT_FOLDER}/runtime") for word in runner.argv]
    # Text in braces is filled in later.
    shown = " ".join(word if word in _LATER else shlex.quote(word) for word in words)
    return f"{shown} < {{prompt}}" if runner.prompt == "stdin" else shown


_LATER = ("{command}", "{prompt}")


def _settings(runner: Runner) -> dict[str, str]:
    """How each setting is passed on that the CLI can honour."""
    from wavemake.plan.runners import HONOURABLE

    passed = {name: getattr(runner, name) for name in HONOURABLE if runner.honours(name)}
    return {
        name: f"{words}=FOLDER"
        if name == "isolate"
        else " ".join(words).replace("{}", name.upper())
        for name, words in passed.items()
    }


def _lines(runners: Mapping[str, Runner], found: Mapping[str, Program]) -> Iterator[str]:
    from wavemake.plan.runners import DEFAULT

    width = max(map(len, runners))
    for runner in runners.values():
        state = _state(runner, found.get(runner.program))
        yield f"{runner.name:<{width}}  {state}{' (the default)' if runner.name == DEFAULT else ''}"
        more = [
            ("runs", _call(runner)),
            (
                "answer",
                "as it is printed" if runner.envelope == "text" else f"envelope {runner.envelope}",
            ),
            ("settings", ", ".join(_settings(runner).values())),
            ("needs", ", ".join([*runner.requires, *map(_variable, runner.env)])),
        ]
        yield from (f"  {label:<8} {text}" for label, text in more if text)


def _state(runner: Runner, program: Program | None) -> str:
    if program is None:
        return "always here" if not runner.program else runner.program
    if program.path is None:
        return f"not installed{f': {runner.way_out}' if runner.way_out else ''}"
    return program.version or f"installed, but {program.name} --version fails"


def _variable(name: str) -> str:
    return f"${name}" if os.environ.get(name) else f"${name} (not set)"


def _fields(runner: Runner, program: Program | None) -> dict[str, Any]:
    from wavemake.plan.runners import DEFAULT, RUNNERS

    return {
        "name": runner.name,
        "default": runner.name == DEFAULT,
        "preset": RUNNERS.get(runner.name) is runner,
        "program": runner.program or None,
        "path": program.path if program else None,
        "version": program.version if program else None,
        "command": list(runner.argv),
        "prompt": runner.prompt,
        "envelope": runner.envelope,
        "settings": _settings(runner),
        "requires": list(runner.requires),
        "context": list(runner.context),
        "environment": dict(runner.environment),
        "env": {name: bool(os.environ.get(name)) for name in runner.env},
        "way_out": runner.way_out or None,
        "source": runner.source or None,
    }
