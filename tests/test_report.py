"""The report as text: what is in it, what is left out of it, its drawing, its timeline and its trace."""

from __future__ import annotations

import html
import itertools
import json
import pathlib
import re
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.expectations import expect_words
from tests.harness import Project
from tests.past_runs import SAAS, Machine, Past, hundred
from wavemake.runs.state import AgentRun, Attempt, Run, read_state
from wavemake.ui.report import words
from wavemake.ui.report.layout import Drawing, Measures, draw
from wavemake.ui.report.markdown import to_html
from wavemake.ui.report.page import page
from wavemake.ui.report.routes import RouteNode
from wavemake.ui.report.rows import shown_run
from wavemake.ui.report.timeline import Timeline, timeline

FOLDER = ".tmp/agents"


def past(project: Project, agents: dict[str, list[str]], *runs: Past) -> None:
    """Let `runs` of a plan of `agents` have happened in `project`."""
    project.plan(dict(agents), goal="Build it.")
    assert project.compile("-q").code == 0
    machine = Machine(project)
    for run in runs:
        machine.run(run)


def report(project: Project, *arguments: str) -> str:
    result = project.wavemake("report", *arguments)
    assert (result.code, result.out) == (0, f"wrote {FOLDER}/report.html\n")
    return project.read(f"{FOLDER}/report.html")


def section(html: str, agent: str) -> str:
    """The panel of an agent."""
    start = html.index(f'<section class="agent" id="agent-{agent}"')
    end = html.find('<section class="agent"', start + 1)
    return html[start : end if end > 0 else None]


def row(html: str, agent: str) -> str:
    """The text of an agent's row in the table, without tags."""
    [found] = re.findall(rf'<tr data-agent="{re.escape(agent)}".*?</tr>', html, flags=re.S)
    return " ".join(re.sub(r"<[^>]*>", " ", found).split())


# --- the command ---


