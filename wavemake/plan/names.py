"""Which names and paths a plan may use: they become make targets, folders and words of a shell."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Container, Iterable

NAME = r"[A-Za-z0-9_][A-Za-z0-9._-]*"
"""What the name of an agent looks like."""

_NAME = re.compile(NAME)
_GOALS = frozenset(["all", "status", "summary", "clean", "help", "makefile", "gnumakefile"])
_ENTRIES = frozenset(
    [
        "runtime",
        "runs",
        "limits",
        "agents.mk",
        "agents.ninja",
        "build.ninja",
        "manifest.json",
        "plan.json",
        "events.jsonl",
        "report.html",
        "summary.md",
        "unread",
    ]
)
_PREFIXES = ("wave-", "rerun-wave-", "approve-", "pin-", "unpin-", "reject-", "undo-", "redo-")
_LONGEST = 100
# Each of these breaks make, one of its versions, or the line that passes a path to the runtime.
_UNUSABLE = re.compile(r"[\x00-\x1f\x7f:;|=\\]")


def plain_problem(name: str) -> str:
    """Say why `name` cannot be a word of a shell and a file's name, or return an empty string."""
    if not _NAME.fullmatch(name):
        return "must be letters, digits, '_', '-' and '.', and start with a letter, a digit or '_'"
    if len(name) > _LONGEST:
        return f"has {len(name)} characters; at most {_LONGEST} are allowed"
    return ""


def name_problem(name: str) -> str:
    """Say why `name` cannot name an agent, or return an empty string."""
    if plain_problem(name):
        return plain_problem(name)
    lower = name.lower()
    if lower in _GOALS:
        return "is a target of the Makefile"
    if lower in _ENTRIES:
        return "is a file or folder that wavemake writes"
    if lower.startswith(_PREFIXES):
        return "is reserved for targets of the Makefile"
    return ""


def unwritten(paths: Iterable[str], folder: str, written: Container[str]) -> list[str]:
    """Return those of `paths` that no agent writes: outputs are in `folder`, other files in `written`."""
    return [path for path in paths if not path.startswith(f"{folder}/") and path not in written]


def suggest_name(name: str) -> str:
    """Return the nearest name that can name an agent."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:_LONGEST]
    if not plain or name_problem(plain):
        plain = f"{plain or 'my'}-agent"
    return plain if not name_problem(plain) else "my-agent"


def normal_path(path: str) -> str:
    """Return `path` relative to the project, without `./`, doubled slashes and inner `..`."""
    return posixpath.normpath(path)


def outside_problem(path: str) -> str:
    """Say why `path` leaves the project, or return an empty string."""
    if path.startswith("/"):
        return "is absolute"
    if path.startswith("~"):
        return "starts with '~'"
    first = normal_path(path).split("/", 1)[0]
    return "leaves the project" if first == ".." else ""


def path_problem(path: str) -> str:
    """Say why the file `path` cannot be a prerequisite in a Makefile, or return an empty string."""
    found = _UNUSABLE.search(path)
    if found:
        return f"contains {found.group()!r}, which a Makefile cannot hold"
    if path.endswith(")"):
        return "ends with ')', which make reads as an archive member"
    if path.startswith("~"):
        return "starts with '~', which make reads as somebody's home"
    if path == ".WAIT":
        return "is a word of make's own"
    if path != path.strip():
        return "begins or ends with a blank"
    return ""


_SECRET = re.compile(
    r"(id_(rsa|dsa|ecdsa|ed25519)|credentials?|secrets?|service[-_]?account|htpasswd|netrc)([._-].*)?\Z"
    r"|.*\.(pem|key|p12|pfx|jks|keystore|kdbx|ppk|tfstate|env|secrets?|credentials?)\Z",
    re.IGNORECASE,
)


def is_secret(path: str) -> bool:
    """Tell whether the file at `path` is called like one that holds keys or credentials.

    >>> [is_secret(path) for path in ("deploy/id_rsa", "Credentials.json", "tls.key", "src/keys.c")]
    [True, True, True, False]
    """
    return bool(_SECRET.match(posixpath.basename(path)))


def is_glob(path: str) -> bool:
    """Tell whether `path` is a pattern rather than a file's name."""
    return any(sign in path for sign in "*?[")
