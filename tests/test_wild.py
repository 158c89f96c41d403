"""Plans as people have them: hints that can be followed, what stands beside a plan, and what is kept of it.

The shapes themselves are in fixtures/dialects; the files here are invented.
"""

from __future__ import annotations

import json
import pathlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.harness import Project, examples
from wavemake import lint
from wavemake.commands.convert import command
from wavemake.compiler import driver
from wavemake.compiler.options import Options
from wavemake.plan import dialects
from wavemake.plan.diagnostics import Diagnostic, Severity
from wavemake.plan.dialects.writer import write
from wavemake.plan.loader import load_text
from wavemake.plan.resolved import Resolved

FEW = settings(max_examples=examples(20), deadline=None)


def check(text: str, name: str = "plan.json", **options: Any) -> driver.Checked:
    """All that compile says of a plan, lints and all."""
    return driver.check(load_text(text, name), Options(name, **options), lint.Selection())


def problems(checked: driver.Checked) -> list[Diagnostic]:
    return [each for each in checked.diagnostics if each.severity is not Severity.NOTE]


def order(plan: Resolved) -> set[tuple[str, str]]:
    """Who comes before whom, directly or through others."""
    before: dict[str, set[str]] = {}
    for agent in plan.agents:
        found = set(agent.needs)
        for need in agent.needs:
            found |= before[need]
        before[agent.name] = found
    return {(first, name) for name, needs in before.items() for first in needs}


@pytest.fixture(autouse=True)
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """An empty project, in which every test runs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


# --- hints can be followed --------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A plan, a part of the hint that is given for it, and the edit, or the option, that follows it."""

    code: str
    hint: str
    text: str
    old: str = ""
    new: str = ""
    name: str = "plan.json"
    option: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


def tasks(*items: Any, key: str = "tasks") -> str:
    return json.dumps({key: items}, indent=1)


def numbered(*titles: str, **more: Any) -> list[Any]:
    return [
        {"id": n, "title": title, "status": "pending", "dependencies": [], **more}
        for n, title in enumerate(titles, 1)
    ]


def stories(*texts: str) -> str:
    items = [
        {
            "id": f"US-{n}",
            "title": text,
            "acceptanceCriteria": ["It works"],
            "priority": n,
            "passes": False,
        }
        for n, text in enumerate(texts, 1)
    ]
    return tasks(*items, key="userStories")


SAME_FILE = tasks(
    *numbered("Sort kites in src/list.py", "Look", "Update src/list.py", "Update src/list.py")
)
PHASES = json.dumps(
    {
        "phases": [
            {
                "name": "A",
                "tasks": [{"id": "model", "description": "Write it.", "acceptance": ["x"]}],
            },
            {"name": "B", "tasks": [{"id": "look", "description": "Look.", "acceptance": ["x"]}]},
            {
                "name": "C",
                "tasks": [
                    {"id": "use", "description": "Use what model defines.", "acceptance": ["x"]}
                ],
            },
        ]
    },
    indent=1,
)
NODES = "nodes:\n  - id: a\n    prompt: Do it.\n  - id: b\n    prompt: {0}\n    depends_on: [a]\n"

