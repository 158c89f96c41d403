"""wavemake new: writes a plan from one of the common sets, with the values that it asks for."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pathlib import Path

    from wavemake.agents.sets import PlanSet


@click.command("new", short_help="Write a plan from a template.")
@click.argument("name", metavar="[TEMPLATE]", required=False)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    default="plan.json",
    show_default=True,
    help="Plan to write; - prints it.",
)
@click.option(
    "--set",
    "given",
    metavar="PARAMETER=VALUE",
    multiple=True,
    help="Value of a parameter of the template.",
)
@click.option("-y", "--yes", is_flag=True, help="Take the defaults; ask nothing.")
@click.option("--force", is_flag=True, help="Overwrite an existing plan.")
@click.option(
    "--list", "listing", is_flag=True, help="List the templates and where they come from."
)
@click.option(
    "--show", is_flag=True, help="Show the parameters of TEMPLATE and what its agents do."
)
def command(
    name: str | None,
    output: str,
    given: tuple[str, ...],
    yes: bool,
    force: bool,
    listing: bool,
    show: bool,
) -> None:
    """Write a plan from TEMPLATE, for a common job.

    On a terminal, asks for the values that --set does not give; elsewhere takes the defaults.

    Your own templates are plans in ~/.config/wavemake/plans, or in the folders that $WAVEMAKE_PLANS
    lists. They take precedence over those that come with wavemake.

    Exit status: 0 on success; 1 when the values give no valid plan; 2 when the template or a parameter
    does not exist, a value is missing, or the plan cannot be written.

    \b
    wavemake new --list
    wavemake new code-audit --set test="make test"
    """
    from wavemake.agents import sets
    from wavemake.ui.console import die

    try:
        if listing:
            _list()
        elif name is None:
            die("which template? wavemake new --list lists them")
        elif show:
            _show(sets.find(name))
        else:
            _refuse_to_overwrite(output, force)
            plan_set = sets.find(name)
            values = _values(plan_set, given, ask=not yes and sys.stdin.isatty())
            _write(plan_set, sets.fill(plan_set, values), output)
    except sets.SetError as error:
        die(str(error))


def _refuse_to_overwrite(output: str, force: bool) -> None:
    from wavemake.ui.console import die

    if output != "-" and os.path.lexists(output) and not force:
        die(f"{output} exists: name another file with -o, or overwrite it with --force")


# --- the values ---


def _values(plan_set: PlanSet, given: tuple[str, ...], *, ask: bool) -> dict[str, str]:
    from wavemake.agents.sets import check_value, missing

    values = dict(_pair(plan_set, text) for text in given)
    for name, value in values.items():
        check_value(plan_set, name, value)
    if ask:
        for each in plan_set.parameters:
            if each.name not in values:
                values[each.name] = click.prompt(each.question, default=each.default, err=True)
    lacking = missing(plan_set, values)
    if lacking:
        _say_missing(plan_set, lacking)
    return values


def _pair(plan_set: PlanSet, text: str) -> tuple[str, str]:
    from wavemake.agents.sets import SetError

    name, equals, value = text.partition("=")
    if not equals:
        example = plan_set.parameters[0].name if plan_set.parameters else "name"
        raise SetError(f"--set {text!r} is not PARAMETER=VALUE, such as {example}=Acme")
    return name, value


def _say_missing(plan_set: PlanSet, lacking: list[Any]) -> None:
    from wavemake.ui.console import die

    lines = [f"{plan_set.name} asks for more than it was given:"]
    lines += [f"  --set {each.name}=...   {each.question}" for each in lacking]
    die("\n".join(lines))


# --- the plan ---


def _write(plan_set: PlanSet, plan: dict[str, Any], output: str) -> None:
    from wavemake.agents.placing import in_workspaces
    from wavemake.agents.sets import plan_text
    from wavemake.ui.console import count, write

    text = plan_text(in_workspaces(plan))
    agents, waves = _check(text, "plan.json" if output == "-" else output)
    if output == "-":
        click.echo(text.encode(), nl=False)
        return
    write(output, text)
    what = f"{count(agents, 'agent')} in {count(waves, 'wave')}"
    click.echo(f"wrote {output}: {plan_set.name}, {what}")
    _say_what_it_needs(plan)
    click.echo(f"next: wavemake compile {shlex.quote(output)} && make -j4")


def _check(text: str, name: str) -> tuple[int, int]:
    """Return how many agents and waves the plan has; exit if the values have made it no plan."""
    from wavemake.compiler import driver
    from wavemake.compiler.options import Options
    from wavemake.plan.diagnostics import Severity
    from wavemake.plan.loader import load_text
    from wavemake.plan.printing import render_text
    from wavemake.ui.console import EXIT_PROBLEMS

    checked = driver.check(load_text(text, name, "json"), Options(name))
    if checked.plan is not None:
        return len(checked.plan.agents), max(agent.wave for agent in checked.plan.agents)
    errors = [each for each in checked.diagnostics if each.severity is Severity.ERROR]
    colour = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    click.echo(render_text(errors, checked.document, colour=colour), nl=False, err=True)
    click.echo("wavemake: these values make no valid plan: nothing was written", err=True)
    sys.exit(EXIT_PROBLEMS)


def _say_what_it_needs(plan: dict[str, Any]) -> None:
    agents = [each for each in plan.get("agents", ()) if isinstance(each, dict)]
    permitted = [each["name"] for each in agents if each.get("args")]
    if permitted:
        click.echo(f'"args" let these edit files or run commands: {", ".join(permitted)}')
    for each in agents:
        if each.get("skill"):
            click.echo(f"{each['name']} uses the skill {each['skill']}")


# --- what there is ---


def _list() -> None:
    from wavemake.agents import sets

    files = sets.available()
    width = max(map(len, files), default=0)
    for name, path in files.items():
        click.echo(f"{name:{width}}  {_described(path)}")
        if path.parent != sets.shipped():
            click.echo(f"{'':{width}}  from {path}{_hidden(path)}")


def _described(path: Path) -> str:
    from wavemake.agents import sets

    try:
        plan_set = sets.load(path)
    except sets.SetError as error:
        return f"cannot be used: {error}"
    return plan_set.description or "(no description)"


def _hidden(path: Path) -> str:
    from wavemake.agents import sets

    ours = (sets.shipped() / f"{path.stem}.yaml").exists()
    return ", instead of wavemake's own" if ours else ""


def _show(plan_set: PlanSet) -> None:
    click.echo(f"{plan_set.name}: {plan_set.description}")
    click.echo(f"from {plan_set.path}")
    for each in plan_set.parameters:
        default = "(needed)" if each.default is None else f"[{each.default}]"
        click.echo(f"  --set {each.name}=...   {each.question} {default}")
    waves = plan_set.plan.get("waves") or []
    for number, wave in enumerate(waves, 1):
        click.echo(f"wave {number}: {', '.join(map(str, wave))}")
    for agent in plan_set.plan.get("agents", ()):
        click.echo(f"\n{agent.get('name')}{_links(agent)}")
        click.echo(click.wrap_text(str(agent.get("task", "")), 92, "  ", "  "))


def _links(agent: dict[str, Any]) -> str:
    reads = agent.get("reads") or []
    parts = [f"reads {', '.join(map(str, reads))}"] if reads else []
    parts += [f"skill {agent['skill']}"] if agent.get("skill") else []
    return f" ({'; '.join(parts)})" if parts else ""
