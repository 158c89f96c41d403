"""transient.awk: which failures are worth another try, on every awk."""

from __future__ import annotations

import pytest

from tests.harness import run_awk, runtime

PROGRAM = runtime() / "lib.awk"


def judge(awk: list[str], *lines: str, account: str = "") -> str:
    """What is said of a failure: its reason, and the lines that were printed.

    account: the facts of the envelope.
    """
    done = run_awk(
        awk,
        "-v",
        "program=transient",
        "-v",
        f"account={account}",
        "-f",
        PROGRAM,
        input="".join(f"{line}\n" for line in lines).encode(),
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode().removesuffix("\n")


# As the CLIs print them: those named in the comments of transient.awk.
TRANSIENT = """\
API 529: API Error: 529 Overloaded. This is a server-side issue, usually temporary
API 429: API Error: Request rejected (429) · This request would exceed your rate limit
API Error: Unable to connect to API (ConnectionRefused)
API Error: Connection to the API was lost (ECONNRESET). This is usually temporary
API 500: API Error: Internal server error
exceeded retry limit, last status: 429 Too Many Requests
unexpected status 503 Service Unavailable: overloaded, url: http://127.0.0.1:1/v1/responses
stream disconnected before completion: error sending request for url (http://127.0.0.1:1/)
exit status 1: Error: Error code: 429 - Too many requests
exit status 1: Error: Connection error.
API 429: Resource has been exhausted (e.g. check quota).
The model returned an empty response. This may be a transient API issue; please try again.
exit status 7: curl: (7) Failed to connect to localhost port 11434: Connection refused
exit status 1: Error: connect ECONNREFUSED 127.0.0.1:11434
exit status 1: httpx.RemoteProtocolError: Server disconnected without sending a response.
exit status 1: litellm.RateLimitError: AnthropicException - rate_limit_error
no result event: the answer is incomplete (overloaded_error)
API Error: terminated
TypeError: terminated
API Error: Stream idle timeout - partial response received
API Error: The operation timed out.
exit status 1: Error: net/http: TLS handshake timeout
API Error: no healthy upstream
API Error: upstream connect error or disconnect/reset before headers. reset reason: connection timeout
exit status 1: API Error: Repeated 529 Overloaded errors
exit status 1: Request failed: 429
InternalServerError: try again
"""
FINAL = """\
exit status 1: The API answers 429 Too Many Requests when a rate limit is hit.
exit status 1: process terminated
exit status 143: terminated by the user
API 429: Usage limit reached
API 400: overloaded operators are not supported
API 401: Invalid API key
API 400: max_tokens: 429 is too small
unexpected status 401 Unauthorized: Bad key, url: http://127.0.0.1:34761/v1/responses
API 429: You exceeded your current quota, please check your plan and billing details.
API 400: Credit balance is too low
exit status 1: Error: Error code: 429 - {'error': {'type': 'insufficient_quota'}}
API 429: You have exhausted your daily quota on this model.
permission denied: Bash
empty answer
timed out after 1800s
the prompt has 1048577 bytes, over max_prompt (1048576): read less, or raise it
exit status 1
exit status 1: 503 tests failed
exit status 2: line 429: syntax error
it did not write docs/rate-limits.md, as it was asked to
"""


@pytest.mark.parametrize("reason", TRANSIENT.splitlines())
def test_the_api_is_to_blame(awk: list[str], reason: str) -> None:
    assert judge(awk, reason) == "transient"


@pytest.mark.parametrize("reason", FINAL.splitlines())
def test_another_try_would_end_as_this_one(awk: list[str], reason: str) -> None:
    assert judge(awk, reason) == "final"


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("Error: 503 Service Unavailable", "transient"),
        ("\x1b[31mError: fetch failed\x1b[0m", "transient"),
        ("[ERROR] request failed: Too Many Requests", "transient"),
        ("openai.RateLimitError: slow down: rate limit", "transient"),
        ('{"type":"error","message":"Reconnecting... 5/5 (rate limit reached)"}', "transient"),
        ('    "code": 429,', "transient"),
        ("Error: insufficient_quota (429 Too Many Requests)", "final"),
        ("The API answers 429 Too Many Requests when a rate limit is hit.", "final"),
        ("# How we handle ECONNRESET and overloaded servers", "final"),
        ('{"type":"assistant","message":"rate limit, 529 overloaded"}', "final"),
        ("Errors such as 503 Service Unavailable are retried.", "final"),
    ],
)
def test_lines_count_if_the_reason_tells_nothing_and_they_are_errors(
    awk: list[str], line: str, verdict: str
) -> None:
    assert judge(awk, "exit status 1", "Working.", line, "bye") == verdict
    assert judge(awk, "permission denied: Bash", line) == "final"
    assert judge(awk, "API 529: overloaded", line) == "transient"


