"""In which wave 'waves' puts each agent; in a plan of waves alone, its words become agents."""

from __future__ import annotations

from wavemake.compiler.resolve.work import Work
from wavemake.plan.diagnostics import Where
from wavemake.plan.did_you_mean import did_you_mean
from wavemake.plan.model import AgentSpec, Ref, shown
from wavemake.plan.names import name_problem, suggest_name


def place_in_waves(work: Work) -> None:
    """Fill in `given` and `in_wave`, and `specs` if there is no 'agents'.

    >>> from wavemake.compiler.resolve.work import work_on
    >>> work = work_on({"waves": [["db"], ["api", "ui"]]})
    >>> place_in_waves(work)
    >>> work.given, [*work.specs]
    ({'db': 1, 'api': 2, 'ui': 2}, ['db', 'api', 'ui'])
    """
    lower: dict[str, Ref] = {}
    for number, wave in enumerate(work.plan.waves or (), 1):
        for ref in wave:
            twin = lower.setdefault(ref.text.lower(), ref)
            if twin is not ref:
                _report_twice(work, ref, twin)
            elif _is_in_agents(work, ref, number):
                work.given[ref.text] = number
                work.in_wave.setdefault(number, []).append(ref.text)
    if work.plan.waves and not work.plan.partial:
        if work.plan.agents:
            _report_without_wave(work)
        elif work.specs:
            _report_waves_alone(work)


def _is_in_agents(work: Work, ref: Ref, number: int) -> bool:
    """Tell whether an entry of 'waves' is an agent; in a plan of waves alone, it becomes one."""
    if not work.plan.agents and not work.plan.partial:
        _add_from_wave(work, ref)
    elif ref.text not in work.specs:
        _report_not_in_agents(work, ref, number)
        return False
    return True


def _add_from_wave(work: Work, ref: Ref) -> None:
    problem = name_problem(ref.text)
    if problem:
        message = f"{shown(ref.text)} cannot be an agent's name: it {problem}"
        hint = f"for instance {shown(suggest_name(ref.text))}"
        work.found.error("WM105", message, ref.where, hint)
    work.specs[ref.text] = AgentSpec(ref.text, ref.where.path)


def _report_twice(work: Work, ref: Ref, twin: Ref) -> None:
    message = f"{shown(ref.text)} is in 'waves' twice"
    hint = "leave one of them out"
    if twin.text != ref.text:
        message = f"{shown(ref.text)} and {shown(twin.text)} in 'waves' differ only in case"
        hint = "rename one of them"
    work.found.error("WM111", message, ref.where, hint, ((twin.where, "the first is here"),))


def _report_not_in_agents(work: Work, ref: Ref, number: int) -> None:
    twin = next((name for name in work.specs if name.lower() == ref.text.lower()), None)
    if twin:
        message = f"{shown(ref.text)} in 'waves' is written {shown(twin)} in 'agents'"
        work.found.error("WM108", message, ref.where, f"did you mean {shown(twin)}?")
        work.given[twin] = number
    elif not work.plan.partial:
        message = f"{shown(ref.text)} is in 'waves', but not in 'agents'"
        hint = did_you_mean(ref.text, work.specs) or "add it to 'agents', with its task"
        work.found.error("WM109", message, ref.where, hint)


def _report_without_wave(work: Work) -> None:
    for name, spec in work.specs.items():
        if name not in work.given:
            where = Where((*spec.path, "name"))
            hint = "add it to a wave, or leave 'waves' out: they follow from 'reads'"
            work.found.error("WM110", f"{shown(name)} is in 'agents', but in no wave", where, hint)


def _report_waves_alone(work: Work) -> None:
    message = "no agent has a task: each is asked to do what its name says"
    if len(work.plan.waves or ()) > 1:
        message += ", and is given all of the wave before its own"
    hint = 'write "agents": [{"name": ..., "task": ..., "reads": [...]}]'
    work.found.warning("WM152", message, Where(("waves",), on_key=True), hint)
