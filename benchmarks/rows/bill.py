"""The bill: calls paid beside calls needed."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

from benchmarks.bill import everyone, scenarios
from benchmarks.bill.contender import Contender
from benchmarks.bill.trial import Trial
from benchmarks.rows import Sizes, project
from benchmarks.table import Table
from benchmarks.timing import TooLong

TEXT = (
    "Calls of an agent that answers at once and counts: {agents} agents in ten layers, each of which reads"
    " three of the layer before. Needed are those that were never made before, in that project, with the same"
    " task, model and answers to read. Each row begins with a new project in git, which has been run once"
    " unless the row is about that. WRONG is a run that ends well with a stale answer, a lost edit or a"
    " failure: that is worse than expensive."
)


def measure(table: Table, sizes: Sizes) -> None:
    table.add(f"\n### The bill\n\n{TEXT.format(agents=sizes.billed)}\n")
    present = [each for each in everyone.ALL if each.version]
    for absent in [each for each in everyone.ALL if not each.version]:
        table.add(f"{absent.name} is absent: {absent.way_out}\n")
    table.add(f"| what happens | needed | {' | '.join(each.name for each in present)} |")
    table.add("|---" * (len(present) + 2) + "|")
    for scenario in scenarios.ALL:
        _row(table, scenario, present, sizes.billed)
    table.add("")
    for each in present:
        if each.notes:
            table.add(f"- {each.name} ({each.version}): {each.notes}")


def _row(table: Table, scenario: scenarios.Scenario, present: list[Contender], agents: int) -> None:
    """All contenders at the same time: what is counted does not depend on how long it takes."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        trials = list(pool.map(lambda each: _tried(scenario, each, agents), present))
    needed = {trial.needed for trial in trials if trial}
    cells = [_cell(trial) for trial in trials]
    row = " | ".join([scenario.__doc__ or "", *(str(each) for each in sorted(needed)), *cells])
    table.add(f"| {row} |")


def _tried(scenario: scenarios.Scenario, contender: Contender, agents: int) -> Trial | None:
    """What became of it; None if the contender has no way to say this."""
    with project() as folder:
        trial = Trial(contender, scenarios.plan_for(scenario, agents), folder)
        try:
            scenario(trial)
        except scenarios.Inexpressible:
            return None
        except TooLong:
            trial.remarks.append("too long")
        return trial


def _cell(trial: Trial | None) -> str:
    return ", ".join([str(trial.paid), *dict.fromkeys(trial.remarks)]) if trial else "-"
