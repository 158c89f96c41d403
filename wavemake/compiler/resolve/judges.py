"""What judges are given to read besides the answer; agents among it are waited for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from wavemake.compiler.resolve.files import files_of, inside, owner
from wavemake.compiler.resolve.links import is_other
from wavemake.compiler.resolve.work import Work
from wavemake.compiler.stage import is_filled
from wavemake.plan.model import AgentSpec, Check, Ref, shown


def collect_judges(work: Work) -> None:
    """Fill in `judges`, and add the agents that they read to `links`.

    >>> from wavemake.compiler.resolve.agents import collect_agents
    >>> from wavemake.compiler.resolve.links import link_agents
    >>> from wavemake.compiler.resolve.work import work_on
    >>> check = {"ask": "Does it keep to the spec?", "reads": ["spec", "rules.md"]}
    >>> agents = [{"name": "spec"}, {"name": "api", "reads": [], "check": check}]
    >>> work = work_on({"agents": agents}, "rules.md")
    >>> for each in (collect_agents, link_agents, collect_judges):
    ...     each(work)
    >>> [ref.text for ref in work.judges["api"][0].reads], [*work.links["api"].after]
    (['agent spec', 'file rules.md'], ['spec'])
    """
    for name, spec in work.specs.items():
        said = spec.settings.check
        checks = work.plan.defaults.check if said is None else said
        if any(check.reads for check in checks or ()):
            work.judges[name] = tuple(_read(work, spec, check) for check in checks or ())


def _read(work: Work, spec: AgentSpec, check: Check) -> Check:
    found = [each for ref in check.reads for each in _reads(work, spec, ref)]
    return replace(check, reads=tuple(found))


def _reads(work: Work, spec: AgentSpec, ref: Ref) -> Iterator[Ref]:
    who = f"a judge of {shown(spec.name)} reads"
    name = ref.text if ref.text in work.specs else owner(work, ref.text)
    if name:
        each = work.specs[name].for_each
        if each and each.agent:
            message = f"{who} {shown(name)}, whose cells a run makes"
            hint = "let an agent read them, and the judge read its answer"
            work.found.error("WM162", message, ref.where, hint)
        elif is_other(work, spec, ref, name, "has a judge that reads"):
            work.links[spec.name].wait(name, ref.where)
            yield replace(ref, text=f"agent {name}")
        return
    if spec.for_each and is_filled(ref.text):
        path = inside(work, who, ref)
        if path:
            yield replace(ref, text=f"file {path}")
        return
    for path in files_of(work, who, ref):
        writer = work.writers.get(path)
        if writer and writer is not spec:
            work.links[spec.name].wait(writer.name, ref.where)
        yield replace(ref, text=f"file {path}")
