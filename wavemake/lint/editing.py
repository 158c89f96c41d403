"""Which agents may edit files, as far as their settings say."""

from __future__ import annotations

from collections.abc import Sequence

from wavemake.plan.model import Settings

# Permission modes of the CLIs under which files are edited without asking.
_MODES = frozenset(
    (
        *("acceptEdits", "bypassPermissions", "auto"),
        *("workspace-write", "danger-full-access"),
        *("auto_edit", "yolo"),
    )
)
_TOOLS = ("Edit", "Write", "MultiEdit", "NotebookEdit", "replace", "write_file")
_FLAGS = ("--dangerously-skip-permissions", "--yolo", "--full-auto", "--auto")
# These edit unless their arguments forbid it.
_EDITORS = frozenset(["aider", "opencode"])


def may_edit(settings: Settings) -> bool:
    """Tell whether an agent may edit files without being asked."""
    return may_edit_by(
        settings.runner or "",
        settings.permissions or "",
        settings.tools or (),
        settings.args or (),
    )


def may_edit_by(runner: str, permissions: str, tools: Sequence[str], args: Sequence[str]) -> bool:
    """As `may_edit`, by the settings that matter.

    >>> may_edit_by("claude", "", [], ["--permission-mode", "acceptEdits"]), may_edit_by("claude", "", [], [])
    (True, False)
    """
    if runner == "rehearse":  # it calls no model
        return False
    if runner in _EDITORS or permissions in _MODES:
        return True
    if any(tool.split("(")[0].strip() in _TOOLS for tool in tools):
        return True
    words = [word for arg in args for word in arg.replace("=", ",").split(",")]
    return any(word in _MODES or word in _FLAGS or word.split("(")[0] in _TOOLS for word in words)
