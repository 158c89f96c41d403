"""What make is about to run, what that sends, takes and costs: in words, and as JSON."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from wavemake.plan.runners import RUNNERS
from wavemake.runs.edits import read_edits
from wavemake.runs.estimate import Estimate, Guess, estimate
from wavemake.runs.overlap import Overlap, overlaps
from wavemake.runs.predict import (
    BLOCKED,
    FAILS,
    FATES,
    MAY_FAIL,
    MAY_RUN,
    PINNED,
    REPLAY,
    REUSE,
    RUN,
    SKIPPED,
    UP_TO_DATE,
    Prediction,
)
from wavemake.runs.prompt import BYTES_A_TOKEN, tokens
from wavemake.runs.records import records_of
from wavemake.runs.state import RunState, dollars, more
from wavemake.ui.console import count
from wavemake.ui.view.text import duration, printable, size
from wavemake.ui.world import CompiledFolder, guess_of

_MOST = 5


@dataclass(frozen=True)
class MissingProgram:
    """A program that is not installed; agents: those that its runner would run, and cannot."""

    runner: str
    program: str
    way_out: str
    agents: tuple[str, ...]

    def __str__(self) -> str:
        count = len(self.agents)
        way_out = f" ({self.way_out})" if self.way_out else ""
        return (
            f"{self.program} is not installed{way_out}: "
            f"{count} agent{'s' * (count != 1)} of the runner {self.runner} cannot be started"
        )


def _lacking(state: RunState, found: Iterable[Prediction]) -> Iterator[MissingProgram]:
    unable = [each.name for each in found if each.fate in (FAILS, BLOCKED, MAY_FAIL)]
    for runner, program in state.programs.items():
        agents = tuple(name for name in unable if state.agents[name].runner == runner)
        if agents and not shutil.which(program):
            way_out = RUNNERS[runner].way_out if runner in RUNNERS else ""
            yield MissingProgram(runner, program, way_out, agents)


def _overlaps_of(state: RunState, names: Iterable[str]) -> list[Overlap]:
    """Of the agents `names`, those that can run at once and that change the same files."""
    changed: dict[str, set[str]] = {}
    for name in names:
        changed[name] = {path.strip("/") for path in state.agents[name].outputs}
        for edit in read_edits(state.folder, name, text=False) or ():
            changed[name].update(path for path in (edit.path, edit.old) if path)
    return [*overlaps(changed, lambda name: state.agents[name].needs)]


def _guesses(state: RunState, names: Collection[str]) -> dict[str, Guess]:
    """What the agents `names` are likely to take. Long records are not read for none."""
    if not names:
        return {}
    records = records_of(state)
    return {name: guess_of(state, records, name) for name in names}


@dataclass
class Forecast:
    """What several agents send, take and cost."""

    prompts: int
    agents: int
    size: int
    tokens: int
    at_least: bool
    estimate: Estimate


class Outlook:
    """What is about to run: `found` is what becomes of each agent, at most `jobs` at a time."""

    def __init__(self, sight: CompiledFolder, found: Mapping[str, Prediction], jobs: int) -> None:
        state = sight.state
        self.sight, self.found, self.jobs = sight, found, jobs
        self.budget = _budget(state)
        paid = [name for name, each in found.items() if each.fate in (RUN, MAY_RUN)]
        self.guesses = _guesses(state, paid)
        self.lacking = [*_lacking(state, found.values())]
        self.needs = {name: state.agents[name].needs for name in found}
        self.overlaps = _overlaps_of(state, paid)
        self.certain = self._bill([name for name in paid if found[name].fate == RUN])
        self.at_most = self._bill(paid)

    def _bill(self, names: Sequence[str]) -> Forecast:
        predictions = [self.found[name] for name in names]
        guesses = {name: self.guesses[name] for name in names}
        return Forecast(
            prompts=sum(each.prompts for each in predictions),
            agents=len(predictions),
            size=sum(each.size or 0 for each in predictions),
            tokens=sum(tokens(each.size or 0) for each in predictions),
            at_least=any(each.at_least or each.size is None for each in predictions),
            estimate=estimate(guesses, self.needs, self.jobs),
        )

    def listing(self, everything: bool) -> Iterator[tuple[str, str]]:
        """Yield the fate of each agent, padded, and the rest of its line.

        everything: list those too that are up to date.
        """
        shown = [
            each
            for each in self.found.values()
            if everything or each.reasons or each.fate != UP_TO_DATE
        ]
        fates = max((len(each.fate) for each in shown), default=0)
        names = max((len(each.name) for each in shown), default=0)
        for each in shown:
            why = printable("; ".join(each.reasons))
            yield f"{each.fate:{fates}}", f"  {each.name:{names}}  {why}"

    def summary(self) -> list[str]:
        """How many of what, and the bill."""
        tally = Counter(each.fate for each in self.found.values())
        counts = ", ".join(f"{tally[fate]} {fate}" for fate in FATES if tally[fate])
        lines = [note for note in (self.sight.note, self.sight.override) if note]
        lines.append(f"{counts} (of {count(len(self.found), 'agent')})")
        lines += map(str, self.lacking)
        lines += self._overlaps()
        if not self.at_most.prompts:
            is_well = {each.fate for each in self.found.values()} <= {
                REPLAY,
                REUSE,
                PINNED,
                SKIPPED,
                UP_TO_DATE,
            }
            return [
                *lines,
                "nothing to run: every answer is cached" if is_well else "0 prompts will be sent",
            ]
        budget = [f"{self.budget}; no agent starts once it is spent"] if self.budget else []
        return [*lines, self._prompts(), self._time(), self._cost(), *budget]

    def _overlaps(self) -> list[str]:
        lines = []
        for each in self.overlaps[:_MOST]:
            one, other = each.agents
            files = ", ".join(each.files[:_MOST]) + (", ..." if len(each.files) > _MOST else "")
            lines.append(printable(f"{one} and {other} may run at once, and both change {files}"))
        more = len(self.overlaps) - _MOST
        return [*lines, f"and {more} more such pairs"] if more > 0 else lines

    def _range(self, certain: str, at_most: str) -> str:
        only = self.certain.prompts == self.at_most.prompts
        return f"about {certain}" if only else f"about {certain}, at most {at_most}"

    def _prompts(self) -> str:
        certain, at_most = self.certain, self.at_most
        text = f"prompts: {_sent(certain)}"
        if at_most.prompts > certain.prompts:
            text += f"; at most {_sent(at_most)}"
        return f"{text} (a token is taken for {BYTES_A_TOKEN} bytes)"

    def _time(self) -> str:
        certain, at_most = self.certain.estimate, self.at_most.estimate
        if at_most.unknown == self.at_most.agents:
            return f"time at -j{self.jobs}: unknown, no earlier run is recorded"
        text = f"time at -j{self.jobs}: {self._range(duration(certain.seconds), duration(at_most.seconds))}"
        return f"{text} ({_basis(at_most)})"

    def _cost(self) -> str:
        certain, at_most = self.certain.estimate, self.at_most.estimate
        if at_most.unpriced == self.at_most.agents:
            return "cost: unknown: no earlier run reported one"
        text = f"cost: {self._range(dollars(certain.usd), dollars(at_most.usd))}"
        return f"{text}{more(at_most.unpriced)}"

    def as_json(self) -> dict[str, object]:
        """All of it."""
        return {
            "schema": 1,
            "jobs": self.jobs,
            "plan_changed": self.sight.edited or None,
            "bytes_a_token": BYTES_A_TOKEN,
            "not_installed": [asdict(each) for each in self.lacking],
            "overlaps": [asdict(each) for each in self.overlaps],
            "certain": _bill_json(self.certain),
            "at_most": _bill_json(self.at_most),
            "agents": [self._agent_json(each) for each in self.found.values()],
        }

    def _agent_json(self, each: Prediction) -> dict[str, object]:
        guess = self.guesses.get(each.name)
        return {
            "name": each.name,
            "wave": each.wave,
            "fate": each.fate,
            "reasons": each.reasons,
            "prompt_bytes": each.size,
            "prompt_tokens": None if each.size is None else tokens(each.size),
            "prompt_grows": each.at_least,
            "seconds": guess.seconds if guess else None,
            "usd": guess.usd if guess else None,
            "basis": basis(guess) if guess else None,
        }


def _budget(state: RunState) -> str:
    if state.spent:
        from wavemake.ui.view.tables import budget_line  # it loads rich

        return budget_line(state.spent)
    usd = "" if state.budget_usd is None else dollars(state.budget_usd)
    tokens = "" if state.budget_tokens is None else f"{state.budget_tokens} tokens"
    limits = ", ".join(filter(None, [usd, tokens]))
    return limits and f"budget of a run: {limits}"


def basis(guess: Guess) -> str:
    """Say by what an agent's time was estimated."""
    if guess.seconds is None:
        return "unknown"
    return "its earlier runs" if guess.own else "agents of the same runner and model"


def _basis(estimate: Estimate) -> str:
    parts = [
        f"{estimate.own} by earlier runs" if estimate.own else "",
        f"{estimate.like} by agents of the same runner and model" if estimate.like else "",
        f"{estimate.unknown} unknown, counted as nothing" if estimate.unknown else "",
    ]
    return ", ".join(filter(None, parts))


def _bill_json(bill: Forecast) -> dict[str, object]:
    estimate = bill.estimate
    return {
        "prompts": bill.prompts,
        "prompt_bytes": bill.size,
        "prompt_tokens": bill.tokens,
        "prompts_grow": bill.at_least,
        "seconds": estimate.seconds if estimate.own + estimate.like else None,
        "seconds_unknown": estimate.unknown,
        "usd": estimate.usd if estimate.unpriced < bill.agents else None,
        "usd_unknown": estimate.unpriced,
    }


def _sent(bill: Forecast) -> str:
    more = ", and what new answers add" if bill.at_least else ""
    return f"{bill.prompts} of {size(bill.size)}, about {bill.tokens} tokens{more}"
