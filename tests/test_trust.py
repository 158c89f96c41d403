"""Agents that can be trusted: retries, checks, approval, pins, budgets, pools, bounds of what is read."""

from __future__ import annotations

import json
import pathlib
import shutil

import pytest

from tests.expectations import counted, expect_words
from tests.harness import BACKENDS, Project, wait_for

# Fails as an overloaded API does until it was asked as often as the file behave/NAME.tries says.
FLAKY = """\
echo x >>"tries.$name"
if [ $(wc -l <"tries.$name") -lt 3 ]; then echo 'API Error: 529 overloaded_error' >&2; exit 1; fi
echo "answer at last"
"""


@pytest.fixture(autouse=True)
def no_waiting(project: Project) -> None:
    project.env |= {"WAVEMAKE_BACKOFF": "0", "WAVEMAKE_STAGGER": "0"}


def go(project: Project, agents: dict[str, object], **keys: object) -> None:
    project.plan(agents, **keys)
    result = project.compile()
    assert result.code == 0, result.out


def agent_events(project: Project, name: str, kind: str) -> list[dict[str, object]]:
    return [e for e in project.events() if e.get("agent") == name and e["event"] == kind]


# --- retries ---------------------------------------------------------------------


def test_a_transient_failure_is_tried_again(project: Project) -> None:
    go(project, {"a": [], "b": ["a"]})
    project.behave("a", FLAKY)
    result = project.make("-j4")
    assert result.code == 0, result.out
    assert project.paid() == ["a", "a", "a", "b"]
    assert project.status("a")["attempts"] == 3
    assert result.out.count("; trying again in 0s") == 2
    expect_words("run/tried-again", result.having("wave 1: a"))
    assert [event["attempt"] for event in agent_events(project, "a", "start")] == [1, 2, 3]
    assert [event["reason"] for event in agent_events(project, "a", "attempt")] == [
        "exit status 1: API Error: 529 overloaded_error"
    ] * 2


def test_a_signal_ends_the_wait_for_another_try(project: Project) -> None:
    project.env["WAVEMAKE_BACKOFF"] = "60"
    go(project, {"a": []})
    project.behave("a", FLAKY)
    make = project.start_make()
    events = project.path(".tmp/agents/events.jsonl")
    wait_for(lambda: events.exists() and agent_events(project, "a", "attempt"), "a failed try")
    make.terminate()
    make.communicate(timeout=30)
    project.end()
    assert (project.paid(), project.status("a")["state"]) == (["a"], "interrupted")


def test_what_a_failed_agent_was_asked_is_kept_until_it_is_done(project: Project) -> None:
    go(project, {"a": {"task": "Do it well."}})
    project.make()
    go(project, {"a": {"task": "Do it badly."}})
    project.behave("a", "exit 3")
    project.make()
    asked = project.path(".tmp/agents/a/failed-prompt.md")
    assert "Do it badly." in asked.read_text()
    assert "Do it well." in project.read(".tmp/agents/a/prompt.md")
    assert "Do it badly." in project.wavemake("report", "-o", "-").out
    project.behave("a", "echo well")
    project.make()
    assert not asked.exists()


def test_retries_are_counted(project: Project) -> None:
    go(project, {"a": {"retries": 1}})
    project.behave("a", "echo 'connection refused' >&2; exit 1")
    assert project.make().code == 2
    assert project.paid() == ["a", "a"]
    assert project.status("a")["attempts"] == 2
    assert project.status("a")["state"] == "failed"


def test_any_other_failure_is_final(project: Project) -> None:
    go(project, {"a": {"retries": 5}})
    project.behave("a", "echo 'invalid api key' >&2; exit 1")
    assert project.make().code == 2
    assert project.paid() == ["a"]


