"""The files that an entry of 'reads', 'context' or 'outputs' stands for."""

from __future__ import annotations

import posixpath
import re

from wavemake.compiler.resolve.work import Work
from wavemake.plan.did_you_mean import did_you_mean
from wavemake.plan.model import AgentSpec, Ref, encodes, shown
from wavemake.plan.names import (
    is_glob,
    is_secret,
    normal_path,
    outside_problem,
    path_problem,
    unwritten,
)

_HIDDEN = re.compile(r"(?:^|/)\.[^/]")


def files_of(work: Work, who: str, ref: Ref, spec: AgentSpec | None = None) -> list[str]:
    """Return the files that an entry of 'reads' (of `spec`) or 'context' stands for."""
    path = inside(work, who, ref)
    if not path or is_hidden(work, who, ref, path):
        return []
    kind = work.project.kind(path)
    if is_glob(path) and not kind and path not in work.writers:
        return _matches(work, who, ref, path, spec)
    if not is_usable(work, ref, path, "rename the file"):
        return []
    if path.startswith(f"{work.folder}/") and path not in work.writers:
        message = f"{who} {shown(ref.text)}, which wavemake keeps for itself"
        work.found.error("WM118", message, ref.where, "name the agent to read its output")
    elif kind == "folder" and path not in work.writers:
        message = f"{who} {shown(ref.text)}, which is a folder"
        work.found.error(
            "WM118", message, ref.where, f"read the files in it: {shown(path + '/**')}"
        )
    elif kind == "other":
        message = f"{who} {shown(ref.text)}, which is neither a file nor a folder"
        work.found.error("WM118", message, ref.where, "agents read files")
    elif not kind and path not in work.writers:
        _report_missing(work, who, ref, path)
    return [path]


def inside(work: Work, who: str, ref: Ref) -> str:
    """Return the normal path of `ref`, or an empty string after saying that it leaves the project."""
    problem = outside_problem(ref.text) if ref.text else "is empty"
    if not problem:
        return normal_path(ref.text)
    hint = "paths are relative to the project and stay in it"
    work.found.error("WM116", f"{who} {shown(ref.text)}, which {problem}", ref.where, hint)
    return ""


def is_hidden(work: Work, who: str, ref: Ref, path: str) -> bool:
    """Tell whether an untrusted plan may not read `path`: it is, or may hold, a secret."""
    if work.plan.trusted:
        return False
    real = work.project.real(path)
    if outside_problem(real):
        what = "a link that leads out of the project"
    elif _HIDDEN.search(f"{path}/{real}"):
        what = "a hidden file"
    elif is_secret(path) or is_secret(real):
        what = "a file that is called like one of keys or credentials"
    else:
        return False
    message = f"{who} {shown(ref.text)}: an untrusted plan may not read {what}"
    work.found.error("WM119", message, ref.where, "secrets are kept in such files: leave it out")
    return True


def is_usable(work: Work, ref: Ref, path: str, hint: str) -> bool:
    """Tell whether `path` can be a target of make, after saying why not."""
    problem = path_problem(path) if encodes(path) else "is not UTF-8"
    if problem:
        work.found.error("WM117", f"the path {shown(path)} {problem}", ref.where, hint)
    return not problem


def expand(work: Work, pattern: str) -> list[str]:
    """Return the files that match: the same before a run and after it, nothing that agents write."""
    if pattern not in work.globs:
        found = work.project.glob(pattern)
        work.globs[pattern] = unwritten(found, work.folder, work.writers)
    return work.globs[pattern]


def owner(work: Work, text: str) -> str:
    """Return the name in `text` if it is the path of an agent's output, else an empty string."""
    folder, output = posixpath.split(normal_path(text))
    parent, name = posixpath.split(folder)
    return name if (parent, output) == (work.folder, "output.md") else ""


def is_edited_later(work: Work, spec: AgentSpec, path: str) -> bool:
    """Tell whether an agent downstream of `spec` writes `path`, which was there before it.

    Then `spec` reads the file as it is and the other edits it: because of it, neither waits for the other.
    """
    writer = work.writers.get(path)
    if writer is None or spec.name not in work.upstream.get(writer.name, ()):
        return False
    key = work.project.text(f"{work.folder}/{writer.name}/key") or ""
    edited = f"\nedit {path} " in key
    created = f"\nedit {path} - " in key or (f"\nmade {path} " in key and not edited)
    return work.project.kind(path) == "file" and not created


def _matches(work: Work, who: str, ref: Ref, pattern: str, spec: AgentSpec | None) -> list[str]:
    found = expand(work, pattern)
    if spec and work.writers:
        later = {path for path in work.writers if is_edited_later(work, spec, path)}
        found = [path for path in work.project.glob(pattern) if path in later or path in found]
    if not found:
        message = f"{who} {shown(ref.text)}, which matches no file"
        hint = "patterns are expanded when the plan is compiled"
        work.found.warning("WM151", message, ref.where, hint)
    hint = "rename the file, or narrow the pattern"
    return [
        path
        for path in found
        if not is_hidden(work, who, ref, path) and is_usable(work, ref, path, hint)
    ]


def _report_missing(work: Work, who: str, ref: Ref, path: str) -> None:
    message = f"{who} {shown(ref.text)}, but there is no such file"
    beside = expand(work, posixpath.join(posixpath.dirname(path), "*"))
    near = did_you_mean(path, beside) or did_you_mean(path, work.names)
    hint = near or "a rule of your Makefile may make it"
    work.found.warning("WM151", message, ref.where, hint)
