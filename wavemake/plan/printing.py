"""How diagnostics are printed: as text, JSON, GitHub commands or SARIF."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from wavemake.plan.diagnostics import Diagnostic, Reports, Rule, Severity, Source, Span, Where

_LEVEL_COLOUR = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.NOTE: "36"}
_GUTTER_COLOUR = "34"
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_REPLACEMENT = "\ufffd"
_TAB = "    "
_WINDOW = 100
_WINDOW_BEFORE = 40


def render_text(diagnostics: Sequence[Diagnostic], source: Source, *, colour: bool) -> str:
    """Print all diagnostics of a file for people, sorted by place and then code.

    The result ends in a newline, and is empty if there is nothing to say.
    """
    found = _sorted([(source, diagnostics)])
    return "\n".join(_block(source, diag, span, colour) for _, diag, span in found)


def render_json(reports: Reports) -> str:
    """Print all diagnostics as one JSON object, in ASCII; columns count code points from 1."""
    items = [
        {
            "code": diag.code,
            "severity": diag.severity.value,
            "message": diag.message,
            "hint": diag.hint,
            **_json_place(source, diag.where),
            "related": [{"message": m, **_json_place(source, w)} for w, m in diag.related],
        }
        for source, diag, _ in _sorted(reports)
    ]
    return json.dumps({"schema": 1, "diagnostics": items}, indent=2) + "\n"


def render_github(reports: Reports) -> str:
    """Print one GitHub workflow command a line, which CI shows beside the changed lines."""
    out = []
    for source, diag, span in _sorted(reports):
        level = "notice" if diag.severity is Severity.NOTE else diag.severity.value
        properties = {
            "file": source.name,
            "line": str(span.line),
            "col": str(span.column),
            "title": diag.code,
        }
        head = ",".join(f"{k}={_github(v, property=True)}" for k, v in properties.items())
        notes = [f"{m}: {_at(source, _span(source, w))}" for w, m in diag.related]
        hint = [diag.hint] if diag.hint else []
        out.append(f"::{level} {head}::{_github(chr(10).join([diag.message, *hint, *notes]))}\n")
    return "".join(out)


def render_sarif(reports: Reports, rules: Mapping[str, Rule], *, version: str = "") -> str:
    """Print all diagnostics as a SARIF 2.1.0 log with one run, in ASCII.

    `rules` says what each code stands for; `version` is the compiler's own.
    """
    index = {code: n for n, code in enumerate(sorted(rules))}
    driver: dict[str, Any] = {"name": "wavemake"}
    if version:
        driver["version"] = version
    driver["rules"] = [_sarif_rule(code, rules[code]) for code in index]
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\n", "\r"],
        "results": [_sarif_result(s, d, span, index) for s, d, span in _sorted(reports)],
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(log, indent=2) + "\n"


def _sorted(reports: Reports) -> Iterator[tuple[Source, Diagnostic, Span]]:
    """All diagnostics, in the order in which they are shown."""
    for source, diagnostics in reports:
        placed = [(_span(source, diag.where), diag) for diag in diagnostics]
        placed.sort(key=lambda p: (p[0].line, p[0].column, p[1].code, p[1].message))
        yield from ((source, diag, span) for span, diag in placed)


def _span(source: Source, where: Where | Span) -> Span:
    return where if isinstance(where, Span) else source.locate(where)


def _at(source: Source, span: Span) -> str:
    return f"{source.name}:{span.line}:{span.column}"


def _block(source: Source, diag: Diagnostic, span: Span, colour: bool) -> str:
    """One diagnostic as text: head, source line, caret, notes and hint."""

    def paint(text: str, code: str) -> str:
        return f"\x1b[1;{code}m{text}\x1b[0m" if colour else text

    level = _LEVEL_COLOUR[diag.severity]
    number = str(span.line)
    pad = " " * len(number)
    shown, caret = _excerpt(source.line(span.line), span)
    bar = paint("|", _GUTTER_COLOUR)
    label = paint(f"{diag.severity.value}[{diag.code}]", level)
    lines = [
        f"{_printable(_at(source, span))}: {label}: {_printable(diag.message)}",
        f"{pad} {bar}",
        f"{paint(number, _GUTTER_COLOUR)} {bar} {shown}".rstrip(),
        f"{pad} {bar} {caret[0]}{paint(caret[1], level)}",
    ]
    notes = [("note", f"{_at(source, _span(source, w))}: {m}") for w, m in diag.related]
    for kind, text in notes + [("hint", diag.hint)] * bool(diag.hint):
        first, *rest = text.split("\n")
        lines.append(f"{pad} {paint('=', _GUTTER_COLOUR)} {kind}: {_printable(first)}")
        lines += [f"{pad}   {' ' * len(kind)}  {_printable(line)}" for line in rest]
    return "\n".join(lines) + "\n"


def _excerpt(line: str, span: Span) -> tuple[str, tuple[str, str]]:
    """What is shown of a line, and what goes below it: blanks, and carets under the span.

    All of a short line is shown, and of a long one about 100 columns around the place.
    """
    at = min(span.column - 1, len(line))
    start = _reach(line, at, -1, _WINDOW_BEFORE)
    stop = _reach(line, start, +1, _WINDOW)
    if start and stop == len(line):
        start = _reach(line, stop, -1, _WINDOW)
    if len(line) <= _WINDOW and _width(line) <= _WINDOW:
        start, stop = 0, len(line)
    head = "…" if start else ""
    before, marked = line[start:at], line[at : min(stop, at + span.length)]
    shown = head + _printable(line[start:stop]) + ("…" if stop < len(line) else "")
    return shown, (" " * (len(head) + _width(before)), "^" * max(1, _width(marked)))


def _reach(line: str, start: int, step: int, columns: int) -> int:
    """How far from `start` one gets in `columns`: the end of the slice in that direction."""
    at, left = start, columns
    while at > 0 if step < 0 else at < len(line):
        left -= _width(line[at - 1] if step < 0 else line[at])
        if left < 0:
            break
        at += step
    return at


def _printable(text: str) -> str:
    """The text as a terminal may be given it: nothing in it moves a cursor or turns a line."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_cell(char) for char in text)


