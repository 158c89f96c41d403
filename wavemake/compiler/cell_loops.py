"""Loops of agents that have cells: each item of their list has a loop of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from wavemake.compiler.unroll import renamed
from wavemake.plan.diagnostics import Diagnostics, Where
from wavemake.plan.model import Condition, LoopSpec, Plan, shown

_MESSAGE = "conditions are about one agent, and this one has a cell for each item"
_HINT = "read it by an agent of its own, and name that"


@dataclass(frozen=True, slots=True)
class CellLoops:
    """loops: those of the plan, one for each item where their agents have cells.

    partners: of each cell in a loop, the cells of the same item, by the agents whose cells they are.
    """

    loops: tuple[LoopSpec, ...]
    partners: Mapping[str, Mapping[str, str]]


def loops_of_cells(
    plan: Plan, cells: Mapping[str, Sequence[str]], stages: Collection[str], found: Diagnostics
) -> CellLoops:
    """Return the loops of `plan`, and note in `found` which of them, and which conditions, cannot be.

    cells: of each agent that has some, their names in the order of the list. stages: the agents whose cells
    a run makes.

    >>> from wavemake.plan.parser import parse
    >>> until = {"agent": "b", "matches": "^OK"}
    >>> plan, _ = parse({"agents": [], "loops": [{"agents": ["a", "b"], "until": until, "max": 2}]})
    >>> made = loops_of_cells(plan, {"a": ["a-x", "a-y"], "b": ["b-x", "b-y"]}, [], Diagnostics())
    >>> [[ref.text for ref in loop.agents] for loop in made.loops], made.loops[1].until.ref.text
    ([['a-x', 'b-x'], ['a-y', 'b-y']], 'b-y')
    """
    loops: list[LoopSpec] = []
    partners: dict[str, Mapping[str, str]] = {}
    alike: dict[str, Collection[str]] = {}
    for loop in plan.loops:
        names = [ref.text for ref in loop.agents]
        rows = _rows(names, cells, stages)
        if rows is None:
            loops += [] if cells.keys() & {*names} else [loop]
            _report(loop, cells, stages, found)
            continue
        alike |= dict.fromkeys(names, names)
        partners |= {cell: row for row in rows for cell in row.values()}
        loops += [_of_item(loop, row) for row in rows]
        _report_named(loop.until, cells.keys() - {*names}, found)
    for spec in plan.agents:
        _report_named(spec.when, cells.keys() - {*alike.get(spec.name, ())}, found)
    return CellLoops(tuple(loops), partners)


def _rows(
    names: Sequence[str], cells: Mapping[str, Sequence[str]], stages: Collection[str]
) -> list[dict[str, str]] | None:
    """The cells of each item, by agent; None if the agents do not all have cells for the same items."""
    if not all(name in cells and name not in stages for name in names):
        return None
    items = [[cell[len(name) :] for cell in cells[name]] for name in names]
    if any({*each} != {*items[0]} for each in items):
        return None
    return [{name: f"{name}{item}" for name in names} for item in items[0]]


def _of_item(loop: LoopSpec, row: Mapping[str, str]) -> LoopSpec:
    agents = tuple(replace(ref, text=row[ref.text]) for ref in loop.agents)
    return replace(loop, agents=agents, until=renamed(loop.until, row))


def _report(
    loop: LoopSpec,
    cells: Mapping[str, Sequence[str]],
    stages: Collection[str],
    found: Diagnostics,
) -> None:
    for ref in loop.agents:
        if ref.text in stages:
            message = (
                f"the cells of {shown(ref.text)} are made in the run, where no loop is unrolled"
            )
            hint = 'let a judge have each cell tried again: "check": {"ask": "..."}, "retries": 3'
            found.error("WM162", message, ref.where, hint)
        elif ref.text in cells:
            message = (
                f"{shown(ref.text)} has cells, and not all agents of its loop have the same ones"
            )
            hint = "give all agents of the loop the same list: then each item has a loop of its own"
            found.error("WM162", message, ref.where, hint)
    _report_named(loop.until, cells.keys() - {ref.text for ref in loop.agents}, found)


def _report_named(condition: Condition | None, cells: Collection[str], found: Diagnostics) -> None:
    for where in _named_in(condition, cells) if condition else ():
        found.error("WM162", _MESSAGE, where, _HINT)


def _named_in(condition: Condition, cells: Collection[str]) -> Iterator[Where]:
    ref = condition.ref
    if ref and condition.kind != "file" and ref.text in cells:
        yield ref.where
    for part in condition.parts:
        yield from _named_in(part, cells)
