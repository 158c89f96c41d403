"""An agent that writes the status of another: all go by what that one's own recipe wrote."""

from __future__ import annotations

import json
import os
import pathlib
import shutil

import pytest

from tests.harness import MAKES, Project, wait_for

STATUS = ".tmp/agents/{}/status.json"


def forged(agent: str, **members: object) -> str:
    """A line of sh that replaces members of the agent's status."""
    whole = {"schema": 1, "agent": agent, "state": "done", "run": "1-1", "attempts": 1, **members}
    return f"printf '%s\\n' '{json.dumps(whole)}' >{STATUS.format(agent)}"


def assert_put_back(project: Project, out: str, agent: str) -> None:
    assert f"wavemake: {agent}: its status.json was changed" in out
    assert f"- {agent}/status.json\n" in project.read(".tmp/agents/summary.md")


@pytest.mark.parametrize(
    "which", [MAKES[0], *(pytest.param(each, marks=pytest.mark.slow) for each in MAKES[1:])]
)
def test_a_forged_status_is_put_back(project: Project, which: str) -> None:
    """Of an agent that failed in this run, of one that an earlier run has made, and of one that none has."""
    project.use_make(which)
    project.plan({"old": [], "bad": [], "none": ["bad"], "evil": ["old"]})
    project.behave("bad", "exit 7")
    assert project.compile().code == 0
    assert project.make("old").code == 0
    before = project.read(STATUS.format("old"))
    done = [forged("old", cost=99.5), forged("bad"), forged("none")]
    done.append(f"touch -t 200101010000 {STATUS.format('old')}")
    project.behave("evil", "\n".join([*done, "echo answer"]))
    project.make("bad")
    result = project.make("evil")
    assert result.code == 0, result.out
    for name in ("old", "bad", "none"):
        assert_put_back(project, result.out, name)
    assert project.read(STATUS.format("old")) == before
    assert project.status("bad")["state"] == "failed"
    assert not project.path(STATUS.format("none")).exists()
    assert project.status("evil")["state"] == "done"
    assert "99.5" not in project.read(".tmp/agents/summary.md")
    project.path("behave/evil").unlink()
    assert "status.json was changed" not in project.make("FORCE=1", "evil").out


def test_a_failed_answer_cannot_be_passed_off_as_done(project: Project) -> None:
    """Who goes on without the failed agent is not sent its last good answer."""
    reader = {"reads": ["a"], "depends_on": ["evil"], "on_failure": "continue"}
    project.plan({"a": [], "evil": [], "b": reader})
    assert project.compile().code == 0
    assert project.make().code == 0
    assert "answer of a" in project.read(".tmp/agents/b/prompt.md")
    project.behave("a", "exit 7")
    wait = f"until grep -qs failed {STATUS.format('a')}; do sleep 0.01; done"
    project.behave("evil", f"{wait}\n{forged('a')}\necho answer two")
    result = project.make("-j3", "FORCE=1")
    assert result.code == 2
    assert project.status("b")["state"] == "done"
    assert "answer of a" not in project.read(".tmp/agents/b/prompt.md")
    assert_put_back(project, result.out, "a")


