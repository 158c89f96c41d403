"""Measures wavemake beside its floors, in one run: python -m benchmarks [--short] [--write]."""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from benchmarks.graphs import hand_written, layered, write_plan

HERE = pathlib.Path(__file__).parent
Action = Callable[[], None]
BEGIN, END = "<!-- results -->", "<!-- end of results -->"


class Rows:
    """The table: what was measured, beside its floor."""

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds
        self.lines: list[str] = []

    def compare(
        self,
        what: str,
        ours: Action,
        floor: Action,
        goal: str,
        before: Action = lambda: None,
    ) -> None:
        """Time both in turn, several times, each after `before`; add a row of medians."""
        pairs = []
        for _ in range(self.rounds):
            times = []
            for action in (floor, ours):
                before()
                times.append(timed(action))
            pairs.append(times)
        base, mine = (statistics.median(each) for each in zip(*pairs, strict=True))
        ratios = sorted(b / a for a, b in pairs)
        row = f"{seconds(base)} | {seconds(mine)} | {mine / base:.2f} | {ratios[0]:.2f}-{ratios[-1]:.2f}"
        self.lines.append(f"| {what} | {row} | {goal} |")
        print(self.lines[-1], flush=True)


def timed(action: Action) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def seconds(value: float) -> str:
    return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"


def run(*words: str, cwd: pathlib.Path) -> None:
    env = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    env["PYTHONPATH"] = str(HERE.parent)
    subprocess.run(words, cwd=cwd, env=env, check=True, stdout=subprocess.DEVNULL)


def compile_again(folder: pathlib.Path) -> None:
    run(sys.executable, "-m", "wavemake", "compile", "plan.json", "-q", cwd=folder)


def write_the_same(folder: pathlib.Path) -> Action:
    """The floor of compile: load the plan and write the same bytes to files of the same names."""
    files = {
        path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    files.pop(pathlib.Path("plan.json"))
    blob = folder.parent / "blob.json"
    blob.write_text(json.dumps({str(name): data.decode() for name, data in files.items()}))
    script = (
        "import json, os, sys\n"
        "json.load(open('plan.json'))\n"
        "files = json.load(open(sys.argv[1]))\n"
        "for name, text in files.items():\n"
        "    os.makedirs(os.path.dirname(name) or '.', exist_ok=True)\n"
        "    with open(name, 'w') as file: file.write(text)\n"
    )

    def action() -> None:
        run(sys.executable, "-c", script, str(blob), cwd=folder)

    return action


def measure_compile(rows: Rows, folder: pathlib.Path, agents: int) -> None:
    write_plan(layered(agents), folder)
    compile_again(folder)
    floor = write_the_same(folder)

    def clear() -> None:
        shutil.rmtree(folder / ".tmp")
        (folder / "Makefile").unlink()

    what = f"compile {agents:,} agents"
    rows.compare(what, lambda: compile_again(folder), floor, "3", clear)


def measure_check(rows: Rows, folder: pathlib.Path, agents: int) -> None:
    write_plan(layered(agents), folder)
    load = "import json; json.load(open('plan.json'))"
    rows.compare(
        f"check {agents:,} agents, lints and all",
        lambda: run(sys.executable, "-m", "wavemake", "check", "plan.json", cwd=folder),
        lambda: run(sys.executable, "-c", load, cwd=folder),
        "told only",
    )


def measure_noop(rows: Rows, folder: pathlib.Path, agents: int) -> None:
    plan = layered(agents)
    write_plan(plan, folder)
    compile_again(folder)
    hand_written(plan, folder)
    for name in plan["agents"]:  # type: ignore[attr-defined]
        (folder / "bare" / name["name"] / "output.md").write_text("x\n")
        (folder / ".tmp" / "agents" / name["name"] / "output.md").write_text("x\n")
    run("make", "-r", "-f", "bare.mk", "-t", cwd=folder)
    run("make", "-t", cwd=folder)
    rows.compare(
        f"no-op make, {agents:,} agents",
        lambda: run("make", "-j4", cwd=folder),
        lambda: run("make", "-r", "-j4", "-f", "bare.mk", cwd=folder),
        "1.2",
    )


def measure_overhead(rows: Rows, folder: pathlib.Path, agents: int) -> None:
    plan = layered(agents)
    write_plan(plan, folder)
    compile_again(folder)
    hand_written(plan, folder)

    def bare() -> None:
        run("make", "-r", "-B", "-j4", "-f", "bare.mk", cwd=folder)

    run("make", "-j4", cwd=folder)
    reused = f"recipe of a reused agent, {agents} of them"
    rows.compare(reused, lambda: run("make", "-j4", "-B", cwd=folder), bare, "4")
    ran = f"recipe of an agent that runs (cksum), {agents} of them"
    rows.compare(ran, lambda: run("make", "-j4", "FORCE=1", cwd=folder), bare, "6")


def machine() -> str:
    make = subprocess.run(["make", "--version"], capture_output=True, text=True, check=True)
    shell = os.path.realpath(shutil.which("sh") or "sh")
    awk = os.path.realpath(shutil.which("awk") or "awk")
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.release().split('-')[0]}, "
        f"Python {platform.python_version()}, {make.stdout.splitlines()[0]}, "
        f"{os.path.basename(shell)}, {os.path.basename(awk)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument(
        "--short", action="store_true", help="small sizes, one round: does it still run?"
    )
    parser.add_argument(
        "--write", action="store_true", help="put the table into benchmarks/README.md"
    )
    options = parser.parse_args()
    rows = Rows(1 if options.short else 5)
    large, many = (200, 20) if options.short else (10_000, 300)
    print("| what | floor | wavemake | ratio | spread | goal |", flush=True)
    for measure, size in (
        (measure_compile, large),
        (measure_check, large),
        (measure_noop, large),
        (measure_overhead, many),
    ):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name) / "project"
            folder.mkdir()
            measure(rows, folder, size)
    if options.write:
        write_results(rows.lines)


def write_results(lines: list[str]) -> None:
    path = HERE / "README.md"
    before, rest = path.read_text().split(BEGIN)
    after = rest.split(END)[1]
    head = ["| what | floor | wavemake | ratio | spread of it | goal: at most |", "|---" * 6 + "|"]
    table = "\n".join([BEGIN, "", f"Measured on {machine()}.", "", *head, *lines, "", END])
    path.write_text(before + table + after)


if __name__ == "__main__":
    main()
