"""Asks an agent CLI one thing and returns its answer, for the planner; agents of a plan are run by make."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from wavemake.plan.model import Settings
from wavemake.plan.runners import RUNNERS, Runner, command_line
from wavemake.runs.link import link


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
    with tempfile.TemporaryDirectory(prefix="wavemake-") as name:
        folder = Path(name)
        status = _run(runner, settings, prompt, folder)
        if runner.envelope != "text":
            _unwrap(runner, status, folder)
        elif status:
            said = _last_words(folder) or "no message"
            program = runner.program or "the command"
            raise AskError(f"{program} ended with status {status}: {said}")
        answer = (folder / "answer") if (folder / "answer").exists() else folder / "printed"
        text = answer.read_bytes().decode("utf-8", "replace")
    if not text.strip():
        raise AskError(f"{runner.name} answered nothing")
    return text


def _run(runner: Runner, settings: Settings, prompt: str, folder: Path) -> int:
    """Run the CLI; what it prints goes to the files `printed` and `log`. Returns its exit status."""
    (folder / "prompt").write_text(prompt, encoding="utf-8")
    words = [
        word.replace("{prompt}", str(folder / "prompt"))
        for word in command_line(runner, settings, runtime="")
    ]
    environment = {**os.environ, **dict(runner.environment)}
    environment.pop("CLAUDECODE", None)
    source = os.devnull if runner.prompt == "file" else folder / "prompt"
    try:
        with (
            open(source, "rb") as stdin,
            open(folder / "printed", "wb") as stdout,
            open(folder / "log", "wb") as stderr,
        ):
            return subprocess.run(
                words,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                env=environment,
                timeout=settings.timeout,
                check=False,
            ).returncode
    except subprocess.TimeoutExpired:
        raise AskError(f"{words[0]} gave no answer in {settings.timeout} s") from None
    except OSError as error:
        raise AskError(f"cannot run {words[0]}: {error.strerror}") from None


def _unwrap(runner: Runner, status: int, folder: Path) -> None:
    """Take the answer out of its envelope, as the agents' runtime does; raises AskError if there is none."""
    envelope = f"envelope-{runner.envelope}.awk"
    ending = f"exit status {status}" if status else ""
    variables = ("answer=answer", "log_file=log", f"ending={ending}")
    words = [word for each in variables for word in ("-v", each)]
    verdict = _awk(folder, envelope, *words, "printed").partition("\n")[0]
    if verdict != "ok":
        raise AskError(f"{runner.name}: {verdict.removeprefix('error ') or 'no verdict'}")


def _last_words(folder: Path) -> str:
    """Return what the command said of its failure, on either of its outputs."""
    heard = [(folder / name).read_bytes()[-65536:] for name in ("log", "printed")]
    (folder / "heard").write_bytes(b"\n\x1e\n".join(heard).replace(b"\0", b""))
    return _awk(folder, "lib.awk", "-v", "program=telling", "heard").strip()


def _awk(folder: Path, program: str, *words: str) -> str:
    """Return what awk prints with one of the runtime's programs, which is put into the folder."""
    (folder / program).write_text(link(program), encoding="utf-8")
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["awk", "-f", program, *words],
            cwd=folder,
            env=environment,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise AskError(f"cannot run awk: {error.strerror}") from None
    return done.stdout.decode("utf-8", "replace")
