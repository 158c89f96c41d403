"""agents.mk in somebody else's Makefile: it brings its agents, and changes nothing else."""

from __future__ import annotations

import os
import pathlib
import re
import shlex
import shutil

import pytest

from tests.expectations import counted, expect_words, golden
from tests.harness import MAKES, Project

CHAIN = {"a": ["notes.txt"], "b": ["a"]}
INCLUDE = "include .tmp/agents/agents.mk\n"


def with_chain(folder: pathlib.Path, *arguments: str) -> Project:
    """A project with the agents a -> b, compiled as a fragment."""
    project = Project(folder)
    project.write("notes.txt", "notes\n")
    project.plan(CHAIN)
    result = project.compile("--fragment", *arguments)
    assert result.code == 0, result.out
    assert "'-include .tmp/agents/agents.mk' to a Makefile" in result.out
    assert not project.path("Makefile").exists()
    return project


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The folder that with_chain made, to be copied."""
    return with_chain(tmp_path_factory.mktemp("chain") / "project").folder


@pytest.fixture(params=MAKES)
def user(chain: pathlib.Path, tmp_path: pathlib.Path, request: pytest.FixtureRequest) -> Project:
    """A project of one's own with `chain` in it, for each make."""
    shutil.copytree(chain, tmp_path / "my project")
    project = Project(tmp_path / "my project")
    project.use_make(request.param)
    return project


def copied(chain: pathlib.Path, project: Project, name: str) -> Project:
    """`chain` as the folder `name` of `project`."""
    shutil.copytree(chain, project.path(name))
    return Project(project.path(name))


# --- what becomes of it ---------------------------------------------------------


def test_a_failure_leaves_no_summary_that_says_all_is_well(user: Project) -> None:
    user.write("Makefile", INCLUDE)
    assert counted(user.make("wavemake").out) == {"done": 2}
    user.write("notes.txt", "other\n")
    user.behave("a", "exit 3")
    assert user.make("-k", "wavemake").code == 2
    assert not user.path(".tmp/agents/summary.md").exists()
    reported = user.make("wavemake-summary").out
    assert counted(reported) == {"failed": 1, "blocked": 1}
    user.behave("a", "echo well")
    assert counted(user.make("wavemake").out) == {"done": 2}
    assert user.make("-q", "wavemake").code == 0


def test_a_summary_is_of_the_make_that_asks_for_it(user: Project) -> None:
    user.write("Makefile", INCLUDE)
    user.make("wavemake")
    user.path(".tmp/agents/summary.md").unlink()
    assert counted(user.make("wavemake").out) == {"up to date": 2}


def test_a_plan_that_has_changed_is_told_and_not_compiled(user: Project) -> None:
    user.write("Makefile", "all: .tmp/agents/b/output.md\n" + INCLUDE)
    assert user.make().code == 0
    user.paid()
    plan = user.read("plan.json")
    user.write("plan.json", plan.replace("Do a.", "Do a otherwise."))
    for _ in range(2):
        result = user.make()
        assert (result.code, user.paid()) == (0, [])
        expect_words("run/edited-plan-of-fragment", result.having("has changed"))
    assert user.make("-q").code == 1
    user.path(".tmp/agents/b/output.md").unlink()
    result = user.make()
    expect_words("run/blocked-by-edited-plan", result.having("blocked"))
    assert (result.code, user.paid()) == (2, [])
    assert user.wavemake("history").lines()[-1].endswith("  blocked")
    user.env["WAVEMAKE_STALE_PLAN"] = "run"
    assert (user.make().code, user.paid()) == (0, ["b"])
    del user.env["WAVEMAKE_STALE_PLAN"]
    assert user.compile("--fragment").code == 0
    assert golden("run/edited-plan-of-fragment") not in user.make().out
    assert user.paid() == ["a", "b"]
    user.write("plan.json", user.read("plan.json"))  # with another time
    assert user.make().out.count("wavemake") == 0
    assert user.make("-q").code == 0


