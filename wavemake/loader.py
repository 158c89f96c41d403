"""Reads a plan's text, JSON or YAML, into a plain tree in which every place can be found again.

JSON is read by the C scanner; our own scanner runs only when there is something to point at.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import math
import re
import sys
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn

from wavemake.diagnostics import Diagnostic, Rule, Severity, Span, Where, did_you_mean

if TYPE_CHECKING:
    import yaml

Format = Literal["json", "yaml"]

MAX_DEPTH = 100
"""How deep objects and arrays may nest."""

MAX_DIGITS = 4300
"""How many digits an integer may have, as in Python."""

MAX_EXPANDED = 1_000_000
"""How many nodes the aliases of a YAML plan may stand for."""

RULES: Mapping[str, Rule] = {
    "WM001": (
        "json-syntax",
        "The plan is not JSON.",
        "The file is read as JSON because of its name, or because it starts with { or [. "
        "JSON has no comments, no trailing commas and no single quotes, and no NaN or Infinity. "
        "Name the file .yaml to write it in YAML.",
    ),
    "WM002": (
        "yaml-syntax",
        "The plan is not YAML, or uses what a plan has no use for.",
        "A plan is one YAML document of texts, numbers, true, false, null, lists and mappings "
        "whose keys are texts. Tags that make other objects are refused. "
        "Quote a text that holds ': ' or ' #', or that starts with one of @`%&*!|>{}[].",
    ),
    "WM003": (
        "duplicate-key",
        "A key is given twice in one object.",
        "Readers of JSON silently keep the last value, so one of the two was written in vain. "
        "Keep one of them.",
    ),
    "WM004": (
        "not-text",
        "The plan is not UTF-8 text.",
        "Plans are UTF-8, with or without a byte order mark. Save the file as UTF-8.",
    ),
    "WM005": (
        "too-large",
        "The plan exceeds a limit of the reader.",
        f"Objects nest at most {MAX_DEPTH} deep, an integer has at most {MAX_DIGITS} digits, a "
        f"number is not too large for a double, and the aliases of a YAML plan stand for at most "
        f"{MAX_EXPANDED} values.",
    ),
}

_LINE_END = re.compile(r"\r\n|\n|\r")
_SURROGATE = re.compile("[\ud800-\udfff]")
_FENCE = re.compile(r"^(?:```|~~~)[^\r\n]*", re.MULTILINE)


class SyntaxProblem(Exception):
    """The text is no plan that can be read; `diagnostics` say why, and are about `source`."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...], source: Document) -> None:
        super().__init__(f"{source.name}: {diagnostics[0].message}")
        self.diagnostics = diagnostics
        self.source = source


class _Node:
    """Where a value stands in the text, where its key does, and the nodes in it; all offsets."""

    __slots__ = ("children", "end", "key", "start")

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end
        self.key: tuple[int, int] | None = None
        self.children: dict[str, _Node] | list[_Node] | None = None

    def child(self, step: str | int) -> _Node | None:
        """The node of a key or an index, if there is one."""
        if isinstance(self.children, dict):
            return self.children.get(step) if isinstance(step, str) else None
        if isinstance(self.children, list) and isinstance(step, int):
            return self.children[step] if 0 <= step < len(self.children) else None
        return None


@dataclass
class Document:
    """A plan as it was read: its text, and its value, in which any place can be located."""

    name: str
    text: str
    value: Any
    format: Format
    _root: _Node | None = field(default=None, init=False, repr=False, compare=False)
    _starts: list[int] = field(default_factory=list, init=False, repr=False, compare=False)

    def locate(self, where: Where | Span) -> Span:
        """The span of a value or a key; of the nearest value around it if there is no such place.

        An object or an array is shown by its first character, a value that was left out by its key.
        """
        if isinstance(where, Span):
            return where
        if self._root is None:
            self._root = self._scan()
        node = self._root
        on_key = where.on_key
        for step in where.path:
            inner = node.child(step)
            if inner is None:
                on_key = False
                break
            node = inner
        if node.key and (on_key or node.start == node.end):
            return self.span(*node.key)
        return self.span(node.start, node.start + 1 if node.children is not None else node.end)

    def line(self, n: int) -> str:
        """Line `n`, counted from 1, without its line end; "" if there is no such line."""
        if not 1 <= n <= len(self._line_starts()):
            return ""
        start, end = self._line_range(n)
        return self.text[start:end]

    def span(self, start: int, end: int) -> Span:
        """The span of a range of offsets, cut at the end of the line in which it starts.

        A range that starts at a line's end is shown by the last character of the line.
        """
        n = bisect_right(self._line_starts(), start)
        begin, stop = self._line_range(n)
        first = max(begin, min(start, stop - 1))
        return Span(n, first - begin + 1, max(1, min(end, stop) - first))

    def _line_range(self, n: int) -> tuple[int, int]:
        """Where line `n` starts, and where it ends before its line end."""
        starts = self._line_starts()
        start, end = starts[n - 1], starts[n] if n < len(starts) else len(self.text)
        while end > start and self.text[end - 1] in "\r\n":
            end -= 1
        return start, end

    def _line_starts(self) -> list[int]:
        if not self._starts:
            self._starts = [0, *(m.end() for m in _LINE_END.finditer(self.text))]
        return self._starts

    def _scan(self) -> _Node:
        scanner = _JsonScanner(self)
        try:
            return scanner.scan()
        except _Fatal:
            # Only the text of a SyntaxProblem is not JSON, and it has no value to locate.
            return _Node(0, 1)


