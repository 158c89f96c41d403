"""Takes wavemake out of what it compiled, and tries that this runs without it."""

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
from wavemake.compiler.freshness import CHECKSUM, HEADER, is_stale, plan_of
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


_WORD = r"(?:'[^'\n]*'|\\'|[^\s'\\])+"
# The hook of the driver: the plan and the command that make runs when the plan has changed.
_PLAN_WORD = re.compile(rf"(?<='\$\(MAKE\)' ){_WORD}")
_COMPILE = re.compile(r" \\\n +\$\(WAVEMAKE\)(?P<words>[^\n]*)")
_VARIABLE = re.compile(r"(?m)^WAVEMAKE \?= .*\n")
_PLAN_RULE = re.compile(r"(?ms)^# That the plan has changed is told.*?^endif\n\n")


def ejection(driver: str, folder: str) -> Ejection:
    """Return what takes wavemake out of the Makefile `driver` and of the rules in `folder`.

    A Makefile that wavemake did not write is left alone. Raises EjectError if nothing was compiled
    here, or not by this version.
    """
    rules_path = f"{folder}/agents.mk"
    rules = read(rules_path)
    ninja = f"{folder}/build.ninja"
    if rules is None and os.path.exists(ninja):
        raise EjectError(
            f"{ninja} calls wavemake for an edited plan alone: take its line '# from' out,"
            " and it needs no wavemake"
        )
    if rules is None:
        raise EjectError(f"there is no {rules_path}: compile a plan first, or name the --dir")
    text = rules.decode("utf-8", "replace")
    header = HEADER.search(text)
    back = _fragment_command(folder) or f"wavemake compile {plan_of(header) or 'PLAN'} --fragment"
    changes = []
    before = read(driver)
    if before is not None and before.startswith(DRIVER_MARK.encode()):
        after, back = _ejected_driver(before.decode("utf-8", "replace"), driver)
        changes.append(FileChange(driver, before, after.encode()))
    if header:
        text = _PLAN_RULE.sub("", text, count=1)
        plain = CHECKSUM.sub("", HEADER.sub(_new_header(header, ""), text, count=1), count=1)
        changes.append(FileChange(rules_path, rules, plain.encode()))
    return Ejection(tuple(changes), back, is_stale(text, plan_of(header)))


def _fragment_command(folder: str) -> str:
    """The command by which the rules in `folder` were compiled, without a Makefile."""
    with contextlib.suppress(StateError):
        words = texts(read_manifest(folder).head, "compile")
        kept = [word for word in words if word not in ("-q", "--fragment")]
        return shlex.join([*kept, "--fragment"]) if kept else ""
    return ""


def _ejected_driver(text: str, path: str) -> tuple[str, str]:
    header, command = HEADER.match(text), _COMPILE.search(text)
    parts = (header, command, _PLAN_WORD.search(text), _VARIABLE.search(text))
    if header is None or command is None or not all(parts):
        raise EjectError(
            f"{path} was written by another version of wavemake: compile it again first"
        )
    words = command["words"].replace("$$", "$").replace("\\#", "#")
    back = f"wavemake{(words or ' compile PLAN').removesuffix(' -q')} --force"
    text = _COMPILE.sub("", text, count=1)
    text = _PLAN_WORD.sub("''", text, count=1)
    text = _VARIABLE.sub("", text, count=1)
    again = f"# To have it written again: {back}\n"
    return _new_header(header, again) + text[header.end() :], back


def _new_header(header: re.Match[str], more: str) -> str:
    what = f"compiled by wavemake{header['source']}, and yours to edit now; it needs no wavemake."
    return f"{EJECTED_MARK}{what}\n{more}"


def dry_run(driver: str, folder: str) -> tuple[list[str], int, str]:
    """Run `make -n` on what was compiled, with no wavemake to be found.

    Returns the command, its exit status and what it printed. Raises OSError if there is no make.
    """
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
