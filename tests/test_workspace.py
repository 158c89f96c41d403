"""Agents in workspaces: what they see, what becomes of their edits, and what stays as it was."""

from __future__ import annotations

import json
import os
import pathlib
import re
from collections.abc import Iterator

import pytest

from tests.expectations import expect_words
from tests.harness import BACKENDS
from tests.repository import Repository

pytestmark = pytest.mark.slow

LINES = "".join(f"line {n}\n" for n in range(1, 31))


@pytest.fixture(params=BACKENDS)
def repo(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Repository]:
    """A repository with a commit, for each back end."""
    project = Repository(tmp_path / "project")
    project.use_backend(request.param)
    project.write("a.txt", LINES)
    project.write("src/b.txt", LINES)
    project.commit_all()
    yield project
    project.end()


def change(line: int, text: str, name: str = "a.txt") -> str:
    return f"sed 's/^line {line}$/{text}/' {name} >new && mv new {name}"


def test_three_agents_change_one_file_at_once(repo: Repository) -> None:
    repo.plan({name: [] for name in "xyz"})
    for number, name in enumerate("xyz"):
        repo.edits(name, change(10 * number + 5, f"edit of {name}"))
    repo.commit_all("behave")
    before = repo.state_of_git()
    assert repo.compile().code == 0
    result = repo.drive()
    assert result.code == 0, result.out
    text = repo.read("a.txt")
    assert [name for name in "xyz" if f"edit of {name}\n" in text] == ["x", "y", "z"]
    assert repo.state_of_git() == before
    assert repo.git("status", "--porcelain") == " M a.txt"
    assert repo.paid() == ["x", "y", "z"]
    assert repo.drive().code == 0
    assert repo.paid() == []
    assert not repo.path(".tmp/agents/x/.work").exists()


def test_it_sees_what_is_committed_staged_changed_and_untracked(repo: Repository) -> None:
    repo.write("staged.txt", "staged\n")
    repo.git("add", "staged.txt")
    repo.write("staged.txt", "staged, then changed\n")
    repo.write("new file.txt", "untracked\n")
    repo.write("ignored/secret", "ignored\n")
    repo.write("x.o", "ignored\n")
    repo.path("src/b.txt").unlink()
    repo.plan({"x": []})
    repo.edits(
        "x", "find . -type f ! -path './.git/*' | sort >&2; cat staged.txt >&2; git status -s >&2"
    )
    before = repo.state_of_git()
    repo.compile()
    assert repo.drive().code == 0
    log = repo.read(".tmp/agents/x/log.txt").splitlines()
    seen = [line for line in log if line.startswith("./")]
    ours = ["./agent.sh", "./behave/x", "./plan.json"]
    assert [name for name in seen if name not in ours and not name.startswith("./.tmp/")] == [
        "./.gitignore",
        "./a.txt",
        "./new file.txt",
        "./staged.txt",
    ]
    assert log[-1] == "staged, then changed"
    assert repo.state_of_git() == before


def test_a_failure_leaves_nothing_in_the_project(repo: Repository) -> None:
    repo.plan({"x": []})
    repo.behave("x", "echo half >a.txt; echo new >new.txt; exit 1")
    repo.compile()
    result = repo.drive()
    assert result.code != 0
    assert repo.read("a.txt") == LINES
    assert not repo.path("new.txt").exists()
    assert repo.read(".tmp/agents/x/.work/tree/a.txt") == "half\n"
    assert ".tmp/agents/x/.work/tree" in repo.read(".tmp/agents/x/log.txt")
    repo.edits("x", "test ! -e new.txt && echo whole >>a.txt")
    assert repo.drive().code == 0
    assert repo.read("a.txt") == LINES + "whole\n"


def test_a_check_runs_in_the_workspace(repo: Repository) -> None:
    repo.plan({"x": {"check": 'grep -q good a.txt && test -s "$WAVEMAKE_OUTPUT"'}})
    repo.edits("x", "echo bad >>a.txt")
    repo.compile()
    assert repo.drive().code != 0
    assert repo.read("a.txt") == LINES
    repo.edits("x", "echo good >>a.txt")
    assert repo.drive().code == 0
    assert repo.read("a.txt") == LINES + "good\n"


def test_what_a_check_refused_is_corrected_in_place(repo: Repository) -> None:
    repo.plan({"x": {"check": "test $(wc -l <count) = 2", "retries": 2}})
    repo.edits("x", "echo once >>count")
    repo.compile()
    assert repo.drive().code == 0
    assert repo.read("count") == "once\nonce\n"


