"""For mkdocs: links out of docs/ name a place of the repository, which the site does not have."""

from __future__ import annotations

import pathlib
import re
from typing import Any

_LINK = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+[^)#]*)(?:#[^)]*)?\)")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Turn such links into the text and the path. Raises ValueError if there is nothing at the path."""
    here = pathlib.Path(page.file.abs_src_path).parent
    docs = here if page.file.src_uri.count("/") == 0 else here.parent

    def named(found: re.Match[str]) -> str:
        target = (here / found[2]).resolve()
        if not target.exists():
            raise ValueError(f"{page.file.src_uri}: nothing at {found[2]}")
        if target.is_relative_to(docs.resolve()):
            return found[0]
        path = target.relative_to(docs.resolve().parent)
        return f"`{path}`" if found[1].strip("`") == str(path) else f"{found[1]} (`{path}`)"

    return _LINK.sub(named, markdown)
