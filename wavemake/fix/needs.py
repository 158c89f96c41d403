"""What agents need, as the plan says it: also of a plan in which the waves are wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wavemake.plan.model import AgentSpec, Plan
from wavemake.plan.names import normal_path


def implied_reads(plan: Plan) -> Mapping[str, tuple[str, ...]]:
    """Return, of agents that say nothing of what they need, the wave before their own."""
    before: tuple[str, ...] = ()
    silent = {spec.name for spec in plan.agents if spec.reads is None and not spec.depends_on}
    found: dict[str, tuple[str, ...]] = {}
    for wave in plan.waves or ():
        names = tuple(ref.text for ref in wave)
        found.update({name: before for name in names if name in silent})
        before = names
    return found


def needs(plan: Plan, folder: str) -> dict[str, frozenset[str]]:
    """Return the agents that each agent needs; all names in the plan must be known ones."""
    names = {spec.name for spec in plan.agents}
    writers = {normal_path(ref.text): spec.name for spec in plan.agents for ref in spec.outputs}
    owners = {f"{folder}/{name}/output.md": name for name in names}

    def of(spec: AgentSpec) -> Iterator[str]:
        for ref in spec.reads or ():
            path = normal_path(ref.text)
            is_agent = ref.kind != "file" and ref.text in names
            yield ref.text if is_agent else owners.get(path) or writers.get(path, "")
        yield from (ref.text for ref in spec.depends_on or ())

    implied = implied_reads(plan)
    return {
        spec.name: frozenset({*of(spec), *implied.get(spec.name, ())} - {"", spec.name})
        for spec in plan.agents
    }