# --- checks ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("check", "answer", "reason"),
    [
        ({"matches": "^# "}, "no heading", "the answer does not match ^# "),
        ({"json": True}, '{"a": [1, 2', "the answer is not JSON"),
        ("grep -q wanted", "else", "its check failed (1): grep -q wanted"),
        (["true", {"matches": "x"}], "y", "the answer does not match x"),
    ],
)
def test_a_check_that_fails(project: Project, check: object, answer: str, reason: str) -> None:
    go(project, {"a": {"check": check}, "b": ["a"]})
    project.behave("a", f"echo '{answer}'")
    assert project.make("-j4").code == 2
    assert project.status("a")["reason"] == reason
    assert project.paid() == ["a"]


@pytest.mark.parametrize(
    ("check", "answer"),
    [
        ({"matches": "^# "}, "# Title"),
        ({"json": True}, '{"a": [1, 2]}'),
        ({"json": True}, "12"),
        ('grep -q wanted && test -s "$WAVEMAKE_OUTPUT"', "as wanted"),
    ],
)
def test_a_check_that_passes(project: Project, check: object, answer: str) -> None:
    go(project, {"a": {"check": check}})
    project.behave("a", f"echo '{answer}'")
    result = project.make("-j4")
    assert result.code == 0, result.out
    assert project.make("-q").code == 0


def test_a_failing_check_tells_the_next_try_what_it_printed(project: Project) -> None:
    go(project, {"a": {"check": "grep good || { echo NOT GOOD ENOUGH; exit 7; }", "retries": 2}})
    project.behave("a", 'if grep -q "NOT GOOD ENOUGH" "$prompt"; then echo good; else echo bad; fi')
    result = project.make()
    assert result.code == 0, result.out
    assert project.output("a") == "good\n"
    assert project.paid() == ["a", "a"]
    assert "NOT GOOD ENOUGH" in project.read(".tmp/agents/a/prompt.md")


def test_a_failing_check_that_prints_nothing(project: Project) -> None:
    go(project, {"a": {"check": {"matches": "^good"}, "retries": 1}})
    project.behave("a", 'if grep -q "not accepted" "$prompt"; then echo good; else echo bad; fi')
    result = project.make()
    assert result.code == 0, result.out
    prompt = project.read(".tmp/agents/a/prompt.md")
    expect_words("prompt/not-accepted", prompt[prompt.rindex("\n# ") :])
    assert "printed" not in project.read(".tmp/agents/a/log.txt")


def test_a_changed_check_is_run_on_the_kept_answer(project: Project) -> None:
    go(project, {"a": {"check": "true"}, "b": ["a"]})
    assert project.make("-j4").code == 0
    project.paid()
    go(project, {"a": {"check": "echo too short; exit 1"}, "b": ["a"]})
    result = project.make("-j4")
    assert (result.code, project.paid()) == (2, [])
    assert "too short" in project.read(".tmp/agents/a/log.txt")
    assert "FORCE=1 pays for another" in project.status("a")["reason"]
    go(project, {"a": {"check": "grep -q answer"}, "b": ["a"]})
    result = project.make("-j4")
    assert (result.code, project.paid()) == (0, []), result.out
    assert project.make("-q").code == 0


def test_a_check_that_hangs_is_ended_with_all_that_it_started(project: Project) -> None:
    go(project, {"a": {"check": "sleep 86011 & sleep 86012", "timeout": 1}})
    assert project.make().code == 2
    assert project.status("a")["reason"].startswith("its check failed (expired)")
    project.end()


# --- outputs as targets ------------------------------------------------------------