def load(path: str) -> Document:
    """Read the plan in the file `path`, or on standard input if it is "-".

    Raises SyntaxProblem if it cannot be read as a plan, and OSError if it cannot be read at all.
    """
    if path == "-":
        return load_text(sys.stdin.buffer.read(), "<stdin>")
    return load_text(FilePath(path).read_bytes(), path)


def load_text(text: str | bytes, name: str, format: Format | None = None) -> Document:
    """Read a plan from its text, or from its bytes in UTF-8; `name` is what messages call it.

    Without `format`, the name's ending decides, then the first character. Raises SyntaxProblem.
    """
    problem = None
    if isinstance(text, bytes):
        text, problem = _decode(text)
    text = text.removeprefix("\ufeff")
    doc = Document(name, text, None, format or _format(text, name))
    problem = problem or _no_text(text)
    if problem is not None:
        offset, message, hint = problem
        raise SyntaxProblem((_error(doc, "WM004", offset, offset + 1, message, hint),), doc)
    if doc.format == "json":
        doc.value = _load_json(doc)
    else:
        doc.value, doc._root = _YamlBuilder(doc).build()
    return doc


class _Fatal(Exception):
    """Nothing of use can be read after the last diagnostic that was found."""


def _error(
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


def _duplicate(
    doc: Document, name: str, key: tuple[int, int], first: tuple[int, int]
) -> Diagnostic:
    hint = "merge several at once: <<: [*a, *b]" if name == "<<" else "keep one of the two"
    message = f"the key {_shown(name)} is given twice"
    return _error(doc, "WM003", *key, message, hint, ((*first, "it is first given here"),))


def _fenced(doc: Document, code: str, fence: re.Match[str]) -> Diagnostic:
    message = "the plan is wrapped in a Markdown fence"
    hint = "remove the fence, and any text around it"
    return _error(doc, code, *fence.span(), message, hint)


def _shown(text: str, limit: int = 40) -> str:
    """A piece of the plan as it is shown within a message."""
    return f"'{text if len(text) <= limit else text[: limit - 1] + '…'}'"


# --- bytes to text ---

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)

_NoText = tuple[int, str, str]


def _decode(data: bytes) -> tuple[str, _NoText | None]:
    """The text, and if the bytes are not UTF-8, where in the text, what is wrong, and a hint."""
    for bom, encoding, shown in _BOMS:
        if data.startswith(bom):
            text = data.decode(encoding, "replace")
            return text, (0, f"the file is {shown}, not UTF-8", "save it as UTF-8")
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError as error:
        text = data.decode("utf-8", "replace")
        offset = len(data[: error.start].decode("utf-8").removeprefix("\ufeff"))
        message = f"the byte 0x{data[error.start]:02X} is not UTF-8"
        return text, (offset, message, "save the file as UTF-8")


def _no_text(text: str) -> _NoText | None:
    """What keeps a text from being a plan's, whatever its format."""
    nul = text.find("\0")
    if nul >= 0:
        hint = "save the file as UTF-8 text; it may be UTF-16, or not a text at all"
        return nul, "the file has a NUL character in it", hint
    lone = None if text.isascii() else _SURROGATE.search(text)
    if lone:
        return lone.start(), f"U+{ord(lone[0]):04X} is half a character", "write the whole one"
    return None


def _format(text: str, name: str) -> Format:
    ending = name.lower()
    if ending.endswith(".json"):
        return "json"
    if ending.endswith((".yaml", ".yml")):
        return "yaml"
    return "json" if text.lstrip()[:1] in ("{", "[") else "yaml"


# --- JSON ---


