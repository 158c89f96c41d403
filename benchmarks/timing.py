"""Running a command, and what it took."""

from __future__ import annotations

import os
import pathlib
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

REPOSITORY = pathlib.Path(__file__).parent.parent
LIMIT = 90.0
"""Seconds after which a command is stopped, and no longer measured."""


class TooLong(Exception):
    """A command did not end within LIMIT."""


class Failed(Exception):
    """A command failed; the text is what it printed last."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What something took: seconds on the clock, the largest process in bytes, and a count if any.

    cpu: seconds of processor time, of the process and all that it waited for.
    """

    seconds: float
    peak: int = 0
    count: int | None = None
    cpu: float = 0.0


Action = Callable[[], Cost]


def environment() -> dict[str, str]:
    """Ours, with the wavemake of this checkout, and without what a make above us would hand down."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    # What is installed has its bytecode.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    beside = str(pathlib.Path(sys.executable).parent)
    # Makeflow is linked to MPI, which otherwise looks for a daemon of its own.
    env["OMPI_MCA_ess_singleton_isolated"] = "1"
    return env | {"PYTHONPATH": str(REPOSITORY), "PATH": f"{beside}:{env['PATH']}"}


def run(
    words: list[str],
    folder: pathlib.Path,
    limit: float = LIMIT,
    env: Mapping[str, str] | None = None,
) -> Cost:
    """Run a command in `folder`. env: instead of `environment`. Raises TooLong or Failed."""
    log = folder.parent / f"{folder.name}.log"
    with log.open("wb") as file:
        start = time.perf_counter()
        process = subprocess.Popen(
            words,
            cwd=folder,
            env=environment() if env is None else env,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
        usage = _wait(process, start + limit)
        seconds = time.perf_counter() - start
    if process.returncode:
        text = log.read_text(errors="replace")[-2000:]
        raise Failed(f"{' '.join(words)[:200]}: exit status {process.returncode}\n{text}")
    return Cost(seconds, _peak(usage), cpu=usage.ru_utime + usage.ru_stime)


def _wait(process: subprocess.Popen[bytes], until: float) -> resource.struct_rusage:
    """Wait for the end of `process`; what it and its children used."""

    def too_long(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, max(until - time.perf_counter(), 0.001))
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except TooLong:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise TooLong(f"{process.args!r}: not within {LIMIT:.0f} s") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage


def _peak(usage: resource.struct_rusage) -> int:
    """The largest resident set of a process, in bytes.

    0 if that was less than ours: a process begins as a copy of the one that starts it.
    """
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 1024 if sys.platform == "linux" else 1
    return usage.ru_maxrss * unit if usage.ru_maxrss > ours + 1024 else 0


def command(
    words: list[str], folder: pathlib.Path, before: Callable[[], None] | None = None
) -> Action:
    """The action that runs `words` in `folder`; what `before` takes is not counted."""

    def action() -> Cost:
        if before:
            before()
        return run(words, folder)

    return action


def counted(action: Action, count: Callable[[], int]) -> Action:
    """`action`, with what `count` finds after it."""
    return lambda: replace(action(), count=count())


def in_turn(
    actions: Mapping[str, Action], rounds: int, patience: float
) -> dict[str, list[Cost] | None]:
    """Run all `actions` in turn, `rounds` times: what else the machine does then meets all of them.

    One that has taken `patience` seconds is not repeated. None stands for one that took too long.
    """
    costs: dict[str, list[Cost] | None] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            known = costs[name]
            if known is None or sum(each.seconds for each in known) > patience:
                continue
            try:
                known.append(action())
            except TooLong:
                costs[name] = None
    return costs
