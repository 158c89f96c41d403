"""What agent.sh would do with an agent that make starts it for: it runs only if the key differs."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace

from wavemake.plan import regular
from wavemake.runs import condition
from wavemake.runs import key as keys
from wavemake.runs.key import Head
from wavemake.runs.predict.case import Case, case_of
from wavemake.runs.predict.world import (
    ANSWER_WAITS,
    ASKED,
    BLOCKED,
    FAILS,
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
)
from wavemake.runs.state import AgentState, how_to_make_again
from wavemake.runs.store import Stored

_WILL = {
    RUN: "will run",
    MAY_RUN: "may run",
    MAY_FAIL: "may fail",
    REUSE: "is checked again",
}


class Contents:
    """Looks at agents one after the other. found: what becomes of those before; its owner adds to it.

    touched: those whose output has another time after make has looked at them. unsure: those that may fail
    although they are not charged. changed: those that were not skipped before, and will be. carried:
    those that are skipped and have the answer of another.
    """

    def __init__(self, world: World, found: Mapping[str, Prediction], touched: set[str]) -> None:
        self.world = world
        self.found = found
        self.touched = touched
        self.unsure: set[str] = set()
        self.changed: set[str] = set()
        self.carried: dict[str, str] = {}
        self.groups = {agent.name: agent.group for agent in world.agents if agent.group}
        self.outputs = {agent.name: agent.outputs for agent in world.agents}

    def look(
        self,
        agent: AgentState,
        head: Head,
        lacking: Sequence[str],
        stopped: Sequence[str],
        *,
        settles: bool,
    ) -> Prediction:
        """Say what becomes of `agent`; lacking: files that it reads and that are still to be made.

        stopped: agents of which it needs an answer, and of which there will be none. settles: others go on
        without it, so that make does not know whether its output is the newest.
        """
        if agent.state == "running":
            return prediction(agent, MAY_RUN, "runs at this moment, by another make")
        running = self._running(agent)
        pending = [name for name in running if name not in stopped]
        undone = [n for n in agent.needs if n not in pending and not self._is_good(n)]
        if undone and not pending and not agent.tolerant:
            return prediction(agent, BLOCKED, self._undone(undone[0]))
        # An agent may write a file even if its answer is sure to wait.
        written = {path for need in running for path in self.outputs[need]}
        changing = {*pending, *lacking, *written}
        unknown = {
            each.label
            for each in head.inputs
            if each.name in changing or self.groups.get(each.name) in changing
        }
        case = case_of(self.world, agent, head, unknown, {*undone, *stopped})
        awaited = [each.name for each in head.inputs if each.name in written]
        if head.has_condition:
            verdict = self._weigh(case, pending, {*undone, *stopped})
            if verdict.holds is False:
                return self._skip(case, verdict.reason, pending)
            if verdict.holds is None and not pending:
                return prediction(agent, MAY_RUN, verdict.reason)
        if pending or lacking or awaited:
            return self._await(case, pending, [*lacking, *awaited])
        if case.is_paid_for():
            return self._replay(case) if agent.name in self.world.gone else self._use(case)
        if (settles or self.world.by_ninja is not None) and case.is_by_hand():
            return prediction(agent, REUSE, "written by hand, and newer than all that it reads")
        if case.has_asked():
            return prediction(agent, ASKED, case.agent.reason)
        found = _start(case)
        if found.fate == RUN and self.world.by_ninja is not None and not case.is_forced:
            # ninja may find that its prerequisites did not change.
            is_sure = all(self.found[need].fate == UP_TO_DATE for need in agent.needs)
            return found if is_sure else replace(found, fate=MAY_RUN)
        return found

    def _running(self, agent: AgentState) -> list[str]:
        """What it needs and whose answer is not known before."""
        found = [n for n in agent.needs if self.found[n].fate in (RUN, MAY_RUN, MAY_FAIL)]
        return [*found, *(self.unsure | self.changed).intersection(agent.needs)]

    def _weigh(self, case: Case, pending: list[str], lost: Container[str]) -> condition.Verdict:
        """Say whether the agent's condition holds, as far as that is known."""
        fates = {name: self.found[name].fate for name in case.agent.needs}
        if case.head.follows and fates and all(fate == SKIPPED for fate in fates.values()):
            return condition.Verdict(False, "all that it needs was skipped")
        when = case.head.all("when")
        if not when or set(pending) - self.changed:
            return condition.Verdict(None if when or case.head.follows else True, "")
        return condition.weigh(when, self._sight(lost))

    def _sight(self, lost: Container[str]) -> condition.Facts:
        """What a condition sees."""
        world = self.world
        return condition.Facts(
            lambda name: None if name in lost else world.file(self._carrier(name), "output.md"),
            world.disk.exists,
            lambda name: name in self.found and self._is_note(self._carrier(name)),
        )

    def _carrier(self, name: str) -> str:
        """The agent whose answer that of `name` is: a pass of a loop that is skipped has an earlier one's."""
        while name in self.carried:
            name = self.carried[name]
        return name

    def _is_note(self, name: str) -> bool:
        if name in self.carried or self.found[name].fate != SKIPPED:
            return False
        return name in self.changed or not self.world.is_carried(name)

    def _skip(self, case: Case, reason: str, pending: list[str]) -> Prediction:
        name, source = case.agent.name, case.head.one("carry")
        if source and not self._is_note(self._carrier(source)):
            self.carried[name] = source
        if pending or not self.world.note(name):
            self.changed.add(name)
        return prediction(case.agent, SKIPPED, reason)

    def _await(self, case: Case, pending: list[str], lacking: list[str]) -> Prediction:
        """What is to be said before something that it reads is there.

        A forced agent runs in any case, unless a person has to see it first.
        """
        reasons = case.reasons()
        reasons += [f"reads {n}, which {_WILL[self.found[n].fate]}" for n in pending]
        is_there = self.world.disk.exists
        reasons += [f"{path} does not exist yet" for path in lacking if not is_there(path)]
        if not pending:
            reasons += [f"{path} may be written again" for path in lacking if is_there(path)]
        if case.waits_to_start():
            return prediction(case.agent, WAITING, *reasons)
        problem = case.hindrance()
        if problem and case.may_be_paid_for():
            return prediction(case.agent, MAY_FAIL, *reasons, problem)
        if problem:
            return prediction(case.agent, FAILS, problem)
        grows = any(
            each.label in case.unknown and each.kind != "after" for each in case.head.inputs
        )
        is_sure = case.is_forced and not case.head.has_condition
        if not is_sure or case.head.one("approve") == "before":
            return prediction(case.agent, MAY_RUN, *reasons, size=case.size(), at_least=grows)
        return _pay(case, reasons, at_least=grows)

    def _replay(self, case: Case) -> Prediction:
        """What becomes of an answer whose edits are gone from the project."""
        found = self._use(case)
        if found.fate != REUSE:
            return found
        if self.world.gone[case.agent.name]:
            why = "its edits are gone from the project, and are applied again"
            return prediction(case.agent, REPLAY, why)
        return _pay(case, ["its edits are gone from the project, and conflict with it"])

    def _use(self, case: Case) -> Prediction:
        """What happens to an answer with the same key."""
        agent, head = case.agent, case.head
        recorded = case.recorded() or ""
        if keys.checks_of(recorded) != head.all("check"):
            self.unsure.add(agent.name)
            return prediction(
                agent, REUSE, "its inputs are the same, but its checks have changed and run again"
            )
        ending = head.all("until")
        if ending:
            sight = self._sight(set())
            verdict = condition.weigh(ending, sight)
            if verdict.holds is False:
                return prediction(
                    agent, FAILS, f"its loop has not come to its end: {verdict.reason}"
                )
        paid = f"{case.now}output {keys.split_key(recorded)[1]}\n"
        if head.one("approve") == "after" and not case.is_approved(paid):
            return prediction(agent, WAITING, "its answer is not approved")
        put_back = [path for path in head.all("output") if not self.world.disk.exists(path)]
        for path in put_back:
            self.world.disk.becomes(path, case.kept(path) or b"")
        why = [f"{path} is put back" for path in put_back] or ["its input is the same"]
        return prediction(agent, REUSE, *why)

    def _is_good(self, name: str) -> bool:
        """Does agent.sh take the output of `name` for its answer?"""
        found, world = self.found[name], self.world
        if found.stops or found.fate not in (UP_TO_DATE, PINNED):
            return not found.stops
        if not world.has_output(name):
            return False
        # A pinned output that make has looked at is done.
        return (found.fate == PINNED and name in self.touched) or world.is_vouched_for(name)

    def _undone(self, name: str) -> str:
        return f"{name} is not done" if self.world.has_output(name) else emptied(self.world, name)


