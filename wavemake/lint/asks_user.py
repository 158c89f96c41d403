"""A task tells the agent to ask somebody, and nobody answers.

## What it does
Looks for orders such as "ask the user whether", "wait for the user's approval" or "confirm with me". What a
program that is to be written asks its users is left alone.

## Why is this bad?
Agents run unattended. One that asks ends with a question for an answer, which its readers take for the work;
or it goes on as if somebody had said yes. With `approve`, make waits for a person before or after the agent.

## Example
```json
{
  "agents": [
    {"name": "tables", "task": "Write the migration. Ask the user before you drop a table.", "reads": []}
  ]
}
```

## Use instead
```json
{
  "agents": [
    {"name": "tables", "task": "Write the migration. Drop no table.", "reads": [], "approve": "after"}
  ]
}
```
"""

from __future__ import annotations

import re

from wavemake.lint.context import Context, Finding, Findings
from wavemake.lint.text import refuses, sentence_at


def _any(words: str) -> str:
    """A pattern for any of the phrases, which are separated by commas."""
    return "(?:" + "|".join(word.strip().replace(" ", r"\s+") for word in words.split(",")) + ")"


_PERSON = _any(
    "user, users, human, human user, developer, operator, maintainer, product owner, project owner,"
    "team lead, client, stakeholder, stakeholders, reviewer"
)
_WHO = rf"(?:(?:the|your|a)\s+{_PERSON}|users|stakeholders|me|us)"
_WISH = _any(
    "confirmation, approval, permission, clarification, clarifications, feedback, guidance, sign-?off,"
    "a decision, decision, go-ahead, review, help, direction, instructions, input"
)
_ADJECTIVES = r"(?:(?:an?|the|his|her|their|explicit|further|any|written)\s+)*"
_WHAT = (
    rf"(?:(?:for|to give|to provide)\s+{_ADJECTIVES}{_WISH}\b|"
    + _any(
        "if you, if anything, if any, if something, if questions, if unsure, if unclear, if in doubt,"
        "if there, if it is unclear, if needed, whether to, whether you, to confirm, to approve,"
        "to clarify, to decide,"
        "to choose, to review, to sign off, to verify, to test, before you,"
        r"before \w+ing, when you,"
        "when in doubt, when unsure, how to proceed, how to continue, which one to, which option, first,"
        "about anything"
    )
    + ")"
)
_BEFORE = (
    r"(?:\A|[.;:!?\n(,\u2013\u2014-]\s*|\b(?:and|then|or|please|always|must|should|otherwise)\s+)"
)
_ANSWERS = (
    r"(?:approv\w*|confirm\w*|input|feedback|repl\w+|respon\w+|answer\w*|sign-?off|decision|go-ahead"
    r"|review\w*)"
)
_WHOSE = rf"(?:(?:{_WHO}(?:'s)?|user|human|explicit|manual)\s+)+"
_ASKS = re.compile(
    rf"{_BEFORE}(?P<order>"
    rf"(?:ask|consult|check with|check in with|verify with|ping)\s+{_WHO}(?:\s+{_WHAT}|(?=\s*(?:[.;!?]|\Z)))"
    rf"|(?:wait|pause|stop)(?:\s+and wait)?\s+(?:for|until)\s+{_WHOSE}(?:to\s+)?{_ANSWERS}"
    rf"|(?:get|obtain|request|seek)\s+{_WHOSE}{_WISH}\b"
    rf"|confirm(?:\s+(?:this|it|the \w+|that \w+))?\s+with\s+{_WHO}\b)",
    re.IGNORECASE,
)
# The task is to write a program that asks.
_PRODUCT = re.compile(
    r"\b(?:screens?|forms?|dialogs?|wizard|pages?|buttons?|modal|cli|command|app|bot|endpoint|ui|flow|popup|"
    r"components?|interview|scripts?|survey|questionnaire|program|prompt)\b",
    re.IGNORECASE,
)
_SIGNS = (
    *("ask ", "wait ", "confirm", "consult", "check with", "check in", "approval", "sign-off"),
    *("signoff", "pause ", "feedback", "permission", "verify with", "ping "),
)


def check(context: Context) -> Findings:
    """Yield the first such order of each agent."""
    for name, task in context.tasks_with(_SIGNS):
        if context.agents[name].settings.approve:
            continue
        for match in _ASKS.finditer(task):
            start = match.start("order")
            before = task[sentence_at(task, start)[0] : start]
            if refuses(before) or _PRODUCT.search(before):
                continue
            order = " ".join(match["order"].split())
            message = f"{name!r} is told to {order[:1].lower()}{order[1:]}: nobody answers"
            hint = 'let a person decide beside it: "approve": "before" or "after"'
            yield Finding(name, message, context.words(name, *match.span("order")), hint)
            break
