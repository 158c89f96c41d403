"""init and eject: what they add can be taken out to the byte, and what was compiled needs no wavemake."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import sys

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from tests.expectations import expect_words, golden
from tests.harness import REPOSITORY, Project
from wavemake.agents import adoption, ejection
from wavemake.commands import eject, init

LINE = b"-include .tmp/agents/agents.mk # added by wavemake init"


@pytest.fixture(autouse=True)
def _inside(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.folder)
    monkeypatch.delenv("MAKEFLAGS", raising=False)


def run_init(*words: str) -> Result:
    return CliRunner().invoke(init.command, words, catch_exceptions=False)


def run_eject(*words: str) -> Result:
    return CliRunner().invoke(eject.command, words, catch_exceptions=False)


def contents(folder: pathlib.Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


# --- init ---


def test_init_shows_what_it_would_change_and_changes_nothing(project: Project) -> None:
    project.write("Makefile", "all:\n\techo hello\n")
    before = contents(project.folder)
    done = run_init()
    assert done.exit_code == 1
    expect_words("adopt/init-shows", done.output)
    project.path("Makefile.orig").unlink(missing_ok=True)
    assert contents(project.folder) == before


def test_init_adds_the_line_and_a_plan_once_and_undo_takes_both_out(project: Project) -> None:
    project.write("Makefile", "all:\n\techo hello\n")
    before = contents(project.folder)
    done = run_init("--yes")
    assert done.exit_code == 0
    expect_words("adopt/init-adds", done.output)
    after = contents(project.folder)
    assert after["Makefile"] == before["Makefile"] + LINE + b"\n"
    assert project.json("plan.json")["project"] == "my project"
    again = run_init("--yes")
    assert (again.exit_code, contents(project.folder)) == (0, after)
    assert "nothing to change\n" in again.output
    assert run_init("--undo").exit_code == 1
    assert contents(project.folder) == after
    assert run_init("--undo", "--yes").exit_code == 0
    project.path("Makefile.orig").unlink(missing_ok=True)
    assert contents(project.folder) == before
    assert run_init("--undo").output == "nothing to remove\n"


def test_what_init_adds_runs(project: Project) -> None:
    project.write("Makefile", "all:\n\t@echo hello\n")
    run_init("--yes")
    assert project.make().out == "hello\n"  # before anything is compiled
    assert project.compile("--fragment", "--runner", "rehearse").code == 0
    assert project.make("-k", "-j4", "wavemake").code == 0
    assert project.output("contribution-agent")
    assert project.make().out == "hello\n"


def test_undo_leaves_what_a_person_has_changed(project: Project) -> None:
    project.write("Makefile", "all:\n")
    run_init("--yes")
    project.write("Makefile", project.read("Makefile") + "more:\n")
    project.write("plan.json", project.read("plan.json").replace("five", "six"))
    done = run_init("--undo", "--yes")
    assert done.output.endswith("changed Makefile\n")
    assert project.read("Makefile") == "all:\nmore:\n"
    assert project.path("plan.json").exists()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"all:",
        b"all:\n\n",
        b"all:\r\n\techo a\r\n",
        b"all:\r\n\techo a",
        b"a = b \\\n",
        b"a = b \\",
        b"a = b \\\r\n  c \\\r\n",
        b"a = b \\\n\n",
        b"a = b\\\\\n",
        b"# caf\xe9\n",
    ],
)
def test_the_line_stands_alone_and_leaves_no_trace(project: Project, text: bytes) -> None:
    project.write("plan.json", "{}")
    project.path("Makefile").write_bytes(text)
    run_init("--yes")
    data = project.path("Makefile").read_bytes()
    assert data.startswith(text)
    assert data.endswith(b"\n") == (not text or text.endswith(b"\n"))
    assert (b"\r" in data) == (b"\r" in text)
    assert not re.search(rb"(?<!\r)\n", data) or b"\r" not in text
    project.write(".tmp/agents/agents.mk", "$(info it is included)\n")
    assert "it is included" in project.make("-n").out
    run_init("--undo", "--yes")
    assert project.path("Makefile").read_bytes() == text


@given(st.lists(st.sampled_from([b"a", b"\\", b"\n", b"\r\n", LINE, LINE + b", with", b" "])))
def test_taking_out_reverses_putting_in(parts: list[bytes]) -> None:
    data, line = b"".join(parts), b"-include .tmp/agents/agents.mk"
    if adoption.without_line(data, line) == data:
        assert adoption.without_line(adoption.with_line(data, line), line) == data


def test_a_link_and_a_mode_stay(project: Project) -> None:
    project.write("build/real.mk", "#!/usr/bin/make -f\nall:\n")
    project.path("build/real.mk").chmod(0o755)
    project.path("Makefile").symlink_to("build/real.mk")
    run_init("--yes")
    assert project.path("Makefile").is_symlink()
    assert project.path("build/real.mk").read_bytes().endswith(LINE + b"\n")
    assert project.path("build/real.mk").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(
    ("names", "read"),
    [
        (["Makefile", "makefile", "GNUmakefile"], "GNUmakefile"),
        (["Makefile", "makefile"], "makefile"),
        (["Makefile"], "Makefile"),
    ],
)
def test_the_makefile_that_make_reads_gets_the_line(
    project: Project, names: list[str], read: str
) -> None:
    for name in names:
        project.write(name, "all:\n")
    run_init("--yes")
    assert [name for name in names if LINE in project.path(name).read_bytes()] == [read]


@pytest.mark.parametrize(
    "line",
    [
        "include .tmp/agents/agents.mk",
        "-include other.mk ./.tmp/agents/agents.mk # ours",
        "sinclude .tmp/agents/agents.mk other.mk",
        "  include .tmp/agents/agents.mk",
    ],
)
def test_a_line_that_a_person_wrote_is_enough_and_stays(project: Project, line: str) -> None:
    project.write("Makefile", f"all:\n{line}\n")
    project.write("plan.yaml", "agents: []\n")
    before = contents(project.folder)
    done = run_init()
    assert done.exit_code == 0
    expect_words("adopt/init-line-of-a-person", done.output)
    run_init("--undo", "--yes")
    project.path("Makefile.orig").unlink(missing_ok=True)
    assert contents(project.folder) == before


def test_a_line_in_a_comment_is_none(project: Project) -> None:
    project.write("Makefile", "# include .tmp/agents/agents.mk\n")
    run_init("--yes")
    assert LINE in project.path("Makefile").read_bytes()


def test_another_folder_has_another_line(project: Project) -> None:
    project.write("Makefile", "all:\n")
    done = run_init("--yes", "--dir", "tools/agents/")
    assert project.read("Makefile").endswith(
        "\n-include tools/agents/agents.mk # added by wavemake init\n"
    )
    expect_words("adopt/init-another-folder", done.output)
    assert run_init("--dir", "../out").exit_code == 2


def test_without_a_makefile_it_is_told_what_compile_writes(project: Project) -> None:
    done = run_init("--yes")
    expect_words("adopt/init-without-makefile", done.output)
    assert project.compile("--runner", "rehearse").code == 0
    done = run_init()
    assert done.exit_code == 0
    expect_words("adopt/init-own-makefile", done.output)


def test_on_a_terminal_it_asks(project: Project) -> None:
    import pexpect

    project.write("Makefile", "all:\n")
    words = ["-c", "from wavemake.commands.init import command; command()"]
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY), "LC_ALL": "C.UTF-8"}
    for answer, status, changed in (("n", 1, False), ("y", 0, True)):
        child = pexpect.spawn(sys.executable, words, env=env, timeout=60, encoding="utf-8")
        child.expect_exact("Make these changes? [y/N]: ")
        child.sendline(answer)
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == status
        assert (LINE in project.path("Makefile").read_bytes()) == changed


def test_a_file_that_cannot_be_read_is_told(project: Project) -> None:
    project.path("GNUmakefile").mkdir()
    done = run_init("--yes")
    assert (done.exit_code, "GNUmakefile" in done.output) == (2, True)


# --- eject ---


@pytest.fixture
def without_wavemake(project: Project, tmp_path: pathlib.Path) -> Project:
    """A project in which neither wavemake nor Python is found, once it has been ejected."""
    project.plan({"first": [], "second": ["first"]})
    assert project.compile("--model", "some model's").code == 0
    assert project.make("-j4").code == 0
    assert project.paid() == ["first", "second"]
    needed = (
        "sh make sed grep tr cut cat cksum mktemp rm mv mkdir touch date wc tail head ln cp find"
    )
    names = f"{needed} dd xargs ls sleep env awk setsid perl sha256sum shasum uname sort ps kill".split()
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in names:
        program = shutil.which(name)
        if program:
            (tools / name).symlink_to(program)
    project.env["PATH"] = str(tools)
    return project


def test_ejected_all_runs_without_wavemake(without_wavemake: Project) -> None:
    project = without_wavemake
    before = contents(project.folder)
    done = run_eject()
    assert done.exit_code == 0, done.output
    expect_words("adopt/eject", done.output)
    after = contents(project.folder)
    assert {name for name in after if after[name] != before.get(name)} == {
        "Makefile",
        ".tmp/agents/agents.mk",
        ".tmp/agents/runtime/plan",
    }
    assert project.make("-j4").out == golden("run/nothing-to-do")
    # An edited plan neither stops make nor is noticed.
    project.write("plan.json", project.read("plan.json").replace("Do first.", "Do it."))
    assert project.make("-j4").out == golden("run/nothing-to-do")
    project.write(
        ".tmp/agents/second/task.md", project.read(".tmp/agents/second/task.md") + "\nBetter.\n"
    )
    for goals in (["-j4"], ["wave-1"], ["status"], ["first", "FORCE=1"]):
        result = project.make(*goals)
        assert result.code == 0, result.out
    assert project.paid() == ["first", "second"]


def test_the_ejected_makefile_names_wavemake_only_to_tell_how_to_come_back(
    without_wavemake: Project,
) -> None:
    project = without_wavemake
    run_eject()
    head, rest = project.read("Makefile").split("# make -j4", 1)
    expect_words("adopt/ejected-makefile", head)
    assert "WAVEMAKE" not in re.sub(r"WAVEMAKE_\w+", "", rest)
    assert "plan.json" not in rest
    assert "compile" not in rest
    assert "plan.json" not in project.read(".tmp/agents/runtime/plan")


def test_the_command_that_is_named_brings_it_back_to_the_byte(project: Project) -> None:
    project.plan({"first": [], "second": ["first"]})
    project.compile("--model", "some model's")
    before = contents(project.folder)
    back = run_eject().output.splitlines()[-1].removeprefix("to come back: wavemake ")
    foreign = project.compile("--model", "some model's")
    assert "Makefile is not wavemake's" in foreign.out
    words = ["sh", "-c", f'"{sys.executable}" -m wavemake {back}']
    assert project.run(words).code == 0
    project.path("Makefile.orig").unlink(missing_ok=True)
    assert contents(project.folder) == before


@pytest.mark.parametrize("plan", ["plan $1 #2.json", "it's a plan.json"])
def test_a_plans_name_may_need_quotes(project: Project, plan: str) -> None:
    project.plan({"first": []}, name=plan)
    assert project.compile(plan=plan).code == 0
    before = contents(project.folder)
    done = run_eject()
    assert done.exit_code == 0, done.output
    assert project.make("-j2").code == 0
    back = done.output.splitlines()[-1].removeprefix("to come back: wavemake ")
    assert project.run(["sh", "-c", f'"{sys.executable}" -m wavemake {back}']).code == 0
    assert project.path("Makefile").read_bytes() == before["Makefile"]


def test_eject_twice_changes_nothing_more(project: Project) -> None:
    project.plan({"first": []})
    project.compile()
    run_eject()
    before = contents(project.folder)
    done = run_eject()
    assert (done.exit_code, contents(project.folder)) == (0, before)
    expect_words("adopt/eject-again", done.output)


def test_a_makefile_that_includes_the_rules_is_left_alone(project: Project) -> None:
    project.write("Makefile", "all:\n\t@echo hello\n-include .tmp/agents/agents.mk\n")
    project.plan({"first": []})
    project.compile("--fragment")
    before = project.read("Makefile")
    done = run_eject()
    expect_words("adopt/eject-included", done.output)
    assert project.read("Makefile") == before
    assert project.make("-k", "-j2", "wavemake").code == 0


def test_an_edited_plan_is_told(project: Project) -> None:
    project.plan({"first": []})
    project.compile()
    project.write("plan.json", project.read("plan.json") + "\n")
    done = run_eject()
    assert done.exit_code == 0
    expect_words("adopt/eject-edited-plan", done.output)


def test_what_does_not_run_is_put_back(project: Project) -> None:
    project.plan({"first": ["missing.md"]})
    project.compile()
    before = contents(project.folder)
    done = run_eject()
    assert done.exit_code == 1
    assert "missing.md" in done.output
    expect_words("adopt/eject-put-back", done.output.splitlines()[-1])
    project.path("Makefile.orig").unlink(missing_ok=True)
    assert contents(project.folder) == before


def test_eject_says_when_there_is_nothing_it_can_do(project: Project) -> None:
    done = run_eject()
    assert done.exit_code == 2
    nothing_here = done.output
    project.plan({"first": []})
    project.compile()
    project.path(".tmp/agents/runtime/plan").unlink()
    done = run_eject()
    assert done.exit_code == 2
    expect_words("adopt/eject-cannot", nothing_here, done.output)


def test_a_path_without_a_program_has_all_the_others(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, names in {"one": ["tool", "wavemake"], "two": ["other"]}.items():
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / name).write_text("#!/bin/sh\n")
            (tmp_path / folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/one:{tmp_path}/two")
    (tmp_path / "scratch").mkdir()
    path = ejection.path_without("wavemake", str(tmp_path / "scratch"))
    assert shutil.which("wavemake", path=path) is None
    assert shutil.which("tool", path=path)
    assert shutil.which("other", path=path) == f"{tmp_path}/two/other"
