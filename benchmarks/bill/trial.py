"""A contender's project, in which things happen, and the ledger of what was paid meanwhile."""

from __future__ import annotations

import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping

from benchmarks.bill.contender import Contender, update
from benchmarks.bill.plan import Call, Plan
from benchmarks.timing import TooLong, environment

CLAUDE = pathlib.Path(__file__).parent / "claude.sh"
JOBS = 8
LIMIT = 300.0


class Trial:
    """A repository with a plan.

    top: the folder that holds it, the ledger, and what is cloned from it. agent: the program that
    stands in for claude.
    """

    def __init__(
        self, contender: Contender, plan: Plan, top: pathlib.Path, agent: pathlib.Path = CLAUDE
    ) -> None:
        self.contender, self.plan, self.top = contender, plan, top
        self.folder = top / "project"
        self.bill = top / "bill"
        self.known: set[Call] = set()
        self.variables: dict[str, str] = {}
        self.paid = self.needed = 0
        self.remarks: list[str] = []
        self.folder.mkdir()
        (self.bill / "bin").mkdir(parents=True)
        (self.bill / "ledger").touch()
        program = self.bill / "bin/claude"
        shutil.copy(agent, program)
        program.chmod(0o755)
        # What make compiles an edited plan with.
        ours = self.bill / "bin/wavemake"
        ours.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m wavemake "$@"\n')
        ours.chmod(0o755)
        for job in plan.jobs:
            for path in (*job.files, *job.edits):
                update(self.folder / path, f"the text of {path}\n")
        self.git("init", "-q", "-b", "main")
        contender.write(plan, self.folder)
        self.commit()

    # What a person does

    def pause(self) -> None:
        """Long enough that a file that is written now is newer than those that are there."""
        time.sleep(self.contender.tick)

    def change(self, name: str, **fields: object) -> None:
        """Edit the task or the model of one agent."""
        self.pause()
        self.plan = self.plan.changed(name, **fields)
        self.contender.write(self.plan, self.folder)
        self.pause()

    def git(self, *words: str) -> None:
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "gc.auto=0"]
        done = subprocess.run(
            ["git", *identity, *words], cwd=self.folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"git {' '.join(words)}: {done.stdout}{done.stderr}")

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "as it is")

    def clone(self) -> None:
        """Go on in a clone, by way of a server: nothing comes along but what was committed."""
        server = self.top / "server.git"
        self.git("clone", "-q", "--bare", ".", str(server))
        self.pause()
        self.git("clone", "-q", f"file://{server}", str(self.top / "clone"))
        self.folder = self.top / "clone"
        self.pause()

    # Runs

    def settle(self) -> None:
        """A run that is not on the bill."""
        paid, needed = self.paid, self.needed
        self.run()
        self.paid, self.needed = paid, needed

    def run(self, *, needed: int | None = None, good: bool = True) -> None:
        """Run, and put on the bill what was paid; needed: unless it is what has never been paid before."""
        before = len(self.lines("answer")) + len(self.failures())
        status = self._wait(self.start())
        self.paid += len(self.lines("answer")) + len(self.failures()) - before
        self.needed += self.new() if needed is None else needed
        self.look(status, good=good)

    def environment(self) -> dict[str, str]:
        env = environment() | {"BILL": str(self.bill)} | self.variables
        return env | {"PATH": f"{self.bill / 'bin'}:{env['PATH']}"}

    def start(self) -> subprocess.Popen[bytes]:
        with (self.top / "log.txt").open("ab") as log:
            return subprocess.Popen(
                self.contender.words(JOBS, bool(self.variables)),
                cwd=self.folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _wait(self, process: subprocess.Popen[bytes]) -> int:
        try:
            return process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            kill(process)
            raise TooLong(f"{self.contender.name}: not within {LIMIT:.0f} s") from None

    def wait_for(self, processes: Mapping[str, subprocess.Popen[bytes]]) -> dict[str, int]:
        return {name: self._wait(process) for name, process in processes.items()}

    # The ledger

    def lines(self, word: str) -> list[str]:
        """The agents of the ledger's lines that begin with `word`."""
        lines = (self.bill / "ledger").read_text().splitlines()
        return [line.split()[1] for line in lines if line.startswith(f"{word} ")]

    def failures(self) -> list[str]:
        """The calls that were paid and failed."""
        return self.lines("failed")

    def new(self) -> int:
        """How many calls the plan needs that were never made before; from now on they were."""
        calls = set(self.plan.calls())
        missing = len(calls - self.known)
        self.known |= calls
        return missing

    def look(self, status: int, *, good: bool = True) -> None:
        """Note what is wrong: a run ends well though an answer is stale, or an edit is gone."""
        if not good:
            if status == 0:
                self.remarks.append("WRONG: a failure passed for a success")
            return
        if status:
            self.remarks.append(f"failed ({status})")
            return
        stale = sum(
            not self._is_right(name, number) for name, number in self.plan.answers().items()
        )
        lost = sum(
            not (self.folder / path).is_file() or "fixed" not in (self.folder / path).read_text()
            for job in self.plan.jobs
            for path in job.edits
        )
        if stale:
            self.remarks.append(f"WRONG: {stale} stale")
        if lost:
            self.remarks.append(f"WRONG: {lost} edits lost")

    def _is_right(self, name: str, number: int) -> bool:
        path = self.folder / self.contender.answer(name)
        return path.is_file() and path.read_text().strip() == f"ANSWER {name} {number}"


def kill(process: subprocess.Popen[bytes]) -> None:
    """End the whole process group at once."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
