"""An agent's timeout is shorter than what it took last time.

## What it does
Compares each agent's timeout to the duration of its last run, which is in its `status.json`.

## Why is this bad?
The agent is stopped before it is done, and what it did until then is paid for and lost. Durations vary:
a timeout is a guard against an agent that hangs, and needs room above what the work takes.

## Example
If the last run of this agent took eleven minutes:
```json
{
  "agents": [
    {"name": "load-test", "task": "Run the load test.", "reads": [], "timeout": "10m"}
  ]
}
```

## Use instead
```json
{
  "agents": [
    {"name": "load-test", "task": "Run the load test.", "reads": [], "timeout": "20m"}
  ]
}
```
"""

from __future__ import annotations

from wavemake.lint.context import Context, Finding, Findings
from wavemake.plan.diagnostics import Where


def check(context: Context) -> Findings:
    """Yield each agent that would not be done in time."""
    for name, agent in context.agents.items():
        took = context.evidence.seconds(name)
        timeout = agent.settings.timeout
        if took is None or timeout is None or took < timeout:
            continue
        message = (
            f"{name!r} took {_duration(took)} last time, and is stopped after {_duration(timeout)}"
        )
        hint = f'give it room: "timeout": "{_roomy(took)}"'
        yield Finding(name, message, _place(context, name), hint)


def _place(context: Context, name: str) -> Where:
    if context.specs[name].settings.timeout is not None:
        return context.at(name, "timeout")
    if context.plan.defaults.timeout is not None:
        return Where(("defaults", "timeout"))
    return context.at(name)


def _duration(seconds: float) -> str:
    whole = int(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    words = [f"{hours}h" * bool(hours), f"{minutes}m" * bool(minutes), f"{rest}s" * bool(rest)]
    return "".join(words) or "0s"


def _roomy(seconds: float) -> str:
    """Half as much again, in whole steps of five minutes."""
    steps = int(seconds * 1.5 // 300) + 1
    return _duration(steps * 300)
