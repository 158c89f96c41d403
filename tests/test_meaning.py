"""What a plan means: who reads what, who waits for whom, in which wave, and how each agent is run."""

from __future__ import annotations

import json
import os
import pathlib
from typing import Any

import pytest
import yaml

from tests.compiler import check, resolved
from tests.harness import REPOSITORY, Project
from wavemake.compiler import driver
from wavemake.compiler.options import Options
from wavemake.plan.model import Settings
from wavemake.plan.resolved import Read, Resolved

SEED = REPOSITORY / "tests" / "data" / "seed"


@pytest.fixture(autouse=True)
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """The project, empty, as the current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(*names: str) -> None:
    for name in names:
        path = pathlib.Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name}\n")


def plan(*agents: dict[str, Any], **keys: Any) -> str:
    """A plan in JSON; agents are called a, b, c... if they have no name."""
    named = [{"name": chr(97 + n), "task": "T.", **agent} for n, agent in enumerate(agents)]
    return json.dumps({"agents": named, **keys})


def reads(text: str, name: str, **options: Any) -> list[str]:
    """What `name` is given to read: agents as they are called, files with ./ before them."""
    agent = next(each for each in resolved(text, **options).agents if each.name == name)
    return [read.agent or f"./{read.path}" for read in agent.reads]


def waves(written: Resolved) -> list[list[str]]:
    numbers = sorted({agent.wave for agent in written.agents})
    return [[each.name for each in written.agents if each.wave == wave] for wave in numbers]


def warnings(text: str, **options: Any) -> list[str]:
    return [each.code for each in check(text, **options).diagnostics]


# --- what is read ---


def test_agents_and_files_are_read_in_the_order_in_which_they_are_written() -> None:
    put("notes.md", "z.md")
    text = plan({}, {}, {"reads": ["z.md", "b", "notes.md", "a"]})
    assert reads(text, "c") == ["./z.md", "b", "./notes.md", "a"]


def test_what_is_named_twice_is_read_once() -> None:
    put("notes.md")
    text = plan(
        {}, {"reads": ["notes.md", "a", "./notes.md", "a", "*.md", ".tmp/agents/a/output.md"]}
    )
    assert reads(text, "b") == ["./notes.md", "a"]


def test_an_exact_name_wins_over_a_file_and_a_path_forces_the_file() -> None:
    put("a")
    assert reads(plan({}, {"reads": ["a"]}), "b") == ["a"]
    assert reads(plan({}, {"reads": ["./a"]}), "b") == ["./a"]
    assert reads(plan({}, {"reads": ["x/../a", "./a"]}), "b") == ["./a"]


def test_the_path_of_an_output_means_its_agent() -> None:
    text = plan({}, {"reads": ["./.tmp/agents/a/output.md"]})
    assert reads(text, "b") == ["a"]
    assert [agent.wave for agent in resolved(text).agents] == [1, 2]
    text = plan({}, {"reads": ["work/a/output.md"]})
    assert reads(text, "b", folder="work") == ["a"]


def test_patterns() -> None:
    put("a.md", "b.txt", "docs/c.md", "docs/deep/d.md", "docs/deep/e.txt", ".hidden.md")
    put("docs/.git/f.md", ".github/g.md")
    expected = {
        "*.md": ["a.md"],
        "**/*.md": ["a.md", "docs/c.md", "docs/deep/d.md"],
        "docs/**": ["docs/c.md", "docs/deep/d.md", "docs/deep/e.txt"],
        "docs/**/**/d.md": ["docs/deep/d.md"],
        "docs/*/?.md": ["docs/deep/d.md"],
        "docs/[!d]*.md": ["docs/c.md"],
        "./docs/../*.txt": ["b.txt"],
        "**": ["a.md", "b.txt", "docs/c.md", "docs/deep/d.md", "docs/deep/e.txt"],
        ".*.md": [".hidden.md"],
        ".github/*": [".github/g.md"],
        "**/.git/*": ["docs/.git/f.md"],
    }
    for pattern, files in expected.items():
        assert reads(plan({"reads": [pattern]}), "a") == [f"./{each}" for each in files], pattern


def test_a_pattern_follows_no_loop() -> None:
    put("src/a.py")
    os.symlink("..", "src/up")
    os.symlink(".", "src/self")
    assert reads(plan({"reads": ["**/*.py"]}), "a") == ["./src/a.py"]
    assert reads(plan({"reads": ["src/self/*.py"]}), "a") == ["./src/self/a.py"]


def test_a_pattern_never_matches_what_wavemake_or_an_agent_writes() -> None:
    put("work/a/output.md", "work/a/notes.md", "work.md", "api.json", "real.json")
    pathlib.Path("Makefile").write_text("# Written by wavemake from plan.json\n")
    text = plan({"outputs": ["api.json"]}, {"reads": ["**/*.md", "M*", "*.json"]})
    assert reads(text, "b", folder="work") == ["./work.md", "./real.json"]
    pathlib.Path("Makefile").write_text("# mine\n")
    assert reads(plan({"reads": ["M*"]}), "a") == ["./Makefile"]


def test_a_file_is_taken_as_it_is_named_though_it_looks_like_a_pattern() -> None:
    put("pages/[id].md", "pages/i.md")
    assert reads(plan({"reads": ["pages/[id].md"]}), "a") == ["./pages/[id].md"]
    assert reads(plan({"reads": ["pages/[i].md"]}), "a") == ["./pages/i.md"]
    text = plan({"outputs": ["new/[id].md"]}, {"reads": ["new/[id].md"]})
    assert reads(text, "b") == ["./new/[id].md"]
    assert warnings(text) == []


def test_a_file_that_is_not_there_yet_is_read_all_the_same() -> None:
    text = plan({"reads": ["build/api.json"]})
    assert reads(text, "a") == ["./build/api.json"]
    assert warnings(text) == ["WM151"]


# --- who waits for whom ---


def test_depends_on_waits_and_reads_nothing() -> None:
    written = resolved(plan({}, {"depends_on": ["a"]}, {"reads": ["b"], "depends_on": ["b", "a"]}))
    b, c = written.agents[1:]
    assert (b.reads, b.after, b.needs) == ((), ("a",), ("a",))
    assert (c.reads, c.after, c.needs) == ((Read(agent="b"),), ("a",), ("b", "a"))
    assert waves(written) == [["a"], ["b"], ["c"]]


def test_waves_are_computed_when_none_are_given() -> None:
    text = plan({"reads": ["c"]}, {}, {"reads": ["d"]}, {}, {"reads": ["a", "b"]})
    assert waves(resolved(text)) == [["b", "d"], ["c"], ["a"], ["e"]]
    nothings: list[object] = [[], None]
    for nothing in nothings:
        assert waves(resolved(json.dumps({**json.loads(text), "waves": nothing})))[0] == ["b", "d"]
    assert resolved(text).critical_path == ("d", "c", "a", "e")
    assert warnings(text) == []


def test_waves_that_are_given_are_kept() -> None:
    text = plan({}, {}, {"reads": ["a"]}, waves=[["b"], ["a"], ["c"]])
    written = resolved(text.replace('"b", "task"', '"b", "reads": [], "task"'))
    assert waves(written) == [["b"], ["a"], ["c"]]


def test_an_agent_of_a_later_wave_without_reads_is_given_the_whole_wave_before() -> None:
    text = plan({}, {}, {}, {"reads": []}, {"depends_on": ["c"]}, {"reads": None})
    text = json.dumps({**json.loads(text), "waves": [["a", "b"], ["c", "d"], ["e", "f"]]})
    assert reads(text, "c") == ["a", "b"]
    assert reads(text, "d") == []
    assert reads(text, "e") == []
    assert reads(text, "f") == ["c", "d"]
    assert warnings(text) == ["WM153", "WM153"]


def test_a_plan_of_waves_alone() -> None:
    written = resolved('{"goal": "a shop", "waves": [["a", "b"], ["c"], ["d"]]}')
    assert [(each.name, [read.agent for read in each.reads]) for each in written.agents] == [
        ("a", []),
        ("b", []),
        ("c", ["a", "b"]),
        ("d", ["c"]),
    ]
    assert written.agents[0].task == "Do what your name, `a`, says, for: a shop"
    assert warnings('{"waves": [["a"], ["b"]]}') == ["WM152"]
    assert waves(resolved('{"agents": [], "waves": ["a", "b"]}')) == [["a"], ["b"]]


# --- how an agent is run ---


def settings(text: str, name: str = "a", **options: Any) -> Settings:
    return next(agent for agent in resolved(text, **options).agents if agent.name == name).settings


def test_settings_that_nobody_gives() -> None:
    assert settings(plan({})) == Settings("claude", None, None, (), 1800, 1024**2)


def test_an_agent_says_more_than_defaults_and_the_command_line_more_than_both() -> None:
    text = plan(
        {"model": "small", "timeout": "90s", "args": ["-x", ""]},
        {},
        defaults={"model": "large", "timeout": "1h30m", "max_prompt": "2k", "args": "-y"},
    )
    assert settings(text, "a") == Settings("claude", "small", None, ("-x", ""), 90, 2048)
    assert settings(text, "b") == Settings("claude", "large", None, ("-y",), 5400, 2048)
    override = Settings(runner="rehearse", model="other")
    assert settings(text, "a", override=override).runner == "rehearse"
    assert settings(text, "b", override=override).model == "other"


def test_a_command_means_the_runner_command() -> None:
    text = plan({"command": "cat\n"}, {"runner": "claude"}, {}, defaults={"command": "tac"})
    given = [settings(text, name) for name in "abc"]
    assert [(each.runner, each.command) for each in given] == [
        ("command", "cat"),
        ("claude", "tac"),
        ("command", "tac"),
    ]
    text = plan({"command": "cat"}, defaults={"runner": "claude"})
    assert settings(text).runner == "command"


@pytest.mark.parametrize(
    ("written", "seconds"),
    [(5, 5), ("5", 5), ("5s", 5), (" 30m ", 1800), ("1h", 3600), ("1h1m1s", 3661), ("0h5s", 5)],
)
def test_times(written: object, seconds: int) -> None:
    assert settings(plan({"timeout": written})).timeout == seconds


@pytest.mark.parametrize(
    ("written", "size"),
    [(5, 5), ("5", 5), ("5b", 5), ("2k", 2048), ("2 KB", 2048), ("3M", 3 * 1024**2)],
)
def test_sizes(written: object, size: int) -> None:
    assert settings(plan({"max_prompt": written})).max_prompt == size


def test_context_is_read_by_every_agent_first() -> None:
    put("CLAUDE.md", "docs/style.md", "notes.md")
    text = plan({"reads": ["notes.md"]}, {"reads": ["a"]}, context=["docs/*.md"])
    assert reads(text, "a") == ["./docs/style.md", "./notes.md"]
    assert reads(text, "b") == ["./docs/style.md", "a"]
    assert reads(plan({}, context=[]), "a", override=Settings(runner="rehearse")) == []


def test_claude_md_is_read_where_the_cli_does_not_find_it_itself() -> None:
    text = plan({"runner": "claude"}, {"command": "cat"}, {"runner": "rehearse"})
    assert [reads(text, name) for name in "abc"] == [[], [], []]
    put("CLAUDE.md")
    assert [reads(text, name) for name in "abc"] == [[], ["./CLAUDE.md"], ["./CLAUDE.md"]]


# --- files that an agent writes ---


def test_outputs_are_asked_for_and_waited_for() -> None:
    put("notes.md")
    text = plan(
        {"reads": ["notes.md"], "outputs": ["src/app.py", "./schema.sql", "src//app.py"]},
        {"reads": ["schema.sql"]},
    )
    written = resolved(text)
    a, b = written.agents
    assert a.outputs == ("src/app.py", "schema.sql")
    assert (b.reads, b.after) == ((Read(path="schema.sql"),), ("a",))
    assert waves(written) == [["a"], ["b"]]
    assert warnings(text) == []
    graph = driver.build(written, "", Options("plan.json"))
    assert graph.jobs[0].task.count("\noutput src/app.py\noutput schema.sql\n---\n") == 1
    assert "each at exactly this path: `src/app.py`, `schema.sql`.\n" in graph.jobs[0].task
    assert "exactly this path" not in graph.jobs[1].task
    # There is no rule for the file itself: its reader waits for the agent.
    assert (graph.jobs[1].needs, graph.jobs[1].files) == (("a",), ())


def test_a_file_that_an_agent_writes_is_read_by_another(project: Project) -> None:
    project.plan({"a": {"reads": [], "outputs": ["schema.sql"]}, "b": {"reads": ["schema.sql"]}})
    project.behave("a", "echo 'create table t' >schema.sql; echo done")
    result = project.compile()
    assert result.code == 0, result.out
    assert project.make("-j4").code == 0
    assert "create table t" in project.read(".tmp/agents/b/prompt.md")
    assert project.make("-q").code == 0


# --- how it is written ---


def test_a_text_may_stand_where_a_list_may() -> None:
    put("notes.md")
    one = plan(
        {"skill": "rest", "outputs": "x", "args": "-v"},
        {"reads": "a", "depends_on": "a"},
        context="notes.md",
        waves=["a", "b"],
    )
    many = plan(
        {"skill": ["rest"], "outputs": ["x"], "args": ["-v"]},
        {"reads": ["a"], "depends_on": ["a"]},
        context=["notes.md"],
        waves=[["a"], ["b"]],
    )
    assert without_places(resolved(one)) == without_places(resolved(many))
    assert resolved(one).agents[0].skills == ("rest",)


def test_null_says_nothing() -> None:
    keys = [
        "task",
        "skill",
        "depends_on",
        "outputs",
        "runner",
        "model",
        "command",
        "args",
        "timeout",
    ]
    empty = dict.fromkeys(["project", "goal", "context", "defaults", "waves"])
    text = plan({**dict.fromkeys(keys), "task": "T."}, **empty)
    assert without_places(resolved(text)) == without_places(resolved(plan({})))
    assert waves(resolved('{"agents": null, "waves": [["a"]]}')) == [["a"]]


def test_json_and_yaml_mean_the_same() -> None:
    put("notes.md", "docs/a.md")
    text = plan(
        {"skill": ["x"], "timeout": "5m", "reads": ["docs/**", "notes.md"], "outputs": ["o.txt"]},
        {"task": "Two\nlines: é 😀\n", "depends_on": ["a"], "args": ["-x"], "max_prompt": 5000},
        project="demo",
        goal="no",
        defaults={"model": "1"},
        waves=[["a"], ["b"]],
    )
    written = yaml.safe_dump(json.loads(text), allow_unicode=True, sort_keys=False)
    assert written.startswith("agents:\n- name: a\n")
    assert without_places(resolved(text)) == without_places(resolved(written, "plan.yaml"))


def without_places(written: Resolved) -> list[object]:
    """All of a plan but where each agent stands in the text."""
    fields = ("name", "wave", "task", "skills", "reads", "after", "outputs", "settings")
    agents = [[getattr(agent, field) for field in fields] for agent in written.agents]
    return [written.project, written.goal, written.critical_path, agents]


def test_the_shape_that_the_planner_writes() -> None:
    text = json.dumps(
        {
            "project": "shop",
            "agents": [
                {
                    "name": "prisma-schema-agent",
                    "skill": "database",
                    "task": "Design the schema.",
                    "depends_on": [],
                    "reads": [],
                },
                {
                    "name": "sidebar-agent",
                    "skill": "ui",
                    "task": "Build the sidebar.",
                    "depends_on": ["prisma-schema-agent"],
                    "reads": ["prisma-schema-agent"],
                },
            ],
            "waves": [["prisma-schema-agent"], ["sidebar-agent"]],
        }
    )
    written = resolved(text)
    assert warnings(text) == []
    assert waves(written) == [["prisma-schema-agent"], ["sidebar-agent"]]
    assert reads(text, "sidebar-agent") == ["prisma-schema-agent"]
    graph = driver.build(written, "", Options("plan.json"))
    assert "\nUse the skill `/ui`.\n" in graph.jobs[1].task


@pytest.mark.parametrize("path", sorted(SEED.glob("*.json")), ids=lambda path: path.stem)
def test_the_common_sets_compile_as_they_are(path: pathlib.Path) -> None:
    text = path.read_text()
    written = resolved(text)
    given = json.loads(text)["waves"]
    assert waves(written) == given
    for before, wave in zip([[], *given], given, strict=False):
        assert all(reads(text, name) == before for name in wave)
    assert [each.code for each in check(text).diagnostics] == ["WM152"]


# --- what it compiles to ---


def test_the_files_depend_on_the_plan_and_its_patterns_alone(project: Project) -> None:
    project.write("docs/a.md", "x")
    project.plan({"a": ["**"], "b": ["a", "docs/*"], "c": {"reads": ["b"], "outputs": ["new.md"]}})
    texts = []
    for seed in "1", "2":
        project.env["PYTHONHASHSEED"] = seed
        project.compile()
        project.write("new.md", "x")
        project.write(".tmp/agents/c/key", "runner command\nmade new.md 0\n")
        files = [path for path in project.path(".tmp").rglob("*") if path.is_file()]
        texts.append({path: path.read_text() for path in [*files, project.path("Makefile")]})
    assert texts[0] == texts[1]
    assert "\nwrote 0 files, " in project.compile().out


def test_what_is_wrong_does_not_depend_on_the_order_of_hashes(project: Project) -> None:
    names = [f"agent-{n}" for n in range(30)]
    knot = {name: [names[n - 1], names[n - 7]] for n, name in enumerate(names)}
    project.plan(knot)
    said = []
    for seed in "1", "2", "3":
        project.env["PYTHONHASHSEED"] = seed
        said.append(project.compile().out)
    assert said[0] == said[1] == said[2]
    assert said[0].splitlines()[0].count(" -> ") == 6
