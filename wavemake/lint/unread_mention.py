"""A task uses the work of an agent that it does not read.

## What it does
Looks for tasks that use what another agent makes, named by the agent or by a file that it writes,
where the agent neither reads the other nor waits for it. A name that is only mentioned is no reason
to warn: "leave the tests to test-writer" uses nothing.

## Why is this bad?
The agent is not given what the task speaks of, and may even start before it is there. It makes
up what it does not have. And when the other's answer changes, this agent is not run again.
What another agent has read is not passed on: each agent names all that it needs.

## Example
```json
{
  "agents": [
    {"name": "db-schema", "task": "Design the tables.", "reads": []},
    {"name": "style-guide", "task": "Choose colours and type.", "reads": []},
    {
      "name": "signup-page",
      "task": "Write the signup page with the fields that db-schema defines.",
      "reads": ["style-guide"]
    }
  ]
}
```

## Use instead
```json
{
  "agents": [
    {"name": "db-schema", "task": "Design the tables.", "reads": []},
    {"name": "style-guide", "task": "Choose colours and type.", "reads": []},
    {
      "name": "signup-page",
      "task": "Write the signup page with the fields that db-schema defines.",
      "reads": ["style-guide", "db-schema"]
    }
  ]
}
```
"""

from __future__ import annotations

from wavemake.lint.context import Context, Finding, Findings
from wavemake.lint.mentions import Mention


def check(context: Context) -> Findings:
    """Yield the first use of each agent that is not read."""
    for name, used in context.used.items():
        seen = context.gets(name)
        for mention in used:
            if mention.agent not in seen and not context.leads_to(name, mention.agent):
                yield _finding(context, name, mention)
            seen.add(mention.agent)


def _finding(context: Context, name: str, mention: Mention) -> Finding:
    other = mention.agent
    words = context.tasks[name][mention.start : mention.stop]
    file = f", which {other!r} writes" if mention.file else ""
    message = f"{name!r} uses {words!r}{file}, but does not read it"
    given = context.plan.waves is not None
    late = given and context.agents[other].wave >= context.agents[name].wave
    hint = context.read_hint(name, other) + ", and move it to a later wave" * late
    return Finding(name, message, context.words(name, mention.start, mention.stop), hint)
