"""The command line: options in, exit status out. Every phase is imported when it is needed."""

from __future__ import annotations

import gc
import importlib
import io
import sys

import click

from wavemake import __version__

_EPILOG = """Exit status: 0 on success; 1 when the plan has errors, or --check found a difference;
2 when the command or its options are wrong, or a file cannot be read or written."""

# The commands by purpose, in the order of --help. Each is the `command` of the module of its name
# in wavemake.commands, imported on demand.
GROUPS = {
    "Write a plan": ("new", "plan", "check", "convert"),
    "Run it": ("compile", "run", "preview", "why"),
    "See what happened": (
        "status",
        "watch",
        "logs",
        "history",
        "costs",
        "changes",
        "undo",
        "diff",
        "graph",
        "report",
        "trace",
    ),
    "Adopt wavemake, or leave it": ("init", "eject", "clean"),
    "Tools": ("store", "demo", "doctor", "runners", "explain", "schema", "completion"),
}


class _Commands(click.Group):
    """The commands of GROUPS."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for names in GROUPS.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"wavemake.commands.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, self.list_commands(ctx)))
        for heading, names in GROUPS.items():
            with formatter.section(heading):
                formatter.write_dl(
                    [(f"{name:{width}}", self._short_help(ctx, name)) for name in names]
                )

    def _short_help(self, ctx: click.Context, name: str) -> str:
        command = self.get_command(ctx, name)
        return command.get_short_help_str(limit=80) if command else ""


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]}, epilog=_EPILOG
)
@click.version_option(__version__, prog_name="wavemake", message="%(prog)s %(version)s")
def cli() -> None:
    """Compile a plan of agents into a Makefile, which runs them in parallel waves.

    \b
    wavemake demo                                  run an example, offline
    wavemake compile plan.json && make -j4         compile a plan and run it
    """


def main() -> None:
    """Run the command line; a file that cannot be read or written ends it with a message."""
    gc.disable()  # a large plan is many objects, and all of them live until the end
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        cli(prog_name="wavemake")
    except OSError as error:
        file = f"{error.filename}: " if error.filename else ""
        click.echo(f"wavemake: {file}{error.strerror}", err=True)
        sys.exit(2)
