"""Agents that may edit files can run at the same time in one folder.

## What it does
In a git repository, looks for agents of one wave that may edit files and work in the project itself.

## Why is this bad?
They overwrite each other's edits: of two that change one file, both are done and one edit is left. One that
fails leaves half of its work behind, and nobody can say who changed what.

## Example
In a git repository:
```json
{
  "agents": [
    {"name": "api", "task": "Add the endpoint.", "reads": [], "permissions": "acceptEdits"},
    {"name": "docs", "task": "Document it.", "reads": [], "permissions": "acceptEdits"}
  ]
}
```

## Use instead
```json
{
  "defaults": {"workspace": "worktree"},
  "agents": [
    {"name": "api", "task": "Add the endpoint.", "reads": [], "permissions": "acceptEdits"},
    {"name": "docs", "task": "Document it.", "reads": [], "permissions": "acceptEdits"}
  ]
}
```
"""

from __future__ import annotations

from collections import defaultdict

from wavemake.lint.context import Context, Finding, Findings
from wavemake.lint.editing import may_edit


def check(context: Context) -> Findings:
    """Yield the first agent of each wave in which several may edit in place."""
    if not context.evidence.is_in_git():
        return
    editors: dict[int, list[str]] = defaultdict(list)
    for name, agent in context.agents.items():
        if may_edit(agent.settings) and not agent.settings.has_workspace:
            editors[agent.wave].append(name)
    for names in editors.values():
        if len(names) > 1:
            others = ", ".join(map(repr, names[1:5])) + (", ..." if len(names) > 5 else "")
            message = f"{names[0]!r} and {others} may edit files of the project at the same time"
            hint = 'let each work in a checkout of its own: "workspace": "worktree" in \'defaults\''
            yield Finding(names[0], message, context.at(names[0]), hint)
