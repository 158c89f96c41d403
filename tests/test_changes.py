"""wavemake changes: patches of any size and content, as git and people get them."""

from __future__ import annotations

import pathlib
import sys
import tracemalloc

import pytest

from tests.repository import Repository
from wavemake.runs.edits import MOST, read_edits

HEAD = "diff --git a/{0} b/{0}\nnew file mode 100644\n--- /dev/null\n+++ b/{0}\n@@ -0,0 +1 @@\n"
PATCH = ".tmp/agents/x/changes.patch"


@pytest.fixture
def repo(tmp_path: pathlib.Path) -> Repository:
    project = Repository(tmp_path / "project")
    project.plan({"x": []})
    project.commit_all()
    assert project.compile().code == 0
    return project


def test_a_patch_that_is_too_large_is_summed_up(repo: Repository) -> None:
    """One line has most of it: neither it nor the rest is held."""
    head = HEAD.format("big"), HEAD.format("small")
    with repo.path(PATCH).open("w") as file:
        file.write(f"{head[0]}+")
        for _ in range(MOST // 1024**2 + 1):
            file.write("+" * 1024**2)
        file.write(f"\n+two\n{head[1]}+one\n")
    result = repo.wavemake("changes", "x")
    assert result.code == 0
    lines = result.lines()
    assert all(line.startswith("# ") and len(line) < 200 for line in lines)
    assert lines[0].split()[1:] == ["big", "+2", "-0", "(created)"]
    assert lines[1].split()[1:] == ["small", "+1", "-0", "(created)"]
    assert lines[-1].endswith(PATCH)
    assert "2 files changed, 3 lines added" in repo.wavemake("changes", "--stat").out
    tracemalloc.start()
    edits = read_edits(str(repo.path(".tmp/agents")), "x")
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()
    assert edits is not None
    assert [each.cut for each in edits] == [True, True]
    assert repo.wavemake("report", "-o", "report.html").code == 0
    assert repo.path("report.html").stat().st_size < 2_000_000


def test_a_patch_is_printed_byte_for_byte(repo: Repository) -> None:
    text = f"{HEAD.format('a b')}+one\rtwo\f three\x1c\x85 \xff\n"
    repo.path(PATCH).write_bytes(text.encode("latin-1"))
    done = repo.start([sys.executable, "-m", "wavemake", "changes", "x"])
    assert done.communicate()[0] == repo.path(PATCH).read_bytes()
