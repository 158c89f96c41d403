"""Every example is run as its README says, and the skill's commands by a stand-in for claude."""

from __future__ import annotations

import html
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
import yaml

from tests.harness import EVERYTHING, REPOSITORY, Project, copy_example
from tests.test_readme import DURATION, counted, sessions

EXAMPLES = REPOSITORY / "examples"
SKILL = EXAMPLES / "skill"

# The command line with these commands in it, wherever the group has come to by now.
WAVEMAKE = """\
from wavemake.cli import cli
from wavemake.commands import check, eject, explain, init, new

for module in (check, eject, explain, init, new):
    cli.add_command(module.command, module.__name__.rpartition(".")[2])
cli(prog_name="wavemake")
"""

# Answers as the claude CLI does, and notes how it was called.
CLAUDE = """\
cat >/dev/null
echo "$@" >>claude.log
echo '{"type":"result","subtype":"success","is_error":false,"result":"An answer."}'
"""


@pytest.fixture
def shell(project: Project) -> Project:
    """A project in which wavemake and a stand-in for claude are found."""
    folder = project.folder.parent / "bin"
    folder.mkdir()
    (folder / "entry.py").write_text(WAVEMAKE)
    program(folder / "wavemake", f'exec "{sys.executable}" "{folder}/entry.py" "$@"\n')
    program(folder / "claude", CLAUDE)
    project.env["PATH"] = f"{folder}:{project.env['PATH']}"
    project.env["XDG_CONFIG_HOME"] = str(project.folder.parent / "config")
    return project


def program(path: pathlib.Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}")
    path.chmod(0o755)


# --- the sessions ---

READMES = sorted(str(path.relative_to(REPOSITORY)) for path in EXAMPLES.glob("*/README.md"))


def test_these_examples_have_a_session() -> None:
    names = ["code-audit", "feature", "full-stack-saas", "minute", "monorepo", "skill"]
    names += ["ui-clone"]
    assert [name.split("/")[1] for name in READMES] == names


@pytest.mark.parametrize("readme", READMES)
def test_session(shell: Project, readme: str) -> None:
    [(folder, commands)] = sessions(readme)
    assert f"{folder}/README.md" == readme
    copy_example(folder, shell.folder)
    for command, expected in commands:
        result = shell.run(["bash", "-c", command])
        shown = [DURATION.sub("0.0s", line) for line in result.lines()]
        assert counted(shown) == counted(expected), (command, result.out)


def test_every_example_has_a_session() -> None:
    pages = ["README.md", *READMES, *(f"docs/{path.name}" for path in REPOSITORY.glob("docs/*.md"))]
    shown = {folder for page in pages for folder, _ in sessions(page)}
    assert {str(path.relative_to(REPOSITORY)) for path in EXAMPLES.iterdir()} == shown


def test_the_picture_of_a_minute_shows_what_its_script_prints() -> None:
    [(folder, [(command, printed)])] = sessions("examples/minute/README.md")
    picture = (REPOSITORY / folder / "minute.svg").read_text()
    drawn = [html.unescape(line) for line in re.findall(r"<text [^>]*>(.*?)</text>", picture)]
    assert drawn == [f"$ {command}", *printed]


# --- a monorepo ---


def test_a_plan_waits_for_the_agent_of_another_plan(shell: Project) -> None:
    copy_example("examples/monorepo", shell.folder)
    for plan in ("services/api/plan.json", "apps/web/plan.json"):
        tree = shell.json(plan)
        shell.write(plan, json.dumps({**tree, "defaults": {"command": "sh ./agent.sh"}}))
        folder = plan.replace("plan.json", ".agents")
        prefix = "api" if "api" in plan else "web"
        assert shell.compile("--dir", folder, "--prefix", prefix, "--fragment", plan=plan).code == 0
    shell.behave("contract", "test ! -e apps/web/.agents/client/output.md && echo as agreed")
    shell.behave("client", 'grep -c "as agreed" "$prompt"')
    assert shell.make("-k", "-j8").code == 0
    assert shell.read("apps/web/.agents/client/output.md") == "1\n"
    assert len(shell.paid()) == 6

    shell.behave("contract", "exit 1")
    shell.write("services/api/.agents/stock-tables/output.md", "other tables")
    assert shell.make("-k", "-j8").code == 2
    assert "client" not in shell.paid()


