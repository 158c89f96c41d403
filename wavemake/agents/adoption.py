"""Adds agents to a project, and takes them out again: the include line and a first plan."""

from __future__ import annotations

import contextlib
import os
import re

from wavemake.agents.file_change import FileChange
from wavemake.compiler.makefiles import includes, is_generated, makefile, read
from wavemake.runs.state import StateError, read_manifest

SAMPLE = "plan.json"
_PLANS = ("plan.json", "plan.yaml", "plan.yml")
_ADDED = b" # added by wavemake init"
_ADDED_WITH_BLANK = b" # added by wavemake init, with the empty line before"


def plan(folder: str) -> str:
    """Return the path of the plan that was compiled into `folder`, or else is here, or an empty string."""
    with contextlib.suppress(StateError):
        compiled = read_manifest(folder).head.get("plan")
        if isinstance(compiled, str) and os.path.isfile(compiled):
            return compiled
    return next(filter(os.path.lexists, [*_PLANS, f"{folder}/plan.json"]), "")


def include_line(folder: str) -> str:
    """Return the line that a Makefile needs. Without the agents' folder, make goes on without it."""
    return f"-include {folder}/agents.mk"


def adoption(folder: str) -> list[FileChange]:
    """Return what `wavemake init` would change here for agents in `folder`; nothing if all is done."""
    changes = []
    name = makefile()
    before = read(name) if name else None
    if before is not None and not is_generated(before) and not includes(before, folder):
        line = include_line(folder).encode()
        changes.append(FileChange(name, before, with_line(before, line)))
    if not plan(folder):
        changes.append(FileChange(SAMPLE, None, sample()))
    return changes


def removal(folder: str) -> list[FileChange]:
    """Return what takes out exactly what `adoption` put in, as far as it is still as it was."""
    changes = []
    name = makefile()
    before = read(name) if name else None
    if before is not None:
        after = without_line(before, include_line(folder).encode())
        changes += [FileChange(name, before, after)] if after != before else []
    if read(SAMPLE) == sample():
        changes.append(FileChange(SAMPLE, read(SAMPLE), None))
    return changes


def sample() -> bytes:
    """Return the plan that a project without one is given: a set that only reads."""
    from wavemake.agents import sets

    name = os.path.basename(os.getcwd())
    first = sets.load(sets.shipped() / "first-look.yaml")
    return sets.plan_text(sets.fill(first, {"name": name} if name.isprintable() else {})).encode()


def with_line(data: bytes, line: bytes) -> bytes:
    """Return the Makefile `data` with `line` at its end; line ends, or a lack of the last, stay."""
    end = _line_end(data)
    whole = not data or data.endswith(b"\n")
    head = data if whole else data + end
    note = _ADDED
    if _is_continued(head):
        head, note = head + end, _ADDED_WITH_BLANK
    return head + line + note + (end if whole else b"")


def without_line(data: bytes, line: bytes) -> bytes:
    """Return `data` as it was before `with_line`; as it is if `with_line` did not add `line`."""
    found = re.search(
        rb"(?m)^%b(?P<note>%b|%b)(?P<end>\r?\n|\Z)"
        % tuple(map(re.escape, (line, _ADDED_WITH_BLANK, _ADDED))),
        data,
    )
    if not found:
        return data
    head, tail = data[: found.start()], data[found.end() :]
    ends = [found["note"] == _ADDED_WITH_BLANK, not found["end"]]
    for _ in filter(None, ends):
        head = re.sub(rb"\r?\n\Z", b"", head)
    return head + tail


def _line_end(data: bytes) -> bytes:
    return b"\r\n" if re.search(rb"\r\n[^\n]*\Z", data) else b"\n"


def _is_continued(data: bytes) -> bool:
    """Does the last line go on in the next: does it end with an odd number of backslashes?"""
    found = re.search(rb"(\\+)\r?\n\Z", data)
    return found is not None and len(found[1]) % 2 == 1
