"""Each process of an agent's tree is killed in turn: it is noticed, and no finished answer is lost."""

from __future__ import annotations

import os
import pathlib
import random
from collections.abc import Iterator

import pytest

from tests.expectations import expect_words
from tests.harness import Project, wait_for
from tests.kills import WHO, compile_ledger, find, kill, kill_and_run_again, use_private_folder

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("WAVEMAKE_KILLS", "60"))


@pytest.fixture
def project(tmp_path: pathlib.Path) -> Iterator[Project]:
    """A project whose private folders are below it, and of which nothing stays running."""
    project = Project(tmp_path / "my project")
    use_private_folder(project)
    project.env["WAVEMAKE_RENEW"] = "2"
    yield project
    project.end()


@pytest.mark.parametrize("who", [each for each in WHO if each not in ("make", "watcher")])
def test_a_death_is_noticed_at_once(project: Project, who: str) -> None:
    project.plan(
        {"a": {"reads": [], "command": "cat >/dev/null; touch up; sleep 3210", "timeout": 600}}
    )
    project.compile()
    make = project.start_make()
    wait_for(project.path("up").exists, "the agent")
    kill(find(project, who, make.pid))
    out = make.communicate(timeout=60)[0].decode()
    assert make.returncode != 0
    reasons = {
        "leader": "a signal killed the leader",
        "timer": "a signal killed its timer",
        "recipe": "",
    }
    assert reasons[who] in out
    if who == "recipe":
        assert "a: killed" in out or "interrupted a" in out
    wait_for(lambda: not any("3210" in each for each in project.processes()), "its end", 40)


@pytest.mark.parametrize("how", ["kill -9 0", "kill -TERM 0", "kill -9 $PPID"])
def test_an_agent_that_kills_its_processes(project: Project, how: str) -> None:
    project.plan({"a": {"reads": [], "command": f"cat >/dev/null; {how}; sleep 1", "timeout": 600}})
    project.compile()
    make = project.start_make()
    assert make.communicate(timeout=60)[0]
    assert make.returncode == 2
    assert project.status("a")["state"] == "failed"
    assert "timed out" not in project.status("a")["reason"]


@pytest.mark.parametrize("part", range(3))
def test_no_finished_answer_is_paid_again(project: Project, part: int) -> None:
    rng = random.Random(part)
    compile_ledger(project)
    for turn in range(KILLS // 3):
        kill_and_run_again(project, rng, f"{part} {turn}\n")
        assert project.make("-q").code == 0


def test_what_has_left_its_session_is_ended(project: Project) -> None:
    leave = "setsid sh -c 'echo $$ >>pids; exec sleep 3211' >/dev/null 2>&1 </dev/null &"
    wait = "until [ -s pids ]; do sleep 0.05; done"
    project.plan(
        {
            "ends": {"reads": [], "command": f"cat >/dev/null; {leave} {wait}; sleep 0.6; echo hi"},
            "limit": {
                "reads": ["ends"],
                "command": f"rm pids; {leave} {wait}; sleep 3211",
                "timeout": 2,
            },
        }
    )
    project.compile()
    project.make()
    wait_for(lambda: not any("3211" in each for each in project.processes()), "their end")
    assert project.output("ends") == "hi\n"


def test_a_make_within_an_agent_is_refused_at_once(project: Project) -> None:
    project.plan(
        {"a": {"reads": [], "command": "cat >/dev/null; make 2>&1; make clean 2>&1; echo on"}}
    )
    project.compile()
    result = project.make()
    assert result.code == 0, result.out
    assert project.output("a").count("within an agent of .tmp/agents") == 2
    assert project.output("a").endswith("on\n")


# --- what an agent leaves where others look -------------------------------------------------

ODD = ("FIFO", "link to /dev/zero", "dangling link", "folder", "link to a secret")
PLACES = (
    "b/.lock", "b/status.json", "b/key", "b/log.txt", "b/.stamp", "b/output.md", "b/files.json", "b/.try",
    "a/status.json", "a/log.txt", "a/key", "a/output.md", "a/files.json", "a/.try/rc", "a/.try/inputs",
    "events.jsonl", "stray/output.md", "stray/status.json", "runs", ".pools",
)  # fmt: skip
MAKE_ODD = {
    "FIFO": 'mkfifo "{}"',
    "link to /dev/zero": 'ln -s /dev/zero "{}"',
    "dangling link": 'ln -s /nowhere/at/all "{}"',
    "folder": 'mkdir -p "{}/inside"',
    "link to a secret": 'ln -s "$PWD/../secret" "{}"',
}


@pytest.mark.parametrize("seed", range(int(os.environ.get("WAVEMAKE_HOSTILE", "12"))))
def test_odd_files_hang_nothing_and_are_read_by_nobody(project: Project, seed: int) -> None:
    rng = random.Random(seed)
    secret = project.folder.parent / "secret"
    secret.write_text("canary\n")
    lines = ["cat >/dev/null", "cd .tmp/agents", "mkdir -p stray b"]
    for place in rng.sample(PLACES, 4):
        lines += [f'rm -rf "{place}"', MAKE_ODD[rng.choice(ODD)].format(place)]
    project.write("evil.sh", "\n".join(lines) + "\necho ok\n")
    project.plan(
        {
            "a": {"reads": [], "command": "sh ./evil.sh 2>/dev/null"},
            "b": {"reads": ["a"], "command": "cat >got; echo ok"},
        }
    )
    project.compile()
    make = project.start_make("-j2")
    out = make.communicate(timeout=90)[0].decode()
    assert len(out) < 20000
    assert project.make("status", timeout=60).code in (0, 2)
    assert secret.read_text() == "canary\n"
    assert not project.path("got").exists() or "canary" not in project.read("got")


def test_a_runtime_or_a_task_that_an_agent_edits_is_not_run(project: Project) -> None:
    edit = (
        "cat >/dev/null; for f in .tmp/agents/runtime/*.sh; do"
        " { echo '#!/bin/sh'; echo 'echo stolen >>stolen'; } >$f; done;"
        " sed 's/^run sh$/run touch/; s/^run -c$/run stolen/' .tmp/agents/c/task.md >t;"
        " cat t >.tmp/agents/c/task.md;"
        " echo ok"
    )
    project.plan(
        {
            "a": {"reads": [], "command": edit},
            "b": ["a"],
            "c": {"reads": ["a"], "command": "echo c"},
        }
    )
    project.compile()
    result = project.make()
    assert project.status("b")["state"] == "done"
    expect_words("run/task-replaced", result.having("its task.md"))
    assert not project.path("stolen").exists()
