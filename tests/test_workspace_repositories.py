"""Workspaces in repositories of all kinds, on a full disk, on a cluster, and with two makes at once."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.harness import Project
from tests.repository import Repository
from tests.slurm import Slurm

pytestmark = pytest.mark.slow

LINES = "".join(f"line {n}\n" for n in range(1, 31))
# Does what git-lfs does: git has a pointer, the content is beside its objects.
LFS = """#!/bin/sh
store=${GIT_DIR:-$(git rev-parse --absolute-git-dir)}/lfs
case $1 in
  clean)
    mkdir -p "$store"; cat >"$store/new.$$"; sum=$(sha256sum <"$store/new.$$"); sum=${sum%% *}
    mv "$store/new.$$" "$store/$sum"
    printf 'version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 1\n' "$sum" ;;
  smudge) cat "$store/$(sed -n 's/^oid sha256://p')" ;;
esac
"""


@pytest.fixture
def repo(tmp_path: pathlib.Path) -> Iterator[Repository]:
    """A repository with a commit."""
    project = Repository(tmp_path / "project")
    project.write("a.txt", LINES)
    project.write("src/b.txt", LINES)
    project.commit_all()
    yield project
    project.end()


def run_one(repo: Repository, script: str) -> None:
    """Compile and make a plan of one agent, x, that runs `script`: it succeeds, and git is as it was."""
    repo.plan({"x": []})
    repo.edits("x", script)
    before = repo.state_of_git()
    assert repo.compile().code == 0
    result = repo.make()
    assert result.code == 0, result.out
    after = repo.state_of_git()
    assert [key for key in before if before[key] != after[key] and key != "entries"] == []


# --- what a repository may be ---


@pytest.mark.parametrize("has_lfs", [True, False])
def test_files_of_lfs(repo: Repository, tmp_path: pathlib.Path, has_lfs: bool) -> None:
    """With git-lfs an agent sees the content, and without it the pointer, as everybody does."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/git-lfs").write_text(LFS)
    (tmp_path / "tools/git-lfs").chmod(0o755)
    path = repo.env["PATH"]
    repo.env["PATH"] = f"{tmp_path / 'tools'}:{path}"
    for word in ("clean", "smudge"):
        repo.git("config", f"filter.lfs.{word}", f"git-lfs {word} -- %f")
    repo.git("config", "filter.lfs.required", "true")
    repo.write(".gitattributes", "*.bin filter=lfs -text\n")
    repo.write("picture.bin", "pixels\n")
    repo.commit_all("two")
    assert "oid sha256:" in repo.git("show", "HEAD:picture.bin")
    if not has_lfs:
        for word in ("clean", "smudge", "required"):
            repo.git("config", "--unset", f"filter.lfs.{word}")
        repo.path("picture.bin").unlink()
        repo.git("checkout", "-q", ".")
        repo.env["PATH"] = path
    seen = repo.read("picture.bin")
    run_one(repo, "cp picture.bin seen.txt; git status --short >>seen.txt; echo more >>picture.bin")
    assert repo.read("seen.txt") == f"{seen}?? seen.txt\n"
    assert repo.read("picture.bin") == f"{seen}more\n"
    assert ("oid sha256:" in repo.read(".tmp/agents/x/changes.patch")) is True
    assert repo.git("status", "--porcelain", "picture.bin") == " M picture.bin"


def test_a_filter_that_is_missing_is_named(repo: Repository) -> None:
    repo.git("config", "filter.lfs.clean", "no-such-lfs clean")
    repo.git("config", "filter.lfs.required", "true")
    repo.write(".gitattributes", "*.bin filter=lfs\n")
    repo.write("picture.bin", "pixels\n")
    repo.plan({"x": []})
    repo.compile()
    assert repo.make().code != 0
    assert "no-such-lfs clean" in repo.status("x")["reason"]
    assert "picture.bin" in repo.status("x")["reason"]
    assert repo.paid() == []


def test_a_submodule(repo: Repository, tmp_path: pathlib.Path) -> None:
    library = Repository(tmp_path / "library")
    library.write("code.c", "code\n")
    library.commit_all()
    url = str(library.folder)
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, "vendor/lib")
    repo.commit_all("two")
    repo.plan({"x": []})
    repo.compile()
    assert repo.make().code != 0
    assert "vendor/lib is a repository" in repo.status("x")["reason"]
    assert repo.paid() == []
    repo.plan({"x": {"workspace": {"copy": ["vendor/lib"]}}})
    repo.edits("x", "cat vendor/lib/code.c >seen; echo lost >>vendor/lib/code.c")
    repo.compile()
    result = repo.make()
    assert result.code == 0, result.out
    assert repo.read("seen") == repo.read("vendor/lib/code.c") == "code\n"
    # One that is not checked out is missing for the agent as well.
    repo.git("submodule", "--quiet", "deinit", "-f", "vendor/lib")
    repo.plan({"x": []})
    repo.edits("x", "ls vendor/lib >seen; echo more >>a.txt")
    repo.compile()
    assert repo.make("FORCE=1").code == 0
    assert repo.read("seen") == ""


