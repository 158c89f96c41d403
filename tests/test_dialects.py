"""Other people's plans: what each is recognised as, what becomes of it, and what is said of it.

The plans are in fixtures/dialects. With --update, what is expected of them is written
anew instead.
"""

from __future__ import annotations

import io
import json
import os
import pathlib
import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import expectations
from tests.expectations import expect, expect_words
from tests.harness import REPOSITORY, Project, Result, examples
from wavemake.commands.convert import command
from wavemake.compiler import driver
from wavemake.compiler.graph import Graph
from wavemake.compiler.options import Options
from wavemake.plan import dialects
from wavemake.plan.diagnostics import Severity, Where
from wavemake.plan.dialects.rules import SEVERITIES
from wavemake.plan.dialects.writer import write
from wavemake.plan.loader import Document, load_text
from wavemake.plan.names import name_problem
from wavemake.plan.parser import parse
from wavemake.plan.printing import render_json, render_text

FIXTURES = REPOSITORY / "tests" / "fixtures" / "dialects"
PLANS = [path for path in sorted(FIXTURES.glob("*/*.*")) if path.name.count(".") == 1]
CASE = re.compile(
    r"^=== (.+)\n--- (plan\.\w+)(?: --dialect (\w+))?\n((?:(?!--- said).*\n)*)--- said\n((?:(?!=== ).*\n)*)",
    re.M,
)
EXAMPLES = settings(max_examples=examples(60), deadline=None)


def read(tree: Any, name: str | None = None, **options: Any) -> dialects.Reading:
    return dialects.read(load_text(json.dumps(tree), "plan.json"), name, **options)


def said(document: Document, dialect: str | None = None) -> str:
    """All that is reported of a plan in an empty project."""
    reading = dialects.read(document, dialect)
    found = list(reading.notes)
    if reading.decided:
        checked = driver.check(reading.document, Options("plan.json"))
        found += [each for each in checked.diagnostics if each not in found]
    return render_text(found, reading.document, colour=False)


