"""Files of expected text, which `pytest --update` writes: the one place for the sentences of a message."""

from __future__ import annotations

import difflib
import pathlib
import re
import shlex
from collections.abc import Sequence

WORDS = pathlib.Path(__file__).parent / "golden" / "words"
UPDATE = False
"""Whether --update was given: `expect` then writes what it is to compare with."""

_MEASURED = re.compile(r"\d+(?:\.\d+)?(?=k? (?:bytes|tokens)\b)|\b(?:\d+m)?[\d.]+(?=s\b)")


def expect(path: pathlib.Path, text: str) -> None:
    """Assert that the file holds `text`; with --update, write it first: `git diff` then shows what is new."""
    if UPDATE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"there is no {path}: --update writes it"
    expected = path.read_text(encoding="utf-8")
    differences = difflib.unified_diff(expected.splitlines(), text.splitlines(), lineterm="")
    assert text == expected, "\n".join([f"{path} differs: --update writes it", *differences])


def expect_words(name: str, *texts: str | list[str], exact: bool = False) -> None:
    """Compare what was printed with tests/golden/words/NAME.txt, the one place for its sentences.

    Unless it is to be exact, how many bytes, tokens or seconds become N, and what is approved becomes SUM.
    """
    parts = [text if isinstance(text, str) else "\n".join(text) for text in texts]
    shown = "\n---\n".join(part.rstrip("\n") for part in parts) + "\n"
    if not exact:
        shown = re.sub(r"(?<= SUM=)\w+", "SUM", shown)
        shown = re.sub(_MEASURED, "N", shown)
    expect(WORDS / f"{name}.txt", shown)


def golden(name: str) -> str:
    """The sentences of tests/golden/words/NAME.txt, for tests that expect the same as its own."""
    return (WORDS / f"{name}.txt").read_text(encoding="utf-8")


def shown(command: Sequence[str], out: str, err: str = "", code: int = 0) -> str:
    """A command as a terminal shows it.

    `2> ` precedes what it printed to standard error, and its exit status follows if that is not 0.
    """
    lines = [f"$ {shlex.join(command)}", *out.splitlines()]
    lines += [f"2> {line}" for line in err.splitlines()]
    return "\n".join([*lines, f"exit status {code}"] if code else lines)


def counted(text: str) -> dict[str, int]:
    """How many agents have which state, by the last line of `text` that sums them up."""
    states, total = re.findall(r"((?:\d+ [a-z ]+, )*\d+ [a-z ]+) \(of (\d+) agents?\)", text)[-1]
    found = {word: int(n) for n, word in (each.split(" ", 1) for each in states.split(", "))}
    assert sum(found.values()) == int(total), text
    return found
