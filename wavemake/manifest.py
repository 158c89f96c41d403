"""manifest.json: the resolved plan for tools, an agent a line, so that awk can read it as well."""

from __future__ import annotations

import json

from wavemake.ir import BuildGraph, Job


def manifest(graph: BuildGraph) -> str:
    """Return the text of manifest.json. `name`, `wave` and `needs` come first on an agent's line."""
    head = {
        "schema": 1,
        "project": graph.project,
        "goal": graph.goal,
        "folder": graph.folder,
        "prefix": graph.prefix,
        "waves": graph.waves,
        "critical_path": graph.critical_path,
    }
    lines = [f"  {_json(key)}: {_json(value)}," for key, value in head.items()]
    agents = ",\n".join(f"    {_agent(job)}" for job in graph.jobs)
    return "\n".join(["{", *lines, '  "agents": [', agents, "  ]", "}", ""])


def _agent(job: Job) -> str:
    return _json(
        {
            "name": job.name,
            "wave": job.wave,
            "needs": job.needs,
            "files": job.files,
            "runner": job.runner,
            "model": job.model,
        }
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
