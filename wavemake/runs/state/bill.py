"""What several agents cost together, and the words for that: what is unknown is named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wavemake.runs.state.costs import UNKNOWN, UNUSED, Cache, Costs
from wavemake.runs.state.runs import AgentRun


@dataclass(frozen=True, slots=True)
class Bill:
    """The costs of several agents, as far as they reported them; None if none did.

    unpriced and uncounted: how many of them reported no dollars, and no tokens.
    """

    agents: int = 0
    usd: float | None = None
    unpriced: int = 0
    tokens_in: int | None = None
    tokens_out: int | None = None
    uncounted: int = 0
    cache: Cache = UNUSED

    @property
    def tokens(self) -> int:
        """Tokens in and out together, as far as they were reported."""
        return (self.tokens_in or 0) + (self.tokens_out or 0)


def bill(costs: Iterable[Costs]) -> Bill:
    """Return the bill for agents, each with its own costs.

    >>> costs = bill([Costs(0.5, 10, 2), Costs(None, 5)])
    >>> costs.agents, costs.usd, costs.unpriced, costs.tokens_in, costs.tokens_out, costs.uncounted
    (2, 0.5, 1, 15, 2, 0)
    """
    each = list(costs)
    dollars = [one.usd for one in each if one.usd is not None]
    read = [one.tokens_in for one in each if one.tokens_in is not None]
    written = [one.tokens_out for one in each if one.tokens_out is not None]
    return Bill(
        agents=len(each),
        usd=sum(dollars) if dollars else None,
        unpriced=sum(one.usd is None or one.partial for one in each),
        tokens_in=sum(read) if read else None,
        tokens_out=sum(written) if written else None,
        uncounted=sum(one.tokens is None or one.partial for one in each),
        cache=sum((one.cache for one in each), UNUSED),
    )


def bill_of(agents: Iterable[AgentRun], *, running: bool = False) -> Bill:
    """Return the bill for what `agents` did in a run; who rehearses has no costs.

    running: the run goes on: what has not ended is not asked for its costs yet.
    """
    return bill(
        each.costs
        for each in agents
        if each.attempts
        and not each.rehearsed
        and not (running and not each.state and each.costs == UNKNOWN)
    )


def in_words(costs: Bill) -> str:
    """Return for instance "$0.42, 18.2k tokens"; nothing if no agent is charged.

    >>> in_words(bill([Costs(0.42, 18_000, 200), Costs(None, 40), Costs()]))
    '$0.42 + 2 unknown, 18.2k tokens + 1 unknown'
    >>> in_words(bill([Costs(), Costs()])), in_words(bill([Costs(0.5)]))
    ('cost unknown (2 agents reported none)', '$0.50, tokens unknown')
    >>> in_words(bill([Costs(0.1, 9000, 10, cache=Cache(7500, 900, 0.05))]))
    '$0.10, 9.0k tokens; cache: 7.5k read, 900 written, saved $0.05'
    """
    if not costs.agents:
        return ""
    cache = cached(costs.cache)
    return f"{_paid(costs)}; {cache}" if cache else _paid(costs)


def cached(cache: Cache) -> str:
    """Return what a cache was used for, and what that has saved.

    >>> cached(Cache()), cached(Cache(0, 1000, -0.02))
    ('', 'cache: 0 read, 1.0k written, cost $0.02 more')
    """
    if not cache:
        return ""
    text = f"cache: {thousands(cache.read)} read, {thousands(cache.written)} written"
    if cache.saved > 0:
        return f"{text}, saved {dollars(cache.saved)}"
    return f"{text}, cost {dollars(-cache.saved)} more" if cache.saved < 0 else text


def _paid(costs: Bill) -> str:
    cost = f"cost {price(costs)}" if costs.usd is None else price(costs)
    if costs.tokens_in is None and costs.tokens_out is None:
        return cost if costs.usd is None else f"{cost}, tokens unknown"
    return f"{cost}, {thousands(costs.tokens)} tokens{more(costs.uncounted)}"


def price(costs: Bill) -> str:
    """Return the dollars of a bill, for instance "$0.42 + 1 unknown"."""
    if costs.usd is None and costs.agents:
        return f"unknown ({costs.agents} agent{'s' * (costs.agents != 1)} reported none)"
    return f"{dollars(costs.usd or 0)}{more(costs.unpriced)}"


def more(unknown: int) -> str:
    """Return what stands behind a sum of which `unknown` parts are unknown."""
    return f" + {unknown} unknown" if unknown else ""


def dollars(usd: float) -> str:
    """Return for instance $0.42; what is less than a cent has two digits that count."""
    return f"${usd:.2f}" if usd >= 0.01 or usd == 0 else f"${usd:.2g}"


def thousands(number: int) -> str:
    """Return for instance 950, 18.2k or 1.3M."""
    if number < 1000:
        return str(number)
    return f"{number / 1000:.1f}k" if number < 999_950 else f"{number / 1_000_000:.1f}M"
