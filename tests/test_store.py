"""The store: what was paid for once is not paid for again, in another checkout or on another machine."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
from collections.abc import Iterator

import pytest

from tests.expectations import expect_words
from tests.harness import Project, Result, wait_for
from tests.repository import Repository

GIT = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_CONFIG_GLOBAL": "/dev/null",
}


@pytest.fixture(autouse=True)
def stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store where it is by default, for each project of these tests."""
    begin = Project.__init__

    def with_store(self: Project, folder: pathlib.Path) -> None:
        begin(self, folder)
        del self.env["WAVEMAKE_STORE"]

    monkeypatch.setattr(Project, "__init__", with_store)


@pytest.fixture
def repository(project: Project) -> Project:
    project.env |= GIT
    project.run(["git", "init", "-q", "."])
    write(project)
    return project


def write(project: Project, task: str = "Do a.") -> None:
    agents = {"a": {"task": task, "reads": [], "outputs": ["out/a b.txt"]}, "b": ["a"]}
    project.plan(agents)
    project.behave(
        "a", 'mkdir -p out; echo "made for $(cksum <"$prompt")" >"out/a b.txt"; echo done\n'
    )


def go(project: Project, *paid: str) -> str:
    """Compile and run; say what was paid for."""
    assert project.compile("-q").code == 0
    done = project.drive()
    assert done.code == 0, done.out
    assert project.paid() == [*paid]
    return done.out


def entries(store: pathlib.Path) -> list[pathlib.Path]:
    return sorted(store.glob("ac/*/*"))


def store_of(project: Project) -> pathlib.Path:
    return project.path(".git/wavemake/store")


@pytest.mark.parametrize("backend", ["make", "ninja"])
def test_edited_and_edited_back(repository: Project, backend: str) -> None:
    repository.use_backend(backend)
    go(repository, "a", "b")
    first = repository.read("out/a b.txt")
    write(repository, "Do something else.")
    go(repository, "a")
    assert repository.read("out/a b.txt") != first
    write(repository)
    out = go(repository)
    expect_words("store/reused", Result(out, 0).having("a reused"))
    assert repository.read("out/a b.txt") == first
    assert repository.status("a")["from"] == "store"
    go(repository)


def test_a_folder_comes_back(repository: Project) -> None:
    def plan(task: str) -> None:
        repository.plan({"a": {"task": task, "reads": [], "outputs": ["site"]}})
        repository.behave(
            "a", 'mkdir -p site/sub; cksum <"$prompt" >"site/sub/a b"; echo x >site/b; echo done\n'
        )

    plan("Do a.")
    go(repository, "a")
    first = repository.read("site/sub/a b")
    plan("Do something else.")
    go(repository, "a")
    plan("Do a.")
    go(repository)
    assert repository.read("site/sub/a b") == first
    repository.run(["git", "clean", "-fdxq", "-e", "agent.sh", "-e", "behave", "-e", "plan.json"])
    assert repository.wavemake("store", "prune", "--max-size", "1G").code == 0
    go(repository)
    assert repository.read("site/b") == "x\n"


@pytest.mark.parametrize("now", ["1\n", "1\nfixed\n", "2\n"])
def test_edits_in_place_come_with_their_answer(repository: Project, now: str) -> None:
    """What an agent edited is edited again, unless a person has changed it since: then the agent runs."""
    repository.write("a.c", "1\n")
    repository.plan({"audit": ["a.c"], "fix": ["audit"]})
    repository.behave("audit", "echo found\n")
    repository.behave("fix", "echo fixed >>a.c; echo done\n")
    go(repository, "audit", "fix")
    shutil.rmtree(repository.path(".tmp"))
    repository.write("a.c", now)
    go(repository, *{"1\n": [], "1\nfixed\n": ["audit"], "2\n": ["audit", "fix"]}[now])
    assert repository.read("a.c") == ("2\nfixed\n" if now == "2\n" else "1\nfixed\n")


