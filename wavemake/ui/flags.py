"""The flags of options that are tables, as click takes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import Field
from typing import Any, TypeVar

import click

from wavemake.compiler.options import Flag, Options, flags

_Function = TypeVar("_Function", bound=Callable[..., Any])


def takes(command: str, *tables: type) -> Callable[[_Function], _Function]:
    """Return a decorator that gives a command the flags that it takes of `tables`, in their order."""
    found = [each for table in tables or (Options,) for each in flags(table, command)]

    def decorated(function: _Function) -> _Function:
        for each, flag in reversed(found):
            function = _option(each, flag)(function)
        return function

    return decorated


def _option(each: Field[Any], flag: Flag) -> Callable[[_Function], _Function]:
    # Agents are completed, and plans found, from the folder in --dir: it is read before the
    # arguments.
    common: dict[str, Any] = {
        "help": flag.help,
        "default": each.default,
        "is_eager": each.name == "folder",
    }
    if not flag.metavar:
        return click.option(*flag.names, each.name, is_flag=True, **common)
    kind: Sequence[str] | None = flag.choices
    return click.option(
        *flag.names,
        each.name,
        metavar=None if kind else flag.metavar,
        type=click.Choice(kind) if kind else None,
        show_default=bool(each.default),
        **common,
    )


_FOLDER = next(each for each in flags(Options) if each[0].name == "folder")
# For the commands that read what was compiled, and compile nothing.
dir_option = _option(*_FOLDER)
jobs_option = click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1),
    default=4,
    show_default=True,
    help="Agents that run at once.",
)
