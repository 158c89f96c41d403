"""An agent that make looks at: its key and its prompt as far as they are known, and what they tell."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass

from wavemake.runs import key as keys
from wavemake.runs import prompt
from wavemake.runs.key import Head, Input
from wavemake.runs.predict.world import World
from wavemake.runs.state import AgentState
from wavemake.runs.store import Stored
from wavemake.runs.why import changes, lines_changed

_UNKNOWN = "?" * 64
_LOST = "failed"


@dataclass(frozen=True, slots=True)
class Case:
    """An agent with its key, `now`, as far as it is known; unknown: labels of the inputs that are not."""

    world: World
    agent: AgentState
    head: Head
    now: str
    unknown: Container[str]

    @property
    def is_forced(self) -> bool:
        """Does it run again, even if its key is equal?"""
        return self.agent.name in self.world.forced

    # --- what was paid for ---

    def recorded(self) -> str | None:
        """Return the key of its last answer, if there is one."""
        return self.text("key")

    def is_paid_for(self) -> bool:
        """Is there a cached answer for this key?"""
        recorded = self.recorded()
        return (
            not self.is_forced
            and recorded is not None
            and not self.world.note(self.agent.name)
            and keys.split_key(recorded)[0] == self.now
            and self.world.has_output(self.agent.name)
            and all(
                self.world.disk.exists(path) or self.kept(path) is not None
                for path in self.head.all("output")
            )
        )

    def kept(self, path: str) -> bytes | None:
        """Return what was kept of a declared output, which is put back where it is missing."""
        found = re.search(rf"(?m)^made {re.escape(path)}/? (\w+)$", self.recorded() or "")
        return self.world.content(found[1]) if found else None

    def is_by_hand(self) -> bool:
        """Is there an output written by hand, newer than all that it would be made from?"""
        world, name, disk = self.world, self.agent.name, self.world.disk
        if self.is_forced or not world.has_output(name) or not world.is_vouched_for(name):
            return False
        if not all(disk.exists(path) for path in self.head.all("output")):
            return False
        status = self.text("status.json")
        if self.recorded() is not None and (status is None or '"state":"done"' in status):
            return False
        made = world.made(name)
        paths = [each.path(world.folder) for each in self.head.inputs]
        return all(
            (disk.mtime(path) or 0) <= made for path in [world.file(name, "task.md"), *paths]
        )

    def may_be_paid_for(self) -> bool:
        """Can the inputs that are still to come make its key equal to the recorded one?"""
        if self.is_forced:
            return False
        if self.has_ended() or self.world.has_store:
            return True
        paid_for = keys.split_key(self.recorded() or "")[0]
        is_the_same = bool(paid_for) and not changes(paid_for, self.now, self.unknown)
        return is_the_same and self.world.has_output(self.agent.name)

    def has_ended(self) -> bool:
        """Has an attempt that was cut off had an end of its own?"""
        return (self.text(".try/rc") or "").strip().isdecimal()

    def is_kept(self) -> bool:
        """Is there such an attempt by this key, to be judged before another is made?"""
        return self.has_ended() and self.text(".try/inputs") == self.now and not self.is_forced

    def stored(self) -> Stored | None:
        """Return what the store has for this key, unless it is not asked."""
        is_asked = not self.is_forced
        is_asked = is_asked and self.text(".rejected") is None and self.text(".answers") is None
        found = self.world.stored(self.now) if is_asked else None
        if found and self.head.has_workspace:
            return self.world.merged(self.agent.name, found)
        return found if found and self._has_edits(found) else None

    def _has_edits(self, stored: Stored) -> bool:
        """Is each file that its agent edited as it left it, or as it was before?"""
        for path in {path for path, _, _ in stored.edits}:
            now = self.world.disk.sum(path) or "-"
            if not any(now in (before, after) for p, before, after in stored.edits if p == path):
                return False
        return True

    def is_approved(self, what: str | None = None) -> bool:
        """Is this what a person has approved of: `what`, or the key as far as it is known?"""
        approved = self.text("approved")
        if approved is None:
            return False
        if approved.rstrip("\n") == (what or self.now).rstrip("\n"):
            return True
        return not what and bool(self.unknown) and not changes(approved, self.now, self.unknown)

    def answer_waits(self) -> bool:
        """Is a new answer sure to wait for approval? One that was approved may come again."""
        if self.head.one("approve") != "after":
            return False
        approved = keys.split_key(self.text("approved") or "")[0]
        return not approved or bool(changes(approved, self.now, self.unknown))

    def has_asked(self) -> bool:
        """Does a question of it stand that it asked with this very key?"""
        asked = self.text(".asked")
        return (
            not self.is_forced and asked is not None and asked.rstrip("\n") == self.now.rstrip("\n")
        )

    def waits_to_start(self) -> bool:
        """Has a person to approve of its prompt first?"""
        return self.head.one("approve") == "before" and not self.is_approved()

    # --- what keeps it from starting ---

    def problem(self, size: int) -> str:
        """Say why agent.sh would not start its command with a prompt of `size` bytes, or nothing."""
        cap = int(self.head.one("max-prompt", "1048576"))
        if size > cap:
            return f"the prompt has {size} bytes, over max_prompt ({cap}): read less, or raise it"
        hindrance = self.hindrance()
        if hindrance:
            return hindrance
        cwd = self.head.one("cwd")
        return f"its folder {cwd} does not exist" if cwd and not self.world.disk.exists(cwd) else ""

    def hindrance(self) -> str:
        """Say what it lacks that no agent makes, or nothing."""
        program = next(iter(self.head.all("launch") or self.head.all("run")), "")
        if program and not self.world.has_program(program):
            return f"{program} is not installed"
        if self.world.missing:
            return f"not started, because {self.world.missing} is not installed"
        unset = [name for name in self.head.all("env") if name not in self.world.environment]
        return f"the environment variable {unset[0]}, which it needs, is not set" if unset else ""

    # --- the prompt, and why it would be sent ---

    def size(self) -> int:
        """Return the bytes of its prompt, as its inputs are now."""
        size = self.world.disk.size(self.world.file(self.agent.name, "task.md")) - self.head.body
        size += len(prompt.asking())
        for each in self.head.inputs:
            if f"\n{each.label} {_LOST}\n" in self.now:
                size += len(prompt.lost(each.name)) if each.kind == "agent" else 0
            elif each.kind != "after":
                size += prompt.size_of(each, each.path(self.world.folder), self.world.disk)
        return size

    def reasons(self) -> list[str]:
        """Say why it would run, as far as that is known."""
        agent, recorded = self.agent, self.recorded()
        old, paid = keys.split_key(recorded) if recorded is not None else ("", "")
        differ = changes(old, self.now, self.unknown) if old else []
        output = self.world.has_output(agent.name)
        reasons = ["forced"] if self.is_forced else []
        if self.world.note(agent.name):
            reasons.append("skipped until now")
        if agent.state in ("failed", "conflict", "interrupted") and (
            differ or not old or not output
        ):
            reason = f": {agent.reason}" if agent.reason and agent.state == "failed" else ""
            reasons.append(f"{agent.state} last time{reason}")
        if recorded is None:
            reasons += [] if reasons else ["never run" if not output else "no key of its output"]
        elif not output:
            reasons.append("output missing")
        elif not old and paid:
            reasons += [] if reasons else ["a forced run of it did not end"]
        reasons += [self._counted(each) for each in differ]
        lacking = [path for path in self.head.all("output") if not self.world.disk.exists(path)]
        return reasons + [f"{path}, which it is to write, is missing" for path in lacking]

    def _counted(self, change: str) -> str:
        """The change of a task with the number of its lines, if the old one is known."""
        recorded = self.world.file(self.agent.name, "prompt.md")
        if change != "task changed" or not self.world.disk.exists(recorded):
            return change
        before = prompt.body_of(self.world.disk.read(recorded))
        lines = lines_changed(before, _body(self.world, self.agent, self.head))
        return f"{change}: {lines} line{'s' * (lines != 1)}" if lines else change

    def text(self, name: str) -> str | None:
        """Return the text of the agent's file `name`, or None."""
        return self.world.disk.text(self.world.file(self.agent.name, name))


def case_of(
    world: World, agent: AgentState, head: Head, unknown: Container[str], lost: Container[str]
) -> Case:
    """Return the case of `agent`; unknown: labels of inputs, lost: agents of which it reads that they failed.

    Raises OSError if something is not there that is neither.
    """

    def sum_of(read: Input) -> str:
        if read.label in unknown:
            return _UNKNOWN
        if read.kind != "file" and read.name in lost:
            return _LOST
        path = read.path(world.folder)
        found = world.disk.sum(path)
        if found is None:
            raise FileNotFoundError(2, "not there", path)
        return found

    key = keys.key_of(head, keys.sha256(_body(world, agent, head)), sum_of)
    return Case(world, agent, head, key, unknown)


def _body(world: World, agent: AgentState, head: Head) -> bytes:
    return world.disk.read(world.file(agent.name, "task.md"))[head.body :]
