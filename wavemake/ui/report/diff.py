"""What agents changed, as the report shows it: a patch in colours, and who changed which file."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wavemake.runs.edits import FileEdit, read_edits

_CLASSES = {"+": "add", "-": "cut", "@": "at"}


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file with the agents that changed it, and what each did there."""

    path: str
    edits: tuple[tuple[str, FileEdit], ...]


def to_html(patch: str) -> str:
    """Return `patch`, a text of an agent's, as HTML in which it is text and nothing else.

    >>> to_html("+<b>")
    '<pre class="diff" tabindex="0">\\n<span class="add">+&lt;b&gt;</span>\\n</pre>'
    """
    return f'<pre class="diff" tabindex="0">\n{"".join(_lines(patch))}</pre>'


def _lines(patch: str) -> Iterator[str]:
    for line in patch.splitlines():
        text = html.escape(line)
        kind = "file" if line.startswith("diff --git ") else _CLASSES.get(line[:1], "")
        if line.startswith(("+++ ", "--- ")):
            kind = ""
        yield f'<span class="{kind}">{text}</span>\n' if kind else f"{text}\n"


def changed_files(folder: str, agents: Iterable[str]) -> list[ChangedFile]:
    """Return every file that one of `agents` changed, sorted, with all who did."""
    found: dict[str, list[tuple[str, FileEdit]]] = {}
    for name in agents:
        for edit in read_edits(folder, name, text=False) or ():
            found.setdefault(edit.path, []).append((name, edit))
    return [ChangedFile(path, tuple(edits)) for path, edits in sorted(found.items())]
