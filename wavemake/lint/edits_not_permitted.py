"""An agent is to write files, and nothing permits it to.

## What it does
Looks for agents of `claude` or `gemini` that declare `outputs`, or whose task tells them to edit a source
file, and that have no `permissions`, `tools` or `args`.

## Why is this bad?
Unattended, these CLIs refuse what they would have to ask for: the agent fails with "permission denied", after
it has been paid for.

## Example
```json
{
  "agents": [
    {"name": "notes", "task": "Write NOTES.md.", "reads": [], "outputs": ["NOTES.md"]}
  ]
}
```

## Use instead
```json
{
  "defaults": {"permissions": "acceptEdits"},
  "agents": [
    {"name": "notes", "task": "Write NOTES.md.", "reads": [], "outputs": ["NOTES.md"]}
  ]
}
```
"""

from __future__ import annotations

import re

from wavemake.lint.context import Context, Finding, Findings
from wavemake.lint.editing import may_edit
from wavemake.plan.model import Settings

_MODES = {"claude": "acceptEdits", "gemini": "auto_edit"}
_ORDER = re.compile(
    r"(?:^|[.;:]\s+)(?:Edit|Modify|Refactor|Rewrite)\s+`?[\w./-]*[\w-]\."
    r"(?:py|js|ts|tsx|jsx|c|h|cc|cpp|go|rs|java|rb|php|sh|sql|css|kt|swift)\b"
)


def check(context: Context) -> Findings:
    """Yield each agent that is to write files and cannot."""
    for name, agent in context.agents.items():
        settings = agent.settings
        mode = _MODES.get(settings.runner or "")
        if not mode or may_edit(settings) or _says_something(settings):
            continue
        if agent.outputs:
            what = f"write {agent.outputs[0]}"
        elif _ORDER.search(agent.task):
            what = "edit files"
        else:
            continue
        message = f"{name!r} is to {what}, and nothing permits it to edit"
        hint = f'add "permissions": "{mode}", or compile with --permissions {mode}'
        yield Finding(name, message, context.at(name), hint)


def _says_something(settings: Settings) -> bool:
    return bool(settings.permissions or settings.tools or settings.args)
