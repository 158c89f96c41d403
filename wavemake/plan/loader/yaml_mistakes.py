"""What the YAML parser complains of, said in plain words to the one who wrote the plan."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from wavemake.plan.diagnostics import Diagnostic
from wavemake.plan.loader.document import Document
from wavemake.plan.loader.mistakes import CLOSES, FENCE, error_at, fenced

if TYPE_CHECKING:
    import yaml

_JSON_INSIDE = re.compile(r"^\{(?:\s*$|\s*\")", re.MULTILINE)


class _Complaint(NamedTuple):
    """How a complaint of PyYAML, or of libyaml, is said in plain words.

    `about` is searched in its context and problem. It is shown where the problem is, or if
    `from_context`, from the start of what was being read.
    """

    about: str
    message: str
    hint: str = ""
    from_context: bool = False


_QUOTE_IT = "put the whole text in quotes"
_WORDINGS = (
    _Complaint(
        "quoted scalar (found unexpected end|found unexpected document)",
        "this quoted text is never closed",
        "close it with the same quote",
        from_context=True,
    ),
    _Complaint(
        "escape|hexdecimal",
        "an escape in this text is not a character",
        r"write a backslash as \\",
        from_context=True,
    ),
    _Complaint("cannot start any token", "a text cannot start with '{char}'", _QUOTE_IT),
    _Complaint("(alias|anchor|tag) ", "a text cannot start with '{char}'", _QUOTE_IT, True),
    _Complaint(
        "sequence entries are not allowed",
        "a list cannot start on the line of its key",
        "start it on the next line",
    ),
    _Complaint(
        "expected ':'",
        "this line is neither 'key: value' nor '- item'",
        "indent a text of several lines below 'key: |'",
        from_context=True,
    ),
    _Complaint("expected ',' or '(?P<close>[]}])'", "a ',' or '{close}' is missing before this"),
    _Complaint("node content", "a value is missing before this"),
    _Complaint(
        "block collection",
        "this line is not an item of the list above it",
        "items start with '-', all in one column",
    ),
    _Complaint("<document start>", "there is text after the end of the plan", "remove it"),
    _Complaint(
        "block scalar",
        "nothing may follow '|' or '>' on its line",
        "start the text on the next line",
    ),
    _Complaint(
        "directive|incompatible", "a line that starts with '%' is not for plans", "remove it"
    ),
)


def yaml_problem(doc: Document, error: yaml.YAMLError) -> Diagnostic:
    """What a syntax error of the YAML parser means to the one who wrote the plan."""
    text = doc.text
    mark = getattr(error, "problem_mark", None)
    at = min(mark.index, len(text)) if mark else 0
    context = getattr(error, "context_mark", None)
    start = min(context.index, at) if context else at
    problem = f"{getattr(error, 'context', '')} {getattr(error, 'problem', '')}"
    fence, json_text = FENCE.search(text), _JSON_INSIDE.search(text)
    if fence and fence.start() <= at:
        return fenced(doc, "WM002", fence)
    if json_text and 0 < json_text.start() <= at:
        hint = "remove everything before the first '{'"
        return error_at(doc, "WM002", 0, len(text), "there is text before the JSON", hint)
    if text[at : at + 1] == "\t" and ("token" in problem or "tab character" in problem):
        return error_at(doc, "WM002", at, at + 1, "YAML is not indented with tabs", "use spaces")
    if not text[at:].strip() and text[start : start + 1] in ("[", "{"):
        return _yaml_open(doc, start)
    if not text[at:].strip() and "node content" in problem:
        at = len(text.rstrip()) - 1
        return error_at(doc, "WM002", at, at + 1, "the text ends where a value is missing")
    if "mapping values" in problem:
        return _yaml_colon(doc, at)
    if "block mapping" in problem:
        return _yaml_key(doc, start, at)
    if "unknown escape" in problem:
        at -= text[at] != "\\"  # libyaml points at the backslash, PyYAML after it
        message = f"'{text[at : at + 2]}' is not an escape of YAML"
        return error_at(doc, "WM002", at, at + 2, message, r"write \\, or use single quotes")
    return _yaml_other(doc, start, at, problem)


def _yaml_other(doc: Document, start: int, at: int, problem: str) -> Diagnostic:
    for wording in _WORDINGS:
        match = re.search(wording.about, problem)
        if match:
            begin = start if wording.from_context else at
            end = len(doc.text) if wording.from_context else at + 1
            names = {"char": doc.text[begin : begin + 1], **match.groupdict()}
            message = wording.message.format(**names)
            return error_at(doc, "WM002", begin, end, message, wording.hint)
    return error_at(doc, "WM002", at, at + 1, f"this is not YAML: {problem.strip()}")


def _yaml_open(doc: Document, start: int) -> Diagnostic:
    """A bracket is not closed at the end of the text."""
    last = len(doc.text.rstrip()) - 1
    mark = doc.text[start]
    message = f"the text ends before its '{mark}' is closed"
    hint = f"add the '{CLOSES[mark]}', if nothing else is missing"
    related = ((start, start + 1, "it is opened here"),)
    return error_at(doc, "WM002", last, last + 1, message, hint, related)


def _yaml_colon(doc: Document, at: int) -> Diagnostic:
    """There is a ':' where no key can be."""
    begin = max(doc.text.rfind("\n", 0, at), doc.text.rfind("\r", 0, at)) + 1
    line = doc.text[begin:at]
    if re.search(r":\s", line):
        message = "a text that holds ': ' must be in quotes"
        return error_at(doc, "WM002", at, at + 1, message, _QUOTE_IT)
    begin += len(line) - len(line.lstrip(" "))
    hint = "check its indentation, and whether the line above lacks its ':'"
    return error_at(doc, "WM002", begin, at + 1, "this key continues the text above it", hint)


def _yaml_key(doc: Document, start: int, at: int) -> Diagnostic:
    """There is something else where the next key of a mapping should be."""
    before = doc.text[:at].rstrip(" ")
    if before.endswith(('"', "'")):
        message = "there is text after the closing quote"
        return error_at(doc, "WM002", at, len(doc.text), message, _QUOTE_IT)
    if doc.text.startswith(":", at):
        return error_at(doc, "WM002", at, at + 1, "a key is missing before this ':'")
    related = ((start, start + 1, "the mapping starts here"),)
    if doc.text.startswith("-", at):
        message, hint = "a list item stands among keys", "indent the list below its key"
    else:
        message, hint = "this line is indented unlike the keys above it", "align it with them"
    return error_at(doc, "WM002", at, len(doc.text), message, hint, related)
