"""Is what was compiled of now? The plan may have been edited, and other files may match its patterns."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wavemake.runs.state import Manifest


def what_changed(folder: str, manifest: Manifest) -> str:
    """Say that what was compiled is of another plan, or of other files that match a pattern; or nothing."""
    from wavemake.compiler.freshness import changed_plan

    compiled = str(manifest.head.get("folder") or folder)
    is_elsewhere = not is_of_here(folder, compiled) and folder.endswith(f"/{compiled}")
    edited = changed_plan(folder, folder.removesuffix(compiled) if is_elsewhere else "")
    if edited:
        return f"{edited} has changed since it was compiled"
    pattern = next(_other_matches(folder, manifest), "")
    return f"other files match {pattern} than when it was compiled" if pattern else ""


def _other_matches(folder: str, manifest: Manifest) -> Iterator[str]:
    """The patterns of the plan that match other files by now."""
    patterns, words = manifest.head.get("patterns"), _words(manifest)
    if not patterns or not isinstance(patterns, dict) or not words:
        return
    if not _is_here(folder, manifest):
        return
    # Only code that looks for files needs the imports.
    from wavemake.compiler import driver
    from wavemake.compiler.options import from_words
    from wavemake.plan.names import unwritten

    project = driver.project_files(from_words(words))
    written = {path for entry in manifest.entries for path in entry.outputs}
    for pattern, matched in patterns.items():
        if unwritten(project.glob(pattern), folder, written) != matched:
            yield str(pattern)


def is_of_here(folder: str, compiled: str) -> bool:
    """Is the current folder the project's, from which files are seen, and `folder` is called `compiled`?"""
    return os.path.realpath(compiled or folder) == os.path.realpath(folder)


def _is_here(folder: str, manifest: Manifest) -> bool:
    return is_of_here(folder, str(manifest.head.get("folder") or ""))


def compiled_again(manifest: Manifest, plan: str) -> Mapping[str, str]:
    """The files that make's driver compiles of an edited plan; none if it will not."""
    from wavemake.compiler import driver
    from wavemake.compiler.emit import is_foreign
    from wavemake.compiler.options import from_words
    from wavemake.ui.console import compiled

    words = _words(manifest)
    if not words:
        return {}
    options = from_words(words)
    if options.has_driver and is_foreign(options.output):
        return {}
    if options.fragment or os.stat(plan).st_mtime_ns <= os.stat(options.rules).st_mtime_ns:
        return {}
    graph, options, _ = compiled(options, quiet=True)
    return driver.files_of(graph, options)


def note_on(manifest: Manifest, change: str, is_as_compiled: bool) -> str:
    """Say what `change` means for what is shown; is_as_compiled: that is what make will compile."""
    if not change or is_as_compiled:
        return f"{change}: make compiles it first, as shown here" if change else ""
    words = [word for word in _words(manifest) if word != "-q"]
    again = shlex.join(words or ["wavemake", "compile", "PLAN"])
    return f"{change}, which is not shown here: {again}"


def override_of(manifest: Manifest) -> str:
    """Say which settings of the plan's own are not used, or nothing."""
    from wavemake.compiler.options import from_words

    words = _words(manifest)
    if not words:
        return ""
    given = from_words(words).override
    options = {
        "--runner": given.runner,
        "--model": given.model,
        "--permissions": given.permissions,
        "--tools": ",".join(given.tools or ()),
    }
    chosen = " ".join(f"{option} {value}" for option, value in options.items() if value)
    return f"compiled with {chosen}, whatever the plan says" if chosen else ""


def _words(manifest: Manifest) -> list[str]:
    words = manifest.head.get("compile")
    return [str(word) for word in words] if isinstance(words, list) else []
