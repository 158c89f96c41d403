"""A run as spans of OpenTelemetry, in OTLP's JSON, by the semantic conventions for generative AI.

The conventions are those of version 1.41.0, the last in which they were part of the common ones. They are
in development: the version is in `schemaUrl`. What they have no word for begins with `wavemake.`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wavemake import __version__
from wavemake.runs.state import AgentRun, Attempt, Run, RunState, TraceSpan

CONVENTIONS = "1.41.0"
"""The version of the semantic conventions."""

_SCHEMA = f"https://opentelemetry.io/schemas/{CONVENTIONS}"
_INTERNAL = 1
_ERROR = 2
# The conventions' names; any other runner keeps its own.
_PROVIDERS = {"claude": "anthropic", "codex": "openai", "gemini": "gcp.gemini"}
_IN_A_REQUEST = 500

Json = dict[str, Any]


def requests(state: RunState, run: Run) -> Iterator[Json]:
    """Yield what a receiver is sent for `run`: the bodies of export requests, the first with the run itself.

    A run that goes on is sent as far as it has come.
    """
    spans = [_run_span(state, run), *_attempt_spans(state, run)]
    for start in range(0, len(spans), _IN_A_REQUEST):
        yield _request(state, spans[start : start + _IN_A_REQUEST])


def _request(state: RunState, spans: Sequence[Json]) -> Json:
    about = {"service.name": "wavemake", "service.version": __version__}
    scope = {"name": "wavemake", "version": __version__}
    return {
        "resourceSpans": [
            {
                "resource": {
                    "attributes": _attributes({**about, "wavemake.project": state.project})
                },
                "scopeSpans": [{"scope": scope, "spans": list(spans), "schemaUrl": _SCHEMA}],
                "schemaUrl": _SCHEMA,
            }
        ]
    }


def _run_span(state: RunState, run: Run) -> Json:
    agents = run.agents.values()
    span = _run_ids(run)
    facts = {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": state.project,
        "wavemake.run": run.id,
        "wavemake.goals": run.goals,
        "wavemake.agents.ran": sum(bool(each.attempts) for each in agents),
        "wavemake.agents.reused": sum(each.state == "reused" for each in agents),
    }
    name = f"invoke_workflow {state.project}".strip()
    failed = f"status {run.status}" if run.status else ""
    return _span(span, name, (run.started, run.ended or run.last), facts, failed)


def _attempt_spans(state: RunState, run: Run) -> Iterator[Json]:
    for agent in run.agents.values():
        for attempt in agent.attempts:
            if attempt.started is None:
                continue
            end = attempt.ended or max(run.last, attempt.started)
            failed = "" if attempt.state == "done" else attempt.reason or attempt.state
            if not attempt.state:
                failed = "no end was recorded"
            span = _span(
                _ids(run, agent, attempt),
                f"invoke_agent {agent.name}",
                (attempt.started, end),
                _facts(state, run, agent, attempt),
                failed,
            )
            yield {**span, "links": list(_links(state, run, agent))}


def _facts(state: RunState, run: Run, agent: AgentRun, attempt: Attempt) -> Json:
    known = state.agents.get(agent.name)
    runner = agent.runner or (known.runner if known else "")
    return {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": _PROVIDERS.get(runner, runner or "_OTHER"),
        "gen_ai.agent.name": agent.name,
        "gen_ai.request.model": known.model if known else "",
        "gen_ai.response.model": agent.model if attempt.state == "done" else "",
        "gen_ai.usage.input_tokens": attempt.costs.tokens_in,
        "gen_ai.usage.output_tokens": attempt.costs.tokens_out,
        "gen_ai.usage.cache_read.input_tokens": attempt.costs.cache.read or None,
        "gen_ai.usage.cache_creation.input_tokens": attempt.costs.cache.written or None,
        "error.type": attempt.state if attempt.state not in ("", "done") else "",
        "wavemake.run": run.id,
        "wavemake.runner": runner,
        "wavemake.wave": known.wave if known else None,
        "wavemake.attempt": attempt.number,
        "wavemake.cost_usd": attempt.costs.usd,
    }


def _links(state: RunState, run: Run, agent: AgentRun) -> Iterator[Json]:
    """The attempts whose answers it read, of this run."""
    known = state.agents.get(agent.name)
    for name in known.needs if known else ():
        read = run.agents.get(name)
        if read and read.attempts:
            span = _ids(run, read, read.attempts[-1])
            yield {"traceId": span.trace, "spanId": span.id}


def _span(span: TraceSpan, name: str, times: tuple[float, float], facts: Json, failed: str) -> Json:
    start, end = times
    parent = {"parentSpanId": span.parent} if span.parent else {}
    status = {"code": _ERROR, "message": failed} if failed else {}
    return {
        "traceId": span.trace,
        "spanId": span.id,
        **parent,
        "name": name,
        "kind": _INTERNAL,
        "startTimeUnixNano": _nanoseconds(start),
        "endTimeUnixNano": _nanoseconds(max(start, end)),
        "attributes": _attributes(facts),
        "status": status,
    }


def _run_ids(run: Run) -> TraceSpan:
    """The run's own; of a run that had none, of its agents' trace, or made of its name."""
    if run.span.trace:
        return run.span
    traced = [each.span for agent in run.agents.values() for each in agent.attempts]
    trace = next((each.trace for each in traced if each.trace), _digits(run, "", 32))
    return TraceSpan(trace, _digits(run, "", 16))


def _ids(run: Run, agent: AgentRun, attempt: Attempt) -> TraceSpan:
    if attempt.span.trace:
        above = attempt.span.parent or _run_ids(run).id
        return TraceSpan(attempt.span.trace, attempt.span.id, above)
    whole = _run_ids(run)
    return TraceSpan(whole.trace, _digits(run, f"{agent.name} {attempt.number}", 16), whole.id)


def _digits(run: Run, what: str, count: int) -> str:
    return hashlib.sha256(f"{run.id} {run.started} {what}".encode()).hexdigest()[:count]


def _nanoseconds(seconds: float) -> str:
    """As OTLP's JSON has 64 bits: in a text."""
    return str(round(seconds * 1_000_000) * 1000)


def _attributes(facts: Mapping[str, Any]) -> list[Json]:
    """The attributes of what is known."""
    return [
        {"key": key, "value": _value(value)}
        for key, value in facts.items()
        if value is not None and value != ""
    ]


def _value(value: object) -> Json:
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": str(value)}
