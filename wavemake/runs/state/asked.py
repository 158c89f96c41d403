"""Asks the runtime what became of the agents, and who is at work: states.awk and held.sh decide that."""

from __future__ import annotations

import atexit
import os
import subprocess
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from wavemake.plan import regular
from wavemake.runs import link
from wavemake.runs.fields import Fields, number, parse, text
from wavemake.runs.record import AgentRecord


class CannotAsk(OSError):
    """There is no sh, or no awk, to ask; the text says so."""


@dataclass(frozen=True, slots=True)
class AtWork:
    """Who is at work: the names of agents, and of runs, as far as they were asked for."""

    agents: frozenset[str]
    runs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Looked:
    """What make would do now: the agents that it would look at by times, `stale`, and the audit's verdicts.

    fits: whether an answer fits its cache key, where times do not tell.
    """

    stale: Collection[str] = ()
    fits: Mapping[str, bool] = field(default_factory=dict)


def states(
    folder: str, head: Fields, records: Collection[AgentRecord], looked: Looked
) -> dict[str, Fields]:
    """Return what is reported of each agent in `folder`, by its name.

    head, records: what is taken for compiled there. Raises CannotAsk.
    """
    manifest = f"{_runtime()}/manifest.json"
    with open(manifest, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(f'  "folder": {AgentRecord.json(text(head, "folder"))},\n')
        file.writelines(f"    {each.line()},\n" for each in records)
    _write_plan(records)
    own = text(head, "folder")
    given = [f"stale . {own} 0 0 {name}\n" for name in looked.stale]
    given += [f"{'fits' if fits else 'unfit'} {name}\n" for name, fits in looked.fits.items()]
    answer = _ask(["states", folder, manifest], "".join(given)).decode("utf-8", "replace")
    return {text(each, "name"): each for each in map(parse, answer.removesuffix("\n").split("\n"))}


def audit(folder: str, records: Collection[AgentRecord]) -> dict[str, bool]:
    """Return whether an answer fits its cache key, by agent, where times do not tell. Raises CannotAsk.

    The next make dates these answers: those that fit become new, the others old. Nothing is written here.
    """
    _write_plan(records)
    lines = _ask(["audit", folder, "verdicts"]).decode("utf-8", "replace").splitlines()
    words = [line.split(" ") for line in lines]
    return {name: verdict in ("fresh", "kept") for verdict, name, *_ in words}


def _write_plan(records: Collection[AgentRecord]) -> None:
    """Tell the runtime which files agents read and write, and which of them have cells."""
    paths = {path for each in records for path in (*each.files, *each.written, *each.outputs)}
    with open(f"{_runtime()}/plan", "w", encoding="utf-8", errors="surrogateescape") as file:
        # Without this line, the runtime takes it that agents have no files.
        file.write(f"files {len(paths)}\n" if paths else "")
        file.writelines(f"file ./{path}\n" for path in sorted(paths))
        file.writelines(f"cells {each.name}\n" for each in records if each.listed_by)


def gone_edits(folder: str) -> dict[str, bool]:
    """Return whether they merge into the project again, of each agent whose edits are gone from it.

    The current folder is the project's; nothing is written in it. Raises CannotAsk.
    """
    with tempfile.TemporaryDirectory(prefix="wavemake-") as scratch:
        answer = _look_at_edits(folder, ".", scratch)
    lines = [line.split(" ") for line in answer.splitlines()]
    return {name: word == "applies" for name, word in lines}


@dataclass(frozen=True, slots=True)
class Merged:
    """What edits would make of the project: path -> the file that has the content, and what they remove."""

    files: Mapping[str, str]
    removed: frozenset[str]


def stored_edits(folder: str, agent: str, record: str, patch: str) -> Merged | None:
    """Return what the edits of a store's entry would make of the project; None if they do not fit it.

    record: `patch BASE RESULT PREFIX SUM`; patch: the file that has it, or nothing if it is empty. Those that
    this process asked for before count as made. The current folder is the project's; nothing is written in
    it. Raises CannotAsk, and OSError if the patch cannot be read.
    """
    scratch = _scratch(os.path.abspath(folder))
    os.makedirs(f"{scratch}/try", exist_ok=True)
    with open(f"{scratch}/try/changes.patch", "wb") as file:
        file.write(regular.read_bytes(patch) if patch else b"")
    answer = _look_at_edits(folder, agent, scratch, WAVEMAKE_STORED=record)
    word, _, prefix = answer.removesuffix("\n").partition(" ")
    if word != "fits":
        return None
    top = f"{scratch}/files/{prefix}"
    paths = [os.path.join(at, name) for at, _, names in os.walk(top) for name in names]
    with open(f"{scratch}/removed", "rb") as removed:
        gone = removed.read().decode("utf-8", "surrogateescape").split("\0")
    return Merged(
        {path.removeprefix(top): path for path in paths if not os.path.islink(path)},
        frozenset(path.removeprefix(prefix) for path in gone if path.startswith(prefix) and path),
    )


def _look_at_edits(folder: str, agent: str, scratch: str, **more: str) -> str:
    """Run the package's own code, whatever the folder has for a runtime."""
    words = [".", folder, "1", "preview", agent, "look"]
    given = {"WAVEMAKE_SCRATCH": scratch, "WAVEMAKE_PRIVATE": _runtime(), **more}
    return _ask(words, script="agent.sh", **given).decode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Spent:
    """What is spent of a budget. what: "usd" or "tokens"; begins: when the next day, week or month does."""

    what: str
    spent: float
    limit: float
    per: str
    begins: float


def spent(folder: str, budget: Fields) -> tuple[Spent, ...]:
    """Return what is spent of a budget of a day, a week or a month, as it is in the manifest; else nothing.

    Agents at work are not in it. Raises CannotAsk.
    """
    per = text(budget, "per")
    limits = {word: number(budget, word) for word in ("usd", "tokens")}
    asked = "".join(f"{word} {limit:.10g} {per}\n" for word, limit in limits.items() if limit)
    if per not in ("day", "week", "month") or not asked:
        return ()
    lines = _ask(["budget", folder], asked).decode("utf-8", "replace").splitlines()
    words = [line.split() for line in lines]
    return tuple(Spent(a, float(b), float(c), d, float(e)) for a, b, c, d, e in words)


def at_work(folder: str, runs: Sequence[str] = ()) -> AtWork:
    """Tell who is at work in `folder`, and which of `runs` go on. Raises CannotAsk."""
    lines = _ask(["at-work", folder, *runs]).decode("utf-8", "replace").splitlines()
    answers = [line.partition(" ") for line in lines]
    return AtWork(
        frozenset(name for word, _, name in answers if word == "held"),
        frozenset(name for word, _, name in answers if word == "run"),
    )


def _ask(words: Sequence[str], given: str = "", script: str = "drive.sh", **more: str) -> bytes:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    try:
        done = subprocess.run(
            ["sh", f"{_runtime()}/{script}", *words],
            input=given.encode("utf-8", "surrogateescape"),
            env=environment | more,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise CannotAsk(f"cannot run sh: {error.strerror}") from error
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise CannotAsk(f"cannot ask what became of the agents: {lines[-1] if lines else 'no awk'}")
    return done.stdout


@cache
def _runtime() -> str:
    """A folder with what is asked: the package's own. What was compiled may have been edited."""
    folder = tempfile.TemporaryDirectory(prefix="wavemake-")
    atexit.register(folder.cleanup)
    for name in ("agent.sh", "more.sh", "drive.sh", "lib.awk", "budget.sh", "edits.sh"):
        with open(f"{folder.name}/{name}", "w", encoding="utf-8") as file:
            file.write(link.link(name))
    # agent.sh takes what it runs from a private folder that is complete.
    with open(f"{folder.name}/ready", "w", encoding="utf-8"):
        pass
    return folder.name


@cache
def _scratch(folder: str) -> str:
    """A folder for what merges of edits in `folder` need."""
    scratch = tempfile.TemporaryDirectory(prefix="wavemake-")
    atexit.register(scratch.cleanup)
    return scratch.name
