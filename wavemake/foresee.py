"""Foresees what make would do with each agent, by the rules of make and of agent.sh. Nothing is written.

make considers an agent whose output.md is missing, or older than something that it is made from, or
behind an agent that was considered; agent.sh then pays only if the key is another. Whatever stands
behind an agent that runs cannot be known before: it may be given the same answer again.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from wavemake import key as keys
from wavemake import prompt
from wavemake.changes import changes, lines_changed
from wavemake.disk import Disk
from wavemake.key import BadHead, Head, Input

RUN, MAY_RUN, REUSE, UP_TO_DATE = "run", "may run", "reuse", "up to date"
PINNED, WAITING, BLOCKED, FAILS = "pinned", "waiting for approval", "blocked", "fails"
FATES = (RUN, MAY_RUN, WAITING, FAILS, BLOCKED, PINNED, REUSE, UP_TO_DATE)
"""What can become of an agent. FAILS is without a prompt being sent; BLOCKED is by such a failure."""

_UNKNOWN = "?" * 64


@dataclass(frozen=True, slots=True)
class Agent:
    """What has to be known of an agent of the plan; state and reason are of its last run."""

    name: str
    wave: int
    needs: tuple[str, ...]
    files: tuple[str, ...] = ()
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


class _Foresight:
    def __init__(self, world: World) -> None:
        self.world = world
        self.disk = world.disk
        self.now = time.time_ns()
        self.told: dict[str, Prediction] = {}

    def predictions(self) -> dict[str, Prediction]:
        wanted = self._wanted()
        for agent in sorted(self.world.agents, key=lambda each: each.wave):
            if agent.name in wanted:
                self.told[agent.name] = self._predict(agent)
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
            return self._considered(agent)
        except BadHead as error:
            return self._tell(agent, FAILS, f"{self._file(agent, 'task.md')}: {error}")
        except OSError as error:
            return self._tell(agent, FAILS, f"cannot read {error.filename}: {error.strerror}")

    def _considered(self, agent: Agent) -> Prediction:
        stopped = [n for n in agent.needs if self.told[n].fate in (WAITING, FAILS, BLOCKED)]
        if stopped and not self._head(agent).lines.get("tolerant"):
            return self._tell(agent, BLOCKED, f"by {stopped[0]}")
        lacking = [path for path in agent.files if self.disk.mtime(path) is None]
        if lacking and not self.world.makes_files:
            return self._tell(agent, FAILS, f"{lacking[0]} is missing")
        pinned = self.disk.exists(self._file(agent, "pinned")) and self._has_output(agent.name)
        if pinned:
            return self._tell(agent, PINNED, "its output is kept as it is")
        if not stopped and not lacking and not self._is_stale(agent):
            return self._tell(agent, UP_TO_DATE)
        return self._by_content(agent, [*lacking, *stopped])

    def _is_stale(self, agent: Agent) -> bool:
        """Does make look at the agent?"""
        made = self.disk.mtime(self._file(agent, "output.md"))
        if made is None or agent.name in self.world.forced:
            return True
        if any(self._moves(name) and made < self.now for name in agent.needs):
            return True
        sources = [self._file(agent, "task.md"), *agent.files]
        sources += [self._output(name) for name in agent.needs]
        return any((self.disk.mtime(path) or self.now) > made for path in sources)

    def _moves(self, need: str) -> bool:
        """Has the output of `need` another time after make has looked at it?"""
        return self.told[need].fate in (RUN, MAY_RUN, REUSE)

    # --- what agent.sh does ---

    def _by_content(self, agent: Agent, unsure: Sequence[str]) -> Prediction:
        head = self._head(agent)
        if agent.state == "running":
            return self._tell(agent, MAY_RUN, "runs at this moment, by another make")
        pending = [n for n in agent.needs if self.told[n].fate in (RUN, MAY_RUN)]
        if not pending and not unsure:
            undone = [n for n in agent.needs if not self._is_good(n)]
            if undone and not head.lines.get("tolerant"):
                return self._tell(agent, BLOCKED, f"{undone[0]} is not done")
        unknown = {each.label for each in head.inputs if each.name in {*pending, *unsure}}
        now = self._key(agent, head, unknown)
        size, at_least = self._size(agent, head, unknown)
        reasons = self._reasons(agent, head, now, unknown)
        if pending or unsure:
            reasons += [f"reads {n}, which {_will(self.told[n].fate)}" for n in pending]
            reasons += [f"{each} is not there yet" for each in unsure]
            return self._tell(agent, MAY_RUN, *reasons, size=size, at_least=at_least)
        if self._is_paid_for(agent, head, now):
            return self._tell(agent, REUSE, "its input is the same")
        return self._start(agent, head, now, reasons, size)

    def _is_paid_for(self, agent: Agent, head: Head, now: str) -> bool:
        recorded = self.disk.text(self._file(agent, "key"))
        return (
            agent.name not in self.world.forced
            and recorded is not None
            and keys.split_key(recorded)[0] == now
            and self._has_output(agent.name)
            and all(self.disk.exists(path) for path in head.all("output"))
        )

    def _start(
        self, agent: Agent, head: Head, now: str, reasons: list[str], size: int
    ) -> Prediction:
        """What stands between a key that is another and the agent's start."""
        kept = self.disk.text(self._file(agent, ".try/inputs"))
        ended = self.disk.size(self._file(agent, ".try/rc")) > 0
        if kept == now and ended and agent.name not in self.world.forced:
            why = "an attempt that was cut off has ended: its answer is judged first"
            return self._tell(agent, MAY_RUN, why, size=size)
        cap = int(head.one("max-prompt", "1048576"))
        program = head.one("run") and head.all("run")[0]
        if size > cap:
            why = f"the prompt has {size} bytes, over max_prompt ({cap}): read less, or raise it"
        elif program and not self.world.has_program(program):
            why = f"{program} is not installed"
        elif self.world.missing:
            why = f"not started, because {self.world.missing} is not installed"
        else:
            return self._tell(agent, RUN, *reasons, size=size)
        return self._tell(agent, FAILS, why)

    def _is_good(self, name: str) -> bool:
        """Does agent.sh take the output of `name` for its answer?"""
        if self.told[name].fate != UP_TO_DATE:
            return True
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
        return (made or 0) > (ended or 0)

    # --- the key, and the prompt ---

    def _key(self, agent: Agent, head: Head, unknown: set[str]) -> str:
        def sum_of(read: Input) -> str:
            if read.label in unknown:
                return _UNKNOWN
            path = read.path(self.world.folder)
            found = self.disk.sum(path)
            if found is None:
                raise FileNotFoundError(2, "not there", path)
            return found

        body = self.disk.read(self._file(agent, "task.md"))[head.body :]
        return keys.key_of(head, keys.sha256(body), sum_of)

    def _size(self, agent: Agent, head: Head, unknown: set[str]) -> tuple[int, bool]:
        size = self.disk.size(self._file(agent, "task.md")) - head.body
        at_least = False
        for each in head.inputs:
            if each.kind != "after":
                path = each.path(self.world.folder)
                size += prompt.size_of(each, path, self.disk.size(path))
                at_least = at_least or each.label in unknown
        return size, at_least

    def _reasons(self, agent: Agent, head: Head, now: str, unknown: set[str]) -> list[str]:
        """Why the agent would be paid, as far as that is known; nothing if it is not."""
        reasons = ["forced"] if agent.name in self.world.forced else []
        recorded = self.disk.text(self._file(agent, "key"))
        old, paid = keys.split_key(recorded) if recorded is not None else ("", "")
        differ = changes(old, now, unknown) if old else []
        output = self._has_output(agent.name)
        if agent.state in ("failed", "interrupted") and (differ or not old or not output):
            told = f": {agent.reason}" if agent.reason and agent.state == "failed" else ""
            reasons.append(f"{agent.state} last time{told}")
        if recorded is None:
            reasons += [] if reasons else ["never run" if not output else "no key of its output"]
        elif not output:
            reasons.append("output missing")
        elif not old and paid:
            reasons += [] if reasons else ["a forced run of it did not end"]
        reasons += [self._counted(each, agent, head) for each in differ]
        lacking = [path for path in head.all("output") if not self.disk.exists(path)]
        return reasons + [f"{path}, which it is to write, is missing" for path in lacking]

    def _counted(self, change: str, agent: Agent, head: Head) -> str:
        """The change of a task with the number of its lines, if the old one is known."""
        recorded = self._file(agent, "prompt.md")
        if change != "task changed" or not self.disk.exists(recorded):
            return change
        body = self.disk.read(self._file(agent, "task.md"))[head.body :]
        lines = lines_changed(prompt.body_of(self.disk.read(recorded)), body)
        return f"{change}: {lines} line{'s' * (lines != 1)}" if lines else change

    # --- files ---

    def _head(self, agent: Agent) -> Head:
        return keys.read_head(self.disk.read(self._file(agent, "task.md")))

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


def _will(fate: str) -> str:
    return "will run" if fate == RUN else "may run"


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
