"""The files that every agent is given to read."""

from __future__ import annotations

from wavemake.compiler.resolve.files import files_of, owner
from wavemake.compiler.resolve.work import Work
from wavemake.plan.model import Ref, shown
from wavemake.plan.resolved import Read


def collect_context(work: Work) -> None:
    """Fill in `context`.

    >>> from wavemake.compiler.resolve.work import work_on
    >>> work = work_on({"agents": [], "context": ["docs/*"]}, "docs/a.md", "docs/b.md")
    >>> collect_context(work)
    >>> [read.path for read in work.context or ()]
    ['docs/a.md', 'docs/b.md']
    """
    if work.plan.context is None:
        return
    work.context = []
    for ref in work.plan.context:
        name = ref.text if ref.text in work.specs else owner(work, ref.text)
        if name:
            message = f"'context' names the agent {shown(name)}, but is for files"
            hint = f"name it in the 'reads' of agents; ./{name} is a file"
            work.found.error("WM124", message, ref.where, hint)
            continue
        for path in files_of(work, "'context' names", ref):
            work.context.append(Read(path=path))
            _report_if_written(work, ref, path)


def _report_if_written(work: Work, ref: Ref, path: str) -> None:
    if path in work.writers:
        writer = shown(work.writers[path].name)
        message = f"'context' names {shown(ref.text)}, which {writer} writes"
        hint = "name it in the 'reads' of the agents that need it"
        work.found.error("WM124", message, ref.where, hint)