def test_a_declared_output_is_a_target(project: Project) -> None:
    go(project, {"a": {"outputs": ["build/it's a.txt"]}, "b": ["a"]})
    project.behave("a", 'mkdir -p build; echo made >"build/it\'s a.txt"; echo written')
    assert project.make("-j4").code == 0
    project.paid()
    assert project.make("-q").code == 0
    project.path("build/it's a.txt").unlink()
    assert project.make("-q").code == 1
    assert project.make("-j4").code == 0
    assert project.paid() == []
    assert project.path("build/it's a.txt").exists()
    assert project.make("-q").code == 0


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_declared_output_that_is_edited_is_read_again(project: Project, backend: str) -> None:
    project.use_backend(backend)
    go(project, {"a": {"outputs": ["a b.txt"]}, "b": ["a b.txt"], "c": ["b"]})
    project.behave("a", "echo one >'a b.txt'; echo wrote")
    assert project.drive().code == 0
    project.paid()
    project.write("a b.txt", "two\n")
    assert "run b" in " ".join(project.wavemake("preview").out.split())
    assert counted(project.wavemake("status").out)["out of date"] == 2
    assert project.drive().code == 0
    assert project.paid()[:1] == ["b"]
    assert "two" in project.read(".tmp/agents/b/prompt.md")
    assert project.is_up_to_date()


def test_a_rule_of_the_users_can_need_an_output(project: Project) -> None:
    project.write("Makefile", "page.html: build/a.txt\n\tcp $< $@\ninclude .tmp/agents/agents.mk\n")
    go(project, {"a": {"outputs": ["build/a.txt"]}})
    project.behave("a", "mkdir -p build; echo made >build/a.txt; echo written")
    result = project.make("page.html")
    assert result.code == 0, result.out
    assert project.read("page.html") == "made\n"
    assert project.make("-q", "page.html").code == 0
    (project.path(".tmp/agents/a/task.md")).touch()
    assert project.make("page.html").code == 0
    assert project.make("-q", "page.html").code == 0
    assert project.paid() == ["a"]


def test_a_file_both_read_and_written_is_known_as_it_was_left(project: Project) -> None:
    project.write("notes.txt", "one\n")
    go(project, {"a": {"reads": ["notes.txt"], "outputs": ["notes.txt"]}})
    project.behave("a", "echo two >>notes.txt; echo written")
    assert project.make().code == 0
    project.path(".tmp/agents/a/task.md").touch()
    assert project.make().code == 0
    assert project.paid() == ["a"]


# --- files.json ----------------------------------------------------------------------


def test_files_json_is_checked_and_shown(project: Project) -> None:
    go(project, {"a": []})
    project.behave(
        "a", "echo '[\"made.txt\"]' >.tmp/agents/a/files.json; echo x >made.txt; echo ok"
    )
    assert project.make().code == 0
    assert "made.txt" in project.read(".tmp/agents/summary.md")
    go(project, {"a": {"task": "Another."}})
    project.behave("a", "echo '[\"absent.txt\"]' >.tmp/agents/a/files.json; echo ok")
    assert project.make().code == 2
    expect_words("run/files-not-written", project.status("a")["reason"])


# --- approval and pins -----------------------------------------------------------------


def test_approval_before_the_start(project: Project) -> None:
    go(project, {"a": [], "b": {"reads": ["a"], "approve": True}, "c": ["b"]})
    result = project.make("-j4")
    assert result.code == 2
    expect_words(
        "run/approval-before-the-start", result.having("b waiting", "waiting b", "waiting for you")
    )
    assert project.paid() == ["a"]
    assert project.status("b")["state"] == "waiting"
    summary = project.read(".tmp/agents/summary.md")
    assert "| b | 2 | **waiting** |" in summary
    assert "| c | 3 | **blocked** |  | by b |" in summary
    history = project.wavemake("history").lines()
    assert history[0].split()[5:7] == ["failed", "waiting"]
    assert history[1].split()[6:8] == ["0", "1"]
    assert history[1].endswith("waiting for approval")
    assert project.make("approve-b").code == 0
    assert project.make("-j4").code == 0
    assert project.paid() == ["b", "c"]
    assert project.make("-q").code == 0


def test_an_approval_is_for_what_was_asked(project: Project) -> None:
    go(project, {"a": {"approve": "before"}})
    project.make()
    assert project.make("approve-a").code == 0
    go(project, {"a": {"approve": "before", "task": "Another task."}})
    assert project.make().code == 2
    assert project.paid() == []


