"""What tools and the runtime are told of the plan as a whole: manifest.json, limits and unread."""

from __future__ import annotations

import json

from wavemake.compiler.ir import BuildGraph
from wavemake.plan.runners import plain

# How every manifest begins: by this it is known to be wavemake's.
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
        "budget": {"usd": graph.budget_usd, "tokens": graph.budget_tokens},
    }
    lines = [f"  {_json(key)}: {_json(value)}," for key, value in head.items()]
    agents = ",\n".join(f"    {job.line()}" for job in graph.jobs)
    return "\n".join(["{", *lines, '  "agents": [', agents, "  ]", "}", ""])


def unread(graph: BuildGraph) -> str:
    """Return the text of the file `unread`: how many answers block nobody; the name and wave of each."""
    read = {name for job in graph.jobs if not job.tolerant for name in job.needs}
    lines = [f"{job.name} {job.wave}" for job in graph.jobs if job.name not in read]
    return "".join(f"{line}\n" for line in [len(lines), *lines])


def limits(graph: BuildGraph) -> str:
    """Return the text of the file `limits`: a line for each pool and each limit of the budget."""
    lines = [f"pool {name} {size}" for name, size in graph.pools]
    if graph.budget_usd is not None:
        lines.append(f"budget usd {plain(graph.budget_usd)}")
    if graph.budget_tokens is not None:
        lines.append(f"budget tokens {graph.budget_tokens}")
    return "".join(f"{line}\n" for line in lines)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
