"""Puts together what is said about a code: by `explain`, in docs/rules and in SARIF."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from wavemake.lint import errors
from wavemake.lint.registry import LINTS
from wavemake.plan import loader
from wavemake.plan.diagnostics import Rule, Severity
from wavemake.plan.dialects import rules as dialects


@cache
def severities() -> Mapping[str, Severity]:
    """Return all codes, in order, with how bad each is."""
    found = dict.fromkeys([*loader.RULES, *errors.ERRORS], Severity.ERROR)
    found |= dict.fromkeys(errors.WARNINGS, Severity.WARNING)
    found |= dialects.SEVERITIES
    found |= {code: lint.severity for code, lint in LINTS.items()}
    return dict(sorted(found.items()))


@cache
def rules() -> Mapping[str, Rule]:
    """Return for all codes the name, a sentence and a text, as SARIF wants them."""
    found = {**loader.RULES, **errors.ERRORS, **errors.WARNINGS, **dialects.RULES}
    for code, lint in LINTS.items():
        short, _, text = lint.page.partition("\n")
        found[code] = (lint.name, short, text.strip())
    return dict(sorted(found.items()))


def page(code: str) -> str:
    """Return the page about `code`, in Markdown. Raises KeyError if there is no such code."""
    name, short, text = rules()[code]
    kind = severities()[code].value
    if code in LINTS and not LINTS[code].on:
        kind += ", off unless it is selected"
    return f"# {code} {name}\n\n*{kind}*\n\n{short}\n\n{text}\n"


def index() -> str:
    """Return a line for each code: the code, the name and the sentence."""
    width = max(len(name) for name, _, _ in rules().values())
    return "".join(
        f"{code} {name:{width}}  {short}\n" for code, (name, short, _) in rules().items()
    )
