"""The table: what was measured, who took how long, and how that compares to the floor."""

from __future__ import annotations

import pathlib
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.timing import LIMIT, Action, Cost, in_turn

README = pathlib.Path(__file__).parent / "README.md"
BEGIN, END = "<!-- results -->", "<!-- end of results -->"
HEAD = """\
| what | who | median | least-most | memory | ratio | goal |
|---|---|---|---|---|---|---|"""


@dataclass
class Table:
    """Lines of results, printed as they come. patience: seconds that one line may take."""

    rounds: int
    patience: float
    lines: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        self.lines.append(line)
        print(line, flush=True)

    def section(self, title: str, text: str) -> None:
        """Begin a table of its own, below a line that says what is measured."""
        self.add(f"\n### {title}\n\n{text}\n\n{HEAD}")

    def compare(
        self, what: str, actions: Mapping[str, Action], goals: Mapping[str, str] | None = None
    ) -> dict[str, list[Cost] | None]:
        """Measure `actions` in turn, the first of which is the floor, and add a line for each.

        goals: for some of the actions, what their ratio should be. Returns what each took.
        """
        costs = in_turn(actions, self.rounds, self.patience)
        floor = costs[next(iter(actions))] or []
        for name, each in costs.items():
            self.add(f"| {what} | {name} | {_cells(each, floor)} | {(goals or {}).get(name, '')} |")
        return costs

    def absent(self, what: str, name: str, why: str) -> None:
        """Say that a peer could not be measured, and why or what would help."""
        self.add(f"| {what} | {name} | absent: {why} | | | | |")


def median(costs: Sequence[Cost]) -> float:
    """The median of the seconds."""
    return statistics.median(each.seconds for each in costs)


def _cells(costs: Sequence[Cost] | None, floor: Sequence[Cost]) -> str:
    """Median, spread, memory, and the median of the ratios of each round."""
    if costs is None:
        return f"over {LIMIT:.0f} s | | |"
    times = sorted(each.seconds for each in costs)
    spread = f"{seconds(times[0])}-{seconds(times[-1])}" if len(times) > 1 else "once"
    ratios = [mine.seconds / base.seconds for mine, base in zip(costs, floor, strict=False)]
    ratio = f"{statistics.median(ratios):.2f}" if ratios else ""
    count = next((f", {each.count} run" for each in costs if each.count is not None), "")
    memory = size(max(each.peak for each in costs))
    return f"{seconds(median(costs))}{count} | {spread} | {memory} | {ratio}"


def seconds(value: float) -> str:
    return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"


def size(value: int) -> str:
    return f"{value / 2**20:.0f} MB" if value else ""


def write_some(lines: Sequence[str], machine: str) -> None:
    """Replace in README.md the tables that were measured, each with a word on its own machine and day."""
    text = README.read_text()
    before, rest = text.split(BEGIN)
    results, after = rest.split(END)
    tables = _by_title(results)
    tables |= {
        title: f"{body.rstrip()}\n\n{machine}\n\n"
        for title, body in _by_title("\n".join(["", *lines, ""])).items()
        if title
    }
    new = "".join(f"### {title}{body}" if title else body for title, body in tables.items())
    README.write_text(f"{before}{BEGIN}{new.rstrip()}\n\n{END}{after}")


def _by_title(text: str) -> dict[str, str]:
    """What stands below each `### TITLE`, in order; what is above the first has an empty title."""
    head, *sections = text.split("\n### ")
    found = {"": f"{head}\n"}
    for section in sections:
        title, _, body = section.partition("\n")
        found[title] = f"\n{body}\n"
    return found


def write(lines: Sequence[str], machine: str) -> None:
    """Put the results between their marks in README.md: all of them, or none if a mark is missing."""
    text = README.read_text()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise SystemExit(f"benchmarks: {README} must have one {BEGIN} and one {END}")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    results = "\n".join([BEGIN, "", machine, *lines, "", END])
    README.write_text(before + results + after)