def test_touching_does_not_make_a_changed_plan_known(user: Project) -> None:
    user.write("Makefile", INCLUDE)
    user.make("wavemake")
    user.write("plan.json", user.read("plan.json").replace("Do a.", "Do a otherwise."))
    assert user.make("-t", "wavemake").code == 0
    assert "wavemake: plan.json has changed" in user.make("wavemake").out


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a#b.json", "my plan.json", "it's.json", "a$b.json", "50%.json"])
def test_a_plan_with_an_odd_name(user: Project, name: str) -> None:
    user.write(name, user.read("plan.json"))
    user.write("Makefile", INCLUDE)
    assert user.wavemake("compile", name, "-q", "--fragment").code == 0
    result = user.make("wavemake")
    assert (result.code, user.paid()) == (0, ["a", "b"]), result.out
    assert user.make("-q", "wavemake").code == 0
    user.write(name, user.read(name).replace("Do a.", "Do a otherwise."))
    reported = shlex.join(["wavemake", "compile", name, "--fragment"])
    assert (reported in user.make("wavemake").out) is ("%" not in name)
    user.path(name).unlink()
    result = user.make("wavemake")
    assert (result.code, "wavemake: " in result.out) == (0, False), result.out


# --- the default goal ---------------------------------------------------------


@pytest.mark.parametrize(
    "makefile",
    [
        INCLUDE + "hello:\n\t@echo hello\n",
        "hello:\n\t@echo hello\n" + INCLUDE,
        ".DEFAULT_GOAL := hello\nother:\n" + INCLUDE + "hello:\n\t@echo hello\n",
        INCLUDE + "other:\nhello:\n\t@echo hello\n.DEFAULT_GOAL := hello\n",
        INCLUDE + INCLUDE + "hello:\n\t@echo hello\n",
    ],
    ids=["before", "after", "set before", "set after", "twice"],
)
def test_the_default_goal_is_the_users(user: Project, makefile: str) -> None:
    user.write("Makefile", makefile)
    assert user.make().out == "hello\n"


def test_the_default_goal_is_the_users_whatever_names_the_makefiles(user: Project) -> None:
    user.write("user.mk", "hello:\n\t@echo hello\n")
    assert user.make("-f", "user.mk", "-f", ".tmp/agents/agents.mk").out == "hello\n"
    user.write("Makefile", "hello:\n\t@echo hello\n")
    user.env["MAKEFILES"] = ".tmp/agents/agents.mk"
    assert user.make().out == "hello\n"


def test_alone_its_default_goal_runs_all_and_sums_up(user: Project) -> None:
    result = user.make("-j4", "-f", ".tmp/agents/agents.mk")
    assert result.code == 0, result.out
    assert user.paid() == ["a", "b"]
    assert counted(result.out) == {"done": 2}
    assert "| [b](b/output.md) | 2 | done |" in user.read(".tmp/agents/summary.md")
    again = user.make("-f", ".tmp/agents/agents.mk")
    assert " done for 'wavemake'" in again.out
    assert user.make("-q", "-f", ".tmp/agents/agents.mk").code == 0


def test_alone_beside_other_makefiles_of_the_environment(user: Project) -> None:
    user.write("every.mk", "VARIABLE := 1\n")
    user.env["MAKEFILES"] = "every.mk"
    assert user.make("-f", ".tmp/agents/agents.mk").code == 0
    assert user.paid() == ["a", "b"]


# --- what stays as it was -----------------------------------------------------

# Each rule tells if a setting leaked: built-in, suffix and pattern rules, .DELETE_ON_ERROR, .ONESHELL,
# -k, -s, SHELL, and the exported environment.
USERS = """\
{before}
.SUFFIXES: .in .out
.in.out:
\t@cp $< $@
%.html: %.txt
\t@cp $< $@
all: tool x.out page.html shell environment
\t@echo two
shell: ; @echo $(SHELL) $(.SHELLFLAGS) '$(.RECIPEPREFIX)' '$(MAKEFLAGS)'
environment: ; @env | grep -i '^wave\\|^agents' || true
oneshell:
\t@cd /
\t@pwd
half:
\t@echo half >half; false
fails: half independent
independent: ; @echo ran
{after}
"""


def users_view(user: Project, before: str, after: str) -> list[str]:
    """What a user sees of all that a leak would change."""
    user.write("Makefile", USERS.format(before=before, after=after))
    user.write("tool.sh", "#!/bin/sh\n")
    user.write("x.in", "in\n")
    user.write("page.txt", "text\n")
    for name in ("tool", "x.out", "page.html", "half"):
        user.path(name).unlink(missing_ok=True)
    seen = [user.make("all").out, user.make("oneshell").out, user.make("fails").out]
    return [*seen, str(user.path("half").exists())]