def _start(case: Case) -> Prediction:
    """What stands between a key that is another and the agent's start."""
    if case.is_kept():
        why = "an interrupted attempt has left an answer, which is checked first"
        if case.agent.state == "conflict":
            why = "its edits conflicted with the project: they are merged again first"
        return prediction(case.agent, MAY_RUN, why, size=case.size())
    reasons = case.reasons()
    if case.waits_to_start():
        return prediction(case.agent, WAITING, *reasons)
    stored = case.stored()
    return _take(case, stored) if stored else _pay(case, reasons)


def _take(case: Case, stored: Stored) -> Prediction:
    """What becomes of an agent whose answer the store has: its readers are given that one."""
    disk, agent = case.world.disk, case.agent
    answer = regular.read_bytes(stored.answer)
    if case.head.all("check"):
        why = "the store has its answer; its checks run again"
        return prediction(agent, MAY_RUN, why, size=case.size())
    if case.head.one("approve") == "after":
        paid = f"{case.now}output {keys.sha256(answer)}\n"
        if not case.is_approved(paid):
            return prediction(agent, WAITING, "the store has its answer, which is not approved")
    disk.becomes(case.world.file(agent.name, "output.md"), answer)
    for path, content in stored.files.items():
        disk.becomes(path, regular.read_bytes(content))
    for path in stored.removed:
        disk.vanishes(path)
    for path, _, after in stored.edits:
        content_after = case.world.content(after)
        if disk.sum(path) != after and content_after is not None:
            disk.becomes(path, content_after)
    return prediction(agent, REUSE, "the store has its answer")


def _pay(case: Case, reasons: list[str], *, at_least: bool = False) -> Prediction:
    """What happens to an agent that is started, for any prompt; it may not be known in full."""
    size = case.size()
    problem = case.problem(0 if at_least else size)
    if problem:
        return prediction(case.agent, FAILS, problem)
    waits = [ANSWER_WAITS] if case.answer_waits() else []
    return prediction(case.agent, RUN, *reasons, *waits, size=size, at_least=at_least)


def emptied(world: World, name: str) -> str:
    """Say that an output.md has nothing in it, or is not a file, and what is to be done."""
    is_odd = world.disk.is_odd(world.file(name, "output.md"))
    what = "not a regular file" if is_odd else "empty"
    again = how_to_make_again(f"{world.folder}/{name}", is_odd=is_odd)
    return f"the output.md of {name} is {what}: {again}"