class _Refused(ValueError):
    """JSON that the C scanner accepts and we do not."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _Refused("duplicate key")
    return value


def _refuse(word: str) -> NoReturn:
    raise _Refused(word)


def _int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise _Refused("integer")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise _Refused("number")
    return value


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_refuse, parse_int=_int, parse_float=_float
)


def _load_json(doc: Document) -> Any:
    """The value of a JSON document; if there is anything to report, the slow scanner finds it."""
    try:
        value = _DECODER.decode(doc.text)
        if not _too_deep(value):
            return value
        offset, message = 0, "nested too deep"
    except RecursionError:
        offset, message = 0, "nested too deep"
    except ValueError as error:
        offset = error.pos if isinstance(error, json.JSONDecodeError) else 0
        message = "this is not JSON"
    scanner = _JsonScanner(doc)
    with contextlib.suppress(_Fatal):
        scanner.scan()
    found = scanner.found or [_error(doc, "WM001", offset, offset + 1, message)]
    raise SyntaxProblem(tuple(found), doc)


def _too_deep(value: Any) -> bool:
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(MAX_DEPTH):
        if not level:
            return False
        # `type(x) is` and one comprehension: this runs over every value of every plan.
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) is dict or type(inner) is list
        ]
    return bool(level)


_STRING = r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\\x00-\x1f]*)*"'
_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
_TOKEN = re.compile(
    rf"[ \t\n\r]*(?:(?P<string>{_STRING})|(?P<mark>[\[\]{{}}:,])"
    rf"|(?P<number>{_NUMBER})(?![\w.+-])|(?P<word>true|false|null)(?![\w.+-])|(?P<odd>))"
)
_STRING_BODY = re.compile(_STRING[:-1])
_ESCAPE = re.compile(r"\\(?:u[0-9A-Fa-f]{0,4}|[^\r\n])")
_COMMENT = re.compile(r"(?://|#)[^\r\n]*|/\*.*?\*/", re.DOTALL)
_BARE = re.compile(r"[^\s,:;=()\[\]{}\"'`]+")
_WRONG_QUOTES = re.compile(r"'((?:[^'\\\r\n]|\\[^\r\n])*)'|[“”„]([^“”„\r\n]*)[“”]")
_NUMBER_LIKE = re.compile(r"[-+]?\.?[0-9]")
_YAML_LIKE = re.compile(r"---\s|- |[\w-]+:(?:\s|\Z)")

_CONSTANTS = {"true": "true", "false": "false", "none": "null", "null": "null", "nil": "null"}
_CONSTANTS["undefined"] = "null"
_NO_NUMBERS = ("nan", "inf", "infinity")
_CLOSES = {"{": "}", "[": "]"}


class _Token(NamedTuple):
    kind: str
    start: int
    end: int


class _JsonScanner:
    """Finds the place of every value and key of a JSON text, and all that is wrong with it.

    What can be read over is collected in `found`; anything else is added to it and raises _Fatal.
    """

    def __init__(self, doc: Document) -> None:
        self.doc = doc
        self.text = doc.text
        self.found: list[Diagnostic] = []
        self.open: list[int] = []

    def scan(self) -> _Node:
        """The node of the whole text."""
        root = self.value(self.token(0))
        after = self.token(root.end)
        if after.kind != "end":
            self.fail_after_end(after)
        return root

    # --- what is read ---

    def token(self, pos: int) -> _Token:
        while True:
            match = _TOKEN.match(self.text, pos)
            assert match is not None
            kind = str(match.lastgroup)
            start, end = match.span(kind)
            if kind != "odd":
                return _Token(kind, start, end)
            if start == len(self.text):
                return _Token("end", start, start)
            comment = _COMMENT.match(self.text, start)
            if comment is None:
                return _Token("odd", start, start + 1)
            hint = "remove it, or write the plan in YAML"
            self.error(*comment.span(), "JSON has no comments", hint)
            pos = comment.end()

    def value(self, token: _Token) -> _Node:
        kind, start, end = token
        if kind == "string" or kind == "word":
            return _Node(start, end)
        if kind == "number":
            self.check_number(start, end)
            return _Node(start, end)
        if kind == "mark" and self.text[start] == "{":
            return self.object(start)
        if kind == "mark" and self.text[start] == "[":
            return self.array(start)
        return self.odd_value(token)

    def object(self, start: int) -> _Node:
        node = self.enter(start)
        children: dict[str, _Node] = {}
        node.children = children
        token = self.token(start + 1)
        while not self.is_mark(token, "}"):
            if token.kind != "string":
                self.fail_key(token)
            key = token.start, token.end
            colon = self.token(token.end)
            if not self.is_mark(colon, ":"):
                self.fail_colon(token, colon)
            value = self.value(self.token(colon.end))
            value.key = key
            name = self.name(*key)
            first = children.setdefault(name, value)
            if first is not value and first.key is not None:
                self.found.append(_duplicate(self.doc, name, key, first.key))
            token = self.after_item(value, "}")
        return self.leave(node, token)

    def array(self, start: int) -> _Node:
        node = self.enter(start)
        children: list[_Node] = []
        node.children = children
        token = self.token(start + 1)
        while not self.is_mark(token, "]"):
            value = self.value(token)
            children.append(value)
            token = self.after_item(value, "]")
        return self.leave(node, token)

    def after_item(self, item: _Node, close: str) -> _Token:
        """The token after the item's comma, or the bracket that closes what it is in."""
        token = self.token(item.end)
        if self.is_mark(token, close):
            return token
        if not self.is_mark(token, ","):
            self.fail_comma(item, token, close)
        after = self.token(token.end)
        if self.is_mark(after, close):
            message = f"there is a ',' before the closing '{close}'"
            self.error(token.start, token.end, message, "remove the ','")
        return after

    def enter(self, start: int) -> _Node:
        if len(self.open) == MAX_DEPTH:
            message = f"this is nested more than {MAX_DEPTH} levels deep"
            self.fail(start, start + 1, message, code="WM005")
        self.open.append(start)
        return _Node(start, start + 1)

    def leave(self, node: _Node, token: _Token) -> _Node:
        self.open.pop()
        node.end = token.end
        return node

    def is_mark(self, token: _Token, mark: str) -> bool:
        return token.kind == "mark" and self.text[token.start] == mark

    def name(self, start: int, end: int) -> str:
        raw = self.text[start + 1 : end - 1]
        return str(json.loads(self.text[start:end])) if "\\" in raw else raw

    def check_number(self, start: int, end: int) -> None:
        digits = self.text[start:end]
        if digits.lstrip("-").isdigit():
            if len(digits) > MAX_DIGITS:
                self.error(start, end, *_TOO_LONG, code="WM005")
        elif math.isinf(float(digits)):
            self.error(start, end, *_TOO_LARGE, code="WM005")

    # --- what is wrong ---

    def error(
        self,
        start: int,
        end: int,
        message: str,
        hint: str = "",
        related: tuple[tuple[int, int, str], ...] = (),
        code: str = "WM001",
    ) -> None:
        self.found.append(_error(self.doc, code, start, end, message, hint, related))

    def fail(
        self,
        start: int,
        end: int,
        message: str,
        hint: str = "",
        related: tuple[tuple[int, int, str], ...] = (),
        code: str = "WM001",
    ) -> NoReturn:
        self.error(start, end, message, hint, related, code)
        raise _Fatal

    def odd_value(self, token: _Token) -> _Node:
        """Read over what people write for a constant; anything else that is no value is fatal."""
        bare = _BARE.match(self.text, token.start) if self.open else None
        word = bare[0].lstrip("+-").lower() if bare else ""
        if bare and word in _CONSTANTS:
            hint = f"write {_CONSTANTS[word]}"
            self.error(*bare.span(), f"{_shown(bare[0])} is not a word of JSON", hint)
        elif bare and word in _NO_NUMBERS:
            hint = "leave it out, or write null"
            self.error(*bare.span(), f"{_shown(bare[0])} is not a number of JSON", hint)
        else:
            self.fail_value(token)
        return _Node(*bare.span())

    def fail_value(self, token: _Token) -> NoReturn:
        start = token.start
        if not self.open:
            self.fail_start(token)
        self.fail_anywhere(token)
        if token.kind == "mark":
            self.fail(start, token.end, f"a value is missing before this '{self.text[start]}'")
        bare = _BARE.match(self.text, start)
        if bare and _NUMBER_LIKE.match(bare[0]):
            hint = "numbers are written like 5, -5, 0.5 or 5e3; anything else goes in double quotes"
            self.fail(*bare.span(), f"{_shown(bare[0])} is not a number of JSON", hint)
        if bare:
            message = f"the text {_shown(bare[0])} is not in double quotes"
            rest = self.text[bare.end() : bare.end() + 1]
            alone = rest in ",]}\r\n" and len(bare[0]) <= 40
            hint = f"write {json.dumps(bare[0])}" if alone else "put the whole text in quotes"
            self.fail(*bare.span(), message, hint)
        hint = "a list is written in [ ]" if self.text[start] == "(" else ""
        self.fail(start, token.end, f"a value cannot start with {_shown(self.text[start])}", hint)

    def fail_key(self, token: _Token) -> NoReturn:
        self.fail_anywhere(token)
        start, end = token.start, token.end
        bare = _BARE.match(self.text, start)
        if bare:
            hint = f"write {json.dumps(bare[0])}" if len(bare[0]) <= 40 else ""
            message = f"the key {_shown(bare[0])} is not in double quotes"
            self.fail(*bare.span(), message, hint)
        if self.text[start] in ",:":
            self.fail(start, end, f"a key is missing before this '{self.text[start]}'")
        self.fail(start, end, "a key is a string in double quotes")

    def fail_colon(self, key: _Token, token: _Token) -> NoReturn:
        self.fail_anywhere(token)
        shown = _shown(self.name(key.start, key.end))
        if token.kind == "mark" and self.text[token.start] in ",}":
            self.fail(key.start, key.end, f"the key {shown} has no value")
        hint = "write ':'" if self.text[token.start] == "=" else ""
        self.fail(token.start, token.end, f"a ':' is missing after the key {shown}", hint)

    def fail_comma(self, item: _Node, token: _Token, close: str) -> NoReturn:
        if item.end - item.start == 2 and self.text.startswith('"""', item.start):
            hint = r"use one pair of quotes, and write a line break as \n"
            self.fail(item.start, item.start + 3, "JSON has no triple quotes", hint)
        start, end = token.start, token.end
        bare = _BARE.match(self.text, start)
        if token.kind == "odd":
            inside = bool(bare) and self.text[start].isalnum() and self.same_line(item, token)
        else:
            inside = token.kind != "mark" and start == item.end
        if inside and self.text[item.end - 1] == '"':
            hint = r"write a quote inside a string as \""
            self.fail(start, bare.end() if bare else end, "the string ends before this", hint)
        self.fail_anywhere(token)
        if token.kind != "odd" and self.text[start] != ":":
            line = self.doc.span(item.end - 1, item.end).line
            hint = "add it" if self.same_line(item, token) else f"add it at the end of line {line}"
            end = start + 1 if token.kind == "mark" else end
            self.fail(start, end, "a ',' is missing before this", hint)
        if self.text[start] == ":" and close == "]":
            self.fail(start, end, "a list has no keys", "keys and their values stand in { }")
        end = bare.end() if bare else end
        shown = _shown(self.text[start:end])
        self.fail(start, end, f"a ',' or '{close}' is expected here, not {shown}")

    def same_line(self, item: _Node, token: _Token) -> bool:
        return not _LINE_END.search(self.text, item.end, token.start)

    def fail_start(self, token: _Token) -> NoReturn:
        """There is something else where the JSON should start."""
        if token.kind == "end":
            self.fail(0, 1, "the plan is empty")
        fence = _FENCE.search(self.text)
        if fence:
            self.found.append(_fenced(self.doc, "WM001", fence))
            raise _Fatal
        start = token.start
        end = len(self.text)
        if _YAML_LIKE.match(self.text, start):
            self.fail(start, end, "this is YAML, not JSON", "name the file .yaml")
        if self.text.find("{", start + 1) > 0:
            hint = "remove everything before the first '{'"
            self.fail(start, end, "there is text before the JSON", hint)
        self.fail(start, end, "this is not JSON", "a plan starts with '{'")

    def fail_after_end(self, token: _Token) -> NoReturn:
        start = token.start
        fence = _FENCE.match(self.text, start)
        if fence:
            self.found.append(_fenced(self.doc, "WM001", fence))
            raise _Fatal
        if token.kind == "mark" and self.text[start] in "]}":
            message = f"this '{self.text[start]}' closes nothing"
            self.fail(start, token.end, message, "remove it, or look for one too many above")
        if token.kind == "mark" and self.text[start] in "{[":
            hint = "a plan is one object"
            self.fail(start, token.end, "a second JSON value starts here", hint)
        self.fail(start, len(self.text), "there is text after the end of the JSON", "remove it")

    def fail_anywhere(self, token: _Token) -> None:
        """Raise for what is wrong wherever it stands."""
        start, char = token.start, self.text[token.start : token.start + 1]
        quotes = _WRONG_QUOTES.match(self.text, start)
        if token.kind == "end":
            self.fail_end()
        elif char == '"' and token.kind == "odd":
            self.fail_string(start)
        elif quotes:
            inner = (quotes[1] or quotes[2] or "").replace("\\'", "'")
            hint = f"write {json.dumps(inner, ensure_ascii=False)}" if len(inner) <= 40 else ""
            self.fail(*quotes.span(), "a string is written in double quotes", hint)
        elif char in ("]", "}") and char != _CLOSES[self.text[self.open[-1]]]:
            opener = self.open[-1]
            related = ((opener, opener + 1, "it is opened here"),)
            message = f"this '{char}' does not close the '{self.text[opener]}' that is open"
            self.fail(start, token.end, message, related=related)
        elif char.isspace() or unicodedata.category(char) == "Cf":
            message = f"the blank U+{ord(char):04X} is not one of JSON's"
            self.fail(start, token.end, message, "replace it with a space")

    def fail_end(self) -> NoReturn:
        last = len(self.text.rstrip()) - 1
        opener = self.open[-1]
        mark = self.text[opener]
        related = ((opener, opener + 1, "it is opened here"),)
        hint = f"add the '{_CLOSES[mark]}', if nothing else is missing"
        self.fail(last, last + 1, f"the text ends before its '{mark}' is closed", hint, related)

    def fail_string(self, start: int) -> NoReturn:
        match = _STRING_BODY.match(self.text, start)
        assert match is not None
        bad = match.end()
        char = self.text[bad : bad + 1]
        escape = _ESCAPE.match(self.text, bad)
        if escape:
            hint = r"write a backslash as \\"
            if escape[0][1] == "u":
                hint = r"\u is followed by four hexadecimal digits; " + hint
            self.fail(*escape.span(), f"'{escape[0]}' is not an escape of JSON", hint)
        if char in ("", "\r", "\n", "\\"):
            hint = r'close it with ", and write a line break inside a string as \n'
            self.fail(start, bad, "this string is not closed on its line", hint)
        hint = r"\t" if char == "\t" else f"\\u{ord(char):04x}"
        what = "a tab" if char == "\t" else f"the control character U+{ord(char):04X}"
        self.fail(bad, bad + 1, f"{what} cannot stand in a string", f"write it as {hint}")