def test_nothing_of_the_users_changes(user: Project) -> None:
    without = users_view(user, "", "")
    assert without[0].startswith("cat tool.sh >tool")
    assert without[3] == "True"
    # Lines of the Makefile are named in messages of make: the comment keeps their numbers.
    assert users_view(user, INCLUDE.strip(), "") == users_view(user, "#", "") == without
    assert users_view(user, "", INCLUDE) == without


def database(user: Project, makefile: str) -> set[str]:
    """What make knows, but for what is named after us and what it counts or measures."""
    user.write("Makefile", makefile)
    found = user.make("-p", "-n", "hello").out
    lines = (line for line in found.splitlines() if line.strip() and not line.startswith("# "))
    return {
        line
        for line in lines
        if not re.search(r"wavemake|WAVEMAKE_|\.tmp/agents|notes|plan\.json|^MAKEFILE_LIST", line)
    }


def test_the_database_of_make_has_nothing_else(user: Project) -> None:
    hello = "hello:\n\t@echo hello\n"
    assert database(user, INCLUDE + hello) == database(user, hello)


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        ".RECIPEPREFIX = >\n",
        ".ONESHELL:\n",
        ".POSIX:\n",
        ".DELETE_ON_ERROR:\n",
        ".SECONDEXPANSION:\n",
        ".SUFFIXES:\nMAKEFLAGS += -rR\n",
        ".EXPORT_ALL_VARIABLES:\n",
        "export\nunexport PATHS\n",
        ".NOTPARALLEL:\n",
        "SHELL := /bin/bash\n.SHELLFLAGS := -eu -o pipefail -c\n",
        "VPATH = behave\n",
        "MAKEFLAGS += --warn-undefined-variables\n",
        "%: %.generated ; cp $< $@\n%.md: %.txt ; cp $< $@\n",
        "% :: ; @echo nothing makes $@ >&2; false\n",
    ],
    ids=lambda text: text.split("\n")[0].split(" :=")[0],
)
def test_settings_of_the_users_do_not_break_it(user: Project, settings: str) -> None:
    user.write("Makefile", settings + INCLUDE)
    result = user.make("-j4", "wavemake")
    assert result.code == 0, result.out
    assert user.paid() == ["a", "b"]
    assert "warning" not in result.out
    assert user.make("-q", "wavemake").code == 0
    user.behave("b", "false")
    assert user.make("wavemake", "WAVEMAKE_FORCE=b").code == 2
    assert user.output("b").startswith("answer of b")


def test_a_recipe_prefix_of_the_users_holds_after_the_include(user: Project) -> None:
    user.write("Makefile", f".RECIPEPREFIX = >\n{INCLUDE}hello:\n> @echo hello\n")
    assert user.make().out == "hello\n"


# --- files that cross the border ----------------------------------------------


def test_agents_read_what_users_rules_make_and_the_reverse(user: Project) -> None:
    rules = """
site.html: .tmp/agents/b/output.md ; cp $< $@
data.txt: data.in ; tr a-z A-Z <$< >$@
%.gen: %.in ; cp $< $@
"""
    user.write("data.in", "numbers\n")
    user.plan({"a": ["data.txt", "data.gen"], "b": ["a"]})
    result = user.compile("--fragment")
    assert result.out.count("warning[WM151]") == 2
    user.write("Makefile", INCLUDE + rules)
    assert user.make("-j4", "site.html").code == 0
    assert user.paid() == ["a", "b"]
    assert "NUMBERS" in user.read(".tmp/agents/a/prompt.md")
    assert user.read("site.html") == user.output("b")
    assert "'site.html' is up to" in user.make("-j4", "site.html").out

    user.write("data.in", "others\n")
    assert user.make("-j4", "site.html").code == 0
    assert user.paid() == ["a", "b"]
    assert "OTHERS" in user.read(".tmp/agents/a/prompt.md")
    assert user.read("site.html") == user.output("b")


def test_a_failed_agent_keeps_the_users_target_as_it_was(user: Project) -> None:
    user.write("Makefile", INCLUDE + "site.html: $(wavemake.dir)/b/output.md ; cp $< $@\n")
    user.make("site.html")
    before = user.read("site.html")
    user.behave("a", "exit 1")
    result = user.make("-k", "-j4", "site.html", "WAVEMAKE_FORCE=a")
    assert result.code == 2
    assert "'site.html' not remade" in result.out
    assert user.read("site.html") == before


