"""wavemake trace: a run as a trace of OpenTelemetry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from wavemake.ui.flags import dir_option

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wavemake.runs.state import Run, RunState


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
    gets /v1/traces; OTEL_EXPORTER_OTLP_HEADERS (name=value,name=value) is sent along. A receiver that takes
    only protobuf gets that, if the extra wavemake[otlp] is installed.

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
    if target.startswith(("http://", "https://")):
        _send(target, requests(state, run))
        return
    bodies = [json.dumps(each, separators=(",", ":")) for each in requests(state, run)]
    if target == "-":
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


def _send(url: str, bodies: Iterable[dict[str, Any]]) -> None:
    from wavemake.runs.otlp_sending import NoProtobufError, send
    from wavemake.ui.console import EXIT_PROBLEMS, die

    try:
        refused = send(url, bodies)
    except NoProtobufError:
        die("the receiver takes protobuf alone, for which: pip install 'wavemake[otlp]'")
    except (OSError, ValueError) as error:
        # An HTTPError is an OSError whose text names its status.
        die(f"cannot send the trace: {getattr(error, 'reason', None) or error}{_status(error)}")
    if refused:
        click.echo(f"wavemake: the receiver did not take all of it: {refused}", err=True)
        raise SystemExit(EXIT_PROBLEMS)


def _status(error: Exception) -> str:
    code = getattr(error, "code", None)
    return f" (status {code})" if code else ""