_TOO_LONG = f"this integer has more than {MAX_DIGITS} digits", "put it in quotes"
_TOO_LARGE = "this number is too large", "the largest is about 1.8e308"


# --- YAML ---

_TAG = "tag:yaml.org,2002:"
_CORE = re.compile(
    r"(?P<null>~|null|Null|NULL|)|(?P<true>true|True|TRUE)|(?P<false>false|False|FALSE)"
    r"|(?P<int>[-+]?[0-9]+)|(?P<oct>0o[0-7]+)|(?P<hex>0x[0-9a-fA-F]+)"
    r"|(?P<float>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<no>[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))"
)
_CORE_START = frozenset("~nNtTfF+-.0123456789")
_NOT_YAML = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_WHOLE_LINE = re.compile(r"[^\r\n]*")
_TAG_TEXT = re.compile(r"!\S*")
_JSON_INSIDE = re.compile(r"^\{(?:\s*$|\s*\")", re.MULTILINE)


class _Built(NamedTuple):
    """A value that was read: how many values it stands for, and how deep objects nest in it."""

    value: Any
    node: _Node
    size: int = 1
    height: int = 0
    plain: bool = False


class _Key(NamedTuple):
    """A key whose value is awaited; without a name, the value is dropped."""

    name: str | None
    place: tuple[int, int]
    merge: bool


