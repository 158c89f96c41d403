"""Links the runtime: of its many sources, the few files that a plan needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from wavemake.compiler.render import folder

ALWAYS = ("agent.sh", "drive.sh", "lead.sh", "lib.awk")
"""What every plan needs; each is linked from the sources that it names."""

# How a source names another whose text takes the place of the line.
_INCLUDE = re.compile(r'(?:\. "\$wm_here/|@include ")(?P<name>[a-z-]+\.(?:sh|awk))"\n')


@cache
def sources() -> dict[str, str]:
    """Return the sources of the runtime: name -> text."""
    files = sorted((folder() / "runtime").iterdir())
    return {path.name: path.read_text("utf-8") for path in files if path.suffix in {".sh", ".awk"}}


def linked(parts: Iterable[str]) -> dict[str, str]:
    """Return the runtime, name -> text: what every plan needs, and those of `parts` that there are."""
    extra = whole().intersection(parts).difference(ALWAYS)
    return {name: link(name) for name in (*ALWAYS, *sorted(extra))}


@cache
def whole() -> frozenset[str]:
    """Return the names of the sources that no other names: each of them becomes a file."""
    lines = (line for text in sources().values() for line in text.splitlines(keepends=True))
    named = {found["name"] for found in map(_INCLUDE.fullmatch, lines) if found}
    return frozenset(sources()).difference(named)


@cache
def link(name: str) -> str:
    """Return the source `name` with the text of every source that it names, in that order.

    A source that is named twice is there once, where it is named first.
    """
    return "".join(_lines(name, {name}))


def _lines(name: str, seen: set[str]) -> Iterator[str]:
    for line in sources()[name].splitlines(keepends=True):
        found = _INCLUDE.fullmatch(line)
        if not found:
            yield line
        elif found["name"] not in seen:
            seen.add(found["name"])
            yield f"# {'=' * 20} {found['name']} {'=' * 20}\n"
            yield from _lines(found["name"], seen)
            yield "\n"
