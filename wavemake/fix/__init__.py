"""Fixes mistakes in a plan that have exactly one fix, and verifies that nothing else changed.

One kind of fix a module; `trial` tries and verifies them, `edit` changes the text.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable

from wavemake.compiler.resolve import Project
from wavemake.fix.keys import fix_keys
from wavemake.fix.names import fix_names
from wavemake.fix.reads import fix_reads
from wavemake.fix.trial import Look, Outcome
from wavemake.fix.waves import fix_waves
from wavemake.lint import Selection
from wavemake.plan.loader import Document
from wavemake.plan.model import Settings

__all__ = ["apply_fixes", "difference"]

# Keys first: values of unknown keys are not read. Reads last: they need a valid plan.
_KINDS: tuple[Callable[[Look], Outcome], ...] = (fix_keys, fix_names, fix_waves, fix_reads)
_ROUNDS = 100
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def apply_fixes(
    document: Document,
    project: Project,
    folder: str,
    *,
    untrusted: bool = False,
    override: Settings | None = None,
    selected: Selection | None = None,
) -> tuple[str, list[str]]:
    """Return the text of the file with all safe fixes applied, and what was done, a line each.

    That is, if nothing speaks against it: misspelt keys; misspelt names in 'reads', 'depends_on'
    and 'waves'; 'waves' that contradict what agents need; and what a task uses but 'reads' lacks.
    The last is a lint: what `selected` or the plan leaves out is left as it is. project, folder and
    override are as for `resolve`. The text has the byte order mark and the line ends of the file,
    and is to be written without translating them. Fixing it again changes nothing.
    """
    look = Look(
        document, project, folder, untrusted, override or Settings(), selected or Selection()
    )
    done: list[str] = []
    for _ in range(_ROUNDS):
        before = len(done)
        for kind in _KINDS:
            look, more = kind(look)
            done += more
        if len(done) == before:
            break
    return document.bom + look.document.text, done


def difference(document: Document, text: str) -> str:
    """Return the unified diff from a file to the text that `apply_fixes` made of it; "" if they are equal."""
    texts = document.bom + document.text, text
    before, after = (_LINE.findall(each) for each in texts)
    lines = difflib.unified_diff(before, after, document.name, document.name)
    unended = "\n\\ No newline at end of file\n"
    return "".join(line if line.endswith("\n") else line + unended for line in lines)
