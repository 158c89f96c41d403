"""wavemake undo: takes an agent's edits out of the project, or puts them back."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import click

from wavemake.plan import regular
from wavemake.ui.arguments import complete_agents, known_agent
from wavemake.ui.flags import dir_option


@click.command("undo", short_help="Take an agent's edits out of the project.")
@click.argument("agent", shell_complete=complete_agents)
@click.option("--redo", is_flag=True, help="Put them back instead; nothing is charged.")
@dir_option
def command(agent: str, redo: bool, folder: str) -> None:
    """Take AGENT's edits out of the project, three-way, and keep everybody else's.

    They stay out until --redo. Exit status 1, with nothing changed, if there is nothing to take out
    or put back, or if later edits build on them.

    \b
    wavemake undo api
    wavemake undo api --redo
    """
    known_agent(folder, agent)
    for name in ("drive.sh", "agent.sh"):  # sh would wait for a FIFO to be written
        regular.beginning(f"{folder}/runtime/{name}", 1, follow=True)
    verb = "redo" if redo else "undo"
    words = ["sh", f"{folder}/runtime/drive.sh", f"{verb}-{agent}", folder]
    again = shlex.join(["wavemake", "undo", agent, "--redo"])
    sys.exit(
        subprocess.run(words, check=False, env=os.environ | {"WAVEMAKE_REDO": again}).returncode
    )
