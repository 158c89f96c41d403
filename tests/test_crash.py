"""Killed, interrupted and starved runs accept nothing unfinished, leave nothing running, pay once."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.expectations import expect_words
from tests.harness import EVERYTHING, REPOSITORY, Project, wait_for

pytestmark = pytest.mark.slow

# Answers with the checksum of its prompt, and notes it as paid; behave/NAME may do otherwise.
AGENT = r"""
PATH=${REAL_PATH:-$PATH}
prompt=$(mktemp)
cat >"$prompt"
name=$(sed -n '1s/^You are the agent `\([^`]*\)`.*/\1/p' "$prompt")
sum=$(sha256sum <"$prompt")
sum=${sum%% *}
rm -f "$prompt"
echo "$name $sum" >>paid.log
answer() { echo "answer of $name to $sum"; }
if [ -f "behave/$name" ]; then . "./behave/$name"; else answer; fi
"""
# A tree of which one follows TERM, saying so, and one does not.
TREE = """
sh -c 'trap "echo polite >>ended.log; exit 0" TERM; echo >>up.log; while :; do sleep 0.1; done' &
sh -c 'trap "" TERM; echo >>up.log; while :; do sleep 1; done' &
"""
SHELLS = [["dash"], ["busybox", "sh"], ["bash"]]
KILLS = int(os.environ.get("WAVEMAKE_KILLS", "50"))


@pytest.fixture
def project(tmp_path: pathlib.Path) -> Iterator[Project]:
    """A project of agents whose answers tell which prompt they were given; nothing of it stays running."""
    project = Project(tmp_path / "my project")
    project.write("agent.sh", AGENT)
    project.path("tmp").mkdir()
    project.env["TMPDIR"] = str(project.path("tmp"))
    yield project
    project.end()


def compiled(project: Project, agents: dict[str, object], **keys: Any) -> Project:
    project.plan(agents, **keys)
    result = project.compile()
    assert result.code == 0, result.out
    return project


def use_shell(project: Project, shell: list[str]) -> None:
    if not shutil.which(shell[0]):
        assert not EVERYTHING, shell
        pytest.skip(f"no {shell[0]}")
    project.use_shell(shell)


def agents_of(project: Project) -> list[str]:
    return [each["name"] for each in project.json(".tmp/agents/manifest.json")["agents"]]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


ASK = REPOSITORY / "templates/runtime/ask.sh"
ENDING = ASK.read_text(encoding="utf-8").split("wm_asking='")[1].split("'\n")[0]


def right_prompt(project: Project, agent: str) -> str:
    """The prompt that `agent` has to be given as things are."""
    head, body = project.read(f".tmp/agents/{agent}/task.md").split("\n---\n", 1)
    for line in head.splitlines():
        kind, _, value = line.partition(" ")
        if kind == "read":
            what, _, name = value.partition(" ")
            if what == "agent":
                name = name.split(" ")[-1]
            text = project.output(name) if what == "agent" else project.read(name)
            label = name if what == "agent" else f"./{name}"
            body += f"\n===== input {label} {sha256(text)} =====\n{text}\n===== end {sha256(text)} =====\n"
    return body + ENDING


def assert_right(project: Project) -> None:
    """Every output is the answer to exactly the prompt that the inputs give as they are now."""
    for agent in agents_of(project):
        prompt = right_prompt(project, agent)
        assert project.read(f".tmp/agents/{agent}/prompt.md") == prompt
        assert project.output(agent) == f"answer of {agent} to {sha256(prompt)}\n"


def assert_finishes(project: Project) -> None:
    """The next make does what is left to do, and no more is left then."""
    result = project.make("-j4")
    assert result.code == 0, result.out
    assert_right(project)
    assert project.make("-q").code == 0


def payments(project: Project) -> list[str]:
    """AGENT CHECKSUM of each prompt that was paid for since the last call."""
    log = project.path("paid.log")
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return lines


def kill_all(make: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(make.pid, signal.SIGKILL)
    finish(make)


def finish(make: subprocess.Popen[bytes]) -> tuple[str, int]:
    """What make printed, and its exit status."""
    out, _ = make.communicate(timeout=60)
    return out.decode(), make.returncode


# --- killed at any moment ---------------------------------------------------------------

TWELVE: dict[str, object] = {
    "a1": ["in1.txt"],
    "a2": ["in2.txt"],
    "a3": ["in3.txt"],
    "b1": ["a1"],
    "b2": ["a1", "a2"],
    "b3": ["a2", "a3"],
    "b4": ["a3", "in4.txt"],
    "c1": ["b1", "b2"],
    "c2": ["b2", "b3"],
    "c3": ["b3", "b4"],
    "d1": ["c1", "c2"],
    "d2": ["c2", "c3", "in1.txt"],
}
SLOWLY = 'printf "answer of "; sleep "0.0${sum%"${sum#?}"}" 2>/dev/null; echo "$name to $sum"'


@pytest.mark.parametrize("part", range(5))
def test_kills_at_random_moments(project: Project, part: int) -> None:
    rng = random.Random(part)
    for n in range(1, 5):
        project.write(f"in{n}.txt", "one\n")
    compiled(project, TWELVE)
    for agent in TWELVE:
        project.behave(agent, (TREE if rng.random() < 0.3 else "") + SLOWLY)
    killed = 0
    while killed < KILLS // 5:
        project.write(f"in{rng.randrange(1, 5)}.txt", rng.choice(["one\n", "two\n", "three\n"]))
        make = project.start_make("-j4")
        time.sleep(rng.uniform(0, 0.8))
        killed += make.poll() is None
        kill_all(make)
        for agent in TWELVE:
            if project.path(f".tmp/agents/{agent}/output.md").exists():
                assert re.fullmatch(f"answer of {agent} to [0-9a-f]{{64}}\n", project.output(agent))
        if rng.random() < 0.2:
            assert_finishes(project)
    wait_for(lambda: not project.processes(), "the end of all agents", 8)
    assert_finishes(project)


# --- killed between two steps ---------------------------------------------------------

# Stands for every command that the runtime runs; kills the process group at the KILL_AT-th.  The timer's
# sleep has to be the process that the timer said it would be.
WRAPPER = r"""#!/bin/sh
PATH=$REAL_PATH
printf . >>"$STEPS"
read -r steps <"$STEPS"
case ${#steps}$WHEN$0 in
  "$KILL_AT"after*/sleep) exec sleep "$@" ;;
  "$KILL_AT"after*) "${0##*/}" "$@" ;;
  "$KILL_AT"before*) ;;
  *) exec "${0##*/}" "$@" ;;
