"""Which files of the project each agent declares that it writes."""

from __future__ import annotations

import re

from wavemake.compiler.resolve.files import inside, is_usable, owner
from wavemake.compiler.resolve.work import Work
from wavemake.plan.model import AgentSpec, Ref, shown

# In an output, brackets are literal: some frameworks name files like that.
_STARRED = re.compile(r"[*?]")


def collect_outputs(work: Work) -> None:
    """Fill in `outputs` and `writers`.

    >>> from wavemake.compiler.resolve.agents import collect_agents
    >>> from wavemake.compiler.resolve.work import work_on
    >>> paths = ["./openapi.json", ".tmp/agents/api/output.md"]
    >>> work = work_on({"agents": [{"name": "api", "outputs": paths}]})
    >>> collect_agents(work)
    >>> collect_outputs(work)
    >>> {name: [*paths] for name, paths in work.outputs.items()}
    {'api': ['openapi.json']}
    """
    for spec in work.specs.values():
        for ref in spec.outputs:
            # Its answer needs no declaration, but is there as it is declared.
            path = "" if owner(work, ref.text) == spec.name else _output(work, spec, ref)
            if path:
                work.outputs.setdefault(spec.name, {}).setdefault(path)


def _output(work: Work, spec: AgentSpec, ref: Ref) -> str:
    """The path of a file that an agent writes, or an empty string after saying what is wrong."""
    who = f"{shown(spec.name)} writes"
    path = inside(work, who, ref)
    if not path:
        return ""
    problem, hint = _output_problem(work, path)
    twin = work.writers.setdefault(path, spec)
    if problem:
        work.found.error("WM118", f"{who} {shown(ref.text)}, which {problem}", ref.where, hint)
    elif twin is not spec:
        message = f"{who} {shown(ref.text)}, which {shown(twin.name)} writes as well"
        hint = "let one agent write it, and the other read it"
        work.found.error("WM123", message, ref.where, hint)
    elif is_usable(work, ref, path, "choose another name"):
        return path
    return ""


def _output_problem(work: Work, path: str) -> tuple[str, str]:
    """Why an agent cannot declare that it writes `path`, and what to do; both empty if it can."""
    if f"{path}/".startswith(f"{work.folder}/"):
        return (
            "is in the folder of agents",
            "each agent's answer is kept there without being declared",
        )
    built = work.project.builds(path)
    if built:
        return built, "make would run and charge the agent to find out what to build"
    what = "is a pattern" if _STARRED.search(path) else ""
    return what, "name each file or folder that it writes" if what else ""
