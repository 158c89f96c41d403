"""Puts wavemake into a project and takes it out again: what would change, as bytes before and after."""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

from wavemake.compiler.backends.make import DRIVER_MARK
from wavemake.runs.state import StateError, read_manifest
from wavemake.runs.state.fields import texts

# In the order in which make looks for them.
MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
EJECTED_MARK = "# Ejected: "
SAMPLE = "plan.json"
_PLANS = ("plan.json", "plan.yaml", "plan.yml")
_ADDED = b" # added by wavemake init"
_ADDED_WITH_BLANK = b" # added by wavemake init, with the empty line before"


class AdoptError(ValueError):
    """What was asked for cannot be done here; the text says why."""


@dataclass(frozen=True)
class Change:
    """What becomes of the file at `path`; None stands for no file."""

    path: str
    before: bytes | None
    after: bytes | None

    def apply(self) -> None:
        """Carry it out. Raises OSError if that is not possible; the file is then as it was."""
        _put(self.path, self.after)

    def revert(self) -> None:
        """Take it back."""
        _put(self.path, self.before)

    def diff(self) -> str:
        """Return it as a unified diff, for people: what is no UTF-8 is replaced."""
        old, new = (
            (each or b"").decode("utf-8", "replace").splitlines(keepends=True)
            for each in (self.before, self.after)
        )
        diff = difflib.unified_diff(old, new, self.path, self.path)
        return "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            for line in diff
        )


def read(path: str) -> bytes | None:
    """Return the content of the file at `path`, or None if there is none."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _put(path: str, data: bytes | None) -> None:
    """Give the file at `path` this content, through a link if it is one; its mode stays."""
    if data is None:
        os.unlink(path)
        return
    path = os.path.realpath(path)
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "wb") as file:
            file.write(data)
        with contextlib.suppress(FileNotFoundError):
            shutil.copymode(path, temporary)
        os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


# --- init: the include line and a first plan ---


def makefile() -> str:
    """Return the name of the Makefile that make reads in this folder, or an empty string."""
    names = set(os.listdir("."))
    return next((name for name in MAKEFILES if name in names), "")


def plan(folder: str) -> str:
    """Return the path of the plan that was compiled into `folder`, or else is here, or an empty string."""
    with contextlib.suppress(StateError):
        compiled = read_manifest(folder).head.get("plan")
        if isinstance(compiled, str) and os.path.isfile(compiled):
            return compiled
    return next(filter(os.path.lexists, [*_PLANS, f"{folder}/plan.json"]), "")


def is_generated(data: bytes) -> bool:
    """Tell whether `data` is a Makefile that wavemake wrote, ejected or not."""
    return data.startswith((DRIVER_MARK.encode(), EJECTED_MARK.encode()))


def includes(data: bytes, folder: str) -> bool:
    """Tell whether the Makefile `data` includes the rules in `folder`."""
    rules = re.escape(f"{folder}/agents.mk".encode())
    return bool(
        re.search(rb"(?m)^ *[-s]?include[ \t](?:[^#\n]*[ \t])?(?:\./)?%b(?=\s|#|\Z)" % rules, data)
    )


def include_lines(folder: str) -> list[str]:
    """Return the lines, as FILE:LINE, by which the Makefile here includes the rules in `folder`."""
    name = makefile()
    lines = (read(name) or b"").splitlines() if name else []
    found = [number for number, line in enumerate(lines, 1) if includes(line, folder)]
    return [f"{name}:{number}" for number in found]


def include_line(folder: str) -> str:
    """Return the line that a Makefile needs. Without the agents' folder, make goes on without it."""
    return f"-include {folder}/agents.mk"


def adoption(folder: str) -> list[Change]:
    """Return what `wavemake init` would change here for agents in `folder`; nothing if all is done."""
    changes = []
    name = makefile()
    before = read(name) if name else None
    if before is not None and not is_generated(before) and not includes(before, folder):
        line = include_line(folder).encode()
        changes.append(Change(name, before, with_line(before, line)))
    if not plan(folder):
        changes.append(Change(SAMPLE, None, sample()))
    return changes


def removal(folder: str) -> list[Change]:
    """Return what takes out exactly what `adoption` put in, as far as it is still as it was."""
    changes = []
    name = makefile()
    before = read(name) if name else None
    if before is not None:
        after = without_line(before, include_line(folder).encode())
        changes += [Change(name, before, after)] if after != before else []
    if read(SAMPLE) == sample():
        changes.append(Change(SAMPLE, read(SAMPLE), None))
    return changes


def sample() -> bytes:
    """Return the plan that a project without one is given: a set that only reads."""
    from wavemake.agents import sets

    name = os.path.basename(os.getcwd())
    first = sets.load(sets.shipped() / "first-look.yaml")
    return sets.plan_text(sets.fill(first, {"name": name} if name.isprintable() else {})).encode()


def with_line(data: bytes, line: bytes) -> bytes:
    """Return the Makefile `data` with `line` at its end; line ends, or a lack of the last, stay."""
    end = _line_end(data)
    whole = not data or data.endswith(b"\n")
    head = data if whole else data + end
    note = _ADDED
    if _is_continued(head):
        head, note = head + end, _ADDED_WITH_BLANK
    return head + line + note + (end if whole else b"")


