"""What is said alike of JSON and YAML that cannot be read."""

from __future__ import annotations

import re

from wavemake.plan.diagnostics import Diagnostic, Severity
from wavemake.plan.loader.document import MAX_DIGITS, Document

FENCE = re.compile(r"^(?:```|~~~)[^\r\n]*", re.MULTILINE)
CLOSES = {"{": "}", "[": "]"}
TOO_LONG = f"this integer has more than {MAX_DIGITS} digits", "put it in quotes"
TOO_LARGE = "this number is too large", "the largest is about 1.8e308"


class Fatal(Exception):
    """Nothing of use can be read after the last diagnostic that was found."""


def error_at(
    doc: Document,
    code: str,
    start: int,
    end: int,
    message: str,
    hint: str = "",
    related: tuple[tuple[int, int, str], ...] = (),
) -> Diagnostic:
    """An error at a range of offsets."""
    places = tuple((doc.span(first, last), note) for first, last, note in related)
    return Diagnostic(code, Severity.ERROR, message, doc.span(start, end), hint, places)


def duplicate(doc: Document, name: str, key: tuple[int, int], first: tuple[int, int]) -> Diagnostic:
    """A key that was first given elsewhere in its object."""
    hint = "merge several at once: <<: [*a, *b]" if name == "<<" else "keep one of the two"
    message = f"the key {quoted(name)} is given twice"
    return error_at(doc, "WM003", *key, message, hint, ((*first, "it is first given here"),))


def fenced(doc: Document, code: str, fence: re.Match[str]) -> Diagnostic:
    """A plan in the Markdown that a model answered with."""
    message = "the plan is wrapped in a Markdown fence"
    hint = "remove the fence, and any text around it"
    return error_at(doc, code, *fence.span(), message, hint)


def quoted(text: str, limit: int = 40) -> str:
    """A piece of the plan as it is shown within a message."""
    return f"'{text if len(text) <= limit else text[: limit - 1] + '…'}'"
