"""The envelopes of codex, gemini, opencode, llm and aider, on every awk, against Python's json module."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.envelopes import as_file, dump, few, is_unseen, others, texts, unwrap
from tests.harness import REPOSITORY
from wavemake.plan.runners import ENVELOPES, RUNNERS

DATA = REPOSITORY / "tests" / "data"


def lines(*events: dict[str, Any] | str) -> str:
    return "".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in events)


def test_each_envelope_is_in_the_runtime() -> None:
    files = (REPOSITORY / "templates" / "runtime").glob("envelope-*.awk")
    assert {"text", *(file.stem.partition("-")[2] for file in files)} == set(ENVELOPES)
    assert {runner.envelope for runner in RUNNERS.values()} == set(ENVELOPES)


# --- the answer comes out byte for byte, whatever stands around it ---


def codex_says(text: str) -> list[dict[str, Any]]:
    item = {"id": "item_1", "type": "agent_message", "text": text}
    return [
        {"type": "turn.started"},
        {"type": "item.completed", "item": item},
        {"type": "turn.completed", "usage": {"input_tokens": 3, "output_tokens": 4}},
    ]


def opencode_says(text: str) -> list[dict[str, Any]]:
    return [
        {"type": "step_start", "part": {}},
        {"type": "text", "part": {"type": "text", "text": text}},
        {"type": "step_finish", "part": {"reason": "stop", "cost": 0.5}},
    ]


def gemini_says(text: str) -> list[dict[str, Any]]:
    return [{"session_id": "s", "response": text, "stats": {"models": {}}}]


SAYS = {"codex": codex_says, "opencode": opencode_says, "gemini": gemini_says}


@pytest.mark.parametrize("kind", SAYS)
@few
@given(
    text=texts,
    before=st.lists(others, max_size=3),
    after=st.lists(others, max_size=2),
    ascii_only=st.booleans(),
    pretty=st.booleans(),
)
def test_the_answer_comes_out_byte_for_byte(
    awk: list[str],
    kind: str,
    text: str,
    before: list[Any],
    after: list[Any],
    ascii_only: bool,
    pretty: bool,
) -> None:
    indent = 2 if pretty and kind == "gemini" else None
    events = [*before, *SAYS[kind](text), *after]
    raw = [dump(each, ascii_only=ascii_only, indent=indent) for each in events]
    expected = as_file(json.loads(dump(text, ascii_only=True, indent=None)))

    got = unwrap(awk, "\n".join(raw) + "\n", kind)

    if not is_unseen(expected):
        assert (got.verdict, got.answer) == ("ok", expected)
    else:
        assert (got.verdict, got.answer) == ("error empty answer", None)
    assert got.result is not None
    assert json.loads(got.result) in [json.loads(one) for one in raw]


@pytest.mark.parametrize("kind", SAYS)
def test_a_stream_cut_anywhere_is_no_answer(awk: list[str], kind: str) -> None:
    raw = lines(*SAYS[kind]("é done")).encode()
    whole = len(raw) - 1
    for size in range(0, whole, 3):
        got = unwrap(awk, raw[:size], kind)
        assert got.verdict.endswith("the answer is incomplete"), raw[:size]
        assert got.answer is None
    assert unwrap(awk, raw, kind).verdict == "ok"
    assert unwrap(awk, raw, kind, ending="exit status 3").verdict == "ok"
    assert unwrap(awk, raw[: whole // 2], kind, ending="exit status 3").verdict == (
        "error exit status 3"
    )


# --- what the CLIs print, as it was captured from them ---

SESSION = "session session-1"
USED = ["tokens_in 1000", "tokens_out 20"]
CAPTURED = {
    "codex/answer": ("ok", [*USED, "cache_read 0", SESSION]),
    "codex/error-401": (
        "error unexpected status 401 Unauthorized: Bad key, url: http://stub/v1/responses",
        [SESSION],
    ),
    "codex/error-400": ("error API 400: Bad thing", [SESSION]),
    "codex/error-429": (
        "error exceeded retry limit, last status: 429 Too Many Requests",
        [SESSION],
    ),
    "codex/empty": ("error empty answer", [*USED, "cache_read 0", SESSION]),
    "gemini/answer": ("ok", [*USED, "turns 1", SESSION, "model stub"]),
    "gemini/error-401": ("error API 401: Bad key", [SESSION]),
    "gemini/empty": (
        "error The model returned an empty response with no text or thoughts. This may be a "
        "transient API issue; please try again.",
        ["tokens_in 4000", "tokens_out 80", "turns 4", SESSION, "model stub"],
    ),
    "opencode/answer": ("ok", [*USED, "turns 1", "session ses_1"]),
    "opencode/error-401": ("error API 401: Bad key", ["session ses_1"]),
    "opencode/denied": (
        "error permission denied: bash (touch x)",
        [*USED, "turns 1", "session ses_1"],
    ),
    "opencode/empty": ("error empty answer", [*USED, "turns 1", "session ses_1"]),
    "llm/answer": ("ok", USED),
    "llm/error-401": ("error exit status 1: Error: Error code: 401 - Bad key", []),
}
ENDING = dict.fromkeys(("error-401", "error-400", "error-429"), "exit status 1")


@pytest.mark.parametrize("name", CAPTURED)
def test_what_was_captured(awk: list[str], name: str) -> None:
    verdict, figures = CAPTURED[name]
    kind, _, what = name.partition("/")
    stderr = DATA / f"{name}.stderr"
    said = stderr.read_text() if stderr.exists() else ""
    raw = (DATA / f"{name}.out").read_bytes()
    got = unwrap(awk, raw, kind, stderr=said, ending=ENDING.get(what, ""))
    assert (got.verdict, got.figures) == (verdict, figures)
    if verdict == "ok" and kind != "llm":
        assert got.answer == b'Hello "there"\n\nbye'


# --- codex ---


def test_of_codex_the_last_message_is_the_answer(awk: list[str]) -> None:
    events = [*codex_says("I look.")[:2], *codex_says("Found.")[1:]]
    got = unwrap(awk, lines(*events), "codex")
    assert (got.verdict, got.answer) == ("ok", b"Found.")
    assert got.figures == ["tokens_in 3", "tokens_out 4"]
    assert got.log is None


@pytest.mark.parametrize("kind", SAYS)
def test_a_byte_order_mark_carriage_returns_and_noise_lose_nothing(
    awk: list[str], kind: str
) -> None:
    raw = "\ufeff" + lines(*SAYS[kind]("Yes.")).replace("\n", "\r\n")
    got = unwrap(awk, f"{raw}\0\0\n\udcff{{\n".encode(errors="surrogateescape"), kind)
    assert (got.verdict, got.answer) == ("ok", b"Yes.")


def test_codex_reports_its_tokens_before_a_turn_that_fails(awk: list[str]) -> None:
    used = {"usage": {"input_tokens": "3", "cached_input_tokens": -1, "output_tokens": 4}}
    events = [{"type": "turn.completed", **used}, {"type": "turn.started"}, {"type": "turn.failed"}]
    assert unwrap(awk, lines(*events), "codex").figures == ["tokens_in 3", "tokens_out 4"]


def test_codex_may_try_again_and_succeed(awk: list[str]) -> None:
    retry = {"type": "error", "message": "Reconnecting... 1/5 (rate limit)"}
    note = {"type": "item.completed", "item": {"type": "error", "message": "a note"}}
    got = unwrap(awk, lines(note, retry, *codex_says("yes")), "codex")
    assert (got.verdict, got.answer) == ("ok", b"yes")


def test_codex_tells_of_what_it_was_not_allowed(awk: list[str]) -> None:
    item = {"type": "command_execution", "command": "rm -r build", "status": "declined"}
    got = unwrap(awk, lines({"type": "item.completed", "item": item}, *codex_says("ok")), "codex")
    assert (got.verdict, got.answer) == ("error permission denied: rm -r build", None)


@pytest.mark.parametrize(
    ("events", "verdict"),
    [
        ([{"type": "turn.failed"}], "error the turn failed, without a reason"),
        ([{"type": "turn.failed", "error": {"message": "no"}}], "error no"),
        ([{"type": "error", "message": "gone"}], "error gone"),
        (codex_says("half")[:2], "error no turn was completed: the answer is incomplete"),
        ([*codex_says("one"), {"type": "turn.failed", "error": {"message": "two"}}], "error two"),
    ],
)
def test_codex_fails(awk: list[str], events: list[dict[str, Any]], verdict: str) -> None:
    got = unwrap(awk, lines(*events), "codex")
    assert (got.verdict, got.answer) == (verdict, None)


def test_a_cli_that_only_complains(awk: list[str]) -> None:
    for kind in ("claude", *SAYS, "llm", "aider"):
        got = unwrap(
            awk, "", kind, stderr="Hi\nerror: no such option\nat line 3\n\n", ending="exit status 2"
        )
        assert got.verdict == "error exit status 2: error: no such option", kind


# --- gemini ---


def test_gemini_counts_what_all_its_models_used(awk: list[str]) -> None:
    def used(prompt: int, candidates: int, thoughts: int, calls: int) -> dict[str, Any]:
        tokens = {"prompt": prompt, "candidates": candidates, "thoughts": thoughts}
        return {"api": {"totalRequests": calls}, "tokens": tokens}

    stats = {"models": {"small": used(10, 2, 0, 1), "large": used(3_000_000_000, 40, 5, 2)}}
    got = unwrap(awk, lines({"response": "yes", "stats": stats}), "gemini")
    assert got.figures == [
        "tokens_in 3000000010",
        "tokens_out 47",
        "turns 3",
        "model large",
    ]


def test_a_response_with_an_error_is_none(awk: list[str]) -> None:
    error = {"response": "half", "error": {"type": "X", "message": "limit of turns", "code": 53}}
    got = unwrap(awk, lines(error), "gemini")
    assert (got.verdict, got.answer) == ("error limit of turns", None)
    assert b"half" in (got.log or b"")


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        ({"message": "Too many requests", "code": 429}, "error API 429: Too many requests"),
        (
            {"message": "Invalid auth method selected.", "code": 41},
            "error Invalid auth method selected.",
        ),
        ({"type": "FatalTurnLimitedError"}, "error FatalTurnLimitedError"),
    ],
)
def test_gemini_tells_standard_error_why(
    awk: list[str], error: dict[str, Any], verdict: str
) -> None:
    stderr = f"Hook: {{\n{json.dumps({'session_id': 's', 'error': error}, indent=2)}\n"
    assert unwrap(awk, "", "gemini", stderr=stderr, ending="exit status 1").verdict == verdict


@pytest.mark.parametrize("error", [{"level": "info"}, {"error": {"message": "retrying"}}])
def test_a_whole_answer_of_gemini_counts_whatever_standard_error_has(
    awk: list[str], error: dict[str, Any]
) -> None:
    stderr = f"[MCP] {{\n{json.dumps(error, indent=1)}\n"
    got = unwrap(awk, lines({"response": "Yes."}), "gemini", stderr=stderr)
    assert (got.verdict, got.answer) == ("ok", b"Yes.")


# --- opencode ---


def test_of_opencode_the_last_step_is_the_answer(awk: list[str]) -> None:
    first = opencode_says("I look.")
    first[-1]["part"]["reason"] = "tool-calls"
    last = [*opencode_says("Part one."), *opencode_says("Part two.")[1:]]
    del last[2]
    got = unwrap(awk, lines(*first, *last), "opencode")
    assert (got.verdict, got.answer) == ("ok", b"Part one.\n\nPart two.")
    assert got.figures == ["cost 1.000000", "turns 2"]


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [
        ("length", "error the answer is cut off: the model reached its limit of output"),
        ("tool-calls", "error the answer is incomplete: its last step ended with tool-calls"),
        (
            "content-filter",
            "error the answer is incomplete: its last step ended with content-filter",
        ),
    ],
)
def test_a_last_step_that_is_not_the_end(awk: list[str], reason: str, verdict: str) -> None:
    events = opencode_says("half")
    events[-1]["part"]["reason"] = reason
    got = unwrap(awk, lines(*events), "opencode")
    assert (got.verdict, got.answer) == (verdict, None)


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        ({"name": "UnknownError", "data": {"message": "no such model"}}, "error no such model"),
        ({"name": "MessageAborted"}, "error MessageAborted"),
        ("text", "error text"),
    ],
)
def test_an_error_of_the_session(awk: list[str], error: Any, verdict: str) -> None:
    events = [*opencode_says("half")[:-1], {"type": "error", "error": error}]
    got = unwrap(awk, lines(*events), "opencode")
    assert (got.verdict, got.answer) == (verdict, None)
    got = unwrap(awk, lines(*opencode_says("whole"), events[-1]), "opencode")
    assert (got.verdict, got.answer) == ("ok", b"whole")


@pytest.mark.parametrize(
    "why",
    [
        "The user has specified a rule which prevents you from using this specific tool call. Here",
        "The user rejected permission to use this specific tool call.",
    ],
)
def test_opencode_tells_of_what_it_was_not_allowed(awk: list[str], why: str) -> None:
    state = {"status": "error", "error": why}
    denied = {"type": "tool_use", "part": {"type": "tool", "tool": "bash", "state": state}}
    got = unwrap(awk, lines(denied, *opencode_says("done")), "opencode")
    assert (got.verdict, got.answer) == ("error permission denied: bash", None)
    state["error"] = "exit status 1: permission denied"
    assert unwrap(awk, lines(denied, *opencode_says("done")), "opencode").verdict == "ok"


# --- llm and aider print the answer itself ---


def test_an_answer_without_an_envelope_stays_where_it_is(awk: list[str]) -> None:
    got = unwrap(awk, 'Yes.\n{"type":"error"}\n', "llm")
    assert (got.verdict, got.answer, got.log, got.figures) == ("ok", None, None, [])


AIDER = "Aider v0.86.1\nYes.\n\nTokens: 2.3k sent, 11 received. Cost: $0.0007 message, $0.0012 session.\n"
FAILED = "litellm.AuthenticationError: AnthropicException - invalid x-api-key"


@pytest.mark.parametrize(
    ("raw", "verdict"),
    [
        (AIDER, "ok"),
        (f"{FAILED}\n{AIDER}", f"error {FAILED}"),
        (f"litellm.RateLimitError: slow\nRetrying in 0.2 seconds...\n{AIDER}", "ok"),
        (
            f"{AIDER}\n\nModel gpt-4o has hit a token limit!\nToken counts below are approximate.\n",
            "error the answer is cut off: Model gpt-4o has hit a token limit!",
        ),
        (
            f"{AIDER}The LLM did not conform to the edit format.\nOnly 3 reflections allowed, stopping.\n",
            "error its edits were not applied: The LLM did not conform to the edit format.",
        ),
        (
            f'{AIDER}Traceback (most recent call last):\n  File "/x/aider/coders/a.py", line 1, in f\n'
            "    f()\nKeyError: 'choices'\n",
            "error aider itself failed: KeyError: 'choices'",
        ),
    ],
)
def test_aider_ends_with_0_whatever_happened(awk: list[str], raw: str, verdict: str) -> None:
    got = unwrap(awk, raw, "aider")
    assert got.verdict == verdict
    assert got.answer == (b"Yes.\n" if verdict == "ok" else None)
    assert got.figures == ["tokens_in 2300", "tokens_out 11", "cost 0.0012"]


AIDER_TURNS = """\