esac
kill -KILL 0
"""
WRAPPED = "awk cat chmod cp date find ln mkdir mv perl rm setsid sha256sum sleep tail touch tr wc"

# Runs agent.sh so that bash kills the process group before the KILL_AT-th command that writes something
# after the agent's end, builtin or not.
STEPPER = r"""#!/bin/sh
case $1,${3:-} in
  -c,*/agent.sh)
    shift 2
    exec bash --posix -T -c 'steps=0
      step() {
        case ${wm_job_status:-},${1#LC_ALL=C } in
          ,*) ;;
          *,printf* | *,mv* | *,touch* | *,ln* | *,rm* | *,mkdir*)
            printf . >>"$STEPS"
            [ $((steps += 1)) -ne "$KILL_AT" ] || kill -KILL 0 ;;
        esac
      }
      trap "step \"\$BASH_COMMAND\"" DEBUG
      . "$@"' sh "$@" ;;
esac
exec "$REAL_SH" "$@"
"""


class Crasher:
    """Runs make so that its process group is killed at a given step."""

    def __init__(self, project: Project, script: str, commands: str, when: str = "") -> None:
        folder = project.folder.parent / "wrapped"
        folder.mkdir()
        for name in commands.split():
            (folder / name).write_text(script)
            (folder / name).chmod(0o755)
        self.project = project
        real = project.env["PATH"]
        self.steps = folder / "steps"
        self.env = project.env | {
            "PATH": f"{folder}:{real}",
            "REAL_PATH": real,
            "REAL_SH": shutil.which("sh") or "",
            "STEPS": str(self.steps),
            "WHEN": when,
        }
        self.step = self.kills = 0
        self.more = True

    def crash(self, *arguments: str) -> bool:
        """Run make up to the next step; was the agent's answer finished then?  `more` tells of a next."""
        self.step += 1
        self.steps.write_text("")
        before = written(self.project)
        make = self.project.start_make(*arguments, env=self.env | {"KILL_AT": str(self.step)})
        out, code = finish(make)
        assert code in (0, -signal.SIGKILL), out
        wait_for(lambda: not self.project.processes(), "the end of all agents", 8)
        self.kills += code != 0
        self.more = code != 0 or len(self.steps.read_text()) >= self.step
        rc = self.project.path(".tmp/agents/a/.try/rc")
        return written(self.project) > before or (rc.exists() and rc.read_text().startswith("0 "))


