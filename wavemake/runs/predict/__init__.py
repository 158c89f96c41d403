"""Foresees what make would do with each agent, by the rules of make and of agent.sh. Nothing is written.

make considers an agent whose output.md is missing, or older than something that it is made from, or
behind an agent that was considered: that is here. agent.sh then pays only if the key is another, which
`content` foresees. Whatever stands behind an agent that runs cannot be known before: it may be given the
same answer again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from wavemake.runs import key as keys
from wavemake.runs.key import BadHead
from wavemake.runs.predict.case import case_of
from wavemake.runs.predict.content import Contents, emptied
from wavemake.runs.predict.world import (
    BLOCKED,
    FAILS,
    FATES,
    MAY_FAIL,
    MAY_RUN,
    PINNED,
    REUSE,
    RUN,
    SKIPPED,
    UP_TO_DATE,
    WAITING,
    Prediction,
    World,
    requested,
    tell,
)
from wavemake.runs.state import AgentState, not_there

__all__ = [
    "BLOCKED",
    "FAILS",
    "FATES",
    "MAY_FAIL",
    "MAY_RUN",
    "PINNED",
    "REUSE",
    "RUN",
    "SKIPPED",
    "UP_TO_DATE",
    "WAITING",
    "Prediction",
    "World",
    "foresee",
    "key_of_now",
    "requested",
]


def foresee(world: World) -> dict[str, Prediction]:
    """Return what becomes of each agent that is asked for, sorted by wave as the plan is."""
    return _Foresight(world).predictions()


def key_of_now(world: World, agent: AgentState) -> str:
    """Return the cache key of `agent` by the files as they are now, or nothing if one cannot be read."""
    try:
        head = keys.read_head(world.disk.read(world.file(agent.name, "task.md")))
        return case_of(world, agent, head, (), ()).now
    except (BadHead, OSError):
        return ""


class _Foresight:
    """touched: agents whose output has another time after make has looked at them. unmade: those that make
    gives up without calling agent.sh.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.disk = world.disk
        self.now = time.time_ns()
        self.told: dict[str, Prediction] = {}
        self.touched: set[str] = set()
        self.unmade: set[str] = set()
        self.tolerated = _tolerated(world.agents)
        # ninja's restat leaves an answer alone that is used again.
        self.touching = {RUN, MAY_RUN, MAY_FAIL}
        if world.by_ninja is None:
            self.touching |= {REUSE, SKIPPED}
        self.contents = Contents(world, self.told, self.touched)

    def predictions(self) -> dict[str, Prediction]:
        wanted = self._wanted()
        for agent in sorted(self.world.agents, key=lambda each: each.wave):
            if agent.name in wanted:
                found = self.told[agent.name] = self._predict(agent)
                if found.fate in self.touching and not self.keeps_time(agent, found):
                    self.touched.add(agent.name)
        return self.told

    def keeps_time(self, agent: AgentState, found: Prediction) -> bool:
        """Is its output left alone, although it is looked at for its condition?"""
        return found.fate == SKIPPED and not self.why_stale(agent)

    def _wanted(self) -> set[str]:
        """What is asked for, and all that it needs."""
        if self.world.goals is None:
            return {agent.name for agent in self.world.agents}
        wanted = set(self.world.goals)
        for agent in sorted(self.world.agents, key=lambda each: -each.wave):
            if agent.name in wanted:
                wanted.update(agent.needs)
        return wanted

    def _predict(self, agent: AgentState) -> Prediction:
        task = self.world.file(agent.name, "task.md")
        try:
            return self._made(agent, task)
        except BadHead as error:
            return tell(agent, FAILS, f"{task}: {error}")
        except OSError as error:
            return tell(agent, FAILS, f"cannot read {error.filename}: {error.strerror}")

    def _made(self, agent: AgentState, task: str) -> Prediction:
        unmade = [need for need in agent.needs if need in self.unmade]
        stopped = [need for need in agent.needs if self.told[need].stops]
        if unmade or (stopped and not agent.tolerant):
            self.unmade.update([agent.name] if unmade or agent.name not in self.tolerated else [])
            return tell(agent, BLOCKED, f"by {[*unmade, *stopped][0]}")
        lacking = [path for path in agent.files if not self.disk.exists(path)]
        is_lost = bool(lacking) and not self.world.makes_files
        if is_lost and self.world.by_ninja is None:
            self.unmade.add(agent.name)
            return tell(agent, FAILS, not_there(lacking[0]))
        stale = bool(stopped or lacking or agent.is_asked or self.why_stale(agent))
        has_output = self.world.has_output(agent.name)
        if self.disk.exists(self.world.file(agent.name, "pinned")) and has_output:
            # ninja looks at what its log does not know, whatever an audit says of it.
            is_looked_at = stale or agent.name in (self.world.by_ninja or ())
            self.touched.update([agent.name] if is_looked_at else [])
            return tell(agent, PINNED, "its output is kept as it is")
        if is_lost:
            return tell(agent, FAILS, not_there(lacking[0]))
        if not stale:
            note = self.world.note(agent.name)
            if note:
                return tell(agent, SKIPPED, note)
            why = [] if has_output else [emptied(self.world, agent.name)]
            return tell(agent, UP_TO_DATE, *why)
        head = keys.read_head(self.disk.read(task))
        settles = agent.name in self.tolerated
        return self.contents.look(agent, head, lacking, stopped, settles=settles)

    def why_stale(self, agent: AgentState) -> str:
        """Say why make looks at the agent, or nothing if it does not."""
        settles = agent.name in self.tolerated
        made = self.disk.mtime(self.world.file(agent.name, ".ended" if settles else "output.md"))
        is_dated = self.world.is_dated(agent.name)
        if made is None and not is_dated:
            has_output = self.world.has_output(agent.name)
            return "its end is not recorded" if has_output else "its output.md is not there"
        if agent.name in self.world.forced:
            return "forced"
        if not self.world.fits.get(agent.name, True):
            return "its answer does not fit its key"
        is_skipped = self.disk.exists(self.world.file(agent.name, ".skipped"))
        for path in agent.outputs:
            if not self.disk.exists(path) and not is_skipped:
                return f"{path} is not there"
        for number, path in enumerate(agent.sights, 1):
            was_there = self.disk.exists(self.world.file(agent.name, f".seen-{number}"))
            if was_there != self.disk.exists(path):
                return f"{path} {'is gone' if was_there else 'is there now'}"
        if self.world.by_ninja is not None:
            is_stale = agent.name in self.world.by_ninja and not is_dated
            is_stale = is_stale or bool(self.touched & {*agent.needs})
            return "older than what it is made from, by ninja's log" if is_stale else ""
        for need in agent.needs:
            if need in self.touched and (made or 0) < self.now:
                return f"behind {need}"
        if is_dated or made is None:
            return ""
        answer = ".ended" if settles or agent.tolerant else "output.md"
        sources = [self.world.file(agent.name, "task.md"), *agent.files, *agent.written]
        sources += [self.world.file(need, answer) for need in agent.needs]
        sources += [self.world.file(agent.name, "output.md")] if settles else []
        for path in sources:
            if (self.disk.mtime(path) or self.now) > made:
                return f"{path} is newer"
        return ""


def _tolerated(agents: Sequence[AgentState]) -> frozenset[str]:
    """All that a tolerant agent needs, directly or through others: make is not told that it failed."""
    found: set[str] = set()
    for agent in sorted(agents, key=lambda each: -each.wave):
        if agent.tolerant or agent.name in found:
            found.update(agent.needs)
    return frozenset(found)
