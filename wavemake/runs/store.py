"""The store of answers: what is in it, what it has saved, and what may go from it.

templates/runtime/store.sh writes it and describes its layout.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from wavemake.plan import regular
from wavemake.runs.fields import moment, number, parse, text, texts
from wavemake.runs.key import sha256
from wavemake.runs.link import source

_NAME = re.compile(r"[0-9a-f]{64}\Z")
# A content this young may belong to an entry that a running make is about to write.
_GRACE = 3600
_DAY = 86400


@dataclass(frozen=True, slots=True)
class StorePlace:
    """Where answers are kept: a local folder, the URL that is asked as well, and the store of the repository
    that this one was cloned from. Each may be empty."""

    folder: str
    remote: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored answer, or the verdict of a judge.

    key: the lines of its cache key. used: epoch seconds of its last use.
    """

    path: str
    key: tuple[str, ...]
    contents: tuple[str, ...]
    agent: str
    model: str
    used: float
    usd: float | None

    @property
    def is_verdict(self) -> bool:
        """Whether it is the verdict of a judge on an answer."""
        return any(line.startswith("judge ") for line in self.key[:1])


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store has of one answer: the path of its content, and of those of the files that it declared.

    edits: of other files that its agent edited, PATH, and the checksums BEFORE and AFTER; "-" stands for a
    missing file. record: of an agent with a workspace, `patch BASE RESULT PREFIX SUM`; patch: the path of
    that content, nothing if the agent made no edits. removed: paths that are gone when these are merged.
    """

    answer: str
    files: Mapping[str, str]
    edits: tuple[tuple[str, str, str], ...] = ()
    record: str = ""
    patch: str = ""
    removed: frozenset[str] = frozenset()


@dataclass(slots=True)
class Use:
    """What is in a store.

    hits: how often an answer was reused; saved: US dollars, as far as the CLIs reported them; size: bytes.
    """

    entries: list[Entry] = field(default_factory=list)
    size: int = 0
    hits: int = 0
    saved: float = 0.0

    @property
    def verdicts(self) -> int:
        """How many of the entries are verdicts."""
        return sum(entry.is_verdict for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What `prune` has removed: how many entries and contents, and how many bytes."""

    entries: int
    contents: int
    size: int


def place_of(folder: str) -> StorePlace:
    """Return where the store of the agents' `folder` is, as the runtime finds it.

    Raises OSError if there is no sh.
    """
    ask = 'set -u\nwm_dir=$1\nfind_store\nprintf "%s\\n" "$wm_store" "$wm_remote" "$wm_origin"\n'
    words = ["sh", "-c", f"{source('where.sh')}\n{ask}", "sh", folder]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    store, remote, origin = done.stdout.splitlines()
    return StorePlace(os.path.normpath(store) if store else "", remote, origin)


def look_up(place: StorePlace, key: str) -> Stored | None:
    """Return what the store here has for the cache key `key`, or None; a server is not asked."""
    name = sha256(f"wavemake 1\n{key}".encode())
    for folder in filter(None, (place.folder, place.origin)):
        try:
            fields = parse(regular.read_bytes(os.path.join(folder, "ac", name[:2], name)))
        except OSError:
            continue
        if "\n".join([*texts(fields, "key"), ""]) != key:
            continue
        records = texts(fields, "records")
        files = dict(each for line in records for each in _recorded(folder, line))
        record = next((line for line in records if line.startswith("patch ")), "")
        patches = [each for each in [record.rpartition(" ")[2]] if each not in ("", "-")]
        names = (text(fields, "output"), *files.values(), *patches)
        paths = [_content(folder, each) for each in names]
        if all(_NAME.match(os.path.basename(path)) and os.path.isfile(path) for path in paths):
            edits = tuple(_edit(line) for line in records if line.startswith("edit "))
            own = dict(zip(files, paths[1:], strict=False))
            edited = tuple(each for each in edits if each[0] not in own)
            return Stored(paths[0], own, edited, record, paths[-1] if patches else "")
    return None


def content_of(place: StorePlace, folder: str, checksum: str) -> bytes | None:
    """Return the content of this SHA-256 that the store or the agents' `folder` has kept, or None."""
    if not _NAME.match(checksum):
        return None
    stores = [_content(each, checksum) for each in (place.folder, place.origin) if each]
    for path in (*stores, os.path.join(folder, ".made", checksum)):
        try:
            found = regular.read_bytes(path)
        except OSError:
            continue
        if sha256(found) == checksum:
            return found
    return None


def has_answers(place: StorePlace) -> bool:
    """Tell whether the store here has any answer, or may have on its server."""
    folders = filter(None, (place.folder, place.origin))
    return bool(place.remote) or any(_names(os.path.join(folder, "ac")) for folder in folders)


def _recorded(folder: str, line: str) -> Iterator[tuple[str, str]]:
    """The files of a line `made PATH SUM`, with their contents; PATH is a folder if it ends in a slash."""
    if not line.startswith("made "):
        return
    path, _, name = line.removeprefix("made ").rpartition(" ")
    if not path.endswith("/"):
        yield path, name
        return
    for member, found in _members(folder, name):
        yield f"{path}{member}", found