def test_approval_of_the_answer(project: Project) -> None:
    go(project, {"a": {"approve": "after"}, "b": ["a"]})
    assert project.make("-j4").code == 2
    assert project.paid() == ["a"]
    assert project.output("a").startswith("answer of a")
    assert project.make("-j4").code == 2
    assert project.paid() == []
    assert project.make("approve-a").code == 0
    assert project.make("-j4").code == 0
    assert project.paid() == ["b"]
    assert project.make("-q").code == 0
    assert "run make first" in project.make("approve-a").out
    way_out = 'b: it asks for no approval: it would by "approve": true in the plan'
    assert way_out in project.make("approve-b").out


def test_an_answer_that_is_edited_is_approved_as_well(project: Project) -> None:
    go(project, {"a": {"approve": "after"}, "b": ["a"]})
    project.make("-j4")
    project.write(".tmp/agents/a/output.md", "by hand\n")
    assert project.make("-j4").code == 2, "an edit alone approves of nothing"
    assert project.make("approve-a").code == 0
    result = project.make("-j4")
    assert result.code == 0
    assert project.paid() == ["a", "b"]
    assert "by hand" in project.read(".tmp/agents/b/prompt.md")
    assert project.status("a")["state"] == "done"


def test_the_summary_is_of_the_last_run_whoever_asks(project: Project) -> None:
    fake_claude(project, 0.25)
    claude_plan(project, ["a", "b"])
    assert project.make("-j4").code == 0
    agents = [{"name": name, "task": "xy"[name == "b"], "reads": []} for name in "ab"]
    project.write("plan.json", json.dumps({"agents": agents}))
    assert project.compile().code == 0
    assert project.make("-j4").code == 0
    before = project.read(".tmp/agents/summary.md")
    assert "1 done, 1 up to date" in before
    assert "This run: $0.25, 120 tokens." in before
    project.make("status")
    assert project.read(".tmp/agents/summary.md") == before


def test_each_agent_has_a_config_of_its_own(project: Project) -> None:
    fake_claude(project, 0.25)
    (project.folder.parent / "bin" / "claude").write_text(
        f"#!/bin/sh\ncat >/dev/null\necho $CLAUDE_CONFIG_DIR >>configs\necho '{result_event(1)}'\n"
    )
    claude_plan(project, ["a", "b"], defaults={"isolate": True})
    assert project.make("-j2").code == 0
    folders = sorted(project.read("configs").splitlines())
    assert folders == [str(project.path(f".tmp/agents/{name}/.config")) for name in "ab"]


SLEEP = """\
#!/bin/sh
[ "$1" = 0.29 ] || exec {sleep} "$@"
echo begin >>naps
{sleep} "$@"
echo end >>naps
"""


def test_starts_in_a_pool_are_a_moment_apart(project: Project) -> None:
    project.write("bin/sleep", SLEEP.format(sleep=shutil.which("sleep")))
    project.path("bin/sleep").chmod(0o755)
    project.env["PATH"] = f"{project.path('bin')}:{project.env['PATH']}"
    project.env["WAVEMAKE_STAGGER"] = "0.29"
    go(project, {name: {"pool": "api"} for name in "abc"}, pools={"api": 3})
    assert project.make("-j3").code == 0
    assert project.read("naps").split() == ["begin", "end"] * 3


def test_a_stated_time_to_wait_is_honoured(project: Project) -> None:
    go(project, {"a": []})
    project.behave("a", FLAKY.replace("overloaded_error", "overloaded_error, retry-after: 1"))
    result = project.make()
    assert result.code == 0
    assert result.out.count("trying again in 1s") == 2


