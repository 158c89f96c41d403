"""How times, sums and what agents have printed are put into words."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return `text` as one line that does nothing to a terminal: agents may print anything.

    >>> printable("up\\x1b[1A and \\u202eback\\n")
    'up [1A and back'
    """
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def printable_lines(text: str) -> str:
    """Return `text` without what a terminal would obey, its lines and tabs kept."""
    return "".join(
        char if char.isprintable() or char in "\n\t" else "\N{REPLACEMENT CHARACTER}"
        for char in text.replace("\r\n", "\n")
    )


def duration(seconds: float) -> str:
    """Return for instance 3.2s, 45s, 2m5s or 1h12m, as the runtime does."""
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60}s"
    return f"{whole // 3600}h{whole // 60 % 60}m"


def counted(counts: dict[str, int]) -> str:
    """Return for instance "3 done, 1 failed": the states that occur, in the order of `counts`."""
    return ", ".join(f"{number} {state}" for state, number in counts.items() if number)


def size(count: int) -> str:
    """Return a number of bytes as people read it."""
    if count < 10_000:
        return f"{count} bytes"
    return f"{count / 1000:.0f} kB" if count < 10_000_000 else f"{count / 1e6:.0f} MB"
