"""Takes the text of a task apart, as far as the lints need it: sentences, parts, refusals."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache

_END = re.compile(
    r"[.!?](?:[\"')*`]*)(?=\s|\Z)"  # not the dot of a file's name
    r"|;(?=\s)"
    r"|\n[ \t]*\n"
    r"|\n[ \t]*(?=(?:[-*+•]|\d{1,2}[.)])[ \t])"
)
_CUT = re.compile(r"[,:(]\s|\s[-\u2013\u2014]+\s")
_BULLET = re.compile(r"(?:[-*+•]|\d{1,2}[.)])[ \t]+")
_REFUSAL = re.compile(
    r"\b(?:not|never|no|nor|without|don'?t|doesn'?t|won'?t|cannot|can'?t|mustn'?t|needn'?t|shouldn'?t"
    r"|instead of|rather than|other than|except|unlike|avoid|refrain|nicht|kein\w*|nie|ohne"
    r"|sans|ne|jamais|sin|nunca)\b",
    re.IGNORECASE,
)

_FILE = re.compile(
    r"(?<![\w@:/.-])(?:\./)?(?:[\w.@-]+/)*[\w.@-]*[\w-]\.[A-Za-z][A-Za-z0-9]{0,9}(?![\w/(@]|\.\w)"
)
_DOT = re.compile(r"\.[A-Za-z]")
_NO_FILE = re.compile(
    r"(?:[A-Z]\w*|d3)\.(?:js|io|NET|net)\Z|.*\.(?:com|org|net|io|dev|ai|co|eu|uk|de|fr|es|edu|gov)\Z|\w\.\w\Z"
)
FAR = 400
"""How many characters before and after some words may bear on what they mean."""


def lower(text: str) -> str:
    """Return `text` in lower case, no longer and no shorter, so that places in it stay what they are."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(char.lower()[:1] for char in text)


def files(text: str) -> Iterator[re.Match[str]]:
    """Yield the names of files in `text`; Node.js and example.com are none."""
    for match in _FILE.finditer(text) if _DOT.search(text) else ():
        if not _NO_FILE.match(match.group()):
            yield match


@lru_cache(maxsize=8)
def sentences(text: str) -> tuple[tuple[int, int], ...]:
    """Return the start and the end of each sentence and list item of `text`, blanks left out."""
    found: list[tuple[int, int]] = []
    start = 0
    for match in _END.finditer(text):
        found += _trimmed(text, start, match.end())
        start = match.end()
    found += _trimmed(text, start, len(text))
    return tuple(found)


def sentence_at(text: str, at: int) -> tuple[int, int]:
    """Return the start and the end of the sentence that the character `at` is in.

    Of a very long one it is the part around `at`, so that a long task is not read over and over.
    """
    spans = sentences(text)
    index = bisect_right(spans, (at, len(text))) - 1
    start, stop = spans[index] if index >= 0 else (0, len(text))
    return max(start, at - FAR), min(stop, at + FAR)


def part_at(text: str, start: int, stop: int) -> tuple[int, int]:
    """Return the piece, between commas or dashes, of the sentence that `start` to `stop` is in."""
    first, last = sentence_at(text, start)
    for match in _CUT.finditer(text, first, start):
        first = match.end()
    after = _CUT.search(text, stop, last)
    return first, after.start() if after else max(stop, last)


def refuses(text: str) -> bool:
    """Tell whether `text` has a word in it that turns what it says into its opposite."""
    return _REFUSAL.search(text) is not None


def _trimmed(text: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    while start < stop and text[start].isspace():
        start += 1
    bullet = _BULLET.match(text, start, stop)
    if bullet:
        start = bullet.end()
    while stop > start and text[stop - 1].isspace():
        stop -= 1
    if start < stop:
        yield start, stop
