"""The examples in docstrings do what they say."""

from __future__ import annotations

import doctest
import importlib
import pathlib

import pytest

from tests.harness import REPOSITORY

WITH_EXAMPLES = [
    ".".join(path.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted(pathlib.Path(REPOSITORY, "wavemake").rglob("*.py"))
    if ">>> " in path.read_text("utf-8")
]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of(name: str) -> None:
    done = doctest.testmod(importlib.import_module(name))
    assert done.attempted
    assert done.failed == 0
