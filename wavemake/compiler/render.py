"""Templates: where they are, and how they are filled in. jinja2 is imported when one is."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from wavemake.runs.link import templates

if TYPE_CHECKING:
    import jinja2


@cache
def _environment(*, escape: bool) -> jinja2.Environment:
    # Only code that prints a template needs the import.
    import jinja2

    from wavemake.compiler.bytecode import TemplateBytecode

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates()),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=escape,
    )
    environment.bytecode_cache = TemplateBytecode(environment)
    return environment


@cache
def template(name: str) -> jinja2.Template:
    """Return the template `name`, a path below `templates()`; a variable it lacks is an error."""
    return _environment(escape=False).get_template(name)


def render(name: str, **values: object) -> str:
    """Fill in the template `name`."""
    return template(name).render(values)


def render_html(name: str, **values: object) -> str:
    """Fill in the template of HTML `name`; every value is escaped unless the template says `safe`."""
    return _environment(escape=True).get_template(name).render(values)


@cache
def static(name: str) -> str:
    """Return the text of the file `name`, a path below `templates()`, as it is."""
    return (templates() / name).read_text("utf-8")
