"""What is fixed in the text of a plan, and that nothing else of it changes."""

from __future__ import annotations

import itertools
import json
import random
import re
from collections.abc import Sequence
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.compiler import NoFiles
from tests.harness import examples
from wavemake.fix import apply_fixes, difference
from wavemake.lint import selection
from wavemake.plan.loader import SyntaxProblem, load_text

FUZZ = settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


class Files(NoFiles):
    """A project with two files."""

    def kind(self, path: str) -> str:
        return "file" if path in ("shema", "notes.md") else ""


def fixed(text: str, name: str = "plan.yaml", **options: Any) -> tuple[str, list[str]]:
    return apply_fixes(load_text(text, name), Files(), ".tmp/agents", **options)


@pytest.fixture(params=["libyaml", "python"])
def either_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML with libyaml, if this one has it, and without."""
    if request.param == "python":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)


def check(before: str, after: str, done: Sequence[str], name: str) -> None:
    """Fix `before`; the result is `after`, and nothing of that is fixed again."""
    assert fixed(before, name) == (after, list(done))
    assert fixed(after, name) == (after, [])


# --- a whole plan, with all kinds of fixes ---

PLAN = """\
# What we build.
project:   shop
agnets:      # in any order
  - name: db-schema
    tsak: Design the tables.   # with care

  - {name: 'style-guide', task: "Choose colours and type.", "reeds": []}

  # the page
  - name: signup-page
    task: |
      Write the signup page with the fields that db-schema defines. # no comment
    reads: [ 'style-giude' ]   # colours
waves:
  - [db-schema, style-guide, sginup-page]
"""
MENDED = """\
# What we build.
project:   shop
agents:      # in any order
  - name: db-schema
    task: Design the tables.   # with care

  - {name: 'style-guide', task: "Choose colours and type.", "reads": []}

  # the page
  - name: signup-page
    task: |
      Write the signup page with the fields that db-schema defines. # no comment
    reads: [ 'style-guide', 'db-schema' ]   # colours
waves:
  - [db-schema, style-guide]
  - [signup-page]
