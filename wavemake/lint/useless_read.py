"""An agent is given something to read that it does not need.

## What it does
Looks for an entry of `reads` that adds nothing, because another entry already stands for the same agent
or file, and for agents whose task tells them to ignore what they read.

## Why is this bad?
All that is read is sent and paid for, takes room in the model's window, and makes the agent run again
when it changes. What is to be ignored is best not sent at all.

## Example
```json
{
  "agents": [
    {"name": "page-speed", "task": "Measure the pages.", "reads": []},
    {"name": "link-check", "task": "Find the dead links.", "reads": []},
    {
      "name": "link-fixes",
      "task": "Fix the dead links. Ignore the page speed.",
      "reads": ["link-check", "page-speed"]
    }
  ]
}
```

## Use instead
```json
{
  "agents": [
    {"name": "page-speed", "task": "Measure the pages.", "reads": []},
    {"name": "link-check", "task": "Find the dead links.", "reads": []},
    {"name": "link-fixes", "task": "Fix the dead links.", "reads": ["link-check"]}
  ]
}
```
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Mapping

from wavemake.lint.context import Context, Finding, Findings
from wavemake.lint.text import FAR, refuses, sentences
from wavemake.plan.model import ReadRef, Ref

_IGNORE = (
    r"ignore|disregard|skip|leave out|pay no attention to|"
    r"(?:do not|don'?t|you (?:need not|needn'?t|won'?t|do not|don'?t)(?: have to)?)\s+"
    r"(?:use|read|need|look at|consider|rely on|touch)"
)
_DIRECT = re.compile(
    rf"\b(?:{_IGNORE})\s+(?:the\s+)?(?:(?:output|results?|answer|report|data|findings)\s+(?:of|from)\s+)?"
    r"(?:the\s+)?[`'\"]?(?P<what>[\w./-]+(?:\s+[\w./-]+){0,3})",
    re.IGNORECASE,
)
_PRONOUN = re.compile(rf"\b(?:{_IGNORE})\s+(?:it|them|this|that|these|those)\b", re.IGNORECASE)
_GIVEN = re.compile(
    r"\b(?:attached|handed|given|listed as|included|passed|provided|appended|supplied|"
    r"for completeness|for reference|for historical reasons)\b",
    re.IGNORECASE,
)
_NOT = re.compile(r"\b(?:not|never|don'?t|no) \Z", re.IGNORECASE)
_FOLLOWED = re.compile(
    r"[`'\"]?(?:['\u2019]s)?\s*(?:(?:output|results?|data|report|findings|answer|input|material)\b\s*)?"
    r"(?:[.,;:)!]|\Z|\s(?:here|for now|entirely|completely|altogether|it|as|since|because|you|for this)\b)"
)
_TOKEN = re.compile(r"[\w./-]+")
_WORD = re.compile(r"[a-z0-9]+")
_NAME = re.compile(r"[a-z0-9]+(?:[-_./][a-z0-9]+)+|[a-z0-9]+")
_COMMON = {
    "agent",
    "the",
    "a",
    "of",
    "and",
    "for",
    "data",
    "output",
    "result",
    "report",
    "analysis",
}
_HINTS = ("ignore", "disregard", "skip", "leave out", "attention", "not", "n't")


def check(context: Context) -> Findings:
    """Yield each read that adds nothing."""
    for name, spec in context.specs.items():
        if spec.reads:
            yield from _twice(context, name, spec.reads)
    for name, task in context.tasks_with(_HINTS):
        reads = context.specs[name].reads
        if reads:
            yield from _ignored(context, name, task, reads)


def _twice(context: Context, name: str, refs: tuple[ReadRef, ...]) -> Findings:
    """The beginning and the end of one text are two things to read."""
    first: dict[tuple[str, str], Ref] = {}
    for ref in refs:
        what = _meant(context, ref)
        twin = first.setdefault((what, ref.portion.keep), ref)
        if twin is not ref and not _are_two_files(context, what, twin, ref):
            message = f"{name!r} reads {ref.text!r} twice"
            related = ((twin.where, "it is first read here"),)
            yield Finding(name, message, ref.where, "remove one of the two", related)


def _meant(context: Context, ref: ReadRef) -> str:
    """The agent that the entry stands for, or the path of the file, as `./x`."""
    if ref.kind != "file" and ref.text in context.agents:
        return ref.text
    path = posixpath.normpath(ref.text)
    return context.owners.get(path, f"./{path}")


def _are_two_files(context: Context, owner: str, first: Ref, second: Ref) -> bool:
    """Two files of one agent are two things to read, and so are a file and the agent's answer."""
    paths = [posixpath.normpath(ref.text) for ref in (first, second)]
    return paths[0] != paths[1] and any(path in context.agents[owner].outputs for path in paths)


