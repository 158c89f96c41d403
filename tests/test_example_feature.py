"""The example of a feature, run by the real `claude` CLI on a stub of its API, in a git repository."""

from __future__ import annotations

import os
import pathlib
import shutil
from collections.abc import Callable

import pytest

from tests.claude_api import ClaudeApi, Reply, Request, prompt_of
from tests.harness import REPOSITORY, absent
from tests.repository import Repository

pytestmark = pytest.mark.slow

GREET = """\
#include "greet.h"

#include <string.h>

int main(int argc, char **argv) {
  int loud = argc > 1 && strcmp(argv[1], "--loud") == 0;
  const char *name = argc > 1 + loud ? argv[1 + loud] : "world";
  return greet(stdout, name) || (loud && 0);
}
"""
LOUD = GREET.replace(
    "  return greet(stdout, name) || (loud && 0);\n",
    '  if (!loud) return greet(stdout, name);\n  return printf("Hello, %s!!!\\n", name) < 0;\n',
)
EDITS = {
    "feature": ("src/main.c", LOUD),
    "tests": (
        "tests/run.sh",
        '#!/bin/sh\nset -eu\n[ "$(./greet)" = "Hello, world!" ]\n'
        '[ "$(./greet --loud Ada)" = "Hello, Ada!!!" ]\n',
    ),
    "docs": (
        "USAGE.md",
        "# greet\n\n`greet [--loud] [NAME]` greets NAME, or the world, or shouts.\n",
    ),
}


@pytest.fixture
def repo(tmp_path: pathlib.Path) -> Repository:
    """The example as a repository; its agents are run by the real CLI."""
    claude = shutil.which(os.environ.get("WAVEMAKE_CLAUDE") or "claude") or absent("claude")
    project = Repository(tmp_path / "greet")
    for path in (REPOSITORY / "examples" / "feature").rglob("*"):
        if path.is_file():
            name = str(path.relative_to(REPOSITORY / "examples" / "feature"))
            project.write(name, path.read_text())
    project.path("agent.sh").unlink()
    (tmp_path / "bin").mkdir()
    project.put_on_path(tmp_path / "bin", "claude", [claude])
    return project


def replies(repo: Repository) -> Callable[[Request], Reply]:
    """Each agent reads its file, writes it anew, and answers."""

    def script(request: Request) -> Reply:
        agent = prompt_of(request).split("`")[1]
        turns = sum(message["role"] == "assistant" for message in request["messages"])
        if agent not in EDITS or turns == 2:
            return Reply(text=f"{agent}: done")
        name, text = EDITS[agent]
        path = str(repo.path(f".tmp/agents/{agent}/.work/tree/{name}"))
        if turns == 0:
            return Reply.tool_use("Read", file_path=path)
        return Reply.tool_use("Write", file_path=path, content=text)

    return script


def test_four_agents_add_a_feature(repo: Repository, tmp_path: pathlib.Path) -> None:
    repo.commit_all()
    before = repo.state_of_git()
    with ClaudeApi() as api:
        api.script = replies(repo)
        home = tmp_path / "home"
        home.mkdir()
        repo.env = api.environment(home, repo.env)
        compiled = repo.wavemake("compile", "plan.json")
        assert compiled.code == 0, compiled.out
        assert "includes .tmp/agents/agents.mk" in compiled.out
        result = repo.make("-k", "-j4", "wavemake")
        assert result.code == 0, result.out
        asked = [prompt_of(request) for request in api.requests]
    assert repo.make("check").code == 0
    assert repo.run(["./greet", "--loud", "Ada"]).out == "Hello, Ada!!!\n"
    review = next(text for text in asked if text.startswith("You are the agent `review`"))
    assert all(f"\n===== input diff {name} " in review for name in EDITS)
    assert "+`greet [--loud] [NAME]`" in review
    assert repo.state_of_git() == before
    status = repo.git("status", "--porcelain", "-uno").splitlines()
    assert status == [" M USAGE.md", " M src/main.c", " M tests/run.sh"]
    assert repo.wavemake("changes", "--stat").lines()[-1].startswith("3 files changed")
    assert repo.make("wavemake-undo-docs").code == 0
    assert "--loud" not in repo.read("USAGE.md")
    assert "--loud" in repo.read("src/main.c")
