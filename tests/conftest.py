"""Fixtures that all tests share."""

from __future__ import annotations

import pathlib

import pytest

from tests.harness import Project


@pytest.fixture
def project(tmp_path: pathlib.Path) -> Project:
    """An empty project whose path has a space in it."""
    return Project(tmp_path / "my project")
