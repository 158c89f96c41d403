"""The timeline as the page prints it: everything as a share of the run's length, in per cent."""

from __future__ import annotations

from dataclasses import dataclass

from wavemake.ui.report import words
from wavemake.ui.report.timeline import Bar, Timeline

_LEAST = 0.12  # per cent; anything shorter would be invisible
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
_TICKS = 10


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a bar, in per cent of the bar; title says what and how long."""

    kind: str
    x: float
    width: float
    title: str


@dataclass(frozen=True, slots=True)
class Strip:
    """A bar, in per cent of the run. title says it in words; label is where its name fits best."""

    bar: Bar
    x: float
    width: float
    title: str
    slices: tuple[Slice, ...]
    label: Slice


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the axis of time, in per cent."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class TimeView:
    """The timeline, its strips and its axis."""

    timeline: Timeline
    strips: tuple[Strip, ...]
    ticks: tuple[Tick, ...]


def time_view(timeline: Timeline) -> TimeView:
    """Return `timeline` in the shape in which it is printed."""
    whole = timeline.length or 1.0
    strips = tuple(_strip(bar, whole) for bar in timeline.bars)
    step = next((each for each in _STEPS if whole / each <= _TICKS), whole / _TICKS)
    marks = (step * n for n in range(int(whole / step) + 1))
    ticks = tuple(Tick(_share(at, whole), words.duration(at)) for at in marks)
    return TimeView(timeline, strips, ticks)


def _strip(bar: Bar, whole: float) -> Strip:
    length = bar.end - bar.start
    slices = []
    for piece in bar.pieces:
        title = f"{_KINDS[piece.kind]} {words.duration(piece.end - piece.start)}"
        slices.append(
            Slice(
                piece.kind,
                _share(piece.start - bar.start, length) if length else 0.0,
                _share(piece.end - piece.start, length) if length else 100.0,
                f"{title}: {piece.note}" if piece.note else title,
            )
        )
    critical = ", on the critical path" if bar.critical else ""
    title = (
        f"{bar.agent}: {bar.state}, slot {bar.lane + 1}, from {words.duration(bar.start)} "
        f"for {words.duration(length)}{critical}"
    )
    width = max(_share(length, whole), _LEAST)
    x = min(_share(bar.start, whole), 100 - width)
    label = max(slices, key=lambda each: (each.kind == "attempt", each.width))
    titles = [each.title for each in slices] if len(slices) > 1 else []
    return Strip(bar, round(x, 3), width, "; ".join([title, *titles]), tuple(slices), label)


_KINDS = {"wait": "waited", "attempt": "attempt of", "pause": "pause of"}


def _share(part: float, whole: float) -> float:
    return round(100 * part / whole, 3)
