"""JSON: read by the C scanner; our own runs only when there is something to point at."""

from __future__ import annotations

import contextlib
import json
import math
import re
from typing import Any, NoReturn

from wavemake.plan.loader.document import MAX_DEPTH, MAX_DIGITS, Document, SourceNode, SyntaxProblem
from wavemake.plan.loader.json_mistakes import STRING, JsonMistakes, Token
from wavemake.plan.loader.mistakes import TOO_LARGE, TOO_LONG, Fatal, duplicate, error_at


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


def read_json(doc: Document) -> Any:
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
    with contextlib.suppress(Fatal):
        scanner.scan()
    found = scanner.found or [error_at(doc, "WM001", offset, offset + 1, message)]
    raise SyntaxProblem(tuple(found), doc)


def places_in_json(doc: Document) -> SourceNode:
    """Find where every value and key of a JSON document stands."""
    try:
        return _JsonScanner(doc).scan()
    except Fatal:
        # Only the text of a SyntaxProblem is not JSON, and it has no value to locate.
        return SourceNode(0, 1)


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


_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
_TOKEN = re.compile(
    rf"[ \t\n\r]*(?:(?P<string>{STRING})|(?P<mark>[\[\]{{}}:,])"
    rf"|(?P<number>{_NUMBER})(?![\w.+-])|(?P<word>true|false|null)(?![\w.+-])|(?P<odd>))"
)
_COMMENT = re.compile(r"(?://|#)[^\r\n]*|/\*.*?\*/", re.DOTALL)


class _JsonScanner(JsonMistakes):
    """Finds the place of every value and key of a JSON text, and all that is wrong with it."""

    def scan(self) -> SourceNode:
        """The node of the whole text."""
        root = self.value(self.token(0))
        after = self.token(root.end)
        if after.kind != "end":
            self.fail_after_end(after)
        return root

    def token(self, pos: int) -> Token:
        while True:
            match = _TOKEN.match(self.text, pos)
            assert match is not None
            kind = str(match.lastgroup)
            start, end = match.span(kind)
            if kind != "odd":
                return Token(kind, start, end)
            if start == len(self.text):
                return Token("end", start, start)
            comment = _COMMENT.match(self.text, start)
            if comment is None:
                return Token("odd", start, start + 1)
            hint = "remove it, or write the plan in YAML"
            self.error(*comment.span(), "JSON has no comments", hint)
            pos = comment.end()

    def value(self, token: Token) -> SourceNode:
        kind, start, end = token
        if kind == "string" or kind == "word":
            return SourceNode(start, end)
        if kind == "number":
            self.check_number(start, end)
            return SourceNode(start, end)
        if kind == "mark" and self.text[start] == "{":
            return self.object(start)
        if kind == "mark" and self.text[start] == "[":
            return self.array(start)
        return self.odd_value(token)

    def object(self, start: int) -> SourceNode:
        node = self.enter(start)
        children: dict[str, SourceNode] = {}
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
                self.found.append(duplicate(self.doc, name, key, first.key))
            token = self.after_item(value, "}")
        return self.leave(node, token)

    def array(self, start: int) -> SourceNode:
        node = self.enter(start)
        children: list[SourceNode] = []
        node.children = children
        token = self.token(start + 1)
        while not self.is_mark(token, "]"):
            value = self.value(token)
            children.append(value)
            token = self.after_item(value, "]")
        return self.leave(node, token)

    def after_item(self, item: SourceNode, close: str) -> Token:
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

    def enter(self, start: int) -> SourceNode:
        if len(self.open) == MAX_DEPTH:
            message = f"this is nested more than {MAX_DEPTH} levels deep"
            self.fail(start, start + 1, message, code="WM005")
        self.open.append(start)
        return SourceNode(start, start + 1)

    def leave(self, node: SourceNode, token: Token) -> SourceNode:
        self.open.pop()
        node.end = token.end
        return node

    def is_mark(self, token: Token, mark: str) -> bool:
        return token.kind == "mark" and self.text[token.start] == mark

    def check_number(self, start: int, end: int) -> None:
        digits = self.text[start:end]
        if digits.lstrip("-").isdigit():
            if len(digits) > MAX_DIGITS:
                self.error(start, end, *TOO_LONG, code="WM005")
        elif math.isinf(float(digits)):
            self.error(start, end, *TOO_LARGE, code="WM005")
