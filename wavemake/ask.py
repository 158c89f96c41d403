"""Asks an agent CLI one thing and returns its answer, for the planner; agents of a plan are run by make."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

from wavemake.model import Settings
from wavemake.runners import RUNNERS, command_line


class AskError(Exception):
    """The CLI gave no answer; the text says why."""


def ask(settings: Settings, prompt: str) -> str:
    """Return the answer of `settings.runner` to `prompt`, as text.

    Raises AskError when the CLI is missing, fails, answers nothing or takes longer than the timeout.
    """
    runner = RUNNERS[settings.runner or ""]
    if runner.name == "rehearse":
        raise AskError("the runner rehearse calls no model, so it cannot plan")
    if runner.program and not shutil.which(runner.program):
        raise AskError(f"{runner.program} is not installed: {runner.way_out}")
    words = command_line(runner, settings, runtime="")
    environment = {**os.environ, **dict(runner.environment)}
    environment.pop("CLAUDECODE", None)
    try:
        done = subprocess.run(
            words,
            input=prompt.encode(),
            capture_output=True,
            env=environment,
            timeout=settings.timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise AskError(f"{words[0]} gave no answer in {settings.timeout} s") from None
    except OSError as error:
        raise AskError(f"cannot run {words[0]}: {error.strerror}") from None
    printed = done.stdout.decode("utf-8", "replace")
    answer = _unwrapped(printed) if runner.envelope == "claude" else printed
    if done.returncode != 0:
        last = (done.stderr.decode("utf-8", "replace").strip() or "no message").splitlines()[-1]
        raise AskError(f"{words[0]} ended with status {done.returncode}: {last}")
    if not answer.strip():
        raise AskError(f"{words[0]} answered nothing")
    return answer


def _unwrapped(printed: str) -> str:
    """The text of the last result event; raises AskError if it is an error or is not there."""
    result = None
    for line in printed.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and event.get("type") == "result":
            result = event
    if result is None:
        raise AskError("claude ended without a result")
    text = result.get("result")
    if result.get("is_error"):
        status = result.get("api_error_status")
        raise AskError(f"claude: {f'API {status}: ' if status else ''}{text or 'an error'}")
    return text if isinstance(text, str) else ""
