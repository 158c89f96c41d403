"""What the compiler says of a plan, without a process."""

from __future__ import annotations

from wavemake.compiler import driver
from wavemake.compiler.options import DEFAULT_FOLDER, Options
from wavemake.plan.loader import SyntaxProblem, load_text
from wavemake.plan.model import Settings
from wavemake.plan.printing import render_text
from wavemake.plan.resolved import Resolved


class NoFiles:
    """A project without files, for resolution; a test derives one that has some."""

    def kind(self, path: str) -> str:
        return ""

    def real(self, path: str) -> str:
        return path

    def builds(self, path: str) -> str:
        return ""

    def glob(self, pattern: str) -> list[str]:
        return []

    def text(self, path: str) -> str | None:
        return None

    def workspace_problem(self) -> tuple[str, str]:
        return "", ""


def said(text: str, name: str = "plan.json", *, untrusted: bool = False) -> str:
    """All that is reported of a plan in the current folder."""
    try:
        checked = check(text, name, untrusted=untrusted)
    except SyntaxProblem as problem:
        return render_text(problem.diagnostics, problem.source, colour=False)
    return render_text(checked.diagnostics, checked.document, colour=False)


def check(
    text: str,
    name: str = "plan.json",
    *,
    untrusted: bool = False,
    folder: str = DEFAULT_FOLDER,
    override: Settings | None = None,
) -> driver.Checked:
    """The plan, resolved against the files of the current folder, with every diagnostic."""
    given = override or Settings()
    options = Options(
        name, folder=folder, runner=given.runner, model=given.model, untrusted=untrusted
    )
    return driver.check(load_text(text, name), options)


def resolved(text: str, name: str = "plan.json", **options: object) -> Resolved:
    """The plan, which has no errors."""
    checked = check(text, name, **options)  # type: ignore[arg-type]
    assert checked.plan, render_text(checked.diagnostics, checked.document, colour=False)
    return checked.plan
