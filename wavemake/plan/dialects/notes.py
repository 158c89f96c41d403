"""What is said of a plan while a dialect reads it, at places in the file."""

from __future__ import annotations

from wavemake.plan.diagnostics import Diagnostics, Path, Related
from wavemake.plan.dialects.naming import Ids
from wavemake.plan.dialects.origin import Original


class Notes:
    """What was `found` about items that are called `noun`, and the `ids` by which they are known."""

    def __init__(self, noun: str) -> None:
        """`noun` is what an item is called."""
        self.noun = noun
        self.a_noun = f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
        self.ids = Ids(noun)
        self.found = Diagnostics()

    def error(
        self, code: str, message: str, path: Path, hint: str = "", related: Related = ()
    ) -> None:
        """Report what makes the plan unusable; `path` is a place in the file."""
        self.found.error(code, message, Original(path), hint, related)

    def warn(self, code: str, message: str, path: Path, hint: str = "") -> None:
        """Report what is done otherwise than the plan says; `path` is that of the key that says it."""
        self.found.warning(code, message, Original(path, on_key=True), hint)

    def note(self, code: str, message: str, path: Path) -> None:
        """Report what was assumed; `path` is that of a key in the file."""
        self.found.note(code, message, Original(path, on_key=True))
