"""Finds where a task names another agent or its files, and whether it means to use their work."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from wavemake.lint.text import part_at, refuses, sentence_at

_TOKEN = re.compile(r"[@\w][\w.@/+-]*|\.{1,2}/[\w./-]+|\.[\w][\w./-]*")
_AGENT_AFTER = re.compile(r"['\u2019]?s?[ \t]+agents?\b|[ \t]*[`'\"][ \t]+agents?\b", re.IGNORECASE)
_AGENT_BEFORE = re.compile(r"(?:agent|agente|agenten|l'agent|agents)[ \t]+[`'\"]?\Z", re.IGNORECASE)
_LONGEST_SPACED = 4
_NEAR = 100


@dataclass(frozen=True, slots=True)
class Mention:
    """A place in a task, from `start` to `stop`, that stands for `agent` or for what it writes.

    file: it is the path of something that the agent writes. sure: it hardly is an ordinary word, as
    `search` may be and `landing-page` not. called: it is called an agent, as `search-agent` is; the
    landing page may be a part of the product, too.
    """

    agent: str
    start: int
    stop: int
    sure: bool
    called: bool = False
    file: bool = False


class Names:
    """The names of a plan's agents, looked up in every form in which a task may have them."""

    def __init__(self, agents: Iterable[str], owners: Mapping[str, str]) -> None:
        names = tuple(agents)
        self.owners = owners
        self.exact = {name.lower().removesuffix("-agent"): name for name in names}
        self.exact |= {name.lower(): name for name in names}
        self.spaced = _spaced(names)
        self.longest: dict[str, int] = {}
        for words in self.spaced:
            self.longest[words[0]] = max(len(words), self.longest.get(words[0], 0))

    def owner(self, path: str) -> str:
        """The agent that writes the file `path`, or an empty string."""
        return self.owners.get(posixpath.normpath(path), "")


def _spaced(names: Iterable[str]) -> dict[tuple[str, ...], str]:
    """The names of several words, as the words: "db-schema" is written "DB schema" too."""
    found: dict[tuple[str, ...], str] = {}
    for name in names:
        words = tuple(re.findall(r"[a-z]+|\d+", name.lower().removesuffix("-agent")))
        if 2 <= len(words) <= _LONGEST_SPACED:
            found[words] = "" if words in found else name
    return {words: name for words, name in found.items() if name}


def mentions(own: str, task: str, names: Names) -> tuple[Mention, ...]:
    """Return where `task`, which is that of the agent `own`, names others, in order."""
    found: list[Mention] = []
    words: list[tuple[str, int, int]] = []
    for match in _TOKEN.finditer(task):
        token = match.group().rstrip(".-/@+")
        start = match.start()
        stop = start + len(token)
        word = token.lower()
        words.append((word, start, stop))
        if "/" in token or "." in token:
            owner = names.owner(token)
            if owner:
                found.append(Mention(owner, start, stop, sure=True, file=True))
                continue
        name = names.exact.get(word)
        if name:
            called = word.endswith("agent") or _is_marked(task, start, stop)
            found.append(Mention(name, start, stop, called or not token.isalpha(), called))
    taken = {mention.start for mention in found}
    found += [each for each in _named_in_words(task, words, names) if each.start not in taken]
    found.sort(key=lambda each: each.start)
    return tuple(each for each in found if each.agent != own)


def _is_marked(task: str, start: int, stop: int) -> bool:
    """The words are called an agent, or stand in backquotes."""
    before = task[max(0, start - 12) : start]
    if before.endswith("`") and task.startswith("`", stop):
        return True
    return bool(_AGENT_AFTER.match(task, stop) or _AGENT_BEFORE.search(before))


def _named_in_words(
    task: str, words: list[tuple[str, int, int]], names: Names
) -> Iterable[Mention]:
    """Names that are written as several words."""
    for at, (first, start, _) in enumerate(words):
        for count in range(2, names.longest.get(first, 0) + 1):
            run = words[at : at + count]
            name = names.spaced.get(tuple(word for word, _, _ in run))
            if name and len(run) == count and _is_run(task, run):
                stop = run[-1][2]
                called = _is_marked(task, start, stop)
                yield Mention(name, start, stop, sure=called, called=called)


def _is_run(task: str, run: list[tuple[str, int, int]]) -> bool:
    """Only blanks stand between the words."""
    return all(task[a[2] : b[1]].isspace() for a, b in pairwise(run))


