"""wavemake demo: the full-stack plan, rehearsed offline, so that a newcomer sees a run in a second."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys

import click

_TRY_NEXT = """
Try next:
  cd {folder}
  make -j4                     nothing is stale, so nothing runs
  edit a task in plan.json and make again: that agent and its readers run, no other
  make status                  the state of every agent
  make ui-agent FORCE=1        run one agent again
  wavemake compile plan.json   compile for the claude CLI instead of the offline agent
"""


@click.command("demo", short_help="Run a plan of five agents, offline.")
@click.argument("folder", metavar="[DIR]", default="wavemake-demo")
def command(folder: str) -> None:
    """Write a plan of five agents into DIR, compile it for the offline agent, and run it."""
    from wavemake.compiler import emit
    from wavemake.compiler.options import DEFAULT_FOLDER, Mode, Options
    from wavemake.runs.link import templates
    from wavemake.ui.compilation import run
    from wavemake.ui.console import die

    if shutil.which("make") is None:
        die("make is not installed (wavemake doctor says what is needed)")
    try:
        os.makedirs(folder, exist_ok=True)
        if os.listdir(folder):
            die(f"{folder} exists: remove it, or name another folder: wavemake demo DIR")
        os.chdir(folder)
        plan = (templates() / "plans" / "full-stack-saas.json").read_text("utf-8")
        emit.write_if_changed("plan.json", plan)
    except OSError as error:
        die(f"cannot write in {folder}: {error.strerror}")
    click.echo(f"in {folder}:")
    click.echo("$ wavemake compile plan.json --runner rehearse")
    run(Options("plan.json", runner="rehearse"), Mode())
    click.echo("$ make -j4")
    status = subprocess.run(["make", "-j4"], check=False).returncode
    if status == 0:
        summary = f"{DEFAULT_FOLDER}/summary.md"
        click.echo(f"$ cat {summary}")
        click.echo(emit.read_text(summary), nl=False)
        click.echo(_TRY_NEXT.format(folder=shlex.quote(folder)), nl=False)
    sys.exit(status)
