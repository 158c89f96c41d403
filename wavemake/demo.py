"""wavemake demo: the full-stack plan, rehearsed offline, so that a newcomer sees a run in a second."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess

import click

from wavemake.commands import die
from wavemake.commands.compile import Mode, run
from wavemake.compiler import driver, emit
from wavemake.compiler.render import folder as templates
from wavemake.plan.model import Settings

_TRY_NEXT = """
Try next:
  cd {folder}
  make -j4                     nothing is stale, so nothing runs
  edit a task in plan.json and make again: that agent and its readers run, no other
  make status                  the state of every agent
  make ui-agent FORCE=1        pay again for one agent
  wavemake compile plan.json   compile for the claude CLI instead of the offline agent
"""


def run_demo(folder: str) -> int:
    """Write the plan into `folder`, compile it with the offline agent and run make; return its status."""
    if shutil.which("make") is None:
        die("make is not installed (wavemake doctor says what is needed)")
    try:
        os.makedirs(folder, exist_ok=True)
        if os.listdir(folder):
            die(f"{folder} is there already: remove it, or name another folder: wavemake demo DIR")
        os.chdir(folder)
        plan = (templates() / "plans" / "full-stack-saas.json").read_text("utf-8")
        emit.write_if_changed("plan.json", plan)
    except OSError as error:
        die(f"cannot write in {folder}: {error.strerror}")
    click.echo(f"in {folder}:")
    click.echo("$ wavemake compile plan.json --runner rehearse")
    run(driver.Options("plan.json", override=Settings(runner="rehearse")), Mode())
    click.echo("$ make -j4")
    status = subprocess.run(["make", "-j4"], check=False).returncode
    if status == 0:
        click.echo("$ cat .tmp/agents/summary.md")
        click.echo(emit.read_text(".tmp/agents/summary.md"), nl=False)
        click.echo(_TRY_NEXT.format(folder=shlex.quote(folder)), nl=False)
    return status
