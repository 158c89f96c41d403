"""What the user is reported of a plan that is wrong: every message, word for word, with its caret.

The cases are in data/errors: a title, a plan, and all that is said of it.
"""

from __future__ import annotations

import json
import os
import pathlib
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.compiler import check, said
from tests.expectations import expect
from tests.harness import REPOSITORY, examples
from wavemake.plan.diagnostics import Severity
from wavemake.plan.schema import AGENT_KEYS, PLAN_KEYS, SETTING_KEYS, names_of

CASES = REPOSITORY / "tests" / "data" / "errors"
CASE = re.compile(r"^=== (.+)\n--- (plan\.\w+)\n((?:.*\n)*?)--- said\n((?:(?!=== ).*\n)*)", re.M)


def cases() -> list[tuple[str, str, str, str]]:
    """Title, name of the plan, its text, and what is said of it."""
    found = []
    for path in sorted(CASES.glob("*.txt")):
        text = path.read_text()
        found += CASE.findall(text)
        assert text.count("\n=== ") + 1 == len(CASE.findall(text)), path
    return found


@pytest.fixture
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """The project in which the plans of all cases are."""
    files = ["notes.md", "docs/spec.md", "src/app.py", ".env", ".git/config"]
    for name in [*files, "odd/a=b.md", "odd/fine.md", "app/[id]/page.tsx"]:
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x\n")
    (tmp_path / "passwd").write_text("secret\n")
    monkeypatch.chdir(tmp_path / "project")
    os.symlink("..", "outside")
    os.symlink(".env", "linked.md")
    os.symlink("../.git/config", "docs/link.md")
    os.symlink("nowhere", "dangling")
    os.mkfifo("pipe")
    return tmp_path / "project"


@pytest.mark.parametrize("path", sorted(CASES.glob("*.txt")), ids=lambda path: path.stem)
def test_said(folder: pathlib.Path, path: pathlib.Path) -> None:
    text = CASE.sub(said_again, path.read_text())
    expect(path, text)


def said_again(case: re.Match[str]) -> str:
    """A case with what is said of its plan now."""
    title, name, plan, _ = case.groups()
    reported = said(plan, name, untrusted="(untrusted)" in title)
    return f"=== {title}\n--- {name}\n{plan}--- said\n{reported}"


def test_every_code_has_a_case_in_json_and_many_in_yaml() -> None:
    package = REPOSITORY / "wavemake"
    names = [package / "plan" / f"{name}.py" for name in ("parser", "settings", "values")]
    names += [package / "plan" / "workspace.py", package / "compiler" / "settle.py"]
    names += package.glob("compiler/resolve/*.py")
    sources = [path.read_text() for path in names]
    codes = set(re.findall(r'"(WM\d{3})"', "".join(sources)))
    shown = {"plan.json": set[str](), "plan.yaml": set[str]()}
    for _, name, _, expected in cases():
        shown[name] |= set(re.findall(r"\[(WM\d{3})\]", expected))
    assert codes - shown["plan.json"] == set()
    assert len(shown["plan.yaml"]) >= 10


# --- whatever the plan is, it is answered ---

NAMES = st.sampled_from(["a", "b", "A", "db-agent", "wave-1", "", "no name", "x" * 101, "\ud800"])
PATHS = st.sampled_from(
    ["a", "./a", "notes.md", "**", "../x", ".env", "src/*", "[", "\0", "~", "."]
)
ODD = (
    st.none() | st.booleans() | st.integers(-1, 2**70) | st.just(0.5) | st.text(max_size=5) | NAMES
)
LISTS = st.lists(NAMES | PATHS | ODD, max_size=3)
KEYS = (
    "name task skill reads depends_on outputs runner model command args timeout max_prompt env "
    "nmae prompt retries pool check approve on_failure cwd system tools isolate resources "
    "workspace on_conflict"
)
PARTS = st.dictionaries(
    st.sampled_from(["agent", "file", "max", "keep", "as", "command", "matches", "json", "x"]),
    NAMES | ODD,
    max_size=4,
)
LISTS = LISTS | PARTS | st.lists(PARTS, max_size=2)
RUNNER = ODD | st.dictionaries(
    st.sampled_from(["command", "prompt", "envelope", "env", "model", "isolate"]),
    LISTS | ODD,
    max_size=4,
)
AGENT = st.dictionaries(st.sampled_from(KEYS.split()), NAMES | LISTS | ODD, max_size=8)
PLAN = st.fixed_dictionaries(
    {},
    optional={
        "agents": st.lists(
            st.one_of(AGENT, AGENT.map(lambda a: {**a, "name": "a"}), ODD), max_size=4
        )
        | ODD,
        "waves": st.lists(LISTS | ODD, max_size=3) | ODD,
        "defaults": AGENT | ODD,
        "context": LISTS | ODD,
        "project": ODD,
        "goal": ODD,
        "agnets": ODD,
        "pools": ODD | st.dictionaries(st.text(max_size=3), ODD, max_size=2),
        "budget": ODD | st.dictionaries(st.sampled_from(["usd", "tokens", "x"]), ODD),
        "runners": ODD | st.dictionaries(NAMES, RUNNER, max_size=2),
    },
)


@settings(
    max_examples=examples(300),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(tree=PLAN, untrusted=st.booleans())
def test_any_plan_is_answered(folder: pathlib.Path, tree: object, untrusted: bool) -> None:
    text = json.dumps(tree)
    checked = check(text, untrusted=untrusted)
    failed = any(each.severity is Severity.ERROR for each in checked.diagnostics)
    assert failed == (checked.plan is None)
    assert bool(checked.diagnostics) == bool(said(text, untrusted=untrusted))
    agents = checked.plan.agents if checked.plan else ()
    waves = {agent.name: agent.wave for agent in agents}
    assert all(waves[need] < agent.wave for agent in agents for need in agent.needs)


# --- what a plan may say that is not trusted ---

# Of checks, commands are refused: tests/data/errors/untrusted.txt.
UNTRUSTED = {
    "a plan": {"$schema", "project", "goal", "agents", "waves", "defaults", "ignore"} | {"loops"},
    "an agent": {"name", "skill", "task", "reads", "depends_on", "timeout", "max_prompt", "ignore"}
    | {"workspace", "on_conflict", "when", "on_skip", "for_each", "schema", "check"},
    "'defaults'": {"timeout", "max_prompt", "workspace", "on_conflict", "schema", "check"},
}


@pytest.mark.parametrize("what", UNTRUSTED)
def test_an_untrusted_plan_may_say_nothing_else(folder: pathlib.Path, what: str) -> None:
    """A key of a later version is refused as well, until it is decided here that it does no harm."""
    keys = {*names_of(PLAN_KEYS, AGENT_KEYS, SETTING_KEYS), "env", "check", "pools"}
    for key in keys - {"agents", "name", "task"}:
        given = {key: None}
        tree: dict[str, object] = {"agents": [{"name": "a", "task": "A."}]}
        if what == "a plan":
            tree |= given
        elif what == "'defaults'":
            tree["defaults"] = given
        else:
            tree["agents"] = [{"name": "a", "task": "A.", **given}]
        refused = f" '{key}'" in said(json.dumps(tree), untrusted=True)
        assert refused == (key not in UNTRUSTED[what]), key
