"""Asks make which agents it would look at, by rules printed anew: those on disk may have been edited."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Collection, Mapping, Sequence

from wavemake.compiler.backends import make
from wavemake.compiler.ir import BuildGraph, Job
from wavemake.plan.model import Resources
from wavemake.runs.record import AgentRecord
from wavemake.runs.state import audit


def looked_at(folder: str, prefix: str, records: Sequence[AgentRecord]) -> frozenset[str] | None:
    """Return the agents in `folder` that make would look at, or None if there is no make to ask.

    Answers that fit their cache keys are dated first by a make that cannot trust their times.

    The current folder is the project's.
    """
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    environment |= {"WAVEMAKE_RUN": "asked", "LC_ALL": "C"}
    fits = what_fits(folder, records)
    environment["WAVEMAKE_STALE"] = " ".join(name for name in fits if not fits[name])
    with tempfile.TemporaryDirectory(prefix="wavemake-") as scratch:
        rules = f"{scratch}/agents.mk"
        with open(rules, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(make.fragment(_graph(folder, prefix, records)))
        words = ["make", "-n", "-k", "-r", "-s", "-f", rules, f"{prefix}.root=./"]
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
    found = re.findall(rb"agent\.sh \S+ \S+ \d+ \d+ (\S+)( told)?", done.stdout)
    return by_content({name.decode() for name, told in found if not told}, fits, records)


def what_fits(folder: str, records: Sequence[AgentRecord]) -> dict[str, bool]:
    """Return what the audit says of answers, and False for those beside which a declared file is missing.

    The current folder is the project's.
    """
    gone = [each.name for each in records if not all(map(os.path.exists, each.outputs))]
    return {**audit(folder, records), **dict.fromkeys(gone, False)}


def by_content(
    found: Collection[str], fits: Mapping[str, bool], records: Sequence[AgentRecord]
) -> frozenset[str]:
    """Return the agents that are looked at once the audit's findings, `fits`, have dated the answers.

    found: those that are looked at by the times of now.

    >>> agents = [AgentRecord(name="a"), AgentRecord(name="b", wave=2, needs=("a",))]
    >>> sorted(by_content({"a", "b"}, {"a": True, "b": True}, agents))
    []
    >>> sorted(by_content(set(), {"a": False, "b": True}, agents))
    ['a', 'b']
    """
    looked: set[str] = set()
    for each in sorted(records, key=lambda record: record.wave):
        by_time = each.name in found and (each.name not in fits or each.when)
        if by_time or not fits.get(each.name, True) or looked.intersection(each.needs):
            looked.add(each.name)
    return frozenset(looked)


def _graph(folder: str, prefix: str, records: Sequence[AgentRecord]) -> BuildGraph:
    tolerated: set[str] = set()
    for each in sorted(records, key=lambda record: -record.wave):
        if each.tolerant or each.name in tolerated:
            tolerated.update(each.needs)
    skippable: set[str] = set()
    for each in sorted(records, key=lambda record: record.wave):
        if each.when or skippable.intersection(each.needs):
            skippable.add(each.name)
    jobs = tuple(
        Job(
            **each.fields(),
            program="",
            task="",
            extra=(),
            parts=(),
            retries=(0, 0),
            tolerated=each.name in tolerated,
            resources=Resources(),
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