def test_every_kind_of_edit(repo: Repository) -> None:
    repo.write("gone.txt", "x\n")
    repo.write("folder/one", "x\n")
    repo.write("file", "x\n")
    repo.write("run.sh", "x\n")
    repo.plan({"x": []})
    repo.edits(
        "x",
        """
rm gone.txt; git mv -f src/b.txt 'src/c d.txt' 2>/dev/null || mv src/b.txt 'src/c d.txt'
rm -r folder; echo now a file >folder; rm file; mkdir file; echo deep >file/deep
chmod +x run.sh; ln -s a.txt link; printf '\\0\\1binary' >bin; mkdir -p ü/n; echo u >ü/n/é
touch "$(printf 'two\\nlines')"; echo ignored >x.o; printf '%s' tab >"$(printf 'a\\tb\\\\c"d')"
""",
    )
    repo.compile()
    result = repo.drive()
    assert result.code == 0, result.out
    assert not repo.path("gone.txt").exists()
    assert not repo.path("src/b.txt").exists()
    assert repo.read("src/c d.txt") == LINES
    assert repo.read("folder") == "now a file\n"
    assert repo.read("file/deep") == "deep\n"
    assert repo.path("run.sh").stat().st_mode & 0o111
    assert repo.path("link").is_symlink()
    assert repo.path("bin").read_bytes() == b"\0\1binary"
    assert repo.read("ü/n/é") == "u\n"
    assert repo.path("two\nlines").exists()
    assert repo.read('a\tb\\c"d') == "tab"
    assert not repo.path("x.o").exists()


def test_a_person_edits_meanwhile(repo: Repository) -> None:
    repo.plan({"x": []})
    repo.edits(
        "x", f"{change(5, 'of the agent')}\n{change(25, 'of a person', str(repo.path('a.txt')))}"
    )
    repo.compile()
    assert repo.drive().code == 0
    text = repo.read("a.txt")
    assert "of the agent\n" in text
    assert "of a person\n" in text


def test_its_edits_of_what_it_reads_are_no_news_to_it(repo: Repository) -> None:
    del repo.env["WAVEMAKE_STORE"]
    repo.plan({"x": ["a.txt"], "y": ["x", "a.txt"]})
    for number, name in enumerate("xy"):
        repo.edits(name, change(10 * number + 5, f"edit of {name}"))
    repo.commit_all("behave")
    repo.compile()
    assert repo.drive().code == 0
    assert repo.paid() == ["x", "y"]
    assert repo.drive().code == 0
    assert repo.paid() == []
    repo.git("checkout", "-q", "a.txt")
    assert repo.drive().code == 0
    assert repo.paid() == []
    assert "edit of x\n" in repo.read("a.txt")
    assert "edit of y\n" in repo.read("a.txt")
    assert repo.drive().code == 0
    assert repo.paid() == []
    repo.write("a.txt", repo.read("a.txt").replace("line 20\n", "edit of a person\n"))
    assert repo.drive().code == 0
    assert repo.paid() == ["x", "y"]


def test_what_a_person_edits_meanwhile_is_news_to_its_reader(repo: Repository) -> None:
    repo.plan({"x": ["a.txt"]})
    by_a_person = change(25, "of a person", str(repo.path("a.txt")))
    repo.edits("x", f"{change(5, 'of the agent')}\n{by_a_person}")
    repo.commit_all("behave")
    repo.compile()
    assert repo.drive().code == 0
    assert repo.paid() == ["x"]
    assert not repo.is_up_to_date()
    repo.edits("x", "true")
    assert repo.drive().code == 0
    assert repo.paid() == ["x"]
    assert repo.is_up_to_date()
    assert "of a person\n" in repo.read("a.txt")


def test_a_conflict_overwrites_nothing(repo: Repository) -> None:
    repo.plan({"x": []})
    repo.edits(
        "x", f"{change(5, 'of the agent')}\n{change(5, 'of a person', str(repo.path('a.txt')))}"
    )
    repo.compile()
    before = repo.state_of_git()
    result = repo.drive()
    assert result.code != 0
    assert repo.status("x")["state"] == "conflict"
    assert "a.txt" in repo.status("x")["reason"]
    assert "of a person\n" in repo.read("a.txt")
    assert "<<<<" not in repo.read("a.txt")
    assert repo.state_of_git() == before
    assert repo.paid() == ["x"]
    assert repo.drive().code != 0
    assert repo.paid() == []
    repo.write("a.txt", LINES)
    assert repo.drive().code == 0
    assert repo.paid() == []
    assert "of the agent\n" in repo.read("a.txt")


def test_what_is_ignored_is_not_overwritten(repo: Repository) -> None:
    repo.write("ignored/notes", "precious\n")
    repo.plan({"x": []})
    repo.edits("x", "rm .gitignore; mkdir -p ignored; echo mine >ignored/notes")
    repo.compile()
    assert repo.drive().code != 0
    assert repo.status("x")["state"] == "conflict"
    assert repo.read("ignored/notes") == "precious\n"
    assert repo.path(".gitignore").exists()