def test_a_linked_worktree_and_a_shallow_clone(repo: Repository, tmp_path: pathlib.Path) -> None:
    repo.write("a.txt", LINES + "more\n")
    repo.commit_all("two")
    repo.git("worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    subprocess.run(
        ["git", "clone", "-q", "--depth=1", f"file://{repo.folder}", str(tmp_path / "shallow")],
        check=True,
    )
    for name in ("linked", "shallow"):
        project = Project(tmp_path / name)
        project.env |= {"PAID_LOG": str(tmp_path / f"{name}.log")}
        project.plan({"x": {"workspace": "worktree"}})
        project.behave("x", "git log --oneline | wc -l >seen; echo it >>a.txt; echo done")
        assert project.compile().code == 0
        result = project.make()
        assert result.code == 0, result.out
        assert project.read("a.txt") == LINES + "more\nit\n"
        assert int(project.read("seen")) == (3 if name == "linked" else 2)
    assert repo.read("a.txt") == LINES + "more\n"


@pytest.mark.parametrize("what", ["no commit", "bare", "gone"])
def test_what_has_become_of_the_repository_since(repo: Repository, what: str) -> None:
    """Compiled in a repository that is none any more when make runs."""
    repo.plan({"x": []})
    repo.compile()
    reason = {
        "no commit": "not a valid object name",
        "bare": "this repository is bare",
        "gone": "not a git repository",
    }[what]
    if what == "no commit":
        repo.git("checkout", "-q", "--orphan", "empty")
    elif what == "bare":
        repo.git("config", "core.bare", "true")
    else:
        shutil.rmtree(repo.path(".git"))
        repo.env["GIT_CEILING_DIRECTORIES"] = str(repo.folder.parent)
    assert repo.make().code != 0
    assert reason in repo.status("x")["reason"]
    assert repo.paid() == []


# --- a full disk ---


@pytest.fixture
def small(tmp_path: pathlib.Path) -> Iterator[Repository]:
    """A repository on a disk of four megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(disk)]
    if (
        os.geteuid() != 0
        or subprocess.run(words, stderr=subprocess.DEVNULL, check=False).returncode
    ):
        pytest.skip("mounting is not allowed")
    try:
        project = Repository(disk / "project")
        project.log = tmp_path / "paid.log"
        project.env["PAID_LOG"] = str(project.log)
        yield project
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_loses_nothing(small: Repository) -> None:
    small.write("a.txt", LINES)
    small.write("big", os.urandom(30_000).hex())
    small.plan({"x": []})
    # An agent that sees that it could not write fails.
    script = "sed 's/^line 5$/of x/' a.txt >n && mv n a.txt && rev big >n && cat n >>big && rm n"
    small.edits("x", f"{script} || exit 1")
    small.commit_all()
    small.compile()
    big = small.read("big")
    before = small.state_of_git()
    filler = small.path("../filler")
    failures = runs = 0
    for pages in (0, 24, 48, 80, 112, 144, 240):
        free = os.statvfs(small.folder)
        filler.write_bytes(b"x" * (free.f_bavail - pages) * free.f_frsize)
        result = small.make()
        runs += 1
        if result.code != 0:
            failures += 1
            assert "is the disk full" in result.out or "exit status 1" in result.out, result.out
        assert small.read("a.txt") in (LINES, LINES.replace("line 5\n", "of x\n"))
        filler.unlink()
        result = small.make()
        assert result.code == 0, result.out
        assert small.read("a.txt") == LINES.replace("line 5\n", "of x\n")
        assert small.read("big") == f"{big}{big[::-1]}"
        assert len(small.paid()) <= 2
        small.git("checkout", "-q", ".")
        small.git("status")
        assert small.state_of_git()["refs"] == before["refs"]
        shutil.rmtree(small.path(".tmp/agents/x"))
        shutil.rmtree(small.path(".tmp/agents/.workspace"))
        small.compile()
    assert 0 < failures < runs


# --- two makes, and a cluster ---


def test_two_makes_at_once(repo: Repository) -> None:
    names = [f"g{n}" for n in range(6)]
    repo.plan({name: [] for name in names})
    for number, name in enumerate(names):
        repo.edits(name, f"sed 's/^line {number * 5 + 1}$/of {name}/' a.txt >n && mv n a.txt")
    repo.commit_all("two")
    before = repo.state_of_git()
    repo.compile()
    makes = [repo.start_make("-j3") for _ in range(2)]
    assert [make.wait() for make in makes] == [0, 0]
    text = repo.read("a.txt")
    assert [name for name in names if f"of {name}\n" in text] == names
    assert repo.paid() == names
    assert repo.state_of_git() == before


def test_a_cluster(repo: Repository, tmp_path_factory: pytest.TempPathFactory) -> None:
    slurm = Slurm(tmp_path_factory.mktemp("slurm"))
    try:
        repo.env |= {name: slurm.env[name] for name in ("SLURM_CONF", "PATH")}
        repo.plan({"x": [], "y": []})
        repo.edits("x", "sed 's/^line 5$/of x/' a.txt >n && mv n a.txt; echo $SLURM_JOB_NAME >job")
        repo.edits("y", "sed 's/^line 25$/of y/' a.txt >n && mv n a.txt")
        repo.compile("--launcher", "slurm")
        result = repo.make("-j2")
        assert result.code == 0, result.out
        assert repo.read("job") == "x\n"
        text = repo.read("a.txt")
        assert "of x\n" in text
        assert "of y\n" in text
        assert repo.paid() == ["x", "y"]
    finally:
        repo.end()
        slurm.end()
