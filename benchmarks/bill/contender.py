"""What each contender must be able to do, and what most of them share."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping

from benchmarks.bill.plan import Job, Plan
from benchmarks.timing import environment


class Contender(ABC):
    """A tool that runs a plan. notes: what it cannot express, and how it is set up where that matters."""

    name: str
    program: str
    way_out: str
    notes: str = ""
    tick = 0.05
    """Seconds after which it can see by a file's time that it was written again."""

    @property
    def version(self) -> str:
        """Its version; empty if it is absent."""
        try:
            done = subprocess.run(
                [self.program, "--version"],
                capture_output=True,
                text=True,
                check=False,
                env=environment(),
            )
        except OSError:
            return ""
        found = re.search(r"\d+(\.\d+)+", done.stdout + done.stderr)
        return found[0] if found else "of unknown version"

    @abstractmethod
    def write(self, plan: Plan, folder: pathlib.Path) -> None:
        """Write what the tool reads; files that stay the same keep their times."""

    @abstractmethod
    def words(self, jobs: int, shared: bool = False) -> list[str]:
        """The command that makes all answers, past failures.

        jobs: agents at a time. shared: with what `shared` returns.
        """

    def answer(self, name: str) -> str:
        """The file of an agent's answer."""
        return f"answers/{name}.md"

    def after_a_kill(self) -> list[list[str]]:
        """What its documentation says to run before it is started again."""
        return []

    def shared(self, store: str) -> Mapping[str, str]:
        """The variables that let two machines share answers in a folder or at an address, if it can."""
        return {}


def update(path: pathlib.Path, text: str) -> None:
    """Write a file, unless it holds just that."""
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def write_tasks(plan: Plan, folder: pathlib.Path) -> None:
    """A file for each task, as people keep them."""
    (folder / "answers").mkdir(exist_ok=True)
    update(folder / "answers/.gitignore", "*.part\n")
    for job in plan.jobs:
        update(folder / f"tasks/{job.name}.md", job.task)


def inputs(job: Job) -> list[str]:
    """The files that are part of the prompt."""
    return [f"tasks/{job.name}.md", *(f"answers/{need}.md" for need in job.needs), *job.files]


def recipe(job: Job, *, pid: str = "$$", keep_if_same: bool = False) -> str:
    """The shell command of a careful person: an answer gets its name when it is whole.

    pid: how `$$` is written there. keep_if_same: an answer that is the same keeps its time.
    """
    part, answer = f"answers/{job.name}.{pid}.part", f"answers/{job.name}.md"
    call = f"cat {' '.join(inputs(job))} | claude -p --model {job.model} > {part}"
    if keep_if_same:
        return f"{call} && if cmp -s {part} {answer}; then rm {part}; else mv {part} {answer}; fi"
    return f"{call} && mv {part} {answer}"


def write_agents(plan: Plan, folder: pathlib.Path, driver: pathlib.Path) -> None:
    """For libraries: the agents as JSON, their tasks, and the program that runs them."""
    agents = [
        {"name": job.name, "needs": job.needs, "model": job.model, "files": job.files}
        for job in plan.jobs
    ]
    update(folder / "agents.json", json.dumps(agents, indent=1) + "\n")
    update(folder / driver.name, driver.read_text())
    write_tasks(plan, folder)
