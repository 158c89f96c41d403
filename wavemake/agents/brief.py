"""Collects what a planner gets to know about the project: its documents, its files, its skills."""

from __future__ import annotations

import os
import pathlib
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wavemake.compiler.project import leads_outside
from wavemake.plan import regular
from wavemake.plan.loader import SyntaxProblem, load_text

DOCUMENTS = ("CLAUDE.md", "AGENTS.md", "README.md")
BUDGET = 48 * 1024
MOST_FILES = 400
_MOST_HEAD = 64 * 1024
_SKIPPED = frozenset({"node_modules", "__pycache__", "venv", "target", "dist", "build"})


@dataclass(frozen=True)
class BriefFile:
    """A document of the project; cut: it is longer than what is given of it."""

    path: str
    text: str
    cut: bool


@dataclass(frozen=True)
class Skill:
    """A skill or an agent definition that the claude CLI finds on this machine."""

    name: str
    description: str


def documents(budget: int = BUDGET) -> list[BriefFile]:
    """Return the beginnings of CLAUDE.md, AGENTS.md and README.md, `budget` bytes in all at most."""
    found = []
    for path in DOCUMENTS:
        try:
            data = _own(path, budget + 1)
        except OSError:
            continue
        part = data[:budget]
        budget -= len(part)
        if part:
            found.append(BriefFile(path, part.decode("utf-8", "ignore"), len(part) < len(data)))
    return found


def _own(path: str, most: int) -> bytes:
    """The beginning of a file of the project; git keeps links, and one may lead to a secret outside."""
    if leads_outside(path):
        raise OSError(f"{path} leads out of the project")
    return regular.beginning(path, most, follow=True)


def files(most: int = MOST_FILES) -> str:
    """Return the project's files, a line each, at most `most`: what git knows, or else all."""
    paths = sorted(_known_to_git() or _walked())
    lines = paths[:most]
    if len(paths) > most:
        lines.append(f"... and {len(paths) - most} more")
    return "\n".join(lines)


def _known_to_git() -> list[str]:
    words = [
        "git",
        "-c",
        "core.fsmonitor=false",
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "-z",
    ]
    try:
        done = subprocess.run(words, capture_output=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return []
    return [path for path in done.stdout.decode("utf-8", "replace").split("\0") if path]


def _walked() -> Iterator[str]:
    for folder, names, entries in os.walk("."):
        names[:] = [name for name in names if not name.startswith(".") and name not in _SKIPPED]
        for name in entries:
            if not name.startswith("."):
                yield os.path.relpath(os.path.join(folder, name))


def skills() -> list[Skill]:
    """Return the skills and agents of the project and of the user, by name; the project's win."""
    found: dict[str, Skill] = {}
    for root in (pathlib.Path(".claude"), pathlib.Path.home() / ".claude"):
        for path in _definitions(root):
            skill = _front_matter(path)
            if skill:
                found.setdefault(skill.name, skill)
    return [found[name] for name in sorted(found)]


def _definitions(root: pathlib.Path) -> Iterable[pathlib.Path]:
    found = [*sorted(root.glob("skills/*/SKILL.md")), *sorted(root.glob("agents/*.md"))]
    return found if root.is_absolute() else [path for path in found if not leads_outside(str(path))]


def _front_matter(path: pathlib.Path) -> Skill | None:
    """The name and description that stand between the first two lines of three dashes."""
    try:
        text = regular.beginning(str(path), _MOST_HEAD, follow=True).decode("utf-8", "replace")
    except OSError:
        return None
    parts = text.split("\n---", 1)
    if not text.startswith("---") or len(parts) < 2:
        return None
    try:
        # The reader of plans bounds the expansion of aliases; it recognises YAML by the file's
        # name.
        head = load_text(parts[0].removeprefix("---").encode(), f"{path}.yaml").value
    except SyntaxProblem:
        return None
    if not isinstance(head, dict) or not isinstance(head.get("name"), str):
        return None
    description = " ".join(str(head.get("description") or "").split())
    return Skill(head["name"], description[:300])
