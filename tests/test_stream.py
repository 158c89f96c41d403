"""What a CLI printed counts, however its process ends; limits that reset. A script stands in for the CLI."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable
from typing import Any

import pytest

from tests.expectations import expect_words
from tests.harness import Project, wait_for

SAID = {
    "type": "assistant",
    "message": {
        "id": "m1",
        "model": "claude-stub-1",
        "content": [{"type": "text", "text": "Yes."}],
    },
    "parent_tool_use_id": None,
}
DONE = {
    "type": "result",
    "subtype": "success",
    "is_error": False,
    "num_turns": 1,
    "result": "Yes.",
    "total_cost_usd": 0.25,
    "permission_denials": [],
}
FAILED = {**DONE, "is_error": True, "result": "API Error: 500", "api_error_status": 500}
LATE = {**DONE, "is_error": True, "num_turns": 0, "result": "", "errors": ["too late"]}
STARTED = {"type": "system", "subtype": "task_started", "task_id": "k"}
STOPPED = {"type": "system", "subtype": "task_notification", "task_id": "k", "status": "stopped"}
DENIED = {**DONE, "permission_denials": [{"tool_name": "Bash"}]}


def events(*said: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(each)}\n" for each in said)


@pytest.fixture
def cli(project: Project) -> Project:
    """A project whose agents are run by ./cli, of which `script` is what it does after reading its prompt."""
    project.env["WAVEMAKE_BACKOFF"] = "0"
    return project


def script(project: Project, text: str, printed: str = "", **agent: Any) -> None:
    project.write("cli", f"#!/bin/sh\ncat >/dev/null\necho paid >>paid.log\n{text}\n")
    project.path("cli").chmod(0o755)
    project.write("printed", printed)
    runners = {"stub": {"command": ["./cli"], "envelope": "claude", "model": ["--model"]}}
    agents = [{"name": name, "task": f"Do {name}.", **agent} for name in ("a", "b")]
    tree = {"runners": runners, "defaults": {"runner": "stub"}, "agents": agents}
    project.write("plan.json", json.dumps(tree))
    compiled = project.compile("-q")
    assert compiled.code == 0, compiled.out


def paid(project: Project) -> int:
    return len(project.read("paid.log").splitlines()) if project.path("paid.log").exists() else 0


@pytest.mark.parametrize(
    "ending", ["exit 7", "kill -9 $$", "exec sleep 600"], ids=["status", "killed", "hangs"]
)
def test_a_whole_answer_counts_however_its_process_ends(cli: Project, ending: str) -> None:
    script(cli, f"cat printed; {ending}", events(SAID, DONE), timeout=60, retries=0)
    assert cli.make("a").code == 0
    assert cli.output("a") == "Yes."
    status = cli.status("a")
    assert (status["state"], status["cost"], status["answered_by"]) == (
        "done",
        0.25,
        "claude-stub-1",
    )
    assert cli.make("a").code == 0
    assert paid(cli) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ((SAID, DONE, LATE), ""),
        ((SAID, {**DONE, "result": ""}), ""),
        ((SAID, STARTED, STOPPED, DONE), "work in the background was stopped"),
        ((SAID, STARTED, STOPPED, DONE, SAID, DONE), ""),
        ((SAID, DENIED, SAID, DONE), "permission denied: Bash"),
        ((SAID, FAILED, SAID, DONE), "API 500: API Error: 500"),
        ((SAID, DONE, SAID), "no result event after its last turn"),
        ((SAID,), "no result event: the answer is incomplete"),
        ((SAID, {**DONE, "is_error": "false"}), "Yes."),
        (({**DONE, "result": "\u200b\u00a0"},), "empty answer"),
        ((SAID, {"type": "a_new_one", "x": [1]}, DONE), ""),
        ((SAID, {**DONE, "stop_reason": "max_tokens"}), "the answer is cut off"),
        ((SAID, {**DONE, "stop_reason": "refusal"}), "the model refused"),
        ((SAID, {**DONE, "api_error_status": 500, "result": "API Error: 500"}), "API 500"),
    ],
)
def test_what_happened_in_any_turn_counts(
    cli: Project, said: Iterable[dict[str, Any]], reason: str
) -> None:
    script(cli, "cat printed", events(*said), retries=0)
    reported = cli.make("a")
    assert (reported.code == 0) == (reason == ""), reported.out
    assert reason in cli.status("a")["reason"]


@pytest.mark.slow
def test_the_tokens_of_a_session_that_was_ended_are_on_the_bill(cli: Project) -> None:
    usage = {"input_tokens": 40, "cache_read_input_tokens": 2, "output_tokens": 8}
    said = {**SAID, "message": {**SAID["message"], "usage": usage}}
    script(cli, "cat printed; exec sleep 600", events(said), timeout=2, retries=0)
    assert cli.make("a").code != 0
    status = cli.status("a")
    assert status["reason"] == "timed out after 2s"
    assert (status["tokens_in"], status["tokens_out"]) == (42, 8)


def test_a_reason_is_utf_8_wherever_it_is_cut(cli: Project) -> None:
    script(
        cli,
        "printf 'x\\351 ' >&2; n=0; while [ $n -lt 90 ]; do printf € >&2; n=$((n+1)); done; exit 3",
    )
    cli.make("a")
    reason = cli.status("a")["reason"]
    assert reason.startswith("exit status 3: x\N{REPLACEMENT CHARACTER} €")
    assert reason.endswith("€")


def test_a_line_of_many_megabytes_is_read_within_a_bound(cli: Project) -> None:
    script(
        cli,
        "head -c 100000000 /dev/zero | tr '\\000' x; echo; cat printed",
        events(SAID, DONE),
        retries=0,
    )
    reported = cli.make("a", timeout=100)
    assert cli.status("a")["state"] in ("done", "failed"), reported.out


def test_a_model_that_was_not_asked_for_is_named(cli: Project) -> None:
    script(cli, "cat printed", events(SAID, DONE), model="big-one")
    assert "a done in " in (reported := cli.make("a").out)
    assert "claude-stub-1 instead of big-one" in reported
    assert "answered by claude-stub-1" in cli.read(".tmp/agents/summary.md")
    script(cli, "cat printed", events(SAID, DONE), model="some/stub")
    assert "answered by" not in cli.make("a").out


# --- limits that reset ---

LIMIT = (
    '{ echo \'{"type":"result","is_error":true,\''
    "'\"result\":\"usage limit reached|'$(($(date +%s) + SECONDS))'\"}'; exit 1; }"
)


def limited(seconds: int, tries: int = 1) -> str:
    """A CLI that is turned away by a limit so many times, and answers then."""
    return f"[ $(wc -l <paid.log) -gt {tries} ] || {LIMIT.replace('SECONDS', str(seconds))}\ncat printed"


def test_an_agent_waits_for_a_limit_and_so_do_others_of_its_account(cli: Project) -> None:
    script(cli, limited(4), events(SAID, DONE))
    reported = cli.make("-j1")
    assert reported.code == 0, reported.out
    (line, *_) = reported.having("a: waiting")
    expect_words("run/usage-limit", re.sub(r"\d\d:\d\d(:\d\d)?|\d{4}-\d\d-\d\d", "TIME", line))
    assert paid(cli) == 3
    assert (cli.status("a")["attempts"], cli.status("b")["attempts"]) == (2, 1)


def test_a_limit_that_resets_too_late_or_is_not_waited_for_is_a_failure(cli: Project) -> None:
    script(cli, limited(7200, 9), events(SAID, DONE), limit_wait="1h")
    assert "later than limit_wait allows" in cli.make("a").out
    cli.make("clean")
    script(cli, limited(7200, 9), events(SAID, DONE), on_limit="fail")
    assert "a FAILED: usage limit" in cli.make("a").out
    assert paid(cli) == 2


def test_a_limit_that_should_be_over_is_tried_again_a_few_times(cli: Project) -> None:
    script(cli, limited(-5000, 9), events(SAID, DONE))
    assert cli.make("a").code == 2
    assert paid(cli) == 3


def test_a_wait_for_a_limit_ends_at_a_signal_and_the_next_make_waits_on(cli: Project) -> None:
    script(cli, limited(3600), events(SAID, DONE))
    running = cli.start_drive("a")
    wait_for(lambda: cli.path(".tmp/agents/a/status.json").exists(), "the wait")
    wait_for(lambda: cli.status("a")["state"] == "limited", "the wait")
    reported = cli.wavemake("status").out
    assert "limited" in reported
    assert "usage limit of stub" in reported
    running.terminate()
    running.communicate(timeout=30)
    assert cli.status("a")["state"] == "interrupted"
    (record,) = cli.path(".tmp/agents/.limits").iterdir()
    record.write_text(f"{int(time.time()) + 2} usage limit reached\n")
    reported = cli.make("a")
    assert (reported.code, "usage limit of stub" in reported.out) == (0, True)
    assert paid(cli) == 2
