"""make reject-AGENT: the answer is made again, once, and the next prompt carries why."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest

from tests.harness import BACKENDS, Project


@pytest.fixture(params=BACKENDS)
def project(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Project]:
    """Two agents, of which one reads the other, after a run."""
    found = Project(tmp_path / "project")
    found.use_backend(request.param)
    found.plan({"a": [], "b": ["a"]})
    found.behave("a", "echo an answer of a")
    assert found.compile().code == 0
    assert found.drive().code == 0
    assert found.paid() == ["a", "b"]
    yield found
    found.end()


def test_the_next_try_knows_why(project: Project) -> None:
    result = project.drive("reject-a", "WHY=too short; it's `bad`")
    assert result.code == 0, result.out
    project.behave("a", "echo a longer answer")
    assert project.drive().code == 0
    assert project.paid() == ["a", "b"]
    prompt = project.read(".tmp/agents/a/prompt.md")
    assert "too short; it's `bad`" in prompt
    assert "an answer of a\n" in prompt
    assert project.output("a") == "a longer answer\n"
    assert project.drive().code == 0
    assert project.paid() == []


def test_it_wants_a_reason(project: Project) -> None:
    result = project.drive("reject-a")
    assert result.code != 0
    assert "WHY=" in result.out
    assert project.drive().code == 0
    assert project.paid() == []