def test_goals_of_waves_and_forcing(user: Project) -> None:
    user.write("Makefile", "none:\n" + INCLUDE)
    assert user.make("wavemake-wave-1").code == 0
    assert user.paid() == ["a"]
    assert user.make("wavemake-only-wave-2").code == 0
    assert user.paid() == ["b"]
    assert user.make("-q", "wavemake-agents").code == 0
    assert user.make("wavemake", "WAVEMAKE_FORCE=wave-2").code == 0
    assert user.paid() == ["b"]
    assert user.make("wavemake", "WAVEMAKE_FORCE=nobody wave-9 2").code == 0
    assert user.paid() == []
    assert user.make("-j2", "wavemake-agents", "WAVEMAKE_FORCE=all").code == 0
    assert user.paid() == ["a", "b"]
    listed = user.make("wavemake-status").lines()
    assert [line.split()[:4] for line in listed[:2]] == [
        ["wave", "1", "done", "a"],
        ["wave", "2", "done", "b"],
    ]
    assert user.make("wavemake-summary").out == user.read(".tmp/agents/summary.md")


# --- from elsewhere -----------------------------------------------------------


FOLDERS = ["sub/", "./sub/", "deep/er/", "$(CURDIR)/sub/", "my folder/", "R&D's (x)/"]


@pytest.mark.parametrize("which", MAKES)
@pytest.mark.parametrize("folder", FOLDERS)
def test_from_another_folder(
    chain: pathlib.Path, tmp_path: pathlib.Path, folder: str, which: str
) -> None:
    project = Project(tmp_path / "plain")
    project.use_make(which)
    name = folder.removeprefix("./").removeprefix("$(CURDIR)/")
    sub = copied(chain, project, name)
    sub.path("notes.txt").unlink()
    word, target = folder.replace(" ", "\\ "), name.replace(" ", "\\ ")
    root = f"wavemake.root := {word}\n" if " " in folder else ""
    rules = f"""
{target}notes.txt: ; echo made >"$@"
site.html: {target}.tmp/agents/b/output.md ; cp "$<" $@
"""
    project.write("Makefile", f"{root}include {word}.tmp/agents/agents.mk\n{rules}")
    result = project.make("-j4", "site.html")
    assert result.code == 0, result.out
    assert sub.paid() == ["a", "b"]
    assert "made" in sub.read(".tmp/agents/a/prompt.md")
    assert project.read("site.html") == sub.output("b")
    assert project.make("wavemake").code == 0
    assert sub.path(".tmp/agents/summary.md").exists()
    assert project.make("-q", "wavemake").code == 0
    # What was run from outside is not stale inside.
    assert sub.make("-q", "-f", ".tmp/agents/agents.mk").code == 0
    assert sub.paid() == []


@pytest.mark.parametrize("which", MAKES)
def test_a_folder_with_spaces_must_be_named(
    chain: pathlib.Path, project: Project, which: str
) -> None:
    project.use_make(which)
    copied(chain, project, "my folder")
    project.write("Makefile", "include my\\ folder/.tmp/agents/agents.mk\n")
    result = project.make("wavemake")
    assert result.code == 2
    expect_words("run/fragment-in-another-folder", result.out.split("*** ")[1])


def test_alone_from_another_folder(user: Project, chain: pathlib.Path) -> None:
    fragment = ".tmp/agents/agents.mk"
    sub = copied(chain, user, "sub")
    assert user.make("-f", f"sub/{fragment}").code == 0
    assert sub.paid() == ["a", "b"]
    assert user.make("-q", "-C", "sub", "-f", fragment).code == 0
    assert user.paid() == []


# --- several plans in one make ------------------------------------------------


def test_two_plans_of_one_project_in_one_make(user: Project) -> None:
    user.plan({"a": [".tmp/agents/b/output.md"], "z": ["a"]}, name="other.json")
    assert user.compile("--fragment", "--dir", ".tmp/other", plan="other.json").code == 0
    user.write("Makefile", INCLUDE + "include .tmp/other/agents.mk\nhello: ; @echo hello\n")
    assert user.make().out == "hello\n"
    result = user.make("-j4", "wavemake-other")
    assert result.code == 0, result.out
    assert user.paid() == ["a", "a", "b", "z"]
    assert user.output("b") in user.read(".tmp/other/a/prompt.md")
    assert user.make("-q", "wavemake", "wavemake-other").code == 1
    assert user.make("wavemake", "wavemake-other").code == 0
    assert user.make("-q", "wavemake", "wavemake-other").code == 0


