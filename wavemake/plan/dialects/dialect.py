"""What a dialect is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from wavemake.plan.diagnostics import Path
    from wavemake.plan.dialects.draft import Draft


class Found(NamedTuple):
    """What a dialect would read of a tree: the objects that become agents, and where they stand.

    sure: there are such objects nowhere but in a plan, so that their texts need not be looked at.
    """

    path: Path
    objects: list[dict[str, Any]]
    sure: bool = False


@dataclass(frozen=True)
class Dialect:
    """A shape in which other people write plans.

    summary and needs are what messages say of it: what it is, and what a tree must have to be read.
    find returns what would be read of a tree, or None if there is nothing. Most of these objects
    must have one of the words `texts` to resemble a plan. claims is called for those that do, and
    says whether the tree is surely meant as one. read fills a draft with what was found.
    """

    name: str
    noun: str
    summary: str
    needs: str
    texts: frozenset[str]
    find: Callable[[Any], Found | None]
    claims: Callable[[Any, Found], bool]
    read: Callable[[Any, Found, Draft], None]