def written(project: Project) -> int:
    """When the output in place was written: its time, in ns."""
    return project.path(".tmp/agents/a/output.md").stat().st_mtime_ns


def crashers(project: Project, how: str) -> Crasher:
    if how == "step":
        if not shutil.which("bash"):
            assert not EVERYTHING
            pytest.skip("no bash")
        return Crasher(project, STEPPER, "sh")
    return Crasher(project, WRAPPER, WRAPPED, how)


SAME = "echo the same"
ENVELOPE = r"""printf '{"type":"result","is_error":false,"result":"%s\\n"}\n' "$(answer)" """


def with_claude(project: Project) -> None:
    """Put a claude on the path that is the scripted agent."""
    folder = project.folder.parent / "claude"
    folder.mkdir()
    (folder / "claude").write_text("#!/bin/sh\nexec sh ./agent.sh\n")
    (folder / "claude").chmod(0o755)
    project.env["PATH"] = f"{folder}:{project.env['PATH']}"


@pytest.mark.parametrize(
    ("how", "answer"),
    [
        ("before", "answer"),
        ("before", SAME),
        ("after", "answer"),
        ("step", "answer"),
        ("step", ENVELOPE),
    ],
    ids=["before", "before-same", "after", "step", "step-envelope"],
)
def test_a_finished_answer_is_not_paid_twice(project: Project, how: str, answer: str) -> None:
    project.write("in.txt", "zero\n")
    with_claude(project)
    compiled(
        project,
        {"a": {"reads": ["in.txt"], "runner": "claude" if answer == ENVELOPE else "command"}},
    )
    project.behave("a", answer)
    assert project.make().code == 0
    crasher = crashers(project, how)
    while crasher.more:
        project.write("in.txt", f"{how} {crasher.step}\n")
        payments(project)
        finished = crasher.crash()
        result = project.make()
        assert result.code == 0, result.out
        paid = payments(project)
        assert len(paid) == 1 or not finished, (crasher.step, paid)
        assert paid[-1] == f"a {sha256(right_prompt(project, 'a'))}"
        if answer != SAME:
            assert_right(project)
            assert len(os.listdir(project.path(".tmp/agents/a/history"))) <= 3
        assert project.make("-q").code == 0
    assert crasher.kills > 6


@pytest.mark.parametrize(
    ("how", "answer"),
    [("before", "answer"), ("before", SAME), ("after", "answer"), ("step", SAME)],
    ids=["before", "before-same", "after", "step"],
)
def test_a_task_edited_back_after_a_crash(project: Project, how: str, answer: str) -> None:
    project.write("in.txt", "A\n")
    compiled(project, {"a": ["in.txt"]})
    project.behave("a", answer)
    assert project.make().code == 0
    good, key = project.output("a"), project.read(".tmp/agents/a/key")
    crasher = crashers(project, how)
    while crasher.more:
        project.write("in.txt", f"B {crasher.step}\n")
        crasher.crash()
        kept = project.read(".tmp/agents/a/key") == key
        payments(project)
        project.write("in.txt", "A\n")
        result = project.make()
        assert result.code == 0, result.out
        assert (project.output("a"), project.read(".tmp/agents/a/key")) == (good, key)
        assert project.read(".tmp/agents/a/prompt.md") == right_prompt(project, "a")
        assert len(payments(project)) == (0 if kept else 1), crasher.step
        assert project.make("-q").code == 0
    assert crasher.kills > 6


@pytest.mark.parametrize("how", ["before", "after"])
def test_a_forced_run_that_is_killed_runs_again(project: Project, how: str) -> None:
    compiled(project, {"a": []})
    assert project.make().code == 0
    crasher = crashers(project, how)
    while crasher.more:
        payments(project)
        finished = crasher.crash("FORCE=1")
        started = bool(payments(project))
        assert_finishes(project)
        if started:
            assert len(payments(project)) == (0 if finished else 1), crasher.step
    assert crasher.kills > 6


def test_a_forced_run_that_fails_runs_again(project: Project) -> None:
    compiled(project, {"a": [], "b": ["a"]})
    assert project.make().code == 0
    good = project.output("a")
    project.behave("a", "exit 1")
    for goals in [["a", "FORCE=1"], [], []]:
        payments(project)
        assert project.make(*goals).code == 2
        assert [line.split()[0] for line in payments(project)] == ["a"]
        assert project.output("a") == good
        assert project.make("-q").code == 1
    project.path("behave/a").unlink()
    assert_finishes(project)
    assert [line.split()[0] for line in payments(project)] == ["a"]