def test_a_pinned_output_is_kept_whatever_changes(project: Project) -> None:
    go(project, {"a": [], "b": ["a"], "c": ["b"]})
    project.make("-j4")
    project.write(".tmp/agents/b/output.md", "by hand\n")
    assert project.make("pin-b").code == 0
    project.make("-j4")
    project.paid()
    go(project, {"a": {"task": "Other."}, "b": ["a"], "c": ["b"]})
    result = project.make("-j4")
    assert result.code == 0, result.out
    assert project.paid() == ["a"]
    assert project.output("b") == "by hand\n"
    assert "pinned" in project.read(".tmp/agents/summary.md")
    assert project.make("unpin-b").code == 0
    result = project.make("-j4")
    assert project.paid() == ["b", "c"]
    kept = ".tmp/agents/b/history/1.edited.md"
    assert project.read(kept) == "by hand\n"
    assert f" is kept as {kept}" in result.out


def test_a_pinned_output_is_not_paid_by_force(project: Project) -> None:
    go(project, {"a": []})
    project.make()
    project.make("pin-a")
    project.paid()
    result = project.make("a", "FORCE=1")
    assert project.paid() == []
    expect_words("run/pinned", result.having("a pinned"))


def test_goals_of_the_fragment(project: Project) -> None:
    go(project, {"a": {"approve": True}})
    words = ("-f", ".tmp/agents/agents.mk")
    assert project.make(*words).code == 2
    assert project.make(*words, "wavemake-approve-a").code == 0
    assert project.make(*words).code == 0
    assert project.make(*words, "wavemake-pin-a").code == 0
    assert project.path(".tmp/agents/a/pinned").exists()
    assert project.make("pin-nobody").code == 2


# --- on_failure ---------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_failure_mended_by_hand_that_others_go_on_without(project: Project, backend: str) -> None:
    project.use_backend(backend)
    go(project, {"e": [], "f": {"reads": ["e"], "on_failure": "continue"}})
    project.behave("e", "exit 3")
    project.drive()
    project.write(".tmp/agents/e/output.md", "my own text\n")
    project.behave("e", "echo of the model")
    project.paid()
    assert project.drive().code == 0
    assert project.paid() == ["f"]
    assert project.output("e") == "my own text\n"
    assert "my own text" in project.read(".tmp/agents/f/prompt.md")
    assert project.drive().code == 0
    assert project.paid() == []


def test_unpinned_is_looked_at_again_also_if_others_go_on_without_it(project: Project) -> None:
    plan = {"x": {"task": "Old."}, "y": {"reads": ["x"], "on_failure": "continue"}}
    go(project, plan)
    project.make()
    project.make("pin-x")
    go(project, {**plan, "x": {"task": "New."}})
    project.make()
    project.paid()
    assert project.make("unpin-x").code == 0
    assert project.make().code == 0
    assert project.paid()[:1] == ["x"]


def test_a_reader_that_goes_on(project: Project) -> None:
    plan = {"a": [], "b": ["a"], "c": [], "sum": {"reads": ["b", "c"], "on_failure": "continue"}}
    go(project, plan)
    project.behave("a", "exit 3")
    result = project.make("-j4")
    assert result.code == 2
    assert project.paid() == ["a", "c", "sum"]
    prompt = project.read(".tmp/agents/sum/prompt.md")
    expect_words("prompt/input-not-done", next(x for x in prompt.splitlines() if "`b` did" in x))
    assert "answer of c" in prompt
    assert project.status("b")["state"] == "blocked"
    assert project.status("sum")["state"] == "done"
    assert counted(result.out) == {"done": 2, "failed": 1, "blocked": 1}
    # The same again: the failure is paid again, the reader is not.
    assert project.make("-j4").code == 2
    assert project.paid() == ["a"]
    project.path("behave/a").unlink()
    assert project.make("-j4").code == 0
    assert project.paid() == ["a", "b", "sum"]
    assert project.make("-q").code == 0
    # An edit by hand reaches it.
    project.write(".tmp/agents/b/output.md", "by hand\n")
    assert project.make("-j4").code == 0
    assert project.paid() == ["sum"]
    assert project.make("-q").code == 0
    project.path(".tmp/agents/b/output.md").unlink()
    assert project.make("-j4").code == 0
    assert project.paid() == ["b", "sum"]


