"""Every session in the README is typed as it stands, and must answer what it says."""

from __future__ import annotations

import re
import sys

import pytest

from tests.harness import REPOSITORY, Project, copy_example

DURATION = re.compile(r"\d+\.\ds")


def sessions(document: str) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    """The folder and the commands, with their output, of each run of console blocks in a document."""
    found: list[tuple[str, list[tuple[str, list[str]]]]] = []
    text = (REPOSITORY / document).read_text()
    for part in re.split(r"\[(?=examples/)", text)[1:]:
        folder = part.split("]")[0]
        commands: list[tuple[str, list[str]]] = []
        for block in re.findall(r"^```console\n(.*?)^```", part, flags=re.M | re.S):
            for line in block.splitlines():
                if line.startswith("$ "):
                    commands.append((line[2:], []))
                else:
                    commands[-1][1].append(line)
        if commands:
            found.append((folder, commands))
    return found


# docs/seeing.md tells times of day: it has a test of its own.
DOCUMENTS = {"README.md", *(f"docs/{path.name}" for path in (REPOSITORY / "docs").glob("*.md"))}
DOCUMENTS -= {"docs/seeing.md"}


@pytest.mark.parametrize(
    ("folder", "commands"),
    [session for document in sorted(DOCUMENTS) for session in sessions(document)],
)
def test_sessions(project: Project, folder: str, commands: list[tuple[str, list[str]]]) -> None:
    assert commands
    copy_example(folder, project.folder)
    bin_folder = project.folder.parent / "bin"
    bin_folder.mkdir()
    script = f'#!/bin/sh\nexec "{sys.executable}" -m wavemake "$@"\n'
    (bin_folder / "wavemake").write_text(script)
    (bin_folder / "wavemake").chmod(0o755)
    project.env["PATH"] = f"{bin_folder}:{project.env['PATH']}"
    for role in ("AUTHOR", "COMMITTER"):  # whoever types these sessions has a name that git knows
        project.env |= {f"GIT_{role}_NAME": "Ada", f"GIT_{role}_EMAIL": "ada@example.org"}
    if any(command.startswith("wavemake store") for command, _ in commands):
        del project.env["WAVEMAKE_STORE"]
    if any("ninja" in command for command, _ in commands):
        project.use_backend("ninja")
    for command, expected in commands:
        result = project.run(["bash", "-c", command])
        shown = [DURATION.sub("0.0s", line) for line in result.lines()]
        # Agents that run at once end in any order, and each counts how many have ended.
        assert counted(shown) == counted(expected), (command, result.out)


def counted(lines: list[str]) -> list[str]:
    numbers = re.compile(r"(?<=\[)\d+(?=/)|(?<=Makefile:)\d+|(?<=agents\.mk:)\d+")
    return sorted(numbers.sub("N", line) for line in lines)


@pytest.mark.parametrize("document", sorted({*DOCUMENTS, "docs/seeing.md"}))
def test_every_session_belongs_to_an_example(document: str) -> None:
    blocks = re.findall(
        r"^```console\n(.*?)^```", (REPOSITORY / document).read_text(), flags=re.M | re.S
    )
    typed = [line for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    run = [f"$ {command}" for _, commands in sessions(document) for command, _ in commands]
    assert run == typed


def test_the_test_command_is_the_one_that_ci_runs() -> None:
    commands = re.findall(r"^.*-m pytest$", (REPOSITORY / "README.md").read_text(), flags=re.M)
    assert len(commands) == 1


def test_links_lead_somewhere() -> None:
    for document in [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")]:
        prose = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.M | re.S)
        for link in re.findall(r"\]\(([^)#:]+)\)", prose):
            assert (document.parent / link).exists(), f"{document.name}: {link}"


def test_the_bill_is_what_was_measured() -> None:
    shown, measured = bill("README.md"), bill("benchmarks/README.md")
    assert len(shown) > 10
    for row, cells in shown.items():
        for who, cell in cells.items():
            whole = measured[row][who]
            assert cell.split()[0] == re.split(r"[ ,]", whole)[0], (row, who)
            assert ("✗" in cell) == bool(re.search("WRONG|failed", whole)), (row, who)


def bill(document: str) -> dict[str, dict[str, str]]:
    """The cells of the table of calls that were paid, by row and by column."""
    part = re.split(r"^##+ The bill$", (REPOSITORY / document).read_text(), flags=re.M)[1]
    lines = re.findall(r"^\|(.*)\|$", part.split("\n#")[0], flags=re.M)
    head, *rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    return {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in rows}