def _ignored(context: Context, name: str, task: str, refs: tuple[ReadRef, ...]) -> Findings:
    by_word = _telling(refs)
    seen: set[str] = set()
    before = ""
    for start, stop in sentences(task):
        sentence = task[start:stop]
        found = [*_by_name(sentence, by_word), *_by_pronoun(sentence, before, by_word)]
        for first, last, ref in found:
            if ref.text not in seen:
                seen.add(ref.text)
                place = context.words(name, start + first, start + last)
                message = f"{name!r} reads {ref.text!r}, and is told to ignore it"
                related = ((ref.where, "it is read here"),)
                yield Finding(name, message, place, "remove it from its 'reads'", related)
        before = sentence


def _telling(refs: tuple[ReadRef, ...]) -> dict[str, Ref]:
    """The whole name of each read, and the words in it that no other read has in its name."""
    count = Counter(word for ref in refs for word in _words_of(ref))
    found: dict[str, Ref] = {
        word: ref for ref in refs for word in _words_of(ref) if count[word] == 1
    }
    found.update((ref.text.lower(), ref) for ref in refs)
    return found


def _words_of(ref: Ref) -> set[str]:
    return set(_WORD.findall(ref.text.lower())) - _COMMON


def _by_name(sentence: str, by_word: Mapping[str, Ref]) -> Iterator[tuple[int, int, Ref]]:
    """The orders to ignore something that is named right after: "ignore the page speed"."""
    for match in _DIRECT.finditer(sentence):
        ref, stop = _named(sentence, *match.span("what"), by_word)
        if ref and _FOLLOWED.match(sentence, stop) and not refuses(_before(sentence, match)):
            yield match.start(), stop, ref


def _named(
    sentence: str, start: int, stop: int, by_word: Mapping[str, Ref]
) -> tuple[Ref | None, int]:
    """Which read the first words from `start` name, and where they end."""
    ref, end = None, start
    for match in _TOKEN.finditer(sentence, start, stop):
        token = match.group().rstrip("./-")
        words = [token.lower()] if token.lower() in by_word else _WORD.findall(token.lower())
        named = {by_word[word].text: by_word[word] for word in words if word in by_word}
        if len(named) != 1 or (ref and ref.text not in named):
            break
        ref, end = next(iter(named.values())), match.start() + len(token)
    return ref, end


def _by_pronoun(
    sentence: str, before: str, by_word: Mapping[str, Ref]
) -> Iterator[tuple[int, int, Ref]]:
    """The orders to ignore "it", where something has just been said to be given."""
    for match in _PRONOUN.finditer(sentence):
        earlier = _before(sentence, match)
        if _NOT.search(earlier):
            continue
        if len(earlier.split()) < 3:
            earlier = f"{before[-FAR:]} {earlier}"
        if _GIVEN.search(earlier):
            named = (by_word[word] for word in _NAME.findall(earlier.lower()) if word in by_word)
            ref = next(named, None)
            if ref:
                yield *match.span(), ref


def _before(sentence: str, match: re.Match[str]) -> str:
    return sentence[max(0, match.start() - FAR) : match.start()]
