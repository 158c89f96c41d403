"""What agents do to their workspaces that nobody asked for: the project stays whole, and messages say why."""

from __future__ import annotations

import os
import pathlib
import shutil

import pytest

from tests.harness import absent
from tests.repository import Repository

pytestmark = pytest.mark.slow

LINES = "".join(f"line {n}\n" for n in range(1, 31))


@pytest.fixture
def repo(tmp_path: pathlib.Path) -> Repository:
    """A repository with a commit and a plan of one agent, x."""
    project = Repository(tmp_path / "project")
    project.write("a.txt", LINES)
    project.write("src/b.txt", LINES)
    project.plan({"x": []})
    project.commit_all()
    assert project.compile().code == 0
    return project


def without_privileges(repo: Repository) -> None:
    """Root may write everywhere: make runs without that right, as for everybody else."""
    if os.geteuid() == 0:
        program = shutil.which("setpriv") or absent("setpriv")
        rights = "-dac_override,-dac_read_search"
        words = [f"--bounding-set={rights}", f"--inh-caps={rights}"]
        repo.make_words = [program, *words, *repo.make_words]


def test_folders_that_may_not_be_written_are_removed(repo: Repository) -> None:
    """As those of Go's modules are made; one of them git ignores."""
    without_privileges(repo)
    repo.edits(
        "x",
        "for d in ignored/mod mod; do mkdir -p $d/a; echo x >$d/a/f; chmod -R a-w $d; done; exit 1",
    )
    assert repo.make().code != 0
    repo.edits("x", "mkdir locked; echo x >locked/f; chmod 000 locked src/b.txt; echo y >>a.txt")
    result = repo.make()
    assert result.code == 0, result.out
    assert "cannot" not in result.out
    assert repo.read("locked/f") == "x\n"
    assert repo.read("src/b.txt") == LINES
    assert not repo.path("mod").exists()
    assert not repo.path(".tmp/agents/x/.work").exists()
    repo.edits("x", "mkdir -p ignored/mod/a; chmod -R a-w ignored; exit 1")
    assert repo.make("FORCE=1").code != 0
    result = repo.make("clean")
    assert result.code == 0, result.out
    assert "cannot" not in result.out
    assert not repo.path(".tmp/agents/x/.work").exists()


def test_a_folder_of_the_project_that_may_not_be_written(repo: Repository) -> None:
    without_privileges(repo)
    repo.edits("x", "echo more >>a.txt; echo new >src/new")
    repo.path("src").chmod(0o555)
    assert repo.make().code != 0
    assert "src/new" in repo.status("x")["reason"]
    assert "Permission denied" in repo.status("x")["reason"]
    repo.path("src").chmod(0o755)
    result = repo.make()
    assert result.code == 0, result.out
    assert repo.read("src/new") == "new\n"
    assert repo.read("a.txt") == LINES + "more\n"
    assert repo.paid() == ["x"]


def test_a_file_of_the_project_that_may_not_be_read_is_named(repo: Repository) -> None:
    without_privileges(repo)
    repo.write("secret/file", "x\n")
    repo.path("secret/file").chmod(0)
    assert repo.make().code != 0
    assert 'open("secret/file"): Permission denied' in repo.status("x")["reason"]
    assert repo.paid() == []


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("mkdir sub; git init -q sub; echo x >sub/f", "a repository of its own in sub"),
        ("rm a.txt; mkfifo a.txt", "a.txt: can only add regular files"),
        ("rm -f ../base", ".work/base is gone"),
        ("rm -rf ../../../.workspace", "something has removed "),
        ("rm -rf ../../../.workspace/objects/??", "cannot write its edits: fatal: "),
        ('here=$PWD; cd /; rm -rf "$here"', "cannot change to "),
    ],
)
def test_what_cannot_be_taken_is_named(repo: Repository, script: str, reason: str) -> None:
    before = repo.state_of_git()
    repo.edits("x", f"echo more >>src/b.txt; {script}")
    result = repo.make()
    assert result.code != 0
    assert reason in repo.status("x")["reason"]
    assert "disk full" not in result.out
    assert repo.read("a.txt") == repo.read("src/b.txt") == LINES
    repo.edits("x", "echo more >>a.txt")
    result = repo.make("FORCE=1")
    assert result.code == 0, result.out
    assert repo.read("a.txt") == LINES + "more\n"
    assert repo.state_of_git() == before