class _Open:
    """A list or a mapping that is being read."""

    __slots__ = ("anchor", "height", "key", "merge_key", "merged", "node", "size", "value")

    def __init__(self, value: dict[str, Any] | list[Any], node: _Node, anchor: str | None) -> None:
        self.value = value
        self.node = node
        self.anchor = anchor
        self.size = 1
        self.height = 1
        self.key: _Key | None = None
        self.merge_key: tuple[int, int] | None = None
        self.merged: list[tuple[dict[str, Any], dict[str, _Node]]] = []


def _range(event: yaml.Event) -> tuple[int, int]:
    """The offsets of an event; libyaml's, too, count code points."""
    assert event.start_mark is not None
    assert event.end_mark is not None
    return event.start_mark.index, event.end_mark.index


class _YamlBuilder:
    """Makes the value of a YAML document, and the places in it, out of the parser's events.

    Events, because composing nodes recurses in C, and because they are all that is needed.
    """

    def __init__(self, doc: Document) -> None:
        self.doc = doc
        self.found: list[Diagnostic] = []
        self.stack: list[_Open] = []
        self.anchors: dict[str, _Built | None] = {}
        self.expanded = 0
        self.documents = 0
        self.root: _Built | None = None

    def build(self) -> tuple[Any, _Node]:
        """The value and its node; raises SyntaxProblem with all that is wrong."""
        with contextlib.suppress(_Fatal):
            self.check_characters()
            self.read()
        root = self.root
        if not self.found and (root is None or (root.plain and root.node.start == root.node.end)):
            self.error(0, 1, "the plan is empty")
        if self.found or root is None:
            raise SyntaxProblem(tuple(self.found), self.doc)
        return root.value, root.node

    def check_characters(self) -> None:
        bad = _NOT_YAML.search(self.doc.text)
        if bad:
            message = f"the character U+{ord(bad[0]):04X} cannot stand in YAML"
            self.fail(*bad.span(), message, "remove it")

    def read(self) -> None:
        import yaml

        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        handlers: dict[type[yaml.Event], Any] = {
            yaml.ScalarEvent: self.scalar,
            yaml.AliasEvent: self.alias,
            yaml.MappingStartEvent: lambda event: self.enter(event, {}, {}),
            yaml.SequenceStartEvent: lambda event: self.enter(event, [], []),
            yaml.MappingEndEvent: self.leave,
            yaml.SequenceEndEvent: self.leave,
            yaml.DocumentStartEvent: self.document,
        }
        try:
            for event in yaml.parse(self.doc.text, Loader=loader):
                handler = handlers.get(type(event))
                if handler:
                    handler(event)
        except yaml.YAMLError as error:
            self.found.append(_yaml_problem(self.doc, error))
            raise _Fatal from None
        except (ValueError, OverflowError):
            # In PyYAML's own scanner, chr() and int() fail on some escapes and directives.
            self.fail(0, 1, "an escape or a directive in this text is out of range")

    # --- events ---

    def document(self, event: yaml.DocumentStartEvent) -> None:
        self.documents += 1
        if self.documents > 1:
            start, end = _range(event)
            self.fail(start, end, "a second document starts here", "a plan is one document")

    def scalar(self, event: yaml.ScalarEvent) -> None:
        node = _Node(*_range(event))
        plain = bool(event.implicit[0]) and event.tag is None
        value = self.scalar_value(event, node)
        built = _Built(value, node, plain=plain)
        if event.anchor is not None:
            self.anchors[event.anchor] = built
        self.add(built)

    def alias(self, event: yaml.AliasEvent) -> None:
        start, end = _range(event)
        name = str(event.anchor)
        target = self.anchors.get(name)
        if target is None:
            message = f"'*{name}' names no anchor"
            hint = did_you_mean(name, self.anchors)
            if name in self.anchors:
                message, hint = f"'*{name}' stands inside its own anchor", ""
            self.fail(start, end, message, hint)
        self.expanded += target.size
        if self.expanded > MAX_EXPANDED:
            message = f"the aliases up to here stand for more than {MAX_EXPANDED:,} values"
            self.fail(start, end, message, code="WM005")
        self.check_depth(start, end, target.height)
        node = _Node(start, end)
        node.children = target.node.children
        self.add(target._replace(node=node, plain=False))

    def enter(self, event: yaml.CollectionStartEvent, value: Any, children: Any) -> None:
        node = _Node(*_range(event))
        node.children = children
        if event.tag not in (None, "!", _TAG + ("map" if isinstance(value, dict) else "seq")):
            self.bad_tag(event.tag, node)
        self.check_depth(node.start, node.start + 1, 1)
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        self.stack.append(_Open(value, node, event.anchor))

    def leave(self, event: yaml.CollectionEndEvent) -> None:
        top = self.stack.pop()
        top.node.end = _range(event)[0]
        if top.merged and isinstance(top.value, dict) and isinstance(top.node.children, dict):
            # The mapping's own keys win, then those of the mapping that is merged first.
            for value, children in top.merged:
                top.value = {**value, **top.value}
                top.node.children = {**children, **top.node.children}
        built = _Built(top.value, top.node, top.size, top.height)
        if top.anchor is not None:
            self.anchors[top.anchor] = built
        self.add(built)

    # --- values ---

    def add(self, built: _Built) -> None:
        """Put a value where it belongs in the list or the mapping that is open."""
        if not self.stack:
            self.root = built
            return
        top = self.stack[-1]
        top.size += built.size
        top.height = max(top.height, built.height + 1)
        children = top.node.children
        if isinstance(top.value, list):
            assert isinstance(children, list)
            top.value.append(built.value)
            children.append(built.node)
            return
        assert isinstance(children, dict)
        if top.key is None:
            top.key = self.key(top, built)
            return
        (name, place, merge), top.key = top.key, None
        if merge:
            self.merge(top, built)
        elif name is not None:
            built.node.key = place
            top.value[name] = built.value
            children[name] = built.node

    def key(self, top: _Open, built: _Built) -> _Key:
        value, node = built.value, built.node
        place = node.start, node.end
        if not isinstance(value, str):
            raw = self.doc.text[node.start : node.end]
            simple = node.children is None and raw and len(raw) <= 40
            message = f"the key {_shown(raw)} is not a text" if simple else "a key must be a text"
            hint = f"put it in quotes: '{raw}'" if simple else ""
            self.error(node.start, node.end if simple else node.start + 1, message, hint)
            return _Key(None, place, False)
        merge = built.plain and value == "<<"
        assert isinstance(top.node.children, dict)
        first = top.merge_key if merge else None
        if not merge and value in top.node.children:
            first = top.node.children[value].key
        if first is not None:
            self.found.append(_duplicate(self.doc, value, place, first))
            return _Key(None, place, False)
        if merge:
            top.merge_key = place
        return _Key(value, place, merge)

    def merge(self, top: _Open, built: _Built) -> None:
        values, nodes = [built.value], [built.node]
        if isinstance(built.value, list) and isinstance(built.node.children, list):
            values, nodes = built.value, built.node.children
        for value, node in zip(values, nodes, strict=True):
            if not isinstance(value, dict) or not isinstance(node.children, dict):
                end = node.end if node.children is None else node.start + 1
                self.error(node.start, end, "'<<' merges mappings, and this is none")
                return
            top.merged.append((value, node.children))

    def scalar_value(self, event: yaml.ScalarEvent, node: _Node) -> Any:
        text, tag = event.value, event.tag
        if not text.isascii() and _SURROGATE.search(text):
            # Only PyYAML's own scanner lets such an escape pass.
            self.error(node.start, node.end, "an escape in this text is not a character")
            return None
        if tag in (None, "!"):
            return self.core(text, node) if event.implicit[0] else text
        kind = tag.removeprefix(_TAG)
        if kind == "str":
            return text
        if kind not in ("null", "bool", "int", "float"):
            self.bad_tag(tag, node)
            return None
        value = self.core(text, node)
        if kind == "float" and type(value) is int:
            return self.finite(value, node)
        types = {"null": type(None), "bool": bool, "int": int, "float": float}
        if type(value) is not types[kind]:
            self.error(node.start, node.end, f"{_shown(text)} is not a YAML {kind}")
        return value

    def core(self, text: str, node: _Node) -> Any:
        """The value of a plain scalar in YAML 1.2's core schema, where `no` and 1:30 are texts."""
        if text and text[0] not in _CORE_START:
            return text
        match = _CORE.fullmatch(text)
        if match is None:
            return text
        kind = match.lastgroup
        if kind in ("null", "true", "false"):
            return {"null": None, "true": True, "false": False}[kind]
        if kind == "no":
            self.error(node.start, node.end, f"{_shown(text)} is not a number a plan can hold")
            return None
        if kind == "float":
            return self.finite(text, node)
        if len(text) > MAX_DIGITS:
            self.error(node.start, node.end, *_TOO_LONG, code="WM005")
            return None
        return int(text) if kind == "int" else int(text, 0)

    def finite(self, number: str | int, node: _Node) -> float | None:
        try:
            value = float(number)
        except OverflowError:
            value = math.inf
        if math.isinf(value):
            self.error(node.start, node.end, *_TOO_LARGE, code="WM005")
            return None
        return value

    # --- what is wrong ---

    def check_depth(self, start: int, end: int, height: int) -> None:
        if len(self.stack) + height > MAX_DEPTH:
            message = f"this is nested more than {MAX_DEPTH} levels deep"
            self.fail(start, end, message, code="WM005")

    def bad_tag(self, tag: str, node: _Node) -> None:
        shown = "!!" + tag.removeprefix(_TAG) if tag.startswith(_TAG) else tag
        match = _TAG_TEXT.search(self.doc.text, node.start)
        start, end = match.span() if match else (node.start, node.start + 1)
        hint = "remove it; a text that starts with '!' goes in quotes"
        self.error(start, end, f"the tag {_shown(shown)} has no meaning in a plan", hint)

    def error(
        self, start: int, end: int, message: str, hint: str = "", code: str = "WM002"
    ) -> None:
        self.found.append(_error(self.doc, code, start, end, message, hint))

    def fail(
        self, start: int, end: int, message: str, hint: str = "", code: str = "WM002"
    ) -> NoReturn:
        self.error(start, end, message, hint, code)
        raise _Fatal