def test_everything_is_gone_but_the_repository(repository: Project) -> None:
    go(repository, "a", "b")
    repository.run(["git", "clean", "-fdxq", "-e", "agent.sh", "-e", "behave", "-e", "plan.json"])
    assert not repository.path("out").exists()
    go(repository)
    assert repository.path("out/a b.txt").exists()


def test_an_agent_that_removes_the_agents_folder_costs_no_other_again(repository: Project) -> None:
    repository.plan({"a": [], "b": ["a"]})
    repository.behave("b", "rm -rf .tmp/agents; echo gone")
    assert repository.compile("-q").code == 0
    done = repository.drive()
    assert done.code == 2
    expect_words("run/folder-removed", done.having("wavemake: b:"))
    assert repository.paid() == ["a", "b"]
    assert "compile the plan again" in repository.drive().out
    repository.behave("b", "echo better")
    go(repository, "b")


def test_what_run_compiles_is_what_compile_does(repository: Project) -> None:
    assert repository.wavemake("run", "plan.json").code == 0
    assert repository.compile("--check", "-q").code == 0


@pytest.mark.parametrize("how", ["worktree", "clone", "clone of the worktree"])
def test_another_checkout(repository: Project, tmp_path: pathlib.Path, how: str) -> None:
    repository.run(["git", "add", "agent.sh", "behave", "plan.json"])
    repository.run(["git", "commit", "-qm", "x"])
    go(repository, "a", "b")
    other = tmp_path / "other"
    if how == "clone":
        repository.run(["git", "clone", "-q", ".", str(other)])
    else:
        repository.run(["git", "worktree", "add", "-q", str(other)])
        if how != "worktree":
            repository.run(["git", "clone", "-q", str(repository.folder), str(tmp_path / "third")])
            other = tmp_path / "third"
    there = Project(other)
    there.env |= GIT
    out = go(there)
    assert "2 reused" in out


def test_without_git(tmp_path: pathlib.Path) -> None:
    project = Project(tmp_path / "plain")
    write(project)
    go(project, "a", "b")
    write(project, "Do something else.")
    go(project, "a")
    write(project)
    go(project)
    assert entries(project.path(".tmp/agents/.store"))


def test_off(repository: Project) -> None:
    repository.env["WAVEMAKE_STORE"] = "off"
    go(repository, "a", "b")
    write(repository, "Do something else.")
    go(repository, "a")
    write(repository)
    go(repository, "a")
    assert not store_of(repository).exists()


def test_a_folder_that_is_named(repository: Project, tmp_path: pathlib.Path) -> None:
    repository.env["WAVEMAKE_STORE"] = str(tmp_path / "my store")
    go(repository, "a", "b")
    shutil.rmtree(repository.path(".tmp"))
    go(repository)
    assert entries(tmp_path / "my store")
    assert not store_of(repository).exists()


def test_who_may_only_read_writes_nothing(repository: Project, tmp_path: pathlib.Path) -> None:
    repository.env["WAVEMAKE_STORE"] = str(tmp_path / "shared")
    go(repository, "a", "b")
    before = sorted((tmp_path / "shared").rglob("*"))
    repository.env["WAVEMAKE_STORE_ACCESS"] = "read"
    write(repository, "Do something else.")
    go(repository, "a")
    write(repository)
    go(repository)
    assert sorted((tmp_path / "shared").rglob("*")) == before


def test_force_pays_and_overwrites(repository: Project) -> None:
    go(repository, "a", "b")
    repository.behave("a", 'mkdir -p out; echo other >"out/a b.txt"; echo another answer\n')
    assert repository.make("a", "FORCE=1").code == 0
    assert repository.paid() == ["a"]
    shutil.rmtree(repository.path(".tmp"))
    assert repository.compile("-q").code == 0
    assert repository.make("a").code == 0
    assert repository.paid() == []
    assert repository.output("a") == "another answer\n"


def test_a_failure_is_not_kept(repository: Project) -> None:
    repository.behave("a", "echo half an answer; exit 3\n")
    assert repository.compile("-q").code == 0
    assert repository.make().code != 0
    assert entries(store_of(repository)) == []