"""
DONE = [
    "WM101: 'agnets' of the plan is spelt 'agents' now",
    "WM109: wave 1 names 'signup-page' now, not 'sginup-page'",
    "WM112: 'signup-page' reads 'style-guide' now, not 'style-giude'",
    "WM101: 'tsak' of 'db-schema' is spelt 'task' now",
    "WM101: 'reeds' of 'style-guide' is spelt 'reads' now",
    "WM114: 'signup-page' is in wave 2 now, behind 'style-guide', which it needs",
    "WM209: 'signup-page' reads 'db-schema' now",
]


@pytest.mark.usefixtures("either_parser")
def test_a_whole_plan() -> None:
    check(PLAN, MENDED, DONE, "plan.yaml")


@pytest.mark.usefixtures("either_parser")
@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_line_ends_are_kept(line_end: str) -> None:
    before, after = (text.replace("\n", line_end) for text in (PLAN, MENDED))
    check(before, after, DONE, "plan.yaml")


def test_the_byte_order_mark_is_kept() -> None:
    check("\ufeff" + PLAN, "\ufeff" + MENDED, DONE, "plan.yaml")


def test_the_difference() -> None:
    document = load_text('{"agents": [\r\n  {"name": "a", "tsk": "x"}]}', "plan.json")
    text, _ = apply_fixes(document, Files(), ".tmp/agents")
    end = "\n\\ No newline at end of file\n"
    assert difference(document, text) == (
        "--- plan.json\n"
        "+++ plan.json\n"
        "@@ -1,2 +1,2 @@\n"
        ' {"agents": [\r\n'
        f'-  {{"name": "a", "tsk": "x"}}]}}{end}'
        f'+  {{"name": "a", "task": "x"}}]}}{end}'
    )
    assert difference(document, document.text) == ""


# --- JSON ---

PRETTY = """\
{
  "agents": [
    {
      "name": "db-schema",
      "task": "Design the tables."
    },
    {
      "name": "api",
      "task": "Write what db-schema defines.",
      "timeout" : 60
    },
    {
      "name": "page",
      "reads": [
        "api"
      ],
      "task": "Show the tables of db-schema."
    }
  ]
}
"""
PRETTY_MENDED = """\
{
  "agents": [
    {
      "name": "db-schema",
      "task": "Design the tables."
    },
    {
      "name": "api",
      "task": "Write what db-schema defines.",
      "reads": ["db-schema"],
      "timeout" : 60
    },
    {
      "name": "page",
      "reads": [
        "api",
        "db-schema"
      ],
      "task": "Show the tables of db-schema."
    }
  ]
}
"""
READ = ["WM209: 'api' reads 'db-schema' now", "WM209: 'page' reads 'db-schema' now"]


def test_json_in_lines() -> None:
    check(PRETTY, PRETTY_MENDED, READ, "plan.json")


def test_json_in_one_line() -> None:
    compact = {"separators": (",", ":")}
    before, after = (json.dumps(json.loads(t), **compact) for t in (PRETTY, PRETTY_MENDED))  # type: ignore[arg-type]
    check(before, after, READ, "plan.json")
    check(json.dumps(json.loads(PRETTY)), json.dumps(json.loads(PRETTY_MENDED)), READ, "plan.json")


def test_json_waves_in_lines() -> None:
    def plan(waves: list[list[str]]) -> str:
        agents = [
            {"name": "a", "task": "x"},
            {"name": "b", "task": "x", "reads": ["a"]},
            {"name": "c", "task": "x", "reads": ["b"]},
        ]
        return json.dumps({"agents": agents, "waves": waves}, indent=4)

    done = [
        "WM114: 'b' is in wave 2 now, behind 'a', which it needs",
        "WM114: 'c' is in wave 3 now, behind 'b', which it needs",
    ]
    check(plan([["a", "b", "c"]]), plan([["a"], ["b"], ["c"]]), done, "plan.json")
    check(plan([["c", "b", "a"]]), plan([["a"], ["b"], ["c"]]), done[::-1], "plan.json")
    done = ["WM114: 'c' is in wave 3 now, behind 'b', which it needs"]
    check(plan([["c", "a"], ["b"]]), plan([["a"], ["b"], ["c"]]), done, "plan.json")


def test_json_escapes_are_read() -> None:
    before = '{"agents": [{"n\\u0061me": "a", "t\\u0073k": "x\\/y"}]}'
    done = ["WM101: 'tsk' of 'a' is spelt 'task' now"]
    check(before, before.replace('"t\\u0073k"', '"task"'), done, "plan.json")


# --- in short: what becomes of the last lines of a plan, and of which it is made ---

HEAD = """\
agents:
- {name: schema-a, task: x, reads: []}
- {name: schema-b, task: x, reads: []}
"""
TASK = "Use what schema-a defines."
LISTS = [
    # reads: in what stands there
    ("reads: [schema-b]", "reads: [schema-b, schema-a]"),
    ("reads: ['schema-b'] # b", "reads: ['schema-b', 'schema-a'] # b"),
    ("reads: [schema-b,]", "reads: [schema-b, schema-a,]"),
    ("reads: []", "reads: [schema-a]"),
    ("reads: [ ]", "reads: [schema-a]"),
    ("reads: schema-b  # b", "reads: [schema-b, schema-a]  # b"),
    ('reads: "schema-b"', 'reads: ["schema-b", "schema-a"]'),
    ("reads:\n  - schema-b", "reads:\n  - schema-b\n  - schema-a"),
    ("reads:\n  - schema-b # b\n  # end", "reads:\n  - schema-b # b\n  - schema-a\n  # end"),
    ("reads:\n      -  'schema-b'\n", "reads:\n      -  'schema-b'\n      -  'schema-a'\n"),
    ("reads: [\n    schema-b\n  ]", "reads: [\n    schema-b,\n    schema-a\n  ]"),
    # beside an entry that is an object
    ("reads: [{agent: schema-b, max: 5}]", "reads: [{agent: schema-b, max: 5}, schema-a]"),
    (
        "reads:\n  - agent: schema-b\n    max: 5",
        "reads:\n  - agent: schema-b\n    max: 5\n  - schema-a",
    ),
    # in a new line below the task
    ("timeout: 3", "reads: [schema-a]\n  timeout: 3"),
    ("depends_on: [schema-b]", "reads: [schema-a]\n  depends_on: [schema-b]"),
]


@pytest.mark.usefixtures("either_parser")
@pytest.mark.parametrize(("before", "after"), LISTS)
def test_reads(before: str, after: str) -> None:
    start = f"{HEAD}- name: c\n  task: {TASK}\n  "
    check(start + before, start + after, ["WM209: 'c' reads 'schema-a' now"], "plan.yaml")


@pytest.mark.usefixtures("either_parser")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"- {{name: c, task: {TASK}}}", f"- {{name: c, task: {TASK}, reads: [schema-a]}}"),
        (f"- task: {TASK} # t\n  name: c", f"- task: {TASK} # t\n  reads: [schema-a]\n  name: c"),
    ],
)
def test_reads_behind_the_task(before: str, after: str) -> None:
    check(HEAD + before, HEAD + after, ["WM209: 'c' reads 'schema-a' now"], "plan.yaml")


@pytest.mark.usefixtures("either_parser")
@pytest.mark.parametrize(
    ("start", "indent", "rest"),
    [
        (f"- name: c\n  task: >-\n    {TASK}", "  ", "\n\n\n"),
        (f"- name: c\n  task: |\n    {TASK}\n\n    And more. # it", "  ", "\n# end"),
        (f"-\n    name: c\n    task: {TASK}", "    ", ""),
        (f"-   name: c\n    task: {TASK} # t", "    ", "\n    timeout: 3"),
        (f"- name: c\n  task: Use\n    {TASK[4:]}", "  ", ""),
    ],
)
def test_reads_below_the_task(start: str, indent: str, rest: str) -> None:
    before, after = start + rest, f"{start}\n{indent}reads: [schema-a]{rest}"
    check(HEAD + before, HEAD + after, ["WM209: 'c' reads 'schema-a' now"], "plan.yaml")


def test_the_wave_before_is_still_read() -> None:
    before = f"{HEAD}- name: c\n  task: {TASK}\nwaves:\n- [schema-a]\n- [schema-b]\n- [c]\n"
    after = before.replace(TASK, f"{TASK}\n  reads: [schema-b, schema-a]")
    check(before, after, ["WM209: 'c' reads 'schema-a' now"], "plan.yaml")


def test_names_that_are_numbers_to_yaml_are_quoted() -> None:
    before = (
        "agents:\n- {name: '1e3', task: x, reads: []}\n- {name: b, task: x, reads: []}\n"
        "- {name: c, task: Use what 1e3 defines., reads: [b]}\n"
    )
    after = before.replace("[b]", '[b, "1e3"]')
    check(before, after, ["WM209: 'c' reads '1e3' now"], "plan.yaml")


WAVES = [
    ("- [a, b]", "- [a]\n- [b]"),
    ("- ['b', 'a']", "- ['a']\n- ['b']"),
    ("- [a, b,]", "- [a,]\n- [b]"),
    ("- - a\n  - b", "- - a\n- - b"),
    ("- - b\n  - a", "- - a\n- - b"),
    ("- - a\n  - b  # the last\n", "- - a\n- - b  # the last\n"),
    ("-  - a # 1\n   - b # 2\n   # 3", "-  - a # 1\n-  - b # 2\n   # 3"),
    ("- b\n- - a", "- - a\n- - b"),
    ("- b\n- a", "- a\n- [b]"),
    ("- [b]\n- [a]", "- [a]\n- [b]"),
    ("- - b # b\n- - a", "- - a\n- - b # b"),
    ("- # first\n  - b\n  - a", None),
    ("- [b] # first\n- [a]", None),
    ("- [a,\n   # about b\n   b]", None),
]


@pytest.mark.usefixtures("either_parser")
@pytest.mark.parametrize(("before", "after"), WAVES)
def test_waves(before: str, after: str | None) -> None:
    """Comments stay with what they are about, else nothing is done."""
    head = "agents:\n- {name: a, task: x, reads: []}\n- {name: b, task: x, reads: a}\nwaves:\n"
    done = ["WM114: 'b' is in wave 2 now, behind 'a', which it needs"] if after else []
    check(head + before, head + (after or before), done, "plan.yaml")


def test_who_is_in_a_possible_wave_stays_there() -> None:
    head = (
        "agents:\n- {name: a, task: x}\n- {name: b, task: x, reads: [a]}\n"
        "- {name: c, task: x, reads: []}\n- {name: d, task: x, depends_on: b}\n"
    )
    done = [
        "WM114: 'b' is in wave 2 now, behind 'a', which it needs",
        "WM114: 'd' is in wave 3 now, behind 'b', which it needs",
    ]
    before, after = "waves: [[a, b], [c, d]]\n", "waves: [[a], [c, b], [d]]\n"
    check(head + before, head + after, done, "plan.yaml")


# --- keys ---

KEYS = [
    ("taks: x", "task: x", "'taks' of 'a' is spelt 'task' now"),
    ("description: x", "task: x", "'description' of 'a' is spelt 'task' now"),
    ("Depends-On: []", "depends_on: []", "'Depends-On' of 'a' is spelt 'depends_on' now"),
    ("'read': []", "'reads': []", "'read' of 'a' is spelt 'reads' now"),
    ('"time\\u006fut_": 3', '"timeout": 3', "'timeout_' of 'a' is spelt 'timeout' now"),
    ("? taks\n  : x", "? task\n  : x", "'taks' of 'a' is spelt 'task' now"),
    # nothing that was surely meant
    ("colour: x", None, ""),
    ("taks: x\n  task: x", None, ""),  # it is there
    ("taks: x\n  tsak: x", None, ""),  # two of them
    ("taks: [x]", None, ""),  # not what a task can be
    ("timout: soon", None, ""),
    ("&k taks: x", None, ""),
]


@pytest.mark.usefixtures("either_parser")
@pytest.mark.parametrize(("before", "after", "done"), KEYS)
def test_keys(before: str, after: str | None, done: str) -> None:
    head = "agents:\n- name: a\n  "
    check(head + before, head + (after or before), [f"WM101: {done}"] if done else [], "plan.yaml")


def test_keys_of_the_plan_and_of_defaults() -> None:
    before = '{"gaol": "x", "defualts": {"modle": "m"}, "agent": [{"name": "a", "task": "x"}]}'
    after = '{"goal": "x", "defaults": {"model": "m"}, "agents": [{"name": "a", "task": "x"}]}'
    done = [
        "WM101: 'gaol' of the plan is spelt 'goal' now",
        "WM101: 'defualts' of the plan is spelt 'defaults' now",
        "WM101: 'agent' of the plan is spelt 'agents' now",
        "WM101: 'modle' of defaults is spelt 'model' now",
    ]
    check(before, after, done, "plan.json")


def test_keys_of_an_agent_without_a_name() -> None:
    before = '{"agents": [{"nmae": "a", "task": "x"}]}'
    after = '{"agents": [{"name": "a", "task": "x"}]}'
    check(before, after, ["WM101: 'nmae' of agents[0] is spelt 'name' now"], "plan.json")


def test_an_untrusted_plan_is_given_no_command() -> None:
    text = '{"agents": [{"name": "a", "task": "x", "comand": "rm -r ."}]}'
    assert fixed(text, "plan.json", untrusted=True) == (text, [])
    assert fixed(text, "plan.json")[1] == ["WM101: 'comand' of 'a' is spelt 'command' now"]


# --- names ---

NAMES = [
    ("reads: page1", "reads: page-1", "'c' reads 'page-1' now, not 'page1'"),
    ("reads: [db, Schema-B]", "reads: [db, schema-b]", "'c' reads 'schema-b' now, not 'Schema-B'"),
    ("reads: [ 'bd' ]", "reads: [ 'db' ]", "'c' reads 'db' now, not 'bd'"),
    ("depends_on:\n  - bd # d", "depends_on:\n  - db # d", "'c' depends on 'db' now, not 'bd'"),
    # nothing that was surely meant
    ("reads: schema-c", None, ""),  # two are near
    ("reads: schem-a", None, ""),
    ("reads: page-11", None, ""),  # another number is no slip
    ("reads: page-", None, ""),
    ("reads: colours", None, ""),
    ("reads: [db, bd]", None, ""),  # it is read
    ("reads: [shema]", None, ""),  # there is such a file
    ("depends_on: [db, bd]", None, ""),
    ("reads: &x bd", None, ""),
    ("reads: !!str bd", None, ""),
    ("reads: >-\n    bd", None, ""),
]


@pytest.mark.usefixtures("either_parser")
@pytest.mark.parametrize(("before", "after", "done"), NAMES)
def test_names(before: str, after: str | None, done: str) -> None:
    head = f"{HEAD}- {{name: db, task: x}}\n- {{name: page-1, task: x}}\n- name: c\n  task: x\n  "
    check(head + before, head + (after or before), [f"WM112: {done}"] if done else [], "plan.yaml")


@pytest.mark.parametrize(
    ("before", "after", "done"),
    [
        ("[[bd], [see]]", "[[db], [see]]", ["WM109: wave 1 names 'db' now, not 'bd'"]),
        ("[[DB], [see]]", "[[db], [see]]", ["WM109: wave 1 names 'db' now, not 'DB'"]),
        ("[db, sea]", "[db, see]", ["WM109: wave 2 names 'see' now, not 'sea'"]),
        ("[[db, bd], [see]]", None, []),
        ("[[db], [see, seee]]", None, []),
        ("[[db], [other]]", None, []),
    ],
)  # fmt: skip
def test_names_in_waves(before: str, after: str | None, done: list[str]) -> None:
    head = "agents: [{name: db, task: x}, {name: see, task: x, reads: [db]}]\nwaves: "
    check(head + before, head + (after or before), done, "plan.yaml")


def test_a_name_that_would_close_a_circle_is_left() -> None:
    text = (
        '{"agents": [{"name": "db", "task": "x", "reads": ["pgae"]}, '
        '{"name": "page", "task": "x", "reads": ["db"]}]}'
    )
    check(text, text, [], "plan.json")


def test_of_two_names_that_close_a_circle_one_is_mended() -> None:
    before = (
        '{"agents": [{"name": "db", "task": "x", "reads": ["pgae"]}, '
        '{"name": "page", "task": "x", "reads": ["bd"]}]}'
    )
    after = before.replace("pgae", "page")
    check(before, after, ["WM112: 'db' reads 'page' now, not 'pgae'"], "plan.json")


# --- reads that are left alone ---


@pytest.mark.parametrize(
    "more",
    [
        "ignore: [WM209]",
        "ignore: WM205",
        "reads: &r [schema-b]",
        "reads: !!seq [schema-b]",
        "reads: [\n    schema-b  # b\n  ]",
    ],
)
def test_reads_that_are_left(more: str) -> None:
    text = f"{HEAD}- name: c\n  task: {TASK}\n  {more}\n"
    check(text, text, [], "plan.yaml")


def test_reads_are_left_where_the_plan_ignores_the_lint_or_nobody_asks_for_it() -> None:
    text = f"{HEAD}- {{name: c, task: {TASK}, reads: schema-b}}\n"
    assert fixed(text)[1] == ["WM209: 'c' reads 'schema-a' now"]
    assert fixed(f"ignore: [WM209]\n{text}")[1] == []
    assert fixed(text, selected=selection([], ["WM209"]))[1] == []


@pytest.mark.parametrize("waves", ["[[schema-a, schema-b, c]]", "[[c], [schema-a, schema-b]]"])
def test_reads_are_left_where_the_waves_speak_against_it(waves: str) -> None:
    text = f"{HEAD}- {{name: c, task: {TASK}, reads: []}}\nwaves: {waves}\n"
    check(text, text, [], "plan.yaml")


def test_reads_are_left_where_they_would_close_a_circle() -> None:
    text = f"agents:\n- {{name: schema-a, task: x, reads: [c]}}\n- {{name: c, task: {TASK}, reads: []}}\n"
    check(text, text, [], "plan.yaml")


# --- anchors ---


@pytest.mark.usefixtures("either_parser")
def test_what_is_shared_is_left_alone() -> None:
    text = """\