def test_approval_after_holds_the_edits_back(repo: Repository) -> None:
    repo.plan({"x": {"approve": "after"}})
    repo.edits("x", "echo more >>a.txt")
    repo.compile()
    assert repo.drive().code != 0
    assert repo.status("x")["state"] == "waiting"
    assert repo.read("a.txt") == LINES
    assert "+more" in repo.read(".tmp/agents/x/changes.patch")
    assert repo.drive("approve-x").code == 0
    assert repo.drive().code == 0
    assert repo.read("a.txt") == LINES + "more\n"
    assert repo.paid() == ["x"]


def test_edits_that_wait_are_tried_against_each_other(repo: Repository) -> None:
    wait = {"approve": "after"}
    repo.plan({"x": wait, "y": wait, "z": [], "other": wait})
    for name in "xyz":
        repo.edits(name, change(5, f"of {name}"))
    repo.edits("other", change(25, "of the other"))
    repo.compile()
    for name in ("other", "x", "y"):
        assert repo.drive(name).code != 0
    goal = {"make": "make", "ninja": "sh .tmp/agents/runtime/ninja.sh"}[repo.backend]

    def reasons(*names: str) -> list[str]:
        return [repo.status(name)["reason"].replace(f"{goal} ", "make ") for name in names]

    first = reasons("x", "y")
    assert "conflict with those of x" in repo.read(".tmp/agents/summary.md")
    result = repo.drive("z")
    assert result.code == 0, result.out
    repo.drive()
    later = reasons("x", "y", "other")
    expect_words("workspace/conflicts-of-approvals", first, result.having("z: "), later)
    assert repo.read("a.txt") == LINES.replace("line 5\n", "of z\n")
    assert repo.paid() == ["other", "x", "y", "z"]


def test_a_reader_is_given_the_edits(repo: Repository) -> None:
    repo.plan({"x": [], "y": [{"agent": "x", "as": "diff"}]})
    repo.edits("x", "echo more >>a.txt")
    repo.behave("y", 'cat "$prompt"')
    repo.compile()
    assert repo.drive().code == 0
    assert "===== input diff x " in repo.output("y")
    assert "\n+more\n" in repo.output("y")
    repo.paid()
    repo.edits("x", "echo less >>a.txt")
    assert repo.drive("x", "FORCE=1").code == 0
    assert repo.drive().code == 0
    assert repo.paid() == ["x", "y"]


def test_copies_links_and_setup(repo: Repository) -> None:
    repo.write("ignored/env", "secret\n")
    repo.write("modules.o/m", "module\n")
    workspace = {
        "copy": "ignored/env",
        "link": ["modules.o"],
        "setup": "echo setting up; echo s >s.o",
    }
    repo.plan({"x": {"workspace": workspace}})
    repo.edits(
        "x", "cat ignored/env modules.o/m s.o >seen; test -h modules.o; echo x >>ignored/env"
    )
    repo.compile()
    result = repo.drive()
    assert result.code == 0, result.out
    assert repo.read("seen") == "secret\nmodule\ns\n"
    assert repo.read("ignored/env") == "secret\n"
    assert "setting up" in repo.read(".tmp/agents/x/log.txt")
    assert repo.git("status", "--porcelain", "seen") == "?? seen"


def test_a_setup_that_fails_fails_the_agent(repo: Repository) -> None:
    repo.plan({"x": {"workspace": {"setup": "echo no network >&2; exit 3"}}})
    repo.compile()
    assert repo.drive().code != 0
    assert "its setup failed (3)" in repo.status("x")["reason"]
    assert "no network" in repo.read(".tmp/agents/x/log.txt")
    assert repo.paid() == []


def test_its_git_is_its_own(repo: Repository) -> None:
    repo.write(".git/hooks/pre-commit", '#!/bin/sh\ntouch "$HOME/hooked"\n')
    repo.path(".git/hooks/pre-commit").chmod(0o755)
    repo.plan({"x": []})
    repo.edits(
        "x",
        """
echo more >>a.txt; git log --oneline >&2; git diff --stat >&2
git -c user.name=x -c user.email=x@y commit -qam mine; git branch other; git tag t; git stash
git reset -q --hard HEAD; git gc -q; git config core.hooksPath /tmp; git branch -D main; rm -rf .git/refs/*
rm -rf .git; git init 2>/dev/null; git rev-parse --show-toplevel >&2
""",
    )
    repo.commit_all("two")
    before = repo.state_of_git()
    repo.path("../hooked").unlink()
    repo.compile()
    result = repo.drive()
    assert result.code == 0, result.out
    assert repo.state_of_git() == before
    assert repo.read("a.txt") == LINES + "more\n"
    assert not repo.path("../hooked").exists()
    assert "two" in repo.read(".tmp/agents/x/log.txt")