def test_an_agent_whose_shell_alone_was_killed_is_ended(project: Project) -> None:
    compiled(project, {"a": []})
    project.behave("a", "echo >>up.log; exec sleep 8765")
    with project.start_make() as make:
        wait_for(project.path("up.log").exists, "the agent")
        os.kill(int(project.read(".tmp/agents/a/.lock").split()[1]), signal.SIGKILL)
        assert make.wait(timeout=30) == 2
    project.path("behave/a").unlink()
    assert_finishes(project)
    wait_for(lambda: not project.processes(), "the end of the first agent", 8)


# --- signals ------------------------------------------------------------------------------

FRAGMENT = ["-f", ".tmp/agents/agents.mk"]


def makes() -> list[str]:
    """GNU make 4.4 from PyPI behaves unlike 4.3 at signals: both if they are there."""
    other = pathlib.Path(sys.prefix, "bin", "make")
    return ["make", str(other)] if other.exists() else ["make"]


@pytest.mark.parametrize("goals", [[], FRAGMENT], ids=["driver", "fragment"])
@pytest.mark.parametrize("shell", SHELLS, ids=lambda words: words[0])
@pytest.mark.parametrize("signal_name", ["^C", "INT", "QUIT", "HUP", "TERM", "TERM make"])
def test_a_signal_ends_all_agents(
    project: Project, signal_name: str, shell: list[str], goals: list[str]
) -> None:
    use_shell(project, shell)
    project.make_words = [makes()[-1] if signal_name in ("^C", "TERM make") else "make"]
    compiled(project, {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]})
    project.behave("b", f"{TREE}\nwait")
    project.behave("c", f"trap '' INT HUP\n{TREE}\nwait; exit 0")
    make = project.start_make("-j4", *goals)
    up = project.path("up.log")
    wait_for(lambda: up.exists() and up.read_text() == "\n" * 4, "the agents")
    first, alone = signal_name.replace("^C", "INT").split(), signal_name.endswith("make")
    number = signal.Signals[f"SIG{first[0]}"]
    (os.kill if alone else os.killpg)(make.pid, number)
    out, code = finish(make)
    assert code != 0
    wait_for(lambda: not project.processes(), f"the end of all agents\n{out}", 8)
    # With its group, and by its mark: one may get the signal twice before it ends.
    ended = project.read("ended.log").splitlines()
    assert (set(ended), len(ended) >= 2) == ({"polite"}, True)
    assert project.output("a").startswith("answer of a")
    assert project.status("b")["state"] == "interrupted"
    assert project.status("c")["reason"] == "stopped by a signal"
    assert not project.path(".tmp/agents/b/output.md").exists()
    shutil.rmtree(project.path("behave"))
    payments(project)
    assert_finishes(project)
    assert sorted(line.split()[0] for line in payments(project)) == ["b", "c", "d"]


# --- timeouts, and what an agent leaves behind ----------------------------------------------


def without_setsid(project: Project) -> None:
    """Leave a PATH on which perl has to stand in for setsid."""
    folder = project.folder.parent / "bin"
    folder.mkdir()
    for each in reversed(project.env["PATH"].split(":")):
        for program in pathlib.Path(each).iterdir() if os.path.isdir(each) else ():
            link = folder / program.name
            link.unlink(missing_ok=True)
            if program.name != "setsid":
                link.symlink_to(program)
    project.env["PATH"] = str(folder)


@pytest.mark.parametrize("program", ["setsid", "perl"])
@pytest.mark.parametrize("shell", SHELLS, ids=lambda words: words[0])
def test_a_timeout_ends_the_tree_with_term_then_kill(
    project: Project, shell: list[str], program: str
) -> None:
    use_shell(project, shell)
    if not shutil.which(program):
        assert not EVERYTHING, program
        pytest.skip(f"no {program}")
    if program == "perl":
        without_setsid(project)
    compiled(project, {"a": {"reads": [], "timeout": 1}})
    project.behave("a", f"{TREE}\nanswer; wait")
    result = project.make()
    assert result.code == 2
    assert "a FAILED: timed out" in result.out
    assert project.read("ended.log") == "polite\n"
    assert not project.processes()
    assert not project.path(".tmp/agents/a/output.md").exists()


