"""The cells that a run has made of an agent: the files that its recipe leaves (runtime/cells.sh)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from wavemake.plan import regular
from wavemake.runs.key import Head, Input
from wavemake.runs.record import AgentRecord

_LISTED = re.compile(r"(?m)^- \[([A-Za-z0-9._-]+)\]\(")


def in_list(text: str | None, agent: str) -> tuple[str, ...]:
    """Return the names of the cells of `agent` in `text`, its answer, in the order of the list.

    >>> in_list("- [fix-b](../fix-b/output.md)\\n- [fix-a](../fix-a/output.md)\\n", "fix")
    ('fix-b', 'fix-a')
    """
    return tuple(name for name in _LISTED.findall(text or "") if name.startswith(f"{agent}-"))


def with_cells(folder: str, records: Iterable[AgentRecord]) -> Iterator[AgentRecord]:
    """Yield `records`, before each agent the cells that a run has made of it in `folder`."""
    for record in records:
        if record.listed_by:
            yield from _made(folder, record)
        yield record


def _made(folder: str, record: AgentRecord) -> Iterator[AgentRecord]:
    try:
        data = regular.read_bytes(os.path.join(folder, record.name, "cells.json"))
    except OSError:
        return
    for line in data.decode("utf-8", "replace").splitlines():
        try:
            cell = AgentRecord.of(json.loads(line))
        except (ValueError, RecursionError):
            continue
        if cell.name.startswith(f"{record.name}-"):
            yield replace(cell, group=record.name, wave=record.wave)


def expanded(head: Head, answer_of: Callable[[str], str | None]) -> Head:
    """Return `head` reading the cells where it reads an agent that has some, as the runtime does.

    answer_of: the answer of an agent, None if there is none.
    """
    stages = head.all("cells")
    if not stages:
        return head

    def each_of(read: Input) -> Iterable[Input]:
        answer = answer_of(read.name) if read.kind != "file" and read.name in stages else None
        if not answer:
            return (read,)
        return (replace(read, name=name) for name in in_list(answer, read.name))

    return replace(head, inputs=tuple(each for read in head.inputs for each in each_of(read)))
