"""Compiled templates on the disk: they are used, and never where they do not fit or cannot be read."""

from __future__ import annotations

import os
import pathlib
from importlib.util import cache_from_source

import jinja2
import pytest

from wavemake.compiler.bytecode import TemplateBytecode


@pytest.fixture(autouse=True)
def _written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.dont_write_bytecode", False)


def printed(folder: pathlib.Path, **options: bool) -> str:
    """What a new environment, as of a new process, makes of the template."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(folder), **options)  # type: ignore[arg-type]
    environment.bytecode_cache = TemplateBytecode(environment)
    return environment.get_template("a.html.j2").render(name="<b>")


@pytest.fixture
def template(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "a.html.j2"
    path.write_text("Hello {{ name }}")
    return path


def test_a_template_is_compiled_once(
    template: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert printed(template.parent) == "Hello <b>"
    assert [*template.parent.glob("__pycache__/*")] == [
        pathlib.Path(cache_from_source(str(template)))
    ]
    monkeypatch.setattr(jinja2.Environment, "compile", None)
    assert printed(template.parent) == "Hello <b>"


def test_a_changed_template_and_other_options_compile_it_again(template: pathlib.Path) -> None:
    assert printed(template.parent) == "Hello <b>"
    assert printed(template.parent, autoescape=True) == "Hello &lt;b&gt;"
    template.write_text("Bye {{ name }}")
    assert printed(template.parent) == "Bye <b>"


@pytest.mark.parametrize("end", [0, 1, 20, 60, -1])
def test_a_damaged_file_is_made_anew(template: pathlib.Path, end: int) -> None:
    printed(template.parent)
    kept = pathlib.Path(cache_from_source(str(template)))
    whole = kept.read_bytes()
    kept.write_bytes(whole[:end])
    assert printed(template.parent) == "Hello <b>"
    assert kept.read_bytes() == whole


def test_nothing_is_written_where_it_cannot_or_must_not_be(
    template: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = template.parent / "__pycache__"
    beside.write_text("in the way")
    assert printed(template.parent) == "Hello <b>"
    os.unlink(beside)
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    assert printed(template.parent) == "Hello <b>"
    assert [*template.parent.iterdir()] == [template]
