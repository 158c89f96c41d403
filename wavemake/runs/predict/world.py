"""Predictions, and what they are made from: agents, where they would run, and what can become of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field

from wavemake.runs.cells import expanded
from wavemake.runs.condition import note_in
from wavemake.runs.disk import Disk
from wavemake.runs.key import Head, read_head
from wavemake.runs.state import AgentState
from wavemake.runs.store import Stored

RUN, MAY_RUN, REUSE, UP_TO_DATE = "run", "may run", "reuse", "up to date"
REPLAY = "replay"
MAY_FAIL, SKIPPED = "may fail", "skipped"
PINNED, WAITING, BLOCKED, FAILS = "pinned", "waiting for approval", "blocked", "fails"
ASKED = "waiting for an answer"
FATES = (
    RUN,
    MAY_RUN,
    MAY_FAIL,
    WAITING,
    ASKED,
    FAILS,
    BLOCKED,
    SKIPPED,
    PINNED,
    REPLAY,
    REUSE,
    UP_TO_DATE,
)
"""What can become of an agent. FAILS is without a prompt being sent, and so is MAY_FAIL if it is not a reuse;
BLOCKED is by such a failure.
"""

_SETTLED = ("done", "pinned", "skipped")
ANSWER_WAITS = "its answer will wait for approval"


@dataclass(frozen=True)
class World:
    """Where agents would run.

    folder: of the agents, relative to the project. goals: agents that are asked for; None is all.
    stale: agents that make, or ninja, finds stale independently of others. forced: those that run again.
    missing: a program that the driver finds lacking, or an empty string. makes_files: a Makefile of the
    user's may have rules for what agents read. by_ninja: the agents that ninja finds stale by its log, if
    it runs them; by it, a missing file is a failure of its reader.
    stored: what the store has for a cache key; has_store: it has answers.
    content: what was kept of a declared output, by its checksum. fits: of answers whose times do
    not tell, whether they fit their keys: make dates them by that.
    gone: of agents whose edits are gone from the project, whether they merge into it again. merged: what the
    store has for an agent with a workspace, with what its edits make of the project, if they fit it.
    """

    folder: str
    agents: Sequence[AgentState]
    goals: frozenset[str] | None = None
    stale: Container[str] = frozenset()
    forced: frozenset[str] = frozenset()
    missing: str = ""
    environment: Container[str] = field(default_factory=lambda: os.environ)
    makes_files: bool = False
    by_ninja: Container[str] | None = None
    disk: Disk = field(default_factory=Disk)
    stored: Callable[[str], Stored | None] = lambda key: None
    has_store: bool = False
    content: Callable[[str], bytes | None] = lambda checksum: None
    fits: Mapping[str, bool] = field(default_factory=dict)
    gone: Mapping[str, bool] = field(default_factory=dict)
    merged: Callable[[str, Stored], Stored | None] = lambda agent, stored: None
    has_program: Callable[[str], bool] = lambda program: shutil.which(program) is not None

    def file(self, agent: str, name: str) -> str:
        """Return the path of the file `name` of an agent's."""
        return f"{self.folder}/{agent}/{name}"

    def head(self, agent: str) -> Head:
        """Return the head of its task.md, as the runtime reads it. Raises OSError, and BadHead."""
        head = read_head(self.disk.read(self.file(agent, "task.md")))
        return expanded(head, lambda name: self.disk.text(self.file(name, "output.md")))

    def made(self, agent: str) -> int:
        """Return when its answer was written, as make will see that; 0 if it is older than all."""
        if not self.fits.get(agent, True):
            return 0
        return self.disk.mtime(self.file(agent, "output.md")) or 0

    def is_vouched_for(self, agent: str) -> bool:
        """Tell whether agent.sh takes an output for an answer: it is done, or a person wrote it after that.

        What waits for approval is edited without being approved.
        """
        status = self.disk.text(self.file(agent, "status.json"))
        if status is None or any(f'"state":"{word}"' in status for word in _SETTLED):
            return True
        made = self.made(agent)
        ended = self.disk.mtime(self.file(agent, "status.json")) or 0
        return made > ended and '"state":"waiting"' not in status

    def note(self, agent: str) -> str:
        """Return why the agent was skipped when it was last looked at; empty if it was not."""
        output = self.file(agent, "output.md")
        if not self.disk.exists(output):
            return ""
        return note_in(self.disk.text(self.file(agent, "key")), lambda: self.disk.text(output))

    def is_carried(self, agent: str) -> bool:
        """Tell whether its answer was that of an earlier pass of its loop."""
        return "\ncarried " in (self.disk.text(self.file(agent, "key")) or "")

    def has_output(self, agent: str) -> bool:
        """Tell whether there is an answer of the agent that is not empty."""
        return self.disk.size(self.file(agent, "output.md")) > 0


@dataclass(frozen=True, slots=True)
class Prediction:
    """What becomes of an agent, and why in words. size: bytes of its prompt, None if it sends none.

    at_least: the prompt is not known in full, because something that it holds is not there yet. prompts: how
    many it may be instead, of an agent whose cells are not known.
    """

    name: str
    wave: int
    fate: str
    reasons: tuple[str, ...] = ()
    size: int | None = None
    at_least: bool = False
    prompts: int = 1

    @property
    def stops(self) -> bool:
        """Is there sure to be no answer?"""
        return self.fate in (WAITING, ASKED, FAILS, BLOCKED) or ANSWER_WAITS in self.reasons


def prediction(
    agent: AgentState, fate: str, *reasons: str, size: int | None = None, at_least: bool = False
) -> Prediction:
    """Return a prediction for `agent`."""
    return Prediction(agent.name, agent.wave, fate, reasons, size, at_least)


def requested(agents: Sequence[AgentState], words: Sequence[str]) -> frozenset[str] | None:
    """Return the agents that the goals `words` name: agents and wave-N, which is all up to it.

    None stands for all. Raises KeyError with a word that names nothing.
    """
    names = {agent.name for agent in agents}
    waves = {f"wave-{agent.wave}": agent.wave for agent in agents}
    found: set[str] = set()
    for word in words:
        cells = {agent.name for agent in agents if agent.group == word}
        if word in names or cells:
            found |= {word} if word in names else cells
        else:
            found.update(agent.name for agent in agents if agent.wave <= waves[word])
    return frozenset(found) if words else None
