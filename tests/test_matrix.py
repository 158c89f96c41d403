"""The same scenario under every make, shell and awk; and what the generated text may not use."""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import subprocess

import pytest

from tests.expectations import counted, expect_words, golden
from tests.harness import MAKES, REPOSITORY, Project, absent, wait_for
from wavemake.runs.link import linked, sources

pytestmark = pytest.mark.slow

# Each takes itself for sh by the name of the link to it.
SHELLS = {
    "dash": ["dash"],
    "busybox": ["busybox"],
    "bash": ["bash"],
    "mksh": ["mksh"],
    "ksh93": ["ksh93"],
    "yash": ["yash"],
    "zsh": ["zsh"],
}
AWKS = {"mawk": ["mawk"], "gawk": ["gawk"], "busybox": ["busybox"], "original": ["original-awk"]}
# Every shell with every make, and every awk at least once.
POINTS = [
    (make, shell, list(AWKS)[(m + s) % len(AWKS)])
    for m, make in enumerate(MAKES)
    for s, shell in enumerate(SHELLS)
]


def use(project: Project, shell: str, awk: str) -> None:
    for words in (SHELLS[shell], AWKS[awk]):
        if not shutil.which(words[0]):
            absent(words[0])
    project.use_shell(SHELLS[shell])
    project.use_awk(AWKS[awk])


def without_times(project: Project) -> str:
    return re.sub(r"\| [0-9.]+s \|", "| TIME |", project.read(".tmp/agents/summary.md"))


@pytest.mark.parametrize(("which", "shell", "awk"), POINTS)
def test_the_core_of_it(project: Project, which: str, shell: str, awk: str) -> None:
    project.use_make(which)
    use(project, shell, awk)
    project.write("notes.txt", "one\n")
    project.plan({"a": ["notes.txt"], "b": ["a"], "c": ["a"], "d": ["b", "c"]})
    project.compile()
    first = project.make("-j4")
    assert first.code == 0, first.out
    assert project.paid() == ["a", "b", "c", "d"]
    assert counted(first.out) == {"done": 4}
    assert project.make("-j4").out == golden("run/nothing-to-do")

    project.path("notes.txt").touch()
    again = project.make("-j4")
    assert (again.code, project.paid()) == (0, [])
    assert re.search(r"\b[1-4] reused", again.out)

    project.write("notes.txt", "two\n")
    project.behave("b", "echo 'no \"luck\" \\ today' >&2; exit 3")
    project.behave("c", "trap '' TERM; sleep 87653; sleep 87653")
    patient = project.read(".tmp/agents/c/task.md")
    assert "\ntimeout 1800\n" in patient
    project.ask("c", patient.replace("\ntimeout 1800\n", "\ntimeout 1\n"))
    failed = project.make("-j4")
    assert failed.code == 2
    assert project.paid() == ["a", "b", "c"]
    expect_words(
        "run/failures", sorted(failed.having("FAILED")), failed.having("of 4 agents", "blocked d")
    )
    assert not any("87653" in command for command in project.processes())
    assert project.status("b")["reason"].endswith(': no "luck" \\ today')
    expect_words("run/summary", without_times(project))

    shutil.rmtree(project.path("behave"))
    project.ask("c", patient)
    assert project.make("-j4").code == 0
    assert project.paid() == ["b", "c", "d"]
    assert project.make("-q").code == 0
    assert re.search(r"\n\d+ (done|reused)[^\n]*\(of 4 agents\)\n\Z", project.make("status").out)
    for line in project.read(".tmp/agents/events.jsonl").splitlines():
        json.loads(line)


@pytest.mark.parametrize("shell", SHELLS)
def test_no_shell_adds_a_word_to_the_log_of_an_agent_that_it_ends(
    project: Project, shell: str
) -> None:
    use(project, shell, "mawk")
    command = "echo its own words >&2; exec sleep 87654"
    project.plan({"a": {"reads": [], "command": command, "timeout": "1s"}})
    project.compile()
    result = project.make()
    assert "a FAILED: timed out" in result.out
    assert "Terminated" not in result.out
    assert project.read(".tmp/agents/a/log.txt") == "its own words\n"


@pytest.mark.parametrize("shell", SHELLS)
def test_a_budget_of_a_day_a_trace_and_a_notification(project: Project, shell: str) -> None:
    use(project, shell, list(AWKS)[len(shell) % len(AWKS)])
    project.env.pop("TRACEPARENT", None)
    project.plan(
        {"a": [], "b": ["a"]},
        budget={"usd": 0.5, "per": "day"},
        on_end='echo "$WAVEMAKE_RESULT $TRACEPARENT" >>reported; sleep 87655 &',
        defaults={"cost_usd": 0.5},
    )
    project.behave("a", 'echo "$TRACEPARENT"')
    project.compile()
    result = project.make()
    assert "b over budget: 0.5 of 0.5" in result.out
    assert project.paid() == ["a"]
    of_a = project.output("a").split("-")
    word, of_run = project.read("reported").split()
    assert (word, [len(each) for each in of_a]) == ("failed", [2, 32, 16, 3])
    assert of_run.split("-")[1] == of_a[1]
    wait_for(
        lambda: not any("87655" in command for command in project.processes()),
        "the end of its sleep",
    )


