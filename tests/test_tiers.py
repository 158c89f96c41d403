"""How the tests themselves are run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.conftest import RUN_ALL
from tests.harness import REPOSITORY


def run_tests(*words: str, before: str = "") -> str:
    """What pytest prints, in one process, in the tier that is the default."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("WAVEMAKE_", "PYTEST_"))}
    script = f'{before} exec "$@"'
    words = (sys.executable, "-m", "pytest", "-o", "addopts=", "-p", "no:cacheprovider", *words)
    done = subprocess.run(
        ["sh", "-c", script, "sh", *words],
        cwd=REPOSITORY,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_slow_tests_are_skipped_and_the_summary_says_how_to_run_them() -> None:
    printed = run_tests("-o", "testpaths=tests/test_soak.py")
    assert f"1 slow tests: {RUN_ALL}" in printed
    assert "1 skipped" in printed


def test_a_hangup_is_not_ignored() -> None:
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL


@pytest.mark.slow
@pytest.mark.parametrize("name", ["HUP", "INT", "TERM"])
def test_signals_that_were_ignored_are_reset(name: str) -> None:
    """As under nohup: an agent that a test hangs up would go on."""
    named = f"{__file__}::{test_a_hangup_is_not_ignored.__name__}"
    assert "1 passed" in run_tests(named, before=f"trap '' {name};")
