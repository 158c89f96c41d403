"""The last thing that an agent has said: from its CLI's stream of JSON events, or its log."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

from wavemake.plan import regular
from wavemake.runs.fields import Fields, parse, text
from wavemake.ui.view.text import printable

# An event is as long as the result of a tool; the text that is searched is short, and near the end.
_NEAR = 256 * 1024
_LONGEST = 300
# The arguments that describe a tool's use best, in the order in which they are searched.
_TELLING = ("command", "file_path", "path", "pattern", "query", "url", "description", "prompt")


class Tails:
    """The last lines of agents in `folder`, read again only when the files have changed."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._seen: dict[str, tuple[object, str]] = {}

    def of(self, agent: str) -> str:
        """Return one printable line, or nothing if the agent has said nothing yet."""
        inside = os.path.join(self._folder, agent)
        paths = [os.path.join(inside, ".try", "printed"), os.path.join(inside, "log.txt")]
        stamp = [_stamp(path) for path in paths]
        known = self._seen.get(agent)
        if known is None or known[0] != stamp:
            known = self._seen[agent] = stamp, last_said(*map(_end_of, paths))
        return known[1]


def last_said(printed: str, log: str) -> str:
    """Return the last thing of note in what an agent has `printed` and its `log`, as one printable line."""
    line_said = next((said for line in _backwards(printed) if (said := last(says(line)))), "")
    if line_said:
        return line_said
    lines = (line for part in (log, printed) for line in _backwards(part) if not _is_event(line))
    return next((said for line in lines if (said := printable(line)[:_LONGEST])), "")


def says(line: str) -> Iterator[str]:
    """Yield what an event of a stream shows: an assistant's text, a tool and what it is used on."""
    event = parse(line) if _is_event(line) else {}
    item = event.get("item")
    if text(event, "type") == "assistant":
        yield from _of_message(event.get("message"))
    elif isinstance(item, dict):
        yield from (text(item, key) for key in ("text", "command") if text(item, key))


def transcript(line: str) -> Iterator[str]:
    """Yield what an event shows, as `says` does, and also the end of a turn and its usage."""
    event = parse(line) if _is_event(line) else {}
    if text(event, "type") != "result":
        yield from says(line)
        return
    turns, cost = event.get("num_turns"), event.get("total_cost_usd")
    parts = [f"{turns} turn{'s' * (turns != 1)}"] if isinstance(turns, int) else []
    parts += [f"${cost:.4f} so far"] if isinstance(cost, int | float) else []
    ending = "turn failed" if event.get("is_error") else "turn ended"
    yield f"--- {', '.join([ending, *parts])}"


def last(said: Iterable[str]) -> str:
    """Return the last of the lines in `said` in which there is something to read, printable."""
    lines = [line for each in said for line in each.splitlines() if printable(line)]
    return printable(lines[-1])[:_LONGEST] if lines else ""


def _of_message(message: Any) -> Iterator[str]:
    content = message.get("content") if isinstance(message, dict) else None
    for part in content if isinstance(content, list) else []:
        if not isinstance(part, dict):
            continue
        if text(part, "type") == "text":
            yield text(part, "text")
        elif text(part, "type") == "tool_use":
            yield _tool(part)


def _tool(part: Fields) -> str:
    given = part.get("input")
    given = given if isinstance(given, dict) else {}
    about = next((text(given, key) for key in _TELLING if text(given, key)), "")
    return f"{text(part, 'name')}: {printable(about)}" if about else text(part, "name")


def _is_event(line: str) -> bool:
    return line.startswith('{"')


def _backwards(text: str) -> Iterator[str]:
    yield from reversed(text.split("\n"))


def _stamp(path: str) -> object:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _end_of(path: str) -> str:
    try:
        with regular.opened(path) as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - _NEAR))
            return file.read(_NEAR).decode("utf-8", "replace")
    except OSError:
        return ""
