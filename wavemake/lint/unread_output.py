"""An agent's answer is read by nobody.

## What it does
Looks for agents outside the last wave whose answer no other agent reads or waits for, and that declare
no `outputs`.

## Why is this bad?
Often somebody was meant to read it: an audit whose findings the agent that fixes things never gets to
see. If its work is the files that it writes, say so in `outputs`, so that it fails when they are
missing. Many plans have such agents for good reasons: this rule is off unless it is selected.

## Example
```json
{
  "agents": [
    {"name": "secrets-audit", "task": "Search the history for credentials.", "reads": []},
    {"name": "injection-audit", "task": "Look for SQL injection.", "reads": []},
    {"name": "fix-list", "task": "Order all findings by severity.", "reads": ["injection-audit"]}
  ]
}
```

## Use instead
```json
{
  "agents": [
    {"name": "secrets-audit", "task": "Search the history for credentials.", "reads": []},
    {"name": "injection-audit", "task": "Look for SQL injection.", "reads": []},
    {
      "name": "fix-list",
      "task": "Order all findings by severity.",
      "reads": ["injection-audit", "secrets-audit"]
    }
  ]
}
```
"""

from __future__ import annotations

from wavemake.lint.context import Context, Finding, Findings


def check(context: Context) -> Findings:
    """Yield each answer that goes nowhere."""
    used = {other for name in context.agents for other in context.gets(name)}
    for name, agent in context.agents.items():
        if agent.wave < context.waves and name not in used and not agent.outputs:
            message = (
                f"nobody reads the answer of {name!r}, in wave {agent.wave} of {context.waves}"
            )
            hint = 'let an agent of a later wave read it, or name its files in "outputs"'
            yield Finding(name, message, context.at(name), hint)
