"""What preview, why and status look at: what was compiled, or will be, and what runs have left."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from wavemake.compiler.freshness import is_run_by_ninja
from wavemake.runs.cells import with_cells
from wavemake.runs.disk import Disk
from wavemake.runs.fields import text
from wavemake.runs.records import kind_of
from wavemake.runs.state.runs import REHEARSAL
from wavemake.runs.store import content_of, has_answers, look_up, place_of
from wavemake.ui.changed import compiled_again, is_of_here, note_on, override_of, what_changed

if TYPE_CHECKING:
    from wavemake.runs.estimate import Guess, Records
    from wavemake.runs.fields import Fields
    from wavemake.runs.predict import World
    from wavemake.runs.record import AgentRecord
    from wavemake.runs.state import AgentState, Looked, Manifest, RunState
    from wavemake.runs.store import Stored


@dataclass(frozen=True)
class CompiledFolder:
    """A compiled folder. disk: its files, with those that make will write first if the plan was edited.

    edited: the plan, if it was edited; note: what that means, for a person; override: that the plan's own
    runner or model is not used.
    """

    state: RunState
    disk: Disk
    edited: str = ""
    note: str = ""
    override: str = ""


def look(folder: str) -> CompiledFolder:
    """Look at what was compiled into `folder`; a plan that make will compile again is compiled in memory.

    Exit if nothing was compiled there, if the current folder is not the project's, from which files are
    seen, or if the edited plan has errors.
    """
    from wavemake.compiler.freshness import changed_plan
    from wavemake.runs.state import StateError, manifest_of, read_manifest, read_state
    from wavemake.ui.console import die

    try:
        manifest = read_manifest(folder)
        compiled = str(manifest.head.get("folder") or "")
        if not is_of_here(folder, compiled):
            die(
                f"{folder} was compiled as {compiled} of another folder, from which its files are seen: "
                f"run this in the project's folder, with --dir {compiled}"
            )
        folder = compiled or folder
        edited = changed_plan(folder)
        written = compiled_again(manifest, edited) if edited else {}
        change = what_changed(folder, manifest)
        if written:
            path = f"{folder}/manifest.json"
            manifest = manifest_of(written[path].encode(), path)
        state = read_state(folder, earlier=False, manifest=manifest)
    except StateError as error:
        die(str(error))
    note = note_on(manifest, change, bool(written))
    return CompiledFolder(state, Disk(written), edited, note, override_of(manifest))


def world_of(
    state: RunState, goals: Sequence[str], *, force: bool = False, disk: Disk | None = None
) -> World:
    """Return what predictions are made from: `goals` are agents and waves, none is all of the plan."""
    from wavemake.compiler.emit import is_foreign
    from wavemake.runs.predict import World, requested
    from wavemake.ui.console import count, die, no_agent

    agents = _with_cells_read(state)
    try:
        wanted = requested(agents, goals)
    except KeyError as error:
        word = str(error.args[0])
        if re.fullmatch(r"wave-\d+", word):
            die(f"the plan has only {count(state.waves, 'wave')}")
        no_agent(word, state.agents)
    disk = disk or Disk()
    ninja = is_run_by_ninja(state.folder)
    foreign = is_foreign("Makefile") and not ninja
    whole = wanted is None or any(word not in state.agents for word in goals)
    place = place_of(state.folder)
    by_ninja = _stale_by_ninja(state.folder, state.agents.values(), disk) if ninja else None
    fits = _audit(state)
    gone = _gone(state)
    return World(
        folder=state.folder,
        agents=agents,
        goals=wanted,
        forced=(wanted or frozenset(state.agents)) if force else frozenset(),
        missing="" if foreign or not whole else _missing(state),
        makes_files=foreign,
        by_ninja=by_ninja,
        stale=_stale(state, disk, by_ninja, fits).union(gone),
        disk=disk,
        stored=partial(look_up, place),
        has_store=has_answers(place),
        content=partial(content_of, place, state.folder),
        fits=fits,
        gone=gone,
        merged=partial(_merged, state.folder),
    )


def _merged(folder: str, agent: str, stored: Stored) -> Stored | None:
    """What the store has for an agent with a workspace, with the files that its edits make, if they fit."""
    from wavemake.runs.edits import patch_of
    from wavemake.runs.state import CannotAsk
    from wavemake.runs.state.asked import stored_edits

    if not stored.record:
        return None
    try:
        found = stored_edits(folder, agent, stored.record, stored.patch)
    except (CannotAsk, OSError):
        return None
    if found is None:
        return None
    files = {**stored.files, **found.files}
    if stored.patch:
        files[patch_of(folder, agent)] = stored.patch
    return replace(stored, files=files, removed=found.removed)


def _with_cells_read(state: RunState) -> list[AgentState]:
    """The agents, of which those that need an agent with cells need these, and so does that one itself."""
    agents = [*state.agents.values()]
    cells: dict[str, list[str]] = {each.name: [] for each in agents if each.listed_by}
    for each in agents:
        if each.group in cells:
            cells[each.group].append(each.name)
    if not cells:
        return agents

    def needs(agent: AgentState) -> tuple[str, ...]:
        more = (name for need in (agent.name, *agent.needs) for name in cells.get(need, ()))
        return tuple(dict.fromkeys([*agent.needs, *more]))

    return [replace(each, needs=needs(each)) for each in agents]


def _stale(
    state: RunState, disk: Disk, by_ninja: Collection[str] | None, fits: Mapping[str, bool]
) -> frozenset[str]:
    """The agents that are stale by themselves; all of them if there is neither make nor ninja to ask."""
    from wavemake.compiler import asked_make

    records = [*state.agents.values()]
    found = by_ninja
    if found is None:
        found = asked_make.stale_by_time(state.folder, state.prefix, records)
    # make compiles an edited plan first, and thereby writes these.
    new = {each.name for each in records if disk.is_new(f"{state.folder}/{each.name}/task.md")}
    lost = asked_make.without_files(state.folder, records)
    fits = {**fits, **dict.fromkeys(lost, False)}
    found = state.agents if found is None else found
    return asked_make.stale(state.folder, found, fits, records).union(new)


def _audit(state: RunState) -> dict[str, bool]:
    from wavemake.runs.state import CannotAsk, audit
    from wavemake.ui.console import die

    try:
        return audit(state.folder, state.agents.values())
    except CannotAsk as error:
        die(str(error))


def _gone(state: RunState) -> Mapping[str, bool]:
    """The agents whose edits are gone from the project, and whether they merge into it again."""
    from wavemake.runs.edits import has_edits
    from wavemake.runs.state import CannotAsk
    from wavemake.runs.state.asked import gone_edits
    from wavemake.ui.console import die

    if not any(has_edits(state.folder, name) for name in state.agents):
        return {}
    try:
        return gone_edits(state.folder)
    except CannotAsk as error:
        die(str(error))


def _missing(state: RunState) -> str:
    """The programs that the driver of the Makefile finds lacking."""
    programs = set(state.programs.values())
    return ", ".join(sorted(each for each in programs if not shutil.which(each)))


def guess_of(state: RunState, records: Records, name: str) -> Guess:
    """Return what an agent is likely to take, by `records`; a rehearsal costs nothing."""
    guess = records.guess(name, kind_of(state, name))
    return replace(guess, usd=0.0) if state.agents[name].runner == REHEARSAL else guess


def _stale_by_ninja(folder: str, records: Collection[AgentRecord], disk: Disk) -> Collection[str]:
    """The agents that ninja would look at; all if it cannot tell, as of a plan still to be compiled."""
    everyone = frozenset(each.name for each in records)
    if disk.is_ahead:
        return everyone
    words = ["ninja", "-n", "-v", "-k0", "-f", f"{folder}/build.ninja"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, errors="replace")
    except OSError:
        return everyone
    if done.returncode:
        return everyone
    found = re.findall(r"agent\.sh \S+ \S+ \d+ \d+\S* (\S+)( outcome)?", done.stdout)
    names = {name for name, mode in found if not mode}
    # It does not know cells: an agent with cells examines all of them.
    return names | {each.name for each in records if each.group in names}


def read_current(
    folder: str, *, earlier: bool = True, manifest: Manifest | None = None
) -> RunState:
    """Return what became of the agents in `folder`, those that make would look at again as out of date.

    earlier, manifest: see `read_state`. Where neither make nor ninja can be asked, or the current folder is
    not the project's, from which files are seen, no agent is out of date. Raises StateError.
    """
    from wavemake.runs.state import StateError, read_manifest, read_state

    manifest = manifest or read_manifest(folder)
    records = [*with_cells(folder, manifest.entries)]
    try:
        looked = _looked_at(folder, manifest.head, records)
    except OSError as error:
        raise StateError(str(error)) from error
    return read_state(folder, earlier=earlier, manifest=manifest, looked=looked)


def looked_at(state: RunState) -> frozenset[str] | None:
    """Return the agents that make, or ninja, would look at; None if there is none to ask.

    Nor is it asked if the current folder is not the project's. Raises OSError.
    """
    from wavemake.compiler import asked_make

    head = {"folder": state.compiled, "prefix": state.prefix}
    records = [*state.agents.values()]
    looked = _looked_at(state.folder, head, records)
    return None if looked is None else asked_make.by_content(looked, records)


def _looked_at(folder: str, head: Fields, records: Sequence[AgentRecord]) -> Looked | None:
    """The same, by times and by content; head: of the manifest."""
    from wavemake.compiler import asked_make
    from wavemake.runs.state import Looked

    compiled = text(head, "folder")
    if not is_of_here(folder, compiled):
        return None
    folder = compiled or folder
    if not is_run_by_ninja(folder):
        return asked_make.looked_at(folder, text(head, "prefix") or "wavemake", records)
    if not shutil.which("ninja"):
        return None
    found = _stale_by_ninja(folder, records, Disk())
    return Looked(found, asked_make.what_fits(folder, records))
