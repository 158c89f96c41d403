"""Random agents in workspaces, with a person who edits meanwhile: the project is what a model says."""

from __future__ import annotations

import pathlib
import tempfile
from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.harness import examples
from tests.repository import Repository
from tests.test_workspace_crash import PROGRAMS, WRAPPER

pytestmark = pytest.mark.slow

# Edits of two blocks never touch: a merge of them is clean. Those of one block by two always conflict.
BLOCKS = 5
SPAN = 8
FILES = ("a.txt", "sub/b c.txt")
NOISE = (
    "git -c user.name=x -c user.email=x@y commit -qam mine; git branch other; git reset -q --hard HEAD",
    "git stash -q 2>/dev/null; git stash pop -q 2>/dev/null; git gc -q",
    "rm -rf .git",
    "git checkout -q -b mine; git config core.hooksPath /tmp",
    "",
)


@dataclass(frozen=True)
class Work:
    """What somebody does: blocks of files that get their name, and what else happens."""

    blocks: frozenset[tuple[str, int]]
    others: tuple[str, ...] = ()
    noise: str = ""

    def script(self, name: str, root: str = ".") -> str:
        """The edits in sh, below the folder `root`."""
        lines = [f"cd '{root}' || exit 1"]
        for file, block in sorted(self.blocks):
            lines.append(
                f"sed 's/^{_line(block)}$/{name} {block}/' '{file}' >n && cat n >'{file}' && rm n"
            )
        own = {
            "create": f"mkdir -p 'new {name}' && echo {name} >'new {name}/file'",
            "binary": f"printf '\\000\\001{name}' >{name}.bin",
            "link": f"ln -s a.txt {name}.link",
            "mode": f"chmod +x own-{name}",
            "delete": f"rm gone-{name}",
            "rename": f"mv moved-{name} 'now {name}'",
        }
        return "\n".join([*lines, *(own[each] for each in self.others)])


def _line(block: int) -> str:
    return f"line {block * SPAN + SPAN // 2}"


BLOCK = st.tuples(st.sampled_from(FILES), st.integers(0, BLOCKS - 1))
OTHERS = st.lists(
    st.sampled_from(["create", "binary", "link", "mode", "delete", "rename"]),
    unique=True,
    max_size=3,
)
WORK = st.builds(
    Work,
    st.frozensets(BLOCK, max_size=2),
    OTHERS.map(tuple),
    st.sampled_from(NOISE),
)
PERSON = st.builds(Work, st.frozensets(BLOCK, max_size=1))


def lay_out(folder: pathlib.Path, names: list[str]) -> Repository:
    repo = Repository(folder)
    text = "".join(f"line {n}\n" for n in range(BLOCKS * SPAN))
    for file in FILES:
        repo.write(file, text)
    for name in names:
        for kind in ("own", "gone", "moved"):
            repo.write(f"{kind}-{name}", f"{kind} of {name}, and of nobody else\n")
    return repo


def kill_at(repo: Repository, call: int) -> None:
    """Let make and its recipes be killed at so many calls of programs; agents are not counted."""
    tools = repo.folder.parent / "tools"
    real = repo.env["PATH"]
    if not tools.exists():
        tools.mkdir()
        for name in PROGRAMS:
            (tools / name).write_text(WRAPPER.replace("NAME", name))
            (tools / name).chmod(0o755)
        repo.env |= {"REAL_PATH": real, "CALLS": str(tools / "calls"), "PATH": f"{tools}:{real}"}
    repo.env |= {"KILL_AT": str(call), "KILL_WHEN": "before"}


def settled(repo: Repository) -> set[str]:
    """The agents that were done when make was killed, and the one whose edits were being merged."""
    events = repo.events() if repo.path(".tmp/agents/events.jsonl").exists() else []
    names = {each["agent"] for each in events if each["event"] == "end"}
    journal = repo.path(".tmp/agents/.workspace/journal")
    return names | ({journal.read_text().split()[1]} if journal.exists() else set())


