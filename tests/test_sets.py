"""The sets: each gives a clean plan, and what a person types for one of them is data in it."""

from __future__ import annotations

import json
import os
import pathlib
import re
import sys
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.expectations import expect_words
from tests.harness import REPOSITORY, Project, examples
from wavemake import lint
from wavemake.agents import sets
from wavemake.commands import new
from wavemake.compiler import driver
from wavemake.compiler.options import Options
from wavemake.plan.for_each import HOLE
from wavemake.plan.loader import load_text
from wavemake.plan.parser import parse
from wavemake.plan.printing import render_text
from wavemake.runs.link import templates

SEED = {
    "full-stack-saas": [["db-agent"], ["auth-agent", "ui-agent"], ["api-agent"], ["test-agent"]],
    "ui-clone": [
        ["capture-agent"],
        ["analyze-agent"],
        ["build-shared-agent"],
        ["build-screens-agent"],
        ["diff-agent"],
    ],
    "code-audit": [
        ["security-agent", "api-agent", "auth-agent"],
        ["triage-agent"],
        ["fix-agent"],
        ["test-agent"],
    ],
}
OURS = sorted(
    [
        *SEED,
        "codebase-migration",
        "dependency-upgrade",
        "docs-site",
        "first-look",
        "test-suite-repair",
    ]
)
NEEDED = {"name": "Acme", "url": "https://example.com", "test": "make test"} | {
    "source": "JavaScript",
    "target": "TypeScript",
}