CASES = [
    Case(
        "WM213",
        'let 4 wait for it: add 3 to its "dependencies"',
        SAME_FILE,
        '"id": 4,\n   "title": "Update src/list.py",\n   "status": "pending",\n   "dependencies": []',
        '"id": 4,\n   "title": "Update src/list.py",\n   "status": "pending",\n   "dependencies": [3]',
    ),
    Case(
        "WM209",
        'add "US-1" to its "reads"',
        stories("Store kites", "List", "Use the table from US-1"),
        '"priority": 3,',
        '"priority": 3, "reads": ["US-1"],',
    ),
    Case(
        "WM209",
        'add "model" to its "reads"',
        PHASES,
        '"id": "use"',
        '"id": "use", "reads": ["model"]',
    ),
    Case(
        "WM209",
        'add "a" to its "needs"',
        tasks(
            {"id": "a", "prompt": "List the kites.", "needs": []},
            {"id": "b", "prompt": "Fly.", "needs": []},
            {"id": "c", "prompt": "Paint the kites from the output of a.", "needs": ["b"]},
        ),
        '"needs": [\n    "b"\n   ]',
        '"needs": ["b", "a"]',
    ),
    Case(
        "WM112",
        "did you mean 'model'?",
        tasks(
            {"id": "model", "prompt": "Do it.", "needs": []},
            {"id": "b", "prompt": "Do it.", "needs": ["modl"]},
        ),
        '"modl"',
        '"model"',
    ),
    Case(
        "WM112",
        "there are: '1', '2'",
        tasks(*numbered("Look", "Leap")[:1], {**numbered("x", "Leap")[1], "dependencies": [7]}),
        "7",
        "1",
    ),
    Case(
        "WM113",
        "leave it out",
        tasks({"id": "a", "prompt": "Do it.", "needs": ["a"]}),
        '"a"\n   ]',
        "]",
    ),
    Case(
        "WM107",
        "rename one of them",
        tasks({"id": "a", "prompt": "x", "needs": []}, {"id": "a", "prompt": "y", "needs": []}),
        '"id": "a",\n   "prompt": "y"',
        '"id": "b",\n   "prompt": "y"',
    ),
    Case(
        "WM115",
        "one of them must do without",
        tasks(
            {"id": "a", "prompt": "x", "needs": ["b"]}, {"id": "b", "prompt": "y", "needs": ["a"]}
        ),
        '"needs": [\n    "b"\n   ]',
        '"needs": []',
    ),
    Case(
        "WM316",
        'add "description": "..."',
        tasks(
            {"id": "b", "title": "Look", "needs": []},
            {"id": "c", "title": "Leap", "needs": ["b"]},
            {"id": "a", "status": "open", "needs": []},
        ),
        '"id": "a"',
        '"id": "a", "description": "Fly."',
    ),
    Case(
        "WM103",
        'add "id": "..."',
        tasks(
            {"id": "b", "title": "Look", "needs": []},
            {"id": "c", "title": "Leap", "needs": ["b"]},
            {"prompt": "Do it.", "needs": []},
        ),
        '"prompt"',
        '"id": "a", "prompt"',
    ),
    Case(
        "WM314",
        "write what is to be run",
        "nodes:\n  - {id: a, prompt: x}\n  - {id: t, bash: cat $a.output, depends_on: [a]}\n",
        "cat $a.output",
        "cat notes.txt",
        name="plan.yaml",
    ),
    Case(
        "WM315",
        "write it into the description",
        tasks({"id": "a", "prompt": "Do it.", "needs": [], "max_turns": 9}),
        '"Do it.",\n   "needs": [],\n   "max_turns": 9',
        '"Do it in 9 turns.",\n   "needs": []',
    ),
    Case(
        "WM309",
        "take the task out of the plan",
        tasks(
            *({**each, "status": "done"} for each in numbered("Look")),
            {"id": 2, "title": "Leap", "dependencies": []},
        ),
        '{\n   "id": 1,\n   "title": "Look",\n   "status": "done",\n   "dependencies": []\n  },\n',
        "",
    ),
    Case(
        "WM217",
        "write what it stands for",
        NODES.format("Fly to $ARGUMENTS."),
        "$ARGUMENTS",
        "Rome",
        name="plan.yaml",
    ),
    Case(
        "WM218",
        "it knows opus",
        NODES.format("Fly.").replace("    depends", "    model: medium\n    depends"),
        "medium",
        "opus",
        name="plan.yaml",
    ),
    Case(
        "WM220",
        '"approve": "before" or "after"',
        NODES.format("Land. Ask the user if anything is unclear."),
        "    depends_on",
        "    approve: before\n    depends_on",
        name="plan.yaml",
    ),
    Case(
        "WM221",
        'let "T2" wait for it: add "T1" to its "depends_on"',
        tasks(
            {"id": "T1", "objective": "Update docs/a.md.", "depends_on": []},
            {"id": "T2", "objective": "Look.", "depends_on": ["docs"], "reads": ["docs/a.md"]},
            {"id": "docs", "objective": "Write.", "depends_on": []},
        ),
        '"docs"\n   ]',
        '"docs", "T1"]',
    ),
    Case(
        "WM210",
        "",
        tasks(
            {"id": "old-survey", "description": "List it.", "dependencies": []},
            {
                "id": "T2",
                "description": "Ignore the answer of old-survey. Start anew.",
                "dependencies": ["old-survey"],
            },
        ),
        '"dependencies": [\n    "old-survey"\n   ]',
        '"dependencies": []',
    ),
    Case(
        "WM201",
        'add "schema-design" to its "dependencies"',
        tasks(
            {"id": "schema-design", "description": "Design it.", "dependencies": []},
            {
                "id": "T2",
                "description": "Write it. Ask schema-design which columns there are.",
                "dependencies": [],
            },
        ),
        'Ask schema-design which columns there are.",\n   "dependencies": []',
        'Use the columns of schema-design.",\n   "dependencies": ["schema-design"]',
    ),
    Case(
        "WM202",
        'say what each agent "reads"',
        tasks(
            {"id": "model", "description": "Write it.", "acceptance": ["x"]},
            {"id": "page", "description": "Show what model defines.", "acceptance": ["x"]},
        ),
        '"id": "page"',
        '"id": "page", "reads": ["model"]',
    ),
    Case(
        "WM311",
        "--dialect nodes",
        json.dumps(
            {
                "tasks": [{"id": "a", "prompt": "Do it.", "depends_on": []}],
                "nodes": [{"id": "b", "prompt": "Do it.", "depends_on": []}],
            }
        ),
        option={"dialect": "nodes"},
    ),
    Case(
        "WM114",
        "move 'b' to a later step, or let it do without 'c'",
        json.dumps(
            {
                "tasks": [
                    {"id": "a", "prompt": "Do it."},
                    {"id": "b", "prompt": "Do it.", "dependencies": ["c"]},
                    {"id": "c", "prompt": "Do it."},
                ],
                "execution_order": [["a", "b"], ["c"]],
            }
        ),
        '[["a", "b"], ["c"]]',
        '[["a"], ["c"], ["b"]]',
    ),
    Case(
        "WM203",
        "leave the making to an agent of its own",
        tasks(
            {
                "id": "tech-lead",
                "prompt": "You coordinate the team. Plan the modules and write the core module yourself.",
                "needs": [],
            },
            {"id": "docs", "prompt": "Document the modules.", "needs": ["tech-lead"]},
        ),
        " and write the core module yourself.",
        ".",
    ),
    Case(
        "WM205",
        'add "reads": ["glossary"]',
        json.dumps(
            {
                "agents": [
                    {"name": "glossary", "task": "Write the glossary.", "reads": []},
                    {
                        "name": "tutorial",
                        "task": "Write a tutorial with the terms that glossary defines.",
                    },
                ]
            }
        ),
        '"name": "tutorial", ',
        '"name": "tutorial", "reads": ["glossary"], ',
    ),
    Case(
        "WM206",
        "say what is to be made and where it stops",
        tasks(
            {"id": "shop", "prompt": "Build the entire frontend of the shop.", "needs": []},
            {"id": "docs", "prompt": "Document it.", "needs": ["shop"]},
        ),
        "the entire frontend of the shop",
        "the cart page",
    ),
    Case(
        "WM215",
        'give it room: "timeout": "',
        tasks(
            {"id": "load", "prompt": "Run the load test.", "timeout": "10m", "needs": []},
            {"id": "docs", "prompt": "Document it.", "needs": ["load"]},
        ),
        '"timeout": "10m"',
        '"timeout": "30m"',
        files={".tmp/agents/load/status.json": '{"state": "done", "seconds": 660}\n'},
    ),
    Case(
        "WM216",
        'add "docs/spec.md" to its "reads"',
        tasks(
            {"id": "api", "prompt": "Write the API as described in docs/spec.md.", "needs": []},
            {"id": "use", "prompt": "Use it.", "needs": ["api"]},
        ),
        '"needs": []',
        '"needs": [], "reads": ["docs/spec.md"]',
        files={"docs/spec.md": "spec"},
    ),
    Case(
        "WM318",
        "--tag side",
        json.dumps({"master": {"tasks": []}, "main": {"tasks": numbered("x")}})
        .replace(
            '"master": {"tasks": []}',
            '"master": {"tasks": [{"id": 1, "title": "y", "dependencies": []}]}',
        )
        .replace('"main"', '"side"'),
        option={"tag": "side"},
    ),
    Case(
        "WM010",
        "--dialect tasks",
        tasks({"id": "a", "prompt": "Look."}, {"id": "b", "prompt": "Leap."}),
        option={"dialect": "tasks"},
    ),
    Case(
        "WM006",
        "- [ ] T1 Do this (depends on T0)",
        "# Plan\n\n- T0 Look\n- T1 Leap\n",
        "- T0 Look\n- T1 Leap",
        "- [ ] T0 Look\n- [ ] T1 Leap (depends on T0)",
        name="plan.md",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.hint[:30]}")
def test_a_hint_can_be_followed_and_leaves_the_order_as_it_was(
    case: Case, folder: pathlib.Path
) -> None:
    for path, text in case.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    try:
        before = check(case.text, case.name)
        given, found = before.plan, problems(before)
    except Exception as problem:
        given, found = None, list(getattr(problem, "diagnostics", ()))
    (reported, *_) = [each for each in found if each.code == case.code]
    assert case.hint in reported.hint
    assert case.old in case.text
    after = check(case.text.replace(case.old, case.new, 1), case.name, **case.option)
    assert after.plan, problems(after)
    left = [each for each in problems(after) if each.code == case.code]
    assert reported.message not in {each.message for each in left}
    if given and not case.option and case.code not in ("WM210", "WM309"):
        assert order(given) <= order(after.plan)


def test_hints_of_every_kind_are_followed() -> None:
    followed = {case.code for case in CASES}
    # No edit follows these: they say what was done, or are about keys of ours alone.
    notes = {code for code, kind in dialects.rules.SEVERITIES.items() if kind is Severity.NOTE}
    rest = {"WM308", "WM310", "WM312", "WM317", "WM320", "WM321"}
    assert set(dialects.RULES) - notes - rest <= followed
    assert {
        "WM114",
        "WM201",
        "WM202",
        "WM203",
        "WM205",
        "WM206",
        "WM209",
        "WM210",
        "WM213",
        "WM215",
        "WM216",
        "WM217",
        "WM218",
        "WM220",
        "WM221",
    } <= followed


# --- names that were made are references ------------------------------------------------------


def test_the_name_of_an_agent_stands_for_its_item() -> None:
    items = numbered("Sort kites", "Filter kites")
    items[1]["depends_on"] = ["task-1-sort-kites"]
    checked = check(tasks(*items))
    assert checked.plan
    assert checked.plan.agents[1].needs == ("task-1-sort-kites",)


# --- what stands beside a plan ----------------------------------------------------------------

TAGS = json.dumps(
    {
        "master": {"tasks": numbered("Old")},
        "kites": {"tasks": numbered("New")},
        "api": {"tasks": numbered("Next")},
    }
)


def test_a_tag_is_chosen_by_option_by_the_tools_state_or_else_master(folder: pathlib.Path) -> None:
    (folder / "tasks").mkdir()
    (folder / "tasks" / "tasks.json").write_text(TAGS)
    document = load_text(TAGS, "tasks/tasks.json")

    def names(**options: Any) -> list[str]:
        checked = driver.check(document, Options("tasks/tasks.json", **options))
        return [agent.name for agent in checked.plan.agents] if checked.plan else []

    assert names() == ["task-1-old"]
    (folder / "state.json").write_text('{"currentTag": "kites"}')
    assert names() == ["task-1-new"]
    assert names(tag="api") == ["task-1-next"]
    assert names(tag="no-such") == []
    (folder / "state.json").write_text('{"currentTag": ')
    assert names() == ["task-1-old"]


def test_a_tag_that_means_nothing_is_an_error() -> None:
    (found,) = [
        each
        for each in problems(check(tasks({"id": "a", "prompt": "x", "needs": []}), tag="kites"))
        if each.severity is Severity.ERROR
    ]
    assert (found.code, found.hint) == ("WM311", "leave --tag out")


def test_the_roles_of_a_crew_stand_beside_its_tasks(folder: pathlib.Path) -> None:
    (folder / "agents.yaml").write_text("scout:\n  role: Beach scout\n  goal: Find beaches.\n")
    text = "find:\n  description: Find five.\n  expected_output: Five.\n  agent: scout\n"
    checked = check(text, "tasks.yaml")
    assert checked.plan
    assert checked.plan.agents[0].task.endswith("Role: Beach scout\nFind beaches.")


# --- what is not a plan, or is another tool's ----------------------------------------------------

FOREIGN = {
    "Conductor": {
        "workflow": {"name": "x", "entry_point": "a"},
        "agents": [{"name": "a", "prompt": "x", "routes": []}],
    },
    "takt": {
        "name": "x",
        "initial_step": "a",
        "steps": [{"name": "a", "persona": "coder", "instruction": "x"}],
    },
    "SwarmSDK": {
        "version": 2,
        "swarm": {"name": "x", "lead": "a", "agents": {"a": {"description": "x"}}},
    },
    "cagent": {
        "agents": {
            "root": {"model": "m", "instruction": "x", "sub_agents": ["b"]},
            "b": {"instruction": "y"},
        }
    },
    "Dagu": {
        "schedule": "0 * * * *",
        "steps": [
            {"name": "a", "command": "make"},
            {"name": "b", "command": "x", "depends": ["a"]},
        ],
    },
    "GitHub Actions": {
        "on": "push",
        "jobs": {"a": {"runs-on": "ubuntu", "steps": [{"run": "make"}]}},
    },
    "GitLab CI": {"stages": ["a"], "build": {"stage": "a", "script": ["make"]}},
    "Terraform": {"terraform_version": "1", "planned_values": {}},
    "calendar": {"events": [{"title": "x", "start": "2026-01-01", "end": "2026-01-02"}]},
    "results of a benchmark": {"results": [{"id": "a", "score": 3}, {"id": "b", "score": 4}]},
    "set of data": [
        {"id": "a", "question": "2+2?", "answer": "4"},
        {"id": "b", "question": "3+3?", "answer": "6"},
    ],
    "empty": {"tasks": []},
}


@pytest.mark.parametrize("what", FOREIGN)
def test_what_cannot_be_read_is_named_in_one_message(what: str) -> None:
    (found,) = check(json.dumps(FOREIGN[what])).diagnostics
    assert found.severity is Severity.ERROR
    assert what in found.message
    assert found.hint


def test_a_foreign_file_is_no_flood_of_errors() -> None:
    bad = [{"id": f"t{n}", "prompt": "x", "needs": [f"u{n}", f"v{n}"]} for n in range(100)]
    assert len(problems(check(tasks(*bad)))) < 8
    assert (
        len(
            problems(
                check(json.dumps({"agents": [{"id": n, "role": "x", "foo": 1} for n in range(50)]}))
            )
        )
        < 20
    )


# --- nothing is lost --------------------------------------------------------------------------

KEYS = st.text("abcdefghij_", min_size=3, max_size=9).map(lambda key: f"x{key}")
CONTENT = st.recursive(
    st.text("abc ", min_size=1, max_size=9).map(lambda text: f"k{text}k"),
    lambda inner: st.lists(inner, min_size=1, max_size=3),
    max_leaves=4,
)


@FEW
@given(st.dictionaries(KEYS, CONTENT | st.booleans() | st.integers(), max_size=6))
def test_every_key_is_in_the_task_or_named(more: dict[str, Any]) -> None:
    item = {"id": "a", "title": "Fly", "needs": [], **more}
    reading = dialects.read(load_text(tasks(item), "plan.json"))
    task = reading.document.value["agents"][0]["task"]
    named = " ".join(each.message for each in reading.notes)
    for key, value in more.items():
        if isinstance(value, (bool, int)):
            assert repr(key) in named
        else:
            words = (
                json.dumps(value).replace("[", " ").replace("]", " ").replace('"', " ").split(",")
            )
            assert all(" ".join(word.split()) in " ".join(task.split()) for word in words)


def test_a_gate_never_opens_by_itself() -> None:
    shapes = [
        {"approval": {"message": "Go?"}},
        {"type": "approval"},
        {"type": "human", "message": "Go?"},
        {"type": "checkpoint:human-verify", "description": "Go?"},
        {"gate": True},
    ]
    for gate in shapes:
        nodes = [
            {"id": "a", "prompt": "Do it."},
            {"id": "g", "depends_on": ["a"], **gate},
            {"id": "b", "prompt": "Ship it.", "depends_on": ["g"]},
            {"id": "c", "prompt": "Tell all.", "depends_on": ["b"]},
        ]
        checked = check(tasks(*nodes, key="nodes"))
        assert checked.plan, (gate, problems(checked))
        approve = {agent.name: agent.settings.approve for agent in checked.plan.agents}
        assert approve == {"a": None, "b": "before", "c": None}, gate
        assert ("a", "b") in order(checked.plan)
    for held in ({"when": "$a.output == 'x'"}, {"requires_approval": True}, {"if": "x > 3"}):
        checked = check(
            tasks({"id": "a", "prompt": "Do it.", "depends_on": [], **held}, key="nodes")
        )
        assert checked.plan
        assert checked.plan.agents[0].settings.approve == "before"


def test_a_command_of_a_foreign_plan_is_not_run_unless_the_plan_is_trusted() -> None:
    nodes = [{"id": "a", "prompt": "Do it."}, {"id": "t", "bash": "make test", "depends_on": ["a"]}]
    text = tasks(*nodes, key="nodes")
    trusted = check(text)
    assert trusted.plan
    assert trusted.plan.agents[1].settings.command == "make test && echo 'exit status 0'"
    assert check(text, untrusted=True).plan is None


# --- convert ----------------------------------------------------------------------------------


def convert(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        command.main(list(arguments), prog_name="wavemake convert")
    out, err = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, out, err


def test_convert_leaves_out_what_is_done_and_keeps_the_order(
    folder: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    items = numbered("Look", "Leap", "Land")
    items[1] |= {"dependencies": [1], "status": "done"}
    items[2]["dependencies"] = [2]
    (folder / "tasks.json").write_text(tasks(*items))
    code, out, err = convert(capsys, "tasks.json", "--without-done")
    assert code == 0
    assert [
        (each["name"], each["reads"], each.get("depends_on")) for each in json.loads(out)["agents"]
    ] == [
        ("task-1-look", [], None),
        ("task-3-land", [], ["task-1-look"]),
    ]
    assert "marked done" not in err


SENTENCES = st.sampled_from(
    [
        "Write it.",
        "Update src/a.py.",
        "Read docs/b.md.",
        "Ask the user if unsure.",
        "Fly to {city}.",
        "Use the table.",
    ]
)


@FEW
@given(st.data())
def test_what_convert_writes_means_the_same_and_lints_no_worse(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 6))
    items = []
    for n in range(1, count + 1):
        needs = data.draw(st.lists(st.integers(1, n - 1), unique=True)) if n > 1 else []
        status = data.draw(st.sampled_from(["pending", "done"]))
        title = data.draw(st.sampled_from(["Kites", "T", "step"]))
        items.append(
            {
                "id": n,
                "title": title,
                "description": data.draw(SENTENCES),
                "dependencies": needs,
                "status": status,
            }
        )
    text = tasks(*items)
    before = check(text)
    pathlib.Path("tasks.json").write_text(text)
    pathlib.Path("out.json").unlink(missing_ok=True)
    with pytest.raises(SystemExit) as ended:
        command.main(["tasks.json", "-o", "out.json"], prog_name="wavemake convert")
    assert ended.value.code == 0
    after = check(pathlib.Path("out.json").read_text(), "out.json")
    assert before.plan
    assert after.plan
    same = [
        [(a.name, a.task, a.reads, a.after, a.settings) for a in each.agents]
        for each in (before.plan, after.plan)
    ]
    assert same[0] == same[1]
    said = {each.code for each in problems(before)}
    assert {each.code for each in problems(after)} <= said


def test_json_lines_and_checklists_are_converted(
    folder: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "tasks.md").write_text("- [ ] T1 Look\n- [ ] T2 Leap\n")
    (folder / "issues.jsonl").write_text('{"id": "k-1", "title": "Look", "issue_type": "task"}\n')
    assert "name: T2" in convert(capsys, "tasks.md")[1]
    assert json.loads(convert(capsys, "issues.jsonl")[1])["agents"][0]["name"] == "k-1"


# --- boxes ------------------------------------------------------------------------------------

BOXES = "\r\n".join(
    [
        "# Kites",
        "",
        "- [ ] 1. Fly",
        "  - [ ] 1.1 Up",
        "  - [ ] 1.2 Down",
        "  - [ ]* 1.3 Loop",
        "- [X] 2. Land",
    ]
)


def test_boxes_of_what_is_done_are_ticked_and_nothing_else_changes() -> None:
    from wavemake.plan.dialects.ticking import ticked

    view = dialects.read(load_text(BOXES, "tasks.md")).document
    assert isinstance(view, dialects.View)
    half = ticked(view, {"task-1.1-up"})
    assert half == BOXES.replace("[ ] 1.1", "[x] 1.1")
    whole = ticked(view, {"task-1.1-up", "task-1.2-down"})
    assert whole == half.replace("[ ] 1.2", "[x] 1.2").replace("[ ] 1. ", "[x] 1. ")
    assert ticked(view, ()) == BOXES


def test_ticking_a_box_changes_no_task() -> None:
    before, after = (
        dialects.read(load_text(text, "tasks.md")).document.value["agents"]
        for text in (BOXES, BOXES.replace("[ ] 1", "[x] 1"))
    )
    assert before == after


def test_run_ticks_boxes_only_if_asked(project: Project) -> None:
    project.write("tasks.md", "- [ ] T1 Look\n- [ ] T2 Leap\n")
    event = {
        "type": "result",
        "subtype": "success",
        "is_error": False,
        "result": "ok",
        "num_turns": 1,
    }
    project.write(
        "bin/claude", f"#!/bin/sh\ncat >/dev/null\nprintf '%s\\n' '{json.dumps(event)}'\n"
    )
    (project.folder / "bin" / "claude").chmod(0o755)
    env = {**project.env, "PATH": f"{project.folder / 'bin'}:{project.env['PATH']}"}
    words = ["run", "tasks.md", "--plain", "--only", "T1"]
    assert project.wavemake(*words, env=env).code == 0
    assert "[x]" not in project.read("tasks.md")
    assert project.wavemake(*words, "--tick", env=env).code == 0
    assert project.read("tasks.md") == "- [x] T1 Look\n- [ ] T2 Leap\n"


def test_a_writer_of_yaml_reads_back_what_a_checklist_is() -> None:
    view = dialects.read(load_text(BOXES, "tasks.md")).document
    assert load_text(write(view.value, "markdown"), "plan.yaml").value == view.value
    assert re.search("Part of", write(view.value, "markdown"))


# --- conditions and loops of other tools -------------------------------------------------------


def read(nodes: list[Any]) -> dict[str, Any]:
    """The plan that is made of nodes."""
    value: dict[str, Any] = dialects.read(
        load_text(json.dumps({"nodes": nodes}), "p.json")
    ).document.value
    return value


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("$look.output == 'bug'", {"agent": "look", "matches": "^[[:space:]]*bug[[:space:]]*$"}),
        ('{{ look.output.a.b }} == "x"', {"agent": "look", "json": "a.b", "equals": "x"}),
        ("$look.output.n >= 2", {"not": {"agent": "look", "json": "n", "below": 2}}),
        ("${look.output.ok} != true", {"not": {"agent": "look", "json": "ok", "equals": True}}),
        (
            "$look.output.n == '2'",
            {
                "any": [
                    {"agent": "look", "json": "n", "equals": "2"},
                    {"agent": "look", "json": "n", "equals": 2},
                ]
            },
        ),
        (
            "$look.output.a == 'x' || !($look.output.b > 1 && $look.output.c < 2)",
            {
                "any": [
                    {"agent": "look", "json": "a", "equals": "x"},
                    {
                        "not": {
                            "all": [
                                {"agent": "look", "json": "b", "above": 1},
                                {"agent": "look", "json": "c", "below": 2},
                            ]
                        }
                    },
                ]
            },
        ),
        (
            "$look.output == 'a.b*c'",
            {"agent": "look", "matches": r"^[[:space:]]*a\.b\*c[[:space:]]*$"},
        ),
    ],
)
def test_a_condition_on_answers_is_ours(text: str, condition: Any) -> None:
    nodes = [
        {"id": "look", "prompt": "Look."},
        {"id": "leap", "prompt": "Leap.", "depends_on": ["look"], "when": text},
    ]
    checked = check(json.dumps({"nodes": nodes}))
    leap = read(nodes)["agents"][1]
    assert checked.plan
    assert leap["when"] == condition
    assert "approve" not in leap


