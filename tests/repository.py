"""A project that is a git repository, with agents that work in workspaces."""

from __future__ import annotations

import pathlib
import subprocess
from typing import Any

from tests.harness import AGENT, Project

WORKTREE = {"workspace": "worktree"}


class Repository(Project):
    """A project under git. What agents were paid for is noted beside it, not in it."""

    def __init__(self, folder: pathlib.Path) -> None:
        super().__init__(folder)
        self.log = folder.parent / "paid.log"
        self.env |= {
            "HOME": str(folder.parent),
            "GIT_CONFIG_NOSYSTEM": "1",
            "PAID_LOG": str(self.log),
        }
        self.write("agent.sh", AGENT.replace(">>paid.log", '>>"$PAID_LOG"'))
        self.write(".gitignore", ".tmp/\nMakefile\nbuild.ninja\n.ninja_*\n*.o\nignored/\n")
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "A Person")
        self.git("config", "user.email", "person@example.org")

    def git(self, *words: str, check: bool = True) -> str:
        """Run git in the project, and return what it prints."""
        done = subprocess.run(
            ["git", *words], cwd=self.folder, env=self.env, capture_output=True, check=False
        )
        assert not check or done.returncode == 0, (words, done.stderr)
        return done.stdout.decode("utf-8", "surrogateescape").strip("\n")

    def commit_all(self, message: str = "one") -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def edits(self, agent: str, script: str) -> None:
        """Let the agent run `script` in its workspace, and answer."""
        self.behave(agent, f"{script}\necho answer of {agent}\n")

    def plan(self, agents: dict[str, Any], name: str = "plan.json", **keys: Any) -> None:
        """As in a Project, with a workspace for each agent that does not say otherwise."""
        keys["defaults"] = {**WORKTREE, **keys.get("defaults", {})}
        super().plan(agents, name, **keys)

    def paid(self) -> list[str]:
        names = sorted(self.log.read_text().split()) if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return names

    def state_of_git(self) -> dict[str, Any]:
        """All that belongs to the user: the index, HEAD, branches, stashes, worktrees and hooks."""
        return {
            "index": self.path(".git/index").read_bytes(),
            "HEAD": self.git("rev-parse", "--symbolic-full-name", "HEAD"),
            "refs": self.git("for-each-ref"),
            "stash": self.git("stash", "list"),
            "worktrees": self.git("worktree", "list"),
            "config": self.read(".git/config"),
            "entries": sorted(path.name for path in self.path(".git").iterdir()),
            "hooks": sorted(path.name for path in self.path(".git/hooks").iterdir()),
        }
