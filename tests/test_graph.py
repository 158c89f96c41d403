"""wavemake graph: every format says the same graph, and other tools read what is meant for them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from typing import Any

import pexpect
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.expectations import expect_words
from tests.harness import Project, absent, examples
from wavemake.compiler.graph import Graph
from wavemake.ui.drawing.grid import grid
from wavemake.ui.drawing.picture import Picture, PictureNode, focus, picture
from wavemake.ui.drawing.text import text

PRODUCT: dict[str, list[str]] = {
    "db": [],
    "docs": [],
    "auth": ["db"],
    "ui": ["db"],
    "api": ["db", "auth"],
    "test": ["api", "ui", "db"],
    "release": ["docs", "test"],
}
DRAWN = """\
*schema ─┐
         ├─ *api ─┐
         │        └┬─ *review
         └─ page ──┘

* the longest chain is 3: schema -> api -> review
"""
STATES = """\
*schema (done) ─┐
                ├─ *api (failed) ─┐
                │                 └┬─ *review (blocked)
                └─ page (done) ────┘

* the longest chain is 3: schema -> api -> review
"""
LISTED = """\
wave 1
  *schema
wave 2
  *api <- schema
  page <- schema
wave 3
  *review <- api, page

* the longest chain is
  3: schema -> api ->
  review
