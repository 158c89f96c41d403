"""Runs that never were: the files that make would have left behind, for plans of any size, in no time."""

from __future__ import annotations

import heapq
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.harness import Project

BEGAN = 1_790_000_000.0

ANSWER = """\
# What was done

The part of **{name}** is finished. It builds on what was given to read, and keeps to the names there.

- `src/{name}.py` holds the code, with a docstring for what others call
- the tests of it are in `tests/test_{name}.py`, and pass

| check | result |
|---|---|
| types | clean |
| tests | 14 passed |

```python
def main() -> None:
    print("{name}")
```

See <https://example.org/{name}> for the background.
"""


@dataclass
class Past:
    """What is to have happened. An agent in `fails` failed; one in `retries` did so at first."""

    jobs: int = 4
    seed: int = 7
    fails: dict[str, str] = field(default_factory=dict)
    retries: dict[str, str] = field(default_factory=dict)
    waits: dict[str, str] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    answer: Callable[[str], str] = lambda name: ANSWER.format(name=name)
    costs: bool = True


class Machine:
    """Writes the events of runs into a compiled project, oldest first, and what they left of each agent."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.agents: list[dict[str, Any]] = project.json(".tmp/agents/manifest.json")["agents"]
        self.runs = 0

    def run(self, past: Past) -> None:
        """Let a run have happened: a slot takes the first agent that is ready, as make does."""
        self._keep_events()
        self.runs += 1
        self.id = f"{int(BEGAN)}-{self.runs}"
        self.random = random.Random(past.seed + self.runs)
        self.events: list[dict[str, Any]] = []
        zero = BEGAN + 86_400 * self.runs
        self._tell(zero, event="run", jobs=past.jobs, goals="all")
        end, status = self._schedule(past, zero)
        self._tell(end, event="run-end", status=status)
        self.events.sort(key=lambda event: event["t"])
        lines = "".join(f"{json.dumps(event)}\n" for event in self.events)
        self.project.write(".tmp/agents/events.jsonl", lines)

    def _schedule(self, past: Past, zero: float) -> tuple[float, int]:
        done: dict[str, float] = dict.fromkeys(past.kept, zero)
        broken: set[str] = set()
        slots = [zero] * past.jobs
        waiting = [agent for agent in self.agents if agent["name"] not in past.kept]
        while waiting:
            ready = [agent for agent in waiting if done.keys() >= set(agent["needs"]) - broken]
            for agent in [each for each in ready if broken.intersection(each["needs"])]:
                broken.add(agent["name"])
                waiting.remove(agent)
            ready = [agent for agent in ready if agent in waiting]
            if not ready:
                continue
            agent = min(ready, key=lambda a: max([done[n] for n in a["needs"]], default=zero))
            waiting.remove(agent)
            slot = heapq.heappop(slots)
            start = max([slot, *(done[need] for need in agent["needs"])])
            end = self._agent(agent, start, past)
            heapq.heappush(slots, end)
            if agent["name"] in past.fails:
                broken.add(agent["name"])
            else:
                done[agent["name"]] = end
        return max([zero, *slots]), 2 if broken else 0

    def _agent(self, agent: dict[str, Any], start: float, past: Past) -> float:
        name, time, attempt, before = agent["name"], start, 1, dict[str, Any]()
        about = {"agent": name, "wave": agent["wave"]}
        if name in past.waits:
            self._tell(time, event="wait", agent=name, **{"for": past.waits[name]})
            time += self.random.uniform(5, 25)
        first = time
        self._tell(time, event="start", **about, attempt=1)
        if name in past.retries:
            time += self.random.uniform(4, 20)
            before = self._costs(past, small=True)
            self._tell(
                time,
                event="attempt",
                agent=name,
                attempt=1,
                state="failed",
                reason=past.retries[name],
                seconds=round(time - first, 1),
                retry_in=8,
                **before,
            )
            time, attempt = time + 8, 2
            self._tell(time, event="start", **about, attempt=2)
        time += self.random.lognormvariate(3.6, 0.7)
        state, reason = ("failed", past.fails[name]) if name in past.fails else ("done", "")
        costs = self._costs(past, small=False)
        costs = {key: round(value + before.get(key, 0), 4) for key, value in costs.items()}
        end = {"state": state, "seconds": round(time - first, 1), "reason": reason}
        self._tell(time, event="end", **about, **end, attempts=attempt, **costs)
        self._leave(agent, first, time, {**end, "attempts": attempt, **costs}, past)
        return time

    def _costs(self, past: Past, *, small: bool) -> dict[str, Any]:
        if not past.costs:
            return {}
        read = self.random.randrange(3_000, 9_000 if small else 60_000)
        wrote = 0 if small else self.random.randrange(400, 6_000)
        usd = round(read * 3e-6 + wrote * 15e-6, 4)
        return {"cost": usd, "tokens_in": read, "tokens_out": wrote}

    def _leave(
        self, agent: dict[str, Any], start: float, end: float, reported: dict[str, Any], past: Past
    ) -> None:
        name = agent["name"]
        status = {
            "schema": 1,
            "agent": name,
            "wave": agent["wave"],
            "runner": agent["runner"],
            "model": agent["model"],
            "run": self.id,
            "started": round(start, 2),
            "ended": round(end, 2),
            **reported,
        }
        folder = f".tmp/agents/{name}"
        self.project.write(f"{folder}/status.json", json.dumps(status) + "\n")
        self.project.write(f"{folder}/prompt.md", self.project.read(f"{folder}/task.md"))
        self.project.write(
            f"{folder}/log.txt", f"{reported['reason']}\n" if reported["reason"] else ""
        )
        if reported["state"] == "done":
            self.project.write(f"{folder}/output.md", past.answer(name))

    def _tell(self, time: float, **event: Any) -> None:
        self.events.append({"t": round(time, 2), "run": self.id, **event})

    def _keep_events(self) -> None:
        path = self.project.path(".tmp/agents/events.jsonl")
        if path.exists():
            (path.parent / "runs").mkdir(exist_ok=True)
            path.rename(path.parent / "runs" / f"{self.runs}.jsonl")


SAAS = {
    "db-agent": [],
    "ui-kit-agent": [],
    "auth-agent": ["db-agent"],
    "api-agent": ["db-agent"],
    "dashboard-agent": ["auth-agent", "api-agent", "ui-kit-agent"],
    "billing-agent": ["auth-agent", "api-agent"],
    "test-agent": ["dashboard-agent", "billing-agent"],
}


def hundred() -> dict[str, list[str]]:
    """A migration as people plan it: a survey, modules with a chain each, wirings, reviews of all."""
    parts = ("storage", "accounts", "search", "billing", "exports", "mail", "admin", "reports")
    agents: dict[str, list[str]] = {"survey": [], "conventions": [], "risk-list": ["survey"]}
    for part in parts:
        agents[f"{part}-map"] = ["survey", "conventions"]
        for number in range(1, 7):
            agents[f"{part}-move-{number}"] = [f"{part}-map"]
        moves = [f"{part}-move-{number}" for number in range(1, 7)]
        agents[f"{part}-tests"] = [f"{part}-map", moves[0]]
        agents[f"{part}-merge"] = moves
        agents[f"{part}-check"] = [f"{part}-merge", f"{part}-tests", "conventions"]
    checks = [f"{part}-check" for part in parts]
    for topic in ("security", "performance", "accessibility", "licences"):
        agents[f"{topic}-review"] = checks
    for pair in (("storage", "accounts"), ("search", "exports"), ("mail", "billing")):
        agents[f"{pair[0]}-{pair[1]}-wiring"] = [f"{pair[0]}-check", f"{pair[1]}-check"]
    reviews = [name for name in agents if name.endswith(("-review", "-wiring"))]
    agents["fixes"] = reviews
    agents["changelog"] = ["survey", "fixes"]
    agents["docs-site"] = ["fixes", *(f"{part}-map" for part in parts)]
    for language in ("de", "fr", "ja", "pt"):
        agents[f"docs-{language}"] = ["docs-site"]
    agents["release-notes"] = ["changelog", "risk-list"]
    agents["final-check"] = ["release-notes", "docs-de", "docs-fr", "docs-ja", "docs-pt"]
    return agents


def thousand() -> dict[str, list[str]]:
    """Ten layers of a hundred, each agent reads three of the layer before, and one reads all of the last."""
    agents: dict[str, list[str]] = {}
    for number in range(999):
        layer, place = divmod(number, 100)
        reads = [f"part-{layer - 1}-{(place + step) % 100:02}" for step in (0, 7, 31)]
        agents[f"part-{layer}-{place:02}"] = reads if layer else []
    agents["summary-of-all"] = [name for name in agents if name.startswith("part-9-")]
    return agents
