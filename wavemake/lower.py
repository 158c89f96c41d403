"""Lowers a resolved plan to the build graph: prompts, command lines and paths are decided here."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from wavemake.graph import work_left
from wavemake.ir import BuildGraph, Job
from wavemake.model import Agent, Resolved
from wavemake.render import template
from wavemake.runners import RUNNERS, command_line


@dataclass(frozen=True, slots=True)
class Source:
    """Where a plan came from: its path relative to the project (empty if it has none), its SHA-256
    in hex, and the words that compile it again."""

    path: str
    checksum: str
    compile: tuple[str, ...]


def lower(
    plan: Resolved,
    source: Source,
    folder: str,
    prefix: str,
    durations: Mapping[str, float] | None = None,
) -> BuildGraph:
    """Return the build graph of `plan`, with the agents in `folder` and goals that begin with `prefix`.

    durations: the seconds that agents took before, as far as they are known.
    """
    written = frozenset(path for agent in plan.agents for path in agent.outputs)
    return BuildGraph(
        project=plan.project,
        goal=plan.goal,
        folder=folder,
        prefix=prefix,
        jobs=tuple(_job(agent, plan, folder, written) for agent in plan.agents),
        waves=max(agent.wave for agent in plan.agents),
        critical_path=plan.critical_path,
        plan_path=source.path,
        plan_checksum=source.checksum,
        compile=source.compile,
        order=_order(plan, durations),
    )


def _order(plan: Resolved, durations: Mapping[str, float] | None) -> tuple[str, ...]:
    """Agents that are alike stay in the order of the plan."""
    left = work_left({agent.name: agent.needs for agent in plan.agents}, durations)
    agents = sorted(plan.agents, key=lambda agent: (agent.wave, -left[agent.name]))
    return tuple(agent.name for agent in agents)


def _job(agent: Agent, plan: Resolved, folder: str, written: frozenset[str]) -> Job:
    """A file that an agent writes is no prerequisite: there is no rule for it, but one for its agent."""
    runner = RUNNERS[agent.settings.runner or ""]
    return Job(
        name=agent.name,
        wave=agent.wave,
        needs=agent.needs,
        files=tuple(path for path in agent.files if path not in written),
        runner=runner.name,
        model=agent.settings.model or "",
        program=runner.program,
        task=_head(agent, folder) + _body(agent, plan, folder),
    )


def _head(agent: Agent, folder: str) -> str:
    """What agent.sh reads: a `key value` line each; those that are paid for are listed in its read_head."""
    settings = agent.settings
    runner = RUNNERS[settings.runner or ""]
    runtime = posixpath.join(folder, "runtime")
    lines = [
        "--- wavemake 1",
        f"runner {runner.name}",
        *([f"model {settings.model}"] if settings.model else []),
        *(f"arg {word}" for word in settings.args or ()),
        *([f"command {settings.command}"] if runner.name == "command" else []),
        f"timeout {settings.timeout}",
        f"max-prompt {settings.max_prompt}",
        f"envelope {runner.envelope}",
        *(f"set {name}={value}" for name, value in runner.environment),
        *(f"run {word}" for word in command_line(runner, settings, runtime)),
        *(
            f"read agent {read.agent}" if read.agent else f"read file {read.path}"
            for read in agent.reads
        ),
        *(f"after {name}" for name in agent.after),
        *(f"output {path}" for path in agent.outputs),
        "---",
    ]
    return "\n".join(lines) + "\n"


def _body(agent: Agent, plan: Resolved, folder: str) -> str:
    skills = [f"`/{name}`" for name in agent.skills]
    return template("prompt/task.md.j2").render(
        name=agent.name,
        project=plan.project,
        goal=plan.goal,
        output=posixpath.join(folder, agent.name, "output.md"),
        skills=f"the skill{'s' * (len(skills) > 1)} {', '.join(skills)}" if skills else "",
        outputs=", ".join(f"`{path}`" for path in agent.outputs),
        task=agent.task,
        inputs=bool(agent.reads),
    )
