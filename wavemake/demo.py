"""wavemake demo: the full-stack plan, rehearsed offline, so that a newcomer sees a run in a second."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess

import click

from wavemake import driver, emit
from wavemake.model import Settings
from wavemake.render import folder as templates

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
        click.echo(
            "wavemake: make is not installed (wavemake doctor says what is needed)", err=True
        )
        return 2
    plan = os.path.join(folder, "plan.json")
    if os.path.exists(os.path.join(folder, "Makefile")) and emit.is_foreign(f"{folder}/Makefile"):
        click.echo(f"wavemake: there is a Makefile in {folder}; name another folder", err=True)
        return 2
    try:
        if not os.path.exists(plan):
            text = (templates() / "plans" / "full-stack-saas.json").read_text("utf-8")
            emit.write_if_changed(plan, text)
        os.chdir(folder)
    except OSError as error:
        click.echo(f"wavemake: cannot write {plan}: {error.strerror}", err=True)
        return 2
    click.echo(f"in {folder}:")
    return _compile_and_make() or _say_next(folder)


def _compile_and_make() -> int:
    click.echo("$ wavemake compile plan.json --runner rehearse")
    options = driver.checked_options(
        driver.Options("plan.json", override=Settings(runner="rehearse"))
    )
    document, checksum = driver.read_plan("plan.json")
    checked = driver.check(document, options)
    if checked.plan is None:
        click.echo(
            "wavemake: plan.json here has errors: wavemake compile plan.json shows them", err=True
        )
        return 1
    graph = driver.build(checked.plan, checksum, options)
    emit.write_all(driver.files_of(graph, options))
    click.echo("$ make -j4")
    return subprocess.run(["make", "-j4"], check=False).returncode


def _say_next(folder: str) -> int:
    click.echo("$ cat .tmp/agents/summary.md")
    with open(".tmp/agents/summary.md", encoding="utf-8") as file:
        click.echo(file.read(), nl=False)
    click.echo(_TRY_NEXT.format(folder=shlex.quote(folder)), nl=False)
    return 0
