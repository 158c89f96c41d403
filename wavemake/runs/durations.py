"""How long agents took in earlier runs: what decides who is started first, and nothing else."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator

from wavemake.plan import regular
from wavemake.runs.state.runs import REHEARSAL


class DurationsError(ValueError):
    """There are no durations where they were supposed to be; the text says why."""


def read(path: str) -> dict[str, float]:
    """Return the seconds that each agent took, from any of three things at `path`.

    A JSON object, agent to seconds; a file of events, whose name ends in .jsonl; or the folder of the agents,
    with the events of its runs. Of several runs of an agent the last charged one counts. Raises
    DurationsError if it is none of these, and OSError if it cannot be read.
    """
    if os.path.isdir(path):
        return _of_events(each for file in _event_files(path) for each in _lines(file))
    if path.endswith(".jsonl"):
        return _of_events(_lines(path))
    text = regular.read_bytes(path, follow=True).decode("utf-8", "replace")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DurationsError(f"is not JSON: {error}") from error
    if not isinstance(found, dict) or not all(map(_is_duration, found.values())):
        raise DurationsError('must be a JSON object of seconds: {"api": 95, "page": 40.5}')
    return {name: float(seconds) for name, seconds in found.items()}


def _is_duration(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e9


def _event_files(folder: str) -> list[str]:
    """The files of events in the agents' `folder`, oldest first."""
    try:
        names = [name for name in os.listdir(f"{folder}/runs") if re.fullmatch(r"\d+\.jsonl", name)]
    except OSError:
        names = []
    earlier = [f"{folder}/runs/{name}" for name in sorted(names, key=lambda name: int(name[:-6]))]
    return [path for path in (*earlier, f"{folder}/events.jsonl") if os.path.isfile(path)]


def _lines(path: str) -> Iterator[str]:
    yield from regular.read_text(path).splitlines()


def _of_events(lines: Iterator[str]) -> dict[str, float]:
    found = {}
    for line in lines:
        if '"event":"end"' not in line or '"state":"done"' not in line:
            continue
        try:
            event = json.loads(line)
        except ValueError:
            continue  # a line that a kill cut short
        if not isinstance(event, dict) or event.get("runner") == REHEARSAL:
            continue  # the duration of a rehearsal says nothing about an agent
        if _is_duration(event.get("seconds")):
            found[str(event.get("agent"))] = float(event["seconds"])
    return found
