"""Reads `loops`: agents that run again and again until something holds."""

from __future__ import annotations

from typing import Any

from wavemake.plan.condition import ConditionReader
from wavemake.plan.diagnostics import Path, Where
from wavemake.plan.model import LoopSpec
from wavemake.plan.schema import LOOP_KEYS, MOST_PASSES, names_for_untrusted, names_of
from wavemake.plan.values import AllowedKeys

_LOOP = AllowedKeys("a loop", names_of(LOOP_KEYS), names_for_untrusted(LOOP_KEYS))
_A_LOOP = 'write {"agents": ["draft", "review"], "until": {"agent": "review", "matches": "^OK"}, "max": 4}'


class LoopReader(ConditionReader):
    """Reads loops, and notes all that is wrong with their shape."""

    def loops(self, tree: dict[str, Any]) -> tuple[LoopSpec, ...]:
        """The loops of a plan."""
        value, path = tree.get("loops"), ("loops",)
        if value is None or not self.is_kind(value, list, path, "'loops'", f"{_A_LOOP} in a list"):
            return ()
        found = (self._loop(item, (*path, i)) for i, item in enumerate(value))
        return tuple(loop for loop in found if loop)

    def _loop(self, value: Any, path: Path) -> LoopSpec | None:
        if not self.is_kind(value, dict, path, "a loop", _A_LOOP):
            return None
        self.keys(value, path, _LOOP)
        lacking = [key for key in _LOOP.known if value.get(key) is None]
        if lacking:
            self.error("WM161", f"this loop has no {lacking[0]!r}", Where(path), _A_LOOP)
            return None
        agents = self.refs(value, path, "agents") or ()
        until = self.condition(value["until"], (*path, "until"))
        most = self.count(value, path, "max", 1, MOST_PASSES)
        if not agents and value["agents"] == []:
            self.error("WM161", "this loop has no agents", Where((*path, "agents")), _A_LOOP)
        return LoopSpec(agents, until, most, path) if agents and until and most else None