def test_a_run_of_make_is_reported(project: Project) -> None:
    project.plan({"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]})
    project.behave("b", "echo no luck >&2; exit 3")
    project.compile("-q")
    assert project.make("-k", "-j4").code == 2
    html = report(project)
    assert "done" in row(html, "a")
    assert row(html, "b").endswith("exit status 3: no luck")
    assert row(html, "d").endswith("by b")
    assert "answer of a to " in section(html, "a")
    assert "Do b." in section(html, "b")
    assert "no luck\n</pre>" in section(html, "b")


def test_it_can_be_asked_for_before_anything_ran(project: Project) -> None:
    project.plan(SAAS)  # type: ignore[arg-type]
    project.compile("-q")
    html = report(project)
    assert "No run is recorded yet." in html
    assert "not run" in row(html, "test-agent")
    assert 'class="empty"' not in section(html, "test-agent")
    result = project.wavemake("report", "--trace", "trace.json")
    assert result.code == 2
    expect_words("report/no-run", result.out)


def test_where_nothing_was_compiled(project: Project) -> None:
    result = project.wavemake("report", "--dir", "elsewhere")
    assert result.code == 2
    expect_words("report/nothing-compiled", result.out)
    assert not project.path("elsewhere").exists()


def test_it_is_written_where_one_says(project: Project) -> None:
    past(project, SAAS, Past())
    assert project.wavemake("report", "-o", "out/a b.html").out == "wrote out/a b.html\n"
    html = project.read("out/a b.html")
    [link] = set(re.findall(r'href="([^"#]*api-agent/output\.md)"', html))
    assert (project.path("out") / link).exists()
    printed = project.wavemake("report", "-o", "-").out
    assert printed.startswith("<!doctype html>")
    assert "api-agent/output.md" not in re.findall(r'href="([^"]*)"', printed)
    assert not project.path(f"{FOLDER}/report.html").exists()


def test_the_same_state_makes_the_same_page(project: Project) -> None:
    past(project, SAAS, Past())
    assert report(project) == report(project)


def test_it_is_no_input_of_git_and_no_agent(project: Project) -> None:
    past(project, SAAS, Past())
    report(project)
    assert "report.html" in project.read(f"{FOLDER}/.gitignore").splitlines()
    project.plan({"report.html": []})
    assert "error[WM105]" in project.compile().out


# --- states, costs, runs ---


def test_waits_retries_and_failures_are_told(project: Project) -> None:
    reported = Past(
        fails={"billing-agent": "check failed: npm test"},
        retries={"api-agent": "API 529: overloaded"},
        waits={"auth-agent": "pool gpu"},
    )
    past(project, SAAS, reported)
    html = report(project)
    assert "attempt 1 failed: API 529: overloaded" in section(html, "api-agent")
    [title] = re.findall(r"<title>(auth-agent: .*?)</title>", html)[-1:]
    assert re.search(r"; waited \d+s: pool gpu;", title)
    [title] = re.findall(r"<title>(api-agent: .*?)</title>", html)[-1:]
    assert "; pause of 8.0s: API 529: " in title
    assert row(html, "test-agent").endswith("by billing-agent")
    look = html[html.index("Look here first") : html.index("</header>")]
    assert "check failed: npm test" in look
    assert "test-agent" not in look


def test_costs_are_summed_and_unknown_is_said(project: Project) -> None:
    past(project, {"a": [], "b": []}, Past())
    state = project.status("a")
    path = f"{FOLDER}/b/status.json"
    bare = {key: value for key, value in project.json(path).items() if key != "cost"}
    project.write(path, json.dumps(bare))
    events = [
        {k: v for k, v in e.items() if e.get("agent") != "b" or k != "cost"}
        for e in project.events()
    ]
    project.write(f"{FOLDER}/events.jsonl", "".join(f"{json.dumps(e)}\n" for e in events))
    html = report(project)
    [foot] = re.findall(r"<tfoot>.*?</tfoot>", html, flags=re.S)
    assert f"{words.money(state['cost'])} + 1 unknown" in foot
    past(project, {"a": [], "b": []}, Past(costs=False))
    assert "<dd>unknown (2 agents " in report(project)


def test_an_earlier_run_is_shown_as_it_was(project: Project) -> None:
    past(project, SAAS, Past(fails={"db-agent": "no such model"}), Past())
    assert "failed" not in row(report(project), "db-agent")
    [first, _] = project.wavemake("history", "--json").lines()
    html = report(project, "--run", json.loads(first)["run"])
    assert row(html, "db-agent").endswith("no such model")
    assert "not run" in row(html, "test-agent")
    assert "an earlier one" in html
    assert report(project, "--run", "1") == html
    assert "failed" not in row(report(project, "--run", "2"), "db-agent")
    result = project.wavemake("report", "--run", "7")
    assert result.code == 2
    expect_words("report/no-such-run", result.out)


def test_runs_are_compared(project: Project) -> None:
    past(project, SAAS, Past(), Past(seed=30, kept=frozenset(["db-agent"])))
    html = report(project)
    compared = html[html.index("Runs compared") : html.index("</main>")]
    state = read_state(str(project.path(FOLDER)))
    for run in state.runs:
        assert f"<code>{run.id}</code>" in compared
    before, after = (run.agents["api-agent"].seconds or 0 for run in state.runs)
    assert words.change(before, after) in compared
    assert "#agent-db-agent" not in compared
    assert "up to date" in row(html, "db-agent")
    assert 'class="old"' in re.findall(r'<tr data-agent="db-agent".*?>', html)[0]


# --- the texts of agents ---


def test_long_texts_are_shortened_and_it_says_so(project: Project) -> None:
    past(project, {"a": []}, Past(answer=lambda name: "begin " + "long line " * 60_000 + " finish"))
    project.write(f"{FOLDER}/a/log.txt", "first\n" + "x\n" * 60_000 + "last\n")
    html = report(project)
    assert len(html) < 800_000
    inside = section(html, "a")
    assert "begin long line" in inside
    assert " finish" not in inside
    assert "first 200 kB of 600 kB." in inside
    assert "last\n</pre>" in inside
    assert "<pre tabindex" in inside
    assert "last 40 kB of 120 kB." in inside


def test_many_agents_share_what_a_page_can_hold(project: Project) -> None:
    past(
        project, {f"a{n}": [] for n in range(100)}, Past(jobs=20, answer=lambda name: "y" * 150_000)
    )
    size = len(report(project))
    assert 8_000_000 < size < 9_500_000


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1)) [b](JaVaScRiPt:alert(1)) [c](data:text/html,x) [d](vbscript:x)",
        "![a](https://example.org/pixel.png)",
        "<svg onload=alert(1)><style>*{display:none}</style>",
        "```<script>\nalert(1)\n```",
        "[a](#agent-b) [b](../../secret) [c](file:///etc/passwd) [d](//example.org/x)",
        '<a href="https://example.org" onclick="alert(1)">x</a>',
        "[a]: javascript:alert(1)\n\n[a]",
        '[x](https://example.org/"onmouseover="alert(1))',
        "<iframe srcdoc='<script>alert(1)</script>'></iframe><form action=x><input></form>",
    ],
)
def test_an_answer_becomes_html_that_does_nothing(text: str) -> None:
    html = to_html(text)
    tags = re.findall(r"<(\w+)([^>]*)>", html)
    assert {tag for tag, _ in tags} <= {"p", "a", "pre", "code"}
    for tag, attributes in tags:
        names = set(re.findall(r'([\w-]+)="[^"]*"', attributes))
        assert names <= ({"href", "rel"} if tag == "a" else set())
    assert all(
        link.startswith("https://example.org") for link in re.findall(r'href="([^"]*)"', html)
    )


