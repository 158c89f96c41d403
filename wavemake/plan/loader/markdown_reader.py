"""A checklist in Markdown as a tree: sections that hold tasks, which may hold tasks.

    # Title                        {"title": ..., "description": ..., "sections": [
    ## Section                         {"name": ..., "text": ..., "tasks": [
    - [x] T001 Do it (depends on T0)       {"id": "T001", "title": "Do it", "done": true,
      - how                                 "dependencies": ["T0"], "details": "- how"}]}]}

All else that a file may have is text of the section in which it stands.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from wavemake.plan.loader.document import Document, SourceNode

_BOX = re.compile(
    r"^(?P<indent>[ \t]*)(?:[-*+]|\d+[.)])[ \t]+\[(?P<box>[ xX~/>!-])\](?P<star>\*?)[ \t]+"
)
_HEADING = re.compile(r"^(#{1,6})[ \t]+(.*?)[ \t#]*$")
_FENCE = re.compile(r"^[ \t]*(```|~~~)")
_ID = re.compile(
    r"(?:\*\*|`)?(?:Task[ \t]+)?(?P<id>[A-Z]{1,6}-?\d+(?:\.\d+)*|\d+(?:\.\d+)+|\d+(?=[.):])"
    r"|(?<=Task )\d+)(?:\*\*|`)?(?P<end>[.):]*)[ \t]+(?:-[ \t]+)?(?=\S)"
)
_PARALLEL = re.compile(r"\[P\][ \t]*")
_NEEDS = re.compile(
    r"[ \t]*[(\[_*]+(?:depends?(?: on)?|after|blocked by|requires|needs)[:\s]+(?P<ids>[^)\]_*]+)[)\]_*]+",
    re.IGNORECASE,
)
_NEEDS_LINE = re.compile(
    r"^[ \t]*(?:[-*+][ \t]+)?[_*]*(?:depends on|dependencies|depends|blocked by)[_*]*:[_*]*[ \t]*(?P<ids>.*?)"
    r"[_*.]*$",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Z]{1,6}-?\d+(?:\.\d+)*|\d+(?:\.\d+)*")
_RANGE = re.compile(r"([A-Z]{0,6}-?)(\d+)\s*(?:-|\u2013|to|through|\.\.)\s*([A-Z]{0,6}-?)(\d+)\Z")
_MOST_IN_RANGE = 500


def is_checklist(text: str) -> bool:
    """Tell whether there is a box to tick in `text`."""
    return any(_BOX.match(line) for line in text.splitlines())


@dataclass
class _Checkbox:
    indent: int
    value: dict[str, Any]
    node: SourceNode
    lines: list[str] = field(default_factory=list)


@dataclass
class _MarkdownReader:
    """Goes through the lines, and keeps what is open: a section, and tasks within each other."""

    tree: dict[str, Any]
    root: SourceNode
    section: dict[str, Any] = field(default_factory=dict)
    prose: list[str] = field(default_factory=list)
    open: list[_Checkbox] = field(default_factory=list)
    fence: str = ""
    fenced: list[str] = field(default_factory=list)

    def line(self, text: str, start: int) -> None:
        fence = _FENCE.match(text)
        if self.fence:
            if fence and fence[1] == self.fence:
                self._close_fence()
            else:
                self.fenced.append(text)
            return
        if fence:
            self.fence, self.fenced = fence[1], []
            return
        heading, box = _HEADING.match(text), _BOX.match(text)
        if heading:
            self._heading(len(heading[1]), heading[2], start)
        elif box:
            self._task(text, box, start)
        elif text.strip():
            self._text(text)

    def _close_fence(self) -> None:
        """Of code, only a block with an order is read; all else belongs to what it stands in."""
        text, self.fence = "\n".join(self.fenced), ""
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict) and isinstance(value.get("waves"), list):
            self.tree["waves"] = value["waves"]
            return
        for line in ("```", *self.fenced, "```"):
            self._text(line if not self.open else " " * (self.open[-1].indent + 2) + line)

    def _heading(self, level: int, text: str, start: int) -> None:
        self.close()
        if level == 1 and "title" not in self.tree and not self.tree["sections"]:
            self.tree["title"] = text
            _child(self.root, "title", start, start + level + 1 + len(text))
            return
        self._section(text, start, start + level + 1 + len(text))

    def _section(self, name: str, start: int, end: int) -> None:
        self.section = {"name": name, "text": "", "tasks": []}
        self.tree["sections"].append(self.section)
        node = SourceNode(start, end)
        node.children = {}
        sections = self.root.children["sections"] if isinstance(self.root.children, dict) else None
        if sections is not None and isinstance(sections.children, list):
            sections.children.append(node)
        _child(node, "name", start, end)
        _child(node, "text", start, end)
        _child(node, "tasks", start, end).children = []
        self._node = node

    def _task(self, text: str, box: re.Match[str], start: int) -> None:
        indent = len(box["indent"].expandtabs(4))
        self._close_deeper(indent)
        if not self.section:
            self.close()
            self._section("", start, start + len(text))
        value, node = _task(text, box, start)
        if self.open:
            parent = self.open[-1]
            parent.value.setdefault("parts", []).append(value)
            if isinstance(parent.node.children, dict):
                parts = parent.node.children.get("parts")
                parts = parts or _child(parent.node, "parts", start, start + len(text), [])
                if isinstance(parts.children, list):
                    parts.children.append(node)
        else:
            self.section["tasks"].append(value)
            tasks = self._node.children["tasks"] if isinstance(self._node.children, dict) else None
            if tasks is not None and isinstance(tasks.children, list):
                tasks.children.append(node)
        self.open.append(_Checkbox(indent, value, node))

    def _text(self, text: str) -> None:
        indent = len(text.expandtabs(4)) - len(text.expandtabs(4).lstrip())
        while self.open and indent <= self.open[-1].indent:
            self._end(self.open.pop())
        if not self.open:
            self.prose.append(text.strip())
            return
        needs = _NEEDS_LINE.match(text)
        if needs and (names := _names(needs["ids"])) is not None:
            self._needs(names)
        else:
            self.open[-1].lines.append(text)

    def _needs(self, names: list[str]) -> None:
        task = self.open[-1]
        task.value.setdefault("dependencies", []).extend(names)
        _child(task.node, "dependencies", task.node.start, task.node.end)

    def _close_deeper(self, indent: int) -> None:
        while self.open and indent <= self.open[-1].indent:
            self._end(self.open.pop())

    def _end(self, task: _Checkbox) -> None:
        if task.lines:
            least = min(len(line) - len(line.lstrip()) for line in task.lines)
            task.value["details"] = "\n".join(line[least:].rstrip() for line in task.lines)
            _child(task.node, "details", task.node.start, task.node.end)

    def close(self) -> None:
        """Close what is open: the tasks, and the text of the section."""
        self._close_deeper(-1)
        text, self.prose = "\n".join(self.prose), []
        if not text:
            return
        if self.section:
            self.section["text"] = "\n".join(filter(None, [self.section["text"], text]))
        else:
            self.tree["description"] = text


def read_markdown(doc: Document) -> tuple[dict[str, Any], SourceNode]:
    """The tree of a checklist, and its node."""
    root = SourceNode(0, max(1, len(doc.text)))
    root.children = {}
    _child(root, "sections", 0, 1).children = []
    reader = _MarkdownReader({"sections": []}, root)
    start = 0
    for line in doc.text.splitlines(keepends=True):
        reader.line(line.rstrip("\r\n"), start)
        start += len(line)
    if reader.fence:
        reader._close_fence()
    reader.close()
    return reader.tree, root


def _child(
    node: SourceNode, key: str, start: int, end: int, children: list[SourceNode] | None = None
) -> SourceNode:
    inner = SourceNode(start, max(end, start + 1))
    inner.key = (start, max(end, start + 1))
    inner.children = children
    if isinstance(node.children, dict):
        node.children[key] = inner
    return inner


def _task(line: str, box: re.Match[str], start: int) -> tuple[dict[str, Any], SourceNode]:
    """A line with a box as a task, and its node."""
    node = SourceNode(start + len(box["indent"]), start + len(line))
    node.children = {}
    value: dict[str, Any] = {"done": box["box"] in "xX"}
    _child(node, "done", start + box.start("box"), start + box.end("box"))
    if box["star"]:
        value["status"] = "optional"
        _child(node, "status", start + box.start("star"), start + box.end("star"))
    at = box.end()
    found = _ID.match(line, at)
    if found:
        value["id"] = found["id"]
        _child(node, "id", start + found.start("id"), start + found.end("id"))
        at = found.end()
    text = line[at:].strip()
    if text.startswith("[P]") or " [P] " in text:
        value["parallel"] = True
        text = _PARALLEL.sub("", text).strip()
    needs = _NEEDS.search(text)
    if needs and (names := _names(needs["ids"])) is not None:
        value["dependencies"] = names
        _child(node, "dependencies", start + at, start + len(line))
        text = (text[: needs.start()] + text[needs.end() :]).strip()
    if text.startswith("**") and text.count("**") == 2 and text.endswith("**"):
        text = text[2:-2]
    value["title"] = text
    _child(node, "title", start + at, start + len(line))
    return value, node


def _names(text: str) -> list[str] | None:
    """The ids that a text lists; None if it says something else."""
    if text.strip().lower().rstrip(".") in ("none", "nothing", "n/a", "-", ""):
        return []
    found: list[str] = []
    for part in re.split(r",|;|\band\b|&|\+", text):
        part = re.sub(r"^(?:tasks?|steps?)\s+", "", part.strip().strip("`"), flags=re.IGNORECASE)
        span = _RANGE.match(part)
        if span:
            found += _between(*span.groups())
        elif _NAME.fullmatch(part):
            found.append(part)
        elif part:
            return None
    return found


def _between(prefix: str, first: str, _: str, last: str) -> list[str]:
    numbers = range(int(first), int(last) + 1)[:_MOST_IN_RANGE]
    return [f"{prefix}{number:0{len(first)}d}" for number in numbers]
