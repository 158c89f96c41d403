"""The JSON Schema of plans: what it accepts compiles, and editors learn all of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.compiler import NoFiles
from tests.expectations import expect
from tests.harness import examples
from wavemake.commands.schema import command
from wavemake.compiler.resolve import resolve
from wavemake.plan.diagnostics import Diagnostic, Severity
from wavemake.plan.loader import load
from wavemake.plan.model import Settings
from wavemake.plan.parser import parse
from wavemake.plan.schema import (
    AGENT_KEYS,
    PLAN_KEYS,
    SETTING_KEYS,
    names_for_untrusted,
    names_of,
    schema,
    schema_text,
)

ROOT = Path(__file__).parent.parent
SHIPPED = ROOT / "docs" / "plan.schema.json"
VALIDATOR = Draft202012Validator(schema())
FUZZ = settings(
    max_examples=examples(300),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


class Files(NoFiles):
    """A project with one file, and a folder."""

    def kind(self, path: str) -> str:
        return {"notes.md": "file", "src": "folder"}.get(path, "")

    def workspace_problem(self) -> tuple[str, str]:
        return "needs git", "install it"

    def glob(self, pattern: str) -> list[str]:
        return ["a:b.md"] if pattern == "*.md" else []


def parse_errors(tree: Any) -> list[Diagnostic]:
    return parse(tree)[1]


def resolve_errors(tree: Any) -> list[Diagnostic]:
    plan, _ = parse(tree)
    assert plan is not None
    _, found = resolve(plan, Files(), ".tmp/agents", Settings())
    return [each for each in found if each.severity is Severity.ERROR]


def refused(tree: Any) -> list[str]:
    """Where the schema finds fault with a plan."""
    found = ("/".join(map(str, error.absolute_path)) for error in VALIDATOR.iter_errors(tree))
    return sorted(found)


# --- what is shipped and printed ---


def test_the_shipped_schema_is_up_to_date() -> None:
    expect(SHIPPED, schema_text())


def test_the_command_prints_it() -> None:
    result = CliRunner().invoke(command)
    assert (result.exit_code, result.output) == (0, schema_text())


def test_it_is_a_schema_of_2020_12() -> None:
    Draft202012Validator.check_schema(schema())
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_key_says_what_it_means_and_no_other_is_accepted() -> None:
    agent = schema()["$defs"]["agent"]
    objects = [(schema(), names_of(PLAN_KEYS)), (agent, names_of(AGENT_KEYS, SETTING_KEYS))]
    objects.append((schema()["$defs"]["settings"], names_of(SETTING_KEYS)))
    for shape, names in objects:
        assert tuple(shape["properties"]) == names
        assert all(shape["properties"][name]["description"].endswith(".") for name in names)
        assert shape["additionalProperties"] is False


def test_every_reference_leads_somewhere() -> None:
    defined = schema()["$defs"].keys()
    assert {ref.rpartition("/")[2] for ref in re.findall(r"#/\$defs/\w+", schema_text())} == defined


# --- what it accepts and refuses ---

AGENT = {"name": "a", "task": "x"}


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests/corpus/plans").iterdir()), ids=lambda p: p.stem
)
def test_realistic_plans_are_accepted(path: Path) -> None:
    assert refused(load(str(path)).value) == []


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"reads": "notes.md", "depends_on": "b", "skill": "s"},
        {"reads": [], "depends_on": [], "skill": [], "outputs": [], "args": []},
        {"reads": ["./b", "src/**/*.py", ".tmp/agents/b/output.md"]},
        {"timeout": 1, "max_prompt": 2**31 - 1},
        {"timeout": "90", "max_prompt": "2000"},
        {"timeout": "1h30m", "max_prompt": "200k"},
        {"timeout": "05s", "max_prompt": "2MB"},
        {"timeout": "99999h9999999m99999999s", "max_prompt": "999M"},
        {"command": "cat | tr a b\n"},
        {"command": "x", "runner": "command", "args": ["-v", ""]},
        {"runner": "rehearse", "model": "m"},
        {"reads": {"file": "notes.md", "max": "20k", "keep": "tail"}},
        {"reads": ["b", {"agent": "b", "as": "path"}, {"file": "src/**", "max": 5}]},
        {"check": "make test\n", "retries": 0, "approve": True},
        {"check": [{"matches": "^# "}, {"json": True}, {"command": "true"}], "approve": "after"},
        {"check": [], "env": "KEY", "on_failure": "continue", "cwd": "src", "isolate": False},
        {"system": "Be\nbrief.", "tools": ["Read", "Bash(git log:*)"], "permissions": "plan"},
        {"max_budget_usd": 0.5, "resources": {"cpus": 2, "mem": "4G", "gpus": 0, "partition": "p"}},
    ],
)
def test_accepted(more: dict[str, Any]) -> None:
    assert refused({"agents": [{**AGENT, **more}]}) == []
    assert parse_errors({"agents": [{**AGENT, **more}]}) == []


@pytest.mark.parametrize(
    ("plan", "where"),
    [
        ([], ""),
        ({}, ""),
        ({"agents": []}, ""),
        ({"waves": []}, ""),
        ({"waves": [[]]}, "waves/0"),
        ({"waves": [["a", "a"]]}, "waves/0"),
        ({"waves": [["wave-1"]]}, "waves/0"),
        ({"agnets": [AGENT], "waves": ["a"]}, ""),
        ({"agents": [AGENT], "defaults": {"name": "a"}}, "defaults"),
        ({"agents": [AGENT], "goal": "\0"}, "goal"),
        ({"agents": [AGENT], "project": "a\nb"}, "project"),
        ({"agents": [{}]}, "agents/0"),
        ({"agents": ["a"]}, "agents/0"),
        ({"agents": [AGENT], "pools": {"a b": 1}}, "pools"),
        ({"agents": [AGENT], "pools": {"a": 0}}, "pools/a"),
        ({"agents": [AGENT], "budget": 5}, "budget"),
        ({"agents": [AGENT], "budget": {"usd": 0}}, "budget/usd"),
        ({"agents": [AGENT], "budget": {"tokens": "1M"}}, "budget/tokens"),
        ({"agents": [AGENT], "runners": {"claude": {"command": ["x"]}}}, "runners"),
        ({"agents": [AGENT], "runners": {"x": {}}}, "runners/x"),
        ({"agents": [AGENT], "runners": {"x": {"command": []}}}, "runners/x/command"),
        ({"agents": [AGENT], "runners": {"x": {"command": [" "]}}}, "runners/x/command/0"),
        ({"agents": [AGENT], "runners": {"x": {"command": "x"}}}, "runners/x/command"),
    ],
)
def test_refused_plans(plan: Any, where: str) -> None:
    assert refused(plan) == [where]
    assert parse_errors(plan) or resolve_errors(plan)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("name", name) for name in ["", "a b", "a\n", "-a", "é", "x" * 101, 1]),
        *(("name", name) for name in ["all", "ALL", "Wave-2", "agents.mk", "rerun-wave-x", "Runs"]),
        *(("timeout", value) for value in [0, -1, True, 1.5, 2**31, "0s", "0h0m", "", "1d", "m"]),
        *(("timeout", value) for value in ["1m1h", "30 m", "9999999999s"]),
        *(("max_prompt", value) for value in [0, "0k", "k", "1G", "-1"]),
        ("depends_on", "a b"),
        ("reads", ""),
        ("reads", ["/etc/passwd"]),
        ("reads", ["~/x"]),
        ("reads", {"a": 1}),
        ("reads", ["a\tb"]),
        ("args", "-v -x"),
        ("command", ""),
        ("command", "\n"),
        ("command", "a\nb"),
        ("runner", ""),
        *(("reads", {**read, "file": "x"}) for read in [{"agent": "a"}, {"keep": "head"}]),
        *(("reads", [{"file": "x", **more}]) for more in [{"max": 0}, {"as": "link"}, {"of": 1}]),
        ("reads", {"file": "x", "max": 5, "as": "path"}),
        *(("retries", value) for value in [-1, 101, 1.5, True, "2"]),
        *(("max_budget_usd", value) for value in [0, -1, 0.001, 1e10, "5", True]),
        *(("check", value) for value in ["", " ", "a\nb", 5, {}, [[]], {"json": False}]),
        *(("check", value) for value in [{"json": True, "matches": "x"}, {"matches": ""}]),
        *(("approve", value) for value in ["later", 1, 0, "true"]),
        ("on_failure", "ignore"),
        ("on_conflict", "merge"),
        *(
            ("workspace", value)
            for value in ["tree", {"kind": "x"}, {"link": [""]}, {"setup": " "}, []]
        ),
        *(("workspace", value) for value in [{"commit": 1}, {"author": "me"}, {"into": "x"}]),
        *(("env", value) for value in [{"A": "1"}, "A=1", ["1"], [""], "A\n"]),
        *(("cwd", value) for value in ["", "/tmp", "~", "a\nb"]),
        *(("tools", value) for value in ["", [" "], 5]),
        ("isolate", "yes"),
        ("pool", "a b"),
        *(("resources", value) for value in [{"cpus": 0}, {"mem": "4GB"}, {"nodes": 2}, 4]),
        *(("resources", value) for value in [{"gpus": -1}, {"partition": "a b"}, {"mem": 4}]),
        ("task", ["x"]),
        ("skill", "a\nb"),
        ("ignore", ["204"]),
    ],
)
def test_refused_values(key: str, value: Any) -> None:
    where = refused({"agents": [{**AGENT, key: value}]})
    assert all(each.startswith(f"agents/0/{key}") for each in where)
    assert where


def test_a_command_is_for_the_runner_command() -> None:
    for shape in ({"agents": [{**AGENT, "command": "x", "runner": "claude"}]},):
        assert refused(shape) == ["agents/0/runner"]
    defaults = {"command": "x", "runner": "rehearse"}
    assert refused({"agents": [AGENT], "defaults": defaults}) == ["defaults/runner"]


# --- what it cannot tell ---

B = {"name": "b", "task": "x"}
DEEP: Any = {"file": "x"}
for _ in range(21):
    DEEP = {"not": DEEP}
BEYOND: dict[str, Any] = {
    "WM104": {"agents": [{**AGENT, "timeout": 90.0}]},
    "WM107": {"agents": [AGENT, AGENT]},
    "WM108": {"agents": [AGENT, {**B, "name": "A"}]},
    "WM109": {"agents": [AGENT], "waves": [["a", "b"]]},
    "WM110": {"agents": [AGENT, B], "waves": [["a"]]},
    "WM111": {"agents": [AGENT], "waves": [["a"], ["a"]]},
    "WM112": {"agents": [{**AGENT, "depends_on": ["b"]}]},
    "WM113": {"agents": [{**AGENT, "reads": ["a"]}]},
    "WM114": {"agents": [AGENT, {**B, "reads": ["a"]}], "waves": [["a", "b"]]},
    "WM115": {"agents": [{**AGENT, "reads": ["b"]}, {**B, "reads": ["a"]}]},
    "WM116": {"agents": [{**AGENT, "reads": ["x/../../y"]}]},
    "WM117": {"agents": [{**AGENT, "reads": ["*.md"]}]},
    "WM118": {"agents": [{**AGENT, "reads": ["src"]}]},
    "WM120": {"agents": [{**AGENT, "task": "\ud83d"}]},
    "WM121": {"agents": [{**AGENT, "runner": "cluade"}]},
    "WM122": {"agents": [{**AGENT, "runner": "command"}]},
    "WM123": {"agents": [{**AGENT, "outputs": ["o.md"]}, {**B, "outputs": ["o.md"]}]},
    "WM124": {"agents": [AGENT], "context": ["a"]},
    "WM125": {"agents": [{**AGENT, "runner": "codex", "tools": ["Read"]}]},
    "WM126": {"agents": [{**AGENT, "pool": "api"}]},
    "WM127": {"agents": [AGENT], "runners": {"x": {"command": ["x"], "prompt": "file"}}},
    "WM129": {"agents": [{**AGENT, "runner": "codex"}], "budget": {"usd": 5}},
    "WM140": {"agents": [{**AGENT, "workspace": "worktree"}]},
    "WM142": {"agents": [AGENT, {**B, "reads": [{"agent": "a", "as": "diff"}]}]},
    "WM163": {"agents": [{**AGENT, "schema": {"type": "strin"}}]},
    "WM162": {"agents": [{**AGENT, "for_each": ["x", "x"]}]},
    "WM161": {"agents": [AGENT], "loops": [{"agents": ["b"], "until": {"file": "x"}, "max": 2}]},
    "WM160": {"agents": [{**AGENT, "when": DEEP}]},
}


def test_what_it_cannot_tell_is_listed() -> None:
    assert set(re.findall(r"WM\d+", schema.__doc__ or "")) == BEYOND.keys()


@pytest.mark.parametrize("code", BEYOND)
def test_it_cannot_tell(code: str) -> None:
    plan = BEYOND[code]
    assert refused(plan) == []
    assert [each.code for each in parse_errors(plan) + resolve_errors(plan)] == [code]


BAD_NAMES = ["A", "all", "Wave-1", "a b", "a\n", "", "é", "x" * 101, "\ud83d"]
NAMES = ["a", "b", "c", "db-schema", "x_1.y", "0"]
BAD_TEXTS = ["two\nlines\n", "\0", "\x7f", "\ud83d", ""]
TEXTS = ["Write it.", "日本😀", "90", " ", "s"]
BAD_PATHS = [*BAD_NAMES, "../x", "/x", "~", "x/../../y", "a;b", "src", "*.md"]
PATHS = [*NAMES, "notes.md", "./a", "**/*.py", ".tmp/agents/a/output.md", "made.md"]
NUMBERS = [1, 90, 2**31 - 1, "90s", "30m", "1h30m", "2M", "200k", "05"]
BAD_NUMBERS = [0, 90.0, 1.5, 2**31, True, "0m", "0k", "9" * 12, "9" * 9 + "h", "1 m"]
JUNK = [None, True, 0, 1.5, "", [], {}, [None], [[]], {"a": 1}]


FLAGS = ("model", "system", "tools", "permissions", "max_budget_usd")


def mostly(good: Any, bad: list[Any] = JUNK) -> st.SearchStrategy[Any]:
    good = st.sampled_from(good) if isinstance(good, list) else good
    return st.integers(0, 60).flatmap(lambda n: st.sampled_from(bad) if n == 47 else good)


def one_or_more(good: list[str], bad: list[str]) -> st.SearchStrategy[Any]:
    word = mostly(good, bad)
    return word | st.lists(word, max_size=3, unique=True)


def objects(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Objects with some of the keys, of which one is seldom wrong, unknown or not there."""
    odd = st.dictionaries(st.sampled_from([*optional, "x"]), st.sampled_from(JUNK), max_size=1)
    known = st.fixed_dictionaries(required, optional=optional)
    return mostly(st.integers(0, 60).flatmap(lambda n: odd if n == 47 else known))