@pytest.fixture(autouse=True)
def _alone(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty project, and nobody's own sets."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("WAVEMAKE_PLANS", raising=False)
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")


def wavemake_new(*words: str) -> Result:
    return CliRunner().invoke(new.command, words, catch_exceptions=False)


def filled(name: str) -> dict[str, Any]:
    plan_set = sets.find(name)
    values = {each.name: NEEDED[each.name] for each in plan_set.parameters if each.default is None}
    return sets.fill(plan_set, values)


def own_set(tmp_path: pathlib.Path, text: str, name: str = "mine.yaml") -> None:
    folder = tmp_path / "config" / "wavemake" / "plans"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


# --- the sets that come with wavemake ---


def test_these_sets_come_with_wavemake() -> None:
    assert list(sets.available()) == OURS


@pytest.mark.parametrize("name", OURS)
def test_a_set_gives_a_plan_in_the_reference_shape_without_a_single_warning(name: str) -> None:
    text = sets.plan_text(filled(name))
    document = load_text(text, "plan.json")
    plan, _ = parse(document.value)
    checked = driver.check(document, Options("plan.json"))
    assert plan is not None
    assert checked.plan is not None, render_text(checked.diagnostics, document, colour=False)
    found = lint.run(plan, checked.plan, document, checked.diagnostics, folder=".tmp/agents")
    assert not found, render_text(found, document, colour=False)
    last = "loops" if name == "test-suite-repair" else "waves"
    assert list(json.loads(text)) == ["project", "goal", "agents", last]
    for agent in json.loads(text)["agents"]:
        assert set(agent) <= {"name", "skill", "task", "reads", "args", "for_each"}
        assert "reads" in agent


@pytest.mark.parametrize("name", OURS)
def test_a_set_is_described_and_no_placeholder_is_left_in_its_plan(name: str) -> None:
    assert sets.find(name).description.endswith(".")
    assert not re.search(r"[{}]", HOLE.sub("", " ".join(texts(filled(name)))))


@pytest.mark.parametrize("name", SEED)
def test_the_seeds_waves_are_kept(name: str) -> None:
    assert filled(name)["waves"] == SEED[name]


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [str(value)]


def test_agents_that_are_to_change_nothing_have_no_permission_to() -> None:
    for name in OURS:
        for agent in filled(name)["agents"]:
            args = " ".join(agent.get("args", []))
            if "Only read." in agent["task"]:
                assert not args, agent["name"]
            if "othing is changed" in agent["task"]:
                assert "acceptEdits" not in args, agent["name"]
            if re.search(r"(?:^|[.,;] |and )[Rr]un ", agent["task"]):
                assert "Bash" in args, agent["name"]


def test_the_demo_writes_the_set_with_its_defaults(project: Project) -> None:
    done = project.wavemake("demo", "here", env={**project.env, "COLUMNS": "80"})
    assert done.code == 0, done.out
    assert project.json("here/plan.json") == filled("full-stack-saas")


# --- wavemake new ---


def test_new_writes_a_plan_and_says_what_it_may_do() -> None:
    done = wavemake_new("code-audit", "--set", "test=make test", "--set", "name=Acme")
    expect_words("new/written", done.output)
    plan = json.loads(pathlib.Path("plan.json").read_text())
    assert plan["project"] == "Acme"
    assert plan["goal"].startswith("An audit of Acme ")


def test_new_compiles_and_runs(project: Project) -> None:
    CliRunner().invoke(new.command, ["first-look", "-o", str(project.path("plan.json"))])
    assert project.compile("--runner", "rehearse").code == 0
    assert project.make("-j4").code == 0
    assert "> Propose three first contributions" in project.output("contribution-agent")


@pytest.mark.parametrize("name", OURS)
def test_a_set_is_rehearsed_to_its_end(project: Project, name: str) -> None:
    project.write("plan.json", sets.plan_text(filled(name)))
    assert project.compile("--runner", "rehearse").code == 0
    done = project.make("-j4")
    assert done.code == 0, done.out


def test_a_value_that_is_missing_is_asked_for_by_its_question() -> None:
    done = wavemake_new("codebase-migration", "--set", "test=make test")
    assert done.exit_code == 2
    expect_words("new/missing-values", done.output)
    assert not os.path.exists("plan.json")


def test_an_empty_value_is_none() -> None:
    assert wavemake_new("code-audit", "--set", "test= ").exit_code == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["code-audti"], "there is no template 'code-audti' (did you mean 'code-audit'?)"),
        (["zzz"], "there is no template 'zzz' (wavemake new --list lists them)"),
        ([], "which template? wavemake new --list lists them"),
        (
            ["code-audit", "--set", "tset=x"],
            "code-audit has no parameter 'tset' (did you mean 'test'?)",
        ),
        (
            ["first-look", "--set", "zzz=x"],
            "first-look has no parameter 'zzz' (it has: name)",
        ),
        (
            ["code-audit", "--set", "test"],
            "--set 'test' is not PARAMETER=VALUE, such as name=Acme",
        ),
    ],
)
def test_mistakes_are_told(words: list[str], message: str) -> None:
    done = wavemake_new(*words)
    assert (done.exit_code, done.output) == (2, f"wavemake: {message}\n")


def test_a_plan_that_is_there_is_kept_unless_forced() -> None:
    pathlib.Path("plan.json").write_text("mine")
    done = wavemake_new("first-look")
    message = (
        "wavemake: plan.json exists: name another file with -o, or overwrite it with --force\n"
    )
    assert (done.exit_code, done.output) == (2, message)
    assert pathlib.Path("plan.json").read_text() == "mine"
    assert wavemake_new("first-look", "--force").exit_code == 0
    assert wavemake_new("first-look", "-o", "sub/other.json").exit_code == 0
    assert pathlib.Path("plan.json").read_text() == pathlib.Path("sub/other.json").read_text()


def test_a_plan_can_be_printed() -> None:
    done = wavemake_new("first-look", "-o", "-")
    assert json.loads(done.stdout) == sets.fill(sets.find("first-look"), {})
    assert not os.path.exists("plan.json")


def test_values_that_make_no_plan_are_shown_in_place() -> None:
    done = wavemake_new("first-look", "--set", "name=two\nlines")
    assert done.exit_code == 1
    assert done.output.startswith("plan.json:2:14: error[WM104]: ")
    expect_words("new/no-valid-plan", done.output)
    assert not os.path.exists("plan.json")


def test_a_value_that_is_no_text_is_refused() -> None:
    done = wavemake_new("code-audit", "--set", "test=\udcff")
    assert (done.exit_code, "'test'" in done.output) == (2, True)


