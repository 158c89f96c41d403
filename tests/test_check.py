"""The commands check and explain, as a user sees them."""

from __future__ import annotations

import json
import os
import pathlib
import pty
import re
import subprocess
import sys
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.expectations import expect_words
from tests.harness import REPOSITORY
from wavemake.commands import check, explain

GOOD = {"agents": [{"name": "db-schema", "task": "Design the tables.", "reads": []}]}
WARNED = {"agents": [{"name": "agent1", "task": "Build the entire app.", "reads": []}]}
BROKEN = {"agents": [{"name": "api", "task": "Write it.", "reads": ["shema"]}]}


@pytest.fixture(autouse=True)
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.chdir(tmp_path)
    for name, plan in {"good": GOOD, "warned": WARNED, "broken": BROKEN}.items():
        pathlib.Path(f"{name}.json").write_text(json.dumps(plan))
    pathlib.Path("syntax.json").write_text('{"agents": [}')
    return tmp_path


def run(*words: str, **options: Any) -> Result:
    return CliRunner().invoke(check.command, list(words), prog_name="wavemake check", **options)


def reported(*words: str) -> str:
    result = CliRunner().invoke(explain.command, list(words))
    assert result.exit_code == 0, result.output
    return result.stdout


# --- text ---


def test_nothing_to_say() -> None:
    result = run("good.json")
    assert (result.stdout, result.exit_code) == ("no problems in 1 plan\n", 0)


def test_warnings_and_what_is_counted() -> None:
    result = run("warned.json")
    assert re.findall(r"^(\S+): (\S+\[\w+\])", result.stdout, re.MULTILINE) == [
        ("warned.json:1:22", "warning[WM207]"),
        ("warned.json:1:41", "warning[WM206]"),
    ]
    assert result.stdout.endswith("\n\n2 warnings in 1 plan\n")
    assert (result.stderr, result.exit_code) == ("", 0)


def test_several_plans_in_the_order_given() -> None:
    result = run("warned.json", "good.json", "broken.json", "syntax.json")
    assert re.findall(r"^(\S+): (\S+\[\w+\])", result.stdout, re.MULTILINE) == [
        ("warned.json:1:22", "warning[WM207]"),
        ("warned.json:1:41", "warning[WM206]"),
        ("broken.json:1:60", "error[WM112]"),
        ("syntax.json:1:13", "error[WM001]"),
    ]
    assert result.stdout.endswith("\n\n2 errors, 2 warnings in 4 plans\n")
    assert result.exit_code == 1


def test_standard_input() -> None:
    result = run("-", input=json.dumps(WARNED))
    assert "<stdin>:1:22: warning[WM207]" in result.stdout
    assert result.exit_code == 0


# --- exit status ---


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["good.json"], 0),
        (["good.json", "--strict"], 0),
        (["warned.json"], 0),
        (["warned.json", "--strict"], 1),
        (["warned.json", "--strict", "--ignore", "WM206,WM207"], 0),
        (["warned.json", "--strict", "--select", "WM208"], 0),
        (["warned.json", "--strict", "--select", "WM2"], 1),
        (["good.json", "broken.json"], 1),
        (["broken.json", "--ignore", "WM112"], 1),
        (["broken.json", "--select", "WM207"], 1),
        (["syntax.json"], 1),
        (["none.json"], 2),
        (["none.json", "broken.json"], 2),
        ([], 2),
        (["good.json", "--format", "xml"], 2),
        (["good.json", "--select", "XY9"], 2),
        (["good.json", "--dir", "../elsewhere"], 2),
    ],
)
def test_the_exit_status(words: list[str], status: int) -> None:
    assert run(*words).exit_code == status


def test_a_note_does_not_fail() -> None:
    plan = {"agents": [{"name": n, "task": "Do it.", "reads": []} for n in ("db", "ui")]}
    pathlib.Path("late.json").write_text(json.dumps({**plan, "waves": [["db"], ["ui"]]}))
    result = run("late.json", "--strict")
    assert "note[WM211]" in result.stdout
    assert result.stdout.endswith("\n1 note in 1 plan\n")
    assert result.exit_code == 0


