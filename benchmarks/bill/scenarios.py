"""What happens to projects: a function each, of which the docstring is the row's name."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace

from benchmarks.bill.nginx import program, served
from benchmarks.bill.plan import Plan, ten_layers
from benchmarks.bill.trial import Trial, kill

SETTLED = 2.0
"""Seconds in which a tool can put away an answer that has come."""

Scenario = Callable[[Trial], None]


class Inexpressible(Exception):
    """The contender has no way to say this."""


def first(trial: Trial) -> None:
    """first run"""
    trial.run()


def nothing(trial: Trial) -> None:
    """nothing to do"""
    trial.settle()
    trial.run()


def killed(trial: Trial) -> None:
    """killed (-9) after 96 of 100"""
    jobs = len(trial.plan.jobs)
    enough = jobs * 96 // 100
    (trial.bill / "hold").write_text(str(enough))
    process = trial.start()
    deadline = time.monotonic() + 300
    while len(trial.lines("answer")) < enough and time.monotonic() < deadline:
        if process.poll() is not None:
            break
        time.sleep(0.05)
    time.sleep(SETTLED)
    kill(process)
    (trial.bill / "hold").unlink()
    for words in trial.contender.after_a_kill():
        subprocess.run(
            words, cwd=trial.folder, env=trial.environment(), capture_output=True, check=False
        )
    trial.run(needed=jobs - enough)


def leaf(trial: Trial) -> None:
    """one leaf edited"""
    trial.settle()
    trial.change(trial.plan.jobs[-1].name, number=5)
    trial.run()


def root(trial: Trial) -> None:
    """one root edited, its answer stays"""
    trial.settle()
    trial.change(trial.plan.jobs[0].name, note="with more care")
    trial.run()


def taken_back(trial: Trial) -> None:
    """an edit of a root, taken back"""
    trial.settle()
    job = trial.plan.jobs[0]
    trial.change(job.name, number=5)
    trial.settle()
    trial.change(job.name, number=job.number)
    trial.run()


def model(trial: Trial) -> None:
    """one leaf's model changed"""
    trial.settle()
    trial.change(trial.plan.jobs[-1].name, model="large")
    trial.run()


def times(trial: Trial) -> None:
    """all times changed"""
    trial.settle()
    draw = random.Random(1)
    begin = time.time_ns()
    trial.pause()
    for folder, folders, names in os.walk(trial.folder):
        folders[:] = [name for name in folders if name != ".git"]
        for name in names:
            when = draw.randrange(begin, time.time_ns())
            os.utime(f"{folder}/{name}", ns=(when, when), follow_symlinks=False)
    trial.run()


def cloned(trial: Trial) -> None:
    """cloned, answers committed"""
    trial.settle()
    trial.commit()
    trial.clone()
    trial.run()


def cloned_stale(trial: Trial) -> None:
    """cloned, one leaf stale"""
    trial.settle()
    trial.change(trial.plan.jobs[-1].name, number=5)
    trial.commit()
    trial.clone()
    trial.run()


def branches(trial: Trial) -> None:
    """another branch and back"""
    trial.settle()
    trial.commit()
    main = trial.plan
    trial.git("checkout", "-q", "-b", "other")
    trial.change(main.jobs[0].name, number=5)
    trial.settle()
    trial.commit()
    other = trial.plan
    for name, plan in (("main", main), ("other", other)):
        trial.pause()
        trial.git("checkout", "-q", "-f", name)
        trial.plan = plan
        trial.pause()
        trial.run()


def merged(trial: Trial) -> None:
    """two branches merged"""
    trial.settle()
    trial.commit()
    main = trial.plan
    here, there = main.jobs[-1].name, main.jobs[0].name
    trial.git("checkout", "-q", "-b", "other")
    trial.change(there, note="with more care")
    trial.settle()
    trial.commit()
    trial.git("checkout", "-q", "-f", "main")
    trial.plan = main
    trial.change(here, number=5)
    trial.settle()
    trial.commit()
    trial.pause()
    trial.git("merge", "-q", "-X", "ours", "-m", "both", "other")
    trial.plan = trial.plan.changed(there, note="with more care")
    trial.pause()
    trial.run()