# --- what a mention is for ---

_NAME = r"[`'\"]?[\w.-]+[`'\"]?"
_JOINED = re.compile(
    r"[`'\"]?(?:\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or|und|y|et|&)\s+|\s*/\s*)(?:the\s+)?[`'\"]?"
)
_LIST_BEFORE = re.compile(rf"(?:{_NAME}(?:\s*,\s*|,?\s+(?:and|or|und|y|et)\s+))+\Z")
_OPENING = re.compile(r"[`'\"(\[]+\Z")
_PART = (
    r"output|results?|findings|work|api|endpoints?|models?|schema|types?|tables?|fields|columns|interface|"
    r"list|format|names?|rules|terms|tokens|that|those|top"
)
_SOURCE = (
    rf"from|(?:{_PART}) of|by|per|see|(?:based|build|builds|building) on|against|in line with|"
    r"us(?:e|es|ing)|reus(?:e|es|ing)|follow(?:s|ing)?|extend(?:s|ing)?|consum(?:e|es|ing)|"
    r"import(?:s|ing)?|read(?:s|ing)?|cit(?:e|es|ing)|match(?:es|ing)?|implement(?:s|ing)?|according to|"
    r"del|von|aus|bei|der|des|par|selon|según|nach|de|que \w+|that|which|what|everything|where|whatever"
)
_LOOSE_SOURCE = r"of|on|in|than|via|into|like|to|with"
_ARTICLE = r"(?:the|das|der|die|den|dem|la|el|le|les|los|l'|du|al|au)"
_FOLLOWS_SOURCE = re.compile(rf"\b(?:{_SOURCE})\s+(?:{_ARTICLE}\s*)?\Z", re.IGNORECASE)
_FOLLOWS_ANY = re.compile(rf"\b(?:{_SOURCE}|{_LOOSE_SOURCE})\s+(?:{_ARTICLE}\s*)?\Z", re.IGNORECASE)
_PASSIVE = re.compile(
    r"\b(?:is|are|be|been|being|was|were|gets?)\s+(?:\w+ly\s+|also\s+|then\s+)?\w+\s+by\s+(?:the\s+)?\Z",
    re.IGNORECASE,
)
_FORWARD_BEFORE = re.compile(
    r"\b(?:for|before|so that|so|used by|needed by|read by|consumed by|"
    r"(?:leav|hand|pass|giv|send|deleg)\w*\b.*\bto|over to|off to|input (?:to|for)|left to|up to|"
    r"belongs? to|parallel (?:with|to)|independent(?:ly)? (?:of|from)|apart from|besides?|alongside)"
    r"\s+(?:the\s+)?\Z",
    re.IGNORECASE,
)
_WAITS_BEFORE = re.compile(r"\b(?:once|until|when|after|as soon as)\s+(?:the\s+)?\Z", re.IGNORECASE)
_WAITS_AFTER = re.compile(
    r"[`'\"]?(?: agent)? (?:(?:has|have|had) |is (?:done|finished|ready|complete)\b)", re.IGNORECASE
)
_OUT_OF_SCOPE = re.compile(
    r"\b(?:out of scope|not in scope|off limits|not your job)\b", re.IGNORECASE
)
_FORWARD_AFTER = re.compile(
    r"[`'\"]?(?:\s+agent)?\s*(?:,?\s*which\s+)?\s*"
    r"(?:will|can|could|may|must|should|needs?|reads?|relies|depends?|consumes?|takes? (?:over|care)|"
    r"picks?|builds? (?:on|up)|uses?|owns?|is responsible|handles?|cares?|does (?:that|this|it)|"
    r"works? (?:on|with|from)|starts?|runs?|then|later|continues?|expects?|wants?|to|does|do|is)\b",
    re.IGNORECASE,
)
_TELLS = re.compile(
    r"[`'\"]?(?:['\u2019]s?\b|\s+(?:agent\s+)?(?:has|have|had|already|just)\b|"
    r"\s+(?:agent\s+)?(?:\w+ed|\w+s|wrote|made|found|built|chose|gave|drew|drafted|set|put|sent)\b)",
    re.IGNORECASE,
)
_OWNS = re.compile(r"[`'\"]?['\u2019]s\b|[`'\"]?\s+(?:outputs?|results?|answer)\b", re.IGNORECASE)
_MADE_BY = re.compile(
    r"\b(?:written|produced|created|made|defined|found|built|delivered|reported|exported|generated|"
    r"collected|described|designed|listed|proposed|documented|computed|extracted|published|provided|"
    r"drafted|prepared|identified|implemented|specified|recorded|chosen|exposed|returned) (?:by|in) "
    r"(?:the )?[`'\"]?\Z"
    r"|\b(?:outputs?|results?|answers?|findings|reports?|work) (?:of|from|by) (?:the )?[`'\"]?\Z"
    r"|\b(?:see|per|according to|as in) [`'\"]?\Z",
    re.IGNORECASE,
)
_THAT = re.compile(r"\b(?:that|which|what|everything|whatever|code|as) [`'\"]?\Z", re.IGNORECASE)
_MADE = re.compile(
    r"[`'\"]?\s+(?:has |have |had )?(?:already )?(?:\w+ed|wrote|made|found|built|chose|gave|drew|set|"
    r"writes|makes|finds|builds|defines|creates|produces|exports|reports|lists|prints|delivers)\b",
    re.IGNORECASE,
)
_OF_THE = re.compile(
    r"\b(?:outputs?|results?|values?|findings|numbers?|data|tables?|list|conclusions?|figures?|report|"
    r"recommendations?|decisions?|measurements?|rules|terms|categories|scores|priorities|insights)"
    r"\s+(?:of|from|in)\s+(?:the\s+)?\Z"
    r"|\bas (?:described|defined|listed|specified|set|given|laid down) (?:in|by)\s+(?:the\s+)?\Z"
    r"|\b(?:per|according to|based on|work from|as in|follow(?:ing)?)\s+(?:the\s+)?\Z",
    re.IGNORECASE,
)
_ENDS = re.compile(r"[`'\"]?\s*(?:[.,;:)]|\Z|,?\s(?:and|or|on|in|for|as|to|not|with)\b)")