def test_two_folders_in_one_make_need_two_prefixes(user: Project, chain: pathlib.Path) -> None:
    one = copied(chain, user, "one")
    two = copied(chain, user, "two")
    user.write("Makefile", "all: wavemake\ninclude $(wildcard */.tmp/agents/agents.mk)\n")
    result = user.make()
    assert result.code == 2
    message = (
        "two/.tmp/agents/agents.mk and one/.tmp/agents/agents.mk are both 'wavemake': "
        "compile one of them with --prefix.  Stop.\n"
    )
    assert result.out.split("*** ")[1] == message

    assert two.compile("--fragment", "--prefix", "second").code == 0
    assert user.make("-j4", "wavemake", "second").code == 0
    assert (one.paid(), two.paid()) == (["a", "b"], ["a", "b"])
    assert user.make("second", "WAVEMAKE_FORCE=b", "-j4").code == 0
    assert (one.paid(), two.paid()) == ([], ["b"])


# --- what compile leaves alone ------------------------------------------------


def test_a_foreign_makefile_is_left_as_it_is(project: Project) -> None:
    project.plan({"a": [], "b": ["a"]})
    project.write("Makefile", "hello: ; @echo hello\n")
    result = project.compile()
    assert result.code == 0
    assert result.out.splitlines()[-2:] == [
        "  -include .tmp/agents/agents.mk",
        "next: make -k -j4 wavemake",
    ]
    assert project.read("Makefile") == "hello: ; @echo hello\n"
    project.write("Makefile", "hello: ; @echo hello\n" + INCLUDE)
    assert project.make().out == "hello\n"
    assert project.make("-k", "-j4", "wavemake").code == 0
    assert project.paid() == ["a", "b"]
    assert project.compile("--force").code == 0
    assert project.read("Makefile").startswith("# Written by wavemake")


def test_a_symlink_and_a_broken_time_are_no_trouble(user: Project, tmp_path: pathlib.Path) -> None:
    """The include may lead through a link, and files may come from the future."""
    os.symlink(user.folder, tmp_path / "link")
    outside = Project(tmp_path / "outside")
    outside.make_words = user.make_words
    outside.write("Makefile", "include ../link/.tmp/agents/agents.mk\n")
    assert outside.make("wavemake").code == 0
    assert user.paid() == ["a", "b"]
    assert outside.make("-q", "wavemake").code == 0


def test_no_variable_of_ours_is_undefined(user: Project) -> None:
    user.compile()
    strict = "--warn-undefined-variables"
    fragment = ["-f", ".tmp/agents/agents.mk"]
    goals: list[list[str]] = [["-n"], ["-q"], [], ["b", "FORCE=1"], ["status"], ["help"], ["clean"]]
    for words in [*goals, fragment, [*fragment, "wavemake-wave-2", "WAVEMAKE_FORCE=wave-1 b"]]:
        assert "warning" not in user.make(strict, *words).out, words
    user.write("user.mk", INCLUDE + INCLUDE)
    assert "warning" not in user.make(strict, "-f", "user.mk", "wavemake").out


def test_a_make_that_starts_itself_anew_pays_once_for_what_is_forced(user: Project) -> None:
    make = "all: .tmp/agents/b/output.md\n" + INCLUDE + "include x.mk\n"
    user.write("Makefile", make + "x.mk: .tmp/agents/a/output.md ; echo X = 1 >$@\n")
    assert user.make().code == 0
    assert user.paid() == ["a", "b"]
    assert user.make("WAVEMAKE_FORCE=a b", timeout=20).code == 0
    assert user.paid() == ["a", "b"]


def test_a_goal_of_ones_own_is_made_of_answers_that_fit(user: Project) -> None:
    user.write("Makefile", INCLUDE + "own: .tmp/agents/b/output.md ; cp $< $@\n")
    assert user.make("own").code == 0
    user.paid()
    task = user.path(".tmp/agents/a/task.md")
    user.ask("a", task.read_text().replace("Do a.", "Do a otherwise."))
    os.utime(task, (1000, 1000))
    user.path(".tmp/agents/.trusted").unlink()
    before = {path: path.stat().st_mtime_ns for path in user.folder.rglob("*")}
    assert "agent.sh" in user.make("-n", "own").out
    assert user.make("-q", "own").code == 1
    assert {path: path.stat().st_mtime_ns for path in user.folder.rglob("*")} == before
    assert user.make("own").code == 0
    assert user.paid() == ["a", "b"]
    assert user.make("-q", "own").code == 0
