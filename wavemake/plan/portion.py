"""How much of something an agent reads, and in which form: the keys max, keep and as of `reads`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Portion:
    """The part of an input that is put into a prompt, in the words of the plan.

    max: at most so many bytes, 0 for all of it. keep: of its "head" or its "tail". form: its "content", its
    "path" alone, or the "diff" of what the agent changed.
    """

    max: int = 0
    keep: str = "head"
    form: str = "content"

    @property
    def line(self) -> str:
        """The line that stands before the input in task.md and in its key, empty for all of it.

        >>> Portion(20000, "tail").line, Portion(form="path").line, Portion().line
        ('cut tail 20000', 'by path', '')
        """
        if self.form == "path":
            return "by path"
        return f"cut {self.keep} {self.max}" if self.max else ""

    @classmethod
    def of(cls, line: str) -> Portion:
        """Return the portion that `line`, as from `line`, stands for. Raises ValueError if none does.

        >>> Portion.of("cut head 9")
        Portion(max=9, keep='head', form='content')
        """
        words = line.split(" ")
        if words == ["by", "path"]:
            return cls(form="path")
        if len(words) == 3 and words[0] == "cut" and words[1] in ("head", "tail"):
            return cls(int(words[2]), words[1])
        raise ValueError(f"{line!r} is not a portion")


WHOLE = Portion()
