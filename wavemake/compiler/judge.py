"""The file of a judge: how it is called, and what it is asked; the runtime adds the answer that it reads."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from wavemake.compiler.render import template
from wavemake.plan.launchers import Launcher
from wavemake.plan.model import Check, Settings
from wavemake.plan.resolved import Agent
from wavemake.plan.runners import Runner, command_line

_LONGEST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Judge:
    """A check of an agent that is a question. number: its place among the judges of the agent, from 1 on."""

    agent: Agent
    check: Check
    number: int
    runner: Runner
    folder: str
    launcher: Launcher

    @property
    def file(self) -> str:
        """What its file is called, in the agent's folder."""
        return f"judge-{self.number}.md"

    @property
    def parts(self) -> tuple[str, ...]:
        """The files of the runtime that it needs and not every agent does."""
        mark = "{runtime}/"
        words = (*self.runner.argv, *self.launcher.prefix(self.agent, mark[:-1]))
        named = [word.removeprefix(mark) for word in words if word.startswith(mark)]
        return ("judge.sh", "verdict.awk", *named, f"envelope-{self.runner.envelope}.awk")

    @property
    def line(self) -> str:
        """What the head of task.md says of it: its number, its checksum, and its question on a line."""
        question = " ".join(self.check.text.split())[:_LONGEST_SHOWN]
        return f"ask {self.number} {self.checksum} {question}"

    @property
    def checksum(self) -> str:
        """The start of the SHA-256 of its file, by which task.md knows it."""
        return hashlib.sha256(self.text().encode()).hexdigest()[:32]

    def text(self) -> str:
        """The whole of its file: lines that judge.sh reads, `---`, and what it is asked.

        Of a prototype (stage.py), it has marks where an item stands.
        """
        body = template("prompt/judge.md.j2").render(
            name=self.agent.name, question=self.check.text.strip()
        )
        return "\n".join(["--- wavemake 1", *self._head(), "---", body])

    def _head(self) -> Iterator[str]:
        runner, settings = self.runner, self.agent.settings
        yield f"runner {runner.name}"
        if self.check.model:
            yield f"model {self.check.model}"
        yield f"timeout {min(settings.timeout or 0, 600) + self.launcher.queue}"
        yield f"envelope {runner.envelope}"
        yield from (f"set {name}={value}" for name, value in runner.environment)
        yield from (f"env {name}" for name in dict.fromkeys([*runner.env, *(settings.env or ())]))
        if runner.prompt == "file":
            yield "prompt file"
        if runner.escape:
            yield f"escape {runner.escape}"
        yield from (f"read {ref.text}" for ref in self.check.reads)
        runtime = f"{self.folder}/runtime"
        yield from (f"launch {word}" for word in self.launcher.prefix(self.agent, runtime))
        own = runner.name == settings.runner
        said = Settings(
            model=self.check.model or None,
            command=settings.command,
            args=settings.args if own else None,
        )
        yield from (
            f"run {word}" for word in command_line(runner, said, posixpath.normpath(runtime))
        )


def judges_of(
    agent: Agent, runners: Mapping[str, Runner], folder: str, launcher: Launcher
) -> tuple[Judge, ...]:
    """Return the judges of `agent`, in the order of its checks."""
    checks = [check for check in agent.settings.check or () if check.kind == "ask"]
    return tuple(
        Judge(agent, check, number, runners[check.runner], folder, launcher)
        for number, check in enumerate(checks, 1)
    )