def test_what_is_final_outweighs(awk: list[str]) -> None:
    lines = ["Error: 429 Too Many Requests", "Error: insufficient_quota", "Error: fetch failed"]
    assert judge(awk, "exit status 1", *lines) == "final"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("retry-after: 30", 30),
        ("retry_after_ms: 1500", 2),
        ("Please wait for 40 seconds.", 40),
        ("Try again in about a minute.", 60),
        ("Retry-After: 7", 7),
        ("Please retry after 12 seconds.", 12),
        ("Please try again in 1.898s.", 2),
        ("Please try again in 20ms.", 1),
        ("Please try again in 6m0.5s.", 361),
        ("Please retry in 34.07s.", 35),
        ('"retryDelay": "34s"', 34),
        ("retry-after-ms: 1500", 2),
        ("retry_delay_ms: 1500", 2),
    ],
)
def test_the_wait_that_is_asked_for(awk: list[str], text: str, seconds: int) -> None:
    assert judge(awk, f"API 429: Too many requests. {text}") == f"transient {seconds}"
    assert judge(awk, "exit status 1", f"Error: 429 Too Many Requests. {text}", "bye") == (
        f"transient {seconds}"
    )
    assert judge(awk, f"API 401: no. {text}") == "final"


def test_the_longest_wait_counts(awk: list[str]) -> None:
    lines = [f"Error: rate limit, try again in {n}s" for n in (5, 60, 7)]
    assert judge(awk, "exit status 1", *lines) == "transient 60"


def test_a_quota_of_each_minute_is_no_used_up_quota(awk: list[str]) -> None:
    words = "API 429: You exceeded your current quota, please check your plan and billing details."
    assert judge(awk, f"{words} Please retry in 34.07s.") == "transient 35"


def test_several_files_and_odd_ones(awk: list[str], tmp_path: object) -> None:
    assert judge(awk) == "final"
    assert judge(awk, "", "Error: fetch failed") == "final"
    assert judge(awk, "exit status 1", "Error: fetch failed" + "x" * 100_000) == "transient"


@pytest.mark.parametrize(
    ("account", "reason", "verdict"),
    [
        ("api 529;", "API 529: something new", "transient"),
        ("api 503;retry 12.5;", "API 503: wait", "transient 13"),
        ("api 400;", "API 400: 429 Too Many Requests", "final"),
        ("class overloaded;", "hm", "transient"),
        ("class authentication_failed;", "overloaded", "final"),
        ("class something_new;", "hm", "final"),
        ("api 429;limit 1800000000;", "API 429: hm", "limit at 1800000000"),
        ("api 429;retry 86400;", "API 429: hm", "limit in 86400"),
        ("api 529;retry 9999999999999999;", "API 529: hm", "transient 3600"),
        ("api 429;limit 1800000000000;", "API 429: hm", "limit at 1800000000"),
    ],
)
def test_a_class_decides_before_words(
    awk: list[str], account: str, reason: str, verdict: str
) -> None:
    assert judge(awk, reason, account=account) == verdict


