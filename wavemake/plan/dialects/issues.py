"""The issues of a tracker, a line each, with links between them.

{"id": "kite-2", "title": "...", "status": "open", "dependencies": [{"depends_on_id": "kite-1"}]}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from wavemake.plan.dialects.dialect import Dialect, Found
from wavemake.plan.dialects.draft import Draft
from wavemake.plan.dialects.item import Item
from wavemake.plan.dialects.words import TEXTS, TITLES, listed, plain, words_of

_MARKS = frozenset(["issuetype", "closereason", "sourcerepo"])
_LINK = "dependsonid"


def is_tracked(found: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether these are issues of a tracker: they have a type, or links of several kinds."""
    found = list(found)
    if words_of(found) & _MARKS:
        return True
    links = (each.get("dependencies") for each in found)
    entries = (link for each in links if isinstance(each, list) for link in each)
    return any(isinstance(each, dict) and _LINK in map(plain, each) for each in entries)


def _find(tree: Any) -> Found | None:
    issues = tree.get("issues") if isinstance(tree, dict) else tree
    found = listed(issues)
    path = ("issues",) if isinstance(tree, dict) else ()
    return Found(path, found) if found and is_tracked(found) else None


def _claims(tree: Any, found: Found) -> bool:
    return True


def _read(tree: Any, found: Found, draft: Draft) -> None:
    if found.path:
        draft.head(tree, {"issues"})
    items = draft.items(tree["issues"] if found.path else tree, found.path)
    draft.write(_without_epics(items, draft))


def _without_epics(items: list[Item], draft: Draft) -> list[Item]:
    """An epic has no work of its own: its text is added to each of its parts.

    What depends on it depends on all of them.
    """
    by_id = {item.id: item for item in items}
    parts: dict[str, list[Item]] = {}
    for item in items:
        for ref in item.refs():
            whole = by_id.get(str(ref.id).strip())
            if ref.kind == "parent" and whole is not None and whole is not item:
                parts.setdefault(whole.id, []).append(item)
    epics: set[str] = {name for name in parts if by_id[name].get("issuetype", "type") == "epic"}
    for name in sorted(epics):
        inner = list(_within(name, parts, epics))
        for item in inner:
            item.parts.append(("Part of", by_id[name]))
        draft.ids.group(name, inner)
    if epics:
        first = next(item for item in items if item.id in epics)
        message = "an epic has no work of its own: its text is added to each of its issues"
        draft.note("WM319", message, first.id_path)
    return [item for item in items if item.id not in epics]


def _within(
    name: str, parts: Mapping[str, list[Item]], epics: set[str], above: frozenset[str] = frozenset()
) -> Iterator[Item]:
    """The issues that are parts of an epic, or of an epic in it."""
    for item in parts[name]:
        if item.id not in epics:
            yield item
        elif item.id not in above:
            yield from _within(item.id, parts, epics, above | {name})


DIALECT = Dialect(
    name="issues",
    noun="issue",
    summary="the issues of a tracker",
    needs="a list of objects with an 'issue_type', or one a line",
    texts=TEXTS | {*TITLES},
    find=_find,
    claims=_claims,
    read=_read,
)
