"""Budgets of a day, a week or a month: over all runs of a folder."""

from __future__ import annotations

import datetime
import json
import time

import pytest

from tests.harness import BACKENDS, Project, run_awk, runtime
from tests.test_trust import claude_plan, fake_claude

AGENTS = ".tmp/agents"
LEDGER = f"{AGENTS}/runs/.ledger"
DAY = 86400


def spend(project: Project, usd: float, when: float, *, agent: str = "z") -> None:
    """An entry of the ledger as a run of another time leaves it."""
    with project.path(LEDGER).open("a") as file:
        file.write(f"spent {agent} {usd} 10 1-1 {when:.2f}\n")


def states(project: Project, *names: str) -> list[str]:
    return sorted(project.status(name)["state"] for name in names)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_budget_of_a_day_holds_over_runs(project: Project, backend: str) -> None:
    project.use_backend(backend)
    fake_claude(project, 0.25)
    claude_plan(project, ["a", "b", "c"], budget={"usd": 0.5, "per": "day"})
    assert "day: $0.00 of $0.50 spent" in project.wavemake("preview").out
    assert project.drive("a").code == 0
    assert project.drive("b").code == 0
    result = project.drive("c")
    assert project.paid() == ["paid", "paid"]
    tomorrow = datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=1)
    way_out = f"again from {tomorrow} 00:00 UTC on"
    assert result.code != 0
    assert way_out in result.out
    assert way_out in project.read(f"{AGENTS}/summary.md")
    assert "day: $0.50 of $0.50 spent" in project.wavemake("status").out
    reported = json.loads(project.wavemake("status", "--json").out)["budget"]
    assert (reported["per"], reported["usd"]) == ("day", {"spent": 0.5, "limit": 0.5})
    # The next day.
    text = project.read(LEDGER)
    project.path(LEDGER).unlink()
    for line in text.splitlines():
        if line.startswith("spent"):
            spend(project, 0.25, float(line.split()[-1]) - DAY)
    assert project.drive("c").code == 0
    assert project.paid() == ["paid"]


def test_what_was_spent_before_there_was_a_budget_counts(project: Project) -> None:
    fake_claude(project, 0.25)
    claude_plan(project, ["a", "b", "c"])
    project.make("a")
    project.make("b")
    claude_plan(project, ["a", "b", "c"], budget={"usd": 0.5, "per": "day"})
    assert "$0.50 of $0.50 spent" in project.wavemake("status").out
    assert not project.path(LEDGER).exists()
    assert project.make("c").code != 0
    # A plan without a budget adds to it, as long as there is a ledger.
    claude_plan(project, ["a", "b", "c"])
    assert project.make("c").code == 0
    claude_plan(project, ["a", "b", "c"], budget={"usd": 5, "per": "day"})
    assert "$0.75 of $5.00 spent" in project.wavemake("status").out
    # It outlives the records of runs.
    project.make("clean")
    assert "$0.75 of $5.00 spent" in project.wavemake("status").out


def test_agents_at_once_share_what_is_left_of_the_day(project: Project) -> None:
    fake_claude(project, 0.25)
    names = [f"a{number}" for number in range(4)]
    claude_plan(project, names, budget={"usd": 1, "per": "day"}, defaults={"cost_usd": 0.25})
    project.path(f"{AGENTS}/runs").mkdir(exist_ok=True)
    spend(project, 0.5, time.time())
    project.make("-j4")
    assert project.paid() == ["paid", "paid"]
    assert states(project, *names) == ["done", "done", "over budget", "over budget"]


def test_a_try_that_was_killed_counts_by_its_estimate(project: Project) -> None:
    """Nobody will say what it has cost; one that was not started after all counts nothing."""
    fake_claude(project, 0.25)
    claude_plan(project, ["a", "b"], budget={"usd": 1, "per": "day"}, defaults={"cost_usd": 0.25})
    now = time.time()
    lines = f"start b 0.75 1-1 {now}\nstart z 5 1-1 {now}\nvoid z 1-1 {now}\n"
    project.write(LEDGER, lines)
    assert "$0.75 of $1.00 spent" in project.wavemake("status").out
    project.make("a")
    project.make("b")
    assert project.paid() == ["paid"]


def test_an_agent_that_could_not_be_started_spends_nothing(project: Project) -> None:
    fake_claude(project, 0.25)
    budget = {"usd": 1, "per": "day"}
    claude_plan(project, ["a"], budget=budget, defaults={"env": "NOT_SET", "cost_usd": 0.5})
    assert project.make("a").code == 2
    assert "$0.00 of $1.00 spent" in project.wavemake("status").out
    assert [line.split()[0] for line in project.read(LEDGER).splitlines()] == ["start", "void"]


def at(day: str) -> float:
    return datetime.datetime.fromisoformat(f"{day}+00:00").timestamp()


@pytest.mark.parametrize(
    ("per", "now", "spent", "begins"),
    [
        ("day", "2026-11-27T00:00", "2026-11-26T23:59:59", "0 1 day 2026-11-28"),
        ("day", "2026-11-27T23:59", "2026-11-27T00:00", "1 1 day 2026-11-28"),
        # The clock was set back: what is to come counts, but not for ever.
        ("day", "2026-11-27T10:00", "2026-11-28T09:00", "1 1 day 2026-11-28"),
        ("day", "2026-11-27T10:00", "2036-11-28T09:00", "0 1 day 2026-11-28"),
        ("week", "2026-11-29T23:00", "2026-11-23T00:00", "1 1 week 2026-11-30"),
        ("week", "2026-11-30T00:00", "2026-11-29T23:59", "0 1 week 2026-12-07"),
        ("month", "2028-02-29T12:00", "2028-02-01T00:00", "1 1 month 2028-03-01"),
        ("month", "2026-12-31T23:59", "2026-11-30T23:59", "0 1 month 2027-01-01"),
    ],
)
def test_days_weeks_and_months_are_those_of_utc(
    awk: list[str], per: str, now: str, spent: str, begins: str
) -> None:
    lines = f"usd 1 {per}\nspent a 1 10 1-1 {at(spent):.2f}\n"
    words = ["-v", "program=budget", "-v", "budget_show=1", "-v", f"budget_now={at(now):.2f}"]
    done = run_awk(awk, *words, "-f", runtime() / "lib.awk", input=lines.encode())
    what, sum_, limit, name, end = done.stdout.decode().split()
    date = time.strftime("%Y-%m-%d", time.gmtime(float(end)))
    assert (what, f"{sum_} {limit} {name} {date}") == ("usd", begins)