def test_an_answer_to_inputs_that_changed_under_way_is_not_kept(project: Project) -> None:
    project.write("in.txt", "before\n")
    project.plan({"a": ["in.txt"]})
    project.behave("a", "echo after >in.txt; echo answer\n")
    assert project.compile("-q").code == 0
    project.make()
    assert entries(project.path(".tmp/agents/.store")) == []


def test_checks_are_run_again(repository: Project) -> None:
    go(repository, "a", "b")
    plan = repository.json("plan.json")
    plan["agents"][0]["check"] = "false"
    repository.write("plan.json", json.dumps(plan))
    shutil.rmtree(repository.path(".tmp"))
    assert repository.compile("-q").code == 0
    done = repository.make("a")
    assert done.code != 0
    expect_words("store/checks-fail", done.having("the store's answer"))


def test_an_approval_is_asked_for_again(repository: Project) -> None:
    plan = repository.json("plan.json")
    plan["agents"][0]["approve"] = "after"
    repository.write("plan.json", json.dumps(plan))
    assert repository.compile("-q").code == 0
    repository.make()
    shutil.rmtree(repository.path(".tmp"))
    repository.paid()
    assert repository.compile("-q").code == 0
    done = repository.make()
    assert "not approved yet" in done.out
    assert repository.paid() == []