def test_outputs_that_git_ignores_are_merged(repo: Repository) -> None:
    repo.plan({"x": {"outputs": ["ignored/made"]}, "y": {"reads": ["ignored/made"]}})
    repo.edits("x", "mkdir -p ignored; echo made >ignored/made; echo other >ignored/other")
    repo.behave("y", 'cat "$prompt" ignored/made >&2; cat ignored/made')
    repo.compile()
    result = repo.drive()
    assert result.code == 0, result.out
    assert repo.output("y") == "made\n"
    assert not repo.path("ignored/other").exists()


# --- commits ---


def committing(repo: Repository, **keys: object) -> None:
    repo.plan({"x": {"workspace": {"commit": True, **keys}, "task": "Change the file."}})
    repo.edits("x", f"{change(5, 'of the agent')}; echo new >new.txt")
    repo.compile()


def test_edits_become_a_commit(repo: Repository) -> None:
    committing(repo, author="Bot <bot@example.org>")
    repo.commit_all("two")
    repo.write("staged.txt", "staged\n")
    repo.write("a.txt", LINES.replace("line 20\n", "staged\n"))
    repo.git("add", "staged.txt", "a.txt")
    repo.write("src/b.txt", "changed\n")
    result = repo.drive()
    assert result.code == 0, result.out
    assert repo.git("log", "-1", "--format=%an <%ae> %cn%n%B").splitlines() == [
        "Bot <bot@example.org> A Person",
        "x: Change the file.",
        "",
        "Wavemake-Agent: x",
    ]
    assert repo.git("show", "--name-only", "--format=") == "a.txt\nnew.txt"
    status = repo.git("status", "--porcelain").splitlines()
    assert status == ["M  a.txt", " M src/b.txt", "A  staged.txt"]
    assert "staged" in repo.git("show", ":a.txt")
    assert "of the agent" in repo.git("show", ":a.txt")
    assert repo.git("show", "HEAD:a.txt") == LINES.replace("line 5\n", "of the agent\n").strip()
    assert repo.git("fsck", "--no-dangling") == ""
    assert repo.drive().code == 0
    assert repo.git("rev-list", "--count", "HEAD") == "3"


def test_edits_of_what_is_not_committed_are_not_committed(repo: Repository) -> None:
    repo.write("a.txt", LINES.replace("line 5\n", "of a person\nline 5\n"))
    committing(repo)
    head = repo.git("rev-parse", "HEAD")
    result = repo.drive()
    assert result.code == 0, result.out
    assert "not committed" in result.out
    assert repo.git("rev-parse", "HEAD") == head
    assert "of the agent" in repo.read("a.txt")


def test_no_commit_without_a_branch(repo: Repository) -> None:
    committing(repo)
    repo.git("checkout", "-q", "--detach")
    assert repo.drive().code != 0
    assert "HEAD is detached" in repo.status("x")["reason"]
    assert repo.paid() == []


# --- what cannot be ---


def test_a_rebase_under_way_loses_nothing(repo: Repository) -> None:
    repo.plan({"x": []})
    repo.edits("x", f"echo more >>a.txt; mkdir {repo.path('.git/rebase-merge')}")
    repo.compile()
    assert repo.drive().code != 0
    expect_words("workspace/rebase", repo.status("x")["reason"])
    assert repo.read("a.txt") == LINES
    assert repo.drive().code != 0
    repo.path(".git/rebase-merge").rmdir()
    result = repo.drive()
    assert result.code == 0, result.out
    assert repo.read("a.txt") == LINES + "more\n"
    assert repo.paid() == ["x"]


def test_a_repository_within_it_is_refused_by_name(repo: Repository) -> None:
    repo.git("init", "-q", "inner dir")
    identity = ("-c", "user.name=x", "-c", "user.email=x@y")
    repo.git("-C", "inner dir", *identity, "commit", "-q", "--allow-empty", "-m", "x")
    repo.write("inner dir/file", "inner\n")
    repo.plan({"x": []})
    repo.compile()
    assert repo.drive().code != 0
    expect_words("workspace/inner-repository", repo.status("x")["reason"])
    assert repo.paid() == []
    repo.plan({"x": {"workspace": {"copy": ["inner dir"]}}})
    repo.edits(
        "x",
        "git init -q mine; git -C mine -c user.name=x -c user.email=x@y commit -q --allow-empty -m x",
    )
    repo.compile()
    assert repo.drive().code != 0
    expect_words("workspace/repository-made", repo.status("x")["reason"].partition(" (")[0])
    repo.plan({"x": {"task": "Look.", "workspace": {"copy": ["inner dir"]}}})
    repo.edits("x", "cat 'inner dir/file' >seen")
    repo.compile()
    result = repo.drive()
    assert result.code == 0, result.out
    assert repo.read("seen") == "inner\n"


