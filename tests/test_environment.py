"""Agents see the user's environment unchanged: no variable of the runtime shares a name with it."""

from __future__ import annotations

import pathlib
import re

import pytest

from tests.harness import REPOSITORY, Project
from tests.test_matrix import SHELLS

pytestmark = pytest.mark.slow

RUNTIME = REPOSITORY / "templates" / "runtime"
# A shell exports an inherited variable again when it is assigned: agents would get the runtime's value.
ALLOWED = {
    "MAKEFLAGS": "what make gave its recipe, given on to the make of a list's cells",
    "MAKELEVEL": "the same",
    "TRACEPARENT": "what an agent is given, and whatever it starts: its own place in the trace",
    "WHY": "what a person types beside reject-AGENT; set for no agent",
    "TEXT": "what a person types beside answer-AGENT; set for no agent",
    "FILE": "what a person types beside answer-AGENT; set for no agent",
    "IFS": "a shell takes no IFS from its environment",
    "LC_ALL": "set for single commands",
    "_": "a shell sets it anew with each command",
    "args": "a column of ps",
    "FORCE": "in a message",
    "SUM": "typed for make, which exports it",
    "sum": "a word of a recipe",
    **dict.fromkeys(
        (
            *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"),
            *(
                "GIT_OPTIONAL_LOCKS",
                "GIT_ALTERNATE_OBJECT_DIRECTORIES",
                "GIT_AUTHOR_NAME",
                "GIT_AUTHOR_EMAIL",
            ),
            *("GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"),
        ),
        "set for single commands of git",
    ),
}
TOKENS = re.compile(r"""(?m)(?:(?<=\s)|^)\#[^\n]*|'[^']*'|"(?:[^"\\]|\\.)*\"""", re.DOTALL)
NAME = r"[A-Za-z_]\w*"
ASSIGNED = re.compile(
    rf"(?m)(?:^|[\s;(|&{{])(?P<plain>{NAME})=(?!=)"
    rf"|\bread -r (?P<read>{NAME}(?:[ ]+{NAME})*)"
    rf"|\bfor\s+(?P<each>{NAME})\s+in\b"
)


def code(text: str) -> str:
    """Blank out comments and what stands in single quotes: awk programs have variables of their own."""
    return TOKENS.sub(lambda match: match[0] if match[0].startswith('"') else "''", text)


def assigned(text: str) -> set[str]:
    text = re.sub(r"-v \w+=", "", code(text))
    # The operands of awk are its own variables; dd has such, too, and date is given a zone.
    text = re.sub(r"\bTZ=(?=[^\n]* date )", "", text)
    text = re.sub(
        r"(?m)\b(?:awk|dd) (?:.*\\\n)*.*", lambda match: re.sub(rf" {NAME}=", " ", match[0]), text
    )
    return {
        name
        for match in ASSIGNED.finditer(text)
        for name in (match["plain"] or match["read"] or match["each"]).split()
    }


@pytest.mark.parametrize("path", sorted(RUNTIME.glob("*.sh")), ids=lambda path: path.name)
def test_every_variable_of_the_runtime_has_our_prefix(path: pathlib.Path) -> None:
    names = assigned(path.read_text())
    ours = ("wm_", "WAVEMAKE_")
    assert sorted(name for name in names if not name.startswith(ours) and name not in ALLOWED) == []


def test_the_test_of_the_prefix_finds_what_is_assigned() -> None:
    text = """
    one=1 two='x=y' # three=3
    read -r four five <file; for six in a b; do :; done
    x=$(LC_ALL=C awk -v no=1 'BEGIN { not_ours = 1 }' never=1 \\
      nor=2)
    "say ${seven:=7}" && { eight=8; }
    """
    assert assigned(text) == {"one", "two", "four", "five", "six", "x", "LC_ALL", "eight"}


def test_so_has_every_variable_of_the_makefile() -> None:
    text = (REPOSITORY / "templates" / "make" / "Makefile.j2").read_text()
    names = set(re.findall(rf"(?m)^({NAME}) *[:?+]?=", text))
    assert {name for name in names if not name.startswith("wm_")} == {"MAKEFLAGS"}


# Names that programs use, and that the runtime once used as well.
COMMON = (
    *(
        "agent",
        "agents",
        "answer",
        "args",
        "base",
        "code",
        "count",
        "dir",
        "end",
        "epoch",
        "file",
        "flags",
    ),
    *(
        "folder",
        "force",
        "goals",
        "here",
        "host",
        "inputs",
        "job",
        "jobs",
        "key",
        "label",
        "last",
        "line",
        "lock",
    ),
    *(
        "log",
        "make",
        "me",
        "mode",
        "model",
        "n",
        "name",
        "nl",
        "note",
        "number",
        "options",
        "out",
        "paths",
        "pid",
    ),
    *(
        "plan",
        "pool",
        "prefix",
        "prompt",
        "quiet",
        "rc",
        "reads",
        "reason",
        "renew",
        "run",
        "runner",
        "seat",
    ),
    *(
        "size",
        "state",
        "status",
        "sum",
        "timeout",
        "total",
        "tries",
        "value",
        "verb",
        "wave",
        "waves",
        "word",
    ),
)
ODD = {name: f'{name}\'s own "$HOME" * {number} ' for number, name in enumerate(COMMON)}


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("backend", ["make", "ninja"])
def test_agents_see_the_users_variables_and_locks_work(
    project: Project, shell: str, backend: str
) -> None:
    project.use_backend(backend)
    project.use_shell(SHELLS[shell])
    project.plan(
        {
            "a": {"reads": [], "pool": "one", "command": "cp .tmp/agents/a/.lock lock; exec env"},
            "b": {"reads": ["a"], "pool": "one", "check": "env >seen-by-check"},
        },
        pools={"one": 1},
    )
    project.compile()
    project.env |= ODD
    assert project.drive("-j2").code == 0
    assert project.drive("clean").code == 0
    unchanged = {f"{name}={value}" for name, value in ODD.items()}
    assert unchanged <= {*project.output("a").splitlines()}
    assert unchanged <= {*project.read("seen-by-check").splitlines()}
    host, pid, lease, *_ = project.read("lock").split()
    assert host == pathlib.Path("/proc/sys/kernel/hostname").read_text().strip()
    assert (pid.isdigit(), lease) == (True, "120")


def test_a_variable_that_is_typed_reaches_them_too(project: Project) -> None:
    project.plan({"a": {"reads": [], "command": "exec env"}})
    project.compile()
    typed = ["agents=x", "host=db one", "key=k", "flags=nqt", "typed=b"]
    result = project.make(*typed)
    assert result.code == 0, result.out
    assert {*typed} <= {*project.output("a").splitlines()}


@pytest.mark.parametrize("locale", [None, "C.UTF-8"])
def test_agents_and_checks_have_the_users_locale(project: Project, locale: str | None) -> None:
    project.plan({"a": {"reads": [], "command": "exec env", "check": "env >seen-by-check"}})
    project.compile()
    project.env.pop("LC_ALL", None)
    expected = []
    if locale:
        project.env["LC_ALL"] = locale
        expected = [f"LC_ALL={locale}"]
    assert project.make().code == 0
    for seen in project.output("a"), project.read("seen-by-check"):
        assert [line for line in seen.splitlines() if line.startswith("LC_ALL=")] == expected
