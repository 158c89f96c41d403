"""The report: one HTML file that holds all it needs, and asks nothing of the network."""

from __future__ import annotations

import base64
import functools
import hashlib

from wavemake.compiler.render import render_html, static
from wavemake.runs.state import BAD, Run, RunState
from wavemake.ui.report import rows as tables
from wavemake.ui.report import words
from wavemake.ui.report.details import details
from wavemake.ui.report.diff import changed_files
from wavemake.ui.report.graph_view import graph
from wavemake.ui.report.texts import shown
from wavemake.ui.report.time_view import time_view
from wavemake.ui.report.timeline import timeline


def page(state: RunState, run: Run | None, *, place: str) -> str:
    """Return the report on `state` as HTML.

    run: the run that is shown; if it is an earlier one, states, times and costs are as it left them.
    place: the folder in which the page will be, for links to files; empty if that is not known.
    """
    now = run is None or run is tables.shown_run(state, None)
    rows = tables.rows(state, run, now=now)
    groups = tables.groups(rows)
    # An agent whose cells a run has made consists of them.
    each = [row for row in rows if row.agent.name not in groups]
    needs = {name: agent.needs for name, agent in state.agents.items()}
    line = timeline(run, needs) if run else None
    chain = line.chain if line and line.chain else state.critical_path
    planned = state.planned
    style, script = static("report/report.css"), static("report/report.js")
    html = render_html(
        "report/page.html.j2",
        state=state,
        run=run,
        now=now,
        rows=each,
        groups=groups,
        counts=tables.counts(row.state for row in each),
        bad=[row for row in rows if row.state in BAD and row.state != "blocked"],
        graph=graph([row for row in rows if row.agent.name in planned], chain),
        time=time_view(line) if line and line.bars else None,
        chain=chain,
        waves=tables.sums(each, lambda row: f"{row.agent.wave}"),
        models=tables.sums(each, lambda row: row.agent.model or row.agent.runner),
        fresh=tables.sum_of("", [row for row in each if row.fresh]),
        all=tables.sum_of("", each),
        runs=tables.compared(state, run),
        changed=changed_files(state.folder, state.agents),
        details=details(state, rows, place),
        words=words,
        once=functools.cache,
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
    )
    return shown(html)


def _hash(text: str) -> str:
    """The checksum by which a Content Security Policy knows an inline style or script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
