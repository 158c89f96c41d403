"""What a plan may ask for at most. A plan that is not trusted always has bounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields

from wavemake.compiler.options import Options
from wavemake.plan.diagnostics import Diagnostic, Severity, Where
from wavemake.plan.model import Plan, shown
from wavemake.plan.resolved import Agent, Resolved
from wavemake.plan.values import seconds_in, size_in

Price = Callable[[Agent], "float | None"]
"""What an agent is likely to cost, in dollars; None if nothing is known."""


class BadBound(ValueError):
    """A bound that is not a number; its text names the flag."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What holds for a plan; None is without a bound.

    agents: all of them, cells and passes of loops included. cells: of one agent. passes: of a loop. timeout:
    seconds of an agent. prompt: bytes. cost: dollars that a run of everything is likely to cost.
    """

    agents: int | None = None
    cells: int | None = None
    passes: int | None = None
    timeout: int | None = None
    prompt: int | None = None
    cost: float | None = None


UNTRUSTED = Bounds(agents=100, cells=50, passes=10, timeout=3600, prompt=1024 * 1024, cost=50.0)
"""The bounds of a plan that is not trusted, unless flags say others."""

_READERS: dict[str, Callable[[str], float | None]] = {"timeout": seconds_in, "prompt": size_in}


def bounds_of(options: Options) -> Bounds:
    """Return the bounds that `options` set. Raises BadBound if one of them is not a number above 0."""
    usual = UNTRUSTED if options.untrusted else Bounds()
    given = {
        each.name: _read(each.name, str(getattr(options, f"max_{each.name}")))
        for each in fields(Bounds)
    }
    return Bounds(
        **{  # type: ignore[arg-type]
            name: getattr(usual, name) if value is None else value for name, value in given.items()
        }
    )


def budget_of(options: Options) -> float | None:
    """Return what --budget says, in dollars. Raises BadBound."""
    return _number("--budget", options.budget) if options.budget else None


def _read(name: str, text: str) -> float | None:
    if not text:
        return None
    flag = f"--max-{name}"
    reader = _READERS.get(name)
    if reader is None:
        value = _number(flag, text)
        return value if name == "cost" else int(value)
    found = float(text) if text.isdecimal() else reader(text)
    if not found or found <= 0:
        example = "90s or 2h" if name == "timeout" else "200k or 2M"
        raise BadBound(f"{flag} {text!r} must be a number above 0, such as {example}")
    return int(found)


def _number(flag: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e9:
        raise BadBound(f"{flag} {text!r} must be a number above 0")
    return value


def over(plan: Plan, resolved: Resolved, bounds: Bounds, price: Price) -> Iterator[Diagnostic]:
    """Yield an error for each bound that a plan is over; `plan` is as it is written."""
    yield from _agents(resolved, bounds)
    yield from _cells(plan, resolved, bounds)
    for loop in plan.loops:
        if bounds.passes is not None and loop.max > bounds.passes:
            message = f"this loop has up to {loop.max} passes"
            yield _over(message, f"{bounds.passes}", "passes", Where((*loop.path, "max")))
    for agent in resolved.agents:
        settings, name = agent.settings, shown(agent.group or agent.name)
        if bounds.timeout is not None and (settings.timeout or 0) > bounds.timeout:
            message = f"{name} may take {settings.timeout} s"
            yield _over(message, f"{bounds.timeout}", "timeout", agent.where)
        if bounds.prompt is not None and (settings.max_prompt or 0) > bounds.prompt:
            message = f"{name} may be sent {settings.max_prompt} bytes"
            yield _over(message, f"{bounds.prompt}", "prompt", agent.where)
    if bounds.cost is not None:
        cost = sum((price(agent) or 0.0) * _many(agent) for agent in resolved.agents)
        if cost > bounds.cost:
            message = f"by earlier runs, all of it is likely to cost ${cost:.2f}"
            yield _over(message, f"${bounds.cost:g}", "cost", Where(("agents",)))


def _many(agent: Agent) -> int:
    return agent.cells.max if agent.cells else 1


def _agents(resolved: Resolved, bounds: Bounds) -> Iterator[Diagnostic]:
    count = sum(map(_many, resolved.agents))
    if bounds.agents is not None and count > bounds.agents:
        message = f"the plan has {count} agents, cells and passes of loops included"
        yield _over(message, f"{bounds.agents}", "agents", Where(("agents",)))


def _cells(plan: Plan, resolved: Resolved, bounds: Bounds) -> Iterator[Diagnostic]:
    # Passes of a cell are the same cell.
    cells = Counter(agent.group for agent in resolved.agents if agent.group and not agent.carries)
    for spec in plan.agents:
        if spec.for_each is None or bounds.cells is None:
            continue
        count = spec.for_each.max if spec.for_each.agent else cells[spec.name]
        if count > bounds.cells:
            message = f"{shown(spec.name)} has up to {count} cells"
            yield _over(message, f"{bounds.cells}", "cells", Where(spec.for_each.path))


def _over(message: str, bound: str, name: str, where: Where) -> Diagnostic:
    hint = f"lower it, or raise the bound: --max-{name}"
    return Diagnostic("WM164", Severity.ERROR, f"{message}, over the bound of {bound}", where, hint)
