"""Values of secret variables: nothing that wavemake keeps, sends or shows has one that an agent printed."""

from __future__ import annotations

import json

import pytest

from tests.harness import Project, wait_for

CANARY = 'sk-CANARY"x\\y67890'


def assert_nowhere(project: Project, *printed: str) -> None:
    for text in printed:
        assert "CANARY" not in text
    for path in project.path(".tmp").rglob("*"):
        assert not path.is_file() or b"CANARY" not in path.read_bytes(), path


NAMES = ["ANTHROPIC_API_KEY", "GITHUB_TOKEN", "DB_PASSWORD", "MY_SECRET_2", "openai_apikey"]
NAMES += ["PGPASSWORD", "SSHPASS", "MYSQL_PWD", "SMTP_PASS", "GH_PAT", "SESSION_COOKIE"]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_what_an_agent_prints(project: Project, name: str) -> None:
    project.env[name] = CANARY
    project.plan({"fails": [], "answers": [], "reads": ["answers"]})
    project.behave("fails", f'echo "invalid key: ${name}" >&2; exit 1\n')
    project.behave("answers", f'echo "my key is ${name}, twice: ${name}."\n')
    project.behave("reads", 'cat "$prompt"\n')
    assert project.compile("-q").code == 0
    first, second = project.make("-j2"), project.make("-j2")
    report = project.wavemake("report")
    logs = project.wavemake("logs", "fails")
    assert_nowhere(project, first.out, second.out, report.out, logs.out)
    assert project.output("answers") == f"my key is ***{name}***, twice: ***{name}***.\n"
    assert f"***{name}***" in project.status("fails")["reason"]


def test_a_variable_that_the_plan_names(project: Project) -> None:
    project.env["HARMLESS"] = CANARY
    project.plan({"a": {"reads": [], "env": ["HARMLESS"]}, "b": []})
    for name in "ab":
        project.behave(name, 'echo "$HARMLESS"\n')
    assert project.compile("-q").code == 0
    assert project.make().code == 0
    assert project.output("a") == "***HARMLESS***\n"
    assert "CANARY" in project.output("b")


def test_a_password_in_an_address(project: Project) -> None:
    project.env["DATABASE_URL"] = "postgres://me:pa55-CANARY@127.0.0.1:5432/db?x=a@b"
    project.plan({"a": []})
    project.behave("a", 'echo "$DATABASE_URL"; echo "$PWD"\n')
    assert project.compile("-q").code == 0
    assert project.make().code == 0
    assert_nowhere(project)
    first, folder = project.output("a").splitlines()
    assert first == "postgres://me:***DATABASE_URL***@127.0.0.1:5432/db?x=a@b"
    assert folder == str(project.folder)


@pytest.mark.slow
def test_what_an_agent_printed_before_a_signal(project: Project) -> None:
    project.env["MY_API_KEY"] = CANARY
    project.plan({"a": []})
    project.behave("a", 'echo "$MY_API_KEY" >&2; : >ready; exec sleep 600\n')
    assert project.compile("-q").code == 0
    make = project.start_make()
    wait_for(project.path("ready").exists, "the agent has printed")
    make.terminate()
    make.communicate(timeout=30)
    assert_nowhere(project)
    assert project.status("a")["state"] == "interrupted"


def test_an_envelope(project: Project) -> None:
    project.env["ANTHROPIC_API_KEY"] = CANARY
    result = {"type": "result", "is_error": False, "result": f"it is {CANARY}"}
    project.write("bin/claude", f"#!/bin/sh\ncat >/dev/null\ncat <<'X'\n{json.dumps(result)}\nX\n")
    project.path("bin/claude").chmod(0o755)
    project.env["PATH"] = f"{project.path('bin')}:{project.env['PATH']}"
    project.write("plan.json", '{"agents": [{"name": "a", "task": "t"}]}')
    assert project.compile("-q").code == 0
    assert project.make().code == 0
    assert project.output("a").strip() == "it is ***ANTHROPIC_API_KEY***"
    assert_nowhere(project)


def test_what_a_check_prints_goes_into_no_prompt(project: Project) -> None:
    project.env["API_TOKEN"] = CANARY
    project.plan({"a": {"reads": [], "check": 'echo "$API_TOKEN"; false', "retries": 1}})
    project.behave("a", 'cat "$prompt" >>sent; echo answer\n')
    assert project.compile("-q").code == 0
    done = project.make()
    assert done.code != 0
    assert "***API_TOKEN***" in project.read("sent")
    assert "CANARY" not in project.read("sent")
    assert_nowhere(project, done.out)


def test_a_short_value_is_no_secret(project: Project) -> None:
    project.env["DEBUG_KEY"] = "answer"
    project.plan({"a": []})
    assert project.compile("-q").code == 0
    assert project.make().code == 0
    assert "***" not in project.output("a")
