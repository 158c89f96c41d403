"""The waves of the agents: computed from what they need, or given, and then checked."""

from __future__ import annotations

from wavemake.compiler.graph import Graph
from wavemake.compiler.resolve.work import Work
from wavemake.plan.diagnostics import Where
from wavemake.plan.model import shown


def order_agents(work: Work) -> None:
    """Fill in `waves` and `chain`; both are empty if agents wait for each other.

    >>> from wavemake.compiler.resolve.agents import collect_agents
    >>> from wavemake.compiler.resolve.links import link_agents
    >>> from wavemake.compiler.resolve.work import work_on
    >>> work = work_on({"agents": [{"name": "db"}, {"name": "api", "reads": ["db"]}]})
    >>> for each in collect_agents, link_agents, order_agents:
    ...     each(work)
    >>> work.waves, work.chain
    ({'db': 1, 'api': 2}, ['db', 'api'])
    """
    graph = Graph({name: each.where for name, each in work.links.items()})
    computed = graph.waves()
    cycles = [] if computed else graph.cycles()
    for cycle in cycles:
        _report_cycle(work, cycle)
    knotted = {name for cycle in cycles for name in cycle}
    for name, each in work.links.items() if work.given else ():
        for need, where in each.where.items():
            if not {name, need} <= knotted:
                _check_wave(work, name, need, where)
    work.waves, work.chain = work.given or computed, graph.critical_path(computed)


def _report_cycle(work: Work, cycle: list[str]) -> None:
    needed = [*cycle[1:], cycle[0]]
    places = [
        (name, by, work.links[by].where[name]) for name, by in zip(cycle, needed, strict=True)
    ]
    chain = " -> ".join([cycle[0], *(by for _, by, _ in places)])
    related = tuple((where, f"{shown(by)} needs {shown(name)}") for name, by, where in places)
    message = f"these agents wait for each other: {chain}"
    hint = "one of them must do without the one before it"
    work.found.error("WM115", message, places[-1][2], hint, related)


def _check_wave(work: Work, name: str, need: str, where: Where) -> None:
    mine, its = work.given.get(name), work.given.get(need)
    if mine is None or its is None or its < mine:
        return
    when = "the same wave" if its == mine else f"wave {its}"
    message = f"{shown(name)} is in wave {mine}, but needs {shown(need)} of {when}"
    hint = f"move {shown(name)} to wave {its + 1} or later, or leave 'waves' out"
    work.found.error("WM114", message, where, hint)
