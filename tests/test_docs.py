"""The documentation: its links lead somewhere, each page has a place, the page of commands is current."""

from __future__ import annotations

import inspect
import pathlib
import re

import click
import pytest
import yaml

from tests.expectations import expect
from tests.harness import REPOSITORY
from wavemake import cli

DOCS = REPOSITORY / "docs"
PAGES = sorted([*DOCS.glob("*.md"), *REPOSITORY.glob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def anchors(path: pathlib.Path) -> set[str]:
    """The ids of a page's headings."""
    headings = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", text).strip().lower().replace(" ", "-") for text in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(page: pathlib.Path) -> None:
    broken = []
    for link in LINK.findall(CODE.sub("", page.read_text("utf-8"))):
        if re.match(r"\w+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_page_has_a_place_in_the_site() -> None:
    # Not safe_load: the site's configuration names a function of an extension.
    text = re.sub(r"!!python/name:\S+", "", (REPOSITORY / "mkdocs.yml").read_text("utf-8"))
    listed = re.findall(r"[\w-]+\.md", str(yaml.safe_load(text)["nav"]))
    assert sorted(listed) == sorted(path.name for path in DOCS.glob("*.md"))


def page_of_commands() -> str:
    """The page with what each command does, and its options."""
    lines = ["# Commands", "", "As `wavemake COMMAND --help` has it. <!-- written by --update -->"]
    for heading, names in cli.GROUPS.items():
        lines += ["", f"## {heading}"]
        for name in names:
            command = cli.cli.get_command(click.Context(cli.cli), name)
            assert command
            lines += ["", f"### wavemake {name}", "", *described(command)]
            options = [each for each in command.params if isinstance(each, click.Option)]
            if options:
                lines += ["", "| option | |", "|---|---|", *map(row, options)]
    return "\n".join([*lines, ""])


def described(command: click.Command) -> list[str]:
    """The text of --help; what click is not to wrap becomes code."""
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    shown = [each.make_metavar(click.Context(command)) for each in arguments]
    blocks = [["```sh", " ".join(["wavemake", str(command.name), *shown]), "```"]]
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        text = paragraph.strip("\n")
        is_code = text.startswith("\b\n") and not text.startswith("\b\nExit status")
        text = text.removeprefix("\b\n")
        blocks.append(["```sh", *text.split("\n"), "```"] if is_code else text.split("\n"))
    return [line for block in blocks for line in [*block, ""]][:-1]


def row(option: click.Option) -> str:
    """The option as a row of a table."""
    names = ", ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])
    value = ""
    if isinstance(option.type, click.Choice):
        value = f" `{'|'.join(map(str, option.type.choices))}`".replace("|", "\\|")
    elif not option.is_flag:
        value = f" `{option.metavar or 'N'}`"
    default = f" Default: `{option.default}`." if option.show_default and option.default else ""
    return f"| {names}{value} | {(option.help or '').replace('|', '&#124;')}{default} |"


def test_the_page_of_commands_is_current() -> None:
    expect(DOCS / "commands.md", page_of_commands())