DAMAGE = {
    "an entry cut short": ("ac", lambda data: data[: len(data) // 2]),
    "an empty entry": ("ac", lambda data: b""),
    "an entry of another key": ("ac", lambda data: data.replace(b"runner", b"Runner")),
    "an answer with another content": ("cas", lambda data: data + b"!"),
    "an answer cut short": ("cas", lambda data: data[:-1]),
    "an entry that names a path": (
        "ac",
        lambda data: re.sub(rb'"output":"[0-9a-f]*"', b'"output":"../../../../etc/passwd"', data),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "change"), DAMAGE.values(), ids=DAMAGE)
def test_what_is_damaged_is_refused_and_named(
    repository: Project, kind: str, change: object
) -> None:
    go(repository, "a", "b")
    answer = repository.output("a")
    for path in store_of(repository).glob(f"{kind}/*/*"):
        path.write_bytes(change(path.read_bytes()))  # type: ignore[operator]
    shutil.rmtree(repository.path(".tmp"))
    assert repository.compile("-q").code == 0
    done = repository.make()
    assert done.code == 0, done.out
    assert repository.paid() == ["a", "b"]
    assert repository.output("a") == answer
    if "path" not in str(change):
        assert "is refused" in done.out or kind == "ac"


def test_a_link_in_the_store_is_not_followed(repository: Project, tmp_path: pathlib.Path) -> None:
    go(repository, "a", "b")
    for path in store_of(repository).glob("*/*/*"):
        path.rename(tmp_path / path.name)
        path.symlink_to(tmp_path / path.name)
    shutil.rmtree(repository.path(".tmp"))
    go(repository, "a", "b")


def test_two_clones_at_once_pay_once(repository: Project, tmp_path: pathlib.Path) -> None:
    store = tmp_path / "store"
    gate, started = tmp_path / "gate", tmp_path / "started"
    wait = f"echo x >>'{started}'; until [ -e '{gate}' ]; do sleep 0.05; done; echo answer\n"
    projects = [Project(tmp_path / name) for name in ("one", "two")]
    makes = []
    for each in projects:
        each.env["WAVEMAKE_STORE"] = str(store)
        each.plan({"a": []})
        each.behave("a", wait)
        assert each.compile("-q").code == 0
    makes.append(projects[0].start_make())
    wait_for(started.exists, "the first to start")
    makes.append(projects[1].start_make())
    events = projects[1].path(".tmp/agents/events.jsonl")
    wait_for(lambda: events.exists() and '"event":"wait"' in events.read_text(), "a wait")
    gate.touch()
    outs = [make.communicate(timeout=60)[0].decode() for make in makes]
    assert [make.returncode for make in makes] == [0, 0], outs
    assert started.read_text() == "x\n"
    assert "pays for the same" in outs[1]


# --- agents that have a workspace ---

LINES = "".join(f"line {n}\n" for n in range(1, 31))
SED = "sed 's/^line {}$/of {}/' a.txt >new && mv new a.txt"


@pytest.fixture
def editing(tmp_path: pathlib.Path) -> Iterator[Repository]:
    """x edits a.txt; y reads its diff and edits nothing."""
    project = Repository(tmp_path / "project")
    project.write("a.txt", LINES)
    to_edit(project)
    # What a task asks for is in the prompt: first or second.
    first, second = SED.format(5, "first"), f"{SED.format(25, 'second')}; echo x >new.txt"
    project.edits("x", f'if grep -q "Do the first" "$prompt"; then {first}; else {second}; fi')
    project.commit_all()
    yield project
    project.end()


def to_edit(project: Repository, task: str = "Do the first.", **keys: object) -> None:
    project.plan(
        {"x": {"task": task, "reads": [], **keys}, "y": {"reads": [{"agent": "x", "as": "diff"}]}}
    )


def start_again(project: Repository) -> None:
    """The repository as it was committed, without the agents' folder."""
    project.git("checkout", "-q", ".")
    project.path("new.txt").unlink(missing_ok=True)
    shutil.rmtree(project.path(".tmp"))


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["make", "ninja"])
def test_a_task_that_edits_is_edited_back(editing: Repository, backend: str) -> None:
    editing.use_backend(backend)
    go(editing, "x", "y")
    patch = editing.read(".tmp/agents/x/changes.patch")
    to_edit(editing, "Do the second.")
    go(editing, "x", "y")
    to_edit(editing)
    out = go(editing)
    assert "x reused from the" in out
    assert "y reused from the" in out
    assert editing.read(".tmp/agents/x/changes.patch") == patch
    both = LINES.replace("line 5\n", "of first\n").replace("line 25\n", "of second\n")
    assert editing.read("a.txt") == both
    go(editing)
    editing.git("checkout", "-q", ".")
    go(editing)
    assert editing.read("a.txt") == LINES.replace("line 5\n", "of first\n")


@pytest.mark.slow
def test_edits_come_with_their_answer_to_a_clone(
    editing: Repository, tmp_path: pathlib.Path
) -> None:
    go(editing, "x", "y")
    editing.git("clone", "-q", ".", str(tmp_path / "clone"))
    clone = Repository(tmp_path / "clone")
    out = go(clone)
    assert "2 reused" in out
    assert clone.read("a.txt") == LINES.replace("line 5\n", "of first\n")
    before = clone.read(".tmp/agents/x/changes.patch")
    assert before == editing.read(".tmp/agents/x/changes.patch")
    go(clone)
    clone.git("checkout", "-q", ".")
    go(clone)
    assert clone.drive("undo-x").code == 0
    assert clone.read("a.txt") == LINES
    # Edits that the project has already are not applied twice.
    assert clone.drive("redo-x").code == 0
    for path in store_of(clone).glob("cas/*/*"):
        os.utime(path, (0, 0))
    done = clone.wavemake("store", "prune", "--max-size", "1G")
    assert done.out.startswith("removed 0 answers and 0 contents")
    shutil.rmtree(clone.path(".tmp"))
    go(clone)
    assert clone.read("a.txt") == LINES.replace("line 5\n", "of first\n")


def fates(project: Repository) -> dict[str, str]:
    """What preview says of each agent; it writes nothing."""
    before = sorted(project.path(".tmp").rglob("*"))
    found = json.loads(project.wavemake("preview", "--json").out)
    assert sorted(project.path(".tmp").rglob("*")) == before
    return {each["name"]: each["fate"] for each in found["agents"]}


@pytest.mark.slow
def test_preview_knows_what_the_store_has_of_edits(editing: Repository) -> None:
    """And what they make of the files that others read."""
    editing.write("gone.txt", "x\n")
    agents = {"x": [], "y": {"reads": [{"agent": "x", "as": "diff"}]}}
    reader = {"reads": ["./a.txt"], "depends_on": ["x"], "workspace": "project"}
    editing.plan({**agents, "z": reader})
    editing.edits("x", f"{SED.format(5, 'first')}; rm gone.txt; echo x >new.txt")
    editing.commit_all("two")
    go(editing, "x", "y", "z")
    start_again(editing)
    assert editing.compile().code == 0
    assert fates(editing) == {"x": "reuse", "y": "reuse", "z": "reuse"}
    go(editing)
    start_again(editing)
    assert editing.compile().code == 0
    editing.write("a.txt", LINES.replace("line 20\n", "of a person\n"))
    assert fates(editing)["x"] == "reuse"
    assert fates(editing)["z"] == "run"
    go(editing, "z")
    start_again(editing)
    editing.write("a.txt", LINES.replace("line 5\n", "of a person\n"))
    assert editing.compile().code == 0
    assert fates(editing)["x"] == "run"
    go(editing, "x", "y", "z")


@pytest.mark.slow
def test_preview_merges_edits_of_the_store_one_after_the_other(editing: Repository) -> None:
    """Of two agents whose edits conflict with each other, the second runs."""
    for name in "xy":
        editing.plan({name: []})
        editing.edits(name, SED.format(5, name))
        go(editing, name)
        start_again(editing)
    editing.plan({"x": [], "y": []})
    assert editing.compile().code == 0
    assert fates(editing) == {"x": "reuse", "y": "run"}
    done = editing.make()
    assert done.code == 0, done.out
    assert editing.paid() == ["y"]


@pytest.mark.slow
def test_preview_runs_no_code_of_the_folder(editing: Repository) -> None:
    """Not to look at edits that are gone, nor at those in the store."""
    go(editing, "x", "y")
    editing.git("checkout", "-q", ".")
    runtime = editing.path(".tmp/agents/runtime")
    for path in runtime.glob("*.sh"):
        path.write_text(f"touch pwned-{path.name}; exit 1\n")
    assert fates(editing)["x"] == "replay"
    for name in "xy":
        for each in ("output.md", "key", "status.json", "changes.patch"):
            editing.path(f".tmp/agents/{name}/{each}").unlink()
    assert fates(editing)["x"] == "reuse"
    assert not list(editing.folder.glob("pwned*"))


@pytest.mark.slow
def test_edits_that_conflict_are_paid_for_again(editing: Repository) -> None:
    go(editing, "x", "y")
    start_again(editing)
    mine = LINES.replace("line 5\n", "of a person\n")
    editing.write("a.txt", mine)
    editing.edits("x", "echo x >new.txt")
    out = go(editing, "x", "y")
    expect_words("store/edits-conflict", Result(out, 0).having("conflict"))
    assert editing.read("a.txt") == mine
    assert editing.read("new.txt") == "x\n"


@pytest.mark.slow
def test_checks_see_the_edits_that_the_store_has(editing: Repository) -> None:
    to_edit(editing, check='grep -q "of first" a.txt && test -s "$WAVEMAKE_OUTPUT"')
    go(editing, "x", "y")
    start_again(editing)
    editing.write("b.txt", "of a person\n")
    go(editing)
    assert "of first" in editing.read("a.txt")
    assert not editing.path(".tmp/agents/x/.work").exists()
    start_again(editing)
    to_edit(editing, check='! grep "of first" a.txt')
    assert editing.compile("-q").code == 0
    done = editing.drive()
    assert done.code != 0
    assert "the store's answer" in done.out
    assert editing.read("a.txt") == LINES


@pytest.mark.slow
def test_edits_from_the_store_wait_for_approval(editing: Repository) -> None:
    to_edit(editing, approve="after")
    assert editing.compile("-q").code == 0
    editing.drive()
    shutil.rmtree(editing.path(".tmp"))
    assert editing.paid() == ["x"]
    assert editing.compile("-q").code == 0
    assert "not approved yet" in editing.drive().out
    assert editing.read("a.txt") == LINES
    editing.drive("approve-x")
    assert editing.drive("x").code == 0
    assert editing.paid() == []
    assert editing.read("a.txt") == LINES.replace("line 5\n", "of first\n")


def patch_of(project: Repository) -> pathlib.Path:
    """The patch in the store."""
    (found,) = (
        path for path in store_of(project).glob("cas/*/*") if path.read_text().startswith("diff ")
    )
    return found


@pytest.mark.slow
def test_a_patch_that_was_changed_is_refused(editing: Repository) -> None:
    go(editing, "x", "y")
    patch = patch_of(editing)
    patch.write_text(patch.read_text().replace("of first", "of somebody"))
    start_again(editing)
    assert editing.compile("-q").code == 0
    done = editing.drive()
    assert done.code == 0, done.out
    assert f"its content {patch.name} is damaged" in done.out
    assert editing.paid() == ["x"]
    assert "of first" in editing.read("a.txt")


@pytest.mark.slow
def test_a_patch_of_the_agents_folder_is_refused(editing: Repository) -> None:
    """It is whole, but no agent made it."""
    go(editing, "x", "y")
    patch = patch_of(editing)
    text = (
        "diff --git a/.tmp/agents/z b/.tmp/agents/z\nnew file mode 100644\n--- /dev/null\n"
        "+++ b/.tmp/agents/z\n@@ -0,0 +1 @@\n+z\n"
    )
    name = hashlib.sha256(text.encode()).hexdigest()
    for entry in entries(store_of(editing)):
        changed = entry.read_text().replace(f'{patch.name}"],"agent"', f'{name}"],"agent"')
        entry.write_text(changed)
    place = store_of(editing) / "cas" / name[:2] / name
    place.parent.mkdir(exist_ok=True)
    place.write_text(text)
    start_again(editing)
    out = go(editing, "x")
    expect_words("store/refused", Result(out, 0).having("is refused"))
    assert not editing.path(".tmp/agents/z").exists()


def test_an_entry_without_its_patch_is_no_answer(editing: Repository) -> None:
    go(editing, "x", "y")
    for entry in entries(store_of(editing)):
        entry.write_text(re.sub(r'"records":\[.*?\]', '"records":[]', entry.read_text()))
    start_again(editing)
    go(editing, "x", "y")


def test_a_secret_is_not_stored(editing: Repository) -> None:
    editing.env["MY_TOKEN"] = "of first"
    go(editing, "x", "y")
    assert len(entries(store_of(editing))) == 1
    assert not any("of first" in path.read_text() for path in store_of(editing).rglob("*/*/*"))


@pytest.mark.slow
@pytest.mark.parametrize("how", ["--soft", "--hard"])
def test_edits_from_the_store_are_committed_where_they_were_gone(
    editing: Repository, how: str
) -> None:
    workspace = {"workspace": {"kind": "worktree", "commit": True}}
    before = editing.git("rev-parse", "HEAD")
    to_edit(editing, **workspace)
    go(editing, "x", "y")
    to_edit(editing, "Do the second.", **workspace)
    go(editing, "x", "y")
    editing.git("reset", "-q", how, before)
    to_edit(editing, **workspace)
    go(editing)
    assert editing.git("log", "--format=%s", f"{before}..") == (
        "" if how == "--soft" else "x: Do the first."
    )
    assert "of first" in editing.read("a.txt")


@pytest.mark.slow
def test_edits_belong_to_their_folder_of_a_repository(tmp_path: pathlib.Path) -> None:
    """Two folders with one plan: the patch of one is none of the other's."""
    outer = Repository(tmp_path / "outer")
    parts = [Repository(tmp_path / "outer" / name) for name in ("my part", "other")]
    for part in parts:
        shutil.rmtree(part.path(".git"))
        part.plan({"x": []})
        part.edits("x", "echo x >new.txt")
    outer.commit_all()
    go(parts[0], "x")
    go(parts[1], "x")
    assert [part.read("new.txt") for part in parts] == ["x\n", "x\n"]
    start_again(parts[1])
    go(parts[1])
    assert parts[1].read("new.txt") == "x\n"


@pytest.mark.slow
def test_killed_when_edits_of_the_store_are_merged(
    editing: Repository, tmp_path: pathlib.Path
) -> None:
    """The next make completes it."""
    editing.write("b.txt", "b\n")
    editing.edits("x", f"PATH=$REAL_PATH; {SED.format(5, 'first')}; echo more >>b.txt")
    editing.env["REAL_PATH"] = editing.env["PATH"]
    editing.commit_all("two")
    go(editing, "x", "y")
    start_again(editing)
    assert editing.compile("-q").code == 0
    mv = tmp_path / "tools/mv"
    mv.parent.mkdir()
    mv.write_text(
        '#!/bin/sh\nPATH=$REAL_PATH\n"mv" "$@" || exit\n'
        "case $* in */stage/*) kill -KILL 0 ;; esac\n"
    )
    mv.chmod(0o755)
    editing.env["PATH"] = f"{mv.parent}:{editing.env['PATH']}"
    make = editing.start_make()
    make.wait()
    assert make.returncode == -signal.SIGKILL
    assert editing.path(".tmp/agents/.workspace/journal").exists()
    mv.unlink()
    go(editing)
    assert editing.read("a.txt") == LINES.replace("line 5\n", "of first\n")
    assert editing.read("b.txt") == "b\nmore\n"


# --- wavemake store, why, preview ---------------------------------------------------


def test_preview_knows_what_the_store_has(repository: Project) -> None:
    go(repository, "a", "b")
    write(repository, "Do something else.")
    go(repository, "a")
    write(repository)
    preview = repository.wavemake("preview", "--json")
    fates = {each["name"]: each["fate"] for each in json.loads(preview.out)["agents"]}
    assert fates["a"] == "reuse", preview.out
    go(repository)


def test_why_names_the_nearest_answer(repository: Project) -> None:
    go(repository, "a", "b")
    write(repository, "Do something else.")
    assert repository.compile("-q").code == 0
    expect_words("store/nearest", repository.wavemake("why", "a").having("nearest"))


def test_what_the_store_has_and_has_saved(repository: Project) -> None:
    go(repository, "a", "b")
    shutil.rmtree(repository.path(".tmp"))
    go(repository)
    done = repository.wavemake("store")
    assert done.code == 0
    assert "store: .git/wavemake/store" in done.out
    assert "answers: 2," in done.out
    assert "hits: 2 answers reused, $0.00 saved" in done.out


def test_prune_by_size_removes_what_was_used_least_lately(repository: Project) -> None:
    go(repository, "a", "b")
    assert repository.wavemake("store", "prune").code == 2
    assert repository.wavemake("store", "prune", "--max-size", "1G").out.startswith("removed 0 ")
    done = repository.wavemake("store", "prune", "--max-size", "0")
    assert done.out.startswith("removed 2 answers")
    assert entries(store_of(repository)) == []
    shutil.rmtree(repository.path(".tmp"))
    go(repository, "a", "b")


def test_prune_by_age_keeps_what_was_used(repository: Project) -> None:
    go(repository, "a", "b")
    old = entries(store_of(repository))[0]
    text = re.sub(r'"when":\d+', '"when":1000000000', old.read_text())
    old.write_text(text)
    done = repository.wavemake("store", "prune", "--unused", "30d")
    assert done.out.startswith("removed 1 answer ")
    assert not old.exists()
    assert len(entries(store_of(repository))) == 1


def test_store_off_has_nothing_to_show(repository: Project) -> None:
    repository.env["WAVEMAKE_STORE"] = "off"
    done = repository.wavemake("store")
    assert done.code == 2
    assert "WAVEMAKE_STORE is off" in done.out
