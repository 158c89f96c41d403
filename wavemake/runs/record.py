"""The record of an agent: a line of manifest.json, written by the compiler and read back by all else."""

from __future__ import annotations

import dataclasses
import json
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wavemake.plan.names import name_problem, outside_problem, path_problem
from wavemake.runs.fields import Fields, text, texts, whole


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRecord:
    """An agent as it was compiled. The fields are the keys of its line, in this order; awk reads it, too.

    needs: the agents before it. files: those it reads that no agent writes; written: those that others
    write, if make looks at it when one of them is edited. outputs: files that it writes. timeout is in
    seconds. approve: "before", "after" or "". on_failure: "block" or "continue", of an agent that it needs.
    when: the condition under which it runs, as in task.md; group: the agent of the plan of which it is
    a cell. listed_by: the agent whose answer, in a run, says for what the agent is run; most: how many cells
    it then has at most. These are left out where there are none.

    >>> AgentRecord.of({"name": "api", "wave": 2, "needs": ["db"]}).line()[:42]
    '{"name":"api","wave":2,"needs":["db"],"fil'
    """

    name: str
    wave: int = 1
    needs: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    runner: str = ""
    model: str = ""
    pool: str = ""
    timeout: int = 0
    outputs: tuple[str, ...] = ()
    approve: str = ""
    on_failure: str = "block"
    when: tuple[str, ...] = ()
    group: str = ""
    listed_by: str = ""
    most: int = 0

    @property
    def sights(self) -> tuple[str, ...]:
        """The files whose existence is part of its condition."""
        return tuple(line[5:] for line in self.when if line.startswith("file "))

    @property
    def is_asked(self) -> bool:
        """Whether a command is part of its condition, so that every run looks at it."""
        return any(line.startswith("command ") for line in self.when)

    @property
    def tolerant(self) -> bool:
        """Whether it runs although an agent that it needs has failed."""
        return self.on_failure == "continue"

    def fields(self) -> dict[str, Any]:
        """Return the fields of a record, and nothing that a subclass adds."""
        return dict(zip(_FIELDS, _values(self), strict=True))

    def line(self) -> str:
        """Return the line, a JSON object."""
        fields = self.fields()
        for name in ("when", "group", "listed_by", "most"):
            if not fields[name]:
                del fields[name]
        return self.json(fields)

    @staticmethod
    def json(value: object) -> str:
        """Return a value as it stands in manifest.json."""
        return _ENCODER.encode(value)

    @classmethod
    def of(cls, line: object) -> AgentRecord:
        """Return the record that `line`, a parsed line, stands for; what is missing has its default.

        Raises ValueError if no compilation can have written it: its name is that of a folder, and its
        paths are the project's, so that none may lead elsewhere.
        """
        if not isinstance(line, dict):
            raise ValueError("not an object")
        given = {name: read(line, name) for name, read in _FIELDS.items() if line.get(name)}
        record = AgentRecord(
            **{"name": "", **{name: value for name, value in given.items() if value}}
        )
        paths = (*record.files, *record.outputs, *record.written)
        if name_problem(record.name) or any(outside_problem(p) or path_problem(p) for p in paths):
            raise ValueError("not a record of an agent")
        return record


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_READERS: dict[type, Callable[[Fields, str], Any]] = {str: text, int: whole, tuple: texts}
# What reads each field: its default has its type, and the name has none.
_FIELDS = {
    each.name: _READERS[str if each.name == "name" else type(each.default)]
    for each in dataclasses.fields(AgentRecord)
}
_values = operator.attrgetter(*_FIELDS)
