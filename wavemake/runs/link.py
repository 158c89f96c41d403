"""Links the runtime: of its many sources, the few files that a plan needs."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterable, Iterator
from functools import cache

ALWAYS = ("agent.sh", "drive.sh", "lead.sh", "lib.awk", "more.sh")
"""What every plan needs; each is linked from the sources that it names."""

# The line of a source that is replaced by the text of another source.
_INCLUDE = re.compile(r'(?:\. "\$wm_here/|@include ")(?P<name>[a-z-]+\.(?:sh|awk))"\n')
_PACKAGED = pathlib.Path(__file__).parent.parent / "templates"
_CHECKOUT = pathlib.Path(__file__).parents[2] / "templates"


def templates() -> pathlib.Path:
    """Return the templates' folder: in the installed package, or beside it in a checkout."""
    return _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT


@cache
def sources() -> tuple[str, ...]:
    """Return the names of the sources of the runtime, sorted."""
    files = (templates() / "runtime").iterdir()
    return tuple(sorted(path.name for path in files if path.suffix in {".sh", ".awk"}))


@cache
def source(name: str) -> str:
    """Return the text of a source."""
    return (templates() / "runtime" / name).read_text("utf-8")


def linked(parts: Iterable[str]) -> dict[str, str]:
    """Return the runtime, name -> text: what every plan needs, and those of `parts` that there are."""
    extra = whole().intersection(parts).difference(ALWAYS)
    return {name: link(name) for name in (*ALWAYS, *sorted(extra))}


@cache
def whole() -> frozenset[str]:
    """Return the names of the sources that no other names: each of them becomes a file."""
    lines = (line for name in sources() for line in source(name).splitlines(keepends=True))
    named = {found["name"] for found in map(_INCLUDE.fullmatch, lines) if found}
    return frozenset(sources()).difference(named)


@cache
def link(name: str) -> str:
    """Return the source `name` with the text of every source that it names, in that order.

    A source that is named twice is there once, where it is named first.
    """
    return "".join(_lines(name, {name}))


def _lines(name: str, seen: set[str]) -> Iterator[str]:
    for line in source(name).splitlines(keepends=True):
        found = _INCLUDE.fullmatch(line)
        if not found:
            yield line
        elif found["name"] not in seen:
            seen.add(found["name"])
            yield f"# {'=' * 20} {found['name']} {'=' * 20}\n"
            yield from _lines(found["name"], seen)
            yield "\n"