base: &base
  taks: Design.
agents:
- &a
  name: schema-a
  task: Design.
  reads: &none []
- {<<: *a, name: schema-b}
- {name: c, task: Use what schema-a defines., reads: *none}
- {<<: *a, name: d, task: Use what schema-a defines.}
- name: e
  <<: *base
waves: &w
- [schema-a, schema-b, c, d, e]
"""
    check(text, text, [], "plan.yaml")


@pytest.mark.usefixtures("either_parser")
def test_what_is_written_beside_an_alias_is_mended() -> None:
    before = """\
agents:
- &a {name: schema-a, task: Design., timeout: 60}
- <<: *a
  name: b
  task: Use what schema-a defines.
  reads: [schem-a]
"""
    done = ["WM112: 'b' reads 'schema-a' now, not 'schem-a'"]
    check(before, before.replace("schem-a]", "schema-a]"), done, "plan.yaml")


# --- what is no plan of ours ---


@pytest.mark.parametrize("text", ["[]", "null", '"x"', "{}", '{"tasks": []}', '{"agents": {}}'])
def test_what_is_no_plan_is_left(text: str) -> None:
    check(text, text, [], "plan.json")


# --- properties ---

WORDS = ["db-schema", "api", "page", "style-guide", "tests"]
TASKS = [
    "Design it.",
    "Write what {} defines.",
    "Use the output of {}.",
    'Say "{}"\n\ttwice.',
    "Été: {}",
]


@st.composite
def plans(draw: st.DrawFn) -> dict[str, Any]:
    """A plan with some faults, most of which can be fixed."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    names = rng.sample(WORDS, rng.randint(2, len(WORDS)))

    def spelt(word: str) -> str:
        if rng.random() < 0.8 or len(word) < 3:
            return word
        at = rng.randrange(len(word) - 1)
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]

    agents = []
    for n, name in enumerate(names):
        agent: dict[str, Any] = {"name": name}
        agent[spelt("task")] = rng.choice(TASKS).format(rng.choice(names))
        if rng.random() < 0.6:
            reads = [spelt(each) for each in names[:n] if rng.random() < 0.4]
            agent[spelt("reads")] = reads[0] if len(reads) == 1 and rng.random() < 0.3 else reads
        if rng.random() < 0.2:
            agent[spelt("timeout")] = 60
        agents.append(agent)
    plan: dict[str, Any] = {spelt("project"): "x", spelt("agents"): rng.sample(agents, len(agents))}
    if rng.random() < 0.7:
        waves: list[list[str]] = [[] for _ in range(rng.randint(1, 3))]
        for n, name in enumerate(names):
            waves[n * len(waves) // len(names)].append(spelt(name))
        waves = [wave for wave in waves if wave]
        plan[spelt("waves")] = waves if rng.random() < 0.7 else rng.sample(waves, len(waves))
    return plan


def written(plan: dict[str, Any], layout: int, rng: random.Random) -> tuple[str, str]:
    """The text of a plan in one of several layouts, and the name of its file."""
    if layout < 3:
        return json.dumps(plan, indent=[None, 2, "\t"][layout]), "plan.json"  # type: ignore[call-overload]
    if layout == 3:
        return json.dumps(plan, separators=(",", ":")), "plan.json"
    flow = [False, None, True][layout % 3]
    text = yaml.safe_dump(plan, sort_keys=False, default_flow_style=flow, allow_unicode=True)
    if flow:
        return text, "plan.yaml"
    lines = []
    for n, line in enumerate(text.split("\n")):
        if rng.random() < 0.2:
            lines.append(f"# above {n}")
        simple = re.match(r"[\w -]+:?( \[.*\]| [\w-]+)?$", line)
        lines.append(f"{line}  # at {n}" if simple and rng.random() < 0.2 else line)
    return "\n".join(lines), "plan.yaml"


@FUZZ
@given(plans(), st.integers(0, 6), st.integers(0, 2**32), st.sampled_from(["\n", "\r\n"]))
def test_random_faults(plan: dict[str, Any], layout: int, seed: int, line_end: str) -> None:
    text, name = written(plan, layout, random.Random(seed))
    text = text.replace("\n", line_end)
    after, done = fixed(text, name)
    assert fixed(after, name) == (after, [])
    assert (after == text) == (not done)
    assert sorted(COMMENT.findall(after)) == sorted(COMMENT.findall(text))
    assert after.count("\n") == after.count(line_end)
    before, value = (agents_of(load_text(each, name).value) for each in (text, after))
    for old, new in zip(before, value, strict=True):
        assert len(new) - len(old) in (0, 1)
        assert old["name"] == new["name"]
        assert TASK_KEYS & old.keys() or not TASK_KEYS & new.keys()


COMMENT = re.compile(r"# (?:above|at) \d+")
TASK_KEYS = {"".join(each) for each in itertools.permutations("task")}


def agents_of(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """The agents, whatever their key is called."""
    lists = (value for value in plan.values() if isinstance(value, list))
    return next(each for each in lists if isinstance(each[0], dict))


@FUZZ
@given(plans(), st.integers(0, 6), st.integers(0, 2**32))
def test_most_is_mended(plan: dict[str, Any], layout: int, seed: int) -> None:
    """Of what has one fix, nothing is left in a plan without comments."""
    text, name = written(plan, layout, random.Random(seed))
    text = re.sub(r"^# above.*\n|  # at \d+$", "", text, flags=re.MULTILINE)
    one, _ = fixed(text, name)
    two, _ = fixed(json.dumps(load_text(text, name).value, indent=1), "plan.json")
    assert load_text(one, name).value == load_text(two, "plan.json").value


PIECES = [
    *(" # c\n", "\n# c\n", "&x ", "*x", "!!str ", "[", "]", "{", "}", ", ", ": ", "- ", "\n", "  "),
    *("'", '"', "<<: *x\n", "\n\n", "\r\n", "\t", "|\n", ">-\n  ", "~", "null", "? ", "[]", "''"),
]


AGENTS_ALONE = PLAN.split("waves:")[0]


@st.composite
def broken(draw: st.DrawFn) -> tuple[str, str]:
    """A plan with slips in its words, other signs in between, and lines in another order."""
    text, name = draw(st.sampled_from([(AGENTS_ALONE, "plan.yaml"), (PRETTY, "plan.json")]))
    rng = random.Random(draw(st.integers(0, 2**32)))
    for _ in range(draw(st.integers(1, 4))):
        kind, at = rng.random(), rng.randrange(len(text))
        word = re.compile(r"[\w-]{3,}").search(text, at)
        if kind < 0.5 and word:
            a, b = word.start(), word.end()
            text = text[:a] + text[a + 1] + text[a] + text[a + 2 : b] + text[b:]
        elif kind < 0.7:
            lines = text.split("\n")
            text = "\n".join([*lines[: at % len(lines)], *lines[at % len(lines) + 1 :]])
        else:
            text = text[:at] + rng.choice(PIECES) + text[at:]
    return text, name


@FUZZ
@given(broken())
def test_what_is_mended_is_read_and_not_mended_again(case: tuple[str, str]) -> None:
    text, name = case
    try:
        document = load_text(text, name)
    except SyntaxProblem:
        assume(False)
    after, done = fixed(text, name)
    assert (after == text) == (not done)
    assert fixed(after, name) == (after, [])
    assert after.count("#") == document.text.count("#")


def test_a_large_plan() -> None:
    agents = [
        {"name": f"agent-{n}", "task": "x", "reads": [f"agent-{n - 1}"] * (n > 0)}
        for n in range(1200)
    ]
    agents[7]["taks"] = agents[7].pop("task")
    agents[9]["reads"] = ["agnet-8"]
    waves = [[f"agent-{n}"] for n in range(1199)]
    waves[0].append("agent-1199")
    text, done = fixed(json.dumps({"agents": agents, "waves": waves}), "plan.json")
    assert done == [
        "WM101: 'taks' of 'agent-7' is spelt 'task' now",
        "WM112: 'agent-9' reads 'agent-8' now, not 'agnet-8'",
        "WM114: 'agent-1199' is in wave 1200 now, behind 'agent-1198', which it needs",
    ]
    assert json.loads(text)["waves"][-1] == ["agent-1199"]
