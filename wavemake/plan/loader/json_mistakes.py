"""What people and models write for JSON, and how each of it is said in plain words."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import NamedTuple, NoReturn

from wavemake.plan.diagnostics import Diagnostic
from wavemake.plan.loader.document import LINE_END, Document, SourceNode
from wavemake.plan.loader.mistakes import CLOSES, FENCE, Fatal, error_at, fenced, quoted

STRING = r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\\x00-\x1f]*)*"'
_STRING_BODY = re.compile(STRING[:-1])
_ESCAPE = re.compile(r"\\(?:u[0-9A-Fa-f]{0,4}|[^\r\n])")
_BARE = re.compile(r"[^\s,:;=()\[\]{}\"'`]+")
_WRONG_QUOTES = re.compile(r"'((?:[^'\\\r\n]|\\[^\r\n])*)'|[“”„]([^“”„\r\n]*)[“”]")
_NUMBER_LIKE = re.compile(r"[-+]?\.?[0-9]")
_YAML_LIKE = re.compile(r"---\s|- |[\w-]+:(?:\s|\Z)")

_CONSTANTS = {"true": "true", "false": "false", "none": "null", "null": "null", "nil": "null"}
_CONSTANTS["undefined"] = "null"
_NO_NUMBERS = ("nan", "inf", "infinity")


class Token(NamedTuple):
    """A piece of the text: `kind` is string, number, word, mark, odd or end."""

    kind: str
    start: int
    end: int


class JsonMistakes:
    """What is wrong with a JSON text, as it is met: `found`, and the brackets that are `open`.

    What can be read over is added to `found`; after anything else, Fatal is raised.
    """

    def __init__(self, doc: Document) -> None:
        self.doc = doc
        self.text = doc.text
        self.found: list[Diagnostic] = []
        self.open: list[int] = []

    def name(self, start: int, end: int) -> str:
        """The text of the string, which is a key, at a range of offsets."""
        raw = self.text[start + 1 : end - 1]
        return str(json.loads(self.text[start:end])) if "\\" in raw else raw

    def error(
        self,
        start: int,
        end: int,
        message: str,
        hint: str = "",
        related: tuple[tuple[int, int, str], ...] = (),
        code: str = "WM001",
    ) -> None:
        """Note that something is wrong at a range of offsets."""
        self.found.append(error_at(self.doc, code, start, end, message, hint, related))

    def fail(
        self,
        start: int,
        end: int,
        message: str,
        hint: str = "",
        related: tuple[tuple[int, int, str], ...] = (),
        code: str = "WM001",
    ) -> NoReturn:
        """Note what is wrong, and that nothing can be read after it."""
        self.error(start, end, message, hint, related, code)
        raise Fatal

    def odd_value(self, token: Token) -> SourceNode:
        """Read over what people write for a constant; anything else that is not a value is fatal."""
        bare = _BARE.match(self.text, token.start) if self.open else None
        word = bare[0].lstrip("+-").lower() if bare else ""
        if bare and word in _CONSTANTS:
            hint = f"write {_CONSTANTS[word]}"
            self.error(*bare.span(), f"{quoted(bare[0])} is not a word of JSON", hint)
        elif bare and word in _NO_NUMBERS:
            hint = "leave it out, or write null"
            self.error(*bare.span(), f"{quoted(bare[0])} is not a number of JSON", hint)
        else:
            self.fail_value(token)
        return SourceNode(*bare.span())

    def fail_value(self, token: Token) -> NoReturn:
        """There is something else where a value should be."""
        start = token.start
        if not self.open:
            self.fail_start(token)
        self.fail_anywhere(token)
        if token.kind == "mark":
            self.fail(start, token.end, f"a value is missing before this '{self.text[start]}'")
        bare = _BARE.match(self.text, start)
        if bare and _NUMBER_LIKE.match(bare[0]):
            hint = "numbers are written like 5, -5, 0.5 or 5e3; anything else goes in double quotes"
            self.fail(*bare.span(), f"{quoted(bare[0])} is not a number of JSON", hint)
        if bare:
            message = f"the text {quoted(bare[0])} is not in double quotes"
            rest = self.text[bare.end() : bare.end() + 1]
            alone = rest in ",]}\r\n" and len(bare[0]) <= 40
            hint = f"write {json.dumps(bare[0])}" if alone else "put the whole text in quotes"
            self.fail(*bare.span(), message, hint)
        hint = "a list is written in [ ]" if self.text[start] == "(" else ""
        self.fail(start, token.end, f"a value cannot start with {quoted(self.text[start])}", hint)

    def fail_key(self, token: Token) -> NoReturn:
        """There is something else where a key should be."""
        self.fail_anywhere(token)
        start, end = token.start, token.end
        bare = _BARE.match(self.text, start)
        if bare:
            hint = f"write {json.dumps(bare[0])}" if len(bare[0]) <= 40 else ""
            message = f"the key {quoted(bare[0])} is not in double quotes"
            self.fail(*bare.span(), message, hint)
        if self.text[start] in ",:":
            self.fail(start, end, f"a key is missing before this '{self.text[start]}'")
        self.fail(start, end, "a key is a string in double quotes")

    def fail_colon(self, key: Token, token: Token) -> NoReturn:
        """There is something else where the ':' after a key should be."""
        self.fail_anywhere(token)
        shown = quoted(self.name(key.start, key.end))
        if token.kind == "mark" and self.text[token.start] in ",}":
            self.fail(key.start, key.end, f"the key {shown} has no value")
        hint = "write ':'" if self.text[token.start] == "=" else ""
        self.fail(token.start, token.end, f"a ':' is missing after the key {shown}", hint)

    def fail_comma(self, item: SourceNode, token: Token, close: str) -> NoReturn:
        """There is something else where the ',' after an item, or what closes it all, should be."""
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
        shown = quoted(self.text[start:end])
        self.fail(start, end, f"a ',' or '{close}' is expected here, not {shown}")

    def same_line(self, item: SourceNode, token: Token) -> bool:
        """Tell whether a token starts on the line on which an item ends."""
        return not LINE_END.search(self.text, item.end, token.start)

    def fail_start(self, token: Token) -> NoReturn:
        """There is something else where the JSON should start."""
        if token.kind == "end":
            self.fail(0, 1, "the plan is empty")
        fence = FENCE.search(self.text)
        if fence:
            self.found.append(fenced(self.doc, "WM001", fence))
            raise Fatal
        start = token.start
        end = len(self.text)
        if _YAML_LIKE.match(self.text, start):
            self.fail(start, end, "this is YAML, not JSON", "name the file .yaml")
        if self.text.find("{", start + 1) > 0:
            hint = "remove everything before the first '{'"
            self.fail(start, end, "there is text before the JSON", hint)
        self.fail(start, end, "this is not JSON", "a plan starts with '{'")

    def fail_after_end(self, token: Token) -> NoReturn:
        """There is something after the end of the JSON."""
        start = token.start
        fence = FENCE.match(self.text, start)
        if fence:
            self.found.append(fenced(self.doc, "WM001", fence))
            raise Fatal
        if token.kind == "mark" and self.text[start] in "]}":
            message = f"this '{self.text[start]}' closes nothing"
            self.fail(start, token.end, message, "remove it, or look for one too many above")
        if token.kind == "mark" and self.text[start] in "{[":
            hint = "a plan is one object"
            self.fail(start, token.end, "a second JSON value starts here", hint)
        self.fail(start, len(self.text), "there is text after the end of the JSON", "remove it")

    def fail_anywhere(self, token: Token) -> None:
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
        elif char in ("]", "}") and char != CLOSES[self.text[self.open[-1]]]:
            opener = self.open[-1]
            related = ((opener, opener + 1, "it is opened here"),)
            message = f"this '{char}' does not close the '{self.text[opener]}' that is open"
            self.fail(start, token.end, message, related=related)
        elif char.isspace() or unicodedata.category(char) == "Cf":
            message = f"the blank U+{ord(char):04X} is not one of JSON's"
            self.fail(start, token.end, message, "replace it with a space")

    def fail_end(self) -> NoReturn:
        """The text ends within an object or an array."""
        last = len(self.text.rstrip()) - 1
        opener = self.open[-1]
        mark = self.text[opener]
        related = ((opener, opener + 1, "it is opened here"),)
        hint = f"add the '{CLOSES[mark]}', if nothing else is missing"
        self.fail(last, last + 1, f"the text ends before its '{mark}' is closed", hint, related)

    def fail_string(self, start: int) -> NoReturn:
        """There is no string where a double quote opens one."""
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
