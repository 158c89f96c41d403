"""Reads `workspace`: where an agent works."""

from __future__ import annotations

import re
from typing import Any

from wavemake.plan.diagnostics import Path, Where
from wavemake.plan.model import Workspace, shown
from wavemake.plan.names import is_glob, normal_path, outside_problem
from wavemake.plan.schema import AUTHOR, WORKSPACE_KEYS, names_for_untrusted, names_of
from wavemake.plan.values import AllowedKeys, Values, kind_of

_KINDS = ("project", "worktree")
_SHAPE = AllowedKeys("'workspace'", names_of(WORKSPACE_KEYS), names_for_untrusted(WORKSPACE_KEYS))
_AUTHOR = re.compile(AUTHOR)
_EXAMPLE = 'write "worktree", or {"kind": "worktree", "link": ["node_modules"]}'


class WorkspaceReader(Values):
    """Reads workspaces, and notes all that is wrong with them."""

    def workspace(self, value: dict[str, Any], path: Path) -> Workspace | None:
        """What the key `workspace` of `value` says."""
        given, at = value.get("workspace"), (*path, "workspace")
        if given is None:
            return None
        if isinstance(given, str):
            return Workspace(self.one_of(value, path, "workspace", _KINDS) or "project")
        if not isinstance(given, dict):
            message = f"'workspace' must be a word or an object, not {kind_of(given)}"
            self.error("WM102", message, Where(at), _EXAMPLE)
            return None
        self.keys(given, at, _SHAPE)
        kind = self.one_of(given, at, "kind", _KINDS) or "worktree"
        workspace = Workspace(
            kind,
            self._paths(given, at, "copy"),
            self._paths(given, at, "link"),
            self._setup(given, at),
            self._commit(given, at),
            self.word_like(given, at, "author", _AUTHOR, '"Name <address>"') or "",
        )
        if kind == "project" and workspace != Workspace("project"):
            message = "the project itself needs nothing of what 'workspace' says here"
            hint = 'leave it out, or write "kind": "worktree"'
            self.error("WM104", message, Where((*at, "kind")), hint)
        return workspace

    def _paths(self, value: dict[str, Any], path: Path, key: str) -> tuple[str, ...]:
        found = []
        for ref in self.refs(value, path, key) or ():
            problem = outside_problem(ref.text) if ref.text else "is empty"
            if not problem and is_glob(ref.text):
                problem = "is a pattern"
            if not problem and normal_path(ref.text) == ".":
                problem = "is the project itself"
            if problem:
                message = f"'{key}' names {shown(ref.text)}, which {problem}"
                hint = "name a file or a folder of the project, by its path from there"
                self.error("WM116", message, ref.where, hint)
            else:
                found.append(normal_path(ref.text))
        return tuple(found)

    def _setup(self, value: dict[str, Any], path: Path) -> str:
        where = (*path, "setup")
        command = self.command(value.get("setup"), where, "'setup'")
        if command is not None and not command.strip():
            self.error("WM104", "'setup' is empty", Where(where), "leave it out")
        return command or ""

    def _commit(self, value: dict[str, Any], path: Path) -> bool:
        given = value.get("commit")
        return bool(given) and self.is_kind(given, bool, (*path, "commit"), "'commit'")
