"""--launcher sandbox: an agent can write its workspace and a /tmp of its own; each other thing fails."""

from __future__ import annotations

import os
import pathlib
import shutil
import socket
import subprocess
from collections.abc import Iterator

import pytest

from tests.harness import absent
from tests.repository import Repository

pytestmark = pytest.mark.slow


@pytest.fixture
def repo(tmp_path: pathlib.Path) -> Iterator[Repository]:
    if not shutil.which("bwrap"):
        absent("bwrap")
    words = ["bwrap", "--ro-bind", "/", "/", "--unshare-pid", "--proc", "/proc", "true"]
    if subprocess.run(words, check=False, capture_output=True).returncode:
        absent("a kernel that lets bwrap make a sandbox")
    project = Repository(tmp_path / "project")
    project.env["HOME"] = str(tmp_path / "home")
    (tmp_path / "home").mkdir()
    project.env.pop("PAID_LOG")
    project.write("agent.sh", "cat >/dev/null; . ./behave/x; echo done\n")
    project.write("a.txt", "one\n")
    project.commit_all()
    yield project
    project.end()


def run(repo: Repository, script: str, *options: str, **keys: object) -> str:
    """The log of an agent that runs `script` in a sandbox."""
    repo.plan({"x": keys})
    repo.write("behave/x", script)
    repo.commit_all()
    result = repo.compile("--launcher", "sandbox", *options)
    assert result.code == 0, result.out
    result = repo.make()
    assert result.code == 0, result.out + repo.read(".tmp/agents/x/log.txt")
    return repo.read(".tmp/agents/x/log.txt")


def test_it_writes_its_workspace_and_a_tmp_of_its_own(repo: Repository) -> None:
    run(repo, "echo two >>a.txt; git status --short >&2; echo t >/tmp/mine; ls /tmp/mine >&2")
    assert repo.read("a.txt") == "one\ntwo\n"
    assert not pathlib.Path("/tmp/mine").exists()
    assert repo.read(".tmp/agents/x/log.txt").splitlines()[-1] == "/tmp/mine"


FORBIDDEN = {
    "the project": "echo x >>{project}/a.txt",
    "a new file of the project": "echo x >{project}/new",
    "the agents' folder": "echo x >{project}/.tmp/agents/x/output.md",
    "the runtime": "echo x >>{project}/.tmp/agents/runtime/agent.sh",
    "another agent": "echo x >{project}/.tmp/agents/y",
    "a branch": "git --git-dir={project}/.git branch mine",
    "a hook": "echo x >{project}/.git/hooks/pre-commit",
    "the index": "git -C {project} add -A",
    "objects that all share": "echo x >{project}/.tmp/agents/.workspace/objects/x",
    "home": "echo x >$HOME/.bashrc",
    "the system": "echo x >/etc/wavemake-test",
    "mounts": "mount -o remount,rw /",
    "processes": "kill -0 {pid}",
    "sockets of services": "ls -A /run | grep -qv systemd",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_it_cannot_touch(repo: Repository, what: str) -> None:
    script = FORBIDDEN[what].format(project=repo.folder, pid=os.getpid())
    before = repo.state_of_git()
    log = run(repo, f"({script}) && echo ESCAPED >&2\ntrue", workspace="worktree")
    assert "ESCAPED" not in log
    assert before["hooks"] == repo.state_of_git()["hooks"]


@pytest.mark.parametrize("net", ["on", "off"])
def test_the_network_is_on_unless_it_is_off(repo: Repository, net: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        script = f"bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}' && echo CONNECTED >&2\ntrue"
        assert ("CONNECTED" in run(repo, script, "--sandbox-net", net)) == (net == "on")


def test_without_bwrap_nothing_runs(repo: Repository) -> None:
    repo.plan({"x": []})
    repo.write("behave/x", "echo ran >ran")
    repo.commit_all()
    assert repo.compile("--launcher", "sandbox").code == 0
    tools = repo.folder.parent / "tools"
    tools.mkdir()
    (tools / "bwrap").write_text(
        "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2; exit 1\n"
    )
    (tools / "bwrap").chmod(0o755)
    repo.env["PATH"] = f"{tools}:{repo.env['PATH']}"
    assert repo.make().code != 0
    assert "no sandbox: bwrap cannot" in repo.status("x")["reason"]
    assert not repo.path("ran").exists()


def test_options_go_together(repo: Repository) -> None:
    repo.plan({"x": []})
    repo.commit_all()
    assert repo.compile("--sandbox-net", "off").code == 2
    assert repo.compile("--sandbox-net", "off", "--launcher", "nice").code == 2
    assert repo.compile("--launcher", "sandbox --x").code == 2