def test_marks_by_which_git_overlooks_changes(repo: Repository) -> None:
    repo.git("update-index", "--assume-unchanged", "a.txt")
    repo.git("update-index", "--skip-worktree", "src/b.txt")
    repo.write("a.txt", "one\n")
    repo.write("src/b.txt", "two\n")
    repo.plan({"x": []})
    repo.edits("x", "cat a.txt src/b.txt >seen; echo three >>src/b.txt")
    before = repo.state_of_git()
    repo.compile()
    assert repo.drive().code == 0
    assert repo.read("seen") == "one\ntwo\n"
    assert repo.read("src/b.txt") == "two\nthree\n"
    assert repo.state_of_git() == before


@pytest.mark.parametrize(
    "cone", [("--no-cone", "/*", "!/src/"), ("--cone", "--sparse-index", "behave")]
)
def test_a_sparse_checkout_stays_sparse(repo: Repository, cone: tuple[str, ...]) -> None:
    """What an agent makes outside of it is there all the same."""
    repo.plan({"x": [], "y": ["x"]})
    repo.edits(
        "x",
        "test ! -e src/b.txt; git status --short >&2; echo more >>a.txt; mkdir -p src; echo new >src/new",
    )
    repo.edits("y", "echo y >>src/new")
    repo.commit_all("two")
    repo.git("sparse-checkout", "set", *cone)
    before = repo.state_of_git()
    repo.compile()
    result = repo.drive()
    assert result.code == 0, result.out
    assert repo.git("status", "--porcelain") == " M a.txt\n?? src/new"
    assert repo.read("src/new") == "new\ny\n"
    assert not repo.path("src/b.txt").exists()
    assert repo.drive("undo-y").code == 0
    assert repo.read("src/new") == "new\n"
    assert repo.state_of_git() == before


def test_a_project_in_a_folder_of_its_repository(tmp_path: pathlib.Path) -> None:
    outer = Repository(tmp_path / "outer")
    outer.write("common.txt", "common\n")
    project = Repository(tmp_path / "outer" / "my part")
    project.plan({"x": {"outputs": ["made.txt"]}, "y": {"reads": ["made.txt"]}})
    project.edits("x", "cat ../common.txt >made.txt; echo more >>../common.txt")
    project.edits("y", "cat made.txt >&2")
    (tmp_path / "outer/my part/.git").rename(tmp_path / "unused")
    outer.commit_all()
    project.compile()
    result = project.make()
    assert result.code == 0, result.out
    assert project.read("made.txt") == "common\n"
    assert outer.read("common.txt") == "common\nmore\n"


def test_clean_keeps_edits_that_are_not_merged(repo: Repository) -> None:
    repo.plan({"x": [], "y": []})
    repo.edits(
        "x", f"{change(5, 'of the agent')}\n{change(5, 'of a person', str(repo.path('a.txt')))}"
    )
    repo.behave("y", "exit 1")
    repo.compile()
    repo.drive()
    assert repo.drive("clean").code == 0
    assert repo.path(".tmp/agents/x/.work/tree").exists()
    assert not repo.path(".tmp/agents/y/.work").exists()
    repo.write("a.txt", LINES)
    repo.edits("y", "")
    assert repo.drive().code == 0
    assert repo.drive("clean").code == 0
    assert not repo.path(".tmp/agents/.workspace").exists()
    assert repo.paid() == ["x", "y", "y"]


# --- conflicts ---


def rivals(repo: Repository, **keys: object) -> None:
    """Two agents that change one line; y has ended when x does."""
    repo.plan({"x": keys, "y": []})
    wait = f"until test -e {repo.path('.tmp/agents/y/output.md')}; do sleep 0.1; done"
    repo.edits("x", f"{change(5, 'of x')}; {wait}")
    repo.edits(
        "y",
        f"until test -e {repo.path('.tmp/agents/x/.work/since')}; do sleep 0.1; done; {change(5, 'of y')}",
    )
    repo.compile()


def test_a_conflict_is_booked_once(repo: Repository) -> None:
    answer = {"type": "result", "subtype": "success", "is_error": False, "result": "done"}
    cli = f"echo '{json.dumps({**answer, 'total_cost_usd': 0.25})}'"
    by_a_person = change(5, "of a person", str(repo.path("a.txt")))
    repo.write("cli.sh", f"{change(5, 'of the agent')}\n{by_a_person}\necho x >>$PAID_LOG\n{cli}\n")
    repo.plan(
        {"x": {"runner": "mine"}},
        runners={"mine": {"command": ["sh", "cli.sh"], "envelope": "claude"}},
        budget={"usd": 1, "per": "day"},
    )
    repo.commit_all("behave")
    repo.compile()
    for _ in range(3):
        assert repo.drive().code != 0
    assert repo.paid() == ["x"]
    assert json.loads(repo.wavemake("status", "--json").out)["budget"]["usd"]["spent"] == 0.25