def test_a_timeout_ends_an_agent_that_ignores_it(project: Project) -> None:
    compiled(project, {"a": {"reads": [], "timeout": 1}})
    project.behave("a", "trap '' TERM; answer; while :; do sleep 1; done")
    result = project.make()
    assert "a FAILED: timed out" in result.out
    assert not project.processes()


def test_an_agent_that_ends_well_at_its_timeout_has_timed_out(project: Project) -> None:
    compiled(project, {"a": {"reads": [], "timeout": 1}})
    project.behave("a", "trap 'answer; exit 0' TERM; while :; do sleep 0.1; done")
    result = project.make()
    assert "a FAILED: timed out" in result.out
    assert "answer of a" in project.read(".tmp/agents/a/log.txt")
    project.path("behave/a").unlink()
    payments(project)
    assert_finishes(project)
    assert len(payments(project)) == 1


@pytest.mark.parametrize("shell", SHELLS, ids=lambda words: words[0])
def test_what_an_agent_leaves_behind_is_ended(project: Project, shell: list[str]) -> None:
    use_shell(project, shell)
    compiled(project, {"a": []})
    project.behave("a", f"{TREE}\nuntil [ $(wc -l <up.log) = 2 ]; do sleep 0.01; done; answer")
    assert_finishes(project)
    assert not project.processes()


def test_a_finished_agent_is_not_waited_for(project: Project) -> None:
    """No grace is given to what has ended by itself: only the timer sleeps."""
    compiled(project, {"a": []})
    folder = project.folder.parent / "naps"
    folder.mkdir()
    shim = folder / "sleep"
    log, real = project.folder.parent / "naps.log", shutil.which("sleep")
    shim.write_text(f'#!/bin/sh\necho "$1" >>"{log}"\nexec "{real}" "$@"\n')
    shim.chmod(0o755)
    project.env["PATH"] = f"{folder}:{project.env['PATH']}"
    project.behave("a", f'until [ -s "{log}" ]; do "{real}" 0.05; done; answer')
    assert project.make("FORCE=1").code == 0
    naps = [float(line) for line in log.read_text().split()]
    assert [nap for nap in naps if 1 <= nap <= 5] == []


# --- agents that meddle with the files of runs ----------------------------------------------


def test_an_agent_that_deletes_its_output_is_answered_by_what_it_printed(project: Project) -> None:
    compiled(project, {"a": []})
    project.behave("a", "rm -f .tmp/agents/a/output.md; answer")
    for _ in range(2):
        assert project.make("FORCE=1").code == 0
        assert_right(project)


def test_an_agent_that_writes_its_output_is_answered_by_what_it_printed(project: Project) -> None:
    compiled(project, {"a": []})
    project.behave("a", ": >.tmp/agents/a/output.md; answer")
    assert_finishes(project)
    project.behave("a", "echo written >.tmp/agents/a/output.md; answer")
    assert project.make("FORCE=1").code == 0
    assert_right(project)
    history = project.path(".tmp/agents/a/history")
    assert (history / "1.edited.md").read_text() == ""
    assert (history / "2.edited.md").read_text() == "written\n"


def test_an_output_of_an_agent_that_failed_is_not_done(project: Project) -> None:
    compiled(project, {"a": [], "b": ["a"]})
    project.behave("a", "echo half >.tmp/agents/a/output.md; exit 1")
    for _ in range(2):
        assert project.make("-i").code == 0
        assert project.status("a")["state"] == "failed"
        assert project.status("b")["state"] == "blocked"
        assert project.make("-q").code == 1
    project.path("behave/a").unlink()
    assert_finishes(project)


@pytest.mark.parametrize("what", ["rm -rf .tmp/agents/a/.try", "rm -rf .tmp/agents/a/.try/*"])
def test_an_agent_that_deletes_its_attempt_has_failed(project: Project, what: str) -> None:
    compiled(project, {"a": []})
    project.behave("a", f"{what}; answer")
    result = project.make()
    assert result.code == 2
    expect_words("run/answer-removed", result.having("FAILED"))
    project.path("behave/a").unlink()
    assert_finishes(project)


def test_an_agent_that_deleted_its_attempt_can_be_stopped(project: Project) -> None:
    compiled(project, {"a": []})
    project.behave("a", f"rm -rf .tmp/agents/a/.try; {TREE}\nwait")
    make = project.start_make()
    up = project.path("up.log")
    wait_for(lambda: up.exists() and up.read_text() == "\n\n", "the agent")
    os.killpg(make.pid, signal.SIGINT)
    assert finish(make)[1] != 0
    wait_for(lambda: not project.processes(), "the end of the agent", 8)
    project.path("behave/a").unlink()
    assert_finishes(project)


