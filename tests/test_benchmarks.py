"""The benchmarks run, on tiny graphs; what they compute is right. No time is judged."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys

import pytest

from benchmarks import table
from benchmarks.bill import scenarios
from benchmarks.bill.nginx import program
from benchmarks.bill.plan import ten_layers
from benchmarks.graphs import Graph, Node, layered, workflows
from benchmarks.peers import Peer
from benchmarks.peers.all import OTHERS
from benchmarks.schedule import list_scheduling, lower_bound
from tests.harness import REPOSITORY

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def results() -> str:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--short"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_table_has_its_rows(results: str) -> None:
    for row in (
        "start-up | wavemake --version",
        "40 agents, on disk | wavemake",
        "check 40 agents, with all lints | wavemake",
        "no-op, 40 agents | wavemake",
        "one stale of 40 | wavemake",
        "status, 40 agents | wavemake status",
        "10 agents | wavemake, kept",
        "10 agents | wavemake, run",
        "10 cells | dynamic, run",
    ):
        assert f"| {row} |" in results
    assert "### Makespan" in results
    assert re.search(
        r"^\| the calls alone \|.*\n\| wavemake \| [\d.]+ m?s \|", results, re.MULTILINE
    )
    assert "| **median** |" in results
    assert re.search(r"^\| wavemake \| \d+ \| \d+ MB \|", results, re.MULTILINE)


def test_a_clone_pays_for_nothing(results: str) -> None:
    assert re.search(
        r"^\| shuffled, 10 agents \| wavemake \| [^|]*, 0 run \|", results, re.MULTILINE
    )


def test_nothing_is_paid_twice(results: str) -> None:
    rows = {line.split("|")[1].strip(): line for line in results.splitlines() if line[:2] == "| "}
    for scenario in scenarios.ALL:
        if scenario is scenarios.over_http and not program():
            continue
        needed, paid = rows[scenario.__doc__ or ""].split("|")[2:4]
        assert needed == paid, scenario.__doc__


def test_what_is_needed_is_what_depends_on_an_edit() -> None:
    plan = ten_layers(20)
    first, last = plan.jobs[0].name, plan.jobs[-1].name
    before = set(plan.calls())

    def needed(name: str, **fields: object) -> int:
        return len(set(plan.changed(name, **fields).calls()) - before)

    assert needed(last, number=5) == needed(last, model="large") == 1
    assert needed(first, note="with more care") == 1
    assert needed(first, number=5) == 1 + len(plan.downstream(first)) == 19


@pytest.mark.parametrize("peer", OTHERS, ids=lambda peer: peer.name)
def test_a_peer_is_measured_or_named_as_absent(results: str, peer: Peer) -> None:
    rows = [
        line
        for line in results.splitlines()
        if line.startswith(f"| no-op, 40 agents | {peer.name} |")
    ]
    assert len(rows) == 1
    absent = f"absent: {peer.way_out}" in rows[0]
    assert absent == (not peer.version)


def test_results_are_written_between_their_marks(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n\n{table.BEGIN}\nold\n{table.END}\n\nafter\n")
    monkeypatch.setattr(table, "README", readme)
    table.write(["| a | b |"], "Measured on a machine.")
    new = f"{table.BEGIN}\n\nMeasured on a machine.\n| a | b |\n\n{table.END}"
    assert readme.read_text() == f"before\n\n{new}\n\nafter\n"
    readme.write_text("no marks\n")
    with pytest.raises(SystemExit, match="must have one"):
        table.write([], "")
    assert readme.read_text() == "no marks\n"


def test_the_readme_has_the_marks() -> None:
    text = table.README.read_text()
    assert (text.count(table.BEGIN), text.count(table.END)) == (1, 1)


def test_list_scheduling_starts_the_longest_chain_first() -> None:
    nodes = [
        Node("filler-1", (), 1),
        Node("filler-2", (), 1),
        Node("a", (), 1),
        Node("b", ("a",), 1),
    ]
    graph = Graph("fillers first", tuple(nodes))
    assert (lower_bound(graph, 2), list_scheduling(graph, 2)) == (2.0, 2.0)
    assert (lower_bound(graph, 1), list_scheduling(graph, 1)) == (4.0, 4.0)


@pytest.mark.parametrize("graph", [*workflows(), layered(50)], ids=lambda graph: graph.name)
def test_graphs_are_in_order(graph: Graph) -> None:
    seen: set[str] = set()
    for node in graph.nodes:
        assert seen.issuperset(node.needs)
        assert node.name not in seen
        seen.add(node.name)
    assert sum(map(len, graph.waves)) == len(graph.nodes)
    if any(node.seconds for node in graph.nodes):
        assert list_scheduling(graph, 4) >= lower_bound(graph, 4) - 1e-9
