"""Templates: where they are, and how they are filled in. jinja2 is used here alone."""

from __future__ import annotations

import pathlib
from functools import cache

import jinja2

_PACKAGED = pathlib.Path(__file__).parent.parent / "templates"
_CHECKOUT = pathlib.Path(__file__).parents[2] / "templates"


def folder() -> pathlib.Path:
    """Return the templates' folder: in the installed package, or beside it in a checkout."""
    return _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT


@cache
def _environment(*, escape: bool) -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder()),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=escape,
    )


@cache
def template(name: str) -> jinja2.Template:
    """Return the template `name`, a path below `folder()`; a variable it lacks is an error."""
    return _environment(escape=False).get_template(name)


def render(name: str, **values: object) -> str:
    """Fill in the template `name`."""
    return template(name).render(values)


def render_html(name: str, **values: object) -> str:
    """Fill in the template of HTML `name`; every value is escaped unless the template says `safe`."""
    return _environment(escape=True).get_template(name).render(values)


@cache
def static(name: str) -> str:
    """Return the text of the file `name`, a path below `folder()`, as it is."""
    return (folder() / name).read_text("utf-8")
