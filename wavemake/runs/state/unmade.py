"""Which agents make cannot come to: what they read is not there, and nobody is to write it."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from dataclasses import replace

from wavemake.runs.state.agents import AgentState
from wavemake.runs.state.runs import Run


def unmade(
    states: MutableMapping[str, AgentState], folder: str, compiled: str, run: Run | None
) -> frozenset[str]:
    """Say so in those that the latest run, `run`, did not come to and that lack a file; return their names.

    folder: of the agents; compiled: what it is called from the project's folder.
    """
    project = _project(os.path.normpath(folder), compiled)
    if project is None:
        return frozenset()
    to_write = {path for agent in states.values() for path in agent.outputs}
    read = {path for agent in states.values() for path in agent.files}
    lacking = {path for path in read - to_write if not os.path.exists(os.path.join(project, path))}
    found = set()
    for name, agent in states.items():
        if agent.state == "running" or (run and agent.name in run.agents):
            continue
        path = next((each for each in agent.files if each in lacking), None)
        if path is not None:
            states[name] = replace(agent, state="not run", reason=not_there(path))
            found.add(name)
    return frozenset(found)


def not_there(path: str) -> str:
    """Say that a file is missing that an agent reads."""
    return f"reads {path}, which is not there"


def _project(folder: str, compiled: str) -> str | None:
    """The folder from which files are named; None if it is not known."""
    if os.path.realpath(folder) == os.path.realpath(compiled):
        return ""
    return folder.removesuffix(compiled) if folder.endswith(f"/{compiled}") else None