HTTPSConnectionPool(host='raw.githubusercontent.com', port=443): Max retries exceeded
Aider v0.86.2
Main model: openai/gpt-4o with diff edit format
Weak model: gpt-4o-mini
Git repo: none
Repo-map: disabled
Added src/a.py to the chat.

# First

Aider v1 is what I would use.

Tokens: 1.0k sent, 20 received. Cost: $0.0027 message, $0.0027 session.
Applied edit to src/a.py

Then the tests.

Tokens: 2.0k sent, 20 received. Cost: $0.0027 message, $0.0054 session.
"""


def test_the_words_of_aider_itself_are_left_out(awk: list[str]) -> None:
    got = unwrap(awk, AIDER_TURNS, "aider")
    answer = b"# First\n\nAider v1 is what I would use.\n\nThen the tests.\n"
    assert (got.verdict, got.answer) == ("ok", answer)
    assert got.figures == ["tokens_in 3000", "tokens_out 40", "cost 0.0054"]
    misfit = AIDER_TURNS.replace(
        "Applied edit to src/a.py", "The LLM did not conform to the edit format."
    )
    assert unwrap(awk, misfit, "aider").verdict == "ok"
    banner = AIDER_TURNS.partition("# First")[0]
    banner += "Empty response received from LLM. Check your provider account?\n"
    got = unwrap(awk, banner, "aider")
    assert (got.verdict, got.answer) == ("error empty answer", None)
