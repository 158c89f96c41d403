"""An agent builds on the work of others, and does not say what it reads.

## What it does
Looks for agents without `reads` and `depends_on` whose task uses what other agents make, in plans
in which nothing is read by implication: those without `waves`, and the first wave of the others.
An agent of a later wave that declares no reads is given the whole wave before it; the compiler tells
you so (WM153), and this rule does not repeat it.

## Why is this bad?
The agent runs at once, beside those that it builds on, and without their answers. It then does their
work over again in its own way, and the two do not fit.

## Example
```json
{
  "agents": [
    {"name": "glossary", "task": "Write the glossary.", "reads": []},
    {"name": "tutorial", "task": "Write a tutorial with the terms that glossary defines."}
  ]
}
```

## Use instead
```json
{
  "agents": [
    {"name": "glossary", "task": "Write the glossary.", "reads": []},
    {
      "name": "tutorial",
      "task": "Write a tutorial with the terms that glossary defines.",
      "reads": ["glossary"]
    }
  ]
}
```
"""

from __future__ import annotations

import re

from wavemake.lint.context import Context, Finding, Findings
from wavemake.lint.text import refuses, sentence_at

_OTHERS = re.compile(
    r"\b(?:built|build|written|wrote|produced|made|created|done|reported|delivered|implemented)\s+by\s+"
    r"(?:all\s+)?(?:the\s+)?(?:other|previous|earlier|first)?\s*(?:agents|others|workers|two|three)\b"
    r"|\b(?:what|everything|whatever)(?: that)?\s+(?:all\s+)?the\s+(?:other|previous|earlier)\s*"
    r"(?:agents|workers)?\s+(?:have|has|had|built|made|wrote|produced|deliver|created|did)\b"
    r"|\b(?:outputs?|results|answers|findings|drafts|work)\s+(?:of|from)\s+(?:all\s+)?"
    r"(?:the\s+)?(?:other|previous|earlier)\s+(?:agents|workers)\b"
    r"|\b(?:once|when|after)\s+(?:everything|all(?: the)? others|the others|all (?:the )?other agents)\s+"
    r"(?:is|are|have)\s+(?:been\s+)?(?:done|finished|ready|built|merged|complete)\b"
    r"|\b(?:what|everything that|whatever)\s+(?:has been|was)\s+(?:built|made|written|done|produced)\b"
    r"|\b(?:all|the)\s+previous\s+(?:steps|outputs|results|agents|waves?)\b"
    r"|\bhayan hecho los demás\b|\bder anderen agenten\b|\bdes autres agents\b",
    re.IGNORECASE,
)


def check(context: Context) -> Findings:
    """Yield a finding for each agent that should say what it reads and does not."""
    for name, task in context.tasks.items():
        spec = context.specs[name]
        if spec.reads is not None or spec.depends_on or context.agents[name].needs:
            continue
        used = list(dict.fromkeys(each.agent for each in context.used[name]))
        others = _others(task) if not used else None
        if not used and not others:
            continue
        whom = _whom(used)
        message = f"{name!r} uses what {whom} make{'s' * (len(used) == 1)}, and declares no 'reads'"
        names = ", ".join(f'"{each}"' for each in used) or "..."
        yield Finding(name, message, context.at(name), f'add "reads": [{names}]')


def _others(task: str) -> bool:
    """The task uses the work of the others, without naming them."""
    for match in _OTHERS.finditer(task):
        first, _ = sentence_at(task, match.start())
        if not refuses(task[first : match.start()]):
            return True
    return False


def _whom(names: list[str]) -> str:
    if not names:
        return "the others"
    shown = [repr(name) for name in names[:3]]
    if len(names) > 3:
        shown[2:] = [f"{len(names) - 2} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