@given(st.text(alphabet=st.sampled_from("<>\"'&[]()!`#*_-=:/\\ \n\tajscriptonerxml1|~")))
def test_no_text_becomes_a_tag_that_is_not_on_the_list(text: str) -> None:
    tags = {tag.lower() for tag in re.findall(r"<\s*/?\s*([a-zA-Z0-9]+)", to_html(text))}
    assert not tags & {"script", "img", "style", "iframe", "svg", "form", "input", "link", "meta"}
    for quoted in re.findall(r'<a href="([^"]*)"', to_html(text)):
        assert quoted.split(":")[0].lower() in {"http", "https", "mailto"}


def test_an_answer_keeps_its_form() -> None:
    html = to_html(
        "# T\n\n- a *b* `c`\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n~~z~~ <https://a.example/>"
    )
    for part in ("<h1>T</h1>", "<em>b</em>", "<code>c</code>", "<td>2</td>", "<del>z</del>"):
        assert part in html
    assert '<a href="https://a.example/" rel="noopener noreferrer nofollow">' in html


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a Vec<String> and <Button a=b/>", "a Vec&lt;String&gt; and &lt;Button a=b/&gt;"),
        ("`Vec<String>` `\\<b>`", "<code>Vec&lt;String&gt;</code> <code>\\&lt;b&gt;</code>"),
        ("\\<b> \\\\<b>", "&lt;b&gt; \\&lt;b&gt;"),
        ("<!-- no comment -->", "&lt;!-- no comment --&gt;"),
        ("<div>\n*a*", "&lt;div&gt;\n<em>a</em>"),
        ("<a@b.example>", '<a href="mailto:a@b.example" rel="noopener noreferrer nofollow">'),
        ("![a](https://b.example)", '!<a href="https://b.example" rel="'),
        ("`![a](b)`", "<code>![a](b)</code>"),
    ],
)
def test_tags_and_images_are_shown_as_text_and_links(text: str, shown: str) -> None:
    assert shown in to_html(text)


@pytest.mark.parametrize("text", [">" * 100_000, "1. " * 50_000, "*" * 50_000 + "a" + "*" * 50_000])
def test_an_answer_of_endless_levels_is_shown_as_it_is(text: str) -> None:
    assert html.unescape(to_html(text)) == f"<pre>{text}</pre>"


def test_what_cannot_be_read_is_passed_over(project: Project) -> None:
    past(project, {"a": [], "b": []}, Past())
    project.path(f"{FOLDER}/a/output.md").write_bytes(b"caf\xe9 \x00\x1b[31mred\x1b[0m \xff\n")
    project.path(f"{FOLDER}/b/output.md").unlink()
    project.path(f"{FOLDER}/b/output.md").mkdir()
    html = report(project)
    assert "caf� ␀red �" in section(html, "a")
    assert "Output" not in section(html, "b")


# --- the drawing ---

MEASURES = Measures(width=100, height=20, across=40, between=5, most=7)


def plans() -> st.SearchStrategy[list[RouteNode]]:
    """Plans in which an agent needs some of those before it."""

    @st.composite
    def build(choose: st.DrawFn) -> list[RouteNode]:
        nodes: list[RouteNode] = []
        for number in range(choose(st.integers(0, 25))):
            before = [node.name for node in nodes]
            needs = choose(st.sets(st.sampled_from(before), max_size=6)) if before else set()
            wave = 1 + max((node.wave for node in nodes if node.name in needs), default=0)
            nodes.append(RouteNode(f"n{number}", wave, tuple(sorted(needs))))
        return sorted(nodes, key=lambda node: node.wave)

    return build()


