"""The table of options: whatever it holds, the command line takes and make gives again."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil

import click
import pytest

from wavemake import cli, commands
from wavemake.compiler.options import Flag, Mode, Options, again, command, flags, from_words

SETTINGS = [each for each in dataclasses.fields(Options) if each.name != "plan"]


def test_every_setting_has_a_flag() -> None:
    """So that none is left out of the command line, or out of what make compiles again."""
    assert [each.name for each, _ in flags(Options)] == [each.name for each in SETTINGS]


def other(each: dataclasses.Field[object], flag: Flag) -> object:
    """A value of an option that is not its default."""
    if flag.choices:
        return next(choice for choice in flag.choices if choice != each.default)
    return "other/place" if flag.metavar else True


@pytest.mark.parametrize(
    ("each", "flag"), [*flags(Options)], ids=[flag.name for _, flag in flags(Options)]
)
def test_what_was_given_is_given_again(each: dataclasses.Field[object], flag: Flag) -> None:
    given = dataclasses.replace(Options("plan.json"), **{each.name: other(each, flag)})
    assert from_words(command("compile", given)) == given
    assert (from_words(again(given)) == given) is flag.kept
    assert again(given)[-1] == "-q"


def test_what_was_not_given_is_not_given_again() -> None:
    assert command("compile", Options("plan.json")) == ("wavemake", "compile", "plan.json")


@pytest.mark.parametrize(
    "name", sorted({name for _, flag in flags(Options) for name in flag.commands})
)
def test_the_command_line_takes_what_the_table_says(name: str) -> None:
    found = importlib.import_module(f"wavemake.commands.{name}").command
    assert isinstance(found, click.Command)
    taken = {param.name for param in found.params}
    for table in (Options, Mode):
        assert {each.name for each, _ in flags(table, name)} <= taken


def test_every_command_is_in_a_group() -> None:
    grouped = [name for names in cli.GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(each.name for each in pkgutil.iter_modules(commands.__path__))