def test_a_conflict_names_the_other_agent(repo: Repository) -> None:
    rivals(repo)
    result = repo.drive("-j2")
    assert result.code != 0
    reason = repo.status("x")["reason"]
    assert "conflict with y in" in reason
    kept = re.search(r"kept in ([^;]*);", reason)
    assert kept
    assert "of x" in repo.read(kept[1])
    assert "merged again" in repo.wavemake("why", "x").out
    assert "1 conflict" in result.out
    assert "conflict" in repo.drive("status").out
    assert "of y" in repo.read("a.txt")
    shown = repo.wavemake("status")
    assert "conflict" in shown.out
    assert repo.wavemake("report", "-o", "report.html").code == 0
    assert "s-conflict" in repo.read("report.html")


def test_a_conflict_is_resolved_by_another_try(repo: Repository) -> None:
    rivals(repo, on_conflict="resolve")
    repo.edits(
        "x",
        f"""
if grep -q '<<<<<<<' a.txt; then
  cp "$prompt" asked; sed -e '/^<<<<<<</d' -e '/^=======/d' -e '/^>>>>>>>/d' a.txt >n; mv n a.txt
else
  {change(5, "of x")}; until test -e {repo.path(".tmp/agents/y/output.md")}; do sleep 0.1; done
fi""",
    )
    result = repo.drive("-j2")
    assert result.code == 0, result.out
    text = repo.read("a.txt")
    assert "of x" in text
    assert "of y" in text
    assert "<<<<" not in text
    assert "conflict with others" in repo.read("asked")
    assert repo.paid() == ["x", "x", "y"]
    assert repo.status("x")["attempts"] == 2


def test_markers_that_are_left_are_not_merged(repo: Repository) -> None:
    rivals(repo, on_conflict="resolve")
    assert repo.drive("-j2").code != 0
    assert "conflict markers in a.txt" in repo.status("x")["reason"]
    assert "<<<<" not in repo.read("a.txt")
    assert repo.paid() == ["x", "x", "y"]


# --- what is seen of edits ---


def test_changes_are_shown(repo: Repository) -> None:
    repo.plan({"x": [], "y": {"workspace": "project"}})
    repo.edits("x", "echo '<b>' >>a.txt; echo new >'n w'; rm src/b.txt")
    repo.compile()
    assert repo.drive().code == 0
    stat = repo.wavemake("changes", "--stat")
    expect_words("workspace/changes", stat.out)
    patch = repo.wavemake("changes", "x").out
    assert patch == repo.read(".tmp/agents/x/changes.patch")
    assert repo.wavemake("changes", "y").code == 2
    assert "3 files, +2 -30" in repo.read(".tmp/agents/summary.md")
    assert repo.status("x")["files"] == 3
    repo.wavemake("report", "-o", "report.html")
    page = repo.read("report.html")
    assert '<span class="add">+&lt;b&gt;</span>' in page
    assert "Changed files" in page


def test_what_changed_in_place_is_shown(repo: Repository) -> None:
    """By one agent if it was alone, else during the run; what had changed before is not shown."""
    repo.write("before.txt", "x\n")
    os.utime(repo.path("before.txt"), (1e9, 1e9))
    project = {"workspace": "project"}
    repo.plan({"x": project})
    repo.edits("x", "echo more >>a.txt; echo new >'n w'; rm src/b.txt")
    repo.compile()
    for name in ("plan.json", "behave/x"):
        os.utime(repo.path(name), (1e9, 1e9))
    before = repo.state_of_git()
    assert repo.drive().code == 0
    expect_words("workspace/changes-of-a-run", repo.wavemake("changes", "--stat").out)
    patch = repo.wavemake("changes", "x").out
    assert "+more" in patch
    assert "b.txt" not in patch
    assert repo.state_of_git() == before
    repo.plan({"x": project, "y": project})
    for name in "xy":  # Neither ends before the other has begun.
        repo.edits(
            name, 'echo two >>a.txt; until [ "$(grep -c two a.txt)" = 2 ]; do sleep 0.1; done'
        )
    repo.compile()
    assert repo.drive("-j2", "FORCE=1").code == 0
    assert "during the run  a.txt " in repo.wavemake("changes", "--stat").out
    assert repo.wavemake("changes", "y").code == 2


# --- edits that are gone, or are taken out ---


