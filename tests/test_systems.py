"""Other systems: no /proc, few tools, other units and locales, times in whole seconds, old makes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest

from tests.harness import Project, absent
from tests.test_matrix import SHELLS

pytestmark = pytest.mark.slow

# What macOS has of the programs that runs need: no setsid, sha256sum, printenv, flock or GNU's stat.
MACOS = (
    "[ awk basename cat chmod cksum cp cut date dirname echo env expr false find fold grep head id kill ln ls"
    " mkdir mktemp mv perl printf ps pwd rm rmdir sed shasum sh sleep sort tail tee test touch tr true uname"
    " wc xargs"
)


def use_only(project: Project, names: str, box: str = "") -> None:
    """Let PATH have these programs alone; `box` is a program that stands for those that it knows."""
    folder = project.folder.parent / "few"
    folder.mkdir()
    known = (
        subprocess.run([box], capture_output=True, text=True, check=False).stdout.split()
        if box
        else []
    )
    for name in names.split():
        program = box if name in known else name
        (folder / name).symlink_to(shutil.which(program) or absent(program))
    make = shutil.which("make")
    assert make
    project.make_words = [make]
    project.env["PATH"] = str(folder)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("box", ["", "toybox"])
def test_a_system_without_proc_and_with_few_tools(project: Project, shell: str, box: str) -> None:
    use_only(project, MACOS, box and (shutil.which(box) or absent(box)))
    (project.folder.parent / "few" / "sh").unlink()
    (project.folder.parent / "few" / "sh").symlink_to(
        shutil.which(SHELLS[shell][0]) or absent(shell)
    )
    project.env["WAVEMAKE_PROC"] = "/nonexistent"
    project.plan({"a": [], "b": {"reads": ["a"], "timeout": "1s"}, "c": ["a"]})
    project.compile()
    project.behave("b", "trap '' TERM; sleep 87655; sleep 87655")
    failed = project.make("-j2")
    assert "b FAILED: timed out" in failed.out, failed.out
    assert not any("87655" in command for command in project.processes())
    assert project.paid() == ["a", "b", "c"]
    shutil.rmtree(project.path("behave"))
    assert project.make("-j2").code == 0
    assert project.paid() == ["b"]
    assert project.make("-q").code == 0
    assert project.make("clean").code == 0


@pytest.mark.parametrize("shell", [*SHELLS, "units of 1024"])
def test_the_limit_of_a_prompt_is_exact(project: Project, shell: str) -> None:
    if shell in SHELLS:
        project.use_shell(SHELLS[shell])
    else:
        # bash by its own name counts as bash 3.2 does.
        folder = project.folder.parent / "shell"
        folder.mkdir()
        bash = shutil.which("bash") or absent("bash")
        (folder / "sh").write_text(f'#!{bash}\nexec {bash} "$@"\n')
        (folder / "sh").chmod(0o755)
        project.env["PATH"] = f"{folder}:{project.env['PATH']}"
    project.write("in.txt", "x" * 10000)
    project.plan({"a": ["in.txt"]}, defaults={"max_prompt": "20K"})
    project.compile()
    assert project.make().code == 0
    size = project.path(".tmp/agents/a/prompt.md").stat().st_size
    room = 20 * 1024 - size
    project.write("in.txt", "x" * (10000 + room))
    assert project.make().code == 0
    assert project.path(".tmp/agents/a/prompt.md").stat().st_size == 20 * 1024
    project.write("in.txt", "x" * (10000 + room + 1))
    assert "20481 bytes, over max_prompt (20480)" in project.make().out


@pytest.mark.parametrize("shell", SHELLS)
def test_an_edit_at_the_time_of_the_stamp_is_seen(project: Project, shell: str) -> None:
    project.use_shell(SHELLS[shell])
    project.write("in.txt", "one\n")
    project.plan({"a": ["in.txt"]})
    project.compile()
    project.behave("a", "echo two >in.txt; touch -r .tmp/agents/a/.stamp in.txt; echo an answer")
    assert project.make().code == 0
    shutil.rmtree(project.path("behave"))
    project.paid()
    assert project.make("-q").code == 1
    assert project.make().code == 0
    assert project.paid() == ["a"]


def test_a_plan_edited_in_the_second_of_its_compilation_is_seen(project: Project) -> None:
    project.use_shell(SHELLS["busybox"])
    project.plan({"a": []})
    project.compile()
    project.plan({"a": [], "b": []})
    second = project.path(".tmp/agents/agents.mk").stat().st_mtime_ns // 10**9 * 10**9
    os.utime(project.path(".tmp/agents/agents.mk"), ns=(second + 1000, second + 1000))
    os.utime(project.path("plan.json"), ns=(second + 2000, second + 2000))
    project.env["WAVEMAKE"] = "true"
    assert "plan.json has changed" in project.make().out


def test_a_variable_in_the_first_word_of_makeflags_is_no_flag(project: Project) -> None:
    project.plan({"a": []})
    project.compile()
    words = [
        "sh",
        ".tmp/agents/runtime/drive.sh",
        "run",
        ".tmp/agents",
        *project.make_words,
        "",
        "",
    ]
    result = project.run(words, env=project.env | {"MAKEFLAGS": "suites=quiet"})
    assert (result.code, project.paid()) == (0, ["a"]), result.out
    assert "wave 1: a done" in result.out


def test_a_decimal_comma_changes_no_number(project: Project) -> None:
    localedef = shutil.which("localedef") or absent("localedef")
    locales = project.folder.parent / "locales"
    locales.mkdir()
    made = [localedef, "-i", "de_DE", "-f", "UTF-8", str(locales / "de_DE.UTF-8")]
    if subprocess.run(made, capture_output=True, check=False).returncode > 1:
        absent("the locale de_DE")
    project.use_awk(["mawk"])
    project.env |= {"LOCPATH": str(locales), "LC_ALL": "de_DE.UTF-8", "WAVEMAKE_BACKOFF": "0"}
    line = '{"type":"result","is_error":false,"result":"ok","total_cost_usd":0.9}'
    agents = {f"a{n}": {"reads": [], "runner": "priced"} for n in range(4)}
    project.plan(
        agents,
        budget={"usd": 1.5},
        runners={"priced": {"command": ["sh", "./priced.sh"], "envelope": "claude"}},
        defaults={"runner": "priced"},
    )
    tree = project.json("plan.json")
    del tree["defaults"]["command"]
    project.write("plan.json", json.dumps(tree))
    project.write("priced.sh", f"cat >/dev/null; echo x >>calls; echo '{line}'\n")
    assert project.compile().code == 0
    result = project.make()
    assert "of 1.5 dollars are spent" in result.out
    assert len(project.read("calls").split()) == 2
