"""An agent that leads the others is told to do their work.

## What it does
Looks for agents whose task makes them an orchestrator, a coordinator, a manager or a lead, and also
tells them to write code, or to do something that is another's work "yourself".

## Why is this bad?
Who plans and checks the work of others needs a view of all of it, and loses that view in the details
of a piece of its own. What it writes is checked by nobody. In wavemake the orchestrator is make, and
needs no agent: an agent may plan, decide and review, and leave the making to others.

## Example
```json
{
  "agents": [
    {
      "name": "tech-lead",
      "task": "You coordinate the team. Plan the modules and write the core module yourself.",
      "reads": []
    }
  ]
}
```

## Use instead
```json
{
  "agents": [
    {"name": "module-plan", "task": "Plan the modules. Write no code.", "reads": []},
    {"name": "core-module", "task": "Write the core module.", "reads": ["module-plan"]}
  ]
}
```
"""

from __future__ import annotations

import re

from wavemake.lint.context import Context, Finding, Findings
from wavemake.lint.text import FAR, refuses, sentences

_ROLES = (
    r"orchestrator|coordinator|supervisor|conductor|team lead(?:er)?|tech(?:nical)? lead|lead|leader|"
    r"(?:\w+ )?manager|director|head|overseer|chef de projet|projektleiter(?:in)?|coordinador"
)
_ROLE = re.compile(
    rf"\byou (?:are|act as|serve as|work as)(?: the| an?| our)?(?: \w+)? (?:{_ROLES})\b|"
    r"\byou (?:also )?(?:coordinate|orchestrate|supervise|oversee|manage|lead|direct|steer|head|"
    r"own (?:quality|the)|are in charge|assign (?:the )?(?:work|tasks))\b|"
    rf"\A\s*as (?:the |an? |our )?(?:\w+ )?(?:{_ROLES})\b|"
    rf"\btu es (?:le |la )?(?:{_ROLES})\b|\bdu (?:bist|leitest|koordinierst)\b[^.]*(?:leit|koordin)|"
    r"\b(?:eres el coordinador|coordinas)\b",
    re.IGNORECASE,
)
# Judging by its name, the agent may be a lead, or may build a part of the product with such a name.
_NAMED = r"(?:orchestrator|coordinator|supervisor|conductor|lead|leader|manager|director|head|boss|captain)"
_ROLE_NAME = re.compile(rf"(?:\A|[-_.]){_NAMED}(?:[-_.]|\Z)", re.IGNORECASE)
_ONLY_ROLE = re.compile(
    rf"(?:(?:tech|team|project|chief|main|the)[-_])?{_NAMED}(?:[-_]agent)?\Z", re.IGNORECASE
)
_LEADS = re.compile(
    r"\A\s*(?:coordinate|orchestrate|supervise|oversee|manage|lead|run)\s+"
    r"(?:the|this|our|all|everything|everyone|others|agents)\b",
    re.IGNORECASE,
)
_MAKE = (
    r"(?:re)?write|implement|code|build|develop|program|refactor|fix|patch|create|"
    r"écris|schreib\w*|programmier\w*|implementier\w*|escribe|implementa"
)
_CODE = (
    r"code|codebase|scripts?|scripte|modules?|functions?|class(?:es)?|components?|endpoints?|apis?|loop|"
    r"terraform|migrations?|models?|backend|frontend|entry point|helm|sql|queries|unit tests?|"
    r"implementation|app|application|features?|schema|wrapper|bugs?|changes|library|package"
)
_CODES = re.compile(
    rf"\b(?:{_MAKE})\b(?P<object>(?:\s+(?!(?:for|of|with|from|in|on|so|that|which|to|by|about)\b)"
    rf"[\w'()/-]+,?){{0,6}}?\s+(?:{_CODE})\b)",
    re.IGNORECASE,
)
_UNFINISHED = re.compile(
    r"\b(?:implement|finish|complete|write|fix|do|build|take over|fill in)\s+"
    r"(?:whatever|everything|anything|what)\b",
    re.IGNORECASE,
)
_YOURSELF = re.compile(
    rf"\b(?:{_MAKE}|draft|do|finish)\b[^.;]{{0,200}}?\b(?:yourself|on your own|toi-même|selbst|tú mismo)\b",
    re.IGNORECASE,
)
# Documents of a lead: they are about the work, and are not the work.
_PAPER = re.compile(
    r"\b(?:plan|brief|report|status|summary|list|checklist|memo|agenda|minutes|order|overview|"
    r"guidelines?|roadmap|backlog|tickets?|conventions?|specs?|specification|runbook)\b",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"\b(?:the )?(?:others?|workers?|developers?|agents|team)\b(?: agents)?[^.;,]*\Z"
    r"|\b(?:let|have|that|who|for)\b[^.;,]*\Z",
    re.IGNORECASE,
)
# One of these is in every text, or name, that makes an agent a lead.
_HINTS = (
    *(
        "you",
        "as ",
        "tu es",
        "du ",
        "eres",
        "coordin",
        "orchestrat",
        "supervis",
        "overse",
        "manag",
        "lead",
    ),
    "run ",
)


def check(context: Context) -> Findings:
    """Yield a finding for each agent that leads and is told to make."""
    for name, task in context.tasks_with(_HINTS):
        work = _work(task) if _leads(name, task) else None
        if work:
            message = f"{name!r} leads the other agents, and is told to do their work"
            hint = "leave the making to an agent of its own, and let this one plan and review"
            yield Finding(name, message, context.words(name, *work), hint)


def _leads(name: str, task: str) -> bool:
    if _ROLE.search(task) or _ONLY_ROLE.match(name):
        return True
    return bool(_ROLE_NAME.search(name) and _LEADS.match(task))


def _work(task: str) -> tuple[int, int] | None:
    """The first order to make something that is not a plan or a report."""
    for start, stop in sentences(task):
        for pattern in (_YOURSELF, _UNFINISHED, _CODES):
            for match in pattern.finditer(task, start, stop):
                before = task[max(start, match.start() - FAR) : match.start()]
                clause = re.split(r",\s|\band\b", before)[-1]
                if refuses(clause) or refuses(match.group()) or _OTHERS.search(clause):
                    continue
                if pattern is _CODES and _PAPER.search(match["object"]):
                    continue
                return match.span()
    return None
