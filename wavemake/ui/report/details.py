"""The page's part about one agent: facts, inputs and readers, its texts and its runs."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from wavemake.runs.state import BAD, AgentRun, Run, RunState
from wavemake.ui.report import diff, words
from wavemake.ui.report.markdown import to_html
from wavemake.ui.report.rows import ReportRow
from wavemake.ui.report.texts import AgentText, limits, read_text, text_files

_LATEST_RUNS = 12
_TITLES = {
    "output": "Output",
    "changes": "Changes",
    "log": "Log",
    "prompt": "Prompt",
    "task": "Task and settings",
}
_RENDERED = {"output": to_html, "changes": diff.to_html}


@dataclass(frozen=True, slots=True)
class Section:
    """A text of an agent's. html is its content if it is rendered, and empty if it is shown as it is.

    note: how much of it is left out, if anything; link: where the whole file is, from the page. old: an
    output from before the agent failed.
    """

    kind: str
    title: str
    text: AgentText
    html: str
    note: str
    link: str
    open: bool
    old: bool


@dataclass(frozen=True, slots=True)
class Detail:
    """All of one agent. facts are (name, value); runs are (run, what became of the agent), newest first."""

    row: ReportRow
    facts: tuple[tuple[str, str], ...]
    readers: tuple[str, ...]
    sections: tuple[Section, ...]
    runs: tuple[tuple[Run, AgentRun], ...]


def details(state: RunState, rows: Sequence[ReportRow], place: str) -> Iterator[Detail]:
    """Return the details of each of `rows`. place: the folder of the page, for links to files."""
    readers: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        for need in row.agent.needs:
            readers[need].append(row.agent.name)
    files = {name: text_files(state.folder, name) for name in state.agents}
    most = limits(files.values())
    base = os.path.relpath(state.folder, place) if place else ""
    for row in rows:
        name = row.agent.name
        texts = ((kind, read_text(file, kind, most[kind])) for kind, file in files[name].items())
        sections = (_section(kind, text, row, base) for kind, text in texts if text)
        yield Detail(
            row=row,
            facts=tuple(fact for fact in _facts(row) if fact[1]),
            readers=tuple(readers[name]),
            sections=tuple(sections),
            runs=tuple(_runs(state, name)),
        )


def _section(kind: str, text: AgentText, row: ReportRow, base: str) -> Section:
    part = "last" if text.tail else "first"
    note = f"the {part} {words.size(text.kept)} of {words.size(text.size)}" if text.cut else ""
    return Section(
        kind=kind,
        title=_TITLES[kind],
        text=text,
        html=_RENDERED[kind](text.content) if kind in _RENDERED else "",
        note=note,
        link=quote(_below(base, row.agent.name, os.path.basename(text.path))) if base else "",
        open=kind == "output" or (kind == "log" and row.state == "failed"),
        old=kind == "output" and row.state in BAD - {"waiting", "asked", "blocked"},
    )


def _below(base: str, agent: str, file: str) -> str:
    """The file from the page, of which `base` is the way to the folder of all agents."""
    return os.path.normpath(os.path.join(base, agent, file))


def _facts(row: ReportRow) -> Iterator[tuple[str, str]]:
    agent, costs = row.agent, row.costs
    yield "Wave", str(agent.wave)
    yield "Runner", agent.runner
    yield "Model", agent.model
    yield "Pool", agent.pool
    yield "Time", words.duration(row.seconds)
    yield "Waited", words.duration(row.waited)
    yield "Attempts", words.number(row.attempts or None)
    yield "Cost", words.money(costs.usd)
    yield "Tokens in", words.number(costs.tokens_in)
    yield "Tokens out", words.number(costs.tokens_out)
    yield "Cache", words.cache(costs.cache)
    yield "Turns", words.number(agent.turns)
    yield "Session", agent.session


def _runs(state: RunState, name: str) -> Iterator[tuple[Run, AgentRun]]:
    took_part = [run for run in state.runs if name in run.agents]
    for run in reversed(took_part[-_LATEST_RUNS:]):
        yield run, run.agents[name]
