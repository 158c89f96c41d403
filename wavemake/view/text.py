"""How times, sums and what agents have printed are put into words."""

from __future__ import annotations

from wavemake.state import Costs


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


def tokens(number: int) -> str:
    """Return for instance 950, 18.2k or 1.3M."""
    if number < 1000:
        return str(number)
    return f"{number / 1000:.1f}k" if number < 999_950 else f"{number / 1_000_000:.1f}M"


def dollars(usd: float) -> str:
    """Return for instance $0.42; what is less than a cent has two digits that count."""
    return f"${usd:.2f}" if usd >= 0.01 or usd == 0 else f"${usd:.2g}"


def spent(costs: Costs) -> str:
    """Return for instance "$0.42, 18.2k tokens"; nothing if nothing is known, or nothing was spent."""
    words = []
    if costs.usd:
        words.append(dollars(costs.usd))
    if costs.tokens:
        words.append(f"{tokens(costs.tokens)} tokens")
    return ("at least " if costs.partial and words else "") + ", ".join(words)


def counted(counts: dict[str, int]) -> str:
    """Return for instance "3 done, 1 failed": the states that occur, in the order of `counts`."""
    return ", ".join(f"{number} {state}" for state, number in counts.items() if number)