def thrown_away(trial: Trial) -> None:
    """edits thrown away by git"""
    trial.settle()
    trial.pause()
    trial.git("checkout", "-q", "--", "src")
    trial.pause()
    _run_after_edits(trial)


def audit_then_fix(trial: Trial) -> None:
    """audit, then fix: run twice more"""
    trial.settle()
    for _ in range(2):
        trial.pause()
        _run_after_edits(trial)


def _run_after_edits(trial: Trial) -> None:
    """An audit has seen the text before the fix, or after it: the answers of both are right."""
    trial.run(needed=0)
    trial.remarks = [each for each in trial.remarks if "stale" not in each]


def at_once(trial: Trial) -> None:
    """two runs at once"""
    processes = {"one": trial.start(), "other": trial.start()}
    status = trial.wait_for(processes)
    trial.paid += len(trial.lines("answer"))
    trial.needed += trial.new()
    trial.look(min(status.values()))


def failing(trial: Trial) -> None:
    """one agent fails, run twice"""
    name = trial.plan.jobs[len(trial.plan.jobs) // 2].name
    (trial.bill / "fail").write_text(name)
    possible = len(trial.plan.jobs) - len(trial.plan.downstream(name))
    trial.run(needed=possible, good=False)
    trial.run(needed=1, good=False)
    undone = possible - 1 - len(set(trial.lines("answer")))
    if undone:
        trial.remarks.append(f"{undone} not run")


def limited(trial: Trial) -> None:
    """a usage limit after 50"""
    jobs = len(trial.plan.jobs)
    (trial.bill / "limit").write_text(str(jobs // 2))
    for start in range(4):
        if start:  # a person waits for the limit, and starts it again
            trial.remarks.pop()
            time.sleep(4)
        trial.run(needed=0 if start else jobs)
        if not (trial.remarks and trial.remarks[-1].startswith("failed")):
            break
    if start:
        trial.remarks.append(f"started {start + 1} times")


def second_machine(trial: Trial) -> None:
    """a second machine, warm store"""
    _two_machines(trial, str(trial.top / "store"))


def over_http(trial: Trial) -> None:
    """the same, a store over HTTP"""
    if not program() or not trial.contender.shared("http://127.0.0.1"):
        raise Inexpressible
    with served(trial.top / "server") as address:
        _two_machines(trial, address)


def _two_machines(trial: Trial, store: str) -> None:
    trial.variables.update(trial.contender.shared(store))
    first = trial.folder
    trial.clone()
    second, trial.folder = trial.folder, first
    trial.settle()
    # What the first machine has is out of reach, but for the store.
    shutil.move(first, trial.top / "out-of-reach")
    trial.folder = second
    trial.known.update(trial.plan.calls())
    trial.run()


ALL: tuple[Scenario, ...] = (
    first,
    nothing,
    killed,
    leaf,
    root,
    taken_back,
    model,
    times,
    cloned,
    cloned_stale,
    branches,
    merged,
    thrown_away,
    audit_then_fix,
    at_once,
    failing,
    limited,
    second_machine,
    over_http,
)


def plan_for(scenario: Scenario, agents: int) -> Plan:
    """Ten layers; in some scenarios the roots read, and the last layer edits, files of the project."""
    plan = ten_layers(agents)
    width = agents // 10
    if scenario in (thrown_away, audit_then_fix):
        audits = tuple(
            replace(job, files=(f"src/{n}.c",)) for n, job in enumerate(plan.jobs[:width])
        )
        fixes = tuple(
            replace(job, edits=(f"src/{n}.c",)) for n, job in enumerate(plan.jobs[-width:])
        )
        return Plan(audits + plan.jobs[width:-width] + fixes)
    return plan