def edited(repo: Repository) -> None:
    """Two agents that changed one file, at two places."""
    repo.plan({"x": [], "y": ["x"]})
    repo.edits("x", f"{change(5, 'of x')}; echo x >new.txt")
    repo.edits("y", change(25, "of y"))
    repo.commit_all("two")
    repo.compile()
    assert repo.drive().code == 0
    assert repo.paid() == ["x", "y"]


def test_edits_that_are_gone_are_applied_again(repo: Repository) -> None:
    edited(repo)
    repo.git("checkout", "-q", ".")
    repo.path("new.txt").unlink()
    assert not repo.is_up_to_date() or repo.backend == "ninja"
    result = repo.drive()
    assert result.code == 0, result.out
    assert "in it again" in result.out
    text = repo.read("a.txt")
    assert "of x" in text
    assert "of y" in text
    assert repo.read("new.txt") == "x\n"
    assert repo.paid() == []
    result = repo.drive()
    assert "nothing to do" in result.out
    repo.write("a.txt", repo.read("a.txt").replace("of x", "of x, by a person"))
    assert repo.drive().code == 0
    assert "of x, by a person" in repo.read("a.txt")
    assert repo.paid() == []


def fates(repo: Repository) -> dict[str, str]:
    """What preview says of each agent. It writes nothing, and leaves no lock."""
    before = sorted(repo.path(".tmp").rglob("*"))
    reported = json.loads(repo.wavemake("preview", "--json").out)
    assert sorted(repo.path(".tmp").rglob("*")) == before
    return {each["name"]: each["fate"] for each in reported["agents"]}


def test_preview_predicts_a_replay(repo: Repository) -> None:
    edited(repo)
    assert fates(repo) == {"x": "up to date", "y": "up to date"}
    repo.git("checkout", "-q", ".")
    expected = {"x": "replay", "y": "replay"}
    assert fates(repo) == expected
    assert repo.wavemake("preview").lines()[-1].startswith("nothing to run")
    assert repo.drive().code == 0
    assert repo.paid() == []
    assert fates(repo) == {"x": "up to date", "y": "up to date"}
    repo.path("new.txt").unlink()
    repo.write("a.txt", LINES.replace("line 5\n", "of a person\n"))
    assert fates(repo)["x"] == "run"
    expect_words("preview/edits-gone", repo.wavemake("preview", "x").having("  x"))
    assert repo.drive("undo-x").code != 0
    assert repo.drive("clean").code == 0
    repo.git("checkout", "-q", ".")
    assert fates(repo) == expected
    repo.drive()
    assert repo.paid() == []


def test_preview_names_agents_that_changed_one_file(repo: Repository) -> None:
    repo.plan({"x": {"outputs": ["src/made"]}, "y": {"outputs": ["src"]}, "z": ["x"]})
    for name in "xyz":
        repo.edits(name, f"echo {name} >>'{name}.txt'; echo {name} >>src/b.txt")
    repo.compile()
    expect_words("preview/both-change", repo.wavemake("preview").having("may run at once"))
    repo.plan({"x": [], "y": [], "z": ["x"]})
    repo.edits("y", "echo >>b")
    repo.edits("x", "echo >>b; echo >>c; rm src/b.txt")
    repo.edits("z", "cat c && rm c")
    repo.compile()
    assert [repo.drive(name).code for name in "xyz"] == [0, 0, 0]
    reported = json.loads(repo.wavemake("preview", "--json", "--force").out)
    assert reported["overlaps"] == [{"agents": ["x", "y"], "files": ["b"]}]


def test_a_clone_without_the_edits_gets_them(repo: Repository, tmp_path: pathlib.Path) -> None:
    edited(repo)
    repo.write(".gitignore", ".ninja_*\n*.o\nignored/\n")
    repo.git("add", ".tmp", ".gitignore", "Makefile" if repo.backend == "make" else "build.ninja")
    repo.git("commit", "-q", "-m", "agents")
    repo.git("clone", "-q", ".", str(tmp_path / "clone"))
    clone = Repository(tmp_path / "clone")
    clone.write("agent.sh", repo.read("agent.sh"))
    clone.write(".gitignore", repo.read(".gitignore"))
    clone.use_backend(repo.backend)
    result = clone.drive()
    assert result.code == 0, result.out
    assert "of x" in clone.read("a.txt")
    assert "of y" in clone.read("a.txt")
    assert clone.paid() == []


