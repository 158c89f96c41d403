"""The command line: options in, exit status out. Every phase is imported when it is needed."""

from __future__ import annotations

import gc
import importlib
import io
import sys

import click

from wavemake import __version__

_EPILOG = """Exit status: 0 when all is well; 1 when the plan has errors, or --check found a
difference; 2 when the command or its options are wrong, or a file cannot be read or written."""

_PLAN = click.argument("plan", metavar="PLAN")
_DIR = click.option(
    "--dir",
    "folder",
    metavar="DIR",
    default=".tmp/agents",
    show_default=True,
    help="The folder of the agents and their answers.",
)


# Each is the `command` of a module of its own, imported when it is asked for.
_MODULES = (
    "check",
    "completion",
    "convert",
    "diff",
    "eject",
    "explain",
    "graph",
    "history",
    "init",
    "logs",
    "new",
    "plan",
    "preview",
    "report",
    "run",
    "runners",
    "schema",
    "status",
    "watch",
    "why",
)


class _Commands(click.Group):
    """The commands below, and those that stand in modules of their own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_MODULES])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _MODULES:
            return super().get_command(ctx, cmd_name)
        module = importlib.import_module(f"wavemake.commands.{cmd_name}")
        command: click.Command = module.command
        return command


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]}, epilog=_EPILOG
)
@click.version_option(__version__, prog_name="wavemake", message="%(prog)s %(version)s")
def cli() -> None:
    """Compile a plan of agents into a Makefile, which runs them in parallel waves.

    \b
    wavemake demo                                  see it work, offline
    wavemake compile plan.json && make -j4         compile a plan and run it
    """


@cli.command(short_help="Compile a plan into a Makefile.")
@_PLAN
@_DIR
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    default="Makefile",
    show_default=True,
    help="The Makefile to write.",
)
@click.option(
    "--prefix",
    metavar="NAME",
    default="",
    help="What the goals of agents.mk begin with; wavemake, unless --dir is given.",
)
@click.option(
    "--runner",
    metavar="NAME",
    help="Run every agent with this, whatever the plan says; rehearse is offline.",
)
@click.option("--model", metavar="NAME", help="Use this model, whatever the plan says.")
@click.option(
    "--untrusted",
    is_flag=True,
    help="Refuse what could become a command or a permission, or read a secret.",
)
@click.option(
    "--dialect", metavar="NAME", default="", help="What PLAN is read as, if not told by it."
)
@click.option(
    "--backend",
    type=click.Choice(["make", "ninja"]),
    default="make",
    show_default=True,
    help="What runs the agents.",
)
@click.option(
    "--durations",
    metavar="FILE",
    default="",
    help="Start first what took longest: seconds per agent, events, or DIR.",
)
@click.option(
    "--launcher",
    metavar="COMMAND",
    default="",
    help="Start every agent by this: slurm, or a prefix such as 'docker run -i IMAGE'.",
)
@click.option("--fragment", is_flag=True, help="Write no Makefile: agents.mk is to be included.")
@click.option(
    "--stdout", "to_stdout", is_flag=True, help="Print the Makefile or fragment; write nothing."
)
@click.option(
    "--check", "only_check", is_flag=True, help="Write nothing; exit 1 with a diff if files differ."
)
@click.option("--strict", is_flag=True, help="Compile nothing if there are warnings.")
@click.option(
    "--force",
    is_flag=True,
    help="Replace files that wavemake did not write; a Makefile is kept as FILE.orig.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@click.option("-v", "--verbose", is_flag=True, help="Name every file.")
def compile(
    plan: str,
    folder: str,
    output: str,
    prefix: str,
    runner: str | None,
    model: str | None,
    untrusted: bool,
    dialect: str,
    backend: str,
    durations: str,
    launcher: str,
    fragment: bool,
    **mode: bool,
) -> None:
    """Compile PLAN, a JSON or YAML file or - for standard input, into a Makefile.

    Run it in the project's folder: what agents read is relative to that.
    """
    from wavemake.commands.compile import Mode, run
    from wavemake.compiler import driver
    from wavemake.plan.model import Settings

    if mode["to_stdout"] and mode["only_check"]:
        raise click.UsageError("--stdout and --check exclude each other")
    override = Settings(runner=runner, model=model)
    options = driver.Options(
        plan,
        output,
        folder,
        prefix,
        override,
        untrusted,
        fragment,
        dialect,
        backend,
        durations,
        launcher,
    )
    run(options, Mode(**mode))


@cli.command(short_help="Remove agents that left the plan, or all outputs.")
@_PLAN
@_DIR
@click.option("--outputs", is_flag=True, help="Remove every output too: all is paid for again.")
def clean(plan: str, folder: str, outputs: bool) -> None:
    """Remove the folders of agents that are not in PLAN.

    To remove logs and locks alone, use make clean.
    """
    from wavemake.commands.clean import run
    from wavemake.compiler import driver

    run(driver.Options(plan, folder=folder), outputs=outputs)


@cli.command(short_help="Look for what running agents needs.")
@_DIR
def doctor(folder: str) -> None:
    """Look for what running agents here needs: make, sh, awk, the CLIs, fine timestamps.

    Exit status 1 if something is missing that every run needs.
    """
    from wavemake.agents.doctor import run_doctor

    sys.exit(run_doctor(folder))


@cli.command(short_help="See a plan of five agents run, offline.")
@click.argument("folder", metavar="[DIR]", default="wavemake-demo")
def demo(folder: str) -> None:
    """Write a plan of five agents into DIR, compile it for the offline agent, and run it."""
    from wavemake.demo import run_demo

    sys.exit(run_demo(folder))


def main() -> None:
    """Run the command line; a file that cannot be read or written ends it with a message."""
    gc.disable()  # a large plan is many objects, and none of them is garbage before the end
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        cli(prog_name="wavemake")
    except OSError as error:
        file = f"{error.filename}: " if error.filename else ""
        click.echo(f"wavemake: {file}{error.strerror}", err=True)
        sys.exit(2)
