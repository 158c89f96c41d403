"""Gates of other tools: an item behind a gate never starts without approval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wavemake.plan.dialects.item import Item
from wavemake.plan.dialects.notes import Notes
from wavemake.plan.dialects.words import COMMANDS, GATES, KINDS_OF_GATE, STRONG, plain
from wavemake.plan.model import shown

_GATES = tuple(sorted(GATES))
_OPEN = frozenset(["false", "no", "none", "auto", "automatic", "never", "optional", "off"])


def find_gate(item: Item, notes: Notes) -> None:
    """Let an item that needs approval wait for it; without a task, it is a gate and no agent."""
    key = next(
        (key for key, value in item.value.items() if plain(key) in GATES and shuts(value)), None
    )
    said = item.get("type", "kind", "action", "mode")
    if key is None and isinstance(said, str):
        kind = plain(said.partition(":")[0])
        key = item.key("type", "kind", "action", "mode") if kind in KINDS_OF_GATE else None
    if key is None:
        return
    item.is_gate = not _works(item)
    if not item.is_gate:
        ask(item, key)
        message = f"{item.noun} {shown(item.id)} waits for approval before it runs"
        hint = f"approve it with 'make approve-{item.name}'"
        notes.warn("WM317", message, (*item.path, key), hint)


def _works(item: Item) -> bool:
    """Tell whether a gate is work as well: it has a text, or a command, of its own."""
    kind = str(item.get("type", "kind") or "").partition(":")[0]
    if plain(kind) in KINDS_OF_GATE and not item.key(*STRONG):
        return item.key(*COMMANDS) is not None
    return item.has_text or item.key(*COMMANDS) is not None or item.key("details") is not None


def shuts(value: Any) -> bool:
    """Tell whether a value says that there is a gate."""
    if isinstance(value, str):
        return bool(value.strip()) and plain(value.strip()) not in _OPEN
    if isinstance(value, dict) and value.get("required") is False:
        return False
    return bool(value)


def ask(item: Item, key: str) -> None:
    """Let an item wait for approval, because of `key`."""
    item.keys.setdefault("approve", (True, (*item.path, key)))


def open_gates(items: Sequence[Item], notes: Notes) -> list[Item]:
    """Let what waits for a gate wait for approval instead; return the items that are not gates."""
    gates = {item.name: item for item in items if item.is_gate}
    for item in items if gates else ():
        for gate in [gates[name] for name in (*item.reads, *item.waits) if name in gates]:
            _pass(item, gate, gates)
    for gate in gates.values():
        behind = [item for item in items if not item.is_gate and gate.name in _passed(item)]
        _tell_gate(gate, behind, notes)
    return [item for item in items if not item.is_gate]


def _passed(item: Item) -> tuple[str, ...]:
    value, _ = item.keys.get("\0gates", ((), ()))
    return tuple(value)


def _pass(
    item: Item, gate: Item, gates: dict[str, Item], seen: frozenset[str] = frozenset()
) -> None:
    """Put what a gate waits for in its place, and ask for a yes unless it has been given."""
    for links in (item.reads, item.waits):
        path = links.pop(gate.name, None)
        if path is None:
            continue
        for name in (*gate.reads, *gate.waits):
            if name in gates and name not in seen:
                links.setdefault(name, path)
                _pass(item, gates[name], gates, seen | {gate.name})
            elif name not in gates and name != item.name:
                links.setdefault(name, path)
    item.keys["\0gates"] = ((*_passed(item), gate.name), gate.path)
    if gate.state != "done":
        item.keys.setdefault("approve", (True, gate.path))


def _tell_gate(gate: Item, behind: Sequence[Item], notes: Notes) -> None:
    path = gate.at(*_GATES)
    if gate.state == "done":
        notes.warn("WM317", f"the gate {shown(gate.id)} is passed already", path)
    elif behind:
        names = ", ".join(item.name for item in behind)
        waits = "waits" if len(behind) == 1 else "wait"
        message = (
            f"{gate.noun} {shown(gate.id)} is a gate: until somebody approves, {names} {waits}"
        )
        question = _question(gate)
        message += f" ({shown(question)})" if question else ""
        notes.warn("WM317", message, path, f"approve it with 'make approve-{behind[0].name}'")
    else:
        message = f"nothing waits for the gate {shown(gate.id)}: it is left out"
        notes.warn("WM317", message, path)


def _question(gate: Item) -> str:
    """What a gate asks, if it says so."""
    value = gate.get(*_GATES)
    inner = value if isinstance(value, dict) else gate.value
    words = {plain(key): each for key, each in inner.items()}
    asked = (words.get(word) for word in ("message", "question", "prompt", "description", "title"))
    return next((each.strip() for each in asked if isinstance(each, str) and each.strip()), "")
