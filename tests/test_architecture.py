"""What must hold of the code as a whole: imports point down, heavy things are used in one place."""

from __future__ import annotations

import ast
import graphlib
import pathlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests import expectations, rooms
from tests.expectations import WORDS
from tests.harness import REPOSITORY, absent
from tests.rooms import MODULES, ROOMS, imports, ours, room

# What is imported in one place, or in few, so that it can be replaced there.
CONFINED = {
    "click": ("cli", "commands", "ui.arguments", "ui.compilation", "ui.console", "ui.flags"),
    "google": ("runs.otlp_sending",),
    "jinja2": ("compiler.bytecode", "compiler.render"),
    "jsonschema": ("compiler.answer_schema",),
    "networkx": ("compiler.graph",),
    "nh3": ("ui.report",),
    "opentelemetry": ("runs.otlp_sending",),
    "pyromark": ("ui.report",),
    "rich": ("ui.view",),
    "yaml": ("agents.brief", "plan.dialects", "plan.loader"),
}

ARCHITECTURE = REPOSITORY / "ARCHITECTURE.md"
SENTENCE = re.compile(r"\b[A-Za-z]+(?:'[a-z]+)?(?:,? [A-Za-z]+(?:'[a-z]+)?){5}")


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


def named_types(module: str) -> Iterator[str]:
    """Yield the classes and type aliases of `module`, without leading underscores."""
    tree = ast.parse(MODULES[module].read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield node.name.lstrip("_")
    for assigned in tree.body:
        if isinstance(assigned, ast.Assign) and "TypeVar(" not in ast.unparse(assigned):
            names = (ast.unparse(target).lstrip("_") for target in assigned.targets)
            yield from (name for name in names if re.match("[A-Z][a-z]", name))


def asserted(node: ast.AST) -> Iterator[ast.expr]:
    """What is asserted within a statement."""
    if isinstance(node, ast.Assert):
        yield node.test
    for part in ("body", "orelse", "handlers", "finalbody"):
        for inner in getattr(node, part, ()):
            yield from asserted(inner)


def test_sentences_are_expected_in_files() -> None:
    """No assertion has six words in a row; and each file of sentences is compared by a test."""
    tests = {path: path.read_text("utf-8") for path in (REPOSITORY / "tests").glob("*.py")}
    found = [
        f"{path.name}:{part.lineno}: {part.value}"
        for path, text in tests.items()
        for test in asserted(ast.parse(text))
        for part in ast.walk(test)
        if isinstance(part, ast.Constant) and SENTENCE.search(str(part.value))
    ]
    assert found == [], "compare it with a file: expect_words"
    names = {path.relative_to(WORDS).with_suffix("").as_posix() for path in WORDS.rglob("*.txt")}
    assert [name for name in sorted(names) if f'"{name}"' not in "".join(tests.values())] == []


def test_a_class_name_means_one_thing() -> None:
    modules: dict[str, list[str]] = {}
    for module in MODULES:
        for name in named_types(module):
            modules.setdefault(name, []).append(module)
    assert {name: places for name, places in modules.items() if len(places) > 1} == {}


def test_there_are_no_cycles() -> None:
    graph = {module: ours(module) - {module} for module in MODULES}
    tuple(graphlib.TopologicalSorter(graph).static_order())


def test_the_drawing_of_the_rooms_is_current() -> None:
    """In structure: how many lines there are may differ until it is drawn again."""
    document = ARCHITECTURE.read_text("utf-8")
    head, mark, rest = document.partition(rooms.BEGIN)
    drawn, end, tail = rest.partition(rooms.END)
    assert mark
    assert end
    if expectations.UPDATE:
        ARCHITECTURE.write_text(f"{head}{rooms.text()}{tail}", "utf-8")
        return
    without_counts = [
        re.sub(r"[\d,]+ \|", "N |", text) for text in (mark + drawn + end, rooms.text())
    ]
    assert without_counts[0] == without_counts[1], "--update draws it again"


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
        pytest.param(["mypy", "--strict", "-p", "wavemake"], marks=pytest.mark.slow),
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