@pytest.fixture(autouse=True)
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """An empty project, in which every test runs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


# --- each dialect -----------------------------------------------------------------------------


def converted_of(path: pathlib.Path) -> pathlib.Path:
    """What a plan is converted to; a checklist and JSON lines become another language."""
    suffix = {".md": ".yaml", ".jsonl": ".json"}.get(path.suffix, path.suffix)
    return path.with_suffix(f".converted{suffix}")


@pytest.mark.parametrize("path", PLANS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_plan_of_each_shape_is_recognised_and_converted(path: pathlib.Path) -> None:
    document = load_text(path.read_bytes(), path.name)
    reading = dialects.read(document)
    assert reading.dialect == path.parent.name
    converted = write(reading.document.value, document.format)
    expect(path.with_suffix(".said.txt"), said(document))
    expect(converted_of(path), converted)


@pytest.mark.parametrize("path", PLANS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_was_converted_is_in_the_reference_shape_and_says_what_it_reads(
    path: pathlib.Path,
) -> None:
    path = converted_of(path)
    document = load_text(path.read_text(), path.name)
    reading = dialects.read(document)
    assert (reading.document, reading.dialect, reading.notes) == (document, "", ())
    checked = driver.check(document, Options("plan.json"))
    assert checked.plan is not None
    assert {each.code for each in checked.diagnostics} <= {"WM151"}


def test_there_is_a_fixture_of_every_dialect() -> None:
    assert {path.parent.name for path in PLANS} == set(dialects.DIALECTS)


@pytest.mark.parametrize("name", ["tasks/rate-limit.json", "numbered/podcast.json"])
@pytest.mark.parametrize("language", ["json", "yaml"])
def test_a_converted_plan_runs(project: Project, name: str, language: str) -> None:
    project.write("given.json", (FIXTURES / name).read_text())
    result = convert_in(project, "given.json", "-o", f"plan.{language}")
    assert result.code == 0, result.out
    compiled = project.compile("--runner", "rehearse", plan=f"plan.{language}")
    assert compiled.code == 0, compiled.out
    assert project.make("-j4").code == 0
    known = {
        "tasks": ["T1", "T2", "T3", "T4"],
        "numbered": ["task-1-set-up-the-repository", "task-2-read-the-feed", "task-4-episode-page"],
    }
    for agent in known[name.split("/")[0]]:
        assert project.output(agent).startswith("# Rehearsal\n")


def convert_in(project: Project, *arguments: str) -> Result:
    code = "from wavemake.commands.convert import command as c; c(prog_name='wavemake convert')"
    return project.run([sys.executable, "-c", code, *arguments])


# --- what is said -----------------------------------------------------------------------------


def cases() -> list[tuple[str, str, str, str, str]]:
    """Title, name of the plan, dialect, its text, and what is said of it."""
    text = (FIXTURES / "said.txt").read_text(encoding="utf-8")
    found = CASE.findall(text)
    assert len(found) == text.count("=== ")
    return found


@pytest.mark.parametrize("case", cases(), ids=lambda case: case[0])
def test_what_is_said(case: tuple[str, str, str, str, str]) -> None:
    title, name, dialect, text, expected = case
    reported = said(load_text(text, name), dialect or None)
    if expectations.UPDATE:
        update_case(title, reported)
    else:
        assert reported == expected


def update_case(title: str, reported: str) -> None:
    path = FIXTURES / "said.txt"
    head = rf"(^=== {re.escape(title)}\n(?:(?!--- said|=== ).*\n)*--- said\n)(?:(?!=== ).*\n)*"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(head, lambda found: found[1] + reported, text, count=1, flags=re.M))


def test_every_code_is_said_in_some_case() -> None:
    texts = [(FIXTURES / "said.txt").read_text()]
    texts += [path.with_suffix(".said.txt").read_text() for path in PLANS]
    found = set(re.findall(r"(\w+)\[(WM3\d\d)\]", "".join(texts)))
    assert found == {(severity.value, code) for code, severity in SEVERITIES.items()}
    assert set(dialects.RULES) == set(SEVERITIES)


# --- how a plan is recognised -----------------------------------------------------------------

LOOKALIKES = load_text((FIXTURES / "lookalikes.yaml").read_text(), "lookalikes.yaml").value


@pytest.mark.parametrize("name", LOOKALIKES)
def test_what_only_looks_like_a_plan_is_not_claimed(name: str) -> None:
    document = load_text(json.dumps(LOOKALIKES[name]), "plan.json")
    reading = dialects.read(document)
    assert reading.document is document
    assert not reading.dialect
    assert {each.code for each in reading.notes} <= {"WM313"}
    plan, found = parse(document.value)
    assert plan is None or any(each.severity is Severity.ERROR for each in found)


def test_there_are_many_lookalikes() -> None:
    assert len(LOOKALIKES) > 80


def test_a_lookalike_with_the_words_of_a_plan_is_told_how_to_be_read() -> None:
    reading = read(LOOKALIKES["benchmark of prompts"])
    (note,) = reading.notes
    expect_words("dialects/lookalike", note.message)
    assert not read(LOOKALIKES["package.json"]).notes


class Untouchable(list[Any]):
    """A list that may be looked at, but not gone through."""

    def __iter__(self) -> Iterator[Any]:
        raise AssertionError("a plan in the reference shape is looked through")


def test_the_reference_shape_costs_nothing() -> None:
    agents = Untouchable([{"name": "a", "task": "Do it."}] * 9)
    waves = Untouchable([Untouchable(["a", "b"]), Untouchable(["c"])])
    for tree in ({"agents": agents}, {"waves": waves}, {"agents": agents, "waves": waves}):
        document = Document("plan.json", "", tree, "json")
        reading = dialects.read(document)
        assert reading.document is document
        assert (reading.dialect, reading.notes, reading.done) == ("", (), ())


SEED = sorted((REPOSITORY / "tests" / "data" / "seed").glob("*.json"))
TEMPLATES = sorted((REPOSITORY / "templates" / "plans").glob("*.*"))
CORPUS = sorted((REPOSITORY / "tests" / "corpus" / "plans").glob("*.*"))


@pytest.mark.parametrize("path", [*SEED, *TEMPLATES, *CORPUS], ids=lambda path: path.stem)
def test_no_plan_in_the_reference_shape_is_claimed(path: pathlib.Path) -> None:
    document = load_text(path.read_bytes(), path.name)
    assert dialects.read(document).document is document


def test_a_name_decides_and_must_be_known() -> None:
    tree = {
        "tasks": [{"id": "a", "prompt": "Do it.", "depends_on": []}],
        "nodes": [{"id": "b", "prompt": "Do it.", "depends_on": []}],
    }
    assert not read(tree).decided
    assert [read(tree, name).dialect for name in ("tasks", "nodes")] == ["tasks", "nodes"]
    assert names(read(tree, "nodes")) == ["b"]
    with pytest.raises(dialects.UnknownDialect, match=r"no dialect 'node': did you mean 'nodes'\?"):
        read(tree, "node")


def names(reading: dialects.Reading) -> list[str]:
    return [agent["name"] for agent in reading.document.value["agents"]]


@pytest.mark.parametrize(
    "word",
    [
        *("reads", "depends_on", "dependsOn", "dependencies", "dep", "needs", "blockedBy"),
        *("dependent_task_ids", "depends-on", "blocked_by"),
    ],
)
def test_every_word_for_a_dependency_is_read(word: str) -> None:
    items = [{"id": "a", "task": "Look."}, {"id": "b", "task": "Leap.", word: ["a"]}]
    for tree in ({"tasks": items}, {"nodes": items}, items):
        assert read(tree).document.value["agents"][1]["reads"] == ["a"]


@pytest.mark.parametrize(
    "word", ["task", "prompt", "objective", "instruction", "goal", "description"]
)
def test_every_word_for_a_task_is_read(word: str) -> None:
    reading = read({"tasks": [{"id": "a", word: " Look.\n", "depends_on": []}]})
    assert reading.document.value["agents"][0]["task"] == " Look.\n"


# --- names ------------------------------------------------------------------------------------

IDS = st.one_of(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=50).filter(str.strip),
    st.sampled_from(
        ["a", "A", "all", "a b", "a-b", "a-b-2", "1", "task-1", "-1", "1.2", "日本", "中"]
    ),
    st.integers(-5, 300),
)


@EXAMPLES
@given(st.lists(IDS, min_size=1, max_size=12, unique_by=lambda each: str(each).strip()))
def test_every_id_becomes_a_name_of_its_own(ids: list[str | int]) -> None:
    items = [{"id": each, "prompt": "Do it.", "depends_on": []} for each in ids]
    found = names(read({"tasks": items}, "tasks"))
    assert not any(name_problem(name) for name in found)
    assert len({name.lower() for name in found}) == len(ids)
    lower = [str(each).strip().lower() for each in ids]
    for each, name in zip(ids, found, strict=True):
        is_fit = not name_problem(str(each)) and not re.fullmatch(r"-?[\d.]+", str(each))
        if is_fit and lower.count(str(each).lower()) == 1:
            assert name == each
    assert found == names(read({"tasks": items}, "tasks"))


TITLES = {
    1: "Add login!",
    2: "Créer la page des résultats",
    3: "日本語",
    4: "x" * 60,
    5: "all",
}


def test_a_number_is_named_after_its_title_wherever_it_stands() -> None:
    items = [{"id": n, "title": title, "dependencies": []} for n, title in TITLES.items()]
    found = dict(zip(TITLES, names(read({"tasks": items})), strict=True))
    assert found == {
        1: "task-1-add-login",
        2: "task-2-creer-la-page-des",
        3: "task-3",
        4: "task-4",
        5: "task-5-all",
    }
    assert names(read({"tasks": items[::-1]})) == [*found.values()][::-1]
    assert names(read({"tasks": items[2:4]})) == ["task-3", "task-4"]


# --- what is done -----------------------------------------------------------------------------


def test_what_is_done_stays_an_agent_and_is_said_only_without_an_output() -> None:
    tree = {
        "userStories": [
            {"id": "a", "title": "A", "passes": True, "acceptanceCriteria": ["x"]},
            {"id": "b", "title": "B", "passes": True, "acceptanceCriteria": ["x"]},
            {"id": "c", "title": "C", "passes": False, "acceptanceCriteria": ["x"]},
        ]
    }
    reading = read(tree, has_output={"a"}.__contains__)
    assert names(reading) == ["a", "b", "c"]
    assert reading.done == ["a", "b"]
    (warning,) = [each for each in reading.notes if each.severity is Severity.WARNING]
    expect_words("dialects/done-without-output", warning.message)
    assert reading.document.locate(warning.where).line == 1
    everything = read(tree, has_output=lambda agent: True)
    assert all(each.severity is Severity.NOTE for each in everything.notes)


# --- places -----------------------------------------------------------------------------------


def test_places_of_the_tree_are_places_of_the_file() -> None:
    text = '{"tasks": [\n{"id": 7,\n"prompt": "Look.",\n"needs": ["x"],\n"blockedBy": [7]}]}'
    reading = dialects.read(load_text(text, "plan.json"))
    view = reading.document
    lines = {
        ("agents", 0): 2,
        ("agents", 0, "name"): 2,
        ("agents", 0, "task"): 3,
        ("agents", 0, "reads", 0): 5,
        ("agents", 0, "model"): 2,
        (): 1,
    }
    assert {path: view.locate(Where(path)).line for path in lines} == lines
    assert (view.name, view.text, view.line(3)) == ("plan.json", text, '"prompt": "Look.",')


def test_diagnostics_can_be_given_the_paths_of_the_file() -> None:
    text = '{"tasks": [{"id": 7, "prompt": "Look.", "needs": [7]}]}'
    document = load_text(text, "plan.json")
    view = dialects.read(document).document
    assert isinstance(view, dialects.View)
    checked = driver.check(view, Options("plan.json"))
    moved = view.in_file(checked.diagnostics)
    (found,) = json.loads(render_json([(document, moved)]))["diagnostics"]
    assert (found["code"], found["path"]) == ("WM113", ["tasks", 0, "needs", 0])
    assert (found["line"], found["column"]) == (1, text.index("[7]") + 2)


def test_an_untrusted_plan_may_not_choose_its_model() -> None:
    text = '{"nodes": [{"id": "a", "prompt": "Look.", "depends_on": [], "model": "big"}]}'
    view = dialects.read(load_text(text, "plan.json")).document
    _, (found,) = parse(view.value, untrusted=True)
    assert found.code == "WM119"
    assert isinstance(found.where, Where)
    assert view.locate(found.where).column == text.index('"model"') + 1


# --- the same plan in every shape -------------------------------------------------------------

Tasks = list[tuple[Any, str, list[Any]]]


@st.composite
def plans(draw: st.DrawFn, *, numbers: bool) -> Tasks:
    """An id, a text and the ids that it depends on, for each task; in any order."""
    kinds = st.integers(0, 99) if numbers else IDS
    ids = draw(st.lists(kinds, min_size=1, max_size=7, unique_by=lambda each: str(each).strip()))
    text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30)
    tasks = []
    for n, each in enumerate(ids):
        needs = draw(st.lists(st.sampled_from(ids[:n]), unique=True)) if n else []
        tasks.append((each, draw(text.filter(_is_prose)), needs))
    return draw(st.permutations(tasks))


def _is_prose(text: str) -> bool:
    """Some shapes read a text that is the name of a file of prompts from that file."""
    return bool(text.strip()) and not text.strip().endswith((".md", ".txt", ".prompt", ".mdc"))


def in_waves(tasks: Tasks) -> list[list[dict[str, Any]]]:
    waves = Graph({str(name): map(str, needs) for name, _, needs in tasks}).waves()
    found: list[list[dict[str, Any]]] = [[] for _ in range(max(waves.values()))]
    for name, text, needs in tasks:
        found[waves[str(name)] - 1].append({"name": name, "task": text, "reads": needs})
    return found


def items(tasks: Tasks, text: str, needs: str, **more: Any) -> list[dict[str, Any]]:
    return [{"id": name, text: task, needs: reads, **more} for name, task, reads in tasks]


SHAPES = {
    "tasks": lambda tasks: {"tasks": items(tasks, "objective", "depends_on")},
    "assigned": lambda tasks: {
        "agents": [{"id": "worker", "type": "coder"}],
        "tasks": items(tasks, "description", "dependencies", agentId="worker"),
    },
    "numbered": lambda tasks: {
        "master": {"tasks": items(tasks, "description", "dependencies", status="pending")}
    },
    "roles": lambda tasks: {
        "goal": "All of it.",
        "roles": [
            {"name": str(name), "goal": task, "scope": {"dependencies": [*map(str, needs)]}}
            for name, task, needs in tasks
        ],
    },
    "stories": lambda tasks: {
        "userStories": items(tasks, "description", "dependencies", passes=False)
    },
    "nodes": lambda tasks: {"nodes": items(tasks, "prompt", "depends_on")},
    "array": lambda tasks: items(tasks, "task", "dep"),
    "waves": lambda tasks: {"waves": in_waves(tasks)},
}


@pytest.mark.parametrize("shape", SHAPES)
@EXAMPLES
@given(data=st.data())
def test_a_plan_is_the_same_in_every_shape_up_to_its_names(shape: str, data: st.DataObject) -> None:
    tasks = data.draw(plans(numbers=shape == "numbered"))
    reading = read(SHAPES[shape](tasks), shape)
    assert not reading.has_errors
    agents = reading.document.value["agents"]
    if shape == "waves":
        tasks = [
            (each["name"], each["task"], each["reads"]) for wave in in_waves(tasks) for each in wave
        ]
    new = {str(given): agent["name"] for (given, _, _), agent in zip(tasks, agents, strict=True)}
    for (_, task, needs), agent in zip(tasks, agents, strict=True):
        assert agent["reads"] == [new[str(need)] for need in needs]
        if shape == "assigned":
            assert agent["task"] == task.strip("\n") + "\n\nRole: coder"
        else:
            assert agent["task"] == task


ODD = [
    *("", "yes", "null", "~", "1e3", "0o7", "1:30", ".5", "+1", "2025-01-01", "-", "=", "<<"),
    *("# a", "a # b", "a: b", "- a", "!x", "&a", "*a", "'", '"', "%", "@", "`", "a ", " a", "\t"),
    *("a\n", "\n a\nb ", "a\n\n", "a\r\nb", "a\x85b", "a\u2028\nb", "\ufeffa", "😀", "\x7f"),
]


@EXAMPLES
@given(st.data(), st.sampled_from(["json", "yaml"]))
def test_what_is_written_reads_back_the_same(data: st.DataObject, language: Any) -> None:
    text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
    words = text | st.sampled_from(ODD)
    agent = st.fixed_dictionaries({"name": words, "task": words, "reads": st.lists(words)})
    tree = data.draw(
        st.fixed_dictionaries(
            {"project": words, "agents": st.lists(agent), "waves": st.lists(st.lists(words))}
        )
    )
    assert load_text(write(tree, language), f"plan.{language}").value == tree


# --- anything at all --------------------------------------------------------------------------

KEYS = st.sampled_from(
    [
        *("tasks", "agents", "waves", "phases", "nodes", "roles", "userStories", "master"),
        *("execution_order", "id", "name", "title", "task", "prompt", "goal", "description"),
        *("depends_on", "reads", "dep", "blocks", "blockedBy", "scope", "subtasks", "status"),
        *("passes", "priority", "agentId", "phase", "model", "skill", "when", "bash", "wave"),
        *("features", "steps", "expected_output", "context", "agent", "plan", "stages", "issues"),
        *(
            "issue_type",
            "dependencies",
            "depends_on_id",
            "type",
            "approval",
            "gate",
            "loop",
            "command",
        ),
        *("parallel_safe", "output_file", "ignore", "timeout", "sections", "done", "parts", "x_y"),
        *("acceptanceCriteria", "a", "b"),
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["a", "b", "A", "done", "cancelled", "a, b", "none", "", " ", "\ud800", "é"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=40,
)


@EXAMPLES
@given(VALUES, st.none() | st.sampled_from(sorted(dialects.DIALECTS)))
def test_whatever_is_read_nothing_breaks_and_everything_is_located(
    tree: Any, name: str | None
) -> None:
    document = load_text(json.dumps(tree, indent=1), "plan.json")
    reading = dialects.read(document, name)
    found = list(reading.notes)
    if reading.decided:
        checked = driver.check(reading.document, Options("plan.json"))
        found += checked.diagnostics
        if checked.plan and not reading.has_errors:
            text = write(reading.document.value, "yaml")
            assert load_text(text, "plan.yaml").value == reading.document.value
    for each in found:
        span = reading.document.locate(each.where)
        assert 1 <= span.line <= document.text.count("\n") + 1
    render_text(found, reading.document, colour=True)


# --- wavemake convert -------------------------------------------------------------------------


def convert(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """The exit status of `wavemake convert`, and what it printed."""
    with pytest.raises(SystemExit) as ended:
        command.main(list(arguments), prog_name="wavemake convert")
    out, err = capsys.readouterr()
    code = ended.value.code
    assert isinstance(code, int)
    return code, out, err


FOREIGN = '{"tasks": [{"id": 1, "title": "Look", "dependencies": []}]}\n'
CONVERTED = """\
{
  "agents": [
    {
      "name": "task-1-look",
      "task": "Look",
      "reads": []
    }
  ]
}
"""


def test_convert_prints_the_plan_and_tells_the_notes_apart(
    folder: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "tasks.json").write_text(FOREIGN)
    code, out, err = convert(capsys, "tasks.json")
    assert (code, out) == (0, CONVERTED)
    assert err.startswith("tasks.json:1:2: note[WM301]: ")


def test_convert_reads_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(FOREIGN.encode())))
    code, out, err = convert(capsys, "-")
    assert (code, out) == (0, CONVERTED)
    assert err.startswith("<stdin>:1:2: note[WM301]")


def test_convert_writes_a_file_in_the_language_of_its_name(
    folder: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "tasks.json").write_text(FOREIGN)
    assert convert(capsys, "tasks.json", "-o", "plan.yaml")[:2] == (0, "")
    assert (folder / "plan.yaml").read_text() == (
        "agents:\n- name: task-1-look\n  task: Look\n  reads: []\n"
    )
    assert convert(capsys, "tasks.json", "-o", "a.txt", "--to", "yaml")[0] == 0
    assert (folder / "a.txt").read_text() == (folder / "plan.yaml").read_text()


def test_convert_overwrites_nothing_unless_it_must(
    folder: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "tasks.json").write_text(FOREIGN)
    code, out, err = convert(capsys, "tasks.json", "-o", "tasks.json")
    assert (code, out) == (2, "")
    expect_words("convert/exists", err)
    assert (folder / "tasks.json").read_text() == FOREIGN
    assert convert(capsys, "tasks.json", "-o", "tasks.json", "--force")[0] == 0
    assert (folder / "tasks.json").read_text() == CONVERTED


def test_convert_leaves_a_plan_of_ours_as_it_is_and_says_so(
    folder: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "# mine\nagents: [{name: a, task: Look., reads: [ ]}]\n"
    (folder / "plan.yaml").write_text(text)
    code, out, err = convert(capsys, "plan.yaml")
    assert (code, out) == (0, text)
    code, out, other = convert(capsys, "plan.yaml", "--to", "json")
    assert (code, json.loads(out)) == (
        0,
        {"agents": [{"name": "a", "task": "Look.", "reads": []}]},
    )
    expect_words("convert/already", err, other)


@pytest.mark.parametrize(
    ("text", "arguments", "code", "reported"),
    [
        ('{"name": "x"}', (), 1, "error[WM010]"),
        ('{"tasks": [', (), 1, "error[WM001]"),
        (FOREIGN.replace("[]", "[2]"), (), 1, "error[WM112]"),
        (FOREIGN.replace("[]", "[1]"), (), 1, "error[WM113]"),
        (FOREIGN, ("--dialect", "nodes"), 1, "error[WM312]"),
        (FOREIGN, ("--dialect", "nods"), 2, "wavemake: there is no dialect 'nods': did you mean"),
        (FOREIGN, ("-o", "."), 2, "wavemake: . exists"),
        (FOREIGN, ("--to", "toml"), 2, "Invalid value for '--to'"),
    ],
)
def test_convert_ends_with_a_status_and_writes_nothing_that_is_wrong(
    folder: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
    arguments: tuple[str, ...],
    code: int,
    reported: str,
) -> None:
    (folder / "tasks.json").write_text(text)
    ended, out, err = convert(capsys, "tasks.json", *arguments)
    assert (ended, out) == (code, "")
    assert reported in err
    assert os.listdir(folder) == ["tasks.json"]


def test_convert_cannot_read_what_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = convert(capsys, "none.json")
    assert (code, out) == (2, "")
    assert err.startswith("wavemake: cannot read the plan none")


def test_convert_says_that_another_dialect_does_not_fit(
    folder: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "tasks.json").write_text(FOREIGN)
    expect_words("convert/other-dialect", convert(capsys, "tasks.json", "--dialect", "nodes")[2])


def test_convert_finds_the_output_of_what_is_done(
    folder: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "tasks.json").write_text(FOREIGN.replace("[]", '[], "status": "done"'))
    assert "done, but without" in convert(capsys, "tasks.json")[2]
    (folder / "agents" / "task-1-look").mkdir(parents=True)
    (folder / "agents" / "task-1-look" / "output.md").write_text("It is done.\n")
    assert "marked done" not in convert(capsys, "tasks.json", "--dir", "agents")[2]


# --- the documentation ------------------------------------------------------------------------


def test_the_examples_of_the_documentation_are_true() -> None:
    text = (REPOSITORY / "docs" / "dialects.md").read_text()
    table = re.findall(r"^\| `(\w+)` \|", text, re.M)
    assert table == list(dialects.DIALECTS)
    for name in dialects.DIALECTS:
        section = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
        assert section, name
        given, converted = re.findall(r"^```(\w+)\n(.*?)^```", section[1], re.M | re.S)
        document = load_text(given[1], f"plan.{given[0]}")
        reading = dialects.read(document)
        assert (reading.dialect, reading.has_errors) == (name, False)
        assert write(reading.document.value, converted[0]) == converted[1]