AUDIT = sets.load(sets.shipped() / "code-audit.yaml")
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).filter(
    str.strip
)


@given(scope=VALUES, test=VALUES)
@settings(max_examples=examples(100), deadline=None)
def test_a_value_is_data_whatever_is_in_it(scope: str, test: str) -> None:
    plan = json.loads(sets.plan_text(sets.fill(AUDIT, {"scope": scope, "test": test})))
    plain = sets.fill(AUDIT, {"scope": "SCOPE", "test": "TEST"})
    for agent, other in zip(plan["agents"], plain["agents"], strict=True):
        expected = other["task"].replace("SCOPE", "\0").replace("TEST", test).replace("\0", scope)
        assert agent["task"] == expected
        assert agent | {"task": ""} == other | {"task": ""}


def test_no_placeholder_is_looked_for_in_a_value() -> None:
    plan = sets.fill(sets.find("code-audit"), {"scope": "{test} {name}", "test": "{scope}"})
    assert "({test} {name})" in plan["goal"]
    assert "run `{scope}`" in plan["agents"][-1]["task"]


def test_on_a_terminal_what_is_missing_is_asked_for(tmp_path: pathlib.Path) -> None:
    import pexpect

    script = "from wavemake.commands.new import command; command()"
    words = ["-c", script, "ui-clone", "--set", "stack=Svelte"]
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY), "LC_ALL": "C.UTF-8"}
    child = pexpect.spawn(sys.executable, words, env=env, timeout=30, encoding="utf-8")
    child.expect_exact("What is the copy called? [ui-clone]: ")
    child.sendline("shop")
    child.expect_exact("At which address does the original run?: ")
    child.sendline("")
    child.expect_exact("At which address does the original run?: ")
    child.sendline("https://example.com")
    child.expect_exact("Which of its pages? [the start page and the pages of its main menu]: ")
    child.sendline("")
    child.expect_exact("wrote plan.json: ui-clone, 5 agents in 5 waves")
    child.expect(pexpect.EOF)
    plan = json.loads(pathlib.Path("plan.json").read_text())
    assert plan["project"] == "shop"
    assert all(each in plan["goal"] for each in ("https://example.com", "Svelte"))


# --- what there is ---


def test_list_names_every_set_with_its_description() -> None:
    lines = wavemake_new("--list").output.splitlines()
    assert [line.split()[0] for line in lines] == OURS


def test_show_tells_what_is_asked_for_and_what_the_agents_do() -> None:
    head, _, agents = wavemake_new("--show", "code-audit").output.partition("\n\n")
    expect_words("new/show", head.replace(f"{templates()}/", ""))
    assert "\ntriage-agent (reads security-agent, api-agent, auth-agent)\n" in agents


OWN = """\
set:
  description: Mine.
  parameters:
    since: {question: Since when?}
project: notes
agents:
  - {name: survey, task: "List {since}, not {this}.", reads: ["notes/{since}.md"]}
"""


def test_a_set_of_ones_own_is_found(tmp_path: pathlib.Path) -> None:
    own_set(tmp_path, OWN)
    path = tmp_path / "config/wavemake/plans/mine.yaml"
    assert (
        f"mine                Mine.\n                    from {path}\n"
        in wavemake_new("--list").output
    )
    assert wavemake_new("mine", "--set", "since=v1").exit_code == 0
    assert pathlib.Path("plan.json").read_text() == (
        "{\n"
        '  "project": "notes",\n'
        '  "agents": [\n'
        "    {\n"
        '      "name": "survey",\n'
        '      "task": "List v1, not {this}.",\n'
        '      "reads": ["notes/v1.md"]\n'
        "    }\n"
        "  ]\n"
        "}\n"
    )


def test_a_value_cannot_lead_out_of_the_project(tmp_path: pathlib.Path) -> None:
    own_set(tmp_path, OWN)
    done = wavemake_new("mine", "--set", "since=../../secret")
    assert done.exit_code == 1
    assert "WM116" in done.output
    assert not os.path.exists("plan.json")


