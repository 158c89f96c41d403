"""wavemake costs: what was paid and what was saved, over all runs."""

from __future__ import annotations

import csv
import json
from typing import Any

from tests.expectations import expect_words
from tests.harness import Project

AGENTS = ".tmp/agents"


def costs(project: Project, *words: str) -> list[dict[str, Any]]:
    result = project.wavemake("costs", "--json", *words)
    assert result.code == 0, result.out
    return [json.loads(line) for line in result.lines()]


def claude(project: Project, usd: str) -> None:
    """A claude that reports costs; an empty sum reports none."""
    reported = (
        f',"total_cost_usd":{usd},"usage":{{"input_tokens":100,"output_tokens":20}}' if usd else ""
    )
    result = f'{{"type":"result","subtype":"success","is_error":false,"result":"Fine."{reported}}}'
    project.write("bin/claude", f"#!/bin/sh\ncat >/dev/null\necho '{result}'\n")
    project.path("bin/claude").chmod(0o755)
    path = str(project.path("bin"))
    if not project.env["PATH"].startswith(path):
        project.env["PATH"] = f"{path}:{project.env['PATH']}"


def plan(project: Project, **settings: Any) -> None:
    agents = [{"name": name, "task": f"Do {name}."} for name in ("a", "b")]
    defaults = {"runner": "claude", "model": "opus", **settings}
    project.write("plan.json", json.dumps({"agents": agents, "defaults": defaults}))
    assert project.compile("-q").code == 0


def test_what_was_paid_and_saved_over_all_runs(project: Project) -> None:
    claude(project, "0.25")
    plan(project)
    assert project.make("-j2").code == 0
    claude(project, "0.5")
    assert project.make("a", "FORCE=1").code == 0
    claude(project, "")
    assert project.make("b", "FORCE=1").code == 0
    project.path(f"{AGENTS}/a/task.md").touch()
    assert project.make("-j2").code == 0
    a, b = costs(project)
    assert (a["paid"], a["cost"], a["unpriced"], a["tokens_in"]) == (2, 0.75, 0, 200)
    assert (a["reused"], a["saved"]) == (1, 0.5)
    assert (b["paid"], b["cost"], b["unpriced"]) == (2, 0.25, 1)
    shown = project.wavemake("costs").out
    assert "paid: $1.00 + 1 unknown" in shown
    assert "saved by reuse: $0.50" in shown
    assert [each["model"] for each in costs(project, "--by", "model")] == ["opus"]
    assert [each["runner"] for each in costs(project, "--by", "runner")] == ["claude"]
    by_two = costs(project, "--by", "plan", "--by", "day")
    assert [each["plan"] for each in by_two] == ["plan.json"]
    rows = list(csv.DictReader(project.wavemake("costs", "--csv").out.splitlines()))
    assert [(row["agent"], row["cost"]) for row in rows] == [("a", "0.75"), ("b", "0.25")]


def test_what_was_read_from_the_cache_is_shown_by_agent(project: Project) -> None:
    """And no column is empty where no CLI reports it."""
    plan(project)
    plain = '"input_tokens":100,"output_tokens":20'
    cached = '"cache_read_input_tokens":{},"cache_creation_input_tokens":{}'
    for name, read, written in (("a", 0, 5200), ("b", 5200, 7)):
        claude(project, "0.25")
        script = project.read("bin/claude")
        tokens = f"{plain},{cached.format(read, written)}"
        project.write("bin/claude", script.replace(plain, tokens))
        assert project.make(name).code == 0
    found = {each["agent"]: (each["cache_read"], each["cache_write"]) for each in costs(project)}
    assert found == {"a": (0, 5200), "b": (5200, 7)}
    rows = {line.split()[0]: line for line in project.wavemake("costs").lines() if line}
    assert rows["agent"].endswith("cache read  cache written")
    assert rows["a"].split()[-2:] == ["0", "5.2k"]
    assert rows["b"].split()[-2:] == ["5.2k", "7"]
    table = [*csv.DictReader(project.wavemake("costs", "--csv").out.splitlines())]
    assert [(row["cache_read"], row["cache_write"]) for row in table] == [
        ("0", "5200"),
        ("5200", "7"),
    ]
    other = Project(project.folder.parent / "other")
    other.plan({"a": []})
    assert other.compile().code == 0
    assert other.make().code == 0
    assert "cache" not in other.wavemake("costs").out