@settings(
    max_examples=examples(8),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    works=st.lists(WORK, min_size=2, max_size=3),
    person=PERSON,
    chained=st.booleans(),
    kills=st.lists(st.tuples(st.integers(20, 150), PERSON), max_size=2),
)
def test_the_project_is_what_the_model_says(
    works: list[Work], person: Work, chained: bool, kills: list[tuple[int, Work]]
) -> None:
    """A person edits while g0 works, and after each kill."""
    with tempfile.TemporaryDirectory() as folder:
        names = [f"g{n}" for n in range(len(works))]
        repo = lay_out(pathlib.Path(folder) / "project", names)
        repo.plan(
            {name: names[max(n - 1, 0) : n] if chained else [] for n, name in enumerate(names)}
        )
        for name, work in zip(names, works, strict=True):
            meanwhile = person.script("person", str(repo.folder)) if name == "g0" else ""
            # The person edits after g0 has begun, and no other agent begins before that.
            wait = "" if name == "g0" else f"until test -e {folder}/edited; do sleep 0.05; done"
            repo.edits(
                name,
                f"PATH=${{REAL_PATH:-$PATH}}\n{wait}\n"
                f"(: && {meanwhile or ':'})\n{': >' + folder + '/edited' if name == 'g0' else ''}\n"
                f"({work.script(name)})\n({work.noise or ':'}) >/dev/null 2>&1",
            )
        repo.commit_all()
        before = repo.state_of_git()
        assert repo.compile().code == 0
        persons = [person]
        paid: Counter[str] = Counter()
        for number, (call, later) in enumerate(kills, 1):
            kill_at(repo, call)
            repo.start_make("-j4").wait()
            repo.end()
            kill_at(repo, 0)
            pathlib.Path(repo.env["CALLS"]).unlink(missing_ok=True)
            paid.update(repo.paid())
            assert all(paid[name] <= number for name in names)
            done = {name: paid[name] for name in settled(repo)}
            repo.run(["sh", "-c", later.script("person", str(repo.folder))])
            persons.append(later)
        result = repo.make("-j4")
        ended = {name: repo.status(name)["state"] for name in names if has_status(repo, name)}
        merged = [name for name in names if ended.get(name) == "done"]
        assert set(ended.values()) <= {"done", "conflict", "blocked"}, result.out
        assert (result.code == 0) == (len(merged) == len(names)), result.out
        assert repo.state_of_git() == before
        paid.update(repo.paid())
        if kills:
            # What had ended before a kill is not charged again after it.
            assert {name: paid[name] for name in done} == done
        else:
            assert sorted(paid) == sorted(n for n in names if ended.get(n) in ("done", "conflict"))
        assert all(count <= 1 + len(kills) for count in paid.values())
        blocks = frozenset().union(*(each.blocks for each in persons))
        check(repo, dict(zip(names, works, strict=True)), Work(blocks), merged)
        assert repo.make("-j4").code == result.code
        assert repo.paid() == []


def has_status(repo: Repository, name: str) -> bool:
    return repo.path(f".tmp/agents/{name}/status.json").exists()


def check(repo: Repository, works: dict[str, Work], person: Work, merged: list[str]) -> None:
    """Each block is of one who was merged, or of the person, or as it was; a lost one is of a conflict."""
    for file in FILES:
        lines = repo.read(file).splitlines()
        for block in range(BLOCKS):
            found = lines[block * SPAN + SPAN // 2]
            who = [name for name in merged if (file, block) in works[name].blocks]
            who += ["person"] if (file, block) in person.blocks else []
            assert found in ([f"{name} {block}" for name in who] or [_line(block)])
    for name, work in works.items():
        done = name in merged
        assert repo.path(f"new {name}/file").exists() == (done and "create" in work.others)
        assert repo.path(f"{name}.bin").exists() == (done and "binary" in work.others)
        assert repo.path(f"{name}.link").is_symlink() == (done and "link" in work.others)
        assert repo.path(f"gone-{name}").exists() != (done and "delete" in work.others)
        assert repo.path(f"now {name}").exists() == (done and "rename" in work.others)
        mode = repo.path(f"own-{name}").stat().st_mode & 0o111
        assert bool(mode) == (done and "mode" in work.others)
