"""An agent's name does not say what it does.

## What it does
Looks for names that are made of nothing but numbers, letters and words that fit any agent, such as
`agent1`, `worker-b`, `helper`, `step2` or `misc`. Ids in the plan of another tool are left alone.

## Why is this bad?
The name is the goal that you give to make, the folder with the answer, the word by which other agents
read it, and the line in the summary when it fails. Readers of the plan, and the agents that are
given the answer, learn from `prisma-schema` what they hold, and from `agent1` nothing.

## Example
```json
{
  "agents": [
    {"name": "agent1", "task": "Write the Prisma schema.", "reads": []}
  ]
}
```

## Use instead
```json
{
  "agents": [
    {"name": "prisma-schema", "task": "Write the Prisma schema.", "reads": []}
  ]
}
```
"""

from __future__ import annotations

import re

from wavemake.lint.context import Context, Finding, Findings

_VAGUE = re.compile(
    r"(?:sub)?agents?|workers?|helpers?|assistant|bot|misc|miscellaneous|various|others?|stuff|things?|"
    r"(?:sub)?tasks?|jobs?|steps?|phase|stage|parts?|node|unit|item|wave|general|generic|temp|tmp|foo|bar|"
    r"baz|qux|name|unnamed|untitled|my|your|the|an?|new|sub|extra|additional|do|something|anything|"
    r"everything|rest|todo|first|second|third|last|next|one|two|three|four|five|executor|process|minion|"
    r"dummy|example|sample|claude|gpt|llm|ai|alpha|beta|gamma|delta|alice|bob|dev|coder|doer|member|"
    r"intern|group|resource|actor|person|instance|thread|[a-z]|[0-9]+|"
    r"agente|trabajador|ayudante|tarea|arbeiter|helfer|aufgabe|travailleur|tache",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z][A-Z0-9]*")
_NUMBER = re.compile(r"(?<=\w\w)\d+\Z")


def check(context: Context) -> Findings:
    """Yield each name that says nothing."""
    # A name that another tool gave cannot be changed here: that tool finds the task by it.
    for name in context.agents if context.wording is None else ():
        if all(_VAGUE.fullmatch(_NUMBER.sub("", word)) for word in _WORD.findall(name)):
            message = f"the name {name!r} does not say what the agent does"
            hint = "name it after what it makes, such as 'prisma-schema'"
            yield Finding(name, message, context.at(name), hint)
