"""Fixtures that all tests share, and the tiers: what runs by default, and what in full."""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import threading
from collections import Counter

import pytest

from tests import expectations
from tests.harness import AWKS, EVERYTHING, Project, absent

SLOW = "slow"
RUN_ALL = "WAVEMAKE_TEST_ALL=1 python -m pytest"
# nohup, a CI runner or a shell's background job may have them ignored, and each child would inherit that.
RESET = (
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGTERM,
    signal.SIGTSTP,
    signal.SIGCHLD,
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write files of expected text anew")
    parser.addoption("--all", action="store_true", help="run slow tests, too")


def pytest_configure(config: pytest.Config) -> None:
    _reset_signals()
    expectations.UPDATE = config.getoption("--update")
    config.addinivalue_line(
        "markers", "slow: takes seconds; runs with all tests, or when its file is named"
    )
    named = config.args_source is pytest.Config.ArgsSource.ARGS
    if not hasattr(config, "workerinput"):  # workers inherit the decision
        chosen = config.getoption("--all") or EVERYTHING or named or config.option.markexpr
        os.environ["WAVEMAKE_TEST_TIER"] = "all" if chosen else "quick"


def _reset_signals() -> None:
    if threading.current_thread() is not threading.main_thread():
        return
    signal.pthread_sigmask(signal.SIG_UNBLOCK, RESET)
    for each in RESET:
        ours = signal.default_int_handler if each is signal.SIGINT else signal.SIG_DFL
        signal.signal(each, ours)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("WAVEMAKE_TEST_TIER") == "all":
        return
    for item in items:
        if item.get_closest_marker(SLOW) or _is_for_ninja(item):
            item.add_marker(pytest.mark.skip(reason=SLOW))


def _is_for_ninja(item: pytest.Item) -> bool:
    """Whether the test runs for both back ends, and this is its run under ninja."""
    callspec = getattr(item, "callspec", None)
    return callspec is not None and "ninja" in map(str, callspec.params.values())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was skipped, and how to run it."""
    reports = terminalreporter.stats.get("skipped", [])
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in reports)
    slow = reasons.pop(SLOW, 0)
    if not reasons and not slow:
        return
    terminalreporter.section("skipped")
    if slow:
        terminalreporter.line(f"{slow} slow tests: {RUN_ALL}, or name their file")
    for reason, number in sorted(reasons.items()):
        terminalreporter.line(f"{number} because {reason}")


@pytest.fixture
def project(tmp_path: pathlib.Path) -> Project:
    """An empty project whose path has a space in it."""
    return Project(tmp_path / "my project")


def _awks() -> list[object]:
    """The first awk that is here, and the others as slow tests."""
    first = next(filter(lambda each: shutil.which(each.split()[0]), AWKS), "")
    return [each if each == first else pytest.param(each, marks=pytest.mark.slow) for each in AWKS]


@pytest.fixture(scope="module", params=_awks())
def awk(request: pytest.FixtureRequest) -> list[str]:
    """The command of one awk."""
    command: list[str] = request.param.split()
    if not shutil.which(command[0]):
        absent(command[0])
    return command