def test_edits_are_taken_out_of_a_clone(repo: Repository) -> None:
    """Without the trees between which the edits lie: by the patch."""
    edited(repo)
    assert repo.drive("clean").code == 0
    result = repo.drive("undo-x")
    assert result.code == 0, result.out
    assert repo.read("a.txt") == LINES.replace("line 25\n", "of y\n")
    assert not repo.path("new.txt").exists()
    assert repo.drive().code == 0
    assert "of x" not in repo.read("a.txt")
    repo.write("a.txt", repo.read("a.txt").replace("line 6\n", "of a person\n"))
    result = repo.drive("redo-x")
    assert result.code != 0
    expect_words("workspace/redo-conflicts", result.having("conflict"))
    assert not repo.path("new.txt").exists()
    repo.write("a.txt", LINES.replace("line 25\n", "of y\n"))
    assert repo.drive("redo-x").code == 0
    assert "of x" in repo.read("a.txt")
    assert repo.read("new.txt") == "x\n"
    assert repo.drive().code == 0
    assert repo.paid() == []


def test_edits_that_are_gone_and_conflict_are_paid_again(repo: Repository) -> None:
    edited(repo)
    repo.path("new.txt").unlink()
    repo.write("a.txt", LINES.replace("line 5\n", "of a person\n"))
    repo.edits("x", "echo again >new.txt")
    result = repo.drive()
    assert result.code == 0, result.out
    expect_words("workspace/edits-gone", result.having("conflict"))
    assert repo.read("new.txt") == "again\n"
    assert "of a person" in repo.read("a.txt")
    assert "x" in repo.paid()


def test_edits_are_taken_out_and_put_back(repo: Repository) -> None:
    edited(repo)
    before = repo.state_of_git()
    result = repo.drive("undo-x")
    assert result.code == 0, result.out
    assert repo.read("a.txt") == LINES.replace("line 25\n", "of y\n")
    assert not repo.path("new.txt").exists()
    assert repo.drive().code == 0
    assert "of x" not in repo.read("a.txt")
    assert "out of the project" in repo.drive("status").out
    assert "out of the project" in repo.wavemake("status").out
    assert repo.drive("undo-x").code != 0
    assert repo.drive("x", "FORCE=1").code == 0
    assert repo.paid() == ["x"]
    assert "of x" not in repo.read("a.txt")
    result = repo.drive("redo-x")
    assert result.code == 0, result.out
    assert "of x" in repo.read("a.txt")
    assert "of y" in repo.read("a.txt")
    assert repo.read("new.txt") == "x\n"
    assert repo.drive().code == 0
    assert repo.paid() == []
    assert repo.state_of_git() == before


def test_what_others_build_on_is_not_taken_out(repo: Repository) -> None:
    edited(repo)
    text = repo.read("a.txt").replace("of x", "of x, by a person")
    repo.write("a.txt", text)
    result = repo.drive("undo-x")
    assert result.code != 0
    assert "a.txt" in result.out
    assert repo.read("a.txt") == text
    assert repo.path("new.txt").exists()


@pytest.mark.parametrize("repo", ["make"], indirect=True)
def test_messages_name_the_goals_of_a_fragment(repo: Repository) -> None:
    rivals(repo)
    repo.write("own.mk", "include .tmp/agents/agents.mk\n")
    assert repo.make("-f", "own.mk", "-k", "-j2", "wavemake").code != 0
    assert "WAVEMAKE_FORCE=x" in repo.status("x")["reason"]
    assert "make wavemake-redo-y" in repo.make("-f", "own.mk", "wavemake-undo-y").out


def test_undo_is_a_command_as_well(repo: Repository) -> None:
    edited(repo)
    result = repo.wavemake("undo", "x")
    assert result.code == 0
    assert "wavemake undo x --redo" in result.out
    assert "of x" not in repo.read("a.txt")
    assert repo.wavemake("undo", "x").code == 1
    assert repo.wavemake("undo", "x", "--redo").code == 0
    assert "of x" in repo.read("a.txt")
    assert repo.wavemake("undo", "z").code == 2


def test_edits_that_are_taken_out_are_shown_as_such(repo: Repository) -> None:
    edited(repo)
    assert "undone" not in repo.wavemake("changes", "x").out
    assert repo.drive("undo-x").code == 0
    lines = repo.wavemake("changes", "--stat").lines()
    assert [line.split()[0] for line in lines if line.endswith("(undone)")] == ["x", "x"]
    assert lines[-1].startswith("1 file changed, 1 line added")
    shown = repo.wavemake("changes", "x").out
    assert shown.startswith("# x (undone)\n")
    repo.write("x.patch", shown)
    repo.git("apply", "x.patch")
    assert "of x" in repo.read("a.txt")


def test_there_is_nothing_to_take_out_of_an_agent_without_edits(repo: Repository) -> None:
    repo.plan({"x": []})
    repo.commit_all("one")
    repo.compile()
    assert repo.drive().code == 0
    result = repo.wavemake("undo", "x")
    assert result.code == 1
    assert "nothing to take out" in result.out
    assert repo.drive("undo-x").code != 0
    assert not repo.path(".tmp/agents/x/undone").exists()
