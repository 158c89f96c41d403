"""Several makes at once: every agent is paid for once, nothing stays stale, no lock outlives its holder."""

from __future__ import annotations

import hashlib
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.harness import EVERYTHING, Project, absent, wait_for

pytestmark = pytest.mark.slow

# Answers with what it was given apart from its frame, and notes each prompt that it was paid for.
AGENT = r"""
prompt=$(mktemp)
cat >"$prompt"
name=$(sed -n '1s/^You are the agent `\([^`]*\)`.*/\1/p' "$prompt")
sum=$(cksum <"$prompt")
rm -f "$prompt"
echo "$name $sum" >>paid.log
answer() { echo "answer of $name to $sum"; }
if [ -f "behave/$name" ]; then . "./behave/$name"; else answer; fi
"""
DIAMOND = {"a": ["in.txt"], "b": ["a"], "c": ["a"], "d": ["b", "c", "in2.txt"]}
GATE = 'echo "$name" >>up.log; until [ -f "go.$name" ]; do sleep 0.02; done; answer'


@pytest.fixture
def project(tmp_path: pathlib.Path) -> Iterator[Project]:
    """A compiled diamond of agents, nothing of which stays running."""
    project = Project(tmp_path / "my project")
    project.write("agent.sh", AGENT)
    project.write("in.txt", "one\n")
    project.write("in2.txt", "one\n")
    project.plan(DIAMOND)
    assert project.compile().code == 0
    yield project
    project.end()


def payments(project: Project) -> list[str]:
    """AGENT CHECKSUM of each prompt that was paid for since the last call, sorted."""
    log = project.path("paid.log")
    lines = sorted(log.read_text().splitlines()) if log.exists() else []
    log.unlink(missing_ok=True)
    return lines


def names(lines: list[str]) -> list[str]:
    return [line.split()[0] for line in lines]


def finish(make: subprocess.Popen[bytes]) -> str:
    """What make printed; it must have ended well."""
    out = make.communicate(timeout=60)[0].decode()
    assert make.returncode == 0, out
    return out


def assert_settled(project: Project) -> None:
    """One more make pays for nothing, and leaves nothing to do."""
    payments(project)
    assert project.make("-j4").code == 0
    assert payments(project) == []
    assert project.make("-q").code == 0
    for agent in DIAMOND:
        prompt = project.read(f".tmp/agents/{agent}/prompt.md")
        for read in DIAMOND[agent]:
            text = project.output(read) if read in DIAMOND else project.read(read)
            assert text in prompt or was_edited(project, read, prompt)


def was_edited(project: Project, path: str, prompt: str) -> bool:
    """Did agents at work when the file changed take the change for their own edit of what the prompt has?"""
    keys = [project.read(f".tmp/agents/{agent}/key") for agent in DIAMOND]
    edits = re.findall(rf"^edit {path} (\S+) (\S+)$", "\n".join(keys), re.M)
    sums = {hashlib.sha256(project.read(path).encode()).hexdigest()}
    for _ in edits:
        sums |= {before for before, after in edits if after in sums}
    return any(f"===== input ./{path} {each} =====" in prompt for each in sums)


def waits(project: Project, text: str = "") -> bool:
    """Has agent a been started?"""
    up = project.path("up.log")
    return up.exists() and text in up.read_text()


def lock_of(project: Project, agent: str) -> pathlib.Path:
    return project.path(f".tmp/agents/{agent}/.lock")


def hostname() -> str:
    return os.uname().nodename


# --- several makes ------------------------------------------------------------------------


@pytest.mark.parametrize("makes", [2, 3])
def test_makes_at_once_pay_once(project: Project, makes: int) -> None:
    for turn in range(8):
        project.write("in.txt", f"{turn}\n")
        running = [project.start_make("-j2") for _ in range(makes)]
        for make in running:
            finish(make)
        assert names(payments(project)) == ["a", "b", "c", "d"]
    assert_settled(project)


@pytest.mark.parametrize("seed", range(4))
def test_makes_at_once_while_inputs_change(project: Project, seed: int) -> None:
    rng = random.Random(seed)
    for agent in DIAMOND:
        project.behave(agent, 'sleep "0.0${sum%"${sum#?}"}"; answer')
    for turn in range(6):
        running = []
        for edit in range(3):
            project.write(rng.choice(["in.txt", "in2.txt"]), f"{turn} {edit}\n")
            running.append(project.start_make("-j2"))
            time.sleep(rng.uniform(0, 0.2))
        for make in running:
            finish(make)
        paid = payments(project)
        assert len(paid) == len(set(paid))
    assert_settled(project)