@pytest.mark.parametrize(
    "text",
    [
        "it rains",
        "$look.output",
        "$other.output == 'x'",  # waits for look as well: nobody has its answer yet
        "$nobody.output == 'x'",
        "$look.output == 'x' && it rains",
        "$look.output.n > 'many'",
        "(" * 500 + "$look.output == 'x'",
        "$leap.output == 'x'",
    ],
)
def test_a_condition_that_nobody_evaluates_waits_for_a_person(text: str) -> None:
    nodes = [
        {"id": "look", "prompt": "Look."},
        {"id": "other", "prompt": "Look."},
        {"id": "leap", "prompt": "Leap.", "depends_on": ["look"], "when": text},
    ]
    leap = read(nodes)["agents"][2]
    assert leap["approve"] is True
    assert "when" not in leap


def test_a_loop_with_a_signal_runs_until_it_is_said(project: Project) -> None:
    nodes = [
        {"id": "fix", "loop": {"prompt": "Fix one.", "until": "ALL_DONE", "max_iterations": 4}},
        {"id": "report", "prompt": "Say what was fixed.", "depends_on": ["fix"]},
    ]
    plan = read(nodes) | {"defaults": {"command": "sh ./agent.sh"}}
    project.write("plan.json", json.dumps(plan))
    project.behave("fix-2", "echo 'Fixed the last one.'; echo '**ALL_DONE**'")
    assert project.compile().code == 0
    assert project.make("-j4").code == 0
    assert project.paid() == ["fix", "fix-2", "report"]


@pytest.mark.parametrize(
    "loop",
    [
        {"prompt": "Fix one.", "until": "all tests pass", "max_iterations": 4},
        {"prompt": "Fix one.", "until": "ALL_DONE"},
        {"prompt": "Fix one.", "until": "ALL_DONE", "max_iterations": 4, "interactive": True},
        {"prompt": "Fix one.", "until_bash": "grep -q $look.output x", "max_iterations": 4},
    ],
)
def test_a_loop_that_cannot_be_unrolled_runs_once(loop: Any) -> None:
    assert "loops" not in read(
        [{"id": "fix", "loop": loop}, {"id": "b", "prompt": "x", "depends_on": ["fix"]}]
    )
