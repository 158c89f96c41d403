"""Answers are up to date by content, whatever times git, copies, archives and clocks give files."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import pytest

from tests.expectations import expect_words
from tests.harness import BACKENDS, Project
from tests.terminal import put_wavemake_on_path

AGENTS = {"draft": ["notes.md"], "check": ["draft"], "ship": ["check", "other.md"]}
QUIET = "wavemake: nothing to do: all is up to date"


@pytest.fixture(params=BACKENDS)
def done(project: Project, request: pytest.FixtureRequest) -> Project:
    """Three agents in a chain, run, in a git repository with all that is to be committed."""
    project.use_backend(request.param)
    project.write("notes.md", "v1\n")
    project.write("other.md", "other\n")
    project.write(".gitignore", "paid.log\nbehave/\n")
    project.plan(AGENTS)
    assert project.compile("-q").code == 0
    assert project.drive().code == 0
    assert project.paid() == ["check", "draft", "ship"]
    git(project, "init", "-q", "-b", "main")
    commit(project)
    return project


def git(project: Project, *words: str) -> str:
    user = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
    result = project.run(["git", *user, *words])
    assert result.code == 0, result.out
    return result.out


def commit(project: Project) -> None:
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "x")


def settle(project: Project) -> list[str]:
    """Run all; return who was paid. A second run has nothing to do, by make's own judgement as well."""
    result = project.drive()
    assert result.code == 0, result.out
    paid = project.paid()
    assert QUIET in project.drive().out
    assert project.is_up_to_date()
    assert project.paid() == []
    return paid


def copy_of(project: Project, name: str) -> Project:
    copy = Project(project.folder.parent / name)
    copy.backend, copy.env, copy.make_words = project.backend, project.env, project.make_words
    shutil.rmtree(copy.folder)
    return copy


def clone(project: Project, *options: str) -> Project:
    copy = copy_of(project, "clone")
    git(project, "clone", "-q", *options, f"file://{project.folder}", str(copy.folder))
    return copy


def shuffle(project: Project, odd: int) -> None:
    """Give all files times in an order that has nothing to do with how they were made."""
    paths = sorted(each for each in project.folder.rglob("*") if each.is_file())
    for number, path in enumerate(paths):
        moment = time.time() - 1000 + number * odd % len(paths)
        os.utime(path, (moment, moment))


@pytest.mark.parametrize("odd", [1, 7, -1])
def test_a_clone_has_nothing_to_do(done: Project, odd: int) -> None:
    copy = clone(done, "--depth=1")
    shuffle(copy, odd)
    assert copy.drive().lines()[-1] == QUIET
    assert settle(copy) == []


@pytest.mark.parametrize("odd", [1, 7, -1])
def test_a_stale_answer_stays_stale_in_a_clone(done: Project, odd: int) -> None:
    done.write("notes.md", "v2\n")
    commit(done)
    copy = clone(done)
    shuffle(copy, odd)
    assert settle(copy) == ["check", "draft", "ship"]


