"""wavemake plan: from a goal to a plan, by asking a model."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import sys
from typing import TYPE_CHECKING, Any

import click

from wavemake.compiler.options import DEFAULT_FOLDER, Options
from wavemake.compiler.options import command as words_of
from wavemake.ui.flags import takes

if TYPE_CHECKING:
    from wavemake.agents.planner import Planned
    from wavemake.plan.resolved import Resolved

DEFAULT_PLAN = f"{DEFAULT_FOLDER}/plan.json"


@click.command("plan", short_help="Ask a model for a plan that reaches a goal.")
@click.argument("goal")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help=f"Plan to write; {DEFAULT_PLAN}, or the plan that is revised.",
)
@click.option("--revise", metavar="PLAN", help="Change this plan as GOAL says, and show the diff.")
@click.option("--runner", metavar="NAME", default="claude", show_default=True, help="CLI to ask.")
@click.option("--model", metavar="NAME", help="Model to ask.")
@click.option(
    "--command", metavar="TEXT", help="With --runner command: the command that reads the prompt."
)
@click.option(
    "--tries",
    type=click.IntRange(1, 20),
    default=3,
    show_default=True,
    help="Attempts before giving up.",
)
@click.option(
    "--timeout",
    type=click.IntRange(1),
    default=600,
    show_default=True,
    help="Seconds for each attempt.",
)
@takes("plan")
@click.option("--dry-run", is_flag=True, help="Print the prompt; ask no model.")
@click.option("--force", is_flag=True, help="Overwrite a plan that was edited by hand.")
def command(
    goal: str,
    output: str | None,
    revise: str | None,
    runner: str,
    model: str | None,
    command: str | None,
    tries: int,
    timeout: int,
    dry_run: bool,
    force: bool,
    **bounds: Any,
) -> None:
    """Ask a model for a plan that reaches GOAL, check the plan, and let the model correct it.

    The plan may carry no commands, arguments or permissions. It is written only if it is valid and within the
    bounds of an untrusted plan, or those that are given.

    Exit status: 0 with a valid plan; 1 when the model gave none (its last answer is kept beside it);
    2 when the model cannot be asked, or the plan cannot be written.

    \b
    wavemake plan "Build a SaaS app with auth, UI and API"
    wavemake plan --revise plan.json "split the api agent"
    """
    from wavemake.agents import planner

    path = output or revise or DEFAULT_PLAN
    before = _plan_to_revise(revise)
    question = planner.prompt(goal, before)
    if dry_run:
        click.echo(question.encode(), nl=False)
        return
    _refuse_to_overwrite(path, revise, force)
    settings = _settings(runner, model, command, timeout)
    options = Options(path, untrusted=True, **bounds)
    _refuse_bad_bounds(options)
    planned = _ask(question, settings, tries, options)
    _write(planned, options, before)


def _settings(runner: str, model: str | None, command: str | None, timeout: int) -> object:
    from wavemake.plan.model import Settings
    from wavemake.plan.runners import RUNNERS
    from wavemake.ui.console import die

    if runner not in RUNNERS:
        die(f"--runner {runner!r} is unknown: there are {', '.join(RUNNERS)}")
    if runner == "command" and not command:
        die("--runner command needs --command: a shell command that reads a prompt")
    return Settings(runner=runner, model=model, command=command, args=(), timeout=timeout)


def _refuse_bad_bounds(options: Options) -> None:
    """A model is asked only if its plan can be checked."""
    from wavemake.compiler.bounds import BadBound, bounds_of, budget_of
    from wavemake.ui.console import die

    try:
        bounds_of(options)
        budget_of(options)
    except BadBound as error:
        die(str(error))


def _plan_to_revise(path: str | None) -> str:
    from wavemake.ui.console import die

    if path is None:
        return ""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        die(f"cannot read the plan {path}: {getattr(error, 'strerror', None) or 'not UTF-8'}")


def _refuse_to_overwrite(path: str, revise: str | None, force: bool) -> None:
    """What the planner wrote may be replaced, and what is to be revised; a person's work not."""
    from wavemake.ui.console import die

    if force or path == revise or not os.path.exists(path):
        return
    with open(path, "rb") as file:
        now = hashlib.sha256(file.read()).hexdigest()
    with contextlib.suppress(OSError), open(_mark(path), encoding="utf-8") as file:
        if file.read().strip() == now:
            return
    die(f"{path} was not written by wavemake plan, or has been edited: --force overwrites it")


def _mark(path: str) -> str:
    """The file that holds the checksum of the plan at `path` as the planner wrote it."""
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name}.planned")


def _ask(question: str, settings: object, tries: int, options: Options) -> Planned:
    from wavemake.agents import planner
    from wavemake.agents.ask import AskError, ask
    from wavemake.compiler import emit
    from wavemake.plan.model import Settings
    from wavemake.ui.console import EXIT_PROBLEMS, die

    assert isinstance(settings, Settings)
    path = options.plan
    try:
        for step in planner.make_plan(question, options, lambda text: ask(settings, text), tries):
            if not isinstance(step, str):
                return step
            click.echo(step, err=True)
    except AskError as error:
        die(str(error))
    except planner.NoPlan as error:
        emit.write_if_changed(f"{path}.rejected", error.answer)
        click.echo(str(error), nl=False, err=True)
        click.echo(f"wavemake: no valid plan; the last answer is in {path}.rejected", err=True)
        sys.exit(EXIT_PROBLEMS)
    raise AssertionError("make_plan ends with a plan or an exception")


def _write(planned: Planned, options: Options, before: str) -> None:
    from wavemake.agents.placing import all_in_workspaces
    from wavemake.agents.sets import plan_text
    from wavemake.compiler import emit

    path = options.plan
    text = plan_text(all_in_workspaces(planned.tree))
    if before:
        click.echo(emit.difference(path, text), nl=False)
        if emit.read_text(path) not in (None, text):
            emit.write_if_changed(f"{path}.old", before)
            click.echo(f"the plan as it was is in {path}.old")
    emit.write_if_changed(path, text)
    emit.write_if_changed(_mark(path), hashlib.sha256(text.encode()).hexdigest() + "\n")
    click.echo(planned.warnings, nl=False, err=True)
    click.echo(table(planned.plan), nl=False)
    click.echo(f"wrote {path}")
    click.echo(f"next: {shlex.join(words_of('compile', options))}")


def table(plan: Resolved) -> str:
    """Return the agents of `plan`, a line each: wave, name, what it reads, the beginning of its task."""
    width = max(len(agent.name) for agent in plan.agents)
    lines = []
    for agent in plan.agents:
        reads = ", ".join([*agent.needs, *agent.files])
        task = " ".join(agent.task.split())
        short = task if len(task) <= 60 else f"{task[:57]}..."
        note = f"  (reads {reads})" if reads else ""
        lines.append(f"wave {agent.wave}  {agent.name:{width}}  {short}{note}")
    return "\n".join(lines) + "\n"
