"""Fixtures that all tests share."""

from __future__ import annotations

import pathlib
import shutil

import pytest

from tests.harness import AWKS, Project, absent


@pytest.fixture
def project(tmp_path: pathlib.Path) -> Project:
    """An empty project whose path has a space in it."""
    return Project(tmp_path / "my project")


@pytest.fixture(scope="module", params=AWKS)
def awk(request: pytest.FixtureRequest) -> list[str]:
    """The command of one awk."""
    command: list[str] = request.param.split()
    if not shutil.which(command[0]):
        absent(command[0])
    return command
