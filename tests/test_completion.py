"""Shells complete commands, options and the names of agents: the key is pressed in the real shells."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.expectations import expect_words
from tests.harness import REPOSITORY, Project, absent
from tests.terminal import Terminal, put_wavemake_on_path

PLAN = {"api-tests": [], "page": [], "review": ["page"]}
# How each is started without anybody's settings, and set up as docs/seeing.md says.
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile"], 'eval "$(wavemake completion bash)"'),
    "zsh": (
        ["zsh", "-f"],
        'autoload -Uz compinit && compinit -u -D; eval "$(wavemake completion zsh)"',
    ),
    "fish": (["fish", "--no-config"], "wavemake completion fish | source"),
}


@pytest.fixture
def compiled(project: Project) -> Project:
    put_wavemake_on_path(project, sys.executable)
    project.plan(PLAN)
    project.compile()
    return project


@pytest.fixture
def shell(compiled: Project) -> Iterator[Callable[[str], Terminal]]:
    opened: list[Terminal] = []

    def start(name: str) -> Terminal:
        words, setup = SHELLS[name]
        if not shutil.which(words[0]):
            absent(words[0])
        compiled.env["HOME"] = str(compiled.folder)
        opened.append(Terminal(compiled, words, width=120))
        opened[-1].type(f"{setup}; echo se''t up\n")
        opened[-1].wait("\nset up")
        return opened[-1]

    yield start
    for each in opened:
        each.close()


@pytest.mark.parametrize("name", SHELLS)
@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("wavemake his", "wavemake history"),
        ("wavemake logs ap", "wavemake logs api-tests"),
        ("wavemake run plan.json --only rev", "wavemake run plan.json --only review"),
    ],
)
def test_the_key(shell: Callable[[str], Terminal], name: str, typed: str, completed: str) -> None:
    terminal = shell(name)
    terminal.type(typed)
    terminal.press("Tab")
    terminal.wait(completed)


def complete(project: Project, words: str) -> list[str]:
    """What bash suggests for the last of `words`."""
    project.env |= {"_WAVEMAKE_COMPLETE": "bash_complete", "COMP_WORDS": f"wavemake {words}"}
    project.env["COMP_CWORD"] = str(len(words.split(" ")))
    reported = project.run([sys.executable, "-m", "wavemake"])
    assert reported.code == 0, reported.out
    return [line.partition(",")[2] for line in reported.lines() if line]


def test_agents_come_from_the_folder_or_the_plan(compiled: Project) -> None:
    assert complete(compiled, "diff ") == list(PLAN)
    compiled.plan({"other": []}, name="other.json")
    assert complete(compiled, "run other.json --force ") == list(PLAN)
    compiled.run(["rm", "-rf", ".tmp"])
    assert complete(compiled, "run other.json --force ") == ["other"]
    assert complete(compiled, "logs --dir elsewhere p") == ["page"]
    compiled.write("plan.json", "{")
    assert complete(compiled, "logs p") == []


def test_no_other_shell(project: Project) -> None:
    result = project.wavemake("completion", "tcsh")
    assert result.code == 2
    expect_words("completion/other-shell", result.out)


def test_the_page_sets_up_shells_as_it_is_tested() -> None:
    page = (REPOSITORY / "docs" / "seeing.md").read_text()
    [block] = re.findall(r"^```sh\n(# ~/.bashrc.*?)^```", page, flags=re.M | re.S)
    for _, setup in SHELLS.values():
        reported = setup.rpartition("; ")[2].partition(" | ")[0]
        assert reported in block
