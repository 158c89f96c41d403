"""The agents that all contenders are given, and the right answer of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from benchmarks.graphs import layered

MODULUS = 1_000_003
OFFSETS = {"small": 0, "large": 7}


@dataclass(frozen=True, slots=True)
class Job:
    """An agent. note: words in its task that change nothing in its answer.

    files: of the project, which it reads; edits: one that it changes, and that others read.
    """

    name: str
    needs: tuple[str, ...]
    number: int
    note: str = "with care"
    model: str = "small"
    files: tuple[str, ...] = ()
    edits: tuple[str, ...] = ()

    @property
    def task(self) -> str:
        lines = [f"TASK {self.name} {self.number}", f"Do it {self.note}."]
        lines += [f"FIX {path}" for path in self.edits]
        return "\n".join(lines) + "\n"


Call = tuple[object, ...]
"""What a call's answer depends on: two calls that are equal need to be paid once."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Jobs, each after all that it needs."""

    jobs: tuple[Job, ...]

    def changed(self, name: str, **fields: object) -> Plan:
        """The plan in which one job differs."""
        return Plan(
            tuple(replace(job, **fields) if job.name == name else job for job in self.jobs)  # type: ignore[arg-type]
        )

    def answers(self) -> dict[str, int]:
        """What each agent answers if nothing is stale."""
        found: dict[str, int] = {}
        for job in self.jobs:
            number = job.number + OFFSETS[job.model] + sum(found[need] for need in job.needs)
            found[job.name] = number % MODULUS
        return found

    def calls(self) -> Iterator[Call]:
        """The calls that make all answers."""
        answers = self.answers()
        for job in self.jobs:
            yield (job.task, job.model, *(answers[need] for need in job.needs))

    def downstream(self, name: str) -> set[str]:
        """The jobs that cannot run without the answer of `name`."""
        found = {name}
        for job in self.jobs:
            if not found.isdisjoint(job.needs):
                found.add(job.name)
        return found - {name}


def ten_layers(agents: int) -> Plan:
    """Agents in ten layers, each of which reads three of the layer before its own."""
    return Plan(
        tuple(
            Job(node.name, node.needs, 1000 + 17 * place)
            for place, node in enumerate(layered(agents).nodes)
        )
    )
