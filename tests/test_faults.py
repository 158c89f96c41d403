"""Faults that no other test has, and that docs/faults.md tells of tests that are there."""

from __future__ import annotations

import os
import re

from tests.expectations import expect_words
from tests.harness import REPOSITORY, Project


def test_a_flood_of_output(project: Project) -> None:
    project.plan({"a": [], "b": ["a"]})
    project.compile()
    project.behave(
        "a", 'awk \'BEGIN { for (i = 0; i < 200000; i++) print "line " i " of very many" }\''
    )
    result = project.make("-j4")
    assert result.code == 2
    assert project.paid() == ["a"]
    assert project.status("a")["state"] == "done"
    assert re.search(r" \d{7} bytes, over max_prompt \(1048576\)", project.status("b")["reason"])
    assert project.path(".tmp/agents/b").stat()
    sizes = [path.stat().st_size for path in project.path(".tmp/agents/b").rglob("*")]
    assert max(sizes) <= 1048576, "no part of a refused prompt beyond its cap stays on disk"


def test_a_clock_that_went_back(project: Project) -> None:
    project.write("notes.txt", "one\n")
    project.plan({"a": ["notes.txt"], "b": []})
    project.compile()
    assert project.make("-j4").code == 0
    project.paid()
    for path in project.path(".tmp").rglob("*"):
        later = path.stat().st_mtime + 3600
        os.utime(path, (later, later))
    project.write("notes.txt", "two\n")
    out = project.make("-j4").out
    expect_words("run/times-not-trusted", out.splitlines()[0])
    assert project.paid() == ["a"]


def test_every_row_names_a_test() -> None:
    text = (REPOSITORY / "docs" / "faults.md").read_text()
    rows = [
        line for line in text.splitlines() if line.startswith("| ") and "what happens" not in line
    ]
    assert len(rows) > 25
    for row in rows:
        file, name = re.findall(r"`(test_\w+\.py)::(test_\w+)` \|$", row)[0]
        assert f"def {name}(" in (REPOSITORY / "tests" / file).read_text(), row
