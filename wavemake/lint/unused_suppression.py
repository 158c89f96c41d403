"""An `ignore` silences nothing.

## What it does
Looks at the codes in `ignore`, of the plan and of its agents, for those of which there is nothing to
silence there, and for those that are not the code of a warning. A code whose rule did not run is left alone.

## Why is this bad?
It hides the fault that somebody will make there later. Errors cannot be silenced at all: no plan is
compiled that has one.

## Example
```json
{
  "agents": [
    {"name": "db-schema", "task": "Design the tables.", "reads": [], "ignore": ["WM207"]}
  ]
}
```

## Use instead
```json
{
  "agents": [
    {"name": "db-schema", "task": "Design the tables.", "reads": []}
  ]
}
```
"""

from __future__ import annotations

from wavemake.lint.context import Context, Findings


def check(context: Context) -> Findings:
    """Yield nothing: what is unused is known when all others have run; see suppression.py."""
    yield from ()
