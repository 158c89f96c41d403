"""The ninja back end: the rules, and the file that runs them by themselves."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from itertools import groupby

from wavemake.compiler.backends import make
from wavemake.compiler.ir import LOADER, BuildGraph, Job
from wavemake.compiler.render import render

_ANSWER, _ENDED = ".answer", ".ended"
# Without the driver, a run is the ninja that the command's shell belongs to.
_RUN = (
    "WAVEMAKE_RESTAT=1 WAVEMAKE_RUN=$${{WAVEMAKE_RUN:-ninja-$$PPID}} "
    "sh -c '{loader}' {folder}/runtime/agent.sh . {folder} {total}"
)


def ninja_path(path: str) -> str:
    """Escape a path in a build statement; `names.path_problem` refuses what has no escape."""
    return re.sub(r"[$ :]", r"$\g<0>", path)


def fragment(graph: BuildGraph) -> str:
    """Return agents.ninja: the rules, safe to include in anyone's build.ninja."""
    # Of agents with equally long chains, ninja starts the one that is listed first.
    jobs = sorted(graph.jobs, key=lambda job: graph.place[job.name])
    read = frozenset(path for job in graph.jobs for path in job.written)
    waves = [[_rule(graph, job, read) for job in wave] for _, wave in groupby(jobs, _wave_of)]
    return render(
        "ninja/agents.ninja.j2",
        p=graph.prefix,
        dir=graph.folder,
        title=_comment(graph.project),
        source=_source(graph),
        total=len(graph.jobs),
        pools=graph.pools,
        run=_RUN.format(
            folder=graph.folder, total=len(graph.jobs), loader=LOADER.replace("$", "$$")
        ),
        tolerated=any(job.tolerated for job in graph.jobs),
        stages=any(job.listed_by for job in graph.jobs),
        groups=[
            {
                "name": name,
                "answers": _continued(f"{graph.folder}/{each}/{_ANSWER}" for each in made),
            }
            for name, made in make.groups(graph).items()
        ],
        waves=waves,
    )


def driver(graph: BuildGraph) -> str:
    """Return build.ninja of the agents' folder: what the driver runs."""
    return render(
        "ninja/build.ninja.j2",
        dir=graph.folder,
        source=_source(graph),
        files=[
            ninja_path(path) for path in sorted({each for job in graph.jobs for each in job.files})
        ],
    )


def root(graph: BuildGraph) -> str:
    """Return build.ninja of the project: what a plain ninja runs."""
    taken = {path for job in graph.jobs for path in (*job.files, *job.outputs)}
    return render(
        "ninja/root.ninja.j2",
        p=graph.prefix,
        dir=graph.folder,
        source=_source(graph),
        plan=ninja_path(graph.plan_path),
        goals=[job.name for job in graph.jobs if job.name not in taken],
    )


def _wave_of(job: Job) -> int:
    return job.wave


def _rule(graph: BuildGraph, job: Job, read: Container[str]) -> dict[str, object]:
    """A tolerant agent, and one that it waits for, waits until others have ended, well or not.

    read: files that are written by one agent and read by another.
    """
    needed = _ENDED if job.tolerant or job.tolerated else _ANSWER
    needs = (f"{graph.folder}/{name}/{needed}" for name in job.needs)
    return {
        "name": job.name,
        "wave": job.wave,
        "pool": job.pool,
        "sum": job.sum,
        "made": _ENDED if job.tolerated else _ANSWER,
        "cells": bool(job.listed_by),
        "by": "settle" if job.tolerated else "agent",
        "prerequisites": _continued([*needs, *map(ninja_path, (*job.files, *job.written))]),
        "writes": [ninja_path(path) for path in job.outputs if path in read],
    }


def _continued(paths: Iterable[str]) -> str:
    return "".join(f" $\n  {path}" for path in paths)


def _source(graph: BuildGraph) -> str:
    return f" from {_comment(graph.plan_path)}" if graph.plan_path else ""


def _comment(text: str) -> str:
    """A text of the plan as part of a comment: one line."""
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text)[:100]
