"""Every message to the user about a plan: what it says, and where it points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

Path = tuple[str | int, ...]
"""Keys and indexes from the root of the plan."""

Rule = tuple[str, str, str]
"""What a code stands for: its name, a short description, and its help text."""


@dataclass(frozen=True, slots=True)
class Where:
    """A place in the plan: the value at `path`, or the key that names it if `on_key`."""

    path: Path = ()
    on_key: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A place in the text: 1-based line and column, and a length, the latter two in code points.

    The length is at least 1, and a span does not cross the end of its line.
    """

    line: int
    column: int
    length: int


class Severity(Enum):
    """How bad it is; an error stops the compiler."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


Related = tuple[tuple[Where | Span, str], ...]
"""Other places that a diagnostic is about, and what they are."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message; `hint` says how to fix it, `related` names other places and what they are."""

    code: str
    severity: Severity
    message: str
    where: Where | Span
    hint: str = ""
    related: Related = ()


class Diagnostics:
    """The sink of a phase: what it found, each once, in the order in which it was found.

    >>> sink = Diagnostics()
    >>> sink.error("WM103", "this agent has no 'name'", Where(("agents", 0)))
    >>> sink.error("WM103", "this agent has no 'name'", Where(("agents", 0)))
    >>> len(sink), sink.has_errors
    (1, True)
    """

    def __init__(self) -> None:
        """Start with nothing found."""
        self._found: dict[Diagnostic, None] = {}

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    @property
    def has_errors(self) -> bool:
        """Whether anything that was found stops the compilation."""
        return any(each.severity is Severity.ERROR for each in self._found)

    def error(
        self, code: str, message: str, where: Where | Span, hint: str = "", related: Related = ()
    ) -> None:
        """Report what stops the compilation."""
        self._add(Diagnostic(code, Severity.ERROR, message, where, hint, related))

    def warning(
        self, code: str, message: str, where: Where | Span, hint: str = "", related: Related = ()
    ) -> None:
        """Report what is probably not meant."""
        self._add(Diagnostic(code, Severity.WARNING, message, where, hint, related))

    def note(self, code: str, message: str, where: Where | Span, hint: str = "") -> None:
        """Report what was assumed."""
        self._add(Diagnostic(code, Severity.NOTE, message, where, hint))

    def _add(self, found: Diagnostic) -> None:
        self._found.setdefault(found)


class Source(Protocol):
    """What a renderer needs of the file that a diagnostic is about."""

    @property
    def name(self) -> str:
        """The file's name as the user knows it."""

    def locate(self, where: Where, /) -> Span:
        """The place in the text of a place in the plan."""

    def line(self, n: int, /) -> str:
        """Line `n`, counted from 1, without its line end."""


Reports = Sequence[tuple[Source, Sequence[Diagnostic]]]
"""The diagnostics of each file."""
