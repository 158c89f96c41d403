"""What is known of the plan as a whole: manifest.json for tools and awk, `plan` for the shell."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

from wavemake.compiler.ir import BuildGraph
from wavemake.plan.runners import plain

# The beginning of every manifest, which identifies it as wavemake's.
MARK = '{\n  "schema": 1,\n  "project": '


def manifest(graph: BuildGraph) -> str:
    """Return the text of manifest.json: an agent a line, so that awk can read it as well.

    `name`, `wave` and `needs` come first on an agent's line.
    """
    head = {
        "schema": 1,
        "project": graph.project,
        "goal": graph.goal,
        "folder": graph.folder,
        "prefix": graph.prefix,
        "waves": graph.waves,
        "critical_path": graph.critical_path,
        "plan": graph.plan_path,
        "compile": graph.compile,
        "patterns": dict(graph.patterns),
        "programs": {job.runner: job.program for job in graph.jobs if job.program},
        "pools": dict(graph.pools),
        "budget": _budget(graph),
    }
    lines = [f"  {_json(key)}: {_json(value)}," for key, value in head.items()]
    agents = ",\n".join(f"    {job.line()}" for job in graph.jobs)
    return "\n".join(["{", *lines, '  "agents": [', agents, "  ]", "}", ""])


def _budget(graph: BuildGraph) -> dict[str, float | str | None]:
    per = {} if graph.budget_per == "run" else {"per": graph.budget_per}
    return {"usd": graph.budget_usd, "tokens": graph.budget_tokens, **per}


def plan(graph: BuildGraph) -> str:
    """Return the text of runtime/plan: a line each, a word and its value.

    The limits come first; the leaves, answers that block no agent, and the files that agents read or write
    last: a shell reads no further than it needs to.
    """
    parts = (_limits(graph), _source(graph), _leaves(graph), _files(graph))
    return "".join(f"{line}\n" for part in parts for line in part)


def _limits(graph: BuildGraph) -> Iterator[str]:
    yield from (f"pool {name} {size}" for name, size in graph.pools)
    per = "" if graph.budget_per == "run" else f" {graph.budget_per}"
    if graph.budget_usd is not None:
        yield f"budget usd {plain(graph.budget_usd)}{per}"
    if graph.budget_tokens is not None:
        yield f"budget tokens {graph.budget_tokens}{per}"
    files = len(_paths(graph))
    if files:
        yield f"files {files}"


def _source(graph: BuildGraph) -> Iterator[str]:
    yield f"prefix {graph.prefix}"
    if graph.plan_path:
        yield f"plan {graph.plan_path}"
        yield f"checksum {graph.plan_checksum}"
        yield f"typed {shlex.join(word for word in graph.compile if word != '-q')}"
        yield from (f"again {word}" for word in graph.compile[1:])
    if graph.on_end:
        yield f"on-end {graph.on_end}"
    yield from (f"needs {program}" for program in graph.programs)
    yield from (f"cell {job.group} {job.name}" for job in graph.jobs if job.group)
    yield from (f"cells {job.name}" for job in graph.jobs if job.listed_by)
    yield from (f"makes {job.name} {path}" for job in graph.jobs for path in job.outputs)
    if any("\nwith workspace worktree\n" in job.task for job in graph.jobs):
        yield "workspaces"
    for job in graph.jobs:
        yield from (f"sees {job.name} {n} {path}" for n, path in enumerate(job.sights, 1))
        if job.is_asked:
            yield f"asks {job.name}"


def _leaves(graph: BuildGraph) -> Iterator[str]:
    read = {name for job in graph.jobs if not job.tolerant for name in job.needs}
    leaves = [f"leaf {job.name} {job.wave}" for job in graph.jobs if job.name not in read]
    yield f"leaves {len(leaves)}"
    yield from leaves


def _files(graph: BuildGraph) -> Iterator[str]:
    """Each begins with ./, by which ls names it before the agents' folder."""
    yield from (f"file ./{path}" for path in sorted(_paths(graph)))


def _paths(graph: BuildGraph) -> set[str]:
    return {path for job in graph.jobs for path in (*job.files, *job.written, *job.outputs)}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
