"""What plans compile to, kept as files in tests/golden; every one of them is run as well.

--update writes the files anew: look at what `git diff` then says.
"""

from __future__ import annotations

import json
import pathlib
import shutil

import pytest

from tests import expectations
from tests.expectations import golden
from tests.harness import REPOSITORY, Project

GOLDEN = REPOSITORY / "tests" / "golden"
SEEDS = REPOSITORY / "tests" / "data" / "seed"
OFFLINE = ("--runner", "rehearse")
# Case -> the options that it is compiled with. The sets are those that users know by these names.
CASES: dict[str, tuple[str, ...]] = {
    "full-stack-saas": OFFLINE,
    "ui-clone": OFFLINE,
    "code-audit": OFFLINE,
    "features": (),
}


def lay_out(case: str, project: Project) -> None:
    """Put the plan of `case`, and what it reads, into `project`."""
    if (SEEDS / f"{case}.json").exists():
        shutil.copy(SEEDS / f"{case}.json", project.path("plan.json"))
    else:
        shutil.copytree(GOLDEN / case / "project", project.folder, dirs_exist_ok=True)


def generated(project: Project) -> dict[str, str]:
    """The files that are kept, by their names in the folder of the case."""
    agents = project.path(".tmp/agents")
    files = {"Makefile": project.path("Makefile"), "agents.mk": agents / "agents.mk"}
    files |= {f"{path.parent.name}/task.md": path for path in agents.glob("*/task.md")}
    return {name: path.read_text() for name, path in files.items()}


def kept(case: str) -> dict[str, str]:
    folder = GOLDEN / case
    paths = [folder / "Makefile", folder / "agents.mk", *folder.glob("*/task.md")]
    return {str(path.relative_to(folder)): path.read_text() for path in paths if path.exists()}


def rewrite(case: str, files: dict[str, str]) -> None:
    for name in kept(case):
        (GOLDEN / case / name).unlink()
    for name, text in files.items():
        path = GOLDEN / case / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize("case", CASES)
def test_a_plan_compiles_to_what_is_kept(project: Project, case: str) -> None:
    lay_out(case, project)
    result = project.compile(*CASES[case])
    assert result.code == 0, result.out
    files = generated(project)
    if expectations.UPDATE:
        rewrite(case, files)
    expected = kept(case)
    assert sorted(files) == sorted(expected)
    for name, text in files.items():
        assert text == expected[name], name


@pytest.mark.parametrize("case", CASES)
def test_what_is_kept_runs(project: Project, case: str) -> None:
    lay_out(case, project)
    project.compile(*OFFLINE)
    if CASES[case] == OFFLINE:
        # What runs is the kept text itself, whatever the compiler writes by now.
        for name, text in kept(case).items():
            path = name if name == "Makefile" else f".tmp/agents/{name}"
            project.write(path, text)
    result = project.make("-j4")
    assert result.code == 0, result.out
    agents = project.json(".tmp/agents/manifest.json")["agents"]
    assert f"wavemake: {len(agents)} done (of {len(agents)} agents)" in result.out
    for agent in agents:
        reads = len(agent["needs"]) + len(agent["files"])
        unread = 1 if agent["name"] == "api" and case == "features" else 0
        assert f"Given to read: {reads - unread}.\n" in project.output(agent["name"])
    assert project.make("-j4").out == golden("run/nothing-to-do")
    assert not list(project.folder.rglob("pwned"))


# --- determinism ------------------------------------------------------------------


def test_two_folders_get_the_same_bytes(tmp_path: pathlib.Path) -> None:
    texts = []
    for number, locale in enumerate(("C", "C.UTF-8")):
        project = Project(tmp_path / f"folder {number}" / f"project{'-two' * number}")
        project.env |= {
            "LC_ALL": locale,
            "PYTHONHASHSEED": str(number + 1),
            "HOME": f"/home/golden-user-{number}",
            "USER": f"golden-user-{number}",
            "TZ": f"UTC{number}",
        }
        lay_out("features", project)
        assert project.compile().code == 0
        files = (path for path in project.folder.rglob("*") if path.is_file())
        texts.append({str(path.relative_to(project.folder)): path.read_bytes() for path in files})
    assert texts[0] == texts[1]
    everything = b"\n".join(texts[0].values())
    for word in (str(tmp_path), "golden-user", str(REPOSITORY)):
        assert word.encode() not in everything


def test_the_second_compilation_writes_nothing(project: Project) -> None:
    lay_out("features", project)
    first = project.compile("--quiet")
    assert (first.code, first.out) == (0, "")
    times = {path: path.stat().st_mtime_ns for path in project.path(".tmp").rglob("*.md")}
    again = project.compile()
    assert "wrote 0 files, " in again.out
    assert {path: path.stat().st_mtime_ns for path in times} == times


def test_check_tells_whether_to_compile(project: Project) -> None:
    lay_out("features", project)
    assert project.compile("--check").code == 1
    assert not project.path(".tmp").exists()
    project.compile()
    assert project.compile("--check").code == 0
    plan = project.json("plan.json")
    plan["agents"][1]["task"] = "Write a shorter style guide."
    project.write("plan.json", json.dumps(plan, indent=2))
    before = generated(project)
    result = project.compile("--check")
    assert result.code == 1
    assert "\n--- .tmp/agents/style/task.md\n+++ .tmp/agents/style/task.md\n" in f"\n{result.out}"
    assert "\n-Write the style guide.\n" in result.out
    assert "\n+Write a shorter style guide.\n" in result.out
    assert generated(project) == before


def test_a_new_file_that_a_pattern_matches_is_a_difference(project: Project) -> None:
    lay_out("features", project)
    project.compile()
    project.write("src/new.py", "print()\n")
    result = project.compile("--check")
    assert result.code == 1
    assert "\n+  $(wavemake.root)src/new.py\n" in result.out
