"""Unrolls the loops of a plan: pass after pass, each agent of it with a name of its own.

A pass after the condition holds is skipped: its agents have the answers of the pass before. So what reads an
agent of a loop reads its last pass, whichever ran last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from wavemake.plan.diagnostics import Diagnostic, Diagnostics, Where
from wavemake.plan.did_you_mean import did_you_mean
from wavemake.plan.model import AgentSpec, Condition, LoopSpec, Plan, ReadRef, Ref, shown

_AnyRef = TypeVar("_AnyRef", bound=Ref)


def unroll(plan: Plan) -> tuple[Plan, list[Diagnostic]]:
    """Return `plan` without its loops, and what is wrong with them.

    >>> from wavemake.plan.parser import parse
    >>> agents = [{"name": "draft", "reads": []}, {"name": "review", "reads": ["draft"]}]
    >>> agents += [{"name": "publish", "reads": ["draft"]}]
    >>> until = {"agent": "review", "matches": "^OK"}
    >>> loop = {"agents": ["draft", "review"], "until": until, "max": 2}
    >>> written, _ = parse({"agents": agents, "loops": [loop]})
    >>> plan, found = unroll(written)
    >>> [(each.name, [read.text for read in each.reads]) for each in plan.agents[2:]]
    [('draft-2', ['draft', 'review']), ('review-2', ['draft-2']), ('publish', ['draft-2'])]
    """
    if not plan.loops:
        return plan, []
    found = Diagnostics()
    specs = {spec.name: spec for spec in plan.agents}
    in_loop: dict[str, LoopSpec] = {}
    for loop in plan.loops:
        _look_at(plan, loop, specs, in_loop, found)
    if found.has_errors:
        return replace(plan, loops=()), list(found)
    last = {ref.text: _named(ref.text, loop.max) for loop in plan.loops for ref in loop.agents}
    ends = {name: _named(loop.agents[-1].text, loop.max) for name, loop in in_loop.items()}
    agents: list[AgentSpec] = []
    unrolled: set[LoopSpec] = set()
    for spec in plan.agents:
        if spec.name not in in_loop:
            agents.append(_outside(spec, last, ends))
        elif in_loop[spec.name] not in unrolled:
            loop = in_loop[spec.name]
            unrolled.add(loop)
            others = {name: to for name, to in last.items() if in_loop[name] is not loop}
            agents += _passes(loop, specs, others, ends)
    return replace(plan, agents=tuple(agents), loops=()), list(found)


def _named(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


# --- what is wrong -----------------------------------------------------------


def _look_at(
    plan: Plan,
    loop: LoopSpec,
    specs: Mapping[str, AgentSpec],
    in_loop: dict[str, LoopSpec],
    found: Diagnostics,
) -> None:
    if plan.waves:
        message = "a plan with 'waves' has no 'loops': there is no wave for their passes"
        found.error(
            "WM161", message, Where(loop.path), "leave 'waves' out: they follow from 'reads'"
        )
    for ref in loop.agents:
        if ref.text not in specs:
            hint = did_you_mean(ref.text, specs) or "add it to 'agents'"
            if not plan.partial:
                message = f"the loop names {shown(ref.text)}, which is not an agent in this plan"
                found.error("WM161", message, ref.where, hint)
        elif ref.text in in_loop:
            message = f"{shown(ref.text)} is in a loop already"
            found.error("WM161", message, ref.where, "an agent is in one loop, once")
        else:
            in_loop[ref.text] = loop
            _look_at_agent(loop, specs[ref.text], specs, found)


def _look_at_agent(
    loop: LoopSpec, spec: AgentSpec, specs: Mapping[str, AgentSpec], found: Diagnostics
) -> None:
    if spec.outputs:
        message = (
            f"{shown(spec.name)} is in a loop and declares 'outputs', of which each has one writer"
        )
        hint = "leave them out: it may write files all the same, and others read its answer"
        found.error("WM161", message, Where((*spec.path, "outputs")), hint)
    for number in range(2, loop.max + 1):
        twin = specs.get(_named(spec.name, number))
        if twin:
            message = f"{shown(twin.name)} is what pass {number} of {shown(spec.name)} is called"
            found.error("WM161", message, Where((*twin.path, "name")), "rename one of them")


# --- those in a loop ---------------------------------------------------------


def _passes(
    loop: LoopSpec,
    specs: Mapping[str, AgentSpec],
    others: Mapping[str, str],
    ends: Mapping[str, str],
) -> list[AgentSpec]:
    """The agents of all passes. others: the last pass of agents of other loops."""
    names = [ref.text for ref in loop.agents]
    made = []
    for number in range(1, loop.max + 1):
        for place, name in enumerate(names):
            spec = _outside(specs[name], others, {each: ends[each] for each in others})
            spec = _of_pass(spec, names, place, number, loop)
            if number == loop.max and place == len(names) - 1:
                until = renamed(loop.until, {each: _named(each, number) for each in names})
                spec = replace(spec, until=until, passes=loop.max)
            made.append(spec)
    return made


def _of_pass(
    spec: AgentSpec, names: list[str], place: int, number: int, loop: LoopSpec
) -> AgentSpec:
    """An agent of one pass: of those before it in the loop it reads this pass, of all else the one before."""
    now = {name: _named(name, number) for name in names}
    before = {name: _named(name, number - 1) for name in names}
    at = {name: (now if i < place else before)[name] for i, name in enumerate(names)}
    gone = {name for i, name in enumerate(names) if number == 1 and i >= place}
    reads = [_renamed_ref(ref, at) for ref in spec.reads or () if _agent_of(ref, names) not in gone]
    after = [_renamed_ref(ref, at) for ref in spec.depends_on or () if ref.text not in gone]
    goes_back = any(_agent_of(ref, names) in names[place:] for ref in spec.reads or ())
    if number > 1 and place == 0 and not goes_back:
        where = Where(loop.path)
        reads += [
            ReadRef(before[name], where, "agent") for name in dict.fromkeys([names[0], names[-1]])
        ]
    when = renamed(spec.when, at) if spec.when else None
    spec = replace(
        spec,
        name=now[spec.name],
        reads=None if spec.reads is None and not reads else tuple(reads),
        depends_on=tuple(after) if spec.depends_on is not None else None,
        when=when,
    )
    if number == 1:
        return spec
    goes_on = Condition("not", parts=(renamed(loop.until, before),))
    return replace(
        spec,
        task=f"{(spec.task or '').rstrip()}\n\nThis is pass {number}: improve on the one before.",
        when=Condition("all", parts=(goes_on, when)) if when else goes_on,
        carries=before[names[place]],
    )


def _agent_of(ref: ReadRef, names: list[str]) -> str:
    return ref.text if ref.kind != "file" and ref.text in names else ""


# --- those outside -----------------------------------------------------------


def _outside(spec: AgentSpec, last: Mapping[str, str], ends: Mapping[str, str]) -> AgentSpec:
    """An agent that reads the last passes, and waits until the loops have come to their ends."""
    reads = tuple(_renamed_ref(ref, last) for ref in spec.reads or ())
    after = [_renamed_ref(ref, last) for ref in spec.depends_on or ()]
    named = {ref.text: ref.where for ref in (*(spec.reads or ()), *(spec.depends_on or ()))}
    named |= {ref.text: ref.where for ref in _refs(spec.when)}
    for_each = spec.for_each
    if for_each and for_each.agent:
        named.setdefault(for_each.agent.text, for_each.agent.where)
        for_each = replace(for_each, agent=_renamed_ref(for_each.agent, last))
    known = {ref.text for ref in (*reads, *after)}
    waits = [
        Ref(ends[name], where) for name, where in named.items() if name in last and name in ends
    ]
    after += [ref for ref in dict.fromkeys(waits) if ref.text not in known]
    return replace(
        spec,
        reads=None if spec.reads is None else reads,
        depends_on=tuple(after) if after or spec.depends_on is not None else None,
        when=renamed(spec.when, last) if spec.when else None,
        for_each=for_each,
    )


def _refs(condition: Condition | None) -> list[Ref]:
    if condition is None:
        return []
    own = [condition.ref] if condition.ref and condition.kind != "file" else []
    return own + [ref for part in condition.parts for ref in _refs(part)]


def _renamed_ref(ref: _AnyRef, names: Mapping[str, str]) -> _AnyRef:
    if isinstance(ref, ReadRef) and ref.kind == "file":
        return ref
    return replace(ref, text=names.get(ref.text, ref.text))


def renamed(condition: Condition, names: Mapping[str, str]) -> Condition:
    """Return `condition` about other agents.

    >>> from wavemake.plan.diagnostics import Where
    >>> renamed(Condition("matches", Ref("a", Where()), "^OK"), {"a": "a-2"}).ref.text
    'a-2'
    """
    ref = condition.ref
    if ref and condition.kind != "file":
        ref = replace(ref, text=names.get(ref.text, ref.text))
    parts = tuple(renamed(part, names) for part in condition.parts)
    return replace(condition, ref=ref, parts=parts)