KINDS = ["fifo", "link", "folder", "huge", "lines", "empty", "gone"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_status_is_put_back(project: Project, tmp_path: pathlib.Path, kind: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("CANARY\n")
    path = STATUS.format("a")
    script = {
        "fifo": f"mkfifo {path}",
        "link": f"ln -s {secret} {path}",
        "folder": f"mkdir -p {path}/status.json",
        "huge": f"head -c 10000000 /dev/zero | tr '\\0' x >{path}",
        "lines": f'printf \'{{"state":"done"}}\\n%s\\n\' now kept end >{path}',
        "empty": f": >{path}",
        "gone": ":",
    }[kind]
    project.plan({"a": [], "evil": ["a"]})
    project.behave("evil", f"rm -f {path}\n{script}\necho answer")
    assert project.compile().code == 0
    result = project.make()
    assert result.code == 0, result.out
    assert_put_back(project, result.out, "a")
    assert project.status("a")["state"] == "done"
    assert secret.read_text() == "CANARY\n"


# What an agent does to the files of all, and what is reported.
SHARED = {
    "runs is a FIFO": ("rm -rf runs; mkfifo runs", "1 done"),
    "runs is a link": ('mv runs runs2; ln -s "$OUT" runs', "1 done"),
    "the manifest is a FIFO": ("rm manifest.json; mkfifo manifest.json", "compile the plan again"),
    "the manifest is no JSON": ("echo x >manifest.json", "compile the plan again"),
    "the plan is a FIFO": ("rm runtime/plan; mkfifo runtime/plan", "1 done"),
    "the audit's marker is a FIFO": ("rm .trusted; mkfifo .trusted", "1 done"),
    "events are a folder": ("rm events.jsonl; mkdir events.jsonl", "1 done"),
    "a lock is a FIFO": ("mkfifo a/.lock", "1 done"),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", SHARED)
def test_what_an_agent_does_to_the_files_of_all(
    project: Project, tmp_path: pathlib.Path, what: str
) -> None:
    """It hangs no make, writes nothing elsewhere, and the run is reported; a compilation puts all right."""
    outside = tmp_path / "outside"
    outside.mkdir()
    project.env["OUT"] = str(outside)
    script, reported = SHARED[what]
    project.plan({"a": [], "evil": ["a"]})
    project.behave("evil", f"(cd .tmp/agents && {script})\necho answer")
    assert project.compile().code == 0
    assert project.make("a").code == 0
    result = project.make("evil", timeout=30)
    assert reported in result.out
    assert "nothing to do" not in result.out
    assert project.make(timeout=30).code in (0, 2)
    assert list(outside.iterdir()) == []
    for name in ("manifest.json", "runtime/plan"):
        if project.path(f".tmp/agents/{name}").is_fifo():
            project.path(f".tmp/agents/{name}").unlink()
    assert project.compile().code == 0
    result = project.make(timeout=30)
    assert result.code == 0, result.out
    assert sorted(project.paid()) == ["a", "evil"]


# What find knows of times of change: what is newer than a stamp has been changed; or nothing.
FINDS = {"newer": "-cmin) word=-newer next=$stamp ;;", "none": "-cmin) exit 1 ;;"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", FINDS)
def test_statuses_of_long_ago(project: Project, tmp_path: pathlib.Path, kind: str) -> None:
    """Only what was changed since the run began is compared, where find can tell."""
    project.plan({"old": [], "other": [], "evil": []})
    assert project.compile().code == 0
    assert project.make("old", "other").code == 0
    before = [project.read(STATUS.format(name)) for name in ("old", "other")]
    stamp = tmp_path / "stamp"
    stamp.touch()
    script = f"""#!/bin/sh
stamp={stamp} next=
for word do
  shift
  if [ -n "$next" ]; then word=$next next=; fi
  case $word in {FINDS[kind]} esac
  set -- "$@" "$word"
done
exec {shutil.which("find")} "$@"
"""
    (tmp_path / "find").write_text(script)
    (tmp_path / "find").chmod(0o755)
    project.env["PATH"] = f"{tmp_path}:{project.env.get('PATH', os.environ['PATH'])}"
    project.behave("evil", f"{forged('old')}\necho answer")
    result = project.make("evil")
    assert result.code == 0, result.out
    assert_put_back(project, result.out, "old")
    assert "other: its status.json" not in result.out
    assert [project.read(STATUS.format(name)) for name in ("old", "other")] == before


@pytest.mark.slow
def test_folders_with_odd_names_vouch_for_nothing(project: Project) -> None:
    """Their names, lines of a list, could otherwise speak as what a recipe has written."""
    project.plan({"a": [], "evil": ["a"]})
    line = json.dumps({"state": "done", "run": "1-1"})
    name = f"x\nkept\nab=a:={line}\nend\ny"
    script = f"mkdir '.tmp/agents/{name}'\n: >'.tmp/agents/{name}/status.json'"
    project.behave("evil", f"{forged('a')}\n{script}\necho answer")
    assert project.compile().code == 0
    result = project.make()
    assert_put_back(project, result.out, "a")
    assert project.status("a")["run"] != "1-1"


@pytest.mark.slow
def test_another_make_and_a_person_may_change_it(project: Project) -> None:
    """A make beside this one runs the neighbour; a person pins it, rejects it and approves."""
    project.plan({"a": [], "b": {"reads": [], "approve": True}, "slow": []})
    assert project.compile().code == 0
    assert project.make("a", "b").code == 2
    project.behave("slow", "touch up; until [ -e go ]; do sleep 0.02; done; echo answer")
    make = project.start_make("slow")
    wait_for(project.path("up").exists, "the agent")
    project.behave("a", "echo another")
    assert project.make("a", "FORCE=1").code == 0
    approve = project.make("approve-b").code
    assert approve == 0
    assert project.make("b").code == 0
    assert project.make("pin-a").code == 0
    assert project.make("reject-b", "WHY=no").code == 0
    project.write("go", "")
    out = make.communicate()[0].decode()
    assert make.returncode == 0, out
    assert "was changed" not in out
    assert project.output("a") == "another\n"
    assert project.status("a")["state"] == "done"
    assert project.status("b")["state"] == "done"


def test_a_run_that_starts_nothing_keeps_nothing(project: Project, tmp_path: pathlib.Path) -> None:
    project.plan({"a": []})
    project.env["TMPDIR"] = str(tmp_path)
    assert project.compile().code == 0
    assert project.make().code == 0
    os.utime(project.path(".tmp/agents/a/task.md"))
    assert project.make().code == 0
    assert not list(tmp_path.glob("wavemake-*"))
