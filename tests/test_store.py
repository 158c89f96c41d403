"""The store: what was paid for once is not paid for again, in another checkout or on another machine."""

from __future__ import annotations

import json
import pathlib
import re
import shutil

import pytest

from tests.harness import Project, wait_for

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
    assert "a reused from the store" in out
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
    assert "its folder .tmp/agents/b was removed while it ran" in done.out
    assert "given up" not in done.out
    assert "Directory nonexistent" not in done.out
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
    assert "the store's answer does not pass its checks" in done.out


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
    assert "nearest answer in the store: task changed" in repository.wavemake("why", "a").out


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