def _cell(char: str) -> str:
    if char == "\t":
        return _TAB
    return _REPLACEMENT if unicodedata.category(char) in _UNSAFE else char


def _width(text: str) -> int:
    """How many columns of a terminal the text takes once it is printable."""
    if text.isascii():
        return len(text) + text.count("\t") * (len(_TAB) - 1)
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if char == "\t":
        return len(_TAB)
    category = unicodedata.category(char)
    if category in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" and category not in _UNSAFE else 1


def _json_place(source: Source, where: Where | Span) -> dict[str, Any]:
    span = _span(source, where)
    return {
        "file": source.name,
        "line": span.line,
        "column": span.column,
        "length": span.length,
        "path": list(where.path) if isinstance(where, Where) else None,
    }


def _github(text: str, *, property: bool = False) -> str:
    """Escape a message of a workflow command, or one of its properties."""
    clean = "\n".join(_printable(line) for line in text.split("\n"))
    text = clean.replace("%", "%25").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if property else text


def _sarif_rule(code: str, rule: Rule) -> dict[str, Any]:
    name, short, text = rule
    return {
        "id": code,
        "name": name,
        "shortDescription": {"text": short},
        "help": {"text": text},
    }


def _sarif_result(
    source: Source, diag: Diagnostic, span: Span, index: Mapping[str, int]
) -> dict[str, Any]:
    text = f"{diag.message}\n{diag.hint}" if diag.hint else diag.message
    result: dict[str, Any] = {"ruleId": diag.code}
    if diag.code in index:
        result["ruleIndex"] = index[diag.code]
    result["level"] = diag.severity.value
    result["message"] = {"text": text}
    result["locations"] = [_sarif_location(source, span)]
    if diag.related:
        result["relatedLocations"] = [
            {**_sarif_location(source, _span(source, where)), "message": {"text": note}}
            for where, note in diag.related
        ]
    return result


def _sarif_location(source: Source, span: Span) -> dict[str, Any]:
    uri = quote(source.name.encode("utf-8", "surrogateescape"), safe="/")
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.line,
        "endColumn": span.column + span.length,
    }
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": f"file://{uri}" if uri.startswith("/") else uri},
            "region": region,
        }
    }
