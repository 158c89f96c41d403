"""What is particular to ninja: its files, its own tools, and a build.ninja of somebody that includes ours."""

from __future__ import annotations

import os
import pathlib
import re
import signal
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.expectations import counted, expect_words, golden
from tests.harness import REPOSITORY, Project, examples, wait_for
from wavemake.compiler.backends.ninja import ninja_path
from wavemake.plan.names import normal_path, outside_problem, path_problem

pytestmark = pytest.mark.slow

RULES = ".tmp/agents/build.ninja"
DIAMOND = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}


@pytest.fixture
def project(tmp_path: pathlib.Path) -> Project:
    project = Project(tmp_path / "my project")
    project.use_backend("ninja")
    return project


def compiled(project: Project, **keys: object) -> Project:
    project.plan(DIAMOND, **keys)
    assert project.compile().code == 0
    return project


def test_an_answer_that_stays_starts_no_reader(project: Project) -> None:
    compiled(project)
    project.behave("a", "echo the same")
    project.drive()
    project.plan({**DIAMOND, "a": {"reads": [], "task": "Do a in other words."}})
    project.compile()
    assert counted(project.drive().out) == {"done": 1, "up to date": 3}


def test_ninja_by_itself_runs_and_tells(project: Project) -> None:
    compiled(project)
    project.behave("b", "exit 1")
    result = project.run(["ninja", "-k0", "-f", RULES])
    assert result.code != 0
    assert project.paid() == ["a", "b", "c"]
    assert "[1/4] wave 1: a done in" in result.out
    assert project.run(["ninja", "-n", "-f", RULES]).lines() == [
        "[1/2] wave 2: b",
        "[2/2] wave 3: d",
    ]
    reported = project.run(["ninja", "-n", "-d", "explain", "-f", RULES]).out
    assert "output .tmp/agents/b/.answer doesn't exist" in reported
    drawn = project.run(["ninja", "-f", RULES, "-t", "graph", "wavemake"]).out
    assert '[label=".tmp/agents/d/.answer"]' in drawn
    assert not project.path(".ninja_log").exists()


def test_nothing_that_ninja_cleans_was_paid_for(project: Project) -> None:
    compiled(project)
    project.drive()
    project.paid()
    for arguments in (["clean"], ["clean", "-g"], ["cleandead"]):
        project.run(["ninja", "-f", RULES, "-t", *arguments])
    assert {name: bool(project.output(name)) for name in DIAMOND} == dict.fromkeys(DIAMOND, True)
    assert project.drive().code == 0
    assert project.paid() == []


def test_what_was_paid_for_survives_a_signal_that_comes_after_it(project: Project) -> None:
    compiled(project)
    project.behave("b", "touch b.started; until [ -e go ]; do sleep 0.01; done; echo answer")
    ninja = project.start(["ninja", "-f", RULES])
    wait_for(project.path("b.started").exists, "b to start")
    wait_for(project.path(".tmp/agents/c/output.md").exists, "c to end")
    # The answer of b comes while ninja sleeps, so that it wakes up to the signal with b still to be seen to.
    os.kill(ninja.pid, signal.SIGSTOP)
    project.write("go", "")
    wait_for(project.path(".tmp/agents/b/.answer").exists, "b to end")
    os.kill(ninja.pid, signal.SIGINT)
    os.kill(ninja.pid, signal.SIGCONT)
    assert ninja.wait(60) != 0
    project.end()
    assert project.output("b") == "answer\n"
    assert not project.path(".tmp/agents/b/.answer").is_symlink()
    assert project.paid() == ["a", "b", "c"]
    assert project.drive().code == 0
    assert project.paid() == ["d"]


def test_states_of_ninja_are_not_committed(project: Project) -> None:
    compiled(project)
    project.drive()
    project.run(["git", "init", "-q"])
    project.run(["git", "add", "-A"])
    kept = project.run(["git", "ls-files", ".tmp"]).out
    assert ".tmp/agents/a/output.md\n" in kept
    assert ".tmp/agents/agents.ninja\n" in kept
    assert ".ninja_" not in kept
    assert ".answer" not in kept


