"""Markdown that a model wrote, as HTML that can do nothing: no script, no image, no address of its own."""

from __future__ import annotations

import html
import re
from functools import cache
from itertools import accumulate

import nh3
import pyromark

_OPTIONS = pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_STRIKETHROUGH
_TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "code"),
    *("ul", "ol", "li", "em", "strong", "del", "a", "table", "thead", "tbody", "tr", "th", "td"),
}
_SCHEMES = {"http", "https", "mailto"}

# A < that may begin a tag: no backslash is before it, as in \\<, and no link begins there, such as
# <https://a.example> or <a@b.example>. No tag has a : or @ in its name.
_LINK = r"[a-zA-Z][a-zA-Z0-9+.-]{1,31}:|[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@"
_RAW = re.compile(rf"(\\[\\<]|<(?={_LINK}))|<")
# Invisible characters, which no text of the report has: they stand for < and part the two of ![.
_LESS, _APART = "\x01", "\x02"

# Containers and emphasis. nh3 takes time that is quadratic in how deep they are within each other.
_NESTING = re.compile(r"<(/?)(?:blockquote|[ou]l|li|em|strong|del)\b")
_DEEPEST = 100


def to_html(text: str) -> str:
    """Return `text`, any Markdown at all, as HTML that is safe to be put into a page.

    Raw HTML in it is shown as text, an image as a link to it. What the renderer makes goes through a list
    of tags that are let through, so that this holds whatever the renderer does. Links to the web stay
    links; others are text. A text with over a hundred levels of lists and quotes is shown as it is.
    """
    made = _rendered(text)
    if _depth(made) > _DEEPEST:
        made = f"<pre>{html.escape(text)}</pre>"
    return _cleaner().clean(made)


@cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        attributes={"*": set(), "a": {"href"}, "ol": {"start"}},
        attribute_filter=_absolute,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )


def _rendered(text: str) -> str:
    """The HTML of `text`. The renderer sees no tag and no image, and so it makes none."""
    plain = _RAW.sub(lambda found: found[1] or _LESS, text) if "<" in text else text
    plain = plain.replace("![", f"!{_APART}[")
    made = pyromark.html(plain, options=_OPTIONS)
    return made.replace(_LESS, "&lt;").replace(_APART, "")


def _depth(made: str) -> int:
    """How deep the innermost part is within others."""
    return max(accumulate(-1 if end else 1 for end in _NESTING.findall(made)), default=0)


def _absolute(tag: str, attribute: str, value: str) -> str | None:
    """A link within the page, or to a file beside it, is not the output's to make."""
    if attribute != "href":
        return value
    return value if value.partition(":")[0].lower() in _SCHEMES else None