def test_forcing_what_others_go_on_without(project: Project) -> None:
    go(project, {"a": [], "sum": {"reads": ["a"], "on_failure": "continue"}})
    assert project.make("-j4").code == 0
    project.paid()
    assert project.make("a", "FORCE=1").code == 0
    assert project.paid() == ["a"]


# --- budgets and pools -----------------------------------------------------------------------


def result_event(cost: float) -> str:
    event = {"type": "result", "is_error": False, "result": "fine", "total_cost_usd": cost}
    event["usage"] = {"input_tokens": 100, "output_tokens": 20}
    return json.dumps(event)


def fake_claude(project: Project, cost: float) -> None:
    folder = project.folder.parent / "bin"
    folder.mkdir()
    script = f"#!/bin/sh\ncat >/dev/null\necho paid >>paid.log\necho '{result_event(cost)}'\n"
    (folder / "claude").write_text(script)
    (folder / "claude").chmod(0o755)
    project.env["PATH"] = f"{folder}:{project.env['PATH']}"


def claude_plan(project: Project, names: list[str], **keys: object) -> None:
    agents = [{"name": name, "task": "x", "reads": []} for name in names]
    project.write("plan.json", json.dumps({"agents": agents, **keys}))
    result = project.compile()
    assert result.code == 0, result.out


@pytest.mark.parametrize("budget", [{"usd": 0.5}, {"tokens": 240}])
def test_a_budget_that_is_spent_starts_nothing_more(
    project: Project, budget: dict[str, float]
) -> None:
    fake_claude(project, 0.25)
    claude_plan(project, ["a", "b", "c", "d"], budget=budget)
    result = project.make()
    assert result.code == 2
    assert project.paid() == ["paid", "paid"]
    states = sorted(project.status(name)["state"] for name in "abcd")
    assert states == ["done", "done", "over budget", "over budget"]
    assert "2 over budget" in result.out
    assert project.make().code == 0
    assert project.paid() == ["paid", "paid"]


def test_a_budget_that_is_spent_between_two_tries_tells_why_the_first_failed(
    project: Project,
) -> None:
    fake_claude(project, 0.25)
    check = "echo no heading; exit 3"
    claude_plan(project, ["a"], budget={"usd": 0.2}, defaults={"check": check, "retries": 2})
    result = project.make()
    assert (result.code, project.paid()) == (2, ["paid"])
    why = "0.25 of 0.2 dollars are spent; its last try failed: its check failed (3): echo no heading; exit 3"
    assert (project.status("a")["state"], project.status("a")["reason"]) == (
        "over budget",
        why,
    )
    assert f"over budget a: {why}" in result.out
    assert why in project.read(".tmp/agents/summary.md")
    assert why in project.wavemake("status").out


def test_costs_are_summed_over_attempts(project: Project) -> None:
    fake_claude(project, 0.25)
    claude_plan(
        project,
        ["a", "b"],
        defaults={"check": "test -e passed || { touch passed; false; }", "retries": 1},
    )
    assert project.make().code == 0
    costs = sorted(project.status(name)["cost"] for name in "ab")
    assert costs == [0.25, 0.5]
    assert sorted(project.status(name)["tokens_in"] for name in "ab") == [100, 200]
    assert "$0.75" in project.read(".tmp/agents/summary.md")


def test_a_pool_bounds_how_many_run_at_once(project: Project) -> None:
    names = [f"p{n}" for n in range(6)]
    go(project, {name: {"pool": "api"} for name in names}, pools={"api": 2})
    for name in names:
        project.behave(
            name,
            f"echo + >>running; until [ -e go ]; do sleep 0.05; done; echo - >>running; echo {name}",
        )
    make = project.start_make("-j6")
    other = project.start_make("-j6")
    running = project.path("running")
    wait_for(lambda: running.exists() and len(running.read_text().split()) == 2, "two agents")
    wait_for(lambda: len(agent_waits(project)) >= 2, "agents that wait")
    assert running.read_text().split() == ["+", "+"]
    project.write("go", "")
    make.communicate(timeout=60)
    other.communicate(timeout=60)
    assert (make.returncode, other.returncode) == (0, 0)
    assert project.paid() == names
    depth = most = 0
    for sign in running.read_text().split():
        depth += 1 if sign == "+" else -1
        most = max(most, depth)
    assert most == 2