def test_the_store_saves_what_the_answer_had_cost(project: Project) -> None:
    del project.env["WAVEMAKE_STORE"]
    claude(project, "0.25")
    plan(project)
    assert project.make("-j2").code == 0
    for name in ("output.md", "key"):
        project.path(f"{AGENTS}/a/{name}").unlink()
    assert project.make("-j2").code == 0
    a = costs(project)[0]
    assert (a["paid"], a["reused"], a["saved"]) == (1, 1, 0.25)


def test_a_rehearsal_costs_and_saves_nothing(project: Project) -> None:
    plan(project, runner="rehearse", model=None)
    project.make("-j2")
    project.path(f"{AGENTS}/a/task.md").touch()
    project.make("-j2")
    expect_words("costs/nothing", project.wavemake("costs").out)


def event(run: int, agent: str, **members: Any) -> str:
    start = {"t": run * 1000, "run": f"{run}", "event": "start", "agent": agent, "attempt": 1}
    end = {"t": run * 1000 + 9, "run": f"{run}", "event": "end", "agent": agent, **members}
    return f"{json.dumps(start)}\n{json.dumps(end)}\n"


def test_a_broken_history_is_read_as_far_as_it_goes(project: Project) -> None:
    plan(project)
    good = event(1, "a", state="done", cost=0.5, runner="codex", answered_by="=\x1b[2Jx")
    bad = event(1, "b", state="done", cost=1e308, tokens_in=10**400)
    deep = '{"t":1,"run":"1","event":"end","x":' + "[" * 100_000 + "\n"
    project.path(f"{AGENTS}/runs").mkdir(exist_ok=True)
    project.path(f"{AGENTS}/runs/1.jsonl").write_bytes(
        b"\xff\x00\n" + deep.encode() + (good + bad * 3).encode() + b'{"t":9e99,"run":"x"}\n{"t'
    )
    project.path(f"{AGENTS}/runs/oldest.jsonl").mkdir()
    project.path(f"{AGENTS}/events.jsonl").symlink_to("/dev/zero")
    result = project.wavemake("costs", "--json")
    *reported, first, second = result.lines()
    assert [line.split()[2:4] for line in reported] == [
        ["counted:", f"{AGENTS}/runs/oldest.jsonl"],
        ["counted:", f"{AGENTS}/events.jsonl"],
    ]
    a, b = json.loads(first), json.loads(second)
    assert (result.code, a["cost"], b["cost"], b["unpriced"]) == (0, 0.5, None, 1)
    shown = project.wavemake("costs", "--by", "model").out
    assert "\x1b" not in shown
    assert "Traceback" not in shown
    assert project.wavemake("costs", "--csv", "--json").code == 2
    assert project.wavemake("costs", "--dir", "nowhere").code == 2


def test_what_runs_cost_whose_records_are_gone(project: Project) -> None:
    """The records of the last fifty runs are kept whole, and of those before them what they cost."""
    claude(project, "0.25")
    plan(project)
    project.path(f"{AGENTS}/runs").mkdir(exist_ok=True)
    for run in range(1, 64):
        line = event(run, "a", state="done", cost=1.0, tokens_in=1, tokens_out=1)
        project.write(f"{AGENTS}/runs/{run}.jsonl", line.replace('": ', '":'))
    project.write(f"{AGENTS}/events.jsonl", event(64, "a", state="done", cost=1.0))
    assert project.make("b").code == 0
    assert not project.path(f"{AGENTS}/runs/1.jsonl").exists()
    assert project.path(f"{AGENTS}/runs/64.jsonl").exists()
    assert [each["cost"] for each in costs(project)] == [64, 0.25]
    assert len(project.wavemake("history", "-n", "100", "--json").lines()) == 51
