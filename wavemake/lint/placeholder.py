"""A task has a placeholder in it that nobody fills in.

## What it does
Looks for what other tools replace before they send a task: `$ARGUMENTS`, `$classify.output`,
`{{ inputs.issue }}` or `{topic}`. Code in backticks, paths such as `/users/{id}`, and sentences about
templates are left alone.

## Why is this bad?
Here a task is sent byte for byte. The agent is asked about `{topic}`, and makes up what that could be.

## Example
```json
{
  "agents": [
    {"name": "beaches", "task": "Find five beaches with steady wind near {city}.", "reads": []}
  ]
}
```

## Use instead
```json
{
  "agents": [
    {"name": "beaches", "task": "Find five beaches with steady wind near Lisbon.", "reads": []}
  ]
}
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from wavemake.lint.context import Context, Finding, Findings
from wavemake.lint.text import sentence_at
from wavemake.plan.for_each import HOLE

_SHOWN = 4
_PLACEHOLDER = re.compile(
    r"\$\{?(?:ARGUMENTS|ARTIFACTS_DIR|WORKFLOW_ID|BASE_BRANCH|USER_MESSAGE|DOCS_DIR|EXTERNAL_CONTEXT"
    r"|ISSUE_CONTEXT|LOOP_USER_INPUT|LOOP_PREV_OUTPUT|REJECTION_REASON)\b\}?"
    r"|\$[A-Za-z_][\w-]*\.output\b(?:\.\w+)*"
    r"|(?<![\w${])\{\{-?\s*[A-Za-z_][\w.\-\[\]' |]*-?\}\}"
    r"|(?P<single>(?<![\w${/.\\-])\{[a-z_][a-z0-9_]*\}(?![\w}/-]|\.\w))"
)
_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`", re.DOTALL)
_ABOUT = re.compile(
    r"\b(?:templat\w*|placeholders?|interpolat\w*|syntax|jinja2?|handlebars|mustache|liquid|twig|f-strings?"
    r"|format strings?|substitut\w*|escap\w*|literal\w*|curly|braces?|moustaches?|i18n|translation keys?"
    r"|path param\w*|route\w*|endpoints?|payload|json|POST|GET|PUT|PATCH|DELETE|pattern\w*|named? like"
    r"|variables? (?:such as|like))\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'(?!\w)")


def check(context: Context) -> Findings:
    """Yield each agent whose task has placeholders, with the first of them."""
    for name, task in context.tasks_with(("$", "{")):
        if context.agents[name].settings.command is not None:
            continue
        found = list(_placeholders(task))
        if context.agents[name].cells:
            found = [match for match in found if not HOLE.fullmatch(match.group())]
        if found:
            words = list(dict.fromkeys(match.group() for match in found))
            more = ", ..." if len(words) > _SHOWN else ""
            message = f"the task of {name!r} is sent with {', '.join(words[:_SHOWN])}{more} in it"
            hint = "nothing is filled in: write what it stands for"
            yield Finding(name, message, context.words(name, *found[0].span()), hint)


def _placeholders(task: str) -> Iterator[re.Match[str]]:
    code = [match.span() for match in _CODE.finditer(task)]
    for match in _PLACEHOLDER.finditer(task):
        if any(start <= match.start() < stop for start, stop in code):
            continue
        first, last = sentence_at(task, match.start())
        if _ABOUT.search(task, first, last) or (match["single"] and _in_string(task, match)):
            continue
        yield match


def _in_string(task: str, match: re.Match[str]) -> bool:
    """Tell whether braces stand in a longer quoted text, as in "Hello {name}", which is what is asked for."""
    start = task.rfind("\n", 0, match.start()) + 1
    for quoted in _QUOTED.finditer(task, start):
        if quoted.start() > match.start():
            return False
        if match.end() <= quoted.end():
            return quoted.group()[1:-1].strip() != match.group()
    return False
