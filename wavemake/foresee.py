"""Foresees what make would do with each agent, by the rules of make and of agent.sh. Nothing is written.

make considers an agent whose output.md is missing, or older than something that it is made from, or
behind an agent that was considered; agent.sh then pays only if the key is another. Whatever stands
behind an agent that runs cannot be known before: it may be given the same answer again.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field

from wavemake import key as keys
from wavemake import prompt
from wavemake.changes import changes, lines_changed
from wavemake.disk import Disk
from wavemake.key import BadHead, Head, Input
from wavemake.state import how_to_make_again, not_there

RUN, MAY_RUN, REUSE, UP_TO_DATE = "run", "may run", "reuse", "up to date"
MAY_FAIL = "may fail"
PINNED, WAITING, BLOCKED, FAILS = "pinned", "waiting for approval", "blocked", "fails"
FATES = (RUN, MAY_RUN, MAY_FAIL, WAITING, FAILS, BLOCKED, PINNED, REUSE, UP_TO_DATE)
"""What can become of an agent. FAILS is without a prompt being sent, and so is MAY_FAIL if it is not a reuse;
BLOCKED is by such a failure.
"""

_UNKNOWN = "?" * 64
_LOST = "failed"
_ANSWER_WAITS = "its answer will wait for approval"
_WILL = {RUN: "will run", MAY_RUN: "may run", MAY_FAIL: "may fail", REUSE: "is checked again"}


@dataclass(frozen=True, slots=True)
class Agent:
    """What has to be known of an agent of the plan; state and reason are of its last run.

    outputs: files that it is to write. tolerant: it runs although something it needs has failed.
    """

    name: str
    wave: int
    needs: tuple[str, ...]
    files: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    tolerant: bool = False
    state: str = "not run"
    reason: str = ""


@dataclass(frozen=True)
class World:
    """Where agents would run.

    folder: of the agents, relative to the project. goals: agents that are asked for; None is all.
    forced: those that are paid again. missing: a program that the driver finds lacking, or an empty
    string. makes_files: a Makefile of the user's may have rules for what agents read.
    """

    folder: str
    agents: Sequence[Agent]
    goals: frozenset[str] | None = None
    forced: frozenset[str] = frozenset()
    missing: str = ""
    environment: Container[str] = field(default_factory=lambda: os.environ)
    makes_files: bool = False
    disk: Disk = field(default_factory=Disk)
    has_program: Callable[[str], bool] = lambda program: shutil.which(program) is not None


@dataclass(frozen=True, slots=True)
class Prediction:
    """What becomes of an agent, and why in words. size: bytes of its prompt, None if it sends none.

    at_least: the prompt is not known in full, because something that it holds is not there yet.
    """

    name: str
    wave: int
    fate: str
    reasons: tuple[str, ...] = ()
    size: int | None = None
    at_least: bool = False


def foresee(world: World) -> dict[str, Prediction]:
    """Return what becomes of each agent that is asked for, sorted by wave as the plan is."""
    return _Foresight(world).predictions()


@dataclass(frozen=True, slots=True)
class _Case:
    """An agent that make looks at, with its key as far as it is known; unknown: labels of the rest."""

    agent: Agent
    head: Head
    now: str
    unknown: Container[str]


class _Foresight:
    """touched: agents whose output has another time after make has looked at them. unmade: those that make
    gives up without calling agent.sh. unsure: those that may fail although they are not paid.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.disk = world.disk
        self.now = time.time_ns()
        self.told: dict[str, Prediction] = {}
        self.touched: set[str] = set()
        self.unmade: set[str] = set()
        self.unsure: set[str] = set()
        self.tolerated = _tolerated(world.agents)
        self.outputs = {agent.name: agent.outputs for agent in world.agents}

    def predictions(self) -> dict[str, Prediction]:
        wanted = self._wanted()
        for agent in sorted(self.world.agents, key=lambda each: each.wave):
            if agent.name in wanted:
                found = self.told[agent.name] = self._predict(agent)
                if found.fate in (RUN, MAY_RUN, MAY_FAIL, REUSE):
                    self.touched.add(agent.name)
        return self.told

    def _wanted(self) -> set[str]:
        """What is asked for, and all that it needs."""
        if self.world.goals is None:
            return {agent.name for agent in self.world.agents}
        wanted = set(self.world.goals)
        for agent in sorted(self.world.agents, key=lambda each: -each.wave):
            if agent.name in wanted:
                wanted.update(agent.needs)
        return wanted

    # --- what make does ---

    def _predict(self, agent: Agent) -> Prediction:
        try:
            return self._made(agent)
        except BadHead as error:
            return self._tell(agent, FAILS, f"{self._file(agent, 'task.md')}: {error}")
        except OSError as error:
            return self._tell(agent, FAILS, f"cannot read {error.filename}: {error.strerror}")

    def _made(self, agent: Agent) -> Prediction:
        unmade = [need for need in agent.needs if need in self.unmade]
        stopped = [need for need in agent.needs if self._stops(need)]
        if unmade or (stopped and not agent.tolerant):
            self.unmade.update([agent.name] if unmade or agent.name not in self.tolerated else [])
            return self._tell(agent, BLOCKED, f"by {[*unmade, *stopped][0]}")
        lacking = [path for path in agent.files if not self.disk.exists(path)]
        if lacking and not self.world.makes_files:
            self.unmade.add(agent.name)
            return self._tell(agent, FAILS, not_there(lacking[0]))
        stale = bool(stopped or lacking) or self._is_stale(agent)
        if self.disk.exists(self._file(agent, "pinned")) and self._has_output(agent.name):
            self.touched.update([agent.name] if stale else [])
            return self._tell(agent, PINNED, "its output is kept as it is")
        if not stale:
            reasons = [] if self._has_output(agent.name) else [self._emptied(agent.name)]
            return self._tell(agent, UP_TO_DATE, *reasons)
        return self._by_content(agent, self._head(agent), lacking, stopped)

    def _stops(self, need: str) -> bool:
        """Is there sure to be no answer of `need`?"""
        found = self.told[need]
        return found.fate in (WAITING, FAILS, BLOCKED) or _ANSWER_WAITS in found.reasons

    def _is_stale(self, agent: Agent) -> bool:
        """Does make look at the agent?"""
        settles = agent.name in self.tolerated
        made = self.disk.mtime(self._file(agent, ".ended" if settles else "output.md"))
        if made is None or agent.name in self.world.forced:
            return True
        if any(need in self.touched and made < self.now for need in agent.needs):
            return True
        if not all(self.disk.exists(path) for path in agent.outputs):
            return True
        answer = ".ended" if settles or agent.tolerant else "output.md"
        sources = [self._file(agent, "task.md"), *agent.files]
        sources += [f"{self.world.folder}/{need}/{answer}" for need in agent.needs]
        sources += [self._file(agent, "output.md")] if settles else []
        return any((self.disk.mtime(path) or self.now) > made for path in sources)

    # --- what agent.sh does ---

    def _by_content(
        self, agent: Agent, head: Head, lacking: list[str], stopped: list[str]
    ) -> Prediction:
        if agent.state == "running":
            return self._tell(agent, MAY_RUN, "runs at this moment, by another make")
        pending = [n for n in agent.needs if self.told[n].fate in (RUN, MAY_RUN, MAY_FAIL)]
        pending = [
            n for n in [*pending, *self.unsure.intersection(agent.needs)] if n not in stopped
        ]
        undone = [n for n in agent.needs if n not in pending and not self._is_good(n)]
        if undone and not pending and not agent.tolerant:
            return self._tell(agent, BLOCKED, self._undone(undone[0]))
        written = {path for need in pending for path in self.outputs[need]}
        unknown = {
            each.label for each in head.inputs if each.name in {*pending, *lacking, *written}
        }
        case = _Case(agent, head, self._key(agent, head, unknown, {*undone, *stopped}), unknown)
        size = self._size(case)
        if pending or lacking:
            awaited = [each.name for each in head.inputs if each.name in written]
            lacking = [*lacking, *(path for path in awaited if not self.disk.exists(path))]
            return self._await(case, pending, lacking, size)
        if self._is_paid_for(case):
            return self._use(case)
        return self._start(case, size)

    def _await(self, case: _Case, pending: list[str], lacking: list[str], size: int) -> Prediction:
        """What is to be said before something that it reads is there.

        One that is forced is paid whatever that will be, unless a person has to see it first.
        """
        reasons = self._reasons(case)
        reasons += [f"reads {n}, which {_WILL[self.told[n].fate]}" for n in pending]
        reasons += [f"{path} is not there yet" for path in lacking]
        if case.head.one("approve") == "before" and not self._is_approved(
            case.agent, case.now, case.unknown
        ):
            return self._tell(case.agent, WAITING, *reasons)
        problem = self._hindrance(case.head)
        if problem and self._may_be_reused(case):
            return self._tell(case.agent, MAY_FAIL, *reasons, problem)
        if problem:
            return self._tell(case.agent, FAILS, problem)
        grows = any(
            each.label in case.unknown and each.kind != "after" for each in case.head.inputs
        )
        if case.agent.name not in self.world.forced or case.head.one("approve") == "before":
            return self._tell(case.agent, MAY_RUN, *reasons, size=size, at_least=grows)
        return self._pay(case, reasons, size, grows)

    def _use(self, case: _Case) -> Prediction:
        """What becomes of an answer that was paid for by the same key."""
        agent, head = case.agent, case.head
        recorded = self.disk.text(self._file(agent, "key")) or ""
        if keys.checks_of(recorded) != head.all("check"):
            self.unsure.add(agent.name)
            return self._tell(
                agent, REUSE, "its input is the same; its checks are not, and are made"
            )
        paid = f"{case.now}output {keys.split_key(recorded)[1]}\n"
        if head.one("approve") == "after" and not self._is_approved(agent, paid):
            return self._tell(agent, WAITING, "its answer is not approved")
        return self._tell(agent, REUSE, "its input is the same")

    def _start(self, case: _Case, size: int) -> Prediction:
        """What stands between a key that is another and the agent's start."""
        agent, head = case.agent, case.head
        ended = self.disk.size(self._file(agent, ".try/rc")) > 0
        kept = self.disk.text(self._file(agent, ".try/inputs")) == case.now
        if kept and ended and agent.name not in self.world.forced:
            why = "an attempt that was cut off has ended: its answer is judged first"
            return self._tell(agent, MAY_RUN, why, size=size)
        reasons = self._reasons(case)
        if head.one("approve") == "before" and not self._is_approved(agent, case.now):
            return self._tell(agent, WAITING, *reasons)
        return self._pay(case, reasons, size)

    def _pay(
        self, case: _Case, reasons: list[str], size: int, at_least: bool = False
    ) -> Prediction:
        """What becomes of an agent that is started, whatever its prompt; it may not be known in full."""
        problem = self._problem(case.head, 0 if at_least else size)
        if problem:
            return self._tell(case.agent, FAILS, problem)
        waits = [_ANSWER_WAITS] if case.head.one("approve") == "after" else []
        return self._tell(case.agent, RUN, *reasons, *waits, size=size, at_least=at_least)

    def _problem(self, head: Head, size: int) -> str:
        """Why agent.sh would not start the command."""
        cap = int(head.one("max-prompt", "1048576"))
        if size > cap:
            return f"the prompt has {size} bytes, over max_prompt ({cap}): read less, or raise it"
        hindrance = self._hindrance(head)
        if hindrance:
            return hindrance
        cwd = head.one("cwd")
        return f"its folder {cwd} is not there" if cwd and not self.disk.exists(cwd) else ""

    def _hindrance(self, head: Head) -> str:
        """What is lacking that no agent makes."""
        program = next(iter(head.all("launch") or head.all("run")), "")
        if program and not self.world.has_program(program):
            return f"{program} is not installed"
        if self.world.missing:
            return f"not started, because {self.world.missing} is not installed"
        unset = [name for name in head.all("env") if name not in self.world.environment]
        return f"the environment variable {unset[0]}, which it needs, is not set" if unset else ""

    def _may_be_reused(self, case: _Case) -> bool:
        """Can what it is still to be given make its key one that was paid for?"""
        agent = case.agent
        if agent.name in self.world.forced:
            return False
        if self.disk.size(self._file(agent, ".try/rc")) > 0:
            return True
        paid_for = keys.split_key(self.disk.text(self._file(agent, "key")) or "")[0]
        is_the_same = bool(paid_for) and not changes(paid_for, case.now, case.unknown)
        return is_the_same and self._has_output(agent.name)

    def _is_approved(self, agent: Agent, now: str, unknown: Container[str] = ()) -> bool:
        """Is this what a person has approved of the agent, as far as it is known?"""
        approved = self.disk.text(self._file(agent, "approved"))
        if approved is None:
            return False
        return approved.rstrip("\n") == now.rstrip("\n") or (
            bool(unknown) and not changes(approved, now, unknown)
        )

    def _is_good(self, name: str) -> bool:
        """Does agent.sh take the output of `name` for its answer?"""
        found = self.told[name]
        if self._stops(name) or found.fate not in (UP_TO_DATE, PINNED):
            return not self._stops(name)
        if not self._has_output(name):
            return False
        folder = f"{self.world.folder}/{name}"
        status = self.disk.text(f"{folder}/status.json")
        if status is None or '"state":"done"' in status or '"state":"pinned"' in status:
            return True
        made, ended = (
            self.disk.mtime(f"{folder}/output.md"),
            self.disk.mtime(f"{folder}/status.json"),
        )
        return (found.fate == PINNED and name in self.touched) or (made or 0) > (ended or 0)

    def _undone(self, name: str) -> str:
        return f"{name} is not done" if self._has_output(name) else self._emptied(name)

    def _emptied(self, name: str) -> str:
        way_out = how_to_make_again(f"{self.world.folder}/{name}")
        return f"the output.md of {name} is empty: {way_out}"

    def _is_paid_for(self, case: _Case) -> bool:
        recorded = self.disk.text(self._file(case.agent, "key"))
        return (
            case.agent.name not in self.world.forced
            and recorded is not None
            and keys.split_key(recorded)[0] == case.now
            and self._has_output(case.agent.name)
            and all(self.disk.exists(path) for path in case.head.all("output"))
        )

    # --- the key, and the prompt ---

    def _key(self, agent: Agent, head: Head, unknown: Container[str], lost: Container[str]) -> str:
        def sum_of(read: Input) -> str:
            if read.label in unknown:
                return _UNKNOWN
            if read.kind != "file" and read.name in lost:
                return _LOST
            path = read.path(self.world.folder)
            found = self.disk.sum(path)
            if found is None:
                raise FileNotFoundError(2, "not there", path)
            return found

        return keys.key_of(head, keys.sha256(self._body(agent, head)), sum_of)

    def _size(self, case: _Case) -> int:
        size = self.disk.size(self._file(case.agent, "task.md")) - case.head.body
        for each in case.head.inputs:
            if f"\n{each.label} {_LOST}\n" in case.now:
                size += len(prompt.lost(each.name)) if each.kind == "agent" else 0
            elif each.kind != "after":
                size += prompt.size_of(each, each.path(self.world.folder), self.disk)
        return size

    def _reasons(self, case: _Case) -> list[str]:
        """Why the agent would be paid, as far as that is known."""
        agent = case.agent
        recorded = self.disk.text(self._file(agent, "key"))
        old, paid = keys.split_key(recorded) if recorded is not None else ("", "")
        differ = changes(old, case.now, case.unknown) if old else []
        output = self._has_output(agent.name)
        reasons = ["forced"] if agent.name in self.world.forced else []
        if agent.state in ("failed", "interrupted") and (differ or not old or not output):
            told = f": {agent.reason}" if agent.reason and agent.state == "failed" else ""
            reasons.append(f"{agent.state} last time{told}")
        if recorded is None:
            reasons += [] if reasons else ["never run" if not output else "no key of its output"]
        elif not output:
            reasons.append("output missing")
        elif not old and paid:
            reasons += [] if reasons else ["a forced run of it did not end"]
        reasons += [self._counted(each, agent, case.head) for each in differ]
        lacking = [path for path in case.head.all("output") if not self.disk.exists(path)]
        return reasons + [f"{path}, which it is to write, is missing" for path in lacking]

    def _counted(self, change: str, agent: Agent, head: Head) -> str:
        """The change of a task with the number of its lines, if the old one is known."""
        recorded = self._file(agent, "prompt.md")
        if change != "task changed" or not self.disk.exists(recorded):
            return change
        before = prompt.body_of(self.disk.read(recorded))
        lines = lines_changed(before, self._body(agent, head))
        return f"{change}: {lines} line{'s' * (lines != 1)}" if lines else change

    # --- files ---

    def _head(self, agent: Agent) -> Head:
        return keys.read_head(self.disk.read(self._file(agent, "task.md")))

    def _body(self, agent: Agent, head: Head) -> bytes:
        return self.disk.read(self._file(agent, "task.md"))[head.body :]

    def _file(self, agent: Agent, name: str) -> str:
        return f"{self.world.folder}/{agent.name}/{name}"

    def _output(self, name: str) -> str:
        return f"{self.world.folder}/{name}/output.md"

    def _has_output(self, name: str) -> bool:
        return self.disk.size(self._output(name)) > 0

    def _tell(
        self,
        agent: Agent,
        fate: str,
        *reasons: str,
        size: int | None = None,
        at_least: bool = False,
    ) -> Prediction:
        return Prediction(agent.name, agent.wave, fate, reasons, size, at_least)


def _tolerated(agents: Sequence[Agent]) -> frozenset[str]:
    """All that a tolerant agent needs, directly or through others: make is not told that it failed."""
    found: set[str] = set()
    for agent in sorted(agents, key=lambda each: -each.wave):
        if agent.tolerant or agent.name in found:
            found.update(agent.needs)
    return frozenset(found)


def requested(agents: Sequence[Agent], words: Sequence[str]) -> frozenset[str] | None:
    """Return the agents that the goals `words` name: agents and wave-N, which is all up to it.

    None stands for all. Raises KeyError with a word that names nothing.
    """
    names = {agent.name for agent in agents}
    waves = {f"wave-{agent.wave}": agent.wave for agent in agents}
    found: set[str] = set()
    for word in words:
        if word in names:
            found.add(word)
        else:
            found.update(agent.name for agent in agents if agent.wave <= waves[word])
    return frozenset(found) if words else None
