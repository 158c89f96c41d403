"""Predicts what make would do with each agent, and what agent.sh would then do. Nothing is written.

make itself says which agents are stale by the times of their files (`World.stale`). An agent downstream of
one that make looks at is looked at as well: that is here. agent.sh then runs it only if its cache key
differs, which `content` predicts. What is downstream of an agent that runs cannot be known before: that
agent may give the same answer again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from wavemake.runs import key as keys
from wavemake.runs.key import BadHead
from wavemake.runs.predict.case import case_of
from wavemake.runs.predict.content import Contents, emptied
from wavemake.runs.predict.world import (
    ASKED,
    BLOCKED,
    FAILS,
    FATES,
    MAY_FAIL,
    MAY_RUN,
    PINNED,
    REPLAY,
    REUSE,
    RUN,
    SKIPPED,
    UP_TO_DATE,
    WAITING,
    Prediction,
    World,
    prediction,
    requested,
)
from wavemake.runs.state import AgentState, not_there

__all__ = [
    "ASKED",
    "BLOCKED",
    "FAILS",
    "FATES",
    "MAY_FAIL",
    "MAY_RUN",
    "PINNED",
    "REPLAY",
    "REUSE",
    "RUN",
    "SKIPPED",
    "UP_TO_DATE",
    "WAITING",
    "Prediction",
    "World",
    "key_of_now",
    "predict",
    "requested",
]


def predict(world: World) -> dict[str, Prediction]:
    """Return what becomes of each agent that is asked for, sorted by wave as the plan is."""
    return _Predictor(world).predictions()


def key_of_now(world: World, agent: AgentState) -> str:
    """Return the cache key of `agent` by the files as they are now, or nothing if one cannot be read."""
    try:
        head = world.head(agent.name)
        return case_of(world, agent, head, (), ()).now
    except (BadHead, OSError):
        return ""


class _Predictor:
    """Goes through the agents in the order of their waves.

    touched: agents whose output has another time after make has looked at them. not_buildable: those that
    make gives up without calling agent.sh. asking: those that wait for an answer, and that are blocked by
    such.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.disk = world.disk
        self.now = time.time_ns()
        self.found: dict[str, Prediction] = {}
        self.touched: set[str] = set()
        self.asking: set[str] = set()
        self.not_buildable: set[str] = set()
        self.tolerated = _tolerated(world.agents)
        # ninja's restat leaves a reused answer alone.
        self.touching = {RUN, MAY_RUN, MAY_FAIL}
        if world.by_ninja is None:
            self.touching |= {REPLAY, REUSE, SKIPPED}
        self.stages = {agent.name: agent for agent in world.agents if agent.listed_by}
        self.contents = Contents(world, self.found, self.touched)

    def predictions(self) -> dict[str, Prediction]:
        wanted = self._wanted()
        for agent in sorted(self.world.agents, key=lambda each: each.wave):
            if agent.name in wanted:
                found = self.found[agent.name] = self._predict(agent)
                if found.fate == ASKED or (found.fate == BLOCKED and self.asking & {*agent.needs}):
                    self.asking.add(agent.name)
                if found.fate in self.touching and not self.keeps_time(agent, found):
                    self.touched.add(agent.name)
        return self.found

    def keeps_time(self, agent: AgentState, found: Prediction) -> bool:
        """Is its output left alone, although it is looked at for its condition?"""
        return found.fate == SKIPPED and not self.is_stale(agent)

    def _wanted(self) -> set[str]:
        """What is asked for, and all that it needs."""
        if self.world.goals is None:
            return {agent.name for agent in self.world.agents}
        wanted = set(self.world.goals)
        for agent in sorted(self.world.agents, key=lambda each: -each.wave):
            if agent.name in wanted:
                wanted.update(agent.needs)
            if agent.name in wanted and agent.group in self.stages:
                stage = self.stages[agent.group]
                wanted.update(n for n in stage.needs if self.contents.groups.get(n) != stage.name)
        return wanted

    def _predict(self, agent: AgentState) -> Prediction:
        task = self.world.file(agent.name, "task.md")
        try:
            return self._made(agent)
        except BadHead as error:
            return prediction(agent, FAILS, f"{task}: {error}")
        except OSError as error:
            return prediction(agent, FAILS, f"cannot read {error.filename}: {error.strerror}")

    def _made(self, agent: AgentState) -> Prediction:
        lacks = [need for need in agent.needs if need in self.not_buildable]
        stopped = [need for need in agent.needs if self.found[need].stops]
        asking = [need for need in stopped if need in self.asking]
        if lacks or asking or (stopped and not agent.tolerant):
            self.not_buildable.update(
                [agent.name] if lacks or agent.name not in self.tolerated else []
            )
            return prediction(agent, BLOCKED, f"by {[*lacks, *asking, *stopped][0]}")
        if agent.name in self.stages:
            return self._stage(agent)
        if agent.group in self.stages:
            return self._cell(agent, self.stages[agent.group])
        return self._by_itself(agent, stopped)

    def _stage(self, agent: AgentState) -> Prediction:
        """An agent whose cells a run makes: it costs nothing itself."""
        task, found = self.world.file(agent.name, "task.md"), self.found[agent.listed_by]
        if found.fate in (RUN, MAY_RUN, MAY_FAIL):
            why = f"as {agent.listed_by} answers"
        elif self.disk.is_new(task):
            why = "what they are asked has changed"
        elif self._has_another_list(agent):
            why = "its list has changed"
        elif agent.name in self.world.stale or self.touched.intersection(agent.needs):
            return prediction(agent, REUSE, "its list is the same")
        else:
            return prediction(agent, UP_TO_DATE)
        known = sum(each.group == agent.name for each in self.world.agents)
        reason = f"1 to {agent.most} cells, {why}"
        return replace(prediction(agent, MAY_RUN, reason), prompts=max(agent.most - known, 0))

    def _has_another_list(self, agent: AgentState) -> bool:
        recorded = self.disk.text(self.world.file(agent.name, "key"))
        now = case_of(self.world, agent, self.world.head(agent.name), (), ()).now
        return recorded is None or keys.split_key(recorded)[0] != now

    def _cell(self, agent: AgentState, stage: AgentState) -> Prediction:
        """A cell that a run has made: another list may have no item for it."""
        before = [self.found[need] for need in stage.needs if need in self.found]
        stops = [each.name for each in before if each.stops and each.name not in agent.needs]
        if stops and not stage.tolerant:
            return prediction(agent, BLOCKED, f"by {stops[0]}")
        if self.disk.is_new(self.world.file(stage.name, "task.md")):
            return prediction(agent, MAY_RUN, f"{stage.name} asks something else")
        found = self._by_itself(agent, [need for need in agent.needs if self.found[need].stops])
        is_listed = self.found[stage.listed_by].fate not in (RUN, MAY_RUN, MAY_FAIL)
        return found if is_listed or found.fate != RUN else replace(found, fate=MAY_RUN)

    def _by_itself(self, agent: AgentState, stopped: Sequence[str]) -> Prediction:
        lacking = [path for path in agent.files if not self.disk.exists(path)]
        is_lost = bool(lacking) and not self.world.makes_files
        if is_lost and self.world.by_ninja is None:
            self.not_buildable.add(agent.name)
            return prediction(agent, FAILS, not_there(lacking[0]))
        stale = bool(stopped or lacking or agent.is_asked or self.is_stale(agent))
        has_output = self.world.has_output(agent.name)
        if self.disk.exists(self.world.file(agent.name, "pinned")) and has_output:
            # ninja runs what its log does not know, whatever an audit says.
            is_looked_at = stale or agent.name in (self.world.by_ninja or ())
            self.touched.update([agent.name] if is_looked_at else [])
            return prediction(agent, PINNED, "its output is kept as it is")
        if is_lost:
            return prediction(agent, FAILS, not_there(lacking[0]))
        if not stale:
            note = self.world.note(agent.name)
            if note:
                return prediction(agent, SKIPPED, note)
            why = [] if has_output else [emptied(self.world, agent.name)]
            return prediction(agent, UP_TO_DATE, *why)
        head = self.world.head(agent.name)
        settles = agent.name in self.tolerated
        found = self.contents.look(agent, head, lacking, stopped, settles=settles)
        if found.fate == RUN and not (has_output or stopped or lacking or self._is_due(agent)):
            # An answer that was emptied may be newer than what is only dated anew.
            return replace(found, fate=MAY_RUN)
        return found

    def _is_due(self, agent: AgentState) -> bool:
        return agent.name in self.world.stale or agent.name in self.world.forced

    def is_stale(self, agent: AgentState) -> bool:
        """Does make run the agent's recipe: of its own accord, or after another's?"""
        if self._is_due(agent):
            return True
        if not self.touched.intersection(agent.needs):
            return False
        settles = agent.name in self.tolerated
        path = self.world.file(agent.name, ".ended" if settles else "output.md")
        # An answer from the future is newer than anything that is written now.
        return self.world.by_ninja is not None or (self.disk.mtime(path) or 0) < self.now


def _tolerated(agents: Sequence[AgentState]) -> frozenset[str]:
    """All that a tolerant agent needs, directly or through others: make does not see that it failed."""
    found: set[str] = set()
    for agent in sorted(agents, key=lambda each: -each.wave):
        if agent.tolerant or agent.name in found:
            found.update(agent.needs)
    return frozenset(found)