LIMITS = {
    "Claude AI usage limit reached|1795000000": "at 1795000000",
    "You've hit your limit · resets 3pm (Europe/Berlin)": "clock Europe/Berlin resets 3pm (Europe/Berlin)",
    "5-hour limit reached ∙ resets Oct 9, 5pm": "clock - resets Oct 9, 5pm",
    "You've hit your usage limit. Try again in 3 days 4 hours 5 minutes.": "in 273900",
    "You've hit your usage limit. Try again at Nov 28th, 3:04 PM.": "clock - Try again at Nov 28th, 3:04 PM.",
    "Your quota will reset after 18h30m21s.": "in 66621",
    '{"type":"usage_limit_reached","resets_in_seconds":3600}': "in 3600",
    "usage limit reached, resets in 45 minutes": "in 2700",
    "usage limit reached|99999999999999999999": "at 2147483647",
    "Claude AI usage limit reached|1795000000000": "at 1795000000",
    "usage limit reached, resets at 1795000000.5": "at 1795000000",
    "You're out of extra usage · resets 3am (Asia/Tokyo)": "clock Asia/Tokyo resets 3am (Asia/Tokyo)",
    "Your limit will reset at 2026-11-27T18:00:00+01:00": "clock UTC reset at 2026-11-27T18:00:00+01:00",
    "usage limit reached, resets at 6 PM PST": "clock America/Los_Angeles resets at 6 PM PST",
    "Usage limit reached. Try again in 1h 5m.": "in 3900",
    "Usage limit reached. Please wait 65 minutes.": "in 3900",
    "usage limit reached. It resets in about an hour": "in 3600",
    "Weekly limit reached. It resets in 2 weeks": "in 1209600",
}


@pytest.mark.parametrize("words", LIMITS)
def test_a_usage_limit_says_when_it_resets(awk: list[str], words: str) -> None:
    assert judge(awk, f"API 429: {words}") == f"limit {LIMITS[words]}"
    assert judge(awk, "exit status 1", f"Error: {words}") == f"limit {LIMITS[words]}"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("resets 3pm", 300),
        ("resets at 10:30 am", 70500),
        ("resets 2:54pm", 0),
        ("resets Nov 30 at 5pm (America/New_York)", 266700),
        ("resets Mon 9:00", 237900),
        ("try again at Nov 28th, 2026 3:04 PM.", 86940),
        ("resets 2026-11-27 23:55 UTC", 32400),
        ("resets jan 2, 9am", 3089100),
        ("resets 2026-11-27T16:00:00+01:00", 300),
        ("reset at 2026-11-27T10:30:00.5-0500", 2100),
        ("resets 3am (europe/berlin)", 43500),
        ("retry-after: fri, 27 nov 2026 15:00:00 gmt", 300),
        ("resets 2020-01-01 00:00", 0),
    ],
)
def test_how_long_it_is_until_then(awk: list[str], text: str, seconds: int) -> None:
    today = "2026 11 27 5 14 55 00"
    words = ("-v", "program=clock", "-v", f"today={today}", "-f", runtime() / "lib.awk")
    done = run_awk(awk, *words, input=f"{text}\n".encode())
    assert (done.stdout, done.stderr) == (f"{seconds}\n".encode(), b"")


@pytest.mark.parametrize(
    ("log", "printed", "words"),
    [
        ("note\n", "API Error: 401 Invalid key\n", "API Error: 401 Invalid key"),
        ("Error: one\nError: two\nbye\n", "", "Error: two"),
        ("note\n", "an answer\nwithout an error\n", "note"),
        ("", "Error: quoted\n1\n2\n3\n4\n5\nlast\n", "last"),
        (
            "/x.js:1\nthrow new Error('boom')\n^\n\nError: boom\n    at f (/x.js:1:7)\n"
            "  [cause]: Error: other\n\nNode.js v22.1.0\n",
            "",
            "Error: boom",
        ),
        (
            'Traceback (most recent call last):\n  File "x.py", line 1, in <module>\n    raise Stop\n'
            "pkg.Stop: no more\n",
            "",
            "pkg.Stop: no more",
        ),
        ("", "", ""),
    ],
)
def test_the_line_that_says_why(awk: list[str], log: str, printed: str, words: str) -> None:
    text = f"{log}\n\x1e\n{printed}".encode()
    program = ("-v", "program=telling", "-f", runtime() / "lib.awk")
    done = run_awk(awk, *program, input=text)
    assert (done.stdout.decode(), done.stderr) == (f"{words}\n", b"")
