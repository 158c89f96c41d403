"""The conditions under which agents run, as the lines of task.md; what they name is waited for."""

from __future__ import annotations

from collections.abc import Iterator

from wavemake.compiler.resolve.files import inside, is_hidden, is_usable
from wavemake.compiler.resolve.links import is_other
from wavemake.compiler.resolve.work import Links, Work
from wavemake.plan.diagnostics import Where
from wavemake.plan.model import AgentSpec, Condition, Ref, shown


def collect_conditions(work: Work) -> None:
    """Fill in `conditions` and `ends`, and add what they name to `links`.

    The parts of a condition come before it.

    >>> from wavemake.compiler.resolve.agents import collect_agents
    >>> from wavemake.compiler.resolve.links import link_agents
    >>> from wavemake.compiler.resolve.work import work_on
    >>> when = {"not": {"agent": "audit", "matches": "^CLEAN"}}
    >>> work = work_on({"agents": [{"name": "audit"}, {"name": "fix", "reads": [], "when": when}]})
    >>> for each in (collect_agents, link_agents, collect_conditions):
    ...     each(work)
    >>> work.conditions["fix"], [*work.links["fix"].after]
    (('matches audit ^CLEAN', 'not'), ['audit'])
    """
    for name, spec in work.specs.items():
        links = work.links[name]
        if spec.when:
            work.conditions[name] = tuple(_lines(work, spec, spec.when, links))
        if spec.until:
            work.ends[name] = tuple(_lines(work, spec, spec.until, links))
        if spec.carries:
            links.wait(spec.carries, Where(spec.path))


def _lines(work: Work, spec: AgentSpec, condition: Condition, links: Links) -> Iterator[str]:
    kind, ref = condition.kind, condition.ref
    for part in condition.parts:
        yield from _lines(work, spec, part, links)
    if kind == "not":
        yield "not"
    elif condition.parts:
        yield f"{kind} {len(condition.parts)}"
    elif ref is None:
        yield f"{kind} {condition.words}"
    elif kind == "file":
        yield f"file {_file(work, spec, ref, links)}"
    elif spec.until and ref.text == spec.name:
        yield f"{kind} {ref.text} {condition.words}"
    elif is_other(work, spec, ref, ref.text, "has a condition on"):
        links.wait(ref.text, ref.where)
        yield f"{kind} {ref.text} {condition.words}"


def _file(work: Work, spec: AgentSpec, ref: Ref, links: Links) -> str:
    who = f"{shown(spec.name)} has a condition on"
    path = inside(work, who, ref)
    if not path or is_hidden(work, who, ref, path):
        return ""
    is_usable(work, ref, path, "rename the file")
    writer = work.writers.get(path)
    if writer and writer is not spec:
        links.wait(writer.name, ref.where)
    return path