class _Wording(NamedTuple):
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
    _Wording(
        "quoted scalar (found unexpected end|found unexpected document)",
        "this quoted text is never closed",
        "close it with the same quote",
        from_context=True,
    ),
    _Wording(
        "escape|hexdecimal",
        "an escape in this text is not a character",
        r"write a backslash as \\",
        from_context=True,
    ),
    _Wording("cannot start any token", "a text cannot start with '{char}'", _QUOTE_IT),
    _Wording("(alias|anchor|tag) ", "a text cannot start with '{char}'", _QUOTE_IT, True),
    _Wording(
        "sequence entries are not allowed",
        "a list cannot start on the line of its key",
        "start it on the next line",
    ),
    _Wording(
        "expected ':'",
        "this line is neither 'key: value' nor '- item'",
        "indent a text of several lines below 'key: |'",
        from_context=True,
    ),
    _Wording("expected ',' or '(?P<close>[]}])'", "a ',' or '{close}' is missing before this"),
    _Wording("node content", "a value is missing before this"),
    _Wording(
        "block collection",
        "this line is not an item of the list above it",
        "items start with '-', all in one column",
    ),
    _Wording("<document start>", "there is text after the end of the plan", "remove it"),
    _Wording(
        "block scalar",
        "nothing may follow '|' or '>' on its line",
        "start the text on the next line",
    ),
    _Wording("directive|incompatible", "a line that starts with '%' is not for plans", "remove it"),
)


