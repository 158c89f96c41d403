"""`schema`: an answer must fit a JSON Schema; the checker without Python agrees with the library."""

from __future__ import annotations

import json
import pathlib
import shutil
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.compiler import check
from tests.expectations import expect_words
from tests.harness import AWKS, BACKENDS, Project, examples, run_awk, runtime

FINDING = {
    "type": "object",
    "required": ["path", "line"],
    "properties": {
        "path": {"type": "string", "minLength": 1, "maxLength": 3, "pattern": "^[a-zé]+$"},
        "line": {"type": ["integer", "null"], "minimum": 1, "exclusiveMaximum": 9},
        "level": {"enum": ["high", 1, None, {"a": [1, "x"]}]},
        "next": {"$ref": "#/$defs/finding"},
    },
    "additionalProperties": {"type": "boolean"},
    "maxProperties": 4,
}
SCHEMA = {
    "$defs": {"finding": FINDING},
    "type": "object",
    "properties": {
        "files": {
            "type": "array",
            "items": {"$ref": "#/$defs/finding"},
            "maxItems": 2,
            "uniqueItems": True,
        },
        "either": {"oneOf": [{"type": "number"}, {"minimum": 3}, {"type": "string"}]},
        "any": {"anyOf": [{"type": "null"}, {"allOf": [{"type": "number"}, {"maximum": 5}]}]},
        "no": {"not": {"type": "string"}},
        "pair": {
            "type": "array",
            "prefixItems": [{"type": "string"}],
            "items": False,
            "minItems": 1,
        },
        "is": {"const": {"b": [True, 1.0]}},
    },
    "minProperties": 1,
}


def fault(awk: str, folder: pathlib.Path, schema: Any, answer: str) -> tuple[int, str]:
    """The exit status of the checker, and what it says."""
    (folder / "schema.json").write_text(json.dumps(schema, indent=1))
    (folder / "answer").write_text(answer)
    reported = run_awk(
        awk.split(),
        *("-v", f"schema_file={folder}/schema.json", "-f", runtime() / "schema.awk"),
        folder / "answer",
    )
    assert reported.stderr == b""
    return reported.returncode, reported.stdout.decode().strip()


PLACES = {
    '{"files": [{"path": "a", "line": 3.5}]}': (
        "$.files[0].line: must be of type integer or null, and is number"
    ),
    '{"files": [{"path": "a"}]}': "$.files[0].line: is not there",
    '{"files": [{"path": "ééé", "line": 1}, {"path": "éééé", "line": 1}]}': (
        "$.files[1].path: has 4 characters, more than 3"
    ),
    '{"files": [{"path": "a", "line": 1, "next": {"path": "A", "line": 2}}]}': (
        "$.files[0].next.path: does not match ^[a-zé]+$"
    ),
    '{"files": [{"path": "a", "line": 1, "a b": 1}]}': (
        '$.files[0]["a b"]: must be of type boolean, and is number'
    ),
    '{"pair": ["x", 2]}': "$.pair[1]: may not be there",
    '{"any": 6}': "$.any: fits nothing of anyOf ($.any: must be of type null, and is number)",
    "[]": "$: must be of type object, and is array",
    "{} {}": "the answer is not JSON",
    "": "the answer is not JSON",
}


@pytest.mark.parametrize("awk", AWKS)
def test_a_fault_has_a_place(awk: str, tmp_path: pathlib.Path) -> None:
    if not shutil.which(awk.split()[0]):
        pytest.skip(f"no {awk}")
    for answer, reported in PLACES.items():
        assert fault(awk, tmp_path, SCHEMA, answer) == (1, reported)
    assert fault(awk, tmp_path, SCHEMA, '{"is": {"b": [true, 1]}, "no": 3}') == (0, "")


LEAVES = st.sampled_from(
    ["a", "abcd", "é", "high", 1, 0, 9, 2.0, 3.5, 6, True, None, {"b": [True, 1]}, [], ["x"]]
)
FINDINGS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("path", "line", "level", "next", "more"), LEAVES)
)
ANSWERS = LEAVES | st.fixed_dictionaries(
    {},
    optional={
        "files": st.lists(FINDINGS, max_size=3) | LEAVES,
        **dict.fromkeys(("either", "any", "no", "pair", "is"), LEAVES),
    },
)


