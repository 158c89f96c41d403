"""Which agents 'agents' lists: each name once, also on disks that do not tell case apart."""

from __future__ import annotations

from wavemake.compiler.resolve.work import Work
from wavemake.plan.diagnostics import Where
from wavemake.plan.model import AgentSpec, shown


def collect_agents(work: Work) -> None:
    """Fill in `specs`.

    >>> from wavemake.compiler.resolve.work import work_on
    >>> work = work_on({"agents": [{"name": "api", "task": "A."}, {"name": "API", "task": "B."}]})
    >>> collect_agents(work)
    >>> [*work.specs], [each.message for each in work.found]
    (['api'], ["'API' and 'api' differ only in case: one folder on some disks"])
    """
    lower: dict[str, AgentSpec] = {}
    for spec in work.plan.agents:
        twin = lower.setdefault(spec.name.lower(), spec)
        if twin is spec:
            work.specs[spec.name] = spec
        else:
            _report_twins(work, spec, twin)


def _report_twins(work: Work, spec: AgentSpec, twin: AgentSpec) -> None:
    code, message = "WM107", f"there are two agents named {shown(spec.name)}"
    if twin.name != spec.name:
        names = f"{shown(spec.name)} and {shown(twin.name)}"
        code, message = "WM108", f"{names} differ only in case: one folder on some disks"
    first = (Where((*twin.path, "name")), "the first is here")
    work.found.error(code, message, Where((*spec.path, "name")), "rename one of them", (first,))
