"""Random work of git, people and clocks on a project with agents: content decides what is paid.

A small model computes from files alone which agents must be paid. `WAVEMAKE_FUZZ` is the number of
examples.
"""

from __future__ import annotations

import itertools
import os
import pathlib
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.harness import Project, Result
from wavemake.runs.key import Input, key_of, read_head, sha256, split_key

pytestmark = pytest.mark.slow

DIR = ".tmp/agents"
NAMES = ("draft", "check", "ship", "gen", "use", "audit", "fix")
FILES = ("notes.md", "other.md", "spec.md", "src/a.c", "src/b.c")
MADE = "out/gen.txt"
WAYS = ("make", "fragment", "ninja")
# What draft answers depends on part of its notes alone, so that the answer of its reader may stay.
BEHAVE = {
    "draft": 'echo "draft of $(grep -c odd notes.md)"',
    "gen": 'mkdir -p out; echo "made of $(cksum <spec.md)" >out/gen.txt; echo generated',
    "fix": 'grep -q fixed src/a.c || echo fixed >>src/a.c; echo "fixed for $(cksum <"$prompt")"',
}
TEXTS = ("v1\n", "v2 odd\n", "v3 odd\n", "v4\n")
BY_HAND = "by hand\n"
SIDES = st.sampled_from(("ours", "theirs"))


@dataclass
class Recorded:
    """What the files say of an agent: its cache key, the answer's bytes, what it made, and its edits."""

    key: str = ""
    output: bytes = b""
    made: dict[str, str] = field(default_factory=dict)
    edits: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass
class World:
    """A checkout as the model sees it: contents of files, and what is recorded of each agent."""

    files: dict[str, bytes | None]
    agents: dict[str, Recorded]


def look(project: Project) -> World:
    files = {path: bytes_of(project, path) for path in (*FILES, MADE)}
    return World(files, {name: recorded(project, name) for name in NAMES})


def bytes_of(project: Project, path: str) -> bytes | None:
    return project.path(path).read_bytes() if project.path(path).is_file() else None


def recorded(project: Project, name: str) -> Recorded:
    text = (bytes_of(project, f"{DIR}/{name}/key") or b"").decode()
    found = Recorded(split_key(text)[0], bytes_of(project, f"{DIR}/{name}/output.md") or b"")
    for line in text.splitlines():
        word, *rest = line.split(" ")
        if word == "made":
            found.made[rest[0]] = rest[1]
        elif word == "edit":
            found.edits.append((rest[0], rest[1], rest[2]))
    return found


def is_known_edit(world: World, path: str, before: str, now: str) -> bool:
    """Have later agents of the plan made the one content of the other?"""
    reached = {before}
    for _ in range(9):
        reached |= {
            after for p, was, after in world.agents["fix"].edits if p == path and was in reached
        }
    return now in reached