@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(ANSWERS)
def test_it_agrees_with_the_library(tmp_path: pathlib.Path, answer: Any) -> None:
    fits = Draft202012Validator(SCHEMA).is_valid(answer)
    reported = fault(AWKS[0], tmp_path, SCHEMA, json.dumps(answer))
    assert (reported[0] == 0) == fits, reported


def codes(schema: Any) -> list[str]:
    text = json.dumps({"agents": [{"name": "notes", "task": "Write them.", "schema": schema}]})
    return [each.code for each in check(text, untrusted=True).diagnostics if each.code < "WM2"]


def test_what_cannot_be_checked_is_an_error() -> None:
    assert codes(SCHEMA) == []
    assert codes({"type": "strin"}) == ["WM163"]
    assert codes({"properties": {"a": {"patternProperties": {}}}}) == ["WM163"]
    assert codes({"pattern": "a{2}"}) == ["WM163"]
    assert codes({"$ref": "other.json"}) == ["WM163"]
    assert codes({"enum": ["x" * 70_000]}) == ["WM163"]
    assert codes([]) == ["WM102"]
    assert codes("../x.json") == ["WM116"]
    assert codes(".hidden.json") == ["WM119"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_answer_that_does_not_fit_is_tried_again(backend: str, tmp_path: pathlib.Path) -> None:
    project = Project(tmp_path / "project")
    project.use_backend(backend)
    project.write("list.json", '{"type": "array", "items": {"type": "integer"}}')
    agent = {"reads": [], "retries": 1}
    project.plan(
        {
            "a": {**agent, "schema": "list.json"},
            "b": {**agent, "schema": {"type": "array", "maxItems": 1}},
        }
    )
    project.behave("a", "grep -q 'does not fit' \"$prompt\" && echo '[1]' || echo '[\"1\"]'")
    project.behave("b", "echo '[1,2]'")
    assert project.compile().code == 0
    assert project.drive().code != 0
    assert project.output("a") == "[1]\n"
    expect_words("run/answer-does-not-fit", project.status("b")["reason"])
    assert project.paid() == ["a", "a", "b", "b"]
    # A change of the schema's file makes its agent stale.
    project.write("list.json", '{"type": "array", "items": {"type": "string"}}')
    project.behave("b", "echo '[1]'")
    assert project.drive().code == 0
    assert project.paid() == ["a", "b"]
    assert project.output("a") == '["1"]\n'


STRICT = {
    "type": "object",
    "properties": {"a": {"type": "integer"}},
    "required": ["a"],
    "additionalProperties": False,
}


def test_clis_that_enforce_a_schema_are_given_it(project: Project) -> None:
    words = 'for word; do case $word in *.json) cat "$word" ;; *) echo "$word" ;; esac; done >>argv'
    for name in ("claude", "codex"):
        project.write(f"bin/{name}", f"#!/bin/sh\ncat >/dev/null\n{words}\ncat {name}.out\n")
        project.path(f"bin/{name}").chmod(0o755)
    project.env["PATH"] = f"{project.path('bin')}:{project.env['PATH']}"
    result = {"type": "result", "subtype": "success", "is_error": False, "result": "Done."}
    project.write("claude.out", json.dumps({**result, "structured_output": {"a": 3}}) + "\n")
    message = {"type": "item.completed", "item": {"type": "agent_message", "text": '{"a": 4}'}}
    project.write("codex.out", json.dumps(message) + '\n{"type":"turn.completed","usage":{}}\n')
    agents = [
        {"name": f"{runner}-{n}", "task": "Do it.", "runner": runner, "schema": schema}
        for runner in ("claude", "codex")
        for n, schema in enumerate([STRICT, {"type": "object"}])
    ]
    project.write("plan.json", json.dumps({"agents": agents}))
    assert project.compile().code == 0
    result = project.make("-j1")
    assert result.code == 0, result.out
    assert project.output("claude-0").strip() == '{"a":3}'
    assert project.output("codex-0").strip() == '{"a": 4}'
    argv = project.read("argv").splitlines()
    assert argv.count("--json-schema") == 2
    assert argv.count("--output-schema") == 1
    assert argv.count(json.dumps(STRICT)) == 2