def used(task: str, found: Iterable[Mention]) -> tuple[Mention, ...]:
    """Return those of the mentions, in order, that mean to use what the agent made; in doubt, none."""
    out: list[Mention] = []
    last: Mention | None = None
    for mention in found:
        joined = last and out[-1:] == [last] and _JOINED.fullmatch(task, last.stop, mention.start)
        if joined or _uses(task, mention):
            out.append(mention)
        last = mention
    return tuple(out)


def _uses(task: str, mention: Mention) -> bool:
    start, stop = mention.start, mention.stop
    first, last = part_at(task, start, stop)
    if refuses(task[first:start]):
        return False
    before, after = _without_list(task[max(first, start - _NEAR) : start]), task[stop:last]
    if _refused_after(after) or _PASSIVE.search(before):
        return False
    if _OUT_OF_SCOPE.search(task, *sentence_at(task, start)):
        return False
    if mention.file:
        return bool(_FOLLOWS_ANY.search(before)) and not _writes_there(task, first, start)
    if not mention.sure:
        return _surely_used(before, task[stop : stop + 60])
    if _WAITS_BEFORE.search(before):
        return bool(_WAITS_AFTER.match(after))
    if _FORWARD_BEFORE.search(before) or _FORWARD_AFTER.match(after):
        return bool(_THAT.search(before) and _MADE.match(after))
    if mention.called:
        return bool(_FOLLOWS_ANY.search(before) or _TELLS.match(after))
    return bool(_FOLLOWS_SOURCE.search(before) or _OWNS.match(after) or _MADE.match(after))


def _without_list(before: str) -> str:
    """What stands before a list of names of which the mention is one, but the first."""
    before = _OPENING.sub("", before)
    return _LIST_BEFORE.sub("", before)


def _refused_after(after: str) -> bool:
    return bool(re.match(r"[`'\"]?\s+(?:\w+\s+){0,3}(?:not|off limits|out of scope)\b", after))


def _writes_there(task: str, first: int, start: int) -> bool:
    return bool(re.search(r"\b(?:write|add|put|save|append|create)\b", task[first:start], re.I))


def _surely_used(before: str, after: str) -> bool:
    """The same for a name that may be an ordinary word: "search", "the literature search"."""
    if _MADE_BY.search(before):
        return bool(_ENDS.match(after))
    if _THAT.search(before) and _MADE.match(after):
        return True
    return bool(_OF_THE.search(before) and _ENDS.match(after))