"""
QUICKSTART: dict[str, list[str]] = {
    "schema": [],
    "api": ["schema"],
    "page": ["schema"],
    "review": ["api", "page"],
}


def drawn(needs: dict[str, list[str]], states: dict[str, str] | None = None) -> Picture:
    graph = Graph(needs)
    waves = graph.waves()
    names = sorted(needs, key=lambda name: waves[name])
    nodes = [PictureNode(n, waves[n], tuple(needs[n]), (states or {}).get(n, "")) for n in names]
    return picture("demo", nodes, graph.critical_path(waves))


# --- text ---


def test_the_drawing() -> None:
    assert "\n".join(text(drawn(QUICKSTART), 80)) + "\n" == DRAWN


def test_what_does_not_fit_is_listed() -> None:
    assert "\n".join(text(drawn(QUICKSTART), 24)) + "\n" == LISTED


def test_states_of_a_run(project: Project) -> None:
    project.plan(QUICKSTART)
    project.behave("api", "exit 1")
    project.compile()
    project.make("-j4")
    result = project.wavemake("graph")
    assert (result.code, result.out) == (0, STATES)
    assert project.wavemake("graph", "plan.json").out == DRAWN


UP, DOWN, RIGHT = (0, -1), (0, 1), (1, 0)
LEADS = {
    "│": [UP, DOWN],
    "─": [RIGHT],
    "┐": [DOWN],
    "┘": [UP],
    "┌": [RIGHT, DOWN],
    "└": [RIGHT, UP],
    "┬": [RIGHT, DOWN],
    "┴": [RIGHT, UP],
    "├": [RIGHT, UP, DOWN],
    "┤": [UP, DOWN],
    "┼": [RIGHT, UP, DOWN],
}


def followed(lines: list[str], labels: dict[str, str]) -> set[tuple[str, str]]:
    """The edges that an eye finds in a drawing, from the end of each label along the lines."""
    cells = {(x, y): char for y, line in enumerate(lines) for x, char in enumerate(line)}
    before: dict[tuple[int, int], str] = {}
    behind: dict[str, tuple[int, int]] = {}
    for name, label in labels.items():
        [(x, y)] = [
            (found.start(), y)
            for y, line in enumerate(lines)
            for found in re.finditer(rf"(?<![\w-]){re.escape(label)}(?![\w-])", line)
        ]
        before[x - 2, y] = name
        behind[name] = x + len(label) + 1, y
    return {
        (name, before[at])
        for name, start in behind.items()
        for at in reached(cells, start)
        if at in before
    }


def reached(cells: dict[tuple[int, int], str], start: tuple[int, int]) -> set[tuple[int, int]]:
    """Where a line leads: to the right as far as it can, up or down where it cannot, and right again."""
    seen: set[tuple[int, int]] = set()
    todo = [(start, RIGHT)]
    while todo:
        at, heading = todo.pop()
        leads = LEADS.get(cells.get(at, " "), [])
        if not leads:
            continue
        seen.add(at)
        if heading == RIGHT:
            # It passes behind one that goes up or down.
            ways = [RIGHT] if RIGHT in leads or cells[at] == "│" else leads
        else:
            ways = [way for way in leads if way in (heading, RIGHT)]
        todo += [((at[0] + way[0], at[1] + way[1]), way) for way in ways]
    return seen


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, list[str]]:
    needs: dict[str, list[str]] = {}
    for number in range(draw(st.integers(1, 9))):
        before = st.lists(st.sampled_from(sorted(needs)), unique=True, max_size=3)
        needs[f"n{number}"] = draw(before) if needs else []
    return needs


@given(graphs())
@settings(max_examples=examples(150), deadline=None)
def test_the_lines_lead_where_the_edges_do(needs: dict[str, list[str]]) -> None:
    found = drawn(needs)
    labels = {name: name for name in needs}
    lines = grid(found, labels)
    assert followed(lines, labels) == set(found.edges), "\n" + "\n".join(lines)


def test_large_graphs_are_listed_within_the_width() -> None:
    needs = {
        f"agent-number-{n}": [f"agent-number-{k}" for k in range(max(0, n - 9), n, 2)]
        for n in range(300)
    }
    lines = text(drawn(needs), 60)
    assert max(map(len, lines)) <= 60
    assert lines[0] == "wave 1"


def test_colours_on_a_terminal_alone(project: Project) -> None:
    project.plan({"a": []})
    project.compile()
    project.make()
    command = f"{sys.executable} -m wavemake graph"
    for env, colour in (({}, True), ({"NO_COLOR": "1"}, False)):
        given = {**project.env, **env, "TERM": "xterm"}
        out = pexpect.run(command, env=given, cwd=str(project.folder))
        assert (b"\x1b[" in out) is colour
    assert "\x1b" not in project.wavemake("graph").out


# --- focus ---


def test_focus_is_what_it_needs_and_what_it_reaches() -> None:
    kept = focus(drawn(PRODUCT), "auth")
    assert [node.name for node in kept.nodes] == ["db", "auth", "api", "test", "release"]
    assert set(kept.edges) == {
        ("db", "auth"),
        ("db", "api"),
        ("auth", "api"),
        ("api", "test"),
        ("db", "test"),
        ("test", "release"),
    }
    assert [node.name for node in kept.nodes if node.focused] == ["auth"]


def test_focus_on_nothing(project: Project) -> None:
    project.plan({"api": []})
    project.compile()
    result = project.wavemake("graph", "--focus", "apo")
    assert result.code == 2
    expect_words("graph/no-such-agent", result.out)
    assert project.wavemake("graph", "--dir", "elsewhere").code == 2
    assert project.wavemake("graph", "missing.json").code == 2


# --- for other programs ---


@pytest.fixture
def product(project: Project) -> Project:
    """A plan of seven agents whose project has a name that every format has to escape; one has failed."""
    tree: dict[str, Any] = {name: {"reads": reads} for name, reads in PRODUCT.items()}
    project.plan(tree)
    plan = project.json("plan.json")
    plan["project"] = 'a "b" <script>alert(1)</script> & \\n $x `y` #{z}'
    project.write("plan.json", json.dumps(plan))
    project.behave("auth", "exit 1")
    assert project.compile().code == 0
    project.make("-j4")
    return project


def edges_of(needs: dict[str, list[str]]) -> set[tuple[str, str]]:
    return {(need, name) for name, all in needs.items() for need in all}


def graph(project: Project, format_: str, *arguments: str) -> str:
    result = project.wavemake("graph", "--format", format_, *arguments)
    assert result.code == 0, result.out
    return result.out


def test_json(product: Project) -> None:
    found = json.loads(graph(product, "json"))
    assert found["critical_path"] == ["db", "auth", "api", "test", "release"]
    agents = {each["name"]: each for each in found["agents"]}
    assert {name: each["needs"] for name, each in agents.items()} == PRODUCT
    assert agents["auth"]["state"] == "failed"
    assert agents["api"]["state"] == "blocked"
    assert [each["wave"] for each in found["agents"]] == [1, 1, 2, 2, 3, 4, 5]


def test_dot_is_read_by_graphviz(product: Project) -> None:
    if not shutil.which("dot"):
        absent("dot")
    done = subprocess.run(
        ["dot", "-Tjson"], input=graph(product, "dot"), capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    tree = json.loads(done.stdout)
    names = {each["_gvid"]: each["name"] for each in tree["objects"]}
    found = {(names[each["tail"]], names[each["head"]]) for each in tree["edges"]}
    assert found == edges_of(PRODUCT)
    assert tree["name"] == 'a "b" <script>alert(1)</script> & \\\\n $x `y` #{z}'
    [auth] = [each for each in tree["objects"] if each["name"] == "auth"]
    assert (auth["label"], auth["fillcolor"]) == ("auth\\nfailed", "lightcoral")


# Mermaid looks for a document to put its drawing into.
PARSE = """
import { JSDOM } from "jsdom";
globalThis.window = new JSDOM("").window;
globalThis.document = window.document;
const { default: mermaid } = await import("mermaid");
const source = await new Response(process.stdin).text();
console.log((await mermaid.parse(source)).diagramType);
"""


@pytest.mark.slow
def test_mermaid_is_read_by_mermaid(product: Project) -> None:
    folder = os.environ.get("WAVEMAKE_MERMAID", "")
    if not folder:
        absent("mermaid, where WAVEMAKE_MERMAID says,")
    for arguments in ([], ["--focus", "ui"]):
        done = subprocess.run(
            ["node", "--input-type=module", "-e", PARSE],
            input=graph(product, "mermaid", *arguments),
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.stdout, done.returncode) == ("flowchart-v2\n", 0), done.stderr


MERMAID = re.compile(
    r"""flowchart\ LR
    |\ \ subgraph\ wave\d+\["wave\ \d+"\]
    |\ \ \ \ a\d+\["[\w.-]+(<br/>[a-z ]+)?"\]
    |\ \ end
    |\ \ a\d+\ (-->|==>)\ a\d+
    |\ \ classDef\ \w+\ [\w#:,-]+
    |\ \ class\ a\d+(,a\d+)*\ \w+
    |\ \ style\ a\d+\ stroke-width:4px""",
    re.X,
)


def test_mermaid(product: Project) -> None:
    lines = graph(product, "mermaid", "--focus", "ui").splitlines()
    assert [line for line in lines if not MERMAID.fullmatch(line)] == []
    lines = graph(product, "mermaid").splitlines()
    assert [line for line in lines if not MERMAID.fullmatch(line)] == []
    labelled = (re.fullmatch(r' +(a\d+)\["([^"<]+)(<br/>.*)?"\]', line) for line in lines)
    names = {found[1]: found[2] for found in labelled if found}
    linked = (re.fullmatch(r" +(\w+) (?:-->|==>) (\w+)", line) for line in lines)
    assert {(names[e[1]], names[e[2]]) for e in linked if e} == edges_of(PRODUCT)
    assert sum("==>" in line for line in lines) == 4
    assert lines.count("  end") == sum(line.startswith("  subgraph") for line in lines)


def test_svg_stands_alone(product: Project) -> None:
    source = graph(product, "svg")
    root = ElementTree.fromstring(source)
    space = "{http://www.w3.org/2000/svg}"
    assert root.tag == f"{space}svg"
    assert root.findtext(f"{space}title") == 'a "b" <script>alert(1)</script> & \\n $x `y` #{z}'
    assert not list(root.iter(f"{space}script"))
    assert "http" not in source.replace("http://www.w3.org/2000/svg", "")
    reported = {each.findtext(f"{space}title") for each in root.iter(f"{space}g")}
    assert "auth: failed" in reported
    assert len(reported) == len(PRODUCT)
    links = [each.get("class") for each in root.iter(f"{space}path")]
    assert "critical" in links
    assert None in links