def test_what_cannot_be_read_is_told_and_the_rest_is_checked() -> None:
    result = run("none.json", "warned.json")
    assert result.stderr.startswith("wavemake: cannot read the plan none")
    assert result.stdout.endswith("\n2 warnings in 1 plan\n")


def test_a_code_that_selects_nothing_is_told() -> None:
    result = run("good.json", "--select", "WM2O6")
    expect_words("check/no-such-code", result.stderr)


def test_untrusted() -> None:
    pathlib.Path("p.json").write_text(json.dumps({**GOOD, "defaults": {"command": "sh"}}))
    assert run("p.json").exit_code == 0
    result = run("p.json", "--untrusted")
    assert "error[WM119]" in result.stdout
    assert result.exit_code == 1


def test_dir_is_where_earlier_runs_are_looked_for(folder: pathlib.Path) -> None:
    plan = {"agents": [{"name": "db", "task": "Do it.", "reads": [], "timeout": 60}]}
    (folder / "p.json").write_text(json.dumps(plan))
    (folder / "build" / "db").mkdir(parents=True)
    (folder / "build" / "db" / "status.json").write_text('{"state": "done", "seconds": 61.0}')
    assert run("p.json").stdout == "no problems in 1 plan\n"
    assert "warning[WM215]" in run("p.json", "--dir", "build").stdout


def test_what_the_plan_ignores() -> None:
    plan = {"agents": [{**WARNED["agents"][0], "ignore": ["WM207", "WM203"]}], "ignore": ["WM206"]}
    pathlib.Path("p.json").write_text(json.dumps(plan))
    result = run("p.json", "--strict")
    (line,) = re.findall(r"^\S+: (.*)$", result.stdout, re.MULTILINE)
    assert re.fullmatch(r"warning\[WM290\]: .* WM203 .*'agent1'.*", line)
    assert result.exit_code == 1


# --- other formats ---


def test_json() -> None:
    found = json.loads(run("warned.json", "broken.json", "--format", "json").stdout)
    assert [(each["file"], each["code"], each["severity"]) for each in found["diagnostics"]] == [
        ("warned.json", "WM207", "warning"),
        ("warned.json", "WM206", "warning"),
        ("broken.json", "WM112", "error"),
    ]
    assert json.loads(run("good.json", "--format", "json").stdout)["diagnostics"] == []


def test_github() -> None:
    result = run("warned.json", "--format", "github", "--select", "WM206")
    assert result.stdout.startswith("::warning file=warned.json,line=1,col=41,title=WM206::")


LEVELS = {"none", "note", "warning", "error"}


def test_sarif_has_what_its_schema_asks_for() -> None:
    """The parts of the 2.1.0 schema that apply: what is required, of which type, and nothing else."""
    log = json.loads(run("warned.json", "broken.json", "--format", "sarif").stdout)
    assert log.keys() == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    (one,) = log["runs"]
    assert one.keys() == {"tool", "columnKind", "newlineSequences", "results"}
    assert one["columnKind"] in {"utf16CodeUnits", "unicodeCodePoints"}
    driver = one["tool"]["driver"]
    assert driver.keys() == {"name", "version", "rules"}
    rules = [rule["id"] for rule in driver["rules"]]
    assert rules == ["WM112", "WM206", "WM207"]
    for rule in driver["rules"]:
        assert rule.keys() == {"id", "name", "shortDescription", "help"}
        assert all(rule[key]["text"] for key in ("shortDescription", "help"))
    assert [rules[each["ruleIndex"]] for each in one["results"]] == ["WM207", "WM206", "WM112"]
    for each in one["results"]:
        assert {"ruleId", "ruleIndex", "level", "message", "locations"} <= each.keys()
        assert each["level"] in LEVELS
        assert each["message"]["text"]
        for place in each["locations"] + each.get("relatedLocations", []):
            assert place["physicalLocation"]["artifactLocation"]["uri"]
            region = place["physicalLocation"]["region"]
            assert region.keys() == {"startLine", "startColumn", "endLine", "endColumn"}
            assert all(type(number) is int and number >= 1 for number in region.values())