def test_a_second_make_waits_and_reuses(project: Project) -> None:
    project.behave("a", GATE)
    first = project.start_make()
    wait_for(lambda: waits(project), "agent a")
    pid = lock_of(project, "a").read_text().split()[1]
    second = project.start_make("-j4")
    assert second.stdout
    reported = f"wavemake: a: waiting for another make (pid {pid} on {hostname()})\n"
    assert second.stdout.readline().decode() == reported
    project.write("go.a", "")
    finish(first)
    finish(second)
    assert names(payments(project)) == ["a", "b", "c", "d"]
    assert_settled(project)


def test_an_edit_between_two_makes_is_paid_by_the_second(project: Project) -> None:
    project.behave("a", GATE)
    first = project.start_make("a")
    wait_for(lambda: waits(project), "agent a")
    project.write("in.txt", "two\n")
    second = project.start_make("-j4")
    assert second.stdout
    assert b"waiting for another make" in second.stdout.readline()
    project.write("go.a", "")
    finish(first)
    finish(second)
    paid = payments(project)
    assert names(paid) == ["a", "a", "b", "c", "d"]
    assert len(set(paid)) == 5
    assert "two\n" in project.read(".tmp/agents/a/prompt.md")
    assert_settled(project)


def test_a_reader_waits_for_what_is_being_replaced(project: Project) -> None:
    assert project.make("-j4").code == 0
    payments(project)
    project.write("in.txt", "two\n")
    project.write("in2.txt", "two\n")
    project.behave("b", GATE)
    first = project.start_make("b")
    wait_for(lambda: waits(project), "agent b")
    stamp = project.path(".tmp/agents/d/.stamp").stat().st_mtime_ns
    # What a make would run that takes b for up to date: it looked before the first make began.
    words = ["sh", ".tmp/agents/runtime/agent.sh", ".", ".tmp/agents", "4", "3", "d"]
    reader = subprocess.Popen(words, cwd=project.folder, env=project.env)
    wait_for(lambda: project.path(".tmp/agents/d/.stamp").stat().st_mtime_ns > stamp, "d's look")
    assert names(payments(project)) == ["a", "b"]
    project.write("go.b", "")
    finish(first)
    assert reader.wait(timeout=60) == 0
    assert project.output("b") in project.read(".tmp/agents/d/prompt.md")
    assert names(payments(project)) == ["d"]
    project.path("behave/b").unlink()
    assert project.make("-j4").code == 0
    assert names(payments(project)) == ["c", "d"]
    assert_settled(project)


# A sha256sum after whose first look an input is replaced, before the prompt is put together.
LATE_EDIT = """#!/bin/sh
/usr/bin/env PATH="${PATH#*:}" sha256sum "$@"
status=$?
case "$*" in *in.txt*) if [ -f edit ]; then echo late >in.txt; rm edit; fi ;; esac
exit "$status"
"""


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox"])
def test_an_input_replaced_between_its_checksum_and_the_prompt(
    project: Project, shell: str
) -> None:
    if not shutil.which(shell):
        absent(shell)
    project.use_shell([shell])
    folder = project.folder.parent / "late"
    folder.mkdir()
    (folder / "sha256sum").write_text(LATE_EDIT)
    (folder / "sha256sum").chmod(0o755)
    project.write("edit", "")
    project.env["PATH"] = f"{folder}:{project.env['PATH']}"
    assert project.make("-j4").code == 0
    assert names(payments(project)) == ["a", "b", "c", "d"]
    assert_settled(project)
    project.write("in.txt", "one\n")
    assert project.make("-j4").code == 0
    assert names(payments(project)) == ["a", "b", "c", "d"]


def test_an_input_from_the_future_is_not_waited_for(project: Project) -> None:
    later = time.time() + 86400
    os.utime(project.path("in.txt"), (later, later))
    assert project.make("-j4").code == 0
    assert project.make("-j4").code == 0
    assert names(payments(project)) == ["a", "b", "c", "d"]


# --- locks without a holder ---------------------------------------------------------------


def taken_over(project: Project, content: str, age: float = 0) -> None:
    """A lock of that content, written `age` seconds ago, keeps nobody from running agent a."""
    lock = lock_of(project, "a")
    lock.write_text(content)
    os.utime(lock, (time.time() - age, time.time() - age))
    result = project.make("-j4")
    assert result.code == 0
    assert "waiting" not in result.out
    assert names(payments(project)) == ["a", "b", "c", "d"]
    assert not lock.exists()


