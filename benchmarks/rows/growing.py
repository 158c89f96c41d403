"""Agents that a run makes of a list, beside as many that the plan names."""

from __future__ import annotations

import json
import pathlib
import shutil
from collections.abc import Callable

from benchmarks.peers.ours import WAVEMAKE
from benchmarks.rows import MEMORY, Sizes, project
from benchmarks.table import Table
from benchmarks.timing import Action, command, run

JOBS = 4
_AGENT = """\
case $(cat) in
  *'List them.'*) cat list.json ;;
  *) echo done ;;
esac
"""


def measure(table: Table, sizes: Sizes) -> None:
    table.section(
        "Cells that a run makes",
        "The floor: agents that the plan lists, and one that reads them all. Beside it, the same agents as"
        " cells of a list that another agent answers. All are run; then one cell's answer is gone; then"
        " there is nothing to do. Each agent is an `echo`. In memory.",
    )
    items = [f"item-{number}" for number in range(sizes.cells)]
    with project(MEMORY if MEMORY.is_dir() else None) as top:
        folders = {"static": top / "static", "dynamic": top / "dynamic"}
        for name, folder in folders.items():
            _write(folder, name, items)
        for what, before in (
            ("run", _without_any),
            ("one missing", _without_one),
            ("no-op", lambda folder: lambda: None),
        ):
            actions: dict[str, Action] = {
                f"{name}, {what}": command(["make", f"-j{JOBS}"], folder, before(folder))
                for name, folder in folders.items()
            }
            goals = {"dynamic, run": "1.2", "dynamic, no-op": "1.2"}
            table.compare(f"{sizes.cells:,} cells", actions, goals)


def _write(folder: pathlib.Path, name: str, items: list[str]) -> None:
    folder.mkdir()
    for_each = items if name == "static" else {"agent": "list", "max": len(items)}
    agents = [
        {"name": "list", "task": "List them.", "reads": []},
        {"name": "cell", "task": "Look at {{item}}.", "reads": [], "for_each": for_each},
        {"name": "end", "task": "Sum up.", "reads": ["cell"]},
    ]
    plan = {"agents": agents, "defaults": {"command": "sh agent.sh"}}
    (folder / "plan.json").write_text(json.dumps(plan))
    (folder / "list.json").write_text(json.dumps(items))
    (folder / "agent.sh").write_text(_AGENT)
    run([*WAVEMAKE, "compile", "plan.json", "-q"], folder)


def _without_any(folder: pathlib.Path) -> Callable[[], None]:
    def remove() -> None:
        shutil.rmtree(folder / ".tmp/agents/.store", ignore_errors=True)
        for path in (folder / ".tmp/agents").glob("*/output.md"):
            path.unlink()

    return remove


def _without_one(folder: pathlib.Path) -> Callable[[], None]:
    return lambda: (folder / ".tmp/agents/cell-item-0/output.md").unlink()
