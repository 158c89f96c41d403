"""A few of the tests of the real claude CLI, on a second version of it: $WAVEMAKE_CLAUDE_NEWER."""

from __future__ import annotations

import os
import pathlib
import shutil

import pytest

from tests.harness import EVERYTHING
from tests.test_claude_runs import (  # noqa: F401
    live,
    test_a_denied_tool_is_a_failure,
    test_an_empty_answer_is_a_failure,
    test_answers_are_kept_byte_for_byte_and_paid_once,
    test_the_api_is_sent_what_prompt_md_holds,
)
from tests.test_prefix import test_the_real_cli_sends_it_once_at_full_price  # noqa: F401

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def claude() -> str:
    """The path of the CLI."""
    path = shutil.which(os.environ.get("WAVEMAKE_CLAUDE_NEWER") or "nowhere/claude")
    if path is None:
        complain = pytest.fail if EVERYTHING else pytest.skip
        complain("no second claude CLI: set WAVEMAKE_CLAUDE_NEWER")
    return str(pathlib.Path(path).absolute())