CHECKS = ["true", "make test\n", {"matches": "^# [a-z]+$"}, {"json": True}, {"ask": "Is it?"}]
BAD_CHECKS = [
    "",
    " ",
    "a\nb",
    {"matches": ""},
    {"json": False},
    {"json": True, "matches": "x"},
    {"ask": " "},
]
BOUNDED = objects(
    {"file": mostly(["notes.md", "src/**"], BAD_PATHS)},
    {
        "max": mostly(NUMBERS[:3] + NUMBERS[6:], BAD_NUMBERS),
        "keep": mostly(["head", "tail"], ["x"]),
    },
)
BY_PATH = objects(
    {"agent": mostly(NAMES, BAD_NAMES)},
    {"as": mostly(["path", "content"], ["x"]), "max": mostly([5, "20k"], [0])},
)
SETTINGS = {
    "runner": mostly(["claude", "command", "rehearse", "mine"], ["other", ""]),
    "model": mostly(TEXTS, BAD_TEXTS),
    "command": mostly([*TEXTS, "x\n"], [*BAD_TEXTS, "\n"]),
    "args": one_or_more(["-v", "s"], BAD_TEXTS),
    "timeout": mostly(NUMBERS[:6], BAD_NUMBERS),
    "max_prompt": mostly(NUMBERS[:3] + NUMBERS[6:], BAD_NUMBERS),
    "retries": mostly([0, 2, 100], [-1, 101, 2.0, True]),
    "pool": mostly(["api", "slow"], ["a b", ""]),
    "check": mostly(CHECKS, BAD_CHECKS) | st.lists(mostly(CHECKS, BAD_CHECKS), max_size=2),
    "schema": mostly(["notes.md", {"type": "array"}], [5, []]),
    "approve": mostly([True, False, "before", "after"], [1, 0, "", "x"]),
    "on_failure": mostly(["block", "continue"], ["x", True]),
    "env": one_or_more(["A", "_b1"], ["A=1", "", "1", "A\n"]),
    "cwd": mostly(["src", ".", "made/"], BAD_PATHS),
    "system": mostly([*TEXTS, "two\nlines\n"], BAD_TEXTS),
    "tools": one_or_more(["Read", "Bash(git:*)"], [*BAD_TEXTS, " "]),
    "permissions": mostly(TEXTS, BAD_TEXTS),
    "isolate": mostly([True, False], [1, "yes"]),
    "workspace": mostly(["project"], ["x", {}]),
    "on_conflict": mostly(["fail", "resolve"], ["x", True]),
    "max_budget_usd": mostly([0.01, 5, 2.5, 1e9], [0, -1, 1e10, "5", True, 2.0]),
    "resources": objects(
        {},
        {
            "cpus": mostly([1, 64], [0, 2.0]),
            "mem": mostly(["4G", "512"], ["4GB", "0", 4]),
            "gpus": mostly([0, 8], [-1, True]),
            "partition": mostly(["short", "a,b"], ["a b", ""]),
        },
    ),
}
IGNORED = st.lists(mostly(["WM204", "WM209"], ["WM1", "x"]), max_size=2)
AGENTS = objects(
    {"name": mostly(NAMES, BAD_NAMES)},
    {
        "skill": one_or_more(TEXTS, BAD_TEXTS),
        "task": mostly([*TEXTS, "two\nlines\n"], BAD_TEXTS),
        "reads": one_or_more(PATHS, BAD_PATHS) | BOUNDED | st.lists(BOUNDED | BY_PATH, max_size=2),
        "depends_on": one_or_more(NAMES, BAD_NAMES),
        "outputs": one_or_more(["made.md", "b.md"], BAD_PATHS),
        "ignore": IGNORED,
        **SETTINGS,
    },
)
RUNNERS = objects(
    {"command": mostly([["x"], ["sh", "-c", ""], ["x", "{prompt}"]], [[], [""], "x", ["a\nb"]])},
    {
        "prompt": mostly(["stdin", "file"], ["argv"]),
        "envelope": mostly(["text", "claude"], ["xml"]),
        "program": mostly(["x"], BAD_TEXTS),
        "env": one_or_more(["A", "_b1"], ["A=1", ""]),
        "isolate": mostly(["X_HOME"], ["A B", ""]),
        **{key: one_or_more(["-x", "--y={}"], ["", " ", "a\nb"]) for key in FLAGS},
    },
)
WAVES = st.lists(
    st.lists(mostly(NAMES, BAD_NAMES), min_size=1, max_size=3, unique=True), max_size=3
)
PLANS = objects(
    {"agents": st.lists(AGENTS, min_size=1, max_size=4)},
    {
        "$schema": st.just("plan.schema.json"),
        "project": mostly(TEXTS, BAD_TEXTS),
        "goal": mostly(TEXTS, BAD_TEXTS),
        "context": one_or_more(PATHS[6:], BAD_PATHS),
        "defaults": objects({}, SETTINGS),
        "waves": WAVES,
        "pools": st.dictionaries(
            mostly(["api", "slow"], ["a b", "", "x\n"]), mostly([1, 8], [0, 2.0, True]), max_size=2
        ),
        "budget": objects(
            {}, {"usd": mostly([5, 0.5], [0, "5"]), "tokens": mostly([1, 10**6], [0, 2.0])}
        ),
        "runners": st.dictionaries(mostly(["mine", "x.y"], ["claude", "a b"]), RUNNERS, max_size=2),
        "ignore": IGNORED,
    },
) | st.fixed_dictionaries({"waves": WAVES})


