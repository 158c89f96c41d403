"""What a plan says as a whole: its name, its goal, and what holds for all of its agents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wavemake.plan.diagnostics import Path
from wavemake.plan.dialects.constructs import is_ours
from wavemake.plan.dialects.notes import Notes
from wavemake.plan.dialects.text import section
from wavemake.plan.dialects.words import (
    BOOKKEEPING,
    HEAD_CONTENT,
    heading,
    is_blank,
    is_saying,
    plain,
    some,
)

_HEAD = {
    "project": ("project", "projectname", "name", "title", "feature"),
    "goal": ("goal", "objective", "description", "summary"),
}


def read_head(
    tree: Mapping[str, Any],
    read: Iterable[str | None],
    path: Path,
    plan: dict[str, Any],
    origins: dict[Path, Path],
    notes: Notes,
) -> None:
    """Take over into `plan` what `tree`, at `path`, says; `read` are keys that a dialect reads.

    What says something to all agents becomes a part of the goal, which each of them is given.
    """
    words = {plain(key): key for key in reversed(list(tree))}
    used = {key for key in read if key is not None}
    for target, choices in _HEAD.items():
        keys = (words[word] for word in choices if word in words)
        key = next((key for key in keys if isinstance(tree[key], str)), None)
        if key is not None and target not in plan:
            plan[target] = tree[key]
            origins[(target,)] = (*path, key)
            used.add(key)
    if is_ours("ignore", tree.get("ignore")):
        plan["ignore"] = tree["ignore"]
        origins[("ignore",)] = (*path, "ignore")
        used.add("ignore")
    if isinstance(tree.get("model"), str):
        plan["defaults"] = {"model": tree["model"]}
        origins["defaults", "model"] = (*path, "model")
        used.add("model")
    rest = [key for key, value in tree.items() if key not in used and not is_blank(value)]
    _join(tree, [key for key in rest if _is_content(key, tree[key])], path, plan, origins)
    _note(tree, [key for key in rest if not _is_content(key, tree[key])], path, notes)


def _is_content(key: str, value: Any) -> bool:
    word = plain(key)
    return is_saying(value) and (word in HEAD_CONTENT or word in _HEAD["goal"])


def _join(
    tree: Mapping[str, Any],
    keys: Iterable[str],
    path: Path,
    plan: dict[str, Any],
    origins: dict[Path, Path],
) -> None:
    texts = [section(heading(key), tree[key]) for key in keys]
    if texts:
        origins.setdefault(("goal",), (*path, next(iter(keys))))
        goal = [str(plan["goal"]).strip("\n")] if plan.get("goal") else []
        plan["goal"] = "\n\n".join([*goal, *texts])


def _note(tree: Mapping[str, Any], keys: Iterable[str], path: Path, notes: Notes) -> None:
    kept = [key for key in keys if plain(key) in {*BOOKKEEPING, *_HEAD["project"], "id"}]
    lost = [key for key in keys if key not in kept]
    if kept:
        notes.note("WM307", f"not read: {some(kept, None)}", (*path, kept[0]))
    if lost:
        message = f"not read, and given to no agent: {some(lost, None)}"
        notes.warn("WM315", message, (*path, lost[0]), "if it matters, write it into the goal")
