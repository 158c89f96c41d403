"""Changes to a plan in the reference shape on its way into a file of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def without(tree: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return a plan without the agents `names`: what needs one of them waits for what that needs.

    >>> a, b, c = ({"name": n, "reads": r} for n, r in [("a", []), ("b", ["a"]), ("c", ["b"])])
    >>> without({"agents": [a, b, c]}, ["b"])["agents"][1]
    {'name': 'c', 'reads': [], 'depends_on': ['a']}
    """
    out = frozenset(names)
    needs = {each["name"]: _needs(each) for each in tree.get("agents", ())}
    plan = dict(tree)
    plan["agents"] = [
        _without(each, out, needs) for each in tree.get("agents", ()) if each["name"] not in out
    ]
    if "waves" in tree:
        waves = ([name for name in wave if name not in out] for wave in tree["waves"])
        plan["waves"] = [wave for wave in waves if wave]
    return plan


def _needs(agent: Mapping[str, Any]) -> list[str]:
    return [*agent.get("reads", ()), *agent.get("depends_on", ())]


def _without(
    agent: Mapping[str, Any], out: frozenset[str], needs: Mapping[str, list[str]]
) -> dict[str, Any]:
    found = dict(agent)
    reads = [name for name in agent.get("reads", ()) if name not in out]
    after = [name for name in agent.get("depends_on", ()) if name not in out]
    seen: set[str] = set()
    open_ = [name for name in _needs(agent) if name in out]
    while open_:
        name = open_.pop()
        if name in seen:
            continue
        seen.add(name)
        open_ += [each for each in needs[name] if each in out]
        # A file that it read is its own affair.
        after += [each for each in needs[name] if each in needs and each not in out]
    found["reads"] = reads
    found["depends_on"] = [name for name in dict.fromkeys(after) if name not in reads]
    if not found["depends_on"]:
        del found["depends_on"]
    return found


def ignoring(tree: Mapping[str, Any], codes: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    """Return a plan in which agents, or with an empty name the plan itself, ignore `codes`."""
    plan = dict(tree)
    plan["agents"] = [
        {**each, "ignore": sorted({*each.get("ignore", ()), *codes[each["name"]]})}
        if each["name"] in codes
        else each
        for each in tree.get("agents", ())
    ]
    if "" in codes:
        plan["ignore"] = sorted({*tree.get("ignore", ()), *codes[""]})
    return plan