@pytest.mark.parametrize("form", ["json", "github", "sarif"])
def test_what_is_for_machines_is_in_ascii_and_has_no_last_line_for_people(form: str) -> None:
    pathlib.Path("ü.json").write_text(json.dumps(WARNED), encoding="utf-8")
    out = run("ü.json", "--format", form).stdout
    assert "plan\n" not in out
    assert form == "github" or out.isascii()


# --- colour ---


def on_terminal(*words: str, **env: str) -> str:
    """What is printed on a terminal."""
    call = "import sys; from wavemake.commands.check import command; command(sys.argv[1:])"
    mine, theirs = pty.openpty()
    done = subprocess.Popen(
        [sys.executable, "-c", call, *words],
        stdout=theirs,
        env={
            **{k: v for k, v in os.environ.items() if k != "NO_COLOR"},
            **env,
            "PYTHONPATH": str(REPOSITORY),
        },
    )
    os.close(theirs)
    out = b""
    while True:
        try:
            part = os.read(mine, 65536)
        except OSError:
            break
        if not part:
            break
        out += part
    done.wait()
    os.close(mine)
    return out.decode()


def test_colour_on_a_terminal_only_and_not_against_the_users_will() -> None:
    assert "\x1b[1;33mwarning[WM207]\x1b[0m" in on_terminal("warned.json")
    assert "\x1b" not in on_terminal("warned.json", NO_COLOR="1")
    assert "\x1b" not in run("warned.json").stdout


# --- fixing ---

HALF = {"agents": [{"name": "api", "tsak": "Write it.", "reads": ["sketch"]}]}
MENDED = json.dumps(HALF).replace("tsak", "task")
DONE = "WM101: 'tsak' of 'api' is spelt 'task' now\n"
LEFT = "half.json:1:60: error[WM112]"


def test_what_is_left_after_mending_is_told_and_fails() -> None:
    pathlib.Path("half.json").write_text(json.dumps(HALF))
    result = run("--fix", "half.json")
    assert pathlib.Path("half.json").read_text() == MENDED
    assert result.stdout.startswith(f"{DONE}{LEFT}")
    assert result.stdout.endswith("\n1 error in 1 plan\n")
    assert (result.stderr, result.exit_code) == ("", 1)


def test_what_would_be_left_is_told_beside_the_difference() -> None:
    pathlib.Path("half.json").write_text(json.dumps(HALF))
    result = run("--diff", "half.json")
    assert result.stdout.startswith("--- half.json\n")
    assert "error[" not in result.stdout
    assert result.stderr.startswith(LEFT)
    assert result.exit_code == 1
    assert pathlib.Path("half.json").read_text() == json.dumps(HALF)


def test_what_is_left_of_standard_input_is_told_beside_the_plan() -> None:
    result = run("--fix", "-", input=json.dumps(HALF))
    assert result.stdout == MENDED
    assert result.stderr.startswith(f"{DONE}<stdin>:1:60: error[WM112]")
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["good.json"], 0),
        (["warned.json"], 0),
        (["--strict", "warned.json"], 1),
        (["broken.json", "good.json"], 1),
        (["syntax.json"], 1),
    ],
)
def test_the_exit_status_of_fixing(words: list[str], status: int) -> None:
    assert run("--fix", *words).exit_code == status


# --- explain ---


def page(code: str) -> str:
    return (REPOSITORY / "docs" / "rules" / f"{code}.md").read_text()


def test_explain_a_lint() -> None:
    text = reported("wm207")
    assert text == reported("vague-name")
    assert text == page("WM207")
    assert reported("WM208") == page("WM208")


def test_explain_an_error() -> None:
    assert reported("WM113") == page("WM113")


def test_explain_several() -> None:
    assert reported("WM113", "WM207") == reported("WM113") + "\n" + reported("WM207")


def test_explain_lists_all() -> None:
    lines = reported().splitlines()
    assert "WM207 vague-name" in "\n".join(lines)
    codes = [line.split()[0] for line in lines]
    assert codes == sorted(codes)
    assert {"WM001", "WM115", "WM153", "WM201", "WM290"} <= set(codes)


def test_explain_what_there_is_not() -> None:
    result = CliRunner().invoke(explain.command, ["vague-names"])
    assert result.exit_code == 2
    expect_words("explain/no-such-code", result.stderr)