@pytest.mark.parametrize("how", ["include", "subninja"])
def test_included(project: Project, how: str) -> None:
    project.plan({"a": ["made.txt"], "b": ["a"]})
    project.write(
        "build.ninja",
        "builddir = out\nwave = mine\nrule copy\n  command = cp $in $out\n"
        f"{how} .tmp/agents/agents.ninja\n"
        "build made.txt: copy source.txt\n"
        "build page.txt: copy .tmp/agents/b/output.md\n"
        "build $wave.txt: copy source.txt\n"
        "default page.txt mine.txt\n",
    )
    project.write("source.txt", "text\n")
    project.compile()
    result = project.run(["ninja"])
    assert result.code == 0, result.out
    assert project.paid() == ["a", "b"]
    assert project.read("page.txt") == project.output("b")
    assert project.path("mine.txt").exists()
    assert project.path("out/.ninja_log").exists()
    assert project.run(["ninja"]).out.startswith("ninja: no work")
    project.write("source.txt", "another text\n")
    project.run(["ninja"])
    assert project.paid() == ["a", "b"]


def test_the_pools_of_a_plan_are_pools_of_ninja(project: Project) -> None:
    project.plan({"a": {"reads": [], "pool": "narrow"}, "b": []}, pools={"narrow": 2})
    assert project.compile().code == 0
    rules = project.read(".tmp/agents/agents.ninja")
    assert "\npool wavemake-narrow\n  depth = 2\n" in rules
    assert rules.count("\n  pool = wavemake-narrow\n") == 1
    assert project.drive().code == 0


def test_an_answer_is_missed_that_others_go_on_without(project: Project) -> None:
    project.plan({"a": [], "b": ["a"], "c": {"reads": ["b"], "on_failure": "continue"}})
    project.compile()
    project.drive()
    project.paid()
    project.path(".tmp/agents/a/output.md").unlink()
    assert project.drive("b").code == 0
    assert project.paid() == ["a"]
    project.write(".tmp/agents/a/output.md", "by hand\n")
    assert project.drive().code == 0
    assert project.paid()[:1] == ["b"]
    assert "by hand" in project.read(".tmp/agents/b/prompt.md")


def test_the_other_goals_of_the_makefile(project: Project) -> None:
    compiled(project)
    project.drive("b")
    assert "wave 2  done         b\n" in project.drive("status").out
    assert project.drive("summary").out.startswith("# Summary: demo\n")
    assert "removed logs" in project.drive("clean").out
    assert not project.path(".tmp/agents/events.jsonl").exists()


def test_what_was_ejected_needs_no_wavemake(project: Project) -> None:
    compiled(project)
    result = project.wavemake("eject")
    assert result.code == 0, result.out
    assert "ejected .tmp/agents/build.ninja\n" in result.out
    project.write("plan.json", "edited")
    project.env["WAVEMAKE"] = "false"
    assert project.drive().code == 0
    assert project.paid() == ["a", "b", "c", "d"]


def test_run_drives_ninja(project: Project) -> None:
    project.plan(DIAMOND)
    result = project.wavemake("run", "plan.json", "--backend", "ninja", "-j2", "--only", "b")
    assert result.code == 0, result.out
    assert "$ sh .tmp/agents/runtime/ninja.sh -j2 b\n" in result.out
    assert project.paid() == ["a", "b"]
    project.wavemake("run", "plan.json", "--backend", "ninja", "--from", "b")
    assert project.paid() == ["b", "c", "d"]
    assert not project.path("Makefile").exists()


def test_no_ninja(project: Project) -> None:
    compiled(project)
    folder = project.folder.parent / "bare"
    folder.mkdir()
    project.put_on_path(folder, "sh", ["sh"])
    project.env["PATH"] = str(folder)
    result = project.drive()
    assert result.code == 2
    expect_words("ninja/not-installed", result.out)


def test_options_that_name_a_makefile(project: Project) -> None:
    project.plan(DIAMOND)
    result = project.compile("-o", "other.mk")
    assert result.code == 2
    expect_words("ninja/options-for-make", result.out)


# --- paths ---


def is_usable(path: str) -> bool:
    return not (outside_problem(path) or path_problem(path) or path.startswith("-"))


PATHS = (
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30)
    .map(normal_path)
    .filter(lambda path: path not in {".", "..", "all"} and len(path.encode()) < 200)
    .filter(is_usable)
)


