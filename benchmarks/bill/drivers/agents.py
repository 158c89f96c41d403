"""What the programs of both libraries share: the agents of the project, and a call of one."""

from __future__ import annotations

import hashlib
import json
import pathlib
import subprocess
import sys

JOBS = int(sys.argv[1])


class Agent:
    """An agent of agents.json, with the task that it has now."""

    def __init__(self, fields: dict) -> None:
        self.name: str = fields["name"]
        self.needs: list[str] = fields["needs"]
        self.model: str = fields["model"]
        self.files: list[str] = fields["files"]
        self.task = pathlib.Path(f"tasks/{self.name}.md").read_text()

    def prompt(self, answers: dict[str, str]) -> str:
        texts = [answers[need] for need in self.needs]
        return "".join(
            [self.task, *texts, *(pathlib.Path(path).read_text() for path in self.files)]
        )

    def call(self, answers: dict[str, str]) -> str:
        """Pay. Raises CalledProcessError if the agent fails."""
        words = ["claude", "-p", "--model", self.model]
        return subprocess.run(
            words, input=self.prompt(answers), capture_output=True, text=True, check=True
        ).stdout

    def key(self, answers: dict[str, str]) -> str:
        return checksum(self.name, self.model, self.prompt(answers))


def load() -> list[Agent]:
    return [Agent(fields) for fields in json.loads(pathlib.Path("agents.json").read_text())]


def checksum(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def of_the_plan(agents: list[Agent]) -> str:
    """Changes when any task, model or file does: a run of another plan is another run."""
    none = dict.fromkeys((agent.name for agent in agents), "")
    texts = [text for agent in agents for text in (agent.name, agent.model, agent.prompt(none))]
    return checksum(*texts)


def write(answers: dict[str, str]) -> None:
    for name, text in answers.items():
        pathlib.Path(f"answers/{name}.md").write_text(text)