def _yaml_problem(doc: Document, error: yaml.YAMLError) -> Diagnostic:
    """What a syntax error of the YAML parser means to the one who wrote the plan."""
    text = doc.text
    mark = getattr(error, "problem_mark", None)
    at = min(mark.index, len(text)) if mark else 0
    context = getattr(error, "context_mark", None)
    start = min(context.index, at) if context else at
    problem = f"{getattr(error, 'context', '')} {getattr(error, 'problem', '')}"
    fence, json_text = _FENCE.search(text), _JSON_INSIDE.search(text)
    if fence and fence.start() <= at:
        return _fenced(doc, "WM002", fence)
    if json_text and 0 < json_text.start() <= at:
        hint = "remove everything before the first '{'"
        return _error(doc, "WM002", 0, len(text), "there is text before the JSON", hint)
    if text[at : at + 1] == "\t" and ("token" in problem or "tab character" in problem):
        return _error(doc, "WM002", at, at + 1, "YAML is not indented with tabs", "use spaces")
    if not text[at:].strip() and text[start : start + 1] in ("[", "{"):
        return _yaml_open(doc, start)
    if not text[at:].strip() and "node content" in problem:
        at = len(text.rstrip()) - 1
        return _error(doc, "WM002", at, at + 1, "the text ends where a value is missing")
    if "mapping values" in problem:
        return _yaml_colon(doc, at)
    if "block mapping" in problem:
        return _yaml_key(doc, start, at)
    if "unknown escape" in problem:
        at -= text[at] != "\\"  # libyaml points at the backslash, PyYAML after it
        message = f"'{text[at : at + 2]}' is not an escape of YAML"
        return _error(doc, "WM002", at, at + 2, message, r"write \\, or use single quotes")
    return _yaml_other(doc, start, at, problem)