UNTAKEABLE = [
    "git init -q sub; echo x >sub/f",
    "git init -q sub; cd sub; echo x >f; git add f; git -c user.name=x -c user.email=x commit -qm x",
    "rm a.txt; mkfifo a.txt",
]


@pytest.mark.parametrize("script", UNTAKEABLE)
def test_edits_that_cannot_be_taken_are_charged_once(repo: Repository, script: str) -> None:
    """Until somebody puts it right in the workspace, or it is to run again."""
    repo.edits("x", f"echo more >>src/b.txt; {script}")
    for paid in (["x"], [], []):
        result = repo.make()
        assert result.code == 2
        assert repo.paid() == paid
        reason = repo.status("x")["reason"]
        assert reason.startswith("cannot take its edits: ")
        assert reason in result.out
        assert repo.read("src/b.txt") == LINES
    tree = repo.path(".tmp/agents/x/.work/tree")
    assert str(tree.relative_to(repo.folder)) in reason
    if tree.joinpath("sub").exists():
        shutil.rmtree(tree / "sub/.git")
    else:
        tree.joinpath("a.txt").unlink()
    result = repo.make()
    assert result.code == 0, result.out
    assert repo.paid() == []
    assert repo.read("src/b.txt") == LINES + "more\n"
    assert repo.path("sub/f").exists() == ("sub" in script)
    assert "nothing to do" in repo.make().out


@pytest.mark.parametrize("how", ["FORCE", "reject", "input"])
def test_edits_that_cannot_be_taken_are_made_again(repo: Repository, how: str) -> None:
    repo.plan({"x": {"reads": ["./src/b.txt"]}})
    assert repo.compile().code == 0
    repo.edits("x", "rm a.txt; mkfifo a.txt")
    assert repo.make().code == 2
    assert repo.paid() == ["x"]
    repo.edits("x", 'cp "$prompt" prompt.of; echo more >>a.txt')
    match how:
        case "FORCE":
            assert repo.make("FORCE=1").code == 0
        case "reject":
            result = repo.make("reject-x", "WHY=no FIFO")
            assert result.code == 0, result.out
            assert repo.make().code == 0
            assert "no FIFO\n" in repo.read("prompt.of")
            assert "\nanswer of x\n===== end" in repo.read("prompt.of")
        case "input":
            repo.write("src/b.txt", "another\n")
            assert repo.make().code == 0
    assert repo.paid() == ["x"]
    assert repo.read("a.txt") == LINES + "more\n"
    assert "nothing to do" in repo.make().out


def test_odd_things_are_left_out_or_kept_as_they_are(repo: Repository) -> None:
    """FIFOs, sockets, links to outside, names like options, other cases of a name, its own git's settings."""
    outside = repo.folder.parent / "outside"
    outside.mkdir()
    repo.edits(
        "x",
        f"""
mkfifo pipe; ln -s {outside} out; mkdir -p -- '-rf'; echo x >'-rf/-x'; mv a.txt A.TXT
rm -r src; echo file >src; printf 'b' >"$(printf 'bad\\377name')"; echo t >':(top)x'
git config core.worktree /; git config core.bare true; git config core.fsmonitor 'touch {outside}/fsmonitor'
mkdir -p .git/hooks; printf '#!/bin/sh\\ntouch {outside}/hook' >.git/hooks/post-index-change
chmod +x .git/hooks/*; git update-index --assume-unchanged agent.sh; echo '*' >.git/info/exclude
echo '*.x filter=evil' >.gitattributes; git config filter.evil.clean 'touch {outside}/filter; cat'
echo x >f.x
rm -rf .git; ln -s {repo.path(".git")} .git
""",
    )
    before = repo.state_of_git()
    result = repo.make()
    assert result.code == 0, result.out
    assert repo.state_of_git() == before
    assert list(outside.iterdir()) == []
    names = {path.name for path in repo.folder.iterdir()}
    assert {"-rf", "A.TXT", ":(top)x", "bad\udcffname", "f.x"} <= names
    assert not names & {"a.txt", "pipe"}
    assert repo.read("src") == "file\n"
    assert repo.path("out").is_symlink()
    assert repo.path(".git").is_dir()
    result = repo.make()
    assert "nothing to do" in result.out


def test_a_conflict_of_a_file_and_a_folder_names_them(repo: Repository) -> None:
    repo.edits("x", f"rm -r src; echo file >src; echo mine >>{repo.path('src/b.txt')}")
    assert repo.make().code != 0
    assert " yours in src/b.txt, src (" in repo.status("x")["reason"]
    assert repo.read("src/b.txt") == LINES + "mine\n"
