"""YAML, of its core schema: texts, numbers, lists and mappings, and no other objects."""

from __future__ import annotations

import contextlib
import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from wavemake.plan.diagnostics import Diagnostic
from wavemake.plan.did_you_mean import did_you_mean
from wavemake.plan.loader.decoding import SURROGATE
from wavemake.plan.loader.document import (
    MAX_DEPTH,
    MAX_DIGITS,
    MAX_EXPANDED,
    Document,
    SourceNode,
    SyntaxProblem,
)
from wavemake.plan.loader.mistakes import TOO_LARGE, TOO_LONG, Fatal, duplicate, error_at, quoted
from wavemake.plan.loader.yaml_mistakes import yaml_problem

if TYPE_CHECKING:
    import yaml

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
_TAG_TEXT = re.compile(r"!\S*")


class _Built(NamedTuple):
    """A value that was read: how many values it stands for, and how deep objects nest in it."""

    value: Any
    node: SourceNode
    size: int = 1
    height: int = 0
    plain: bool = False


class _PendingKey(NamedTuple):
    """A key whose value is awaited; without a name, the value is dropped."""

    name: str | None
    place: tuple[int, int]
    merge: bool


class _Open:
    """A list or a mapping that is being read."""

    __slots__ = ("anchor", "height", "key", "merge_key", "merged", "node", "size", "value")

    def __init__(
        self, value: dict[str, Any] | list[Any], node: SourceNode, anchor: str | None
    ) -> None:
        self.value = value
        self.node = node
        self.anchor = anchor
        self.size = 1
        self.height = 1
        self.key: _PendingKey | None = None
        self.merge_key: tuple[int, int] | None = None
        self.merged: list[tuple[dict[str, Any], dict[str, SourceNode]]] = []


def _range(event: yaml.Event) -> tuple[int, int]:
    """The offsets of an event; libyaml's, too, count code points."""
    assert event.start_mark is not None
    assert event.end_mark is not None
    return event.start_mark.index, event.end_mark.index


def read_yaml(doc: Document) -> tuple[Any, SourceNode]:
    """Read the value of a YAML document, and its node.

    Raises SyntaxProblem with all that is wrong.
    """
    return _YamlBuilder(doc).build()


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

    def build(self) -> tuple[Any, SourceNode]:
        """The value and its node; raises SyntaxProblem with all that is wrong."""
        with contextlib.suppress(Fatal):
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
        try:
            self.read_events(loader)
        except yaml.YAMLError as error:
            if loader is yaml.SafeLoader or "nesting depth" not in str(error):
                self.found.append(yaml_problem(self.doc, error))
                raise Fatal from None
            # Newer libyamls have their own limit and read far ahead: only the slow reader gives
            # the place.
            self.stack, self.anchors, self.documents, self.expanded = [], {}, 0, 0
            self.read_events(yaml.SafeLoader)

    def read_events(self, loader: Any) -> None:
        import yaml

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
        node = SourceNode(*_range(event))
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
        node = SourceNode(start, end)
        node.children = target.node.children
        self.add(target._replace(node=node, plain=False))

    def enter(self, event: yaml.CollectionStartEvent, value: Any, children: Any) -> None:
        node = SourceNode(*_range(event))
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

    def key(self, top: _Open, built: _Built) -> _PendingKey:
        value, node = built.value, built.node
        place = node.start, node.end
        if not isinstance(value, str):
            raw = self.doc.text[node.start : node.end]
            simple = node.children is None and raw and len(raw) <= 40
            message = f"the key {quoted(raw)} is not a text" if simple else "a key must be a text"
            hint = f"put it in quotes: '{raw}'" if simple else ""
            self.error(node.start, node.end if simple else node.start + 1, message, hint)
            return _PendingKey(None, place, False)
        merge = built.plain and value == "<<"
        assert isinstance(top.node.children, dict)
        first = top.merge_key if merge else None
        if not merge and value in top.node.children:
            first = top.node.children[value].key
        if first is not None:
            self.found.append(duplicate(self.doc, value, place, first))
            return _PendingKey(None, place, False)
        if merge:
            top.merge_key = place
        return _PendingKey(value, place, merge)

    def merge(self, top: _Open, built: _Built) -> None:
        values, nodes = [built.value], [built.node]
        if isinstance(built.value, list) and isinstance(built.node.children, list):
            values, nodes = built.value, built.node.children
        for value, node in zip(values, nodes, strict=True):
            if not isinstance(value, dict) or not isinstance(node.children, dict):
                end = node.end if node.children is None else node.start + 1
                self.error(node.start, end, "'<<' merges mappings, and this is not one")
                return
            top.merged.append((value, node.children))

    def scalar_value(self, event: yaml.ScalarEvent, node: SourceNode) -> Any:
        text, tag = event.value, event.tag
        if not text.isascii() and SURROGATE.search(text):
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
            self.error(node.start, node.end, f"{quoted(text)} is not a YAML {kind}")
        return value

    def core(self, text: str, node: SourceNode) -> Any:
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
            self.error(node.start, node.end, f"{quoted(text)} is not a number a plan can hold")
            return None
        if kind == "float":
            return self.finite(text, node)
        if len(text) > MAX_DIGITS:
            self.error(node.start, node.end, *TOO_LONG, code="WM005")
            return None
        return int(text) if kind == "int" else int(text, 0)

    def finite(self, number: str | int, node: SourceNode) -> float | None:
        try:
            value = float(number)
        except OverflowError:
            value = math.inf
        if math.isinf(value):
            self.error(node.start, node.end, *TOO_LARGE, code="WM005")
            return None
        return value

    # --- what is wrong ---

    def check_depth(self, start: int, end: int, height: int) -> None:
        if len(self.stack) + height > MAX_DEPTH:
            message = f"this is nested more than {MAX_DEPTH} levels deep"
            self.fail(start, end, message, code="WM005")

    def bad_tag(self, tag: str, node: SourceNode) -> None:
        shown = "!!" + tag.removeprefix(_TAG) if tag.startswith(_TAG) else tag
        match = _TAG_TEXT.search(self.doc.text, node.start)
        start, end = match.span() if match else (node.start, node.start + 1)
        hint = "remove it; a text that starts with '!' goes in quotes"
        self.error(start, end, f"the tag {quoted(shown)} has no meaning in a plan", hint)

    def error(
        self, start: int, end: int, message: str, hint: str = "", code: str = "WM002"
    ) -> None:
        self.found.append(error_at(self.doc, code, start, end, message, hint))

    def fail(
        self, start: int, end: int, message: str, hint: str = "", code: str = "WM002"
    ) -> NoReturn:
        self.error(start, end, message, hint, code)
        raise Fatal
