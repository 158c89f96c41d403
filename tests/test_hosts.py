"""Makes on several hosts with one disk: nothing is paid twice, and a host that is gone holds nobody up."""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator

import pytest

from tests.expectations import expect_words
from tests.harness import EVERYTHING, Project, wait_for

pytestmark = pytest.mark.slow

GATE = 'echo "$name" >>up.log; until [ -f "go.$name" ]; do sleep 0.05; done; echo "answer on $(uname -n)"'
# What is held is renewed each second here, and given up after four without.
LEASE = 4


@pytest.fixture
def hosts(project: Project) -> Iterator[Project]:
    """A plan of two agents in a pool of one; `on` says on which host a make is."""
    if project.run([*on("far", "true")]).code:
        assert not EVERYTHING
        pytest.skip("no hosts of our own: unshare --uts is not permitted")
    project.env["WAVEMAKE_RENEW"] = "1"
    project.plan({"a": [], "b": []}, pools={"one": 1}, defaults={"pool": "one"})
    assert project.compile("-q").code == 0
    for agent in "ab":
        project.behave(agent, GATE)
    yield project
    project.end()


def on(host: str, *words: str) -> list[str]:
    """The command line `words`, run by another host: one with a name of its own."""
    script = 'echo "$0" >/proc/sys/kernel/hostname && exec "$@"'
    return ["unshare", "--uts", "sh", "-c", script, host, *words]


def start(project: Project, host: str, goal: str) -> subprocess.Popen[bytes]:
    project.make_words = on(host, "make")
    return project.start_make(goal)


def waiting(make: subprocess.Popen[bytes]) -> str:
    """What a make says that has to wait."""
    assert make.stdout
    lines = iter(make.stdout.readline, b"")
    return next(line.decode() for line in lines if b"waiting" in line)


def is_up(project: Project, agent: str) -> None:
    up = project.path("up.log")
    wait_for(lambda: up.exists() and agent in up.read_text().split(), f"agent {agent}")


def outlive_a_lease(project: Project, lock: str) -> None:
    """Return when a lock has been renewed for longer than it would have lasted without."""
    path = project.path(f".tmp/agents/{lock}")
    first = path.stat().st_mtime
    wait_for(lambda: path.stat().st_mtime > first + LEASE + 1, "renewals")


def finish(make: subprocess.Popen[bytes]) -> str:
    out = make.communicate(timeout=60)[0].decode()
    assert make.returncode == 0, out
    return out


def test_a_lock_is_renewed_as_long_as_its_holder_works(hosts: Project) -> None:
    far = start(hosts, "far", "a")
    is_up(hosts, "a")
    near = start(hosts, "near", "a")
    assert " on far)" in waiting(near)
    outlive_a_lease(hosts, "a/.lock")
    hosts.write("go.a", "")
    finish(far)
    finish(near)
    assert hosts.paid() == ["a"]
    assert hosts.output("a") == "answer on far\n"


def test_a_host_that_is_gone_holds_nobody_up(hosts: Project) -> None:
    far = start(hosts, "far", "a")
    is_up(hosts, "a")
    os.killpg(far.pid, signal.SIGKILL)
    far.communicate(timeout=30)
    near = start(hosts, "near", "a")
    assert " on far)" in waiting(near)
    hosts.write("go.a", "")
    finish(near)
    assert hosts.paid() == ["a", "a"]
    assert hosts.output("a") == "answer on near\n"


def test_a_pool_holds_across_hosts(hosts: Project) -> None:
    far = start(hosts, "far", "a")
    is_up(hosts, "a")
    near = start(hosts, "near", "b")
    assert "pool one" in waiting(near)
    outlive_a_lease(hosts, ".pools/one.1")
    assert hosts.paid() == ["a"]
    # What waits holds its agent, too.
    third = start(hosts, "third", "b")
    assert " on near)" in waiting(third)
    outlive_a_lease(hosts, "b/.lock")
    os.killpg(far.pid, signal.SIGKILL)
    far.communicate(timeout=30)
    hosts.write("go.b", "")
    finish(near)
    finish(third)
    assert hosts.paid() == ["b"]


def test_a_host_that_was_suspended_gives_up_what_another_has_taken_over(hosts: Project) -> None:
    far = start(hosts, "far", "a")
    is_up(hosts, "a")
    os.killpg(far.pid, signal.SIGSTOP)
    near = start(hosts, "near", "a")
    assert " on far)" in waiting(near)
    wait_for(lambda: hosts.read("up.log").split() == ["a", "a"], "the second start")
    os.killpg(far.pid, signal.SIGCONT)
    hosts.write("go.a", "")
    finish(near)
    out = far.communicate(timeout=60)[0].decode()
    assert far.returncode != 0
    (given_up,) = [line for line in out.splitlines() if "wavemake: a: given up" in line]
    expect_words("run/given-up", given_up)
    assert hosts.output("a") == "answer on near\n"
    assert hosts.make("-q", "a").code == 0


def test_clean_asks_for_no_pid_of_another_host(hosts: Project) -> None:
    far = start(hosts, "far", "a")
    is_up(hosts, "a")
    hosts.make_words = on("near", "make")
    result = hosts.make("clean")
    assert result.code != 0
    assert ".tmp/agents/a is in use (pid " in result.out
    os.killpg(far.pid, signal.SIGKILL)
    far.communicate(timeout=30)
    wait_for(lambda: hosts.make("clean").code == 0, "the end of the lease")
    # The number of a process that is alive here says nothing about one of another host.
    hosts.write(".tmp/agents/a/.lock", f"far {os.getpid()} 0\n")
    os.utime(hosts.path(".tmp/agents/a/.lock"), (1, 1))
    assert hosts.make("clean").code == 0


# --- another user ---------------------------------------------------------------------


def test_files_of_another_user_are_replaced() -> None:
    if os.geteuid() or not shutil.which("setpriv"):
        pytest.skip("only root can be two users, by setpriv")
    # What pytest makes is open to one user alone.
    top = pathlib.Path(tempfile.mkdtemp())
    try:
        top.chmod(0o755)
        project = Project(top / "project")
        project.plan({"a": [], "b": ["a"]})
        assert project.compile("-q").code == 0
        assert project.make("-j2").code == 0
        project.path("paid.log").unlink()
        # The folders are the other's, and all that is in them is still ours.
        for path in [project.folder, *project.folder.rglob("*")]:
            if path.is_dir():
                os.chown(path, 12345, 12345)
        project.env["HOME"] = "/tmp"
        project.make_words = [
            *("setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups", "make"),
        ]
        os.utime(project.path(".tmp/agents/a/task.md"))
        kept = project.make("-j2")
        assert (kept.code, "2 reused" in kept.out) == (0, True), kept.out
        forced = project.make("-j2", "FORCE=1")
        assert forced.code == 0, forced.out
        assert project.paid() == ["a", "b"]
        assert project.path(".tmp/agents/a/output.md").stat().st_uid == 12345
        assert project.make("-q").code == 0
    finally:
        shutil.rmtree(top)