# --- the skill ---


def parts() -> tuple[dict[str, str], str]:
    """The front matter and the body of the skill."""
    text = (SKILL / "skills/run-agents/SKILL.md").read_text()
    _, front, body = text.split("---\n", 2)
    return yaml.safe_load(front), body


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", parts()[1], flags=re.M | re.S)


def test_the_skill_and_the_plugin_have_the_form_that_claude_code_asks_for() -> None:
    front, body = parts()
    assert set(front) == {"name", "description"}
    assert front["name"] == "run-agents" == (SKILL / "skills/run-agents").name
    assert re.fullmatch(r"[a-z][a-z0-9-]{0,63}", front["name"])
    assert len(front["description"]) <= 1024
    assert not re.search("[<>]", front["description"])
    assert len(body.splitlines()) < 500
    manifest = json.loads((SKILL / ".claude-plugin/plugin.json").read_text())
    assert manifest["name"] == "wavemake"
    assert set(manifest) == {"name", "version", "description", "author", "license", "keywords"}
    assert [path.name for path in (SKILL / ".claude-plugin").iterdir()] == ["plugin.json"]


def test_every_command_of_the_skill_does_what_it_says(shell: Project) -> None:
    [plan] = blocks("json")
    shell.write("plan.json", plan)
    said = {}
    for command in "".join(blocks("sh")).splitlines():
        result = shell.run(["bash", "-c", command])
        assert result.code == 0, (command, result.out)
        said[command] = result.out
    assert said["wavemake check plan.json"] == "no problems in 1 plan\n"
    assert [line.split()[-1] for line in said["make -n"].splitlines()[1:]] == [
        "schema",
        "entries-api",
        "entries-page",
        "page-wiring",
    ]
    assert "wavemake: 4 done (of 4 agents)\n" in said["make -j4"]
    assert "4 done (of 4 agents)\n" in said["make status"]
    assert "4 done (of 4 agents)." in said["cat .tmp/agents/summary.md"]
    assert "entries-page done" in said["make entries-page FORCE=1"]
    calls = shell.read("claude.log").splitlines()
    assert len(calls) == 5
    assert all(call.endswith("--permission-mode acceptEdits") for call in calls)


def test_what_the_skill_says_in_passing_is_true_as_well(shell: Project) -> None:
    commands = re.findall(r"`((?:wavemake|make) [^`]+)`", parts()[1])
    assert sorted(set(commands)) == [
        "make -j4",
        "make -n",
        "wavemake explain CODE",
        "wavemake new --list",
        "wavemake new TEMPLATE",
    ]
    assert shell.run(["wavemake", "new", "--list"]).code == 0
    assert shell.run(["wavemake", "new", "first-look"]).code == 0
    assert shell.run(["wavemake", "explain", "WM204"]).code == 0
    assert shell.run(["wavemake", "compile", "plan.json", "--runner", "rehearse"]).code == 0
    assert shell.make("-j4").code == 0
    assert not shell.path("claude.log").exists()


def test_claude_code_finds_no_fault_with_the_plugin(tmp_path: pathlib.Path) -> None:
    claude = shutil.which(os.environ.get("WAVEMAKE_CLAUDE") or "claude")
    if claude is None:
        assert not EVERYTHING, "no claude CLI: set WAVEMAKE_CLAUDE or put it on PATH"
        pytest.skip("no claude CLI")
    quiet = ("DISABLE_TELEMETRY", "DISABLE_AUTOUPDATER", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC")
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **dict.fromkeys(quiet, "1")}
    words = [claude, "plugin", "validate", "--strict", str(SKILL)]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
