"""What is said of a plan while a dialect reads it, at places in the file."""

from __future__ import annotations

from wavemake.plan.diagnostics import Diagnostics, Path
from wavemake.plan.dialects.origin import Original

RelatedNotes = tuple[tuple[Path, str], ...]


class Notes:
    """What was `found`; paths are relative to `base`, the part of the file that is the plan."""

    def __init__(self, base: Path = ()) -> None:
        self.base = base
        self.found = Diagnostics()

    def error(
        self, code: str, message: str, path: Path, hint: str = "", related: RelatedNotes = ()
    ) -> None:
        """Report what makes the plan unusable; `path` is a place in the file."""
        places = tuple((Original((*self.base, *where)), text) for where, text in related)
        self.found.error(code, message, Original((*self.base, *path)), hint, places)

    def warn(self, code: str, message: str, path: Path, hint: str = "") -> None:
        """Report what is done otherwise than the plan says; `path` is that of the key that says it."""
        self.found.warning(code, message, Original((*self.base, *path), on_key=True), hint)

    def note(self, code: str, message: str, path: Path, hint: str = "") -> None:
        """Report what was assumed; `path` is that of a key in the file."""
        self.found.note(code, message, Original((*self.base, *path), on_key=True), hint)
