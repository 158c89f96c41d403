"""Agents that can run at once and change the same files: their edits may conflict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two agents, and the files that both change."""

    agents: tuple[str, str]
    files: tuple[str, ...]


def overlaps(
    changed: Mapping[str, Iterable[str]], needs: Callable[[str], Sequence[str]]
) -> Iterator[Overlap]:
    """Yield each two agents of which neither waits for the other and that change a file, or one in a folder.

    changed: the files that an agent is to write, and those that it changed last. needs: what an agent waits
    for.

    >>> graph = {"a": [], "b": [], "c": ["a"]}
    >>> changed = {"a": ["x"], "b": ["src"], "c": ["x", "src/y"]}
    >>> [(*each.agents, *each.files) for each in overlaps(changed, graph.__getitem__)]
    [('b', 'c', 'src/y')]
    """
    who: dict[str, list[str]] = defaultdict(list)
    for name, paths in changed.items():
        for path in sorted(set(paths)):
            who[path].append(name)
    shared: dict[tuple[str, str], set[str]] = defaultdict(set)
    for path, names in who.items():
        pairs = {*combinations(names, 2)}
        for folder in _folders(path):
            pairs.update((one, name) for one in who.get(folder, ()) for name in names)
        for one, other in pairs:
            if one != other:
                shared[min(one, other), max(one, other)].add(path)
    upstream: dict[str, frozenset[str]] = {}
    for one, other in sorted(shared):
        if one in _upstream(other, needs, upstream) or other in _upstream(one, needs, upstream):
            continue
        yield Overlap((one, other), tuple(sorted(shared[one, other])))


def _folders(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _upstream(
    name: str, needs: Callable[[str], Sequence[str]], known: dict[str, frozenset[str]]
) -> frozenset[str]:
    """All that `name` waits for, directly or through others."""
    if name not in known:
        found: set[str] = set()
        todo = [*needs(name)]
        while todo:
            need = todo.pop()
            if need not in found:
                found.add(need)
                todo += needs(need)
        known[name] = frozenset(found)
    return known[name]
