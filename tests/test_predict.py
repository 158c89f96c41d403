"""What preview predicts is what make then does: over random plans, edits and failures."""

from __future__ import annotations

import contextlib
import os
import pathlib
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.harness import EVERYTHING, Project
from wavemake.compiler.options import Mode, Options
from wavemake.runs.predict import (
    BLOCKED,
    FAILS,
    MAY_RUN,
    PINNED,
    REUSE,
    RUN,
    UP_TO_DATE,
    Prediction,
    predict,
)
from wavemake.ui.compilation import run
from wavemake.ui.world import look, world_of

pytestmark = pytest.mark.slow

NAMES = ("a", "b", "c", "d", "e")
FILES = ("notes.md", "src/it's $x #1.c")
EXAMPLES = 24 if EVERYTHING else 8
FOLDER = ".tmp/agents"


@contextlib.contextmanager
def inside(folder: pathlib.Path) -> Iterator[None]:
    before = pathlib.Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@st.composite
def plans(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Agents that read agents before them and files; some wait only, some write a file that others read."""
    agents: dict[str, dict[str, Any]] = {}
    for name in NAMES[: draw(st.integers(2, len(NAMES)))]:
        before = st.sampled_from(sorted(agents)) if agents else st.nothing()
        made = [path for each in agents.values() for path in each.get("outputs", ())]
        files = st.sampled_from([*FILES, *made])
        reads = draw(st.lists(before | files, max_size=3, unique=True))
        after = draw(st.lists(before, max_size=1 if agents else 0))
        agents[name] = {"reads": reads, "depends_on": [each for each in after if each not in reads]}
        if draw(st.integers(0, 4)) == 0:
            agents[name]["outputs"] = [f"made-{name}"]
        if draw(st.integers(0, 4)) == 0:
            agents[name]["on_failure"] = "continue"
        if draw(st.integers(0, 7)) == 0:
            agents[name]["approve"] = draw(st.sampled_from(["before", "after"]))
    return agents


class World:
    """A project under test."""

    def __init__(
        self, folder: pathlib.Path, agents: dict[str, dict[str, Any]], backend: str = "make"
    ) -> None:
        self.project = Project(folder)
        self.project.use_backend(backend)
        self.agents = agents
        self.compile()

    def compile(self) -> None:
        for name in FILES:
            if not self.project.path(name).exists():
                self.project.write(name, f"{name}\n")
        gone = {"command": ["no-such-agent"], "model": ["--model", "{}"]}
        self.project.plan(self.agents, runners={"gone": gone})
        with inside(self.project.folder):
            run(Options("plan.json", backend=self.project.backend), Mode(quiet=True))

    def set(self, agent: str, **keys: Any) -> None:
        self.agents[agent] |= keys
        self.compile()

    def hand(self, goal: str) -> None:
        """Approve, pin or unpin an agent, if that can be done."""
        self.project.run(["sh", f"{FOLDER}/runtime/drive.sh", goal, FOLDER])

    def file(self, agent: str, name: str) -> pathlib.Path:
        return self.project.path(f"{FOLDER}/{agent}/{name}")

    def read(self, number: int) -> pathlib.Path:
        return self.project.path(FILES[number % len(FILES)])

    def predictions(self, *goals: str, force: bool = False) -> dict[str, Prediction]:
        with inside(self.project.folder):
            sight = look(FOLDER)
            return predict(world_of(sight.state, goals, force=force, disk=sight.disk))


def edit(world: World, agent: str, number: int) -> None:
    if world.file(agent, "output.md").exists():
        world.file(agent, "output.md").write_text(f"edited by hand {number}\n")


def empty_output(world: World, agent: str, number: int) -> None:
    if world.file(agent, "output.md").exists():
        world.file(agent, "output.md").write_text("")


def touch_output(world: World, agent: str, number: int) -> None:
    if world.file(agent, "output.md").exists():
        world.file(agent, "output.md").touch()


ANSWER = 'touch made-{0}; echo "answer of {0} to $(cksum <"$prompt")"'
# What is done to an agent, or to a file, between two runs.
STEPS: dict[str, Callable[[World, str, int], object]] = {
    "task": lambda w, a, n: w.set(a, task=f"Do {a}, version {n}."),
    "model": lambda w, a, n: w.set(a, model=f"m{n % 3}"),
    "timeout": lambda w, a, n: w.set(a, timeout=f"{n + 20}m"),
    "reads": lambda w, a, n: w.set(a, reads=w.agents[a]["reads"][1:]),
    "max_prompt": lambda w, a, n: w.set(a, max_prompt=10 if n % 2 else 100_000),
    "file": lambda w, a, n: w.read(n).write_text(f"{n}\n"),
    "touch file": lambda w, a, n: w.read(n).touch(),
    "no file": lambda w, a, n: w.read(n).unlink(missing_ok=True),
    "edit": edit,
    "touch output": touch_output,
    "no output": lambda w, a, n: w.file(a, "output.md").unlink(missing_ok=True),
    "empty output": empty_output,
    "pin": lambda w, a, n: w.hand(f"pin-{a}"),
    "unpin": lambda w, a, n: w.hand(f"unpin-{a}"),
    "approve": lambda w, a, n: w.hand(f"approve-{a}"),
    "check": lambda w, a, n: w.set(a, check={"matches": ["answer", "same", "."][n % 3]}),
    "env": lambda w, a, n: w.set(a, env=[["HOME", "NOT_SET"][n % 2]]),
    "gone": lambda w, a, n: w.set(a, runner=["command", "gone"][n % 2]),
    "no key": lambda w, a, n: w.file(a, "key").unlink(missing_ok=True),
    "made": lambda w, a, n: w.project.write(f"made-{a}", f"{n}\n"),
    "no made": lambda w, a, n: w.project.path(f"made-{a}").unlink(missing_ok=True),
    "fail": lambda w, a, n: w.project.behave(a, "echo half an answer; exit 3\n"),
    "same": lambda w, a, n: w.project.behave(a, f"touch made-{a}; echo always the same\n"),
    "recover": lambda w, a, n: w.project.behave(a, ANSWER.format(a)),
}
steps = st.tuples(st.sampled_from(sorted(STEPS)), st.sampled_from(NAMES), st.integers(0, 99))


def check(world: World, goals: tuple[str, ...], force: bool) -> None:
    predicted = world.predictions(*goals, force=force)
    again = world.predictions(*goals, force=force)
    assert predicted == again
    result = world.project.drive("-j3", *goals, *(["FORCE=1"] if force else []))
    paid = world.project.paid()
    assert len(paid) == len(set(paid))
    for name in world.agents:
        reported = predicted.get(name)
        fate = reported.fate if reported else "not asked for"
        where = f"{name}: {reported}\n{predicted}\n{paid}\n{result.out}"
        if fate == RUN:
            behind = (
                any(each.startswith("reads ") for each in reported.reasons) if reported else False
            )
            assert name in paid or (behind and result.code != 0), where
        elif fate != MAY_RUN:
            assert name not in paid, where
        # One that is not asked for may have failed only behind a goal that goes on without it.
        if fate in (FAILS, BLOCKED) and (name in goals or not goals):
            assert result.code != 0, where
    fates = {each.fate for each in predicted.values()}
    reasons = [reason for each in predicted.values() for reason in each.reasons]
    may_fail = any("checks" in reason or "is empty" in reason for reason in reasons)
    if not goals and fates <= {REUSE, UP_TO_DATE, PINNED} and not may_fail:
        assert result.code == 0, result.out
    if not goals and fates <= {UP_TO_DATE} and not force and not may_fail:
        assert "nothing to do" in result.out


def try_out(backend: str, plan: dict[str, dict[str, Any]], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        world = World(pathlib.Path(name) / "my project", plan, backend)
        for each in plan:
            STEPS["recover"](world, each, 0)
        for _ in range(3):
            names = st.lists(st.sampled_from(sorted(plan)), max_size=2, unique=True)
            goals = data.draw(st.just([]) | names, "goals")
            check(world, tuple(goals), bool(goals) and data.draw(st.booleans(), "forced"))
            for kind, agent, number in data.draw(st.lists(steps, min_size=1, max_size=4), "steps"):
                if agent in plan:
                    STEPS[kind](world, agent, number)
        check(world, (), False)


# The same plans each time, and others by WAVEMAKE_FUZZ: make's times and ninja's log have corners that
# preview does not predict, one in some hundred plans.
EXPLORE = settings(
    derandomize=not os.environ.get("WAVEMAKE_FUZZ"),
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    # Each example runs make several times: one that fails is reported as it was found.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@given(plan=plans(), data=st.data())
@EXPLORE
def test_what_is_as_compiled_is_what_make_does(
    plan: dict[str, dict[str, Any]], data: st.DataObject
) -> None:
    try_out("make", plan, data)


@given(plan=plans(), data=st.data())
@EXPLORE
def test_what_is_as_compiled_is_what_ninja_does(
    plan: dict[str, dict[str, Any]], data: st.DataObject
) -> None:
    try_out("ninja", plan, data)
