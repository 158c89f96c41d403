"""What a run will take and cost, by the records of earlier runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wavemake.runs.makespan import Remaining, makespan

# Only an agent's newest runs count: long ago it may have had another task.
_NEWEST = 5


@dataclass(frozen=True, slots=True)
class Sample:
    """One run of an agent that ended well. usd is None if its cost was not reported."""

    agent: str
    like: str
    seconds: float
    usd: float | None


@dataclass(frozen=True, slots=True)
class Guess:
    """What an agent will take. own: it is known from runs of its own; otherwise from agents like it."""

    seconds: float | None
    usd: float | None
    own: bool = False


@dataclass(frozen=True, slots=True)
class Estimate:
    """Time and cost of several agents; of those in unknown, or in unpriced, nothing is known.

    own and like count the agents that are known from runs of their own, and of agents like them.
    """

    seconds: float
    usd: float
    own: int
    like: int
    unknown: int
    unpriced: int


class Records:
    """Samples of earlier runs, oldest first."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._own: dict[str, list[Sample]] = {}
        self._like: dict[str, list[Sample]] = {}
        for sample in samples:
            self._own.setdefault(sample.agent, []).append(sample)
            self._like.setdefault(sample.like, []).append(sample)

    def guess(self, agent: str, like: str) -> Guess:
        """Guess what `agent` takes: the median of its own runs, or of agents with the same `like`."""
        import statistics  # It takes long to import, and most commands guess nothing.

        own = self._own.get(agent, [])[-_NEWEST:]
        samples = own or self._like.get(like, [])
        if not samples:
            return Guess(None, None)
        prices = [each.usd for each in samples if each.usd is not None]
        return Guess(
            statistics.median(each.seconds for each in samples),
            statistics.median(prices) if prices else None,
            bool(own),
        )


def estimate(
    guesses: Mapping[str, Guess], needs: Mapping[str, Sequence[str]], jobs: int
) -> Estimate:
    """Estimate what the agents of `guesses` take, `jobs` at once; they are sorted by wave.

    needs: what must be done before each of them; an agent that is not among them takes nothing.
    """
    seconds = {name: guess.seconds or 0.0 for name, guess in guesses.items()}
    tasks = [Remaining(name, tuple(dict.fromkeys(needs[name])), None) for name in guesses]
    known = [guess for guess in guesses.values() if guess.seconds is not None]
    prices = [guess.usd for guess in guesses.values() if guess.usd is not None]
    return Estimate(
        seconds=makespan(tasks, seconds, jobs),
        usd=sum(prices),
        own=sum(guess.own for guess in known),
        like=sum(not guess.own for guess in known),
        unknown=len(guesses) - len(known),
        unpriced=len(guesses) - len(prices),
    )