def reached(drawing: Drawing, name: str) -> set[str]:
    """The agents from which the lines of the drawing lead to `name`."""
    names = list(drawing.spots)
    before = defaultdict(set)
    for link in drawing.links:
        before[link.end].add(link.start)
    found, waiting = set[int](), [names.index(name)]
    while waiting:
        new = before[waiting.pop()] - found
        found |= new
        waiting += new
    return {names[point] for point in found if point < len(names)}


@given(plans())
def test_lines_lead_from_exactly_what_is_needed(nodes: list[RouteNode]) -> None:
    drawing = draw(nodes, MEASURES)
    needed: dict[str, set[str]] = {}
    for node in nodes:
        needed[node.name] = set(node.needs).union(*(needed[need] for need in node.needs))
        assert reached(drawing, node.name) == needed[node.name]


@given(plans())
def test_no_box_covers_another_and_all_are_in_the_picture(nodes: list[RouteNode]) -> None:
    drawing = draw(nodes, MEASURES)
    assert len(drawing.spots) == len(nodes)
    columns = defaultdict(list)
    for spot in drawing.spots.values():
        columns[spot.x].append(spot.y)
        assert 0 <= spot.x <= drawing.width - MEASURES.width
        assert 20 <= spot.y <= drawing.height - MEASURES.height
    for heights in columns.values():
        assert len(heights) <= MEASURES.most
        for one, next in itertools.pairwise(sorted(heights)):
            assert next - one >= MEASURES.height + MEASURES.between - 0.11


def test_what_is_read_stands_left_of_its_reader() -> None:
    nodes = [
        RouteNode("a", 1, ()),
        RouteNode("b", 2, ("a",)),
        RouteNode("c", 3, ("a", "b")),
        RouteNode("d", 3, ("b",)),
    ]
    spots = draw(nodes, MEASURES).spots
    assert spots["a"].x < spots["b"].x < spots["c"].x == spots["d"].x


def test_readers_of_the_same_agents_share_their_lines() -> None:
    first = [RouteNode(f"a{n}", 1, ()) for n in range(6)]
    names = tuple(node.name for node in first)
    second = [RouteNode(f"b{n}", 2, names) for n in range(6)]
    assert len(draw([*first, *second], MEASURES).links) == 6 + 6


def test_a_plan_without_crossings_is_drawn_without() -> None:
    nodes = [RouteNode(f"a{n}", 1, ()) for n in range(6)]
    nodes += [RouteNode(f"b{n}", 2, (f"a{(n * 5) % 6}",)) for n in range(6)]
    spots = draw(nodes, MEASURES).spots
    for n in range(6):
        assert spots[f"b{n}"].y == pytest.approx(spots[f"a{(n * 5) % 6}"].y, abs=0.2)


def test_a_manifest_that_contradicts_itself_is_drawn_as_far_as_it_goes() -> None:
    nodes = [
        RouteNode("a", 1, ("b", "nobody")),
        RouteNode("b", 1, ("a",)),
        RouteNode("c", 2, ("a", "b")),
    ]
    drawing = draw(nodes, MEASURES)
    assert reached(drawing, "c") == {"a", "b"}
    assert reached(drawing, "a") == set()


# --- the timeline ---


def run_of(*agents: tuple[str, float, float | None, str]) -> Run:
    """A run from (name, start, end, state)."""
    reported = {
        name: AgentRun(name, state, "", start, end, attempts=(Attempt(1, start, end, state),))
        for name, start, end, state in agents
    }
    last = max(end or start for _, start, end, _ in agents)
    return Run("r", 100.0, last, agents=reported)


def test_slots_are_filled_from_the_first() -> None:
    run = run_of(("a", 100, 110, "done"), ("b", 100, 105, "done"), ("c", 105, 120, "done"))
    line = timeline(run, {"c": ["b"]})
    assert {bar.agent: (bar.lane, bar.start, bar.end) for bar in line.bars} == {
        "a": (1, 0, 10),
        "b": (0, 0, 5),
        "c": (0, 5, 20),
    }
    assert (line.lanes, line.length, line.busy) == (2, 20, 30)
    assert (line.chain, line.chain_busy) == (("b", "c"), 20)


def test_an_agent_that_has_not_ended_goes_on() -> None:
    line = timeline(run_of(("a", 100, None, ""), ("b", 100, 130, "done")), {})
    assert [(bar.agent, bar.state, bar.end) for bar in line.bars] == [
        ("a", "running", 30),
        ("b", "done", 30),
    ]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)), max_size=30))
