"""A task works from a file that is not in its `reads`.

## What it does
Looks for files that a task says to follow or to work from, such as "as described in docs/spec.md", that
are there, and that the agent does not read. Files that it is told to write or to change are left alone.

## Why is this bad?
make does not know that the answer depends on the file. When the file changes, the agent is not run
again, and its answer is silently out of date. In `reads`, the file is a prerequisite, and its content is
in the prompt. A file that is too large for that, which the agent is to search by itself, is better left
out: ignore the rule there.

## Example
If the file is there:
```json
{
  "agents": [
    {"name": "api", "task": "Write the API as described in docs/spec.md.", "reads": []}
  ]
}
```

## Use instead
```json
{
  "agents": [
    {"name": "api", "task": "Write the API as described in docs/spec.md.", "reads": ["docs/spec.md"]}
  ]
}
```
"""

from __future__ import annotations

import posixpath
import re

from wavemake.lint.context import Context, Finding, Findings
from wavemake.lint.text import files, part_at, refuses

_WORKS_FROM = re.compile(
    r"\b(?:described|specified|defined|documented|listed|explained|given|written|stated|required|laid down|"
    r"set (?:out|down)) (?:in|by)\s+(?:the\s+)?[`'\"]?\Z"
    r"|\b(?:according to|as in|as per|based on|"
    r"use the \w+ (?:of|from|in)|follow(?:s|ing)?|see|conform(?:s|ing)? to|work from|"
    r"stick to|respect|obey|read)\s+(?:the\s+)?[`'\"]?\Z",
    re.IGNORECASE,
)


def check(context: Context) -> Findings:
    """Yield each file that is worked from and not read."""
    for name, task in context.tasks.items():
        seen = {*context.agents[name].files, *context.agents[name].outputs}
        for match in files(task):
            path = posixpath.normpath(match.group())
            if path in seen or path in context.owners or not _works_from(task, match):
                continue
            seen.add(path)
            if context.evidence.size(path) is not None:
                message = f"{name!r} works from {path!r}, but does not read it"
                hint = f'add "{path}" to its "reads": a change there then makes it stale'
                yield Finding(name, message, context.words(name, *match.span()), hint)


def _works_from(task: str, match: re.Match[str]) -> bool:
    first, _ = part_at(task, match.start(), match.end())
    before = task[first : match.start()]
    return bool(_WORKS_FROM.search(before)) and not refuses(before)
