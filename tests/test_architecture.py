"""What must hold of the code as a whole: imports point down, heavy things are used in one place."""

from __future__ import annotations

import ast
import graphlib
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.harness import REPOSITORY, absent

# From the top to the bottom: what a room imports of wavemake stands below it.
ROOMS = [
    "__main__",
    "cli",
    "commands",
    "agents",
    "ui",
    "fix",
    "compiler",
    "lint",
    "runs",
    "plan",
]

# What is imported in one place, or in few, so that it can be replaced there.
CONFINED = {
    "click": ("cli", "commands", "ui.arguments", "ui.compilation", "ui.console", "ui.flags"),
    "jinja2": ("compiler.render",),
    "markdown_it": ("ui.report",),
    "networkx": ("compiler.graph",),
    "nh3": ("ui.report",),
    "rich": ("ui.view",),
    "yaml": ("agents.brief", "plan.dialects", "plan.loader"),
}

PACKAGE = REPOSITORY / "wavemake"
MODULES = {
    ".".join(path.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}


def imports(module: str, *, types: bool = True) -> set[str]:
    """All that `module` imports, also within functions; without `types`, not what checkers alone see."""
    tree = ast.parse(MODULES[module].read_text())
    found: set[str] = set()
    for node in walk(tree, types):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else str(node.module) for name in names}
    return found


def walk(node: ast.AST, types: bool) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        is_guard = isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
        if types or not is_guard:
            yield from walk(child, types)


def room(module: str) -> str:
    """The module or package directly below wavemake; an empty string for wavemake itself."""
    return f"{module}.".split(".")[1]


def ours(module: str, **options: bool) -> set[str]:
    return {name for name in imports(module, **options) if room(name) and name in MODULES}


def test_every_module_has_a_room() -> None:
    assert {room(module) for module in MODULES} - {""} == set(ROOMS)


def test_imports_point_down() -> None:
    place = {name: n for n, name in enumerate(ROOMS)}
    upwards = [
        f"{module} imports {name}"
        for module in MODULES
        for name in ours(module)
        if room(name) != room(module) and place[room(name)] < place[room(module)]
    ]
    assert upwards == []


def test_there_are_no_cycles() -> None:
    graph = {module: ours(module) - {module} for module in MODULES}
    tuple(graphlib.TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("name", CONFINED)
def test_what_is_imported_in_one_place(name: str) -> None:
    allowed = tuple(f"wavemake.{place}." for place in CONFINED[name])
    users = [
        module
        for module in MODULES
        if any(each.split(".")[0] == name for each in imports(module))
        and not f"{module}.".startswith(allowed)
    ]
    assert users == []


@pytest.mark.parametrize(
    "words",
    [
        ["mypy", "--strict", "-p", "wavemake"],
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
    ],
    ids=" ".join,
)
def test_the_code_is_clean(words: list[str]) -> None:
    beside = pathlib.Path(sys.executable).parent
    program = shutil.which(words[0], path=str(beside)) or shutil.which(words[0])
    if program is None:
        absent(words[0])
    done = subprocess.run(
        [program, *words[1:]], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