def test_no_two_agents_have_a_slot_at_once(spans: list[tuple[int, int]]) -> None:
    agents = [
        (f"a{n}", 100.0 + at, 100.0 + at + long, "done") for n, (at, long) in enumerate(spans)
    ]
    line = timeline(run_of(*agents), {}) if agents else Timeline(0, 0, (), 0, (), 0)
    most = max(
        (sum(a <= t < b or a == t for _, a, b, _ in agents) for _, t, _, _ in agents), default=0
    )
    assert line.lanes <= max(most, 1 if agents else 0)
    for one, other in itertools.combinations(line.bars, 2):
        if one.lane == other.lane:
            assert one.end <= other.start or other.end <= one.start


# --- the trace ---


def trace(project: Project) -> list[dict[str, Any]]:
    result = project.wavemake("report", "--trace", "trace.json")
    assert result.out == f"wrote {FOLDER}/report.html\nwrote trace.json\n"
    events: list[dict[str, Any]] = project.json("trace.json")["traceEvents"]
    return events


def test_the_trace_has_the_form_of_trace_events(project: Project) -> None:
    runs = Past(jobs=6, waits={"admin-map": "pool x"}, retries={"mail-map": "API 529"})
    past(project, hundred(), runs)
    events = trace(project)
    needed = {
        "M": {"name", "args"},
        "X": {"name", "cat", "ts", "dur", "args"},
        "s": {"name", "cat", "id", "ts"},
        "f": {"name", "cat", "id", "ts", "bp"},
        "C": {"name", "ts", "args"},
    }
    for event in events:
        assert event.keys() >= needed[event["ph"]] | {"pid", "tid"}
        for key in ("ts", "dur", "pid", "tid"):
            assert isinstance(event.get(key, 0), int)
            assert event.get(key, 0) >= 0
    lanes = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
    assert lanes == {n: f"slot {n}" for n in range(1, 7)}
    agents = [e for e in events if e["ph"] == "X" and e["name"] in hundred()]
    assert len(agents) == len(hundred())
    assert {e["args"]["state"] for e in agents} == {"done"}
    assert max(e["args"]["agents"] for e in events if e["ph"] == "C") == 6
    assert [e["args"]["agents"] for e in events if e["ph"] == "C"][-1] == 0


def test_slices_of_a_lane_stand_within_or_beside_each_other(project: Project) -> None:
    past(project, SAAS, Past(waits={"auth-agent": "x"}, retries={"api-agent": "API 529"}))
    lanes = defaultdict(list)
    for event in trace(project):
        if event["ph"] == "X":
            lanes[event["tid"]].append((event["ts"], event["ts"] + event["dur"], event["name"]))
    names = [name for slices in lanes.values() for _, _, name in slices]
    assert names.count("waits for x") == 1
    assert sum(name.startswith("pause") for name in names) == 1
    assert names.count("attempt 2") == 1
    for slices in lanes.values():
        slices.sort(key=lambda each: (each[0], -each[1]))
        for (a, b, _), (c, d, _) in itertools.combinations(slices, 2):
            assert b <= c or d <= b, (a, b, c, d)


def test_arrows_lead_from_what_is_read_to_its_reader(project: Project) -> None:
    past(project, SAAS, Past())
    events = trace(project)
    at = {e["name"]: e for e in events if e["ph"] == "X"}
    starts = {e["id"]: e for e in events if e["ph"] == "s"}
    ends = {e["id"]: e for e in events if e["ph"] == "f"}
    assert starts.keys() == ends.keys()
    assert len(starts) == sum(len(needs) for needs in SAAS.values())
    for number, start in starts.items():
        assert start["ts"] <= ends[number]["ts"]
        holders = [e for e in at.values() if e["tid"] == start["tid"]]
        assert any(e["ts"] <= start["ts"] < e["ts"] + max(e["dur"], 1) for e in holders)


def test_a_page_of_a_thousand_agents_holds_each_once(tmp_path: pathlib.Path) -> None:
    agents = [
        {
            "name": f"n{n}",
            "wave": 1 + n // 100,
            "needs": [f"n{n - 100}"] if n >= 100 else [],
            "files": [],
        }
        for n in range(1000)
    ]
    (tmp_path / "manifest.json").write_text(json.dumps({"project": "big", "agents": agents}))
    state = read_state(str(tmp_path))
    html = page(state, shown_run(state, None), place="")
    assert html.count('<section class="agent"') == 1000
    assert html.count('class="box ') == 1000
    assert html.count("<tr data-agent=") == 1000
