"""The lints: the one table that gives each its code and says whether it is on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType

from wavemake.lint import (
    asks_user,
    bottleneck,
    calls_agent,
    edits_at_once,
    edits_not_permitted,
    edits_what_is_read,
    flat_but_dependent,
    growing_prompt,
    hidden_read,
    late_wave,
    many_things,
    no_reads,
    orchestrator_codes,
    placeholder,
    same_file,
    short_timeout,
    unfocused,
    unknown_model,
    unread_mention,
    unread_output,
    unused_suppression,
    useless_read,
    vague_name,
)
from wavemake.lint.context import CheckFunction
from wavemake.plan.diagnostics import Severity


@dataclass(frozen=True, slots=True)
class Lint:
    """A lint. on: it runs unless it is deselected; others run only when they are selected."""

    code: str
    module: ModuleType
    on: bool = True
    severity: Severity = Severity.WARNING

    @property
    def name(self) -> str:
        """The name of the rule, such as `calls-agent`."""
        return self.module.__name__.rpartition(".")[2].replace("_", "-")

    @property
    def page(self) -> str:
        """What the rule is about, in Markdown; its first line says it in a sentence."""
        return (self.module.__doc__ or "").strip()

    @property
    def check(self) -> CheckFunction:
        """What finds it."""
        check: CheckFunction = self.module.check
        return check


_TABLE = (
    Lint("WM201", calls_agent),
    Lint("WM202", flat_but_dependent),
    Lint("WM203", orchestrator_codes),
    Lint("WM204", many_things, on=False),
    Lint("WM205", no_reads),
    Lint("WM206", unfocused),
    Lint("WM207", vague_name),
    Lint("WM208", unread_output, on=False),
    Lint("WM209", unread_mention),
    Lint("WM210", useless_read),
    Lint("WM211", late_wave, severity=Severity.NOTE),
    Lint("WM212", bottleneck, on=False),
    Lint("WM213", same_file),
    Lint("WM214", growing_prompt, on=False),
    Lint("WM215", short_timeout),
    Lint("WM216", hidden_read),
    Lint("WM217", placeholder),
    Lint("WM218", unknown_model),
    Lint("WM220", asks_user),
    Lint("WM221", edits_what_is_read),
    Lint("WM230", edits_at_once),
    Lint("WM231", edits_not_permitted),
    Lint("WM290", unused_suppression),
)
LINTS: Mapping[str, Lint] = {lint.code: lint for lint in _TABLE}
