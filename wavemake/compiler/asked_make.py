"""Asks make which agents it would look at, by rules printed anew: those on disk may have been edited."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Container, Mapping, Sequence
from typing import Any

from wavemake.compiler.backends import make
from wavemake.compiler.ir import BuildGraph, Job
from wavemake.plan.model import Resources
from wavemake.runs.record import AgentRecord
from wavemake.runs.state import Looked, audit


def looked_at(folder: str, prefix: str, records: Sequence[AgentRecord]) -> Looked | None:
    """Return which agents in `folder` make would look at, or None if there is no make to ask.

    The current folder is the project's. Raises CannotAsk.
    """
    # make finds missing files by itself.
    fits = audit(folder, records)
    rules = make.fragment(_graph(folder, prefix, records))
    found = _started_by(prefix, rules, [name for name in fits if not fits[name]])
    return None if found is None else Looked(found, fits)


def stale_by_time(
    folder: str, prefix: str, records: Sequence[AgentRecord]
) -> frozenset[str] | None:
    """Return the agents that make would start because of their own files, or None if there is no make.

    What make would do with other agents first is left out. The current folder is the project's.
    """
    graph = _graph(folder, prefix, records, alone=True)
    made = sorted(
        {path for job in graph.jobs for path in job.files}.difference(*(r.files for r in records))
    )
    # An answer that is missing is as good as new: make would have made it.
    rules = "".join(f"./{make.make_target(path)}: ;\n" for path in made)
    return _started_by(prefix, make.fragment(graph) + rules)


def _by_itself(folder: str, record: AgentRecord, *, tolerated: bool) -> dict[str, Any]:
    """Return its fields with what others make as plain files: under a name with /./, no rule makes it."""
    answer = ".ended" if record.tolerant or tolerated else "output.md"
    answers = [f"{folder}/{need}/./{answer}" for need in record.needs]
    files = (*record.files, *record.written, *answers)
    return {**record.fields(), "needs": (), "files": files, "written": (), "outputs": ()}


def _started_by(prefix: str, rules: str, forced: Sequence[str] = ()) -> frozenset[str] | None:
    """Return the agents that a dry run of make by `rules` starts, or None if there is no make."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    environment |= {"WAVEMAKE_RUN": "asked", "LC_ALL": "C", "WAVEMAKE_STALE": " ".join(forced)}
    environment.pop("WAVEMAKE_FORCE", None)
    with tempfile.TemporaryDirectory(prefix="wavemake-") as scratch:
        path = f"{scratch}/agents.mk"
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(rules)
        words = ["make", "-n", "-k", "-r", "-s", "-f", path, f"{prefix}.root=./"]
        try:
            done = subprocess.run(
                [*words, f"{prefix}-agents"],
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        except OSError:
            return None
    found = re.findall(rb"agent\.sh \S+ \S+ \d+ \d+\S* (\S+)( outcome)?", done.stdout)
    return frozenset(name.decode() for name, mode in found if not mode)


def what_fits(folder: str, records: Sequence[AgentRecord]) -> dict[str, bool]:
    """Return what the audit says of answers, and False for those beside which a declared file is missing.

    The current folder is the project's.
    """
    return {**audit(folder, records), **dict.fromkeys(without_files(folder, records), False)}


def without_files(folder: str, records: Sequence[AgentRecord]) -> list[str]:
    """Return the agents of which a declared output is missing, but for those that were skipped."""
    return [
        each.name
        for each in records
        if not all(map(os.path.exists, each.outputs))
        and not os.path.exists(f"{folder}/{each.name}/.skipped")
    ]


def stale(
    folder: str, found: Container[str], fits: Mapping[str, bool], records: Sequence[AgentRecord]
) -> frozenset[str]:
    """Return the agents that are stale by themselves once the audit's findings, `fits`, date the answers.

    found: those that are stale by the times of now.
    """
    return frozenset(
        each.name
        for each in records
        if not fits.get(each.name, each.name not in found) or _sees_another(folder, each)
    )


def _sees_another(folder: str, record: AgentRecord) -> bool:
    """Tell whether a file has come, or is gone, whose existence is part of the agent's condition."""
    return any(
        os.path.exists(f"{folder}/{record.name}/.seen-{number}") != os.path.exists(path)
        for number, path in enumerate(record.sights, 1)
    )


def by_content(looked: Looked, records: Sequence[AgentRecord]) -> frozenset[str]:
    """Return the agents that are looked at once the audit has dated the answers.

    >>> agents = [AgentRecord(name="a"), AgentRecord(name="b", wave=2, needs=("a",))]
    >>> sorted(by_content(Looked({"a", "b"}, {"a": True, "b": True}), agents))
    []
    >>> sorted(by_content(Looked((), {"a": False, "b": True}), agents))
    ['a', 'b']
    """
    found: set[str] = set()
    for each in sorted(records, key=lambda record: record.wave):
        by_time = each.name in looked.stale and (each.name not in looked.fits or each.when)
        if by_time or not looked.fits.get(each.name, True) or found.intersection(each.needs):
            found.add(each.name)
    return frozenset(found)


def _graph(
    folder: str, prefix: str, records: Sequence[AgentRecord], *, alone: bool = False
) -> BuildGraph:
    """Return what make is asked about. alone: without what an agent needs of others."""
    tolerated: set[str] = set()
    for each in sorted(records, key=lambda record: -record.wave):
        if each.tolerant or each.name in tolerated:
            tolerated.update(each.needs)
    skippable: set[str] = set()
    for each in sorted(records, key=lambda record: record.wave):
        if each.when or skippable.intersection(each.needs):
            skippable.add(each.name)

    def fields(each: AgentRecord) -> dict[str, Any]:
        if alone:
            return _by_itself(folder, each, tolerated=each.name in tolerated)
        return each.fields()

    resources = Resources()
    jobs = tuple(
        Job(
            **fields(each),
            program="",
            task="",
            extra=(),
            parts=(),
            retries=(0, 0),
            tolerated=each.name in tolerated,
            resources=resources,
            skippable=each.name in skippable,
        )
        for each in sorted(records, key=lambda record: record.wave)
    )
    return BuildGraph(
        project="",
        goal="",
        folder=folder,
        prefix=prefix,
        jobs=jobs,
        waves=max(job.wave for job in jobs),
        critical_path=(),
        plan_path="",
        plan_checksum="",
        compile=(),
        order=tuple(job.name for job in jobs),
    )
