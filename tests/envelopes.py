"""Test support: runs the runtime's envelopes, and makes up what CLIs might print."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.harness import examples, run_awk, runtime

few = settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)


def programs(kind: str) -> list[str | Path]:
    """The words that make awk read the envelope `kind`."""
    return ["-f", runtime() / f"envelope-{kind}.awk"]


@dataclass(frozen=True)
class Outcome:
    """What one run of an envelope's awk printed and wrote; a file it did not write is None.

    facts: what it says of the error, for transient.awk.
    """

    verdict: str
    figures: list[str]
    facts: list[str]
    answer: bytes | None
    result: bytes | None
    log: bytes | None


def unwrap(
    awk: list[str], raw: bytes | str, kind: str = "claude", *, stderr: str = "", ending: str = ""
) -> Outcome:
    """Read what a CLI printed with the envelope `kind`; stderr and how it ended are the CLI's, too."""
    with tempfile.TemporaryDirectory(prefix="wave make ") as folder:
        paths = {name: Path(folder, name) for name in ("answer", "result", "log_file")}
        if stderr:
            paths["log_file"].write_text(stderr)
        source = Path(folder, "raw")
        source.write_bytes(raw.encode() if isinstance(raw, str) else raw)
        names = [word for name, path in paths.items() for word in ("-v", f"{name}={path}")]
        done = run_awk(awk, *names, "-v", f"ending={ending}", *programs(kind), source)
        assert (done.returncode, done.stderr) == (0, b"")
        verdict, *rest = done.stdout.decode().splitlines()
        facts = [line for line in rest if line.split()[0] in _FACTS]
        figures = [line for line in rest if line not in facts]
        written = {name: p.read_bytes() if p.exists() else None for name, p in paths.items()}
    return Outcome(
        verdict, figures, facts, written["answer"], written["result"], written["log_file"]
    )


_FACTS = ("api", "class", "retry", "limit")


def as_file(text: str) -> bytes:
    """What a text file can hold of a JSON string: no lone surrogate and no NUL."""
    return re.sub("[\0\ud800-\udfff]", "\ufffd", text).encode()


_UNSEEN = re.compile(
    "[\0- \x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    "\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e01ff]"
)


def is_unseen(answer: bytes) -> bool:
    """Is there nothing in it that a reader could see?"""
    return not _UNSEEN.sub("", answer.decode())


def dump(value: Any, *, ascii_only: bool, indent: int | None) -> str:
    """JSON that encodes to UTF-8: raw characters, but for lone surrogates, unless ascii_only."""
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    return re.sub("[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text)


NASTY = [
    *'"\\/{}[]:,\b\f\n\r\t\0\x01\x1f\x7f u',
    "\\\\",
    '\\"',
    "\\u0041",
    "\ud83d",
    "\ude00",
    "😀",
]
NASTY += ["é", "\u2028", "\uffff", '"type":"result"', '{"type":"result","result":"no"}', "  "]
words = st.one_of(
    st.sampled_from(NASTY), st.characters(exclude_categories=()), st.text("abc \n", max_size=9)
)
texts = st.lists(words, max_size=30).map("".join)
keys = st.one_of(st.sampled_from(["type", "result", "is_error", "usage"]), texts)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), texts
)
values = st.recursive(
    st.one_of(scalars, st.just({"type": "result", "result": "nested"})),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=12,
)
others = st.builds(
    lambda kind, value: {"type": kind, "message": value},
    st.sampled_from(["user", "system"]),
    values,
)
extras = st.dictionaries(texts.map("x".__add__), values, max_size=3)
