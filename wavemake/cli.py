"""The command line: options in, exit status out. Every phase is imported when it is needed."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from wavemake import __version__

if TYPE_CHECKING:
    from wavemake.driver import Checked, Options
    from wavemake.ir import BuildGraph

EXIT_PROBLEMS = 1
EXIT_USAGE = 2

_EPILOG = """Exit status: 0 when all is well; 1 when the plan has errors, or --check found a
difference; 2 when the command or its options are wrong, or a file cannot be read or written."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=_EPILOG)
@click.version_option(__version__, prog_name="wavemake", message="%(prog)s %(version)s")
def cli() -> None:
    """Compile a plan of agents into a Makefile, which runs them in parallel waves.

    \b
    wavemake demo                                  see it work, offline
    wavemake compile plan.json && make -j4         compile a plan and run it
    """


def _plan_options(command: Any) -> Any:
    options = [
        click.argument("plan", metavar="PLAN"),
        click.option(
            "--dir", "folder", default=".tmp/agents", show_default=True, help="The agents' folder."
        ),
        click.option("--runner", help="Run every agent with this runner, whatever the plan says."),
        click.option("--model", help="Run every agent with this model, whatever the plan says."),
        click.option(
            "--untrusted", is_flag=True, help="Refuse what could become a command or a permission."
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@cli.command()
@_plan_options
@click.option("-o", "--output", default="Makefile", show_default=True, help="The driver Makefile.")
@click.option(
    "--prefix", default="", help="What the fragment's goals begin with; from --dir if not given."
)
@click.option("--fragment", is_flag=True, help="Write agents.mk alone, to be included.")
@click.option(
    "--stdout", "to_stdout", is_flag=True, help="Print the Makefile or fragment; write nothing."
)
@click.option(
    "--check", "only_check", is_flag=True, help="Write nothing; exit 1 with a diff if files differ."
)
@click.option("--force", is_flag=True, help="Overwrite a Makefile that wavemake did not write.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@click.option("-v", "--verbose", is_flag=True, help="Name every file.")
def compile(
    plan: str,
    folder: str,
    runner: str | None,
    model: str | None,
    untrusted: bool,
    output: str,
    prefix: str,
    fragment: bool,
    to_stdout: bool,
    only_check: bool,
    force: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Compile PLAN, a JSON or YAML file or - for standard input, into a Makefile.

    Run it in the project's folder: what agents read is relative to that.
    """
    from wavemake import driver, emit
    from wavemake.model import Settings

    override = Settings(runner=runner, model=model)
    options = _checked_options(
        driver.Options(plan, output, folder, prefix, override, untrusted, fragment)
    )
    graph, document_name = _compile(options, quiet)
    foreign = not fragment and not force and emit.is_foreign(output)
    files = driver.files_of(graph, options)
    if to_stdout:
        click.echo(
            files[output] if output in files else files[f"{graph.folder}/agents.mk"], nl=False
        )
        return
    if foreign:
        del files[output]
    if only_check:
        difference = emit.differences(files)
        click.echo(difference, nl=False)
        sys.exit(EXIT_PROBLEMS if difference else 0)
    try:
        changed = emit.write_all(files)
    except OSError as error:
        _die(f"cannot write {error.filename}: {error.strerror}")
    os.utime(f"{graph.folder}/agents.mk")
    if not quiet:
        _account(graph, document_name, files, changed, verbose)
        _next_step(graph, options, foreign)


def _checked_options(options: Options) -> Options:
    from wavemake.driver import BadOption, checked_options

    try:
        return checked_options(options)
    except BadOption as error:
        _die(str(error))


def _compile(options: Options, quiet: bool) -> tuple[BuildGraph, str]:
    """Run the phases up to the build graph; print what is wrong, and exit if any of it is an error."""
    from wavemake import driver

    checked, checksum = _check(options)
    _report(checked, quiet)
    if checked.plan is None:
        sys.exit(EXIT_PROBLEMS)
    return driver.build(checked.plan, checksum, options), checked.document.name


def _check(options: Options) -> tuple[Checked, str]:
    from wavemake import driver
    from wavemake.diagnostics import render_text
    from wavemake.loader import SyntaxProblem

    try:
        document, checksum = driver.read_plan(options.plan)
    except OSError as error:
        _die(f"cannot read the plan {options.plan}: {error.strerror}")
    except SyntaxProblem as problem:
        click.echo(
            render_text(problem.diagnostics, problem.source, colour=_colour()), nl=False, err=True
        )
        sys.exit(EXIT_PROBLEMS)
    return driver.check(document, options), checksum


def _report(checked: Checked, quiet: bool) -> None:
    from wavemake.diagnostics import Severity, render_text

    shown = [each for each in checked.diagnostics if not quiet or each.severity is Severity.ERROR]
    if shown:
        click.echo(render_text(shown, checked.document, colour=_colour()), nl=False, err=True)


def _colour() -> bool:
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR")


def _account(
    graph: BuildGraph, name: str, files: dict[str, str], changed: list[str], verbose: bool
) -> None:
    from wavemake.driver import vanished

    agents = _count(len(graph.jobs), "agent")
    click.echo(f"{name}: {agents} in {_count(graph.waves, 'wave')}, {_critical_path(graph)}")
    if verbose:
        for path in files:
            click.echo(f"  {'wrote' if path in changed else 'unchanged'} {path}")
    click.echo(f"wrote {_count(len(changed), 'file')}, {len(files) - len(changed)} unchanged")
    gone = vanished(graph)
    if gone:
        click.echo(f"no longer in the plan, and left as they are: {', '.join(gone)}")
        click.echo(f"to remove them: wavemake clean {name}")


def _critical_path(graph: BuildGraph) -> str:
    path = list(graph.critical_path)
    shown = path if len(path) <= 6 else [*path[:2], "...", *path[-2:]]
    return f"the longest chain is {len(path)}: {' -> '.join(shown)}"


def _next_step(graph: BuildGraph, options: Options, foreign: bool) -> None:
    line = f"include {graph.folder}/agents.mk"
    if foreign:
        click.echo(
            f"{options.output} is not wavemake's and was left as it is. Add this line to it:"
        )
        click.echo(f"  {line}")
        click.echo(f"next: make -k -j4 {graph.prefix}")
    elif options.fragment_only:
        click.echo(f"next: add '{line}' to a Makefile, then: make -k -j4 {graph.prefix}")
    else:
        file = "" if options.output == "Makefile" else f" -f {shlex.quote(options.output)}"
        click.echo(f"next: make{file} -j4")


@cli.command()
@_plan_options
@click.option("--outputs", is_flag=True, help="Remove every output too: all is paid for again.")
def clean(
    plan: str, folder: str, runner: str | None, model: str | None, untrusted: bool, outputs: bool
) -> None:
    """Remove the folders of agents that are not in PLAN."""
    import shutil

    from wavemake import driver
    from wavemake.model import Settings

    override = Settings(runner=runner, model=model)
    given = driver.Options(plan, folder=folder, override=override, untrusted=untrusted)
    graph, _ = _compile(_checked_options(given), quiet=True)
    gone = driver.vanished(graph)
    for name in gone:
        shutil.rmtree(os.path.join(graph.folder, name))
    click.echo(f"removed {', '.join(gone)}" if gone else "no agent's folder is without an agent")
    if outputs:
        removed = sum(_remove_output(os.path.join(graph.folder, job.name)) for job in graph.jobs)
        click.echo(f"removed {_count(removed, 'output')}")


def _remove_output(folder: str) -> bool:
    """Remove an agent's output and the record of what was paid for it; tell if there was one."""
    removed = False
    for name in ("key", "output.md", "prompt.md", "result.json", "status.json", "log.txt"):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            os.unlink(path)
            removed = removed or name == "output.md"
    return removed


@cli.command()
@click.option(
    "--dir", "folder", default=".tmp/agents", show_default=True, help="The agents' folder."
)
def doctor(folder: str) -> None:
    """Look for what running agents here needs: make, sh, awk, the CLIs, fine timestamps."""
    from wavemake.doctor import examine

    findings = examine(folder)
    for finding in findings:
        click.echo(
            f"{'ok  ' if finding.good else 'BAD ' if finding.needed else '--  '} {finding.text}"
        )
        if not finding.good and finding.way_out:
            click.echo(f"       {finding.way_out}")
    sys.exit(EXIT_PROBLEMS if any(each.needed and not each.good for each in findings) else 0)


@cli.command()
@click.argument("folder", metavar="[DIR]", default="wavemake-demo")
def demo(folder: str) -> None:
    """Write a plan of five agents into DIR, compile it for the offline agent, and run it."""
    from wavemake.demo import run_demo

    sys.exit(run_demo(folder))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _die(message: str) -> NoReturn:
    click.echo(f"wavemake: {message}", err=True)
    sys.exit(EXIT_USAGE)