def test_a_set_of_ones_own_wins_and_is_said_to(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_set(tmp_path, '{"agents": [{"name": "one", "task": "One."}]}', "code-audit.json")
    path = tmp_path / "config/wavemake/plans/code-audit.json"
    assert f"from {path}, instead of wavemake's own\n" in wavemake_new("--list").output
    assert wavemake_new("code-audit").output.startswith("wrote plan.json: code-audit, 1")
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
        (folder / "code-audit.yaml").write_text(f"project: {folder.name}\nagents: []\n")
    monkeypatch.setenv("WAVEMAKE_PLANS", os.pathsep.join(map(str, folders)))
    assert sets.find("code-audit").plan["project"] == "a"


def test_the_users_folder_is_below_home_unless_said_otherwise(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for unset in ("", "relative/path"):
        monkeypatch.setenv("XDG_CONFIG_HOME", unset)
        assert sets.folders()[0] == tmp_path / ".config/wavemake/plans"


def test_a_set_that_cannot_be_used_says_why_and_hides_no_other(tmp_path: pathlib.Path) -> None:
    problems = []
    for text in (
        "agents: [",
        "[1]",
        "set: {parameter: {}}\nagents: []",
        "set: {parameters: [a]}\nagents: []",
        "set: {description: 3}\nagents: []",
        "set: {parameters: {A: {}}}\nagents: []",
        "set: {parameters: {a: {default: 3}}}\ngoal: '{a}'",
        "set: {parameters: {a: {}}}\nagents: []",
        "set: {parameters: {a: {}}}\nagents: [{name: x, command: 'echo {a}'}]",
    ):
        own_set(tmp_path, text)
        done = wavemake_new("mine")
        assert done.exit_code == 2
        place = f"wavemake: {tmp_path}/config/wavemake/plans/mine.yaml: "
        assert done.output.startswith(place)
        problems.append(done.output.removeprefix(place))
        listed = wavemake_new("--list")
        assert listed.exit_code == 0
        assert "mine                cannot be used: " in listed.output
        assert "ui-clone" in listed.output
    expect_words("new/cannot-be-used", *problems)


# --- docs/sets.md ---


def waves_of(plan: dict[str, Any]) -> list[list[str]]:
    """The waves of a plan; without any, its agents one after the other."""
    return plan.get("waves") or [[agent["name"]] for agent in plan["agents"]]


def tables() -> str:
    """The tables of docs/sets.md; `python -m tests.test_sets` prints them."""
    rows = ["| template | what it is for | agents, wave by wave |", "|---|---|---|"]
    asked = ["", "| template | parameter | question | default |", "|---|---|---|---|"]
    for name in OURS:
        plan_set = sets.load(sets.shipped() / f"{name}.yaml")
        waves = " → ".join(
            ", ".join(f"`{each}`" for each in wave) for wave in waves_of(plan_set.plan)
        )
        rows.append(f"| `{name}` | {plan_set.description} | {waves} |")
        for each in plan_set.parameters:
            default = "needed" if each.default is None else each.default
            asked.append(f"| `{name}` | `{each.name}` | {each.question} | {default} |")
    return "\n".join([*rows, *asked]) + "\n"


def test_the_tables_in_the_documentation_are_those_of_the_sets() -> None:
    assert tables() in (REPOSITORY / "docs/sets.md").read_text()


def test_the_set_in_the_documentation_can_be_used(tmp_path: pathlib.Path) -> None:
    document = (REPOSITORY / "docs/sets.md").read_text()
    example = re.search(r"```yaml\n(.*?)```", document, flags=re.S)
    assert example
    own_set(tmp_path, example[1], "release-notes.yaml")
    done = wavemake_new("release-notes", "--set", "since=v1.2")
    assert done.exit_code == 0, done.output
    plan = json.loads(pathlib.Path("plan.json").read_text())
    assert plan["agents"][0]["task"].startswith("List the commits since v1.2,")


if __name__ == "__main__":
    print(tables(), end="")