def _members(folder: str, name: str) -> Iterator[tuple[str, str]]:
    """What the list of a folder says, a content of the store: paths in it, and their contents."""
    try:
        lines = regular.read_text(_content(folder, name)).splitlines()
    except OSError:
        return
    for line in lines:
        found, _, path = line.partition(" ")
        yield path[1:].removeprefix("./"), found


def _edit(line: str) -> tuple[str, str, str]:
    path, before, after = line.removeprefix("edit ").rsplit(" ", 2)
    return path, before, after


def use_of(folder: str) -> Use:
    """Return what is in the store at `folder`; one that is damaged in part is read as far as it goes."""
    found = Use()
    lines = [*_hits(folder, found)]
    hits, counts = dict(lines), Counter(name for name, _ in lines)
    for path in _files(folder, "ac"):
        entry = _entry(folder, path, hits)
        if entry:
            found.entries.append(entry)
            found.hits -= counts[os.path.basename(path)] if entry.is_verdict else 0
    found.size = sum(_size(path) for kind in ("ac", "cas") for path in _files(folder, kind))
    return found


def prune(folder: str, most: int | None = None, unused: float | None = None) -> Pruned:
    """Remove what has not been used for `unused` days, then the least lately used down to `most` bytes.

    Safe beside a running make: an entry goes before its contents, and contents that may belong to an entry
    that is being written stay. A reader that finds an entry without its content runs, as without an entry.
    """
    use = use_of(folder)
    old = time.time() - unused * _DAY if unused is not None else None
    kept = sorted(use.entries, key=lambda entry: entry.used)
    size = use.size
    gone = []
    while kept and ((old is not None and kept[0].used < old) or (most is not None and size > most)):
        entry = kept.pop(0)
        gone.append(entry)
        alone = set(entry.contents).difference(*(each.contents for each in kept))
        size -= _size(entry.path) + sum(_size(_content(folder, name)) for name in alone)
    removed = sum(_remove(entry.path) for entry in gone)
    wanted = {name for entry in kept for name in entry.contents}
    contents, freed = _sweep(folder, wanted)
    return Pruned(len(gone), contents, removed + freed)


def nearest(entries: Collection[Entry], agent: str, key: Collection[str]) -> Entry | None:
    """Return the entry of `agent` whose cache key has most lines in common with `key`; the latest of equals.

    >>> one = Entry("", ("runner claude", "task 1"), (), "a", "", 1.0, None)
    >>> two = Entry("", ("runner claude", "task 2"), (), "a", "", 2.0, None)
    >>> nearest([one, two], "a", ["runner claude", "task 1"]) is one
    True
    """
    own = [entry for entry in entries if entry.agent == agent]
    lines = set(key)
    return max(own, key=lambda each: (len(lines.intersection(each.key)), each.used), default=None)


def _hits(folder: str, use: Use) -> Iterator[tuple[str, float]]:
    """The last use of each entry; counts and sums them up in `use`. A line: the entry, a time, dollars."""
    try:
        lines = regular.read_text(os.path.join(folder, "hits")).splitlines()
    except OSError:
        return
    for line in lines:
        words = line.split()
        if len(words) != 3 or not _NAME.match(words[0]) or not words[1].isdecimal():
            continue
        use.hits += 1
        use.saved += number({"usd": _float(words[2])}, "usd") or 0.0
        yield words[0], float(words[1])


def _float(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def _entry(folder: str, path: str, hits: dict[str, float]) -> Entry | None:
    try:
        fields = parse(regular.read_bytes(path))
    except OSError:
        return None
    answer = text(fields, "output")
    if not _NAME.match(answer):
        return None
    records = texts(fields, "records")
    recorded = [line.rpartition(" ")[2] for line in records]
    recorded += [found for line in records for _, found in _recorded(folder, line)]
    when = moment(fields, "when") or 0.0
    return Entry(
        path,
        texts(fields, "key"),
        (answer, *filter(_NAME.match, recorded)),
        text(fields, "agent"),
        text(fields, "model"),
        max(when, hits.get(os.path.basename(path), 0.0)),
        number(fields, "cost"),
    )


def _files(folder: str, kind: str) -> Iterator[str]:
    top = os.path.join(folder, kind)
    for shelf in _names(top):
        for name in _names(os.path.join(top, shelf)):
            if _NAME.match(name):
                yield os.path.join(top, shelf, name)


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _content(folder: str, name: str) -> str:
    return os.path.join(folder, "cas", name[:2], name)


def _size(path: str) -> int:
    try:
        return os.lstat(path).st_size
    except OSError:
        return 0


def _remove(path: str) -> int:
    """Remove a file; how many bytes that frees."""
    size = _size(path)
    try:
        os.unlink(path)
    except OSError:
        return 0
    return size


def _sweep(folder: str, wanted: Collection[str]) -> tuple[int, int]:
    """Remove the contents that no entry names; how many, and how many bytes they had."""
    young = time.time() - _GRACE
    count = size = 0
    for path in _files(folder, "cas"):
        try:
            is_young = os.lstat(path).st_mtime > young
        except OSError:
            continue
        if os.path.basename(path) not in wanted and not is_young:
            size += _remove(path)
            count += 1
    return count, size