def test_what_a_killed_audit_left_does_not_stop_one_of_the_same_pid(
    done: Project, tmp_path: pathlib.Path
) -> None:
    copy = clone(done)
    left = 'mkdir "$TMPDIR/wavemake-audit.$$" && exec sh .tmp/agents/runtime/drive.sh audit "$@"'
    verdicts = subprocess.run(
        ["sh", "-c", left, "sh", ".tmp/agents", "verdicts"],
        cwd=copy.folder,
        env={**copy.env, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "fresh draft" in verdicts.splitlines()


def test_files_of_one_time_are_judged_by_content(done: Project) -> None:
    done.write("other.md", "another\n")
    commit(done)
    copy = copy_of(done, "archive")
    copy.folder.mkdir()
    git(done, "archive", "-o", "../all.tar", "HEAD")
    copy.run(["tar", "xf", "../all.tar"])
    assert settle(copy) == ["ship"]


def test_a_copy_with_all_times_is_known_as_one(done: Project) -> None:
    done.write("notes.md", "v2\n")
    os.utime(done.path("notes.md"), (0, 0))
    copy = copy_of(done, "copy")
    shutil.copytree(done.folder, copy.folder, copy_function=shutil.copy2, symlinks=True)
    assert settle(copy) == ["check", "draft", "ship"]


def test_a_branch_has_the_answers_that_were_committed_on_it(done: Project) -> None:
    git(done, "checkout", "-q", "-b", "topic")
    done.write("notes.md", "v2\n")
    assert settle(done) == ["check", "draft", "ship"]
    commit(done)
    for branch in ("main", "topic", "main"):
        git(done, "checkout", "-q", branch)
        assert settle(done) == []


def test_make_status_goes_by_content_in_a_copy(done: Project) -> None:
    copy = copy_of(done, "copy")
    shutil.copytree(done.folder, copy.folder, symlinks=True)
    shuffle(copy, -1)
    for text, state in ("", "done"), ("v2\n", "out of date"):
        if text:
            copy.write("notes.md", text)
            os.utime(copy.path("notes.md"), (1000, 1000))
        reported = json.loads(copy.wavemake("status", "--json").out)["agents"]
        lines = copy.drive("status").lines()
        for agent in reported:
            assert any(agent["state"] in line and agent["name"] in line for line in lines), lines
            assert text == "" or agent["state"] == state


def test_a_worktree_is_a_clone(done: Project) -> None:
    copy = copy_of(done, "worktree")
    git(done, "worktree", "add", "-q", "-b", "topic", str(copy.folder))
    assert settle(copy) == []
    copy.write("notes.md", "v2\n")
    assert settle(copy) == ["check", "draft", "ship"]
    commit(copy)
    git(copy, "reset", "-q", "--hard", "main")
    assert settle(copy) == []


def test_a_merge_of_two_answers_is_judged_by_content(done: Project) -> None:
    git(done, "checkout", "-q", "-b", "topic")
    done.write("notes.md", "v2\n")
    settle(done)
    commit(done)
    git(done, "checkout", "-q", "main")
    done.write("other.md", "another\n")
    assert settle(done) == ["ship"]
    commit(done)
    git(done, "merge", "-q", "-X", "ours", "topic", "-m", "m")
    assert settle(done) == ["ship"]


def test_marks_of_a_conflict_are_no_answer(done: Project) -> None:
    output = done.path(".tmp/agents/draft/output.md")
    output.write_text("<<<<<<< HEAD\na\n=======\nb\n>>>>>>> topic\n")
    git(done, "add", "-A")
    result = done.drive()
    assert result.code != 0
    expect_words("run/conflict-marks", result.having("draft FAILED", "failed draft"))
    assert done.paid() == []
    git(done, "checkout", "-q", "HEAD", "--", str(output))
    assert settle(done) == []


def test_stash_puts_an_input_back(done: Project) -> None:
    done.write("notes.md", "v2\n")
    git(done, "stash", "-q")
    assert settle(done) == []
    git(done, "stash", "pop", "-q")
    assert settle(done) == ["check", "draft", "ship"]


def test_a_commit_moves_no_time(done: Project) -> None:
    settle(done)
    before = done.path(".tmp/agents/ship/output.md").stat().st_mtime_ns
    done.write("unread.md", "x\n")
    commit(done)
    assert settle(done) == []
    assert done.path(".tmp/agents/ship/output.md").stat().st_mtime_ns == before


@pytest.mark.parametrize("is_repository", [True, False])
def test_an_older_file_is_seen(done: Project, is_repository: bool) -> None:
    if not is_repository:
        shutil.rmtree(done.path(".git"))
    done.write("old.md", "v0\n")
    os.utime(done.path("old.md"), (1000, 1000))
    settle(done)
    os.replace(done.path("old.md"), done.path("notes.md"))
    assert settle(done) == ["check", "draft", "ship"]


def test_a_link_that_leads_elsewhere_is_seen(done: Project) -> None:
    done.write("old.md", "v0\n")
    os.utime(done.path("old.md"), (1000, 1000))
    settle(done)
    done.path("notes.md").unlink()
    done.path("notes.md").symlink_to("old.md")
    assert settle(done) == ["check", "draft", "ship"]


def test_a_clock_that_went_back_hides_no_edit(done: Project) -> None:
    settle(done)
    later = time.time() + 3600
    for path in done.path(".tmp/agents").rglob("*"):
        if path.is_file():
            os.utime(path, (later, later))
    done.write("notes.md", "v2\n")
    assert settle(done) == ["check", "draft", "ship"]


def test_a_plan_that_is_older_than_what_was_compiled_is_compiled(done: Project) -> None:
    done.plan({**AGENTS, "draft": {"reads": ["notes.md"], "task": "Another."}})
    os.utime(done.path("plan.json"), (1000, 1000))
    commit(done)
    copy = clone(done)
    put_wavemake_on_path(copy, sys.executable)
    shuffle(copy, 3)
    os.utime(copy.path("plan.json"), (1000, 1000))
    assert settle(copy) == ["check", "draft", "ship"]


def test_looking_writes_nothing(done: Project) -> None:
    done.write("notes.md", "v2\n")
    commit(done)
    copy = clone(done)
    before = {path: path.stat().st_mtime_ns for path in copy.folder.rglob("*")}
    if done.backend == "make":
        assert copy.make("-q").code == 1
        assert " draft" in copy.make("-n").out
    else:
        copy.drive("-n")
    assert {path: path.stat().st_mtime_ns for path in copy.folder.rglob("*")} == before


# --- what agents make of the project's files -----------------------------------


@pytest.fixture(params=BACKENDS)
def edited(project: Project, request: pytest.FixtureRequest) -> Project:
    """An agent reads sources, and one after it edits one of them; run."""
    project.use_backend(request.param)
    project.write("src/a.c", "1\n")
    project.write("src/b.c", "2\n")
    project.write(".gitignore", "paid.log\nbehave/\n")
    project.behave("fix", "echo fixed >>src/a.c; echo done")
    project.plan({"audit": ["src/*.c"], "fix": ["audit"]})
    assert project.compile("-q").code == 0
    git(project, "init", "-q", "-b", "main")
    commit(project)
    assert project.drive().code == 0
    assert project.paid() == ["audit", "fix"]
    return project


def test_an_edit_of_a_later_agent_is_no_news(edited: Project) -> None:
    assert settle(edited) == []
    commit(edited)
    assert settle(edited) == []
    copy = clone(edited)
    shuffle(copy, 7)
    assert settle(copy) == []


def test_an_edit_stays_known_when_its_agent_runs_again(edited: Project) -> None:
    edited.behave("fix", "grep -q fixed src/a.c || echo fixed >>src/a.c; echo again")
    edited.plan({"audit": ["src/*.c"], "fix": {"reads": ["audit"], "task": "Fix it well."}})
    assert edited.compile("-q").code == 0
    assert settle(edited) == ["fix"]
    edited.behave("fix", "echo better >>src/a.c; echo better")
    edited.plan({"audit": ["src/*.c"], "fix": {"reads": ["audit"], "task": "Fix it better."}})
    assert edited.compile("-q").code == 0
    assert settle(edited) == ["fix"]
    git(edited, "checkout", "-q", "--", ".gitignore", "src")
    assert "fix: restored src/a.c" in edited.drive().out
    assert edited.read("src/a.c") == "1\nfixed\nbetter\n"
    assert settle(edited) == []


def test_a_clone_knows_the_edits_of_agents_when_make_looks(edited: Project) -> None:
    commit(edited)
    copy = clone(edited)
    settle(copy)
    copy.path("src/b.c").touch()
    assert settle(copy) == []


def test_an_answer_that_is_made_again_is_of_the_sources_as_they_are_then(edited: Project) -> None:
    settle(edited)
    edited.behave("fix", "grep -q fixed src/a.c || echo fixed >>src/a.c; echo done")
    edited.path(".tmp/agents/audit/output.md").unlink()
    assert "audit" in settle(edited)
    edited.plan({"audit": ["src/*.c"]})
    assert edited.compile("-q").code == 0
    assert settle(edited) == []
    edited.write("src/a.c", "1\n")
    assert settle(edited) == ["audit"]


def test_an_edit_of_a_person_is_news(edited: Project) -> None:
    settle(edited)
    edited.write("src/a.c", "1\nfixed\nby hand\n")
    assert "audit" in settle(edited)


@pytest.mark.parametrize("way", ["make", "fragment", "ninja"])
def test_a_later_agent_may_declare_what_an_earlier_one_reads(project: Project, way: str) -> None:
    """Both read the same file, one as it is and one after the edit; a second make runs nothing."""
    project.use_backend("ninja" if way == "ninja" else "make")
    if way == "fragment":
        project.write("Makefile", "all: wavemake\n-include .tmp/agents/agents.mk\n")
    project.write("src/a.c", "1\n")
    project.write("src/b.c", "2\n")
    project.behave("audit", "echo found")
    fix = {"reads": ["audit"], "outputs": ["src/a.c", "src/new.c"]}
    project.behave("fix", "echo fixed >>src/a.c; echo new >src/new.c; echo done")
    project.plan({"audit": ["src/*.c"], "fix": fix, "test": ["./src/a.c"]})
    assert project.compile("-q").code == 0
    assert project.drive().code == 0
    assert project.paid() == ["audit", "fix", "test"]
    assert "read ./src/a.c" in project.read(".tmp/agents/audit/key")
    assert project.compile("--check").code == 0, "src/new.c was not there before"
    assert project.drive().code == 0
    assert project.is_up_to_date()
    assert project.paid() == []
    project.write("src/a.c", "1\nfixed\nby a person\n")
    assert project.drive().code == 0
    assert project.paid() == ["audit", "test"]
    assert project.read("src/a.c").endswith("by a person\n")


def test_who_edits_first_of_two_that_edit_for_each_other_is_unknown(project: Project) -> None:
    for path in ("a.c", "b.c"):
        project.write(path, "1\n")
    agents = {
        name: {"reads": [f"./{name}.c"], "outputs": [f"{other}.c"]} for name, other in ("ab", "ba")
    }
    project.plan(agents)
    assert "error[WM115]" in project.compile().out


def test_a_match_that_is_gone_is_named(project: Project) -> None:
    for path in ("src/a.c", "src/b.c"):
        project.write(path, "1\n")
    project.plan({"audit": ["src/*.c"]})
    assert project.compile("-q").code == 0
    assert project.drive().code == 0
    project.path("src/b.c").unlink()
    assert "reads src/b.c, which" in project.drive().out
    assert "other files match src/*.c" in project.wavemake("why", "audit").out
    assert "other files match src/*.c" in project.wavemake("status").out
    assert "reads src/b.c, which" in project.read(".tmp/agents/summary.md")
    assert project.compile("-q").code == 0
    assert "no longer reads src/b.c" in project.wavemake("why", "audit").out
    assert project.paid() == ["audit"]
    assert settle(project) == ["audit"]


def test_what_git_took_back_is_put_back_unpaid(edited: Project) -> None:
    settle(edited)
    git(edited, "checkout", "-q", "--", ".")
    assert edited.read("src/a.c") == "1\n"
    result = edited.drive()
    assert result.code == 0
    expect_words("run/output-restored", result.having("src/a.c"))
    assert edited.read("src/a.c") == "1\nfixed\n"
    assert edited.paid() == []
    assert settle(edited) == []


def test_an_output_that_is_gone_is_put_back_unpaid(project: Project) -> None:
    project.behave("api", "echo '{}' >api.json; mkdir -p site/css; echo x >site/css/a; echo done")
    project.plan({"api": {"outputs": ["api.json", "site"]}, "ui": ["api", "./api.json", "./site"]})
    assert project.compile("-q").code == 0
    assert project.make("-j4").code == 0
    assert project.paid() == ["api", "ui"]
    settle(project)
    project.path("api.json").unlink()
    shutil.rmtree(project.path("site"))
    assert "api: restored api.json" in project.make("-j4").out
    assert project.read("api.json") == "{}\n"
    assert project.read("site/css/a") == "x\n"
    assert settle(project) == []
    project.write("api.json", "{} by hand\n")
    assert settle(project) == ["ui"]
    assert project.read("api.json") == "{} by hand\n"


def test_an_edited_output_is_kept_when_its_agent_runs_again(project: Project) -> None:
    project.behave("api", "mkdir -p site; echo '{}' >api.json; echo x >site/a; echo done")
    reads = {"reads": ["notes.md"], "outputs": ["api.json", "site"]}
    project.write("notes.md", "1\n")
    project.plan({"api": reads})
    assert project.compile("-q").code == 0
    assert project.drive().code == 0
    project.write("api.json", "mine\n")
    project.write("site/a", "mine too\n")
    project.write("notes.md", "2\n")
    result = project.drive()
    assert project.read("api.json") == "{}\n"
    kept = {
        each.name.split(".")[0]: each for each in project.path(".tmp/agents/api/history").iterdir()
    }
    assert kept["api"].read_text() == "mine\n"
    assert (kept["site"] / "a").read_text() == "mine too\n"
    (line,) = result.having(kept["api"].name)
    expect_words("run/edited-output-kept", line.replace(kept["api"].name, "NAME"))
    project.write("notes.md", "3\n")
    assert "is kept as" not in project.drive().out


def test_the_summary_says_what_became_of_files(project: Project) -> None:
    for name in ("todo.md", "other.md", "same.md"):
        project.write(name, "1\n")
    project.behave("work", "echo more >>todo.md; echo more >>other.md; echo done")
    project.plan({"work": {"reads": ["todo.md"], "outputs": ["same.md"]}, "read": ["./other.md"]})
    assert project.compile("-q").code == 0
    project.make("work")
    assert project.status("work")["remark"]
    line = next(
        each for each in project.read(".tmp/agents/summary.md").splitlines() if "[work]" in each
    )
    expect_words("run/remarks", re.sub(r"\| [\d.]+s \|", "| TIME |", line))


def test_a_list_of_checksums_is_restored_as_a_file(project: Project) -> None:
    project.behave("sign", "echo x >a; sha256sum ./a >sums; echo done")
    project.plan({"sign": {"outputs": ["a", "sums"]}})
    assert project.compile("-q").code == 0
    assert project.drive().code == 0
    before = project.read("sums")
    project.path("sums").unlink()
    settle(project)
    assert project.read("sums") == before


def test_two_plans_merge_without_a_conflict(done: Project) -> None:
    lines = [
        {"name": name, "reads": reads, "task": f"Do {name}."} for name, reads in AGENTS.items()
    ]

    def plan(*more: dict[str, object]) -> None:
        items = ",\n\n\n\n".join(json.dumps(each) for each in [*more[:1], *lines, *more[1:]])
        head = '{"project": "demo", "defaults": {"command": "sh ./agent.sh"}, "agents": [\n\n\n'
        done.write("plan.json", f"{head}{items}\n\n\n]}}\n")

    def branch(name: str, *more: dict[str, object]) -> None:
        git(done, "checkout", "-q", "-b", name, "main")
        plan(*more)
        settle(done)
        commit(done)

    put_wavemake_on_path(done, sys.executable)
    plan()
    settle(done)
    commit(done)
    ours = {"name": "ours", "task": "Do ours.", "reads": []}
    theirs = {"name": "theirs", "task": "Do theirs.", "reads": []}
    branch("topic", ours)
    git(done, "checkout", "-q", "-b", "other", "main")
    items = done.read("plan.json").replace(
        "\n\n\n]}", ",\n\n\n\n" + json.dumps(theirs) + "\n\n\n]}"
    )
    done.write("plan.json", items)
    assert settle(done) == ["theirs"]
    commit(done)
    merged = done.run(["git", "-c", "user.name=n", "-c", "user.email=n@e", "merge", "topic"])
    conflicts = [line for line in merged.lines() if line.startswith("CONFLICT")]
    assert [line for line in conflicts if ".tmp/agents" in line] == []
    git(done, "checkout", "--ours", "--", "Makefile") if conflicts else None
    assert settle(done) == []