class Machine(RuleBasedStateMachine):
    """The checkout that is worked on, and what has been paid for."""

    way = "make"

    def __init__(self) -> None:
        super().__init__()
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="wavemake-model-"))
        self.numbers = itertools.count()
        self.answers: dict[tuple[str, str], bytes] = {}
        self.has_git = True

    def teardown(self) -> None:
        try:
            shutil.rmtree(self.top)
        finally:
            super().teardown()

    # --- the project ------------------------------------------------------------

    @initialize(with_store=st.booleans())
    def begin(self, with_store: bool) -> None:
        self.with_store = with_store
        self.stores: list[set[tuple[str, str]]] = [set()]
        self.tasks = dict.fromkeys(NAMES, "Do it.")
        self.project = self.open(self.top / "one")
        for path in FILES:
            self.project.write(path, f"{path} v1\n")
        self.project.write(".gitignore", "paid.log\n")
        for name, script in BEHAVE.items():
            self.project.behave(name, script)
        self.plan()
        if self.way == "fragment":
            self.project.write("Makefile", f"all: wavemake\n-include {DIR}/agents.mk\n")
        self.git("init", "-q", "-b", "main")
        assert self.project.compile("-q").code == 0
        self.make()
        self.commit()
        self.git("branch", "topic")

    def open(self, folder: pathlib.Path) -> Project:
        project = Project(folder)
        project.use_backend("ninja" if self.way == "ninja" else "make")
        project.env |= {
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_EDITOR": "true",
            "EMAIL": "n@example.org",
            "GIT_AUTHOR_NAME": "n",
            "GIT_COMMITTER_NAME": "n",
        }
        project.env["WAVEMAKE"] = f"{sys.executable} -m wavemake"
        if self.with_store:
            del project.env["WAVEMAKE_STORE"]
        return project

    def plan(self) -> None:
        agents: dict[str, object] = {
            "draft": {"reads": ["notes.md"]},
            "check": {"reads": ["draft"]},
            "ship": {"reads": ["check", "other.md"]},
            "gen": {"reads": ["spec.md"], "outputs": [MADE]},
            "use": {"reads": ["gen", f"./{MADE}"]},
            "audit": {"reads": ["src/*.c"]},
            "fix": {"reads": ["audit"]},
        }
        for name, value in agents.items():
            assert isinstance(value, dict)
            value["task"] = self.tasks[name]
        self.project.plan(agents)

    def git(self, *words: str, check: bool = True) -> Result:
        done = self.project.run(["git", *words])
        assert not check or done.code == 0, (words, done.out)
        return done

    def commit(self) -> None:
        if self.has_git:
            self.git("add", "-A")
            self.git("commit", "-q", "--allow-empty", "-m", f"c{next(self.numbers)}")

    def settle_conflicts(self, side: str) -> None:
        """Take one side of each file that git could not merge."""
        for line in self.git("status", "--porcelain").lines():
            code, path = line[:2], line[3:].strip('"')
            if code not in ("DD", "AU", "UD", "UA", "DU", "AA", "UU"):
                continue
            if self.git("checkout", f"--{side}", "--", path, check=False).code:
                self.git("rm", "-q", "--cached", "--", path)
                self.project.path(path).unlink(missing_ok=True)
        self.git("add", "-A")

    def read_tasks(self) -> None:
        plan = self.project.json("plan.json")
        self.tasks = {each["name"]: each["task"] for each in plan["agents"]}

    # --- what people do ------------------------------------------------------------

    @rule(path=st.sampled_from(FILES), text=st.sampled_from(TEXTS))
    def edit_file(self, path: str, text: str) -> None:
        self.project.write(path, text)

    @rule(name=st.sampled_from(NAMES), text=st.sampled_from(("Do it.", "Do it well.")))
    def edit_task(self, name: str, text: str) -> None:
        try:
            self.read_tasks()
        except (ValueError, KeyError):
            return
        self.tasks[name] = text
        self.plan()

    @rule(name=st.sampled_from(NAMES))
    def edit_answer(self, name: str) -> None:
        self.project.write(f"{DIR}/{name}/output.md", f"{name} {BY_HAND}")

    @rule(name=st.sampled_from(NAMES))
    def remove_answer(self, name: str) -> None:
        self.project.path(f"{DIR}/{name}/output.md").unlink(missing_ok=True)

    @rule(text=st.sampled_from((f"1 {BY_HAND}", f"2 {BY_HAND}", "")))
    def edit_made(self, text: str) -> None:
        if text:
            self.project.write(MADE, text)
        else:
            self.project.path(MADE).unlink(missing_ok=True)

    @rule(
        path=st.sampled_from([*FILES, MADE, *(f"{DIR}/{name}/output.md" for name in NAMES)]),
        shift=st.sampled_from((-1000000, -100, 0, 3600)),
    )
    def touch(self, path: str, shift: int) -> None:
        # Nobody sees an answer that was edited and dated back, unless git did it.
        is_edited = BY_HAND.encode() in (bytes_of(self.project, path) or b"")
        if self.project.path(path).exists() and not (is_edited and shift < 0):
            moment = time.time() + shift
            os.utime(self.project.path(path), (moment, moment))

    @rule(odd=st.sampled_from((1, 7, -1)))
    def shuffle(self, odd: int) -> None:
        paths = sorted(
            each
            for each in self.project.folder.rglob("*")
            if each.is_file()
            and ".git/" not in str(each)
            and not (each.name == "output.md" and BY_HAND.encode() in each.read_bytes())
        )
        for number, path in enumerate(paths):
            moment = time.time() - 1000 + number * odd % len(paths)
            os.utime(path, (moment, moment))

    # --- git ---------------------------------------------------------------------------

    @precondition(lambda self: self.has_git)
    @rule()
    def commit_all(self) -> None:
        self.commit()

    @precondition(lambda self: self.has_git)
    @rule(branch=st.sampled_from(("main", "topic")))
    def checkout(self, branch: str) -> None:
        self.commit()
        self.git("checkout", "-q", branch)

    @precondition(lambda self: self.has_git)
    @rule(side=SIDES)
    def merge(self, side: str) -> None:
        self.commit()
        other = "topic" if self.branch() == "main" else "main"
        if self.git("merge", "-q", "-X", side, other, "-m", "m", check=False).code:
            self.settle_conflicts(side)
            self.git("commit", "-q", "--allow-empty", "-m", "m")

    @precondition(lambda self: self.has_git)
    @rule(side=SIDES)
    def merge_by_hand(self, side: str) -> None:
        self.commit()
        other = "topic" if self.branch() == "main" else "main"
        if self.git("merge", "-q", other, "-m", "m", check=False).code:
            self.settle_conflicts(side)
            self.git("commit", "-q", "--allow-empty", "-m", "m")

    @precondition(lambda self: self.has_git)
    @rule(side=SIDES, how=st.sampled_from(("rebase", "cherry-pick")))
    def replay(self, side: str, how: str) -> None:
        self.commit()
        other = "topic" if self.branch() == "main" else "main"
        words = [how, other] if how == "rebase" else [how, "-X", side, "-m1", other]
        if how == "cherry-pick" and self.git("rev-parse", f"{other}^2", check=False).code:
            words = [how, "-X", side, other]
        done = self.git(*words, check=False)
        for _ in range(40):
            if done.code == 0:
                break
            self.settle_conflicts(side)
            done = self.git(how, "--continue", check=False)
            if done.code and not self.git("diff", "--cached", "--name-only").out:
                done = self.git(how, "--skip", check=False)

    @precondition(lambda self: self.has_git)
    @rule(back=st.booleans())
    def stash(self, back: bool) -> None:
        self.git("stash", "-q", "-u", check=False)
        if back:
            self.git("stash", "pop", "-q", check=False)

    @precondition(lambda self: self.has_git)
    @rule()
    def take_back(self) -> None:
        self.git("checkout", "-q", "--", ".")

    @precondition(lambda self: self.has_git)
    @rule()
    def clean(self) -> None:
        self.commit()
        self.git("clean", "-fdxq")

    @precondition(lambda self: self.has_git and len(self.stores) == 1)
    @rule(how=st.sampled_from(("clone", "shallow", "worktree", "archive", "copy")))
    def go_elsewhere(self, how: str) -> None:
        """Work on in another checkout."""
        self.commit()
        here, there = self.project.folder, self.top / f"{how}{next(self.numbers)}"
        branch = self.branch()
        if how in ("clone", "shallow"):
            depth = ["--depth=1"] if how == "shallow" else []
            self.git("clone", "-q", "--no-single-branch", *depth, f"file://{here}", str(there))
            self.stores = [set(), self.stores[0]]
        elif how == "worktree":
            self.git("worktree", "add", "-q", "--detach", str(there))
        elif how == "archive":
            there.mkdir()
            self.git("archive", "-o", "../all.tar", "HEAD")
            self.project.run(["tar", "xf", "../all.tar", "-C", str(there)])
            self.stores, self.has_git = [set()], False
        else:
            shutil.copytree(here, there, copy_function=shutil.copy2, symlinks=True)
        self.project = self.open(there)
        if how in ("clone", "shallow"):
            other = "topic" if branch == "main" else "main"
            self.git("branch", "-q", other, f"origin/{other}")
        elif how == "worktree":
            # A branch can be checked out once.
            self.git("-C", str(here), "checkout", "-q", "--detach")
            self.git("checkout", "-q", branch)

    def branch(self) -> str:
        return self.git("symbolic-ref", "--short", "HEAD").out.strip()

    # --- make -----------------------------------------------------------------------------

    @rule()
    def run(self) -> None:
        self.make()

    @rule(name=st.sampled_from(NAMES))
    def run_one(self, name: str) -> None:
        """One goal: nobody is paid who would not be paid by a whole run."""
        self.make(name)

    def drive(self, *goals: str) -> Result:
        if self.way == "fragment":
            names = [f"{DIR}/{name}/output.md" for name in goals]
            return self.project.run([*self.project.make_words, "-k", "-j4", *(names or ["all"])])
        return self.project.drive(*goals)

    def make(self, *goals: str) -> None:
        project = self.project
        if self.way == "fragment":
            done = project.compile("-q")
            assert done.code == 0, done.out
        before = look(project)
        kept = {path.name for path in project.path(f"{DIR}/.made").glob("*")}
        done = self.drive(*goals)
        assert done.code == 0, done.out
        paid = project.paid()
        after = look(project)
        wanted = self.needs(goals)
        expected = self.expect(before, after, kept, wanted)
        for name in wanted:
            self.answers.setdefault((name, after.agents[name].key), after.agents[name].output)
        assert paid == expected, self.explain(before, done, expected)
        self.check(after, wanted, done)
        again = self.drive(*goals)
        assert again.code == 0, again.out
        assert project.paid() == [], (done.out, again.out)
        assert self.is_quiet(again, goals), (done.out, again.out)

    def is_quiet(self, again: Result, goals: tuple[str, ...]) -> bool:
        """Nothing is looked at, but for readers of a file whose time is still to come."""
        answers = (f"{DIR}/{name}/output.md" for name in NAMES)
        paths = [self.project.path(path) for path in (*FILES, MADE, *answers)]
        if any(path.exists() and path.stat().st_mtime > time.time() for path in paths):
            return True
        if self.way == "fragment":
            return goals != () or self.project.make("-q").code == 0
        return "nothing to do: all is up to date" in again.out

    def needs(self, goals: tuple[str, ...]) -> list[str]:
        chains = {"ship": ("draft", "check", "ship"), "check": ("draft", "check")}
        chains |= {"use": ("gen", "use"), "fix": ("audit", "fix")}
        names = {each for goal in goals or NAMES for each in chains.get(goal, (goal,))}
        return [name for name in NAMES if name in names]

    def expect(self, before: World, after: World, kept: set[str], wanted: list[str]) -> list[str]:
        """Who must be paid: there is no answer to this key, nor has the store one."""
        found = []
        for name in wanted:
            key = self.key_now(name, before, after)
            was = before.agents[name]
            if was.key and self.is_equal(name, was.key, key, before):
                key = was.key  # An edit that the plan made itself.
            is_there = bool(was.output.strip()) and was.key == key
            visible = set().union(*self.stores) if self.with_store else set()
            if is_there and name == "gen" and before.files[MADE] is None:
                is_there = was.made.get(MADE) in kept or (name, key) in visible
            if not is_there and (name, key) not in visible:
                found.append(name)
            if not is_there:
                self.stores[0].add((name, after.agents[name].key))
        return sorted(found)

    def key_now(self, name: str, before: World, after: World) -> str:
        """The key of what the agent was given: files as they were, and what was made in this run."""
        data = self.project.path(f"{DIR}/{name}/task.md").read_bytes()
        head = read_head(data)

        def sum_of(each: Input) -> str:
            if each.kind != "file":
                return sha256(after.agents[each.name].output)
            content = (after if each.name == MADE else before).files[each.name]
            return sha256(content or b"")

        return key_of(head, sha256(data[head.body :]), sum_of)

    def is_equal(self, name: str, was: str, now: str, world: World) -> bool:
        old, new = was.splitlines(), now.splitlines()
        if len(old) != len(new):
            return False
        for one, two in zip(old, new, strict=True):
            label, _, before = one.rpartition(" ")
            other, _, current = two.rpartition(" ")
            if label != other:
                return False
            is_edit = name == "audit" and label.startswith("read ./")
            if before != current and not (
                is_edit and is_known_edit(world, label[7:], before, current)
            ):
                return False
        return True

    def check(self, world: World, wanted: list[str], done: Result) -> None:
        """Each answer fits its key, and is the one that was paid for by that key, or a person's."""
        for name in wanted:
            agent = world.agents[name]
            key = self.key_now(name, world, world)
            assert self.is_equal(name, agent.key, key, world), (name, agent.key, key, done.out)
            if BY_HAND.encode() not in agent.output:
                answer = self.answers[name, agent.key]
                assert agent.output == answer or BY_HAND.encode() in answer, (name, done.out)

    def explain(self, before: World, done: Result, expected: list[str]) -> str:
        lines = [f"{name}: {each.key!r} {each.output!r}" for name, each in before.agents.items()]
        return "\n".join([f"expected {expected}", done.out, *lines, str(before.files)])


FUZZ = int(os.environ.get("WAVEMAKE_FUZZ", "0"))
BOUNDS = settings(
    max_examples=FUZZ or 2,
    stateful_step_count=15 if FUZZ else 8,
    phases=[Phase.generate] if FUZZ else [Phase.explicit, Phase.generate],
    deadline=None,
    derandomize=not FUZZ,
    suppress_health_check=list(HealthCheck),
)


def machine_of(way: str) -> type:
    machine = type(f"By{way.title()}", (Machine,), {"way": way})
    case = machine.TestCase
    case.settings = BOUNDS
    return case  # type: ignore[no-any-return]


TestMake = machine_of("make")
TestFragment = machine_of("fragment")
TestNinja = machine_of("ninja")