@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(PATHS, min_size=1, max_size=5, unique=True))
def test_ninja_reads_back_every_path(project: Project, paths: list[str]) -> None:
    lines = "".join(f" $\n  {ninja_path(path)}" for path in paths)
    project.write("paths.ninja", f"build all: phony{lines}\n")
    ninja = ["ninja", "-f", "paths.ninja", "-t", "query", "all"]
    done = subprocess.run(
        ninja, cwd=project.folder, env=project.env, capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[2:-1] == [*(f"    {path}" for path in paths), "  outputs:"]


def test_odd_paths_are_followed(project: Project) -> None:
    names = ["a b.txt", "co$t.txt", "#1.txt", "ä(1).txt", "50%.txt", "it's.txt"]
    for name in names:
        project.write(name, "one\n")
    project.plan({"a": [f"./{name}" for name in names]})
    assert project.compile().code == 0
    assert project.drive().code == 0
    for name in names:
        project.paid()
        project.write(name, "two\n")
        assert project.drive().code == 0
        assert project.paid() == ["a"], name


# --- what the documentation says ---


def test_what_a_build_ninja_of_somebody_says(project: Project) -> None:
    page = (REPOSITORY / "docs" / "backends.md").read_text()
    [lines] = re.findall(r"^```ninja\n(.*?)^```", page, flags=re.M | re.S)
    project.plan({"changelog": []})
    project.compile()
    project.write("build.ninja", f"rule markdown\n  command = sed 's/.*/<p>&/' $in >$out\n{lines}")
    assert project.run(["ninja"]).code == 0
    assert project.read("CHANGES.html").startswith("<p>answer of changelog")


def test_the_ways_to_give_durations(project: Project) -> None:
    page = (REPOSITORY / "docs" / "backends.md").read_text()
    [lines] = re.findall(r"^```sh\n(.*?)^```", page, flags=re.M | re.S)
    project.plan(DIAMOND)
    project.write("took.json", '{"api": 95, "page": 40.5}')
    project.write(".tmp/agents/events.jsonl", "")
    for line in lines.splitlines():
        words = line.partition("#")[0].split()
        result = project.wavemake(*words[1:])
        assert result.code == 0, result.out


# --- a plain ninja ---


def test_a_plain_ninja_goes_on_past_a_failure_and_sums_up(project: Project) -> None:
    project.behave("b", "exit 3")
    compiled(project)
    result = project.run(["ninja", "-j2"])
    assert result.code != 0
    assert project.paid() == ["a", "b", "c"]
    assert "failed b: exit status 3" in result.out
    assert "blocked d by b" in result.out
    project.behave("b", "echo well")
    result = project.run(["ninja"])
    assert (result.code, project.paid()) == (0, ["b", "d"])
    assert golden("run/nothing-to-do") in project.run(["ninja"]).out
    project.behave("c", "exit 3")
    project.path(".tmp/agents/c/output.md").unlink()
    assert project.run(["ninja", "b"]).code == 0
    assert project.run(["ninja", "c"]).code != 0


def test_a_plain_ninja_compiles_an_edited_plan(project: Project) -> None:
    compiled(project)
    assert project.run(["ninja"]).code == 0
    project.paid()
    project.env["WAVEMAKE"] = f"{sys.executable} -m wavemake"
    project.write("plan.json", project.read("plan.json").replace("Do d.", "Do all of d."))
    result = project.run(["ninja"])
    assert (result.code, project.paid()) == (0, ["d"]), result.out
    project.env["WAVEMAKE"] = "no-such-wavemake"
    project.write("plan.json", project.read("plan.json") + "\n")
    result = project.run(["ninja"])
    assert result.code != 0
    assert "no-such-wavemake is not installed" in result.out


def test_a_build_ninja_of_somebody_else_is_left_as_it_is(project: Project) -> None:
    project.write("build.ninja", "build other: phony\n")
    project.plan({"a": []})
    result = project.compile()
    expect_words("ninja/own-build-file", result.out.splitlines()[-3:])
    assert project.read("build.ninja") == "build other: phony\n"
    assert project.drive().code == 0
    assert "is kept as build.ninja.orig" in project.compile("--force").out
    assert project.read("build.ninja.orig") == "build other: phony\n"


def test_a_ninja_that_is_too_old_is_named(project: Project) -> None:
    compiled(project)
    folder = project.folder.parent / "old"
    folder.mkdir()
    (folder / "ninja").write_text("#!/bin/sh\necho 1.10.2\n")
    (folder / "ninja").chmod(0o755)
    project.env["PATH"] = f"{folder}:{project.env['PATH']}"
    result = project.drive()
    assert result.code == 2
    expect_words("ninja/too-old", result.out)