def test_an_output_that_cannot_be_replaced_is_kept_for_the_next_make(project: Project) -> None:
    compiled(project, {"a": []})
    project.behave("a", "mkdir -p .tmp/agents/a/output.md/inside; answer")
    for paid in (1, 0, 0):
        result = project.make()
        assert result.code == 2
        expect_words("run/output-not-replaceable", result.having(" a FAILED", " a: ", "not run a"))
        assert len(payments(project)) == paid
    shutil.rmtree(project.path(".tmp/agents/a/output.md"))
    assert_finishes(project)
    assert not payments(project)


def test_an_output_that_a_neighbour_wrote_counts_as_edited_by_hand(project: Project) -> None:
    compiled(project, {"a": [], "b": ["a"], "c": ["a"]})
    project.behave("c", "echo from c >.tmp/agents/a/output.md; answer")
    assert project.make().code == 0
    payments(project)
    project.path("behave/c").unlink()
    result = project.make()
    assert result.code == 0
    assert "edited by hand: .tmp/agents/a/output.md" in result.out
    assert project.output("a") == "from c\n"
    assert sorted(line.split()[0] for line in payments(project)) == ["b", "c"]
    assert project.make("-q").code == 0


# --- no room, no permission -----------------------------------------------------------------


@contextlib.contextmanager
def mounted(project: Project, size: str) -> Iterator[None]:
    """A small file system of its own for the project's .tmp."""
    project.path(".tmp").mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(project.path(".tmp"))]
    if (
        os.geteuid() != 0
        or subprocess.run(words, stderr=subprocess.DEVNULL, check=False).returncode
    ):
        pytest.skip("mounting is not allowed")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(project.path(".tmp"))], check=True)


def fill(project: Project, pages: int) -> None:
    """Leave `pages` pages of the file system free."""
    filler = project.path(".tmp/filler")
    filler.unlink(missing_ok=True)
    free = os.statvfs(project.path(".tmp"))
    filler.write_bytes(b"x" * (free.f_bavail - pages) * free.f_frsize)


@pytest.mark.parametrize("goals", [[], FRAGMENT], ids=["driver", "fragment"])
@pytest.mark.parametrize("shell", SHELLS, ids=lambda words: words[0])
def test_a_full_disk(project: Project, shell: list[str], goals: list[str]) -> None:
    use_shell(project, shell)
    project.write("in.txt", "zero\n")
    project.behave("a", "head -c 20000 /dev/zero | tr '\\0' x; echo; answer")
    with mounted(project, "1m"):
        compiled(project, {"a": ["in.txt"]})
        assert project.make().code == 0
        failures = runs = 0
        for pages in range(0, 40, 1 if shell == ["dash"] and not goals else 5):
            payments(project)
            before = project.output("a")
            project.write("in.txt", f"{pages}\n")
            good = f"{'x' * 20000}\nanswer of a to {sha256(right_prompt(project, 'a'))}\n"
            fill(project, pages)
            result = project.make(*goals)
            runs += 1
            if result.code != 0:
                failures += 1
                assert "FAILED" in result.out or "is the disk full" in result.out, result.out
                assert project.output("a") == before
            project.path(".tmp/filler").unlink()
            assert project.make().code == 0
            assert project.output("a") == good
            assert len(payments(project)) <= 2
            assert project.make("-q").code == 0
        assert 0 < failures < runs


def test_a_stale_lock_on_a_full_disk_is_no_endless_wait(project: Project) -> None:
    with mounted(project, "1m"):
        compiled(project, {"a": []})
        project.write(".tmp/agents/a/.lock", "")
        fill(project, 0)
        result = project.make()
        assert result.code == 2
        expect_words("run/disk-full", result.having(" a: "))
        project.path(".tmp/filler").unlink()
        assert_finishes(project)


def test_a_read_only_folder(project: Project) -> None:
    message = "wavemake: a: cannot write in .tmp/agents/a: "
    with mounted(project, "1m"):
        compiled(project, {"a": [], "b": ["a"]})
        subprocess.run(["mount", "-o", "remount,ro", str(project.path(".tmp"))], check=True)
        for goals in [[], FRAGMENT]:
            result = project.make(*goals)
            assert result.code == 2
            assert result.out.count(message) == 1
            assert not payments(project)
        subprocess.run(["mount", "-o", "remount,rw", str(project.path(".tmp"))], check=True)
        assert_finishes(project)
