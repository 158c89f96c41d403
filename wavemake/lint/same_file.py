"""Two agents that may run at once write the same file.

## What it does
Looks for files that two agents are told to write or to change, in their tasks or in `outputs`, with
no path between the two: neither waits for the other.

## Why is this bad?
Which of them is first is decided by chance. One may overwrite what the other has written, or change
a file that is being read. Let one read or wait for the other, or give the file to a third agent that
reads both.

## Example
```json
{
  "agents": [
    {"name": "compression", "task": "Turn on brotli in deploy/nginx.conf.", "reads": []},
    {"name": "caching", "task": "Set cache headers in deploy/nginx.conf.", "reads": []}
  ]
}
```

## Use instead
```json
{
  "agents": [
    {"name": "compression", "task": "Turn on brotli in deploy/nginx.conf.", "reads": []},
    {
      "name": "caching",
      "task": "Set cache headers in deploy/nginx.conf.",
      "depends_on": ["compression"]
    }
  ]
}
```
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from wavemake.lint.context import Context, Finding, Findings
from wavemake.lint.text import files, part_at, refuses
from wavemake.plan.diagnostics import Where

_WRITES = re.compile(
    r"\b(?:add|append|put|write|set|store|save|record|document|register|declare|define|configure|"
    r"enable|turn on|turn off|switch on|activate|insert|update|edit|change|modify|extend|export|list|"
    r"note|log|describe|explain|summari[sz]e|collect|replace|move|remove|"
    r"delete|bump|wire|mount|expose|implement|create|map|fix|"
    r"(?P<passive>(?<!that )(?<!which )(?:is|are|be|being) "
    r"(?:set|added|put|written|registered|declared|stored)))\b",
    re.IGNORECASE,
)
# The text after these is searched or looked up in the file.
_READS = re.compile(
    r"\b(?:find|audit|check|look|see|search|compare|evaluate|assess|review|verify|read|described|"
    r"defined|listed|found|given|documented|specified|according|from|that (?:is|are)|which (?:is|are)|"
    r"as in|same as|count|analy[sz]e|profile|translate)\b",
    re.IGNORECASE,
)
_INTO = re.compile(
    r"\b(?:in|to|into|inside|under)\s+(?:the\s+)?(?:file\s+)?[`'\"]?\Z", re.IGNORECASE
)
_DIRECT = re.compile(
    r"\b(?:save|store|write|export|publish)\b[^.;]*\bas\s+[`'\"]?\Z|"
    r"\b(?:write|edit|update|modify|change|extend|create|rewrite|patch|overwrite|regenerate|fill in|"
    r"generate|produce|deliver|adapt|adjust|tweak|refactor|bump|amend|complete|maintain|touch|"
    r"append to)\s+(?:the\s+)?(?:file\s+)?[`'\"]?\Z",
    re.IGNORECASE,
)

_GOES = re.compile(
    r"\b(?:goes|go|ends up|belongs?|lands?|(?:is|are) (?:kept|collected|merged)) (?:in|into|to)\s+(?:the )?"
    r"[`'\"]?\Z",
    re.IGNORECASE,
)
# "In src/routes.ts, add the route": the order comes after the file.
_IN = re.compile(r"\A\s*(?:in|to)\s+(?:the )?(?:file )?[`'\"]?\Z", re.IGNORECASE)
_THEN_WRITES = re.compile(
    r"[`'\"]?\s*[,:]?\s+(?:please )?(?:add|set|append|register|change|update|write|put|insert|replace|"
    r"enable|configure|define|document|move|extend|remove)\b",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"\b(?:outputs?|deliverables?|results?|writes?|saved? (?:to|as))\s*:\s*\Z", re.IGNORECASE
)


def check(context: Context) -> Findings:
    """Yield each pair of agents that share a file and are not ordered, once."""
    writers: dict[str, dict[str, Where]] = {}
    for name in context.agents:
        for path, where in written(context, name):
            writers.setdefault(path, {}).setdefault(name, where)
    for path, places in writers.items():
        for first, second in _rivals(context, places):
            message = f"{second!r} and {first!r} both write {path!r}, and may do so at once"
            hint = context.wait_hint(second, first)
            related = ((places[first], f"{first!r} writes it here"),)
            yield Finding(second, message, places[second], hint, related, also=(first,))


def written(context: Context, name: str) -> Iterator[tuple[str, Where]]:
    """Yield the files that the agent is told to write, and where the plan says so."""
    task = context.tasks.get(name, "")
    for match in files(task):
        if _is_written(task, match):
            yield posixpath.normpath(match.group()), context.words(name, *match.span())
    for ref in context.specs[name].outputs:
        yield posixpath.normpath(ref.text), ref.where


def _is_written(task: str, match: re.Match[str]) -> bool:
    first, _ = part_at(task, match.start(), match.end())
    before = task[first : match.start()]
    if refuses(before):
        return False
    if not before.strip("`'\" ") and _LABEL.search(task[:first]):
        return True
    if _IN.match(before) and _THEN_WRITES.match(task, match.end()):
        return True
    if _DIRECT.search(before) or _GOES.search(before):
        return True
    into = _INTO.search(before)
    return into is not None and _last_order(before[: into.start()]) > _last(_READS, before)


def _last_order(text: str) -> int:
    """Where the last verb is that says to write something; in "limits set in" there is no something."""
    orders = (
        match for match in _WRITES.finditer(text) if match["passive"] or text[match.end() :].strip()
    )
    return max((match.start() for match in orders), default=-1)


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((match.start() for match in pattern.finditer(text)), default=-1)


def _rivals(context: Context, places: Mapping[str, Where]) -> Iterator[tuple[str, str]]:
    """Who may write at the same time as the next in order, each pair once."""
    if len(places) < 2:
        return
    ordered = sorted(places, key=lambda name: context.levels[name])
    for first, second in pairwise(ordered):
        level = context.levels[first] == context.levels[second]
        if level or not context.leads_to(first, second):
            yield first, second
