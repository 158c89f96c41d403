"""wavemake trace: a run as a trace of OpenTelemetry."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import click

from wavemake.ui.flags import dir_option

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wavemake.runs.state import Run, RunState

_SECONDS = 10
_MOST_ANSWER = 65536


@click.command("trace", short_help="Export a run as an OpenTelemetry trace.")
@dir_option
@click.option("--otlp", "target", metavar="TARGET", required=True, help="File or URL; - prints it.")
@click.option(
    "--run",
    "name",
    metavar="RUN",
    help="Number in history, or id, of the run; the last one unless given.",
)
def command(folder: str, target: str, name: str | None) -> None:
    """Export a run as spans, in the JSON of OTLP, to a file or to a receiver's URL.

    The spans follow the OpenTelemetry semantic conventions for generative AI, version 1.41.0: one for
    the run, and one for each attempt of an agent. Prompts and answers are not in them. A URL without a path
    gets /v1/traces; OTEL_EXPORTER_OTLP_HEADERS (name=value,name=value) is sent along.

    Exit status: 1 when the receiver did not take all of it; 2 when there is no such run, or it cannot be
    written or reached.

    \b
    wavemake trace --otlp trace.json
    wavemake trace --otlp http://localhost:4318 --run 3
    """
    from wavemake.runs.otlp import requests
    from wavemake.runs.state import StateError, read_state
    from wavemake.ui.console import die

    try:
        state = read_state(folder)
    except StateError as error:
        die(str(error))
    run = _run(state, name)
    bodies = [json.dumps(each, separators=(",", ":")) for each in requests(state, run)]
    if target.startswith(("http://", "https://")):
        _send(target, bodies)
    elif target == "-":
        click.echo("\n".join(bodies))
    else:
        with open(target, "w", encoding="utf-8") as file:
            file.writelines(f"{body}\n" for body in bodies)


def _run(state: RunState, name: str | None) -> Run:
    from wavemake.ui.console import die
    from wavemake.ui.report.rows import shown_run

    try:
        run = shown_run(state, name)
    except KeyError:
        die(f"there is no run {name!r}: wavemake history lists them")
    return run or die("nothing was run yet")


def _send(url: str, bodies: Iterable[str]) -> None:
    import urllib.parse
    import urllib.request

    from wavemake.ui.console import EXIT_PROBLEMS, die

    try:
        parts = urllib.parse.urlsplit(url)
        if parts.path in ("", "/"):
            url = urllib.parse.urlunsplit(parts._replace(path="/v1/traces"))
        headers = {"content-type": "application/json", **_headers()}
        refused = [
            answer
            for body in bodies
            for answer in [_post(urllib.request.Request(url, body.encode(), headers))]
            if answer
        ]
    except (OSError, ValueError) as error:
        # An HTTPError is an OSError whose text names its status.
        die(f"cannot send the trace: {getattr(error, 'reason', None) or error}{_status(error)}")
    if refused:
        click.echo(f"wavemake: the receiver did not take all of it: {refused[0]}", err=True)
        raise SystemExit(EXIT_PROBLEMS)


def _status(error: Exception) -> str:
    code = getattr(error, "code", None)
    return f" (status {code})" if code else ""


def _post(request: Any) -> str:
    """Send a request; return why some of it was refused, if it was."""
    import http.client
    import urllib.request

    from wavemake.runs.fields import parse, text

    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
            reply = parse(answer.read(_MOST_ANSWER))
    except http.client.HTTPException as error:
        raise OSError(f"what answers there is no receiver: {error!r}") from error
    partial = reply.get("partialSuccess")
    if not isinstance(partial, dict) or str(partial.get("rejectedSpans", 0)) in ("0", ""):
        return ""
    return text(partial, "errorMessage") or f"{partial['rejectedSpans']} spans were refused"


def _headers() -> dict[str, str]:
    """The headers that OTEL_EXPORTER_OTLP_HEADERS lists, as the SDKs read it."""
    import urllib.parse

    pairs: Sequence[str] = os.environ.get("OTEL_EXPORTER_OTLP_HEADERS", "").split(",")
    found = (pair.partition("=") for pair in pairs if "=" in pair)
    return {key.strip(): urllib.parse.unquote(value.strip()) for key, _, value in found}
