"""All agents run at once, though their tasks build on each other.

## What it does
Looks at plans in which no agent reads or waits for another, and in which there is at most one wave,
for tasks that use what another agent makes.

## Why is this bad?
What runs at once sees nothing of each other's work. An agent that is to test what another one builds
runs beside it, finds nothing there, and makes something up. Say what each agent reads: the order
follows from it, and what can run in parallel still does.

## Example
```json
{
  "agents": [
    {"name": "db-schema", "task": "Design the tables.", "reads": []},
    {"name": "api", "task": "Write the API on the tables that db-schema designed.", "reads": []}
  ]
}
```

## Use instead
```json
{
  "agents": [
    {"name": "db-schema", "task": "Design the tables.", "reads": []},
    {
      "name": "api",
      "task": "Write the API on the tables that db-schema designed.",
      "reads": ["db-schema"]
    }
  ]
}
```
"""

from __future__ import annotations

from wavemake.lint.context import Context, Finding, Findings
from wavemake.plan.diagnostics import Where

_SHOWN = 3


def check(context: Context) -> Findings:
    """Yield one finding for the plan if it is flat and its tasks say that it should not be."""
    if context.waves > 1 or len(context.agents) < 2:
        return
    related = []
    for name, used in context.used.items():
        for mention in used[:1]:
            note = f"{name!r} uses what {mention.agent!r} makes"
            related.append((context.words(name, mention.start, mention.stop), note))
    if not related:
        return
    key = "agents" if context.plan.waves is None else "waves"
    count = f"all {len(context.agents)}" if len(context.agents) > 2 else "both"
    message = f"{count} agents run at once, but {_some(len(related))} on what another makes"
    hint = 'say what each agent "reads": the waves follow from that'
    yield Finding("", message, Where((key,), on_key=True), hint, tuple(related[:_SHOWN]))


def _some(count: int) -> str:
    return "one builds" if count == 1 else f"{count} build"
