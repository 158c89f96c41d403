"""--launcher ssh:HOST: words as they are, the same folder, ended at the time limit; on a real sshd."""

from __future__ import annotations

import os
import pathlib
import shutil
import socket
import subprocess
from collections.abc import Iterator

import pytest

from tests.harness import Project, absent, wait_for

CONFIG = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile none
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
"""
OPTIONS = (
    "-q -p {port} -i {folder}/user -F /dev/null"
    " -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
)


def listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A launcher: an sshd of this test's own on the loopback address, which sees the same folders."""
    sshd = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin") or absent("sshd")
    folder = tmp_path_factory.mktemp("sshd")
    for name in "host", "user":
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(words, check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "config").write_text(CONFIG.format(port=port, folder=folder))
    pathlib.Path("/run/sshd").mkdir(exist_ok=True)
    daemon = subprocess.Popen([sshd, "-D", "-f", str(folder / "config")], stderr=subprocess.DEVNULL)
    wait_for(lambda: listens(port), "sshd")
    yield f"ssh:127.0.0.1 {OPTIONS.format(port=port, folder=folder)}"
    daemon.terminate()
    daemon.wait(timeout=30)


def test_words_folder_prompt_and_status(project: Project, far: str) -> None:
    odd = "a  b 'c' \"d\" $e `f` \\g (h) *"
    project.write(
        "say.sh", 'cat >"$1.in"; pwd; printf "%s\\n" "$@" "${SSH_CONNECTION:+far}"; exit "$2"\n'
    )
    command = "sh ./say.sh {} {} " + "'" + odd.replace("'", "'\\''") + "'"
    project.plan(
        {
            "a": {"reads": [], "command": command.format("a", 0)},
            "b": {"reads": ["a"], "command": command.format("b", 7)},
        }
    )
    assert project.compile("--launcher", far).code == 0
    project.make("-j2")
    assert project.output("a").splitlines() == [str(project.folder), "a", "0", odd, "far"]
    assert project.read("a.in") == project.read(".tmp/agents/a/prompt.md")
    assert project.status("b")["reason"].startswith("exit status 7")


def test_what_is_left_over_there_is_ended_at_the_time_limit(project: Project, far: str) -> None:
    project.plan({"a": {"reads": [], "command": "cat >/dev/null; sleep 4321", "timeout": 1}})
    assert project.compile("--launcher", far).code == 0
    assert "timed out after 1s" in project.make().out
    wait_for(lambda: not any("4321" in each for each in project.processes()), "the far end")


@pytest.mark.parametrize("launcher", ["ssh", "ssh -p 22 far", "/usr/bin/ssh far"])
def test_a_bare_ssh_is_refused(project: Project, launcher: str) -> None:
    project.plan({"a": []})
    result = project.compile("--launcher", launcher)
    assert result.code == 2
    assert "use ssh:HOST" in result.out
