"""POSIX extended regular expressions, as grep -E reads them: what keeps a text from being one."""

from __future__ import annotations

import re

_BRACKET = re.compile(r"\[\^?\]?(?:\[:[a-z]+:\]|\[\.[^]]*\.\]|\[=[^]]*=\]|\[(?![:.=])|[^][])*\]")
_INTERVAL = re.compile(r"\{(\d{1,5})(?:(,)(\d{1,5})?)?\}")
# Escapes of other languages; some greps know a few of them, and read the rest as the letter.
_FOREIGN = re.compile(r"\\[dDAZz]")
_LARGEST = 255


def ere_problem(pattern: str) -> str:
    """Say why `pattern` is not an extended regular expression, or return an empty string.

    What every grep refuses is found, and what it reads in another way than was meant, such as `\\d`.
    """
    depth, at, repeatable = 0, 0, False
    while at < len(pattern):
        step, problem = _step(pattern, at, repeatable)
        if problem:
            return problem
        sign = pattern[at]
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth < 0:
            return "closes a bracket ')' that it has not opened"
        repeatable = sign not in "(|^"
        at += step
    return "does not close a bracket '('" if depth else ""


def _step(pattern: str, at: int, repeatable: bool) -> tuple[int, str]:
    """How long the part at `at` is, and what is wrong with it."""
    sign = pattern[at]
    if sign == "\\":
        return 2, _escape_problem(pattern, at)
    if sign == "[":
        match = _BRACKET.match(pattern, at)
        return (len(match.group()), "") if match else (1, "does not close a bracket '['")
    if sign in "*+?":
        return 1, "" if repeatable else f"has nothing before {sign!r} that could be repeated"
    if sign == "{":
        return _interval(pattern, at, repeatable)
    return 1, ""


def _escape_problem(pattern: str, at: int) -> str:
    if at + 1 == len(pattern):
        return "ends in a backslash"
    found = _FOREIGN.match(pattern, at)
    return (
        f"has {found.group()!s}, which grep -E does not know: write [0-9] or the like"
        if found
        else ""
    )


def _interval(pattern: str, at: int, repeatable: bool) -> tuple[int, str]:
    match = _INTERVAL.match(pattern, at)
    if not match:
        return 1, "has a '{' that begins no number of times: write \\{ for the sign"
    least, most = int(match[1]), int(match[3] or match[1])
    if not repeatable:
        return 1, "has nothing before '{' that could be repeated"
    if most < least or most > _LARGEST:
        return (
            1,
            f"repeats something {match.group()} times: at most {_LARGEST}, the lower number first",
        )
    return len(match.group()), ""
