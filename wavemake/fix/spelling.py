"""Finds the one name that a misspelt one can stand for."""

from __future__ import annotations

import re
from collections.abc import Iterable

from wavemake.plan.diagnostics import Diagnostic
from wavemake.plan.did_you_mean import did_you_mean

_MEANT = re.compile(r"did you mean '([^']+)'\?")


def meant(error: Diagnostic, word: str, known: Iterable[str]) -> str:
    """Return the name that the hint of `error` gives for `word`, if no other of `known` is near it."""
    said = _MEANT.fullmatch(error.hint)
    if said is None:
        return ""
    if re.findall(r"\d", said[1]) != re.findall(r"\d", word):
        return ""  # another number means something else
    others = [name for name in known if name != said[1]]
    alone = said[1].casefold() == word.casefold() or not did_you_mean(word, others)
    return said[1] if alone else ""
