"""Markdown that a model wrote, as HTML that can do nothing: no script, no image, no address of its own."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import nh3

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "code"),
    *("ul", "ol", "li", "em", "strong", "s", "a", "table", "thead", "tbody", "tr", "th", "td"),
}
_SCHEMES = {"http", "https", "mailto"}


@cache
def _renderer() -> MarkdownIt:
    from markdown_it import MarkdownIt

    renderer = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    # An image would be fetched from its address: without this rule it becomes a link.
    return renderer.disable("image")


def to_html(text: str) -> str:
    """Return `text`, any Markdown at all, as HTML that is safe to be put into a page.

    Raw HTML in it is shown as text. What the renderer makes goes through a list of tags that are let
    through, so that this holds whatever the renderer does. Links to the web stay links; others are text.
    """
    return nh3.clean(
        _renderer().render(text),
        tags=_TAGS,
        attributes={"*": set(), "a": {"href"}, "ol": {"start"}},
        attribute_filter=_absolute,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )


def _absolute(tag: str, attribute: str, value: str) -> str | None:
    """A link within the page, or to a file beside it, is not the output's to make."""
    if attribute != "href":
        return value
    return value if value.partition(":")[0].lower() in _SCHEMES else None
