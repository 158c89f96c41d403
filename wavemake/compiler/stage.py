"""The task.md of an agent whose cells a run makes: which list they are for, and what they are asked.

Its body is the task.md of a cell, with a hole for each thing that an item stands for. What is filled in is
data: the hole says how it is quoted.

| hole | is filled with |
|---|---|
| `{{name}}` | the name of the cell |
| `{{index}}` | its place in the list |
| `{{text item.key}}` | the value, as it is |
| `{{line item}}` | the same, which must be one line |
| `{{word item}}` | the same, as one word of a shell |
| `{{plain item}}` | the same, as what a regular expression takes for itself |
| `{{judge 1 SUM}}` | the checksum of the cell's first judge; SUM is that of the judge with holes |
| `{{brace}}` | a brace that begins no hole |
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from wavemake.compiler.judge import Judge
from wavemake.plan.for_each import HOLE
from wavemake.plan.model import Check
from wavemake.plan.resolved import Agent, CellList, Read

# Characters that no plan uses: Unicode reserves them for use within a program.
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
_BRACE = re.compile(rf"\{{(?=[{{{_OPEN}]|\Z)")
_CHECKS = {"sh": "word", "matches": "plain"}


def prototype(agent: Agent) -> Agent:
    """Return `agent` as a cell of it, with marks for holes; `template` makes holes of them.

    It waits for what the agent waits for, but not for its list: another list does not make it stale.
    """
    settings, cells = agent.settings, agent.cells
    after = tuple(name for name in agent.after if cells is None or name != cells.agent)
    checks = settings.check and tuple(_check(check) for check in settings.check)
    model = settings.model and _marked(settings.model, "line")
    return replace(
        agent,
        name=f"{_OPEN}name{_CLOSE}",
        task=_marked(agent.task, "text"),
        reads=tuple(_read(read) for read in agent.reads),
        after=after,
        outputs=tuple(_marked(path, "line") for path in agent.outputs),
        settings=replace(settings, check=checks, model=model),
        cells=None,
    )


def template(text: str) -> str:
    r"""Return the text of a prototype's task.md with holes where it has marks.

    >>> template("a {b {{c \ufdd0index\ufdd1")
    'a {b {{brace}}{c {{index}}'
    """
    return _BRACE.sub("{{brace}}", text).replace(_OPEN, "{{").replace(_CLOSE, "}}")


def judge_line(judge: Judge) -> str:
    """Return what the head of a cell says of a judge, as `Judge.line`; cells.awk cuts the question."""
    what = f"judge {judge.number} {judge.checksum}"
    return f"ask {judge.number} {_OPEN}{what}{_CLOSE} {' '.join(judge.check.text.split())}"


def head(agent: Agent, cells: CellList, after: Iterable[str], judges: Iterable[Judge]) -> list[str]:
    """Return the head of the agent's own task.md.

    after: further lines that say what is waited for. judges: those of its prototype.
    """
    tolerant = ["tolerant"] if agent.settings.on_failure == "continue" else []
    source = f"file {cells.file}" if cells.file else f"agent {cells.agent}"
    reads = [f"read file {cells.file}"] if cells.file else []
    sights = [f"when {line}" for line in agent.when if line.startswith("file ")]
    return [
        "--- wavemake 1",
        "runner cells",
        f"list {source}",
        f"most {cells.max}",
        *reads,
        *after,
        *tolerant,
        *sights,
        *(line for judge in judges for line in _lines_of(judge)),
        "---",
    ]


def _lines_of(judge: Judge) -> Iterator[str]:
    """The file of the judge, in lines that say so."""
    for line in template(judge.text()).split("\n"):
        yield f"judge {judge.number} {line}"


def is_filled(text: str) -> bool:
    """Tell whether `text` has a place for an item, so that it is not known before there is a list."""
    return bool(HOLE.search(text))


def _marked(text: str, how: str) -> str:
    def mark(hole: re.Match[str]) -> str:
        key = f".{hole['key']}" if hole["key"] else ""
        return f"{_OPEN}{'index' if hole['index'] else f'{how} item{key}'}{_CLOSE}"

    return HOLE.sub(mark, text)


def _check(check: Check) -> Check:
    how = _CHECKS.get(check.kind, "line")
    reads = tuple(replace(ref, text=_marked(ref.text, "line")) for ref in check.reads)
    model = _marked(check.model, "line")
    return replace(check, text=_marked(check.text, how), model=model, reads=reads)


def _read(read: Read) -> Read:
    return replace(read, path=_marked(read.path, "line")) if read.path else read