def _yaml_other(doc: Document, start: int, at: int, problem: str) -> Diagnostic:
    for wording in _WORDINGS:
        match = re.search(wording.about, problem)
        if match:
            begin = start if wording.from_context else at
            end = len(doc.text) if wording.from_context else at + 1
            names = {"char": doc.text[begin : begin + 1], **match.groupdict()}
            message = wording.message.format(**names)
            return _error(doc, "WM002", begin, end, message, wording.hint)
    return _error(doc, "WM002", at, at + 1, f"this is not YAML: {problem.strip()}")


def _yaml_open(doc: Document, start: int) -> Diagnostic:
    """A bracket is not closed at the end of the text."""
    last = len(doc.text.rstrip()) - 1
    mark = doc.text[start]
    message = f"the text ends before its '{mark}' is closed"
    hint = f"add the '{_CLOSES[mark]}', if nothing else is missing"
    related = ((start, start + 1, "it is opened here"),)
    return _error(doc, "WM002", last, last + 1, message, hint, related)


def _yaml_colon(doc: Document, at: int) -> Diagnostic:
    """There is a ':' where no key can be."""
    begin = max(doc.text.rfind("\n", 0, at), doc.text.rfind("\r", 0, at)) + 1
    line = doc.text[begin:at]
    if re.search(r":\s", line):
        message = "a text that holds ': ' must be in quotes"
        return _error(doc, "WM002", at, at + 1, message, _QUOTE_IT)
    begin += len(line) - len(line.lstrip(" "))
    hint = "check its indentation, and whether the line above lacks its ':'"
    return _error(doc, "WM002", begin, at + 1, "this key continues the text above it", hint)


def _yaml_key(doc: Document, start: int, at: int) -> Diagnostic:
    """There is something else where the next key of a mapping should be."""
    before = doc.text[:at].rstrip(" ")
    if before.endswith(('"', "'")):
        message = "there is text after the closing quote"
        return _error(doc, "WM002", at, len(doc.text), message, _QUOTE_IT)
    if doc.text.startswith(":", at):
        return _error(doc, "WM002", at, at + 1, "a key is missing before this ':'")
    related = ((start, start + 1, "the mapping starts here"),)
    if doc.text.startswith("-", at):
        message, hint = "a list item stands among keys", "indent the list below its key"
    else:
        message, hint = "this line is indented unlike the keys above it", "align it with them"
    return _error(doc, "WM002", at, len(doc.text), message, hint, related)