def dead_pid() -> int:
    gone = subprocess.Popen(["true"])
    gone.wait()
    return gone.pid


def test_the_lock_of_a_dead_process(project: Project) -> None:
    taken_over(project, f"{hostname()} {dead_pid()} 1800\n")


def test_the_lock_of_a_process_whose_number_another_program_has(project: Project) -> None:
    taken_over(project, f"{hostname()} {os.getpid()} 1800\n")


def test_the_lock_of_a_process_whose_number_another_agent_has(project: Project) -> None:
    words = ["sh", "-c", "read -r line", "agent.sh", ".", ".tmp/agents", "4", "2", "b"]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as other:
        taken_over(project, f"{hostname()} {other.pid} 1800\n")
        assert other.stdin
        other.stdin.close()


def test_an_empty_lock(project: Project) -> None:
    taken_over(project, "")


def test_a_lock_of_another_host_past_its_limit(project: Project) -> None:
    taken_over(project, "elsewhere 1 60\n", age=4 * 60)


@pytest.mark.parametrize("empty", [True, False])
def test_a_thief_that_was_killed(project: Project, empty: bool) -> None:
    project.write(".tmp/agents/a/.lock.steal", "" if empty else f"{hostname()} {dead_pid()} 1800\n")
    taken_over(project, f"{hostname()} {dead_pid()} 1800\n")
    assert not project.path(".tmp/agents/a/.lock.steal").exists()


def test_a_lock_of_another_host_within_its_limit_is_waited_for(project: Project) -> None:
    lock = lock_of(project, "a")
    lock.write_text("elsewhere 1 600\n")
    os.utime(lock, (time.time() - 4 * 60, time.time() - 4 * 60))
    make = project.start_make("-j4")
    assert make.stdout
    reported = "wavemake: a: waiting for another make (pid 1 on elsewhere)\n"
    assert make.stdout.readline().decode() == reported
    assert payments(project) == []
    lock.unlink()
    finish(make)
    assert names(payments(project)) == ["a", "b", "c", "d"]


def test_a_waiting_make_can_be_stopped(project: Project) -> None:
    lock_of(project, "a").write_text("elsewhere 1 600\n")
    make = project.start_make("-j4")
    assert make.stdout
    assert b"waiting" in make.stdout.readline()
    os.killpg(make.pid, signal.SIGINT)
    make.communicate(timeout=30)
    assert make.returncode != 0
    assert lock_of(project, "a").read_text() == "elsewhere 1 600\n"
    assert not project.path(".tmp/agents/a/status.json").exists()
    lock_of(project, "a").unlink()
    assert project.make("-j4").code == 0
    assert names(payments(project)) == ["a", "b", "c", "d"]
    assert_settled(project)


def test_makes_at_once_share_a_dead_lock(project: Project) -> None:
    for turn in range(6):
        project.write("in.txt", f"{turn}\n")
        for agent in DIAMOND:
            lock_of(project, agent).write_text(f"{hostname()} {dead_pid()} 1800\n")
        running = [project.start_make("-j2") for _ in range(3)]
        for make in running:
            finish(make)
        assert names(payments(project)) == ["a", "b", "c", "d"]
    assert_settled(project)


def test_a_container_that_is_started_again_has_the_same_numbers(project: Project) -> None:
    words = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "make"]
    if project.run([*words, "--version"]).code:
        assert not EVERYTHING
        pytest.skip("no pid namespaces")
    project.behave("a", GATE)
    project.make_words = words
    project.env["WAVEMAKE_RENEW"] = "1"
    project.path(".tmp/agents/runs").mkdir()
    held: list[str] = []
    # The first start has more to do than those that find its files: they alone number their processes alike.
    for _ in range(5):
        make = project.start_make()
        wait_for(lambda: waits(project), "agent a")
        before, held = held, lock_of(project, "a").read_text().split()[:2]
        if before == held:
            break
        os.killpg(make.pid, signal.SIGKILL)
        make.communicate(timeout=30)
        wait_for(lambda: not project.processes(), "the end of the container")
        project.path("up.log").unlink()
        project.path(".tmp/agents/events.jsonl").unlink()
        payments(project)
    # Else it proves nothing: the number in the dead lock is that of the process which finds it.
    assert before == held
    project.write("go.a", "")
    assert "in another container or" in finish(make)
    assert names(payments(project)) == ["a", "b", "c", "d"]
