"""`wavemake` without the start of a Python: each call is a fork of a process that has it imported.

The call has arguments, a folder, an environment and a pid of its own, as `python -m wavemake` has. Only the
imports are shared, which take longer than most commands do. The server is multiprocessing's.
"""

from __future__ import annotations

import atexit
import locale
import multiprocessing
import os
import pathlib
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__, "tests.preload"])

_REPOSITORY = pathlib.Path(__file__).parent.parent


def can_stand_in(env: Mapping[str, str]) -> bool:
    """Whether Python would start under `env` as the server did: with this wavemake, in UTF-8."""
    return _of_python(env) == {**_of_python(os.environ), "PYTHONPATH": str(_REPOSITORY)} and (
        env.get("LC_ALL") == "C.UTF-8"
    )


def _of_python(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith("PYTHON")}


def call(
    arguments: Sequence[str], folder: pathlib.Path, env: Mapping[str, str], seconds: float
) -> tuple[bytes, int]:
    """Run the command line in `folder`: what it printed on both streams, and its exit status.

    Raises subprocess.TimeoutExpired after `seconds`; the process is killed then.
    """
    ours, its = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_run, args=(list(arguments), str(folder), dict(env), its))
    process.start()
    its.close()
    try:
        printed = _read(ours, time.monotonic() + seconds)
        process.join()
    except TimeoutError as error:
        process.kill()
        process.join()
        raise subprocess.TimeoutExpired(["wavemake", *arguments], seconds) from error
    finally:
        ours.close()
    code = process.exitcode
    process.close()
    assert code is not None
    return printed, code


def _read(pipe: Connection, end: float) -> bytes:
    """What is printed until every writer has closed its end."""
    parts = []
    while select.select([pipe], [], [], max(0, end - time.monotonic()))[0]:
        part = os.read(pipe.fileno(), 1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)
    raise TimeoutError


def _run(arguments: list[str], folder: str, env: dict[str, str], output: Connection) -> None:
    """Be that process: in the fork."""
    from wavemake import __main__

    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    locale.setlocale(locale.LC_CTYPE, "")
    time.tzset()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    for stream in (1, 2):
        os.dup2(output.fileno(), stream)
    output.close()
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)
    sys.stderr = os.fdopen(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)
    sys.argv = [str(pathlib.Path(__main__.__file__)), *arguments]
    try:
        __main__.main()
    finally:
        atexit._run_exitfuncs()  # multiprocessing ends its processes without
