"""An agent is told to call another agent.

## What it does
Looks in tasks for an agent that is to call, ask, message, start or wait for the answer of another
agent.

## Why is this bad?
Agents run in processes of their own and cannot talk to each other. All that passes between them is
the answer that one leaves behind and the other is given to read. An agent that is told to ask
another will make up the answer, or do the other's work itself. And nobody needs to start an agent:
it starts when what it reads is there.

## Example
```json
{
  "agents": [
    {"name": "db-schema", "task": "Design the tables.", "reads": []},
    {"name": "api", "task": "Ask db-schema for the column names, then write the API.", "reads": []}
  ]
}
```

## Use instead
```json
{
  "agents": [
    {"name": "db-schema", "task": "Design the tables. List all columns.", "reads": []},
    {"name": "api", "task": "Write the API for the columns of db-schema.", "reads": ["db-schema"]}
  ]
}
```
"""

from __future__ import annotations

import re

from wavemake.lint.context import Context, Finding, Findings
from wavemake.lint.mentions import Mention
from wavemake.lint.text import refuses, sentence_at

_ASK = (
    r"ask|consult|message|contact|ping|coordinate with|talk to|speak to|check with|sync with|"
    r"discuss (?:it |this )?with|agree with|call|query|"
    r"request (?:[\w-]+ ){1,5}from|wait for (?:an? |the )?"
    r"(?:answers?|repl(?:y|ies)|responses?) (?:from|of)|wait for"
)
_START = (
    r"tell|notify|inform|instruct|spawn|launch|start|trigger|invoke|wake|kick off|"
    r"(?:delegate|hand (?:over|off))(?: [\w-]+){0,4}? to|"
    r"send (?:an? |the |your )?(?:message|note|request|ping|results?|answer) to"
)
_FOREIGN = (
    r"frag(?:e|t)?(?: bei)?|sag(?:e)?|starte|ruf(?:e)?|pregunta a|llama a|avisa(?: al?)?|"
    r"demande(?:z)?(?: à)?|préviens|lance|appelle"
)
# "Call catalog-service" may be about the product: a service that calls another.
_OF_PROGRAMS = re.compile(
    r"(?:call|query|start|launch|trigger|invoke|notify|inform|contact|message|ping)\Z",
    re.IGNORECASE,
)
_PROGRAM = re.compile(
    r"(?:service|api|server|gateway|db|database|store|engine|queue|client|hook|app|cli|scheduler|"
    r"handler|listener|job|module|bot|daemon|endpoint|function|webhook)s?\Z",
    re.IGNORECASE,
)
_VERB = re.compile(
    rf"(?P<before>(?:\A|[,;:.(]\s|\s[-\u2013\u2014]\s|\b(?:and|or|then|immediately|directly|first|also|please|"
    rf"always|next|finally|after that|tool to|you (?:can|may|must|should|will|could|have to)|"
    rf"und|dann|y|luego|et|puis)\s))"
    rf"\s*(?:(?:immediately|directly|then|first|also|please)\s+)?"
    rf"(?P<verb>(?P<ask>{_ASK})|(?P<start>{_START})|{_FOREIGN})\s+"
    rf"(?P<filler>(?:(?:the|each|every|al|an|den|die|das|agent|agente|l'agent)\s+)*)[`'\"]?(?=\w)",
    re.IGNORECASE,
)
# "Start all agents" is what a product may have to do.
_OF_MANY = ("start", "call", "wait for")
_CONDITION = re.compile(
    r"\A(?:if|when|whenever|once|unless|where|should|in case|as soon as)\b[^,]*,", re.I
)
_ANY_AGENT = re.compile(
    r"(?:(?:the|each|every|all|any|another|other|others|responsible|relevant|corresponding|next|"
    r"appropriate|previous|of|worker)\s+){1,4}agents?\b(?!['\u2019]s)",
    re.IGNORECASE,
)
_QUOTES = ("`", "'", '"')
_REPLIES = re.compile(
    r"[`'\"]?(?: agent)? to (?:reply|answer|respond|confirm|approve|agree)\b", re.I
)
_PART = re.compile(
    r"[`'\"]?(?:['\u2019]s\b|\s+(?:over|via|through|at)\b|"
    r"\s+(?:api|apis|endpoints?|service|functions?|methods?|routes?|hooks?|rpc|cli|server)\b|\()",
    re.IGNORECASE,
)


def check(context: Context) -> Findings:
    """Yield each order to call an agent."""
    for name, task in context.tasks.items():
        if not context.mentions[name] and "agent" not in context.lower[name]:
            continue
        by_start = {each.start: each for each in context.mentions[name] if not each.file}
        for match in _VERB.finditer(task):
            found = _order(context, name, task, match, by_start)
            if found:
                yield found


def _order(
    context: Context,
    name: str,
    task: str,
    match: re.Match[str],
    by_start: dict[int, Mention],
) -> Finding | None:
    first, _ = sentence_at(task, match.start("verb"))
    if refuses(_CONDITION.sub("", task[first : match.start("verb")])):
        return None
    verb = match["verb"]
    mention = by_start.get(match.end()) or by_start.get(match.end() - 1)
    if mention and _is_meant(task, mention, verb, match["filler"]):
        quoted = (
            task[mention.start - 1] in _QUOTES and task[mention.stop : mention.stop + 1] in _QUOTES
        )
        stop, whom = mention.stop + quoted, repr(mention.agent)
        hint = _hint(context, name, mention.agent, starts=bool(match["start"]))
    else:
        anyone = _ANY_AGENT.match(task, match.end("verb") + 1)
        if not anyone or (verb.lower() in _OF_MANY and "agents" in anyone[0]):
            return None
        stop, whom = anyone.end(), "another agent"
        hint = "an agent is given what it reads, and nothing else passes between agents"
    order = verb.lower() if match["ask"] or match["start"] else "call"
    message = f"{name!r} is told to {order} {whom}, but agents cannot call each other"
    return Finding(name, message, context.words(name, match.start("verb"), stop), hint)


def _is_meant(task: str, mention: Mention, verb: str, filler: str) -> bool:
    """The agent is meant, and not a part of the product that is called like it."""
    if "agent" in filler.lower():
        return True
    if not mention.sure or _PART.match(task, mention.stop):
        return False
    if verb.lower() == "wait for" and not _REPLIES.match(task, mention.stop):
        return False
    words = task[mention.start : mention.stop]
    return not (_OF_PROGRAMS.match(verb) and _PROGRAM.search(words))


def _hint(context: Context, name: str, other: str, *, starts: bool) -> str:
    if starts and context.wording:
        start = "an agent starts by itself when what it reads is there"
        return f"{start}: for {context.wording.id(other)}, {context.read_hint(other, name)}"
    if starts:
        return f'an agent starts by itself when what it reads is there: let {other!r} read "{name}"'
    if context.wording:
        return f"give it the answer to read: {context.read_hint(name, other)}"
    return f'give it the answer to read: "reads": ["{other}"]'
