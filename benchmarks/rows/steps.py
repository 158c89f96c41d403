"""What a thousand agents that answer at once cost in each tool of the bill, beside the calls alone."""

from __future__ import annotations

import pathlib
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.bill import everyone
from benchmarks.bill.contender import Contender
from benchmarks.bill.plan import Plan, ten_layers
from benchmarks.bill.trial import Trial
from benchmarks.rows import MEMORY, Sizes, project
from benchmarks.table import Table, seconds, size
from benchmarks.timing import LIMIT, Cost, Failed, TooLong, run

JOBS = 16
AGENT = pathlib.Path(__file__).parent.parent / "bill/at_once.sh"
TEXT = (
    "{agents:,} agents that answer at once, at -j16, in ten layers; then again, with nothing to do. The calls"
    " alone are made by `xargs -P16`, in no order. Overhead: the processor time beyond that of the calls, for"
    " each agent. All run in turn, in each round; medians. In memory. Memory is that of the largest process,"
    " where it is larger than the one that measures."
)
CALLS = "ls tasks | xargs -P{jobs} -I@ sh -c 'claude -p --model small <tasks/@ >answers/@'"


@dataclass
class Measured:
    """The runs of one tool. remark: why there are none."""

    first: list[Cost] = field(default_factory=list)
    again: list[Cost] = field(default_factory=list)
    remark: str = ""


def measure(table: Table, sizes: Sizes) -> None:
    agents = sizes.steps
    table.add(f"\n### {agents:,} agents that answer at once\n\n{TEXT.format(agents=agents)}\n")
    table.add(
        "| who | wall time | processor time | overhead | memory | no-op | its processor time |"
    )
    table.add("|---|---|---|---|---|---|---|")
    present = [each for each in everyone.ALL if each.version]
    plan = ten_layers(agents)
    alone: list[Cost] = []
    found = {each.name: Measured() for each in present}
    for _ in range(table.rounds):
        alone.append(_in_a_trial(present[0], plan, _calls_alone))
        for each in present:
            _measure(each, plan, found[each.name], table.patience)
    floor = _median([cost.cpu for cost in alone])
    table.add(f"| the calls alone | {_spent(alone)} | | | | |")
    for name, measured in found.items():
        table.add(f"| {name} | {_cells(measured, floor, agents)} |")
    for each in everyone.ALL:
        if not each.version:
            table.add(f"| {each.name} | absent: {each.way_out} | | | | | |")


def _measure(contender: Contender, plan: Plan, found: Measured, patience: float) -> None:
    """One more run, unless it is known not to end, or has taken long enough."""
    if found.remark or sum(cost.seconds for cost in found.first) > patience:
        return

    def both(trial: Trial) -> Cost:
        first = _run(trial, contender.words(JOBS))
        found.again.append(_run(trial, contender.words(JOBS)))
        return first

    try:
        found.first.append(_in_a_trial(contender, plan, both))
    except TooLong:
        found.remark = f"over {LIMIT:.0f} s"
    except Failed as failure:
        found.remark = f"failed: {str(failure).splitlines()[-1][:80]}"


def _in_a_trial(contender: Contender, plan: Plan, action: Callable[[Trial], Cost]) -> Cost:
    with project(MEMORY if MEMORY.is_dir() else None) as folder:
        return action(Trial(contender, plan, folder, AGENT))


def _calls_alone(trial: Trial) -> Cost:
    (trial.folder / "tasks").mkdir()
    (trial.folder / "answers").mkdir()
    for job in trial.plan.jobs:
        (trial.folder / f"tasks/{job.name}").write_text(job.task)
    return _run(trial, ["sh", "-c", CALLS.format(jobs=JOBS)])


def _run(trial: Trial, words: list[str]) -> Cost:
    return run(words, trial.folder, env=trial.environment())


def _cells(found: Measured, floor: float, agents: int) -> str:
    if not found.first:
        return f"{found.remark} | | | | |"
    overhead = (_median([cost.cpu for cost in found.first]) - floor) / agents * 1000
    memory = size(max(cost.peak for cost in found.first))
    return f"{_spent(found.first)} | {overhead:.1f} ms | {memory} | {_spent(found.again)}"


def _spent(costs: Sequence[Cost]) -> str:
    clock, cpu = [cost.seconds for cost in costs], [cost.cpu for cost in costs]
    return f"{seconds(_median(clock))} | {seconds(_median(cpu))}"


def _median(values: Sequence[float]) -> float:
    return statistics.median(values)
