"""Corrects misspelt names of agents in 'reads', 'depends_on' and 'waves'."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from wavemake.fix.spelling import meant
from wavemake.fix.trial import Fix, Look, Outcome, make, path_of, value_at
from wavemake.plan.diagnostics import Path
from wavemake.plan.model import Plan, shown
from wavemake.plan.names import name_problem

_VERBS = {"reads": "reads", "depends_on": "depends on"}


def fix_names(look: Look) -> Outcome:
    """Write the names that were meant, if nothing else is wrong then that was not before."""
    return make(look, list(_fixes(look)), _breaks_nothing)


def _fixes(look: Look) -> Iterator[Fix]:
    if look.plan is None:
        return
    names = [spec.name for spec in look.plan.agents if not name_problem(spec.name)]
    taken = _taken(look.plan)
    for error in look.errors:
        path = path_of(error)
        group = _group(error.code, path)
        if not group:
            continue
        old = value_at(look.document.value, path)
        new = meant(error, old, names)
        if new and (group, new) not in taken:
            taken.add((group, new))
            yield _replace(look.plan, path, old, new)


def _group(code: str, path: Path) -> Path:
    """Where a name may stand once only: in 'waves', or in what one agent needs."""
    if code in ("WM108", "WM109") and path[0] == "waves":
        return path[:1]
    return path[:2] if code == "WM112" and path[2:3] in (("reads",), ("depends_on",)) else ()


def _taken(plan: Plan) -> set[tuple[Path, str]]:
    in_waves = {(ref.where.path[:1], ref.text) for wave in plan.waves or () for ref in wave}
    needed = {
        (spec.path, ref.text)
        for spec in plan.agents
        for ref in (*(spec.reads or ()), *(spec.depends_on or ()))
    }
    return in_waves | needed


def _replace(plan: Plan, path: Path, old: str, new: str) -> Fix:
    def change(tree: Any) -> None:
        value_at(tree, path[:-1])[path[-1]] = new

    if path[0] == "waves":
        who, code = f"wave {int(path[1]) + 1} names", "WM109"
    else:
        name = next(spec.name for spec in plan.agents if spec.path == path[:2])
        who, code = f"{shown(name)} {_VERBS[str(path[2])]}", "WM112"
    message = f"{code}: {who} {shown(new)} now, not {shown(old)}"
    return Fix(message, path, lambda editor: editor.replace(path, old, new), change)


def _breaks_nothing(before: Look, after: Look, fixes: Sequence[Fix]) -> bool:
    # Waves are fixed, too: now that the name is known, they contradict what agents need.
    return not after.is_worse_than(before, but="WM114")
