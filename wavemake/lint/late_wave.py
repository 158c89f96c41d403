"""An agent is in a later wave than it needs to be.

## What it does
Compares the waves of the plan to what the agents read. An agent of wave 4 that reads agents of wave 1
alone could be in wave 2.

## Why is this bad?
Nothing runs later for it: waves are not barriers, and an agent starts when what it reads is there. But
the plan says something that is not so, and anybody who reads it, or asks make for `wave-2`, is misled.
Leave `waves` out, and they are computed. This rule is off unless it is selected.

## Example
```json
{
  "agents": [
    {"name": "outline", "task": "Write the outline.", "reads": []},
    {"name": "chapters", "task": "Write the chapters.", "reads": ["outline"]},
    {"name": "cover", "task": "Describe the cover.", "reads": ["outline"]}
  ],
  "waves": [["outline"], ["chapters"], ["cover"]]
}
```

## Use instead
```json
{
  "agents": [
    {"name": "outline", "task": "Write the outline.", "reads": []},
    {"name": "chapters", "task": "Write the chapters.", "reads": ["outline"]},
    {"name": "cover", "task": "Describe the cover.", "reads": ["outline"]}
  ],
  "waves": [["outline"], ["chapters", "cover"]]
}
```
"""

from __future__ import annotations

from wavemake.lint.context import Context, Finding, Findings
from wavemake.plan.diagnostics import Where


def check(context: Context) -> Findings:
    """Yield each agent that could be earlier, given the waves of what it needs."""
    places = {ref.text: ref.where for wave in context.plan.waves or () for ref in wave}
    if not places:
        return
    for name, agent in context.agents.items():
        latest = max(agent.needs, key=lambda each: context.agents[each].wave, default="")
        earliest = context.agents[latest].wave + 1 if latest else 1
        if earliest < agent.wave:
            needs = f"all that it needs is there after wave {earliest - 1}"
            message = f"{name!r} is in wave {agent.wave}, and could be in wave {earliest}"
            related = ((_place(context, latest, places), needs),) if latest else ()
            hint = f"move it to wave {earliest}" + ("" if latest else ": it needs no other agent")
            yield Finding(name, message, places[name], hint, related)


def _place(context: Context, name: str, places: dict[str, Where]) -> Where:
    return places.get(name) or context.at(name)
