"""Bytes to text: a plan is UTF-8, and is JSON or YAML by its name or its first character."""

from __future__ import annotations

import codecs
import re

from wavemake.plan.loader.document import Format
from wavemake.plan.loader.lines_reader import are_lines
from wavemake.plan.loader.markdown_reader import is_checklist

_MARKDOWN = re.compile(r"\s*(?:#{1,6}[ \t]+\S|[-*+][ \t]+\[[ xX]\])")
SURROGATE = re.compile("[\ud800-\udfff]")


_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)

_NoText = tuple[int, str, str]


def decode(data: bytes) -> tuple[str, _NoText | None]:
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


def no_text(text: str) -> _NoText | None:
    """What prevents a text from being a plan in any format."""
    nul = text.find("\0")
    if nul >= 0:
        hint = "save the file as UTF-8 text; it may be UTF-16, or not a text at all"
        return nul, "the file has a NUL character in it", hint
    lone = None if text.isascii() else SURROGATE.search(text)
    if lone:
        return lone.start(), f"U+{ord(lone[0]):04X} is half a character", "write the whole one"
    return None


def format_of(text: str, name: str) -> Format:
    """The default format of a text: by the suffix of its name, else by its first character."""
    ending = name.lower()
    if ending.endswith(".json"):
        return "jsonl" if are_lines(text) else "json"
    if ending.endswith((".yaml", ".yml")):
        return "yaml"
    if ending.endswith((".jsonl", ".ndjson")):
        return "jsonl"
    if ending.endswith((".md", ".markdown", ".mdc")):
        return "markdown"
    if text.lstrip()[:1] in ("{", "["):
        return "jsonl" if are_lines(text) else "json"
    return "markdown" if _MARKDOWN.match(text) and is_checklist(text) else "yaml"
