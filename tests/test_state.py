"""What became of the agents, as read back from the files that runs leave: by hand, and by real runs."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import signal
from typing import Any

import pytest

from tests.harness import Project, wait_for
from wavemake.runs.state import Costs, Journal, RunState, StateError, read_state, total

DIAMOND = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}


class Folder:
    """An agents' folder that is written by hand; an agent's value is what it needs."""

    def __init__(self, path: pathlib.Path, agents: dict[str, list[str]], **extra: Any) -> None:
        self.path = path
        waves: dict[str, int] = {}
        for name, needs in agents.items():
            waves[name] = 1 + max((waves[need] for need in needs), default=0)
        entries = [
            {"name": name, "wave": waves[name], "needs": needs, "files": []}
            for name, needs in agents.items()
        ]
        path.mkdir()
        self.write("manifest.json", json.dumps({"schema": 1, "agents": entries, **extra}))

    def write(self, name: str, text: str) -> None:
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def status(self, agent: str, state: str, **more: Any) -> None:
        self.write(f"{agent}/status.json", json.dumps({"schema": 1, "state": state, **more}) + "\n")

    def output(self, agent: str, text: str = "answer\n") -> None:
        self.write(f"{agent}/output.md", text)
        checksum = hashlib.sha256(text.encode()).hexdigest()
        self.write(f"{agent}/key", f"runner command\ntask 00\noutput {checksum}\n")

    def events(self, *events: dict[str, Any], name: str = "events.jsonl") -> None:
        self.write(name, "".join(json.dumps(event) + "\n" for event in events))

    def read(self) -> RunState:
        return read_state(str(self.path))

    def states(self) -> dict[str, str]:
        return {name: agent.state for name, agent in self.read().agents.items()}


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> Folder:
    return Folder(tmp_path / "agents", DIAMOND)


def event(t: float, run: str, kind: str, agent: str = "", **more: Any) -> dict[str, Any]:
    named = {"agent": agent} if agent else {}
    return {"t": t, "run": run, "event": kind, **named, **more}


# --- states ---------------------------------------------------------------------


def test_nothing_was_run(folder: Folder) -> None:
    assert folder.states() == dict.fromkeys("abcd", "not run")


def test_outputs_of_a_clone_are_done(folder: Folder) -> None:
    folder.output("a")
    assert folder.states()["a"] == "done"


def test_a_failure_blocks_all_that_is_behind_it(folder: Folder) -> None:
    for name in "acd":
        folder.status(name, "done")
        folder.output(name)
    folder.status("b", "failed", reason="exit status 1")
    agents = folder.read().agents
    assert agents["b"].reason == "exit status 1"
    assert agents["c"].state == "done"
    assert (agents["d"].state, agents["d"].blocked_by) == ("blocked", ("b",))


def test_who_failed_first_is_who_blocks(folder: Folder) -> None:
    folder.status("a", "interrupted")
    folder.status("b", "blocked", reason="a is not done")
    agents = folder.read().agents
    assert [agents[name].blocked_by for name in "bcd"] == [("a",)] * 3
    assert agents["b"].reason == ""


def test_an_agent_that_tolerates_failures_is_not_blocked(tmp_path: pathlib.Path) -> None:
    folder = Folder(tmp_path / "agents", {"a": [], "b": ["a"], "c": ["b"]})
    manifest = json.loads((folder.path / "manifest.json").read_text())
    manifest["agents"][1]["on_failure"] = "continue"
    folder.write("manifest.json", json.dumps(manifest))
    folder.status("a", "failed")
    assert folder.states() == {"a": "failed", "b": "not run", "c": "not run"}


def test_an_answer_written_by_hand_after_a_failure(folder: Folder) -> None:
    folder.status("a", "failed", reason="no")
    folder.output("a")
    os.utime(folder.path / "a/status.json", (1, 1))
    assert folder.states() == {"a": "done", "b": "not run", "c": "not run", "d": "not run"}


def test_what_the_latest_run_had_no_need_of(folder: Folder) -> None:
    for name in "abc":
        folder.status(name, "done", run="2-2")
        folder.output(name)
    folder.events(
        event(1, "1-1", "end", "a", state="done"),
        event(2, "2-2", "end", "b", state="done"),
        event(2, "2-2", "end", "c", state="reused"),
    )
    assert folder.states() == {"a": "up to date", "b": "done", "c": "reused", "d": "not run"}


def test_an_edited_answer(folder: Folder) -> None:
    folder.output("a")
    folder.output("b")
    folder.write("b/output.md", "mine\n")
    folder.write("c/output.md", "never paid for\n")
    assert [name for name, agent in folder.read().agents.items() if agent.edited] == ["b"]


def test_everything_that_a_status_says(folder: Folder) -> None:
    folder.status(
        "a",
        "done",
        started=100.25,
        ended=102.5,
        seconds=2.25,
        attempts=3,
        cost=0.125,
        tokens_in=10,
        tokens_out=20,
        turns=4,
        session="s1",
    )
    folder.write("a/files.json", '["src/a.py", 7, "src/b.py"]')
    folder.write("a/pinned", "")
    agent = folder.read().agents["a"]
    assert (agent.started, agent.ended, agent.seconds, agent.attempts) == (100.25, 102.5, 2.25, 3)
    assert agent.costs == Costs(0.125, 10, 20)
    assert (agent.turns, agent.session, agent.pinned) == (4, "s1", True)
    assert agent.made == ("src/a.py", "src/b.py")


def test_what_the_plan_said(tmp_path: pathlib.Path) -> None:
    extra = {
        "project": "demo",
        "goal": "all of it",
        "waves": 3,
        "critical_path": ["a", "b", "d"],
        "pools": {"api": 2},
        "budget": {"usd": 5, "tokens": 1000},
    }
    state = Folder(tmp_path / "agents", DIAMOND, **extra).read()
    assert (state.project, state.goal, state.waves) == ("demo", "all of it", 3)
    assert state.critical_path == ("a", "b", "d")
    assert (state.pools, state.budget_usd, state.budget_tokens) == ({"api": 2}, 5.0, 1000)


# --- damage ---------------------------------------------------------------------


def test_a_folder_in_which_nothing_was_compiled(tmp_path: pathlib.Path) -> None:
    with pytest.raises(StateError, match=r"nothing was compiled in .*: wavemake compile PLAN"):
        read_state(str(tmp_path / "none"))


@pytest.mark.parametrize(
    "text", ["", "[]", '{"agents": 3}', '{"agents": [{"name": "../../etc"}]}', "[" * 100_000]
)
def test_a_manifest_of_somebody_else(tmp_path: pathlib.Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(
        StateError, match=r"manifest\.json is not a manifest .*compile the plan again"
    ):
        read_state(str(tmp_path))


@pytest.mark.parametrize(
    "status",
    ["", "{", '{"state":"do', "[1]", "\0\0", '{"state":["done"],"seconds":"x","cost":NaN}'],
)
def test_a_damaged_status_counts_as_none(folder: Folder, status: str) -> None:
    folder.write("a/status.json", status)
    agent = folder.read().agents["a"]
    assert (agent.state, agent.seconds, agent.costs) == ("not run", None, Costs())


def test_lines_that_are_cut_are_passed_over(folder: Folder) -> None:
    whole = json.dumps(event(5, "1-1", "end", "a", state="done"))
    folder.write("events.jsonl", f'{{"t":1,"run":\n\n[]\n\xff\n{whole}\n{{"t":9,"run":"1-1","ev')
    (run,) = folder.read().runs
    assert (run.id, run.started, list(run.agents)) == ("1-1", 5.0, ["a"])


# --- runs -----------------------------------------------------------------------


def test_a_run_with_attempts_and_waits(folder: Folder) -> None:
    folder.events(
        event(10, "1-1", "run", jobs=4, goals="all"),
        event(10.5, "1-1", "wait", "a", **{"for": "pool api"}),
        event(11, "1-1", "start", "a", wave=1, attempt=1),
        event(12.25, "1-1", "attempt", "a", attempt=1, state="failed", reason="529", cost=0.25),
        event(17, "1-1", "start", "a", wave=1, attempt=2),
        event(20, "1-1", "end", "a", state="done", attempts=2, cost=1.0, tokens_in=7),
        event(20, "1-1", "run-end", status=0),
    )
    (run,) = folder.read().runs
    assert (run.started, run.ended, run.jobs, run.goals, run.status) == (10, 20, 4, "all", 0)
    agent = run.agents["a"]
    assert agent.waits == ((10.5, "pool api"),)
    assert (agent.state, agent.started, agent.ended, agent.seconds) == ("done", 11, 20, 9)
    assert agent.costs == Costs(1.0, 7, None)
    reported = [(each.number, each.started, each.ended, each.state) for each in agent.attempts]
    assert reported == [(1, 11, 12.25, "failed"), (2, 17, 20, "done")]
    assert [each.costs.usd for each in agent.attempts] == [0.25, 0.75]


def test_the_older_form_of_events(folder: Folder) -> None:
    folder.events(
        event(1700000000, "1700000000-12", "start", "a", wave=1),
        event(1700000003, "1700000000-12", "end", "a", wave=1, state="done", seconds=3.0),
        event(1700000003, "1700000000-12", "end", "b", wave=2, state="reused", seconds=0.0),
    )
    (run,) = folder.read().runs
    assert (run.ended, run.last, run.jobs, run.status) == (None, 1700000003, None, None)
    assert len(run.agents["a"].attempts) == 1
    assert (run.agents["b"].attempts, run.agents["b"].costs) == ((), Costs(0.0, 0, 0))


def test_runs_in_the_order_of_their_numbers_and_interleaved(folder: Folder) -> None:
    folder.events(event(1, "one", "start", "a"), name="runs/2.jsonl")
    folder.events(event(3, "three", "end", "a", state="done"), name="runs/10.jsonl")
    folder.events(event(9, "no", "end", "a", state="done"), name="runs/notes.jsonl")
    folder.events(
        event(4, "four", "end", "a", state="done"),
        event(5, "one", "end", "a", state="failed"),
        event(6, "four", "end", "b", state="done"),
    )
    runs = folder.read().runs
    assert [run.id for run in runs] == ["one", "three", "four"]
    assert runs[0].agents["a"].state == "failed"
    assert list(runs[2].agents) == ["a", "b"]


def test_a_journal_is_read_as_it_grows() -> None:
    journal = Journal()
    line = json.dumps(event(1, "r", "start", "a")).encode()
    assert not journal.feed(line[:20])
    assert journal.runs == {}
    assert journal.feed(line[20:] + b"\n")
    assert list(journal.runs["r"].agents) == ["a"]


def test_unknown_costs_stay_unknown() -> None:
    assert Costs(1.0, 2, 3) + Costs(0.5, 1, 1) == Costs(1.5, 3, 4)
    assert Costs() + Costs() == Costs()
    assert Costs(1.0, 2, 3) + Costs() == Costs(1.0, 2, 3, partial=True)
    assert total([]) == Costs(0.0, 0, 0)
    assert total([Costs(), Costs()]) == Costs()


# --- real runs ------------------------------------------------------------------


def agents_of(project: Project) -> dict[str, str]:
    state = read_state(str(project.path(".tmp/agents")))
    return {name: agent.state for name, agent in state.agents.items()}


def test_a_real_run_and_the_next(project: Project) -> None:
    project.plan(DIAMOND)
    project.compile()
    project.behave("b", "exit 3")
    project.make("-j4")
    state = read_state(str(project.path(".tmp/agents")))
    assert agents_of(project) == {"a": "done", "b": "failed", "c": "done", "d": "blocked"}
    assert state.agents["b"].reason == "exit status 3"
    (run,) = state.runs
    assert {name: agent.state for name, agent in run.agents.items()} == {
        "a": "done",
        "b": "failed",
        "c": "done",
    }
    project.behave("b", "echo better")
    project.make("-j4")
    assert agents_of(project) == dict.fromkeys("ac", "up to date") | dict.fromkeys("bd", "done")
    project.write(".tmp/agents/c/output.md", "by hand\n")
    edited = read_state(str(project.path(".tmp/agents"))).agents
    assert [name for name, agent in edited.items() if agent.edited] == ["c"]


def test_statuses_of_an_earlier_version(project: Project) -> None:
    """They have all in one line; the state is now in the first of two."""
    project.plan({"a": [], "b": ["a"], "c": {"reads": [], "approve": "after"}, "d": []})
    project.behave("d", "exit 7")
    assert project.compile().code == 0
    assert project.make("-k").code == 2
    agents = project.path(".tmp/agents")
    before = {name: agent.state for name, agent in read_state(str(agents)).agents.items()}
    for path in agents.glob("*/status.json"):
        path.write_text(path.read_text().replace("\n", "") + "\n")
    after = {name: agent.state for name, agent in read_state(str(agents)).agents.items()}
    assert after == before
    assert sorted(project.paid()) == ["a", "b", "c", "d"]
    for name in ("a", "b", "c"):
        os.utime(agents / name / "task.md")
    assert project.make("a", "b").code == 0
    assert project.make("c").code == 2
    assert project.paid() == []
    first, *rest = (agents / "c/status.json").read_text().splitlines()
    assert '"state":"waiting"' in first
    assert len(rest) == 1
    assert project.make("approve-c").code == 0
    assert project.make("c").code == 0
    assert project.status("c")["state"] == "done"
    assert project.paid() == []


def test_a_real_agent_while_it_runs_and_after_it_was_killed(project: Project) -> None:
    project.plan({"a": [], "b": ["a"]})
    project.compile()
    project.behave("a", "touch up; while [ -e up ]; do sleep 0.05; done; echo answer")
    make = project.start_make("-j2")
    wait_for(project.path("up").exists, "the agent's start")
    try:
        assert agents_of(project) == {"a": "running", "b": "not run"}
    finally:
        os.killpg(make.pid, signal.SIGKILL)
        make.communicate()
    wait_for(lambda: not project.processes(), "the end of the agent")
    project.path("up").unlink()
    assert agents_of(project) == {"a": "interrupted", "b": "blocked"}


def test_what_is_told_of_a_running_agent_is_of_this_run(project: Project) -> None:
    project.plan({"a": []})
    project.compile()
    project.make()
    status = project.status("a") | {"started": 100.0, "ended": 9100.0, "seconds": 9000, "cost": 2.5}
    project.write(".tmp/agents/a/status.json", json.dumps(status) + "\n")
    project.behave("a", "touch up; while [ -e up ]; do sleep 0.05; done; echo answer")
    make = project.start_make("a", "FORCE=1")
    wait_for(project.path("up").exists, "the agent's start")
    try:
        agent = json.loads(project.wavemake("status", "--json").out)["agents"][0]
        started = [each["t"] for each in project.events() if each["event"] == "start"][-1]
        assert agent["state"] == "running"
        assert agent["started"] == started
        assert 0 <= agent["seconds"] < 9000
        assert not {"ended", "cost"} & agent.keys()
    finally:
        project.path("up").unlink()
        make.communicate()
    assert agents_of(project) == {"a": "done"}