PARSED = {"WM104", "WM120", "WM127"}


def at(tree: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        tree = tree[step]
    return tree


def beyond_the_schema(tree: Any, found: Diagnostic) -> bool:
    """Tell whether an error of the parser is one that no schema can see."""
    value = at(tree, found.where.path)  # type: ignore[union-attr]
    half = isinstance(value, str) and re.search("[\ud800-\udfff]", value) is not None
    return found.code == "WM127" or half or (isinstance(value, float) and value.is_integer())


@FUZZ
@given(PLANS)
def test_what_the_schema_accepts_compiles(tree: Any) -> None:
    assume(VALIDATOR.is_valid(tree))
    found = parse_errors(tree)
    assert [each for each in found if not beyond_the_schema(tree, each)] == []
    assert {each.code for each in found} <= PARSED
    assert {each.code for each in resolve_errors(tree)} <= BEYOND.keys() - PARSED


# --- one table for the parser, the schema and the documentation ---


def tables_of_keys(text: str) -> Iterator[tuple[str, ...]]:
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        yield tuple(re.findall(r"^\| `([\w$]+)` \|", table, re.MULTILINE))


def hint(tree: Any) -> str:
    (found,) = (each for each in parse_errors(tree) if each.code == "WM101")
    return found.hint


def test_the_parser_knows_the_same_keys() -> None:
    keys = ", ".join(names_of(PLAN_KEYS))
    assert hint({"agents": [AGENT], "%": 1}) == f"a plan has: {keys}"
    keys = ", ".join(names_of(AGENT_KEYS, SETTING_KEYS))
    assert hint({"agents": [{**AGENT, "%": 1}]}) == f"an agent has: {keys}"
    keys = ", ".join(names_of(SETTING_KEYS))
    assert hint({"agents": [AGENT], "defaults": {"%": 1}}) == f"'defaults' has: {keys}"


@pytest.mark.parametrize(
    ("names", "plan"),
    [
        (names_of(PLAN_KEYS), lambda key: {"agents": [AGENT], key: None}),
        (names_of(AGENT_KEYS, SETTING_KEYS), lambda key: {"agents": [{**AGENT, key: None}]}),
    ],
    ids=["plan", "agent"],
)
def test_the_parser_refuses_the_same_keys_of_untrusted_plans(
    names: tuple[str, ...], plan: Any
) -> None:
    tables = (PLAN_KEYS, AGENT_KEYS, SETTING_KEYS)
    found = {
        name
        for name in names
        if "WM119" in [each.code for each in parse(plan(name), untrusted=True)[1]]
    }
    assert set(names) - found == names_for_untrusted(*tables) & set(names)


def test_the_documentation_has_the_same_keys() -> None:
    text = (ROOT / "docs" / "plans.md").read_text(encoding="utf-8")
    tables = [set(table) for table in tables_of_keys(text)][:3]
    assert tables == [set(names_of(each)) for each in (PLAN_KEYS, AGENT_KEYS, SETTING_KEYS)]


def test_it_is_json_that_says_nothing_twice() -> None:
    assert json.loads(schema_text()) == schema()
