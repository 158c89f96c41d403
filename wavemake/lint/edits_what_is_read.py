"""An agent changes a file that another reads, and either may be first.

## What it does
Looks for files that one agent reads, by `reads` or because its task works from them, and that another one is
told to change, with no path between the two.

## Why is this bad?
Whether the reader sees the file before or after the change is decided by chance. And if it was before, the
change makes it stale: the next make pays for it again.

## Example
```json
{
  "agents": [
    {"name": "limits", "task": "Update docs/spec.md with the new quotas.", "reads": []},
    {"name": "mail", "task": "Write the mail to customers about the quotas.", "reads": ["docs/spec.md"]}
  ]
}
```

## Use instead
```json
{
  "agents": [
    {"name": "limits", "task": "Update docs/spec.md with the new quotas.", "reads": []},
    {
      "name": "mail",
      "task": "Write the mail to customers about the quotas.",
      "reads": ["docs/spec.md"],
      "depends_on": ["limits"]
    }
  ]
}
```
"""

from __future__ import annotations

from wavemake.lint.context import Context, Finding, Findings
from wavemake.lint.same_file import written
from wavemake.plan.diagnostics import Where

_MOST = 20


def check(context: Context) -> Findings:
    """Yield each agent that changes what one reads that it is not ordered with, once for each reader."""
    readers: dict[str, list[str]] = {}
    for name, agent in context.agents.items():
        for path in agent.files:
            readers.setdefault(path, []).append(name)
    if not readers:
        return
    writes = {name: dict(written(context, name)) for name in context.agents}
    for name, paths in writes.items():
        reported: set[str] = set()
        for path, where in paths.items():
            for other in readers.get(path, ())[:_MOST]:
                if (
                    other == name
                    or other in reported
                    or path in writes[other]
                    or _ordered(context, name, other)
                ):
                    continue
                reported.add(other)
                yield _finding(context, name, other, path, where)


def _ordered(context: Context, name: str, other: str) -> bool:
    return context.leads_to(name, other) or context.leads_to(other, name)


def _finding(context: Context, name: str, other: str, path: str, where: Where) -> Finding:
    message = f"{name!r} changes {path!r}, which {other!r} reads, and either may be first"
    hint = context.wait_hint(other, name)
    return Finding(
        name, message, where, hint, ((context.at(other), f"{other!r} reads it"),), also=(other,)
    )
