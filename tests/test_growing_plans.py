"""Random plans of conditions, loops and lists, beside a small model of which agents run."""

from __future__ import annotations

import json
import pathlib
import tempfile
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.harness import Project

ITEMS = ["u", "v", "w"]


@dataclass(frozen=True)
class Step:
    """A part of a plan.

    kind: "agent", "loop" (of one agent), "static" or "dynamic" (cells), or "each" (a loop for each cell).
    reads: earlier steps. when: an earlier agent that must, or with `no` must not, answer YES. yes: whether it
    answers YES itself, for a loop in each pass. items: what it has cells for.
    """

    kind: str
    name: str
    reads: tuple[str, ...] = ()
    when: str = ""
    no: bool = False
    yes: tuple[bool, ...] = (True,)
    items: tuple[str, ...] = ()


@st.composite
def plans(draw: st.DrawFn) -> list[Step]:
    steps: list[Step] = []
    for number in range(draw(st.integers(2, 6))):
        earlier = [step.name for step in steps]
        plain = [step.name for step in steps if step.kind == "agent"]
        kind = draw(
            st.sampled_from(["agent", "agent", "agent", "loop", "static", "dynamic", "each"])
        )
        reads = draw(st.lists(st.sampled_from(earlier), unique=True, max_size=3)) if earlier else []
        when = draw(st.sampled_from(["", *plain])) if kind == "agent" else ""
        steps.append(
            Step(
                kind=kind,
                name=f"{kind[0]}{number}",
                reads=tuple(reads) if kind == "agent" else (),
                when=when,
                no=draw(st.booleans()),
                yes=tuple(draw(st.lists(st.booleans(), min_size=1, max_size=3))),
                items=tuple(draw(st.lists(st.sampled_from(ITEMS), unique=True))),
            )
        )
    return steps


@dataclass
class Model:
    """What becomes of each step ("runs", "skipped" or "stuck"), and which agents run."""

    ran: list[str] = field(default_factory=list)
    fate: dict[str, str] = field(default_factory=dict)

    def run(self, steps: list[Step]) -> Model:
        said = {step.name: step.yes[0] for step in steps}
        counts = {
            step.name: step.kind not in ("static", "each") or bool(step.items) for step in steps
        }
        for step in steps:
            self.fate[step.name] = getattr(self, f"_{step.kind}")(step, said, counts)
        return self

    def _agent(self, step: Step, said: dict[str, bool], counts: dict[str, bool]) -> str:
        names = [*step.reads, *([step.when] if step.when else [])]
        needs = [self.fate[name] for name in names if counts[name]]
        if "stuck" in needs:
            return "stuck"
        if needs and set(needs) == {"skipped"}:
            return "skipped"
        holds = self.fate.get(step.when) == "runs" and said[step.when]
        if step.when and holds == step.no:
            return "skipped"
        self.ran.append(step.name)
        return "runs"

    def _loop(self, step: Step, *_: Any) -> str:
        return self._passes(step.name, step.yes)

    def _each(self, step: Step, *_: Any) -> str:
        fates = {self._passes(f"{step.name}-{item}", step.yes) for item in step.items}
        return "stuck" if "stuck" in fates else "runs"

    def _passes(self, name: str, answers: tuple[bool, ...]) -> str:
        for number, yes in enumerate(answers, 1):
            self.ran.append(name if number == 1 else f"{name}-{number}")
            if yes:
                return "runs"
        return "stuck"

    def _static(self, step: Step, *_: Any) -> str:
        self.ran += [f"{step.name}-{item}" for item in step.items]
        return "runs"

    def _dynamic(self, step: Step, *_: Any) -> str:
        self.ran.append(f"list-{step.name}")
        return self._static(step)


def write(project: Project, steps: list[Step]) -> None:
    agents: dict[str, Any] = {}
    loops = []
    for step in steps:
        keys: dict[str, Any] = {"reads": list(step.reads)}
        if step.when:
            holds = {"agent": step.when, "matches": "^YES"}
            keys["when"] = {"not": holds} if step.no else holds
        if step.kind in ("loop", "each"):
            until = {"agent": step.name, "matches": "^YES"}
            loops.append({"agents": [step.name], "until": until, "max": len(step.yes)})
        if step.kind in ("static", "each"):
            keys["for_each"] = list(step.items)
        if step.kind == "dynamic":
            agents[f"list-{step.name}"] = []
            keys["for_each"] = {"agent": f"list-{step.name}"}
            project.behave(f"list-{step.name}", f"echo '{json.dumps(step.items)}'")
        cells = [f"{step.name}-{item}" for item in step.items] if step.kind == "each" else []
        for first in [step.name, *cells]:
            for number, yes in enumerate(step.yes, 1):
                name = first if number == 1 else f"{first}-{number}"
                project.behave(name, f"echo {'YES' if yes else 'NO'}")
        agents[step.name] = keys
    project.plan(agents, loops=loops)


@pytest.mark.slow
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(plans())
def test_what_runs_is_what_the_model_runs(steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = Project(pathlib.Path(folder))
        write(project, steps)
        done = project.compile()
        assert done.code == 0, done.out
        reported = json.loads(project.wavemake("preview", "--json").out)["agents"]
        model = Model().run(steps)
        done = project.drive()
        assert project.paid() == sorted(model.ran), done.out
        assert (done.code == 0) == ("stuck" not in model.fate.values()), done.out
        fates = {each["name"]: each["fate"] for each in reported}
        ran = set(model.ran) & set(fates)
        assert {name for name, fate in fates.items() if fate == "run"} <= ran
        assert ran <= {name for name, fate in fates.items() if fate in ("run", "may run")}
        project.drive()
        assert project.paid() == []