@pytest.mark.parametrize("awk", AWKS)
def test_every_awk_writes_the_same_summary(project: Project, awk: str) -> None:
    use(project, "dash", awk)
    lacking = 'größe "x".md'
    project.write(lacking, "")
    project.plan({"a": [], "b": ["a"], "c": ["agent.sh"], "d": [lacking]})
    tree = json.loads(project.read("plan.json"))
    tree["project"] = 'größe "x" <b> | \\ `$(touch pwned)`'
    project.write("plan.json", json.dumps(tree))
    project.compile()
    project.path(lacking).unlink()
    project.behave("a", "printf 'größe <b> | \"q\" \\\\ \\033[31m\\n' >&2; exit 7")
    project.make("-j4")
    expect_words("run/summary-of-odd-texts", without_times(project))
    assert not project.path("pwned").exists()


# --- what the text may use ------------------------------------------------------

FUNCTIONS_OF_3_81 = re.compile(
    "subst|patsubst|strip|findstring|filter|filter-out|sort|word|words|wordlist|firstword|lastword"
    "|dir|notdir|suffix|basename|addsuffix|addprefix|join|wildcard|realpath|abspath|error|warning"
    "|info|shell|origin|flavor|foreach|if|or|and|call|eval|value"
)
LATER_THAN_3_81 = re.compile(
    r"\.ONESHELL|\.SHELLFLAGS|\.EXTRA_PREREQS|\.WAIT|\.NOTINTERMEDIATE|::=|!=|&:"
    r"|^(define|endef|undefine|private|load|-load|override define)\b",
    re.MULTILINE,
)


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A plan that uses everything, compiled."""
    project = Project(tmp_path_factory.mktemp("generated") / "project")
    case = REPOSITORY / "tests" / "golden" / "features"
    shutil.copytree(case / "project", project.folder, dirs_exist_ok=True)
    result = project.compile()
    assert result.code == 0, result.out
    return project


@pytest.mark.parametrize("name", ["Makefile", ".tmp/agents/agents.mk"])
def test_it_is_written_for_make_3_81(generated: Project, name: str) -> None:
    text = re.sub(r"^#.*", "", generated.read(name), flags=re.MULTILINE)
    assert not LATER_THAN_3_81.findall(text)
    functions = set(re.findall(r"\$\(([a-z-]+) ", text))
    assert functions
    assert not [each for each in functions if not FUNCTIONS_OF_3_81.fullmatch(each)]


@pytest.mark.parametrize("which", MAKES)
def test_it_is_parsed_without_a_warning(generated: Project, which: str) -> None:
    generated.use_make(which)
    for words in ([], ["-f", ".tmp/agents/agents.mk"], ["all", "FORCE=1"]):
        done = subprocess.run(
            [*generated.make_words, "-p", "-n", *words],
            cwd=generated.folder,
            env=generated.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.stderr, done.returncode) == ("", 0)
        assert "# Implicit Rules" in done.stdout


PARTS = {
    "agent.sh": (
        "more.sh",
        "skip.sh",
        "edits.sh",
        "budget.sh",
        "judge.sh",
        "cells.sh",
    ),
    "drive.sh": ("end.sh",),
}


def test_the_shell_is_clean(tmp_path: pathlib.Path) -> None:
    checker = shutil.which("shellcheck") or absent("shellcheck")
    for name, text in linked(sources()).items():
        (tmp_path / name).write_text(text)
    scripts = {path.name: path for path in tmp_path.glob("*.sh")}
    assert scripts.keys() >= {"agent.sh", "drive.sh", "lead.sh", "ninja.sh"}
    # What a script loads when it needs it is a part of it.
    for name, parts in PARTS.items():
        texts = [scripts[part].read_text() for part in parts]
        scripts[name].write_text("".join([scripts[name].read_text(), *texts]))
    for part in {part for parts in PARTS.values() for part in parts}:
        scripts.pop(part).unlink()
    done = subprocess.run(
        # All these shells know -ot and -ef, and so does POSIX since 2024. What is loaded has been appended.
        [checker, "-s", "sh", "-e", "SC3013,SC1091", *map(str, scripts.values())],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("", 0)


def test_the_files_compile_writes_are_the_scripts_that_are_checked(generated: Project) -> None:
    written = pathlib.Path(generated.path(".tmp/agents/runtime"))
    scripts = linked(sources())
    for path in written.glob("*.*"):
        assert path.read_text() == scripts[path.name]
