"""--launcher: each agent's command is started by another, and nothing is paid again because of it."""

from __future__ import annotations

import os
import re
import shlex
import sys

import pytest

from tests.expectations import expect_words
from tests.harness import REPOSITORY, Project

# Notes the command that it is given, then runs it.
LAUNCHER = """\
printf '%s\\n' "$*" >>launched.log
export VIA=$1
shift
exec "$@"
"""
PLAN = {"a": [], "b": ["a"]}


@pytest.fixture
def launched(project: Project) -> Project:
    """Two agents, and a launcher that tells by what word it was called."""
    project.write("launch.sh", LAUNCHER)
    project.plan(PLAN)
    for agent in PLAN:
        project.behave(agent, 'echo "$name via ${VIA:-nothing}"')
    return project


def test_a_command_is_started_by_the_launcher(launched: Project) -> None:
    assert launched.compile("--launcher", "sh ./launch.sh {agent}/{wave}/{timeout}").code == 0
    assert launched.make("-j4").code == 0
    assert launched.output("a") == "a via a/1/1800\n"
    assert launched.output("b") == "b via b/2/1800\n"
    # The prompt is put together and the answer judged where make runs.
    assert launched.read("launched.log").splitlines() == [
        "a/1/1800 sh -c sh ./agent.sh",
        "b/2/1800 sh -c sh ./agent.sh",
    ]


def test_words_are_split_as_a_shell_does(launched: Project) -> None:
    assert launched.compile("--launcher", "sh ./launch.sh 'two words;' env A=\"$B\"").code == 0
    assert launched.make("a").code == 0
    assert launched.output("a") == "a via two words;\n"


def test_it_runs_under_nice(launched: Project) -> None:
    launched.behave("a", "nice")
    assert launched.compile("--launcher", "nice -n 5").code == 0
    assert launched.make("a").code == 0
    outside = int(launched.run(["nice"]).out)
    assert launched.output("a") == f"{min(outside + 5, 19)}\n"


def test_a_launcher_pays_for_nothing_again(launched: Project) -> None:
    assert launched.compile().code == 0
    assert launched.make("-j4").code == 0
    assert launched.paid() == ["a", "b"]
    assert launched.compile("--launcher", "sh ./launch.sh x").code == 0
    assert launched.make("-j4").code == 0
    assert launched.make("-q").code == 0
    assert launched.compile().code == 0
    assert launched.make("-j4").code == 0
    assert launched.paid() == []
    assert launched.output("b") == "b via nothing\n"


def test_make_compiles_a_changed_plan_for_the_same_launcher(launched: Project) -> None:
    folder = launched.folder.parent / "bin"
    folder.mkdir()
    (folder / "wavemake").write_text(f'#!/bin/sh\nexec {sys.executable} -m wavemake "$@"\n')
    (folder / "wavemake").chmod(0o755)
    launched.env["PATH"] = f"{folder}:{launched.env['PATH']}"
    assert launched.compile("--launcher", "sh ./launch.sh 'it is $1' env").code == 0
    launched.plan({**PLAN, "c": ["b"]})
    later = launched.path(".tmp/agents/agents.mk").stat().st_mtime + 2
    os.utime(launched.path("plan.json"), (later, later))
    launched.behave("c", 'echo "$VIA"')
    assert launched.make("-j4").code == 0
    assert launched.output("c") == "it is $1\n"


def test_run_takes_a_launcher(launched: Project) -> None:
    result = launched.wavemake("run", "plan.json", "--launcher", "sh ./launch.sh {agent}")
    assert result.code == 0
    assert "--launcher 'sh ./launch.sh {agent}'" in result.out
    assert launched.output("b") == "b via b\n"


def test_words_for_resources_that_an_agent_does_not_name_are_left_out(launched: Project) -> None:
    launched.plan({"a": {"resources": {"cpus": 2, "mem": "4G"}}, "b": ["a"]})
    launcher = "sh ./launch.sh {agent} env CPUS={cpus} MEM={mem} GPUS={gpus} PARTITION={partition}"
    assert launched.compile("--launcher", launcher).code == 0
    assert launched.make("-j4").code == 0
    assert launched.read("launched.log").splitlines() == [
        "a env CPUS=2 MEM=4G sh -c sh ./agent.sh",
        "b env sh -c sh ./agent.sh",
    ]


def test_what_must_be_installed_is_the_launcher(launched: Project) -> None:
    launched.plan({"a": {"runner": "claude", "reads": []}}, defaults={})
    launched.env["PATH"] = "/usr/bin:/bin"
    result = launched.compile("--launcher", "no-such-launcher {agent}")
    assert "claude" not in result.out
    result = launched.make()
    assert result.code == 2
    expect_words("run/launcher-missing", [x for x in result.lines() if "not installed" in x])


def test_a_launcher_that_cannot_be_used(launched: Project) -> None:
    refused = []
    for launcher in (" ", "nice 'n", "srun -J {agnet}", "a b\nc 'd\ne'", "'my launcher' x"):
        result = launched.compile("-q", "--launcher", launcher)
        assert result.code == 2
        refused.append(result.out)
    expect_words("compile/launcher-cannot-be-used", *refused)
    assert not launched.path(".tmp").exists()


# --- docs/launchers.md ---

DOCUMENT = (REPOSITORY / "docs/launchers.md").read_text()
COMMANDS = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```", DOCUMENT, flags=re.M | re.S)
    for line in block.splitlines()
]
# What docker does with these words, but for the container.
DOCKER = """\
#!/bin/sh
until [ "$1" = agents ]; do printf '%s ' "$1"; shift; done >>docker.log
shift
exec "$@"
"""


def test_the_commands_of_the_document_are_those_that_are_tried() -> None:
    known = [line for line in COMMANDS if line.startswith("wavemake compile plan.json --launcher ")]
    assert [line for line in COMMANDS if line not in known] == [
        "make -j100",
        "salloc --ntasks=8 make -j8",
    ]


@pytest.mark.parametrize("command", [line for line in COMMANDS if "wavemake" in line])
def test_a_command_of_the_document(launched: Project, command: str) -> None:
    folder = launched.folder.parent / "bin"
    folder.mkdir()
    (folder / "docker").write_text(DOCKER)
    (folder / "docker").chmod(0o755)
    launched.env["PATH"] = f"{folder}:{launched.env['PATH']}"
    assert launched.wavemake(*shlex.split(command)[1:]).code == 0
    if "slurm" not in command:
        assert launched.make("-j4").code == 0
        assert launched.output("b") == "b via nothing\n"
    if "docker" in command:
        options = "run -i --rm --init -v .:/work -w /work -e ANTHROPIC_API_KEY "
        assert launched.read("docker.log") == options * 2
