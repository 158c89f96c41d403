"""How each agent is run."""

from __future__ import annotations

from wavemake.compiler.resolve.work import Work


def settle_settings(work: Work) -> None:
    """Fill in `settings`: what an agent says, then 'defaults', then what holds for all.

    >>> from wavemake.compiler.resolve.agents import collect_agents
    >>> from wavemake.compiler.resolve.work import work_on
    >>> work = work_on({"defaults": {"model": "opus"}, "agents": [{"name": "api"}]})
    >>> collect_agents(work)
    >>> settle_settings(work)
    >>> work.settings["api"].model, work.settings["api"].timeout
    ('opus', 1800)
    """
    for name, spec in work.specs.items():
        work.settings[name] = work.settler.settle(spec)
    if not work.plan.partial:
        work.settler.unused_pools()
