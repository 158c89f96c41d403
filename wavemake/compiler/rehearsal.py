"""What a rehearsal answers where a plan goes by that: a list with an item, or the word that ends a loop."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from wavemake.plan.for_each import HOLE
from wavemake.plan.resolved import Agent

_REHEARSE = "rehearse"
_WORD = "example"
# A pattern that stands for a text: the beginning of a line.
_PLAIN = re.compile(r"\^?[A-Za-z0-9 _-]+")


def rehearsed(agents: Sequence[Agent]) -> tuple[Agent, ...]:
    """Return `agents`, with what those answer that are rehearsed and that others go by.

    >>> _answer([])
    '["example"]'
    >>> _answer(["{{item.name}} {{item.at.line}}"])
    '[{"name": "example", "at": {"line": "example"}}]'
    """
    answers: dict[str, str] = {}
    for agent in agents:
        if agent.cells and not agent.cells.file:
            answers[agent.cells.agent] = _answer(_texts(agent))
        for line in agent.until:
            kind, _, rest = line.partition(" ")
            name, _, pattern = rest.partition(" ")
            if kind == "matches" and _PLAIN.fullmatch(pattern):
                answers[name] = pattern.removeprefix("^")
    return tuple(_answering(agent, answers.get(agent.name, "")) for agent in agents)


def _answering(agent: Agent, answer: str) -> Agent:
    settings = agent.settings
    if not answer or settings.runner != _REHEARSE:
        return agent
    args = (*(settings.args or ()), f"--rehearsed={answer}")
    return replace(agent, settings=replace(settings, args=args))


def _texts(agent: Agent) -> Iterator[str]:
    yield from (agent.task, agent.settings.model or "", *agent.outputs)
    yield from (read.path for read in agent.reads)
    yield from (check.text for check in agent.settings.check or ())


def _answer(texts: Iterator[str] | list[str]) -> str:
    item: dict[str, Any] = {}
    for text in texts:
        for hole in HOLE.finditer(text):
            inner, steps = item, (hole["key"] or "").split(".")
            for step in steps[:-1]:
                inner = inner.setdefault(step, {}) if isinstance(inner, dict) else {}
            if steps[-1] and isinstance(inner, dict):
                inner.setdefault(steps[-1], _WORD)
    return json.dumps([item or _WORD])
