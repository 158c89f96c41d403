"""What a view of a run shows, and how it fits a terminal: no terminal and no make is needed for it."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from tests.expectations import expect_words
from tests.harness import Project
from wavemake.runs.makespan import Remaining, seconds_left
from wavemake.runs.state import AgentState, Costs, Journal, RunState, bill, in_words, read_state
from wavemake.ui.view import text
from wavemake.ui.view.frame import fit, frame
from wavemake.ui.view.lines import Reporter, closing
from wavemake.ui.view.model import Snapshot, ViewRow, Watched, snapshot
from wavemake.ui.view.planned import planned
from wavemake.ui.view.tail import last_said

DIAMOND = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}
HOSTILE = "\x1b[2J\x1b]0;title\x07 \x9b31m\u202eevil\u2066 [bold]not bold[/bold]\r\n\t\0end"


def state_of(needs: dict[str, list[str]], folder: str = "agents", **more: Any) -> RunState:
    agents: dict[str, AgentState] = {}
    for name, before in needs.items():
        wave = 1 + max((agents[need].wave for need in before), default=0)
        agents[name] = AgentState(
            name=name,
            wave=wave,
            needs=tuple(before),
            runner="claude",
            model="sonnet",
            state="not run",
            **more,
        )
    return RunState(folder, "demo", "", 9, (), agents, (), {}, None, None)


def watched(*events: dict[str, Any], needs: dict[str, list[str]] = DIAMOND, **more: Any) -> Watched:
    """All agents are planned; `events` are those of one run that began at time 100."""
    journal = Journal()
    for event in events:
        journal.feed(json.dumps({"t": 100, "run": "r", **event}).encode() + b"\n")
    reported = journal.runs["r"].agents if events else {}
    return Watched(state_of(needs), reported, frozenset(needs), 100.0, **more)


def start(agent: str, t: float, **more: Any) -> dict[str, Any]:
    return {"event": "start", "agent": agent, "t": t, **more}


def end(agent: str, t: float, state: str = "done", **more: Any) -> dict[str, Any]:
    return {"event": "end", "agent": agent, "t": t, "state": state, **more}


def rows(view: Watched, now: float = 110.0) -> dict[str, tuple[str, str]]:
    return {row.name: (row.state, row.note) for row in snapshot(view, now).rows}


# --- the model ------------------------------------------------------------------


def test_what_waits_for_what() -> None:
    view = watched(
        start("a", 101), end("a", 103), start("b", 104), says=lambda name: f"{name} says"
    )
    assert rows(view) == {
        "a": ("done", ""),
        "b": ("running", "b says"),
        "c": ("ready", ""),
        "d": ("pending", "waits for b, c"),
    }


def test_a_failure_blocks_what_is_behind_it() -> None:
    view = watched(start("a", 101), end("a", 103, "failed", reason="exit status 1"))
    assert rows(view) == {
        "a": ("failed", "exit status 1"),
        **dict.fromkeys("bcd", ("blocked", "by a")),
    }


def test_who_tolerates_a_failure_is_not_blocked() -> None:
    view = watched(start("a", 101), end("a", 103, "failed"))
    view.state.agents["b"] = replace(view.state.agents["b"], on_failure="continue")
    assert rows(view)["b"] == ("pending", "waits for a")
    assert rows(view)["c"] == ("blocked", "by a")


def test_between_two_tries() -> None:
    tried = {"event": "attempt", "agent": "a", "t": 103, "state": "failed", "reason": "529"}
    view = watched(start("a", 101), tried)
    assert rows(view)["a"] == ("retrying", "529")
    view = watched(start("a", 101), tried, start("a", 108))
    row = snapshot(view, 110.0).rows[0]
    assert (row.state, row.tries, row.seconds) == ("running", 2, 9.0)


def test_who_waits_for_a_pool() -> None:
    view = watched({"event": "wait", "agent": "a", "t": 101, "for": "pool api"})
    assert rows(view)["a"] == ("queued", "waits for pool api")


def test_agents_that_make_has_no_need_of_have_no_row() -> None:
    view = dataclasses.replace(watched(end("b", 101, "reused")), planned=frozenset("d"))
    assert rows(view) == {"b": ("reused", ""), "d": ("ready", "")}


def test_what_make_cannot_run_says_why_and_what_it_blocks() -> None:
    view = watched(end("b", 101))
    lacks = "reads notes.md"
    view.state.agents["a"] = replace(view.state.agents["a"], reason=lacks)
    assert rows(view)["a"] == ("not run", lacks)
    assert rows(view)["c"] == ("blocked", "by a")


def test_costs_and_counts() -> None:
    view = watched(
        start("a", 101),
        end("a", 103, cost=0.5, tokens_in=1000, tokens_out=200),
        start("b", 104),
        end("b", 105, "failed", cost=0.25, tokens_in=10, tokens_out=1),
        start("c", 104),
        end("d", 105, "reused"),
    )
    shown = snapshot(view, 110.0)
    assert (shown.done, shown.total, shown.elapsed) == (2, 4, 10.0)
    assert shown.counts == {"running": 1, "failed": 1, "done": 1, "reused": 1}
    assert in_words(shown.bill) == "$0.75, 1.2k tokens"


# --- what is left ---------------------------------------------------------------


def test_nothing_is_said_of_the_end_without_a_basis() -> None:
    assert snapshot(watched(jobs=2), 100.0).left is None
    assert snapshot(watched(jobs=2, known={"a": 5.0, "b": 5.0}), 100.0).left is None
    assert snapshot(watched(known=dict.fromkeys("abcd", 5.0)), 100.0).left is None


def test_what_is_left_is_the_longest_way_through_the_slots() -> None:
    known = {"a": 10.0, "b": 20.0, "c": 30.0, "d": 5.0}
    assert snapshot(watched(known=known, jobs=2), 100.0).left == 10 + 30 + 5
    assert snapshot(watched(known=known, jobs=1), 100.0).left == 10 + 20 + 30 + 5
    view = watched(start("a", 101), known=known, jobs=2)
    assert snapshot(view, 105.0).left == 6 + 30 + 5
    # An agent that was never done takes as long as the others do.
    assert snapshot(watched(known={"a": 1.0, "b": 2.0, "c": 3.0}, jobs=2), 100.0).left == 6.0


def test_an_agent_that_takes_longer_than_ever_is_about_to_end() -> None:
    assert seconds_left([Remaining("a", (), 500.0)], {"a": 10.0}, 1) == 1.0


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 50), st.sets(st.integers(0, 20))), max_size=20),
    st.integers(1, 6),
)
def test_what_is_left_lies_between_the_bounds(
    given_tasks: list[tuple[int, set[int]]], jobs: int
) -> None:
    tasks = [
        Remaining(str(n), tuple(str(need) for need in needs if need < n), None)
        for n, (_, needs) in enumerate(given_tasks)
    ]
    known = {str(n): float(lasts) for n, (lasts, _) in enumerate(given_tasks)}
    left = seconds_left(tasks, known, jobs)
    if not tasks:
        assert left is None
        return
    ends: dict[str, float] = {}
    for task in tasks:
        ends[task.name] = known[task.name] + max((ends[need] for need in task.needs), default=0.0)
    assert left is not None
    whole, chain = sum(known.values()), max(ends.values())
    assert max(chain, whole / jobs) <= left <= whole


# --- which agents make is going to look at ---------------------------------------


def test_planned_is_what_make_finds_out_of_date(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.plan({"a": ["in.txt"], "b": ["a"], "c": ["a"], "d": ["b", "c"], "e": []})
    project.write("in.txt", "one\n")
    assert project.compile().code == 0
    monkeypatch.chdir(project.folder)

    def due(goals: Sequence[str] = (), forced: Sequence[str] = ()) -> str:
        return "".join(sorted(planned(read_state(".tmp/agents"), goals, forced)))

    assert (due(), due(["b"]), due(["wave-1"])) == ("abcde", "ab", "ae")
    assert project.make().code == 0
    assert (due(), due((), ["c"])) == ("", "cd")
    project.write("in.txt", "two\n")
    assert (due(), due(["c"]), due(["e"])) == ("abcd", "ac", "")


def test_where_no_make_can_be_asked_all_that_is_not_done_is_due(tmp_path: pathlib.Path) -> None:
    state = replace(state_of({"a": [], "b": ["a"]}, str(tmp_path / "x")), compiled="elsewhere")
    assert planned(state, ()) == frozenset("ab")


# --- what an agent last said -----------------------------------------------------


def message(*content: dict[str, Any]) -> str:
    return json.dumps({"type": "assistant", "message": {"content": list(content)}})


@pytest.mark.parametrize(
    ("printed", "log", "said"),
    [
        ("", "", ""),
        ("", "one\ntwo\n\n", "two"),
        ("an answer", "a warning", "a warning"),
        ("an answer\n", "", "an answer"),
        (message({"type": "text", "text": "First.\nThen this.\n"}), "log", "Then this."),
        (
            message({"type": "tool_use", "name": "Read", "input": {"file_path": "src/a.py"}}),
            "",
            "Read: src/a.py",
        ),
        (
            message({"type": "tool_use", "name": "Bash", "input": {"command": "a\nb"}}),
            "",
            "Bash: a b",
        ),
        (message({"type": "text", "text": "Hm."}) + '\n{"type":"user","message":{}}\n', "", "Hm."),
        (message({"type": "text", "text": "Hm."}) + '\n{"type":"assista', "", "Hm."),
        ('{"type":"item.completed","item":{"type":"agent_message","text":"Hi"}}', "", "Hi"),
        (
            '{"type":"assistant","message":7}\n{"type":"assistant","message":{"content":[3]}}',
            "",
            "",
        ),
    ],
)
def test_the_last_thing_said(printed: str, log: str, said: str) -> None:
    assert last_said(printed, log) == said


def test_what_is_said_does_nothing_to_a_terminal() -> None:
    said = last_said(message({"type": "text", "text": HOSTILE}), "")
    assert said.isprintable()
    assert last_said("", HOSTILE).isprintable()


# --- the frame ------------------------------------------------------------------


def drawn(shown: Snapshot, width: int = 80, height: int = 24, **options: Any) -> list[str]:
    console = Console(width=width, height=height, color_system=None, legacy_windows=False)
    with console.capture() as capture:
        console.print(frame(shown, width, height, **options))
    return [line.rstrip() for line in capture.get().splitlines()]


def shown_with(*rows: ViewRow, **more: Any) -> Snapshot:
    given = {"elapsed": 65.0, "left": 125.0, "bill": bill([Costs(0.42, 18_000, 200)]), **more}
    return Snapshot("guestbook", rows, **given)


FIVE = (
    ViewRow("schema", 1, "done", 12.0),
    ViewRow("api", 2, "running", 42.0, "Edit: src/api/routes.py", 2),
    ViewRow("page", 2, "failed", 3.5, "exit status 1: no such model"),
    ViewRow("review", 3, "blocked", None, "by page"),
    ViewRow("docs", 3, "pending", None, "waits for api"),
)


def test_a_frame() -> None:
    expect_words("view/frame", drawn(shown_with(*FIVE)), exact=True)


def test_a_frame_of_a_run_that_is_being_stopped() -> None:
    expect_words("view/stopping", drawn(shown_with(*FIVE), stopping=True)[1], exact=True)


def test_a_large_plan_shows_what_matters_and_counts_the_rest() -> None:
    many = [ViewRow(f"done{n}", 1, "done", 1.0) for n in range(900)]
    many += [ViewRow(f"later{n}", 2, "pending") for n in range(90)]
    many += [ViewRow("works", 2, "running", 5.0), ViewRow("broke", 2, "failed", 5.0)]
    lines = drawn(shown_with(*many), height=12)
    assert [line.split()[2] for line in lines[2:-1]] == [
        "works",
        "broke",
        *(f"later{n}" for n in range(4)),
    ]
    assert lines[-1] == "and 86 pending, 900 done"
    assert len(lines) < 12


@settings(deadline=None)
@given(
    st.lists(
        st.builds(
            ViewRow,
            st.from_regex(r"[a-z][a-z0-9._-]{0,99}", fullmatch=True),
            st.integers(1, 1000),
            st.sampled_from(["running", "failed", "pending", "ready", "done", "blocked"]),
            st.none() | st.floats(0, 1e6),
            st.text().map(text.printable),
            st.integers(0, 3),
        ),
        max_size=60,
    ),
    st.integers(20, 200),
    st.integers(5, 60),
)
def test_a_frame_fits_every_terminal(some: list[ViewRow], width: int, height: int) -> None:
    lines = drawn(shown_with(*some), width, height)
    assert len(lines) < height
    assert all(cell_len(line) <= width for line in lines)


def test_fit_keeps_every_row() -> None:
    assert fit(FIVE, 5) == (list(FIVE), [])
    kept, rest = fit(FIVE, 2)
    assert [row.name for row in kept] == ["api", "page"]
    assert sorted(row.name for row in rest) == ["docs", "review", "schema"]


# --- lines ----------------------------------------------------------------------


def test_lines_tell_everything_once() -> None:
    reporter = Reporter()
    tried = {"event": "attempt", "agent": "a", "t": 103, "state": "failed", "reason": "529\x1b[1m"}
    events = [
        start("a", 101),
        tried,
        start("a", 104),
        end("a", 106, cost=0.5),
        end("b", 106, "reused"),
    ]
    reported = [
        line for n in range(len(events)) for line in reporter.lines(watched(*events[: n + 1]))
    ]
    assert list(Reporter().lines(watched(*events))) == reported
    failed = watched(start("a", 1), end("a", 2, "failed", reason="exit status 1"))
    expect_words("view/reported", reported, list(Reporter().lines(failed))[-1], exact=True)


def test_what_a_view_leaves_behind() -> None:
    stopped = shown_with(
        ViewRow("a", 1, "interrupted"),
        ViewRow("b", 2, "pending"),
        *(ViewRow(f"c{n}", 3, "pending") for n in range(9)),
    )
    expect_words("view/closed", list(closing(stopped, stopped=True)), exact=True)


# --- text -----------------------------------------------------------------------


@settings(deadline=None)
@given(st.text())
def test_nothing_printable_moves_a_cursor(given_text: str) -> None:
    assert text.printable(given_text).isprintable()
    kept = text.printable_lines(given_text)
    assert all(line.isprintable() for line in kept.replace("\t", "").split("\n"))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "0.0s"),
        (9.96, "10s"),
        (59.4, "59s"),
        (59.7, "1m0s"),
        (3599.6, "1h0m"),
        (4320, "1h12m"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert text.duration(seconds) == said


@pytest.mark.parametrize(
    ("costs", "said"),
    [
        ([], ""),
        ([Costs()], "cost unknown (1 agent reported none)"),
        ([Costs(), Costs()], "cost unknown (2 agents reported none)"),
        (
            [Costs(), Costs(None, 1000, 200)],
            "cost unknown (2 agents reported none), 1.2k tokens + 1 unknown",
        ),
        ([Costs(0.0, 0, 0)], "$0.00, 0 tokens"),
        ([Costs(0.001234)], "$0.0012, tokens unknown"),
        ([Costs(12.345, 999_960, 0)], "$12.35, 1.0M tokens"),
        ([Costs(1.0, 5, 5), Costs(), Costs()], "$1.00 + 2 unknown, 10 tokens + 2 unknown"),
        ([Costs(1.0, 5, 5, partial=True)], "$1.00 + 1 unknown, 10 tokens + 1 unknown"),
    ],
)
def test_what_was_spent(costs: list[Costs], said: str) -> None:
    assert in_words(bill(costs)) == said