def without_line(data: bytes, line: bytes) -> bytes:
    """Return `data` as it was before `with_line`; as it is if `with_line` did not add `line`."""
    found = re.search(
        rb"(?m)^%b(?P<note>%b|%b)(?P<end>\r?\n|\Z)"
        % tuple(map(re.escape, (line, _ADDED_WITH_BLANK, _ADDED))),
        data,
    )
    if not found:
        return data
    head, tail = data[: found.start()], data[found.end() :]
    ends = [found["note"] == _ADDED_WITH_BLANK, not found["end"]]
    for _ in filter(None, ends):
        head = re.sub(rb"\r?\n\Z", b"", head)
    return head + tail


def _line_end(data: bytes) -> bytes:
    return b"\r\n" if re.search(rb"\r\n[^\n]*\Z", data) else b"\n"


def _is_continued(data: bytes) -> bool:
    """Does the last line go on in the next: does it end with an odd number of backslashes?"""
    found = re.search(rb"(\\+)\r?\n\Z", data)
    return found is not None and len(found[1]) % 2 == 1


# --- eject: what was compiled, without wavemake ---


@dataclass(frozen=True)
class Ejection:
    """What `wavemake eject` changes; back: the command that undoes it; stale: the plan has changed."""

    changes: tuple[Change, ...]
    back: str
    stale: bool


_WORD = r"(?:'[^'\n]*'|\\'|[^\s'\\])+"
# The hook of the driver: the plan and the command that make runs when the plan has changed.
_PLAN_WORD = re.compile(rf"(?<='\$\(MAKE\)' ){_WORD}")
_COMPILE = re.compile(r" \\\n +\$\(WAVEMAKE\)(?P<words>[^\n]*)")
_VARIABLE = re.compile(r"(?m)^WAVEMAKE \?= .*\n")
_HEADER = re.compile(rf"(?m)^{re.escape(DRIVER_MARK)}(?P<source>[^\n]*): edit the plan, [^\n]*\n")
_PLAN_RULE = re.compile(r"(?ms)^# That the plan has changed is told.*?^endif\n\n")
_CHECKSUM = re.compile(r"(?m)^# plan:(?: (?P<sum>\w+))?\n")


def ejection(driver: str, folder: str) -> Ejection:
    """Return what takes wavemake out of the Makefile `driver` and of the rules in `folder`.

    A Makefile that wavemake did not write is left alone. Raises AdoptError if nothing was compiled
    here, or not by this version.
    """
    rules_path = f"{folder}/agents.mk"
    rules = read(rules_path)
    ninja = f"{folder}/build.ninja"
    if rules is None and os.path.exists(ninja):
        raise AdoptError(
            f"{ninja} calls wavemake for an edited plan alone: take its line '# from' out,"
            " and it needs no wavemake"
        )
    if rules is None:
        raise AdoptError(f"there is no {rules_path}: compile a plan first, or name the --dir")
    text = rules.decode("utf-8", "replace")
    header = _HEADER.search(text)
    back = _fragment_command(folder) or f"wavemake compile {_source(header) or 'PLAN'} --fragment"
    changes = []
    before = read(driver)
    if before is not None and before.startswith(DRIVER_MARK.encode()):
        after, back = _ejected_driver(before.decode("utf-8", "replace"), driver)
        changes.append(Change(driver, before, after.encode()))
    if header:
        text = _PLAN_RULE.sub("", text, count=1)
        plain = _CHECKSUM.sub("", _HEADER.sub(_new_header(header, ""), text, count=1), count=1)
        changes.append(Change(rules_path, rules, plain.encode()))
    return Ejection(tuple(changes), back, _is_stale(text, _source(header)))


def _fragment_command(folder: str) -> str:
    """The command by which the rules in `folder` were compiled, without a Makefile."""
    with contextlib.suppress(StateError):
        words = texts(read_manifest(folder).head, "compile")
        kept = [word for word in words if word not in ("-q", "--fragment")]
        return shlex.join([*kept, "--fragment"]) if kept else ""
    return ""


def _ejected_driver(text: str, path: str) -> tuple[str, str]:
    header, command = _HEADER.match(text), _COMPILE.search(text)
    parts = (header, command, _PLAN_WORD.search(text), _VARIABLE.search(text))
    if header is None or command is None or not all(parts):
        raise AdoptError(
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


def _source(header: re.Match[str] | None) -> str:
    return header["source"].removeprefix(" from ") if header else ""


def changed_plan(folder: str, root: str = "") -> str:
    """Return the plan that was compiled into `folder` if it has been edited since, or an empty string.

    root: the project's folder, an empty string or one with a slash at its end.
    """
    path = f"{folder}/{'build.ninja' if is_run_by_ninja(folder) else 'agents.mk'}"
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read(4096)
    except OSError:
        return ""
    header = _HEADER.search(text)
    plan = _source(header) if header else ""
    return plan if plan and _is_stale(text, f"{root}{plan}") else ""


def is_run_by_ninja(folder: str) -> bool:
    """Tell whether `folder` was compiled for ninja last."""
    times = []
    for rules in ("agents.mk", "build.ninja"):
        try:
            times.append(os.stat(f"{folder}/{rules}").st_mtime_ns)
        except OSError:
            times.append(0)
    return times[0] < times[1]


def _is_stale(rules: str, plan: str) -> bool:
    """Has the plan been edited since it was compiled?"""
    recorded = _CHECKSUM.search(rules)
    data = read(plan) if plan else None
    return bool(
        recorded and data is not None and hashlib.sha256(data).hexdigest() != recorded["sum"]
    )


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
