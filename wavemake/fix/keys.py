"""Corrects misspelt keys, where only one key can be meant and the object does not have it as well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from wavemake.fix.spelling import meant
from wavemake.fix.trial import Fix, Look, Outcome, make, path_of, value_at
from wavemake.plan.diagnostics import Path
from wavemake.plan.model import shown
from wavemake.plan.schema import AGENT_KEYS, PLAN_KEYS, SETTING_KEYS, names_of

# An object, a text or a number where another type is expected: it is not the key that was meant.
_MISFITS = frozenset({"WM102", "WM104", "WM105", "WM119", "WM120"})


def fix_keys(look: Look) -> Outcome:
    """Rename misspelt keys."""
    return make(look, list(_fixes(look)), _fit)


def _fixes(look: Look) -> Iterator[Fix]:
    found: dict[Path, list[str]] = {}
    for error in look.errors:
        if error.code == "WM101":
            *outer, old = path_of(error)
            new = meant(error, str(old), _known(outer))
            if new and new not in value_at(look.document.value, outer):
                found.setdefault((*outer, new), []).append(str(old))
    for path, keys in found.items():
        if len(keys) == 1:
            yield _rename(look.document.value, path, keys[0])


def _known(path: Sequence[str | int]) -> tuple[str, ...]:
    if not path:
        return names_of(PLAN_KEYS)
    return names_of(SETTING_KEYS) if path[0] == "defaults" else names_of(AGENT_KEYS, SETTING_KEYS)


def _rename(tree: Any, path: Path, old: str) -> Fix:
    *outer, new = path

    def change(tree: Any) -> None:
        value = value_at(tree, outer)
        value[new] = value.pop(old)

    message = f"WM101: {shown(old)} of {_owner(tree, outer)} is spelt '{new}' now"
    return Fix(message, path, lambda editor: editor.rename((*outer, old), str(new)), change)


def _owner(tree: Any, path: Sequence[str | int]) -> str:
    if not path:
        return "the plan"
    name = value_at(tree, path).get("name") if path[0] == "agents" else None
    return (
        shown(name) if isinstance(name, str) else str(path[0]) + "".join(f"[{n}]" for n in path[1:])
    )


def _fit(before: Look, after: Look, fixes: Sequence[Fix]) -> bool:
    """Tell whether what stands under the keys is what can stand there."""
    misfits = [path_of(error) for error in after.errors if error.code in _MISFITS]
    wrong = {path[: len(fix.path)] for path in misfits for fix in fixes if len(fix.path) > 1}
    wrong.update(misfits)
    return not any(fix.path in wrong for fix in fixes)