def agent_waits(project: Project) -> list[str]:
    lines = project.path(".tmp/agents/events.jsonl").read_text().splitlines()
    return [line for line in lines if '"event":"wait"' in line and "pool api" in line]


def test_a_dead_holders_place_is_freed(project: Project) -> None:
    go(project, {"a": {"pool": "api"}}, pools={"api": 1})
    host = pathlib.Path("/proc/sys/kernel/hostname").read_text().strip()
    project.write(".tmp/agents/.pools/api.1", f"{host} 999999 1800\n")
    assert project.make().code == 0
    assert not list(project.path(".tmp/agents/.pools").iterdir())


# --- what is read -----------------------------------------------------------------------------


def test_reads_are_bounded_or_by_reference(project: Project) -> None:
    lines = "".join(f"line {n}\n" for n in range(1000))
    project.write("long.txt", lines)
    reads = [
        {"agent": "a", "max": "100", "keep": "tail"},
        {"file": "long.txt", "max": "50"},
        {"agent": "c", "as": "path"},
    ]
    go(project, {"a": [], "c": [], "b": {"reads": reads}})
    project.behave("a", "cat long.txt")
    project.behave("c", "echo secret of c")
    result = project.make("-j4")
    assert result.code == 0, result.out
    prompt = project.read(".tmp/agents/b/prompt.md")
    assert "line 999\n" in prompt
    assert "line 900\n" not in prompt
    assert "line 4\n" in prompt
    assert "line 40\n" not in prompt
    assert "Read it yourself: .tmp/agents/c/output.md" in prompt
    assert "secret of c" not in prompt
    project.paid()
    project.behave("c", "echo another")
    project.make("c", "FORCE=1")
    project.make("-j4")
    assert project.paid() == ["b", "c"]
    assert project.make("-q").code == 0


# --- what an agent needs -----------------------------------------------------------------------


def test_an_environment_variable_that_is_missing(project: Project) -> None:
    go(project, {"a": {"env": ["SOME_KEY"]}})
    assert project.make().code == 2
    assert "SOME_KEY" in project.status("a")["reason"]
    assert project.paid() == []
    project.env["SOME_KEY"] = "canary-4711"
    assert project.make().code == 0
    for path in project.path(".tmp").rglob("*"):
        if path.is_file():
            assert "canary-4711" not in path.read_text(), path


def test_a_folder_of_its_own(project: Project) -> None:
    project.path("apps/web shop").mkdir(parents=True)
    go(project, {"a": {"cwd": "apps/web shop", "command": "cat >/dev/null; pwd"}})
    assert project.make().code == 0
    assert project.output("a").strip().endswith("apps/web shop")


def test_agents_at_once_do_not_overshoot_the_budget(project: Project) -> None:
    """Each costs 0.25 by its own word: of four at once, no more start than the budget has room for."""
    fake_claude(project, 0.25)
    names = [f"a{number}" for number in range(6)]
    claude_plan(project, names, budget={"usd": 0.5}, defaults={"cost_usd": 0.25})
    assert project.make("-j6").code == 2
    assert project.paid() == ["paid", "paid"]


def test_a_try_whose_cost_is_not_reported_counts_by_its_estimate(project: Project) -> None:
    go(
        project,
        {"a": [], "b": ["a"], "c": ["b"]},
        budget={"usd": 0.5},
        defaults={"cost_usd": 0.3},
    )
    result = project.make()
    assert result.code == 2
    assert project.paid() == ["a", "b"]
    assert "0.6 of 0.5 dollars are spent" in result.out
