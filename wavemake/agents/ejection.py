"""Takes wavemake out of what it compiled, and tests that this runs without it.

The files are edited, not rendered anew: the plan may have been edited or removed since, the manifest does not
hold all that the rules are made of, and what their owner changed in them is kept.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

from wavemake.agents.file_change import FileChange
from wavemake.compiler.backends.make import DRIVER_MARK
from wavemake.compiler.freshness import HEADER, changed_plan, is_run_by_ninja
from wavemake.compiler.makefiles import EJECTED_MARK, includes, is_generated, makefile, read
from wavemake.runs.fields import texts
from wavemake.runs.state import StateError, read_manifest


class EjectError(ValueError):
    """What was asked for cannot be done here; the text says why."""


@dataclass(frozen=True)
class Ejection:
    """What `wavemake eject` changes; back: the command that undoes it; stale: the plan has changed."""

    changes: tuple[FileChange, ...]
    back: str
    stale: bool


# The lines in the runtime's file of the plan that name the compiled plan.
_SOURCE = re.compile(r"(?m)^(?:plan|checksum|typed|again) .*\n")
_PLAN_RULE = re.compile(
    r"(?ms)^# [^\n]*\nifeq \(\$\(value WAVEMAKE_RUN\)\$\(findstring t,.*?^endif\n\n"
)
_GONE_RULE = re.compile(r"(?ms)^ifeq \(\$\(wildcard [^\n]*/runtime/drive\.sh\),\)\n.*?^endif\n\n?")


def ejection(driver: str, folder: str) -> Ejection:
    """Return what takes wavemake out of the Makefile `driver` and of what was compiled into `folder`.

    A Makefile that wavemake did not write is left alone. Raises EjectError if nothing was compiled
    here, or not by this version.
    """
    rules = f"{folder}/agents.mk"
    if read(rules) is None and read(f"{folder}/build.ninja") is None:
        raise EjectError(f"there is no {rules}: compile a plan first, or name the --dir")
    plan = f"{folder}/runtime/plan"
    if read(plan) is None:
        raise EjectError(
            f"{folder} was compiled by another version of wavemake: compile it again first"
        )
    back = _command(folder)
    changes = [_without(plan, _SOURCE)]
    if (read(driver) or b"").startswith(DRIVER_MARK.encode()):
        back = f"{back} --force"
        changes.append(_plain_head(driver, f"# To have it written again: {back}\n"))
    changes += map(_plain_head, (f"{folder}/{name}" for name in _RULES))
    return Ejection(
        tuple(each for each in changes if each.before != each.after),
        back,
        bool(changed_plan(folder)),
    )


# From now on the owner may edit the tasks: no rule says which task.md was compiled.
_SUM = re.compile(r"(\.run\) \d+)/\w+|(\n  sum = )\w+")
_RULES = ("agents.mk", "agents.ninja", "build.ninja")


def _command(folder: str) -> str:
    """The command by which `folder` was compiled."""
    words: Sequence[str] = ()
    with contextlib.suppress(StateError):
        words = texts(read_manifest(folder).head, "compile")
    return shlex.join(word for word in words if word != "-q") or "wavemake compile PLAN"


def _without(path: str, pattern: re.Pattern[str]) -> FileChange:
    before = read(path) or b""
    return FileChange(path, before, pattern.sub("", before.decode("utf-8", "replace")).encode())


def _plain_head(path: str, more: str = "") -> FileChange:
    """Let a file say that it is its owner's now, and no rule of it look at the plan."""
    before = read(path)
    text = (before or b"").decode("utf-8", "replace")
    header = HEADER.search(text)
    if not header:
        return FileChange(path, before, before)
    what = f"compiled by wavemake{header['source']}, and yours to edit now; it needs no wavemake."
    text = HEADER.sub(lambda _: f"{EJECTED_MARK}{what}\n{more}", text, count=1)
    text = _GONE_RULE.sub("\n", _PLAN_RULE.sub("", text, count=1), count=1)
    return FileChange(path, before, _SUM.sub(r"\1\2", text).encode())


def dry_run(driver: str, folder: str) -> tuple[list[str], int, str]:
    """Run `make -n`, or `ninja -n`, on what was compiled, with no wavemake to be found.

    Returns the command, its exit status and what it printed. Raises OSError if there is no such program.
    """
    if is_run_by_ninja(folder):
        words = ["ninja", "-n", "-f", f"{folder}/build.ninja"]
    else:
        words = ["make", "-n", *_what_to_make(driver, folder)]
    env = {
        key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "WAVEMAKE"))
    }
    with tempfile.TemporaryDirectory() as scratch:
        env["PATH"] = path_without("wavemake", scratch)
        done = subprocess.run(
            words,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    return words, done.returncode, done.stdout.decode("utf-8", "replace")


def _what_to_make(driver: str, folder: str) -> Sequence[str]:
    data = read(driver) or b""
    if is_generated(data):
        return ["-f", driver]
    name = makefile()
    if name and includes(read(name) or b"", folder):
        return [str(json.loads(read(f"{folder}/manifest.json") or b"{}").get("prefix", "wavemake"))]
    return ["-f", f"{folder}/agents.mk"]


def path_without(program: str, scratch: str) -> str:
    """Return a PATH on which everything is found but `program`.

    A folder that has it is replaced by one in `scratch` with links to the rest.
    """
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(
        _twin(folder, program, os.path.join(scratch, str(number)))
        if os.path.lexists(os.path.join(folder, program))
        else folder
        for number, folder in enumerate(folders)
    )


def _twin(folder: str, program: str, twin: str) -> str:
    os.mkdir(twin)
    for name in os.listdir(folder):
        if name != program:
            os.symlink(os.path.abspath(os.path.join(folder, name)), os.path.join(twin, name))
    return twin
