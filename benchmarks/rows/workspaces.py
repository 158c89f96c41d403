"""Workspaces: what an agent's checkout, its edits and their merge take beside git's own commands for that."""

from __future__ import annotations

import json
import pathlib
import shlex
import shutil
import subprocess
import sys

from benchmarks.peers.ours import WAVEMAKE
from benchmarks.rows import MEMORY, Sizes, project
from benchmarks.table import Table, median
from benchmarks.timing import Action, Cost, command, run

LINES = 60
A_FOLDER = 50
JOBS = 8
LIMIT = 900.0

# Edits a line of a file of its own, and makes a file. Its number is its argument.
AGENT = """\
file=$(sed -n "$(($1 + 1))p" list)
sed "s/^line 7 .*/edit of $1/" "$file" >"$file.new" && mv "$file.new" "$file"
echo new >"new-$1"
echo "done $1"
"""
# What git itself has to do for an agent.
FLOOR = """\
project=$PWD tmp=$1 count=$2
mkdir -p "$tmp/objects/info"
echo "$project/.git/objects" >"$tmp/objects/info/alternates"
export GIT_DIR="$project/.git" GIT_OBJECT_DIRECTORY="$tmp/objects"
cp .git/index "$tmp/index"
here() { GIT_WORK_TREE=$project GIT_INDEX_FILE=$tmp/index git -c gc.auto=0 "$@"; }
there() { GIT_WORK_TREE=$tmp/tree GIT_INDEX_FILE=$tmp/own git -c gc.auto=0 "$@"; }
i=0
while [ "$i" -lt "$count" ]; do
  mkdir "$tmp/tree"
  here add -A -- :/ && base=$(here write-tree) && cp "$tmp/index" "$tmp/own" || exit 1
  there checkout-index -a -f -u -q || exit 1
  (cd "$tmp/tree" && sh ./agent.sh "$i") >/dev/null || exit 1
  (cd "$tmp/tree" && there add -A -- :/) && result=$(there write-tree) || exit 1
  here diff-tree -r -p --binary --full-index "$base" "$result" >"$tmp/patch"
  here add -A -- :/ && now=$(here write-tree) || exit 1
  base=$(here commit-tree "$base" -m base)
  ours=$(here commit-tree "$now" -p "$base" -m ours)
  theirs=$(here commit-tree "$result" -p "$base" -m theirs)
  merged=$(here merge-tree --write-tree "$ours" "$theirs") || exit 1
  here read-tree -m -u "$now" "$merged" || exit 1
  rm -rf "$tmp/tree"
  i=$((i + 1))
done
"""


def measure(table: Table, sizes: Sizes) -> None:
    table.section(
        "Workspaces",
        "Each agent edits a file of its own and makes one. The floor: git's own commands for the same, one"
        " agent after the other, with no lock and no record: a snapshot, a checkout, a snapshot of that, the"
        " patch, a merge, and putting it into the project. In memory. Then many at once: all must be merged,"
        " and no checkout be left.",
    )
    few, many = sizes.files
    beside_git(table, few, sizes.in_turn)
    if many > few:
        beside_git(table, many, max(sizes.in_turn // 5, 1))
    _at_once(table, few, sizes.at_work)


def beside_git(table: Table, files: int, agents: int) -> None:
    """Agents one after the other, beside git alone."""
    with project(MEMORY if MEMORY.is_dir() else None) as folder:
        lay_out(folder, files, agents)
        scratch = folder.parent / "floor"
        floor = ["bash" if shutil.which("bash") else "sh", "-c", FLOOR, "sh", str(scratch)]
        actions: dict[str, Action] = {
            "git alone": command([*floor, str(agents)], folder, lambda: _restore(folder, scratch)),
            "wavemake": command(["make", "-s"], folder, lambda: _restore(folder, scratch)),
        }
        what = f"{agents} agents in turn, {files:,} files"
        table.compare(what, actions, {"wavemake": "1.5"})


def _at_once(table: Table, files: int, counts: tuple[int, int]) -> None:
    """Some agents, and twice as many, at -j8."""
    costs: list[Cost] = []
    for agents in counts:
        with project(MEMORY if MEMORY.is_dir() else None) as folder:
            lay_out(folder, files, agents)

            def action(folder: pathlib.Path = folder) -> Cost:
                _restore(folder, folder.parent / "floor")
                return run(["make", "-s", f"-j{JOBS}"], folder, LIMIT)

            found = table.compare(
                f"{agents} agents at -j{JOBS}, {files:,} files", {"wavemake": action}
            )
            costs.append(Cost(median(found["wavemake"] or [Cost(LIMIT)])))
            _assert_merged(folder, agents)
    times = costs[1].seconds / costs[0].seconds
    table.add(
        f"| from {counts[0]} to {counts[1]} agents ({counts[1] / counts[0]:.0f} times) | wavemake |"
        f" {times:.1f} times | | | | linear |"
    )


def _assert_merged(folder: pathlib.Path, agents: int) -> None:
    """All edits are there, and no checkout is left."""
    made = len(list(folder.glob("new-*")))
    left = list(folder.glob(".tmp/agents/*/.work"))
    if made != agents or left:
        sys.exit(
            f"benchmarks: {made} of {agents} agents were merged, {len(left)} checkouts are left"
        )


def lay_out(folder: pathlib.Path, files: int, agents: int) -> None:
    """A repository of so many files, with a compiled plan."""
    names = []
    for number in range(files):
        path = folder / f"src/{number // (A_FOLDER * 20)}/{number // A_FOLDER % 20}/{number}.c"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"line {n} of {number}\n" for n in range(LINES)))
        names.append(str(path.relative_to(folder)))
    (folder / "list").write_text("\n".join(names) + "\n")
    (folder / "agent.sh").write_text(AGENT)
    (folder / ".gitignore").write_text(".tmp/\nMakefile\n")
    plan = [
        {"name": f"a{n}", "task": "Edit.", "reads": [], "command": f"sh ./agent.sh {n}"}
        for n in range(agents)
    ]
    tree = {"project": "edits", "defaults": {"workspace": "worktree"}, "agents": plan}
    (folder / "plan.json").write_text(json.dumps(tree))
    for words in ("init -q -b main", "add -A", "commit -q -m one"):
        _git(folder, words)
    run([*WAVEMAKE, "compile", "-q", "plan.json"], folder)


def _git(folder: pathlib.Path, words: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *identity, *shlex.split(words)], cwd=folder, check=True)


def _restore(folder: pathlib.Path, scratch: pathlib.Path) -> None:
    """The project as it was committed, and no answer of any agent."""
    shutil.rmtree(scratch, ignore_errors=True)
    _git(folder, "checkout -q .")
    _git(folder, "clean -fdq")
    for path in folder.glob(".tmp/agents/*/key"):
        for name in ("key", "output.md", "status.json", "changes.patch"):
            path.with_name(name).unlink(missing_ok=True)
    shutil.rmtree(folder / ".tmp/agents/.workspace", ignore_errors=True)
    shutil.rmtree(folder / ".git/wavemake", ignore_errors=True)
