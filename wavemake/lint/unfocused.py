"""A task asks for everything at once.

## What it does
Looks for tasks that are about a whole product or all of its frontend, or about "everything else".

## Why is this bad?
A task without an edge has no end that can be checked: the agent decides what belongs to it, runs out
of room somewhere in the middle, and its answer is too long for those that read it. When it fails,
all of it fails. A small task that says where it stops is done better, beside others, and again alone.

## Example
```json
{
  "agents": [
    {"name": "frontend", "task": "Build the entire frontend of the shop.", "reads": []}
  ]
}
```

## Use instead
```json
{
  "agents": [
    {"name": "product-list", "task": "Build the list of products, with its filters.", "reads": []},
    {"name": "cart-page", "task": "Build the cart page.", "reads": []}
  ]
}
```
"""

from __future__ import annotations

import re

from wavemake.lint.context import Context, Finding, Findings
from wavemake.lint.text import refuses, sentence_at

_MAKE = (
    r"build|implement|create|develop|write|make|code|design and (?:build|implement)|program|do|deliver|"
    r"handle|set up|finish|rewrite|refactor|port|migrate|redesign|take care of|cover|own|produce|"
    r"baue?|erstelle?|schreibe?|entwickle?|haz|crea|construye|desarrolla|fais|construis|développe|réalise"
)
_THING = (
    r"(?:front|back)[- ]?end|app|application|system|website|site|web ?shop|shop|platform|product|project|"
    r"code ?base|stack|ui|user interface|game|solution|software|mvp|saas|portal|store|service layer|"
    r"infrastructure|anwendung|oberfläche|aplicación|tienda|sitio|proyecto|"
    r"site|projet|logiciel"
)
_WHOLE = (
    r"(?:(?:the|a|an|our|this|das|die|den|el|la|le|l')\s*)?(?:entire|whole|complete|full|gesamte[ns]?|"
    r"ganze[ns]?|komplette[ns]?|complet[eoa]?|todo el|toda la|tout le|toute la|toute l')"
)
_ALL_OF_IT = re.compile(
    rf"\b(?:{_MAKE})\s+{_WHOLE}\s+(?:(?!and\b|of\b)[\w/-]+\s+){{0,2}}?(?:{_THING})\b(?![-/]|\s+\w+er\b)"
    rf"(?=\s*(?:[.,;:()]|\Z|\n|\s(?:of|for|in|with|as|and|from|to|using|on|de|del|en|für|mit|pour|that|"
    rf"including|based|described|according|end[- ]to[- ]end|by|against|contra)\b))",
    re.IGNORECASE,
)
_SPEC = r"(?:spec|specification|prd|requirements|brief|design|mockups?|backlog)"
_THE_REST = re.compile(
    r"\b(?:do|handle|implement|build|cover|finish|take care of|migrate|write|fix|convert|complete|own|"
    r"set up|manage|organi[sz]e|prepare|produce|deliver|create|make|test|translate|"
    r"port|deal with|clean up|kümmere? dich um|occupe-toi de|encárgate de|haz)\s+"
    r"(?:(?:and|all)\s+)?"
    r"(?:everything (?:else|(?:that is |still )?(?:left|remaining|missing|unfinished)|the others?|needed|"
    rf"(?:in|from) the {_SPEC})|everything(?=\s*(?:[.,;]|\Z))|anything else|all the rest|"
    rf"everything (?:about|around|concerning|to do with|related to) (?:the )?(?:{_THING})\b|"
    rf"the whole (?:thing|lot)|all (?:of )?(?:the )?(?:front|back)-?end(?: (?:work|code|tasks?|parts?))?|"
    rf"the rest(?=\s*(?:[.,;]|\Z|of the (?:{_THING}|work|features|plan|team)\b))|"
    r"whatever (?:else|is left|remains|is missing|is unfinished)|all (?:the |of the )?remaining|"
    r"alles (?:andere|übrige|weitere)|allen rest|tout le reste|todo lo demás|el resto)(?=\W|\Z)"
    r"|\b(?:implement|build|write|develop|code|create)\s+all\s+(?:of\s+)?(?:the\s+)?"
    rf"(?:features|functionality|code|screens|pages)(?=\s*(?:[.,;]|\Z|\sof the (?:{_THING})\b))",
    re.IGNORECASE,
)
_AND_THE_REST = re.compile(
    r"(?:,|\band|\bplus|\bas well as)\s+(?:everything|anything|whatever|all)\s+else"
    rf"(?=\s*(?:[.;]|\Z|(?:that is |you think is )?(?:needed|required|missing)\b|"
    rf"the (?:{_THING}) needs\b))",
    re.IGNORECASE,
)
_WHAT_OTHERS_LEAVE = re.compile(
    r"\A\s*(?:everything|anything|all|whatever)\s+(?:else\b|(?:that\s+)?the\s+others?\b[^.:]*\bnot\b)",
    re.IGNORECASE,
)
# Every match of the patterns has one of these.
_HINTS = (
    *(
        "entire",
        "whole",
        "complet",
        "full",
        "all",
        "gesamt",
        "ganz",
        "komplett",
        "todo",
        "toda",
        "tout",
    ),
    *("everything", "anything", "whatever", "rest"),
)


def check(context: Context) -> Findings:
    """Yield the first such words of each task."""
    for name, task in context.tasks_with(_HINTS):
        for pattern in (_WHAT_OTHERS_LEAVE, _ALL_OF_IT, _THE_REST, _AND_THE_REST):
            match = pattern.search(task)
            if match and not _is_refused(task, match):
                message = f"the task of {name!r} has no edge: it asks for everything at once"
                hint = (
                    "say what is to be made and where it stops, and give the rest to other agents"
                )
                yield Finding(name, message, context.words(name, *match.span()), hint)
                break


def _is_refused(task: str, match: re.Match[str]) -> bool:
    first, _ = sentence_at(task, match.start())
    return refuses(task[first : match.start()])
