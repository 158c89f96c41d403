"""Draws the rooms of the package: what each is for, how large it is, what it imports.

python -m tests.rooms           prints what stands in ARCHITECTURE.md
python -m pytest tests/test_architecture.py --update    writes it there
"""

from __future__ import annotations

import ast
import functools
import pathlib
import sys
from collections.abc import Iterator
from itertools import product

REPOSITORY = pathlib.Path(__file__).parent.parent
PACKAGE = REPOSITORY / "wavemake"
BEGIN, END = "<!-- rooms: drawn by python -m tests.rooms -->\n", "<!-- end of rooms -->\n"

# From the top to the bottom: what a room imports of wavemake stands below it.
ROOMS = (
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
)

MODULES = {
    ".".join(path.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}


@functools.cache
def imports(module: str) -> set[str]:
    """Return all that `module` imports, also within functions and for type checkers alone."""
    tree = ast.parse(MODULES[module].read_text("utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else str(node.module) for name in names}
    return found


def ours(module: str) -> set[str]:
    """Return the modules of wavemake that `module` imports, but for the package itself."""
    return {name for name in imports(module) if room(name) and name in MODULES}


def room(module: str) -> str:
    """Return the module or package directly below wavemake; an empty string for wavemake itself."""
    return f"{module}.".split(".")[1]


def arrows() -> set[tuple[str, str]]:
    """Return which room imports from which other."""
    found = {(room(module), room(name)) for module in MODULES for name in ours(module)}
    return {(upper, lower) for upper, lower in found if upper and upper != lower}


def needed_arrows() -> list[tuple[str, str]]:
    """Return the arrows that no way through other rooms stands for: the rest would hide the order."""
    all_arrows = arrows()
    shortcuts = {
        (upper, lower)
        for (upper, middle), (again, lower) in product(all_arrows, all_arrows)
        if middle == again
    }
    return sorted(all_arrows - shortcuts, key=lambda pair: tuple(map(ROOMS.index, pair)))


def lines(path: pathlib.Path) -> int:
    """Return how many lines a file, or all sources below a folder, have."""
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    texts = (each.read_bytes() for each in files if "__pycache__" not in each.parts)
    return sum(text.count(b"\n") for text in texts)


def sentence(name: str) -> str:
    """Return what a room says that it is for, in its docstring."""
    text = ast.get_docstring(ast.parse(MODULES[f"wavemake.{name}"].read_text("utf-8"))) or ""
    return text.split("\n\n")[0].replace("\n", " ")


def drawing() -> Iterator[str]:
    """Yield the lines of the drawing: a table of the rooms, and the graph of what they import."""
    yield "| room | lines | |"
    yield "|---|---:|---|"
    for name in ROOMS:
        path = PACKAGE / name
        path = path if path.is_dir() else path.with_suffix(".py")
        shown = f"{name}/" if path.is_dir() else name
        yield f"| `{shown}` | {lines(path):,} | {sentence(name)} |"
    yield ""
    yield "```mermaid"
    yield "graph TD"
    yield from (f"  {upper} --> {lower}" for upper, lower in needed_arrows())
    yield "```"


def text() -> str:
    """Return what stands in ARCHITECTURE.md, with the marks around it."""
    return "".join([BEGIN, "\n", *(f"{line}\n" for line in drawing()), "\n", END])


if __name__ == "__main__":
    sys.stdout.write(text())
