"""One agent runs alone: all others are done before it or wait for it.

## What it does
Looks along the critical path for an agent beside which nothing can run, with at least two agents that
could run at once right before it and at least two right after it.

## Why is this bad?
While it runs, everything else stands still, and if it fails, nothing after it is made. Often it
only gathers and passes on, and its readers could read what it reads. A merge or a review in the
middle of a plan can be just what is wanted: this rule is off unless it is selected.

## Example
```json
{
  "agents": [
    {"name": "api-audit", "task": "Audit the API.", "reads": []},
    {"name": "ui-audit", "task": "Audit the pages.", "reads": []},
    {"name": "digest", "task": "Put both audits into one list.", "reads": ["api-audit", "ui-audit"]},
    {"name": "api-fixes", "task": "Fix what was found in the API.", "reads": ["digest"]},
    {"name": "ui-fixes", "task": "Fix what was found in the pages.", "reads": ["digest"]}
  ]
}
```

## Use instead
```json
{
  "agents": [
    {"name": "api-audit", "task": "Audit the API.", "reads": []},
    {"name": "ui-audit", "task": "Audit the pages.", "reads": []},
    {"name": "digest", "task": "Put both audits into one list.", "reads": ["api-audit", "ui-audit"]},
    {"name": "api-fixes", "task": "Fix what was found in the API.", "reads": ["api-audit"]},
    {"name": "ui-fixes", "task": "Fix what was found in the pages.", "reads": ["ui-audit"]}
  ]
}
```
"""

from __future__ import annotations

from collections import Counter

from wavemake.lint.context import Context, Finding, Findings

_WIDE = 2


def check(context: Context) -> Findings:
    """Yield each agent that separates the rest in two."""
    levels = context.levels
    width = Counter(levels.values())
    deepest = max(levels.values())
    for name in context.resolved.critical_path:
        level = levels[name]
        if level in (1, deepest) or width[level] > 1:
            continue
        if min(width[level - 1], width[level + 1]) >= _WIDE and _separates(context, name):
            before = sum(each < level for each in levels.values())
            after = len(levels) - before - 1
            message = f"{name!r} runs alone: {before} agents go before it, and {after} wait for it"
            hint = "let its readers read what it reads, or split it"
            yield Finding(name, message, context.at(name), hint)


def _separates(context: Context, name: str) -> bool:
    """Whatever comes before it leads to it, and whatever comes after it needs it."""
    level = context.levels[name]
    for other, its in context.levels.items():
        needs = context.agents[other].needs
        if its > level and not any(context.levels[need] >= level for need in needs):
            return False
        readers = context.readers[other]
        if its < level and not any(context.levels[reader] <= level for reader in readers):
            return False
    return True
