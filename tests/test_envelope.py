"""The runtime's JSON reader and `claude` envelope, on every awk, against Python's json module."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.envelopes import (
    as_file,
    dump,
    extras,
    few,
    is_unseen,
    keys,
    others,
    programs,
    scalars,
    texts,
    unwrap,
    values,
)
from tests.harness import run_awk, runtime

INCOMPLETE = "error no result event: the answer is incomplete"


def event(**members: Any) -> str:
    """A result event as one line of JSON, without its newline."""
    return json.dumps({"type": "result", **members})


warnings = st.sampled_from(
    [
        "",
        "Warning: no stdin",
        '> {"type":"result","result":"quoted"}',
        ' {"type":"result","result":"indented"}',
        '{"type":"result","result":"cut',
        '{"type":"result","result":"cut\\"',
        '{"type":"result","result":"trailing"},',
        '{"type":"result","result":"twice"}{"type":"result","result":"twice"}',
        "{",
        '{"type":',
        '{"type":"user","message":{',
        '[{"type":"result","result":"cut"},',
        "[WARN] {",
        "[2026-01-02 03:04:05] start {",
        '"type":"result"',
    ]
)


@few
@given(text=texts, extra=extras, first=st.booleans(), ascii_only=st.booleans(), data=st.data())
def test_the_answer_comes_out_byte_for_byte(
    awk: list[str],
    text: str,
    extra: dict[str, Any],
    first: bool,
    ascii_only: bool,
    data: st.DataObject,
) -> None:
    answer = {"type": "result", "result": text}
    envelope = {**answer, **extra} if first else {**extra, **answer}
    indent = data.draw(st.sampled_from([None, 0, 1, 4]), label="indent")
    raw = dump(envelope, ascii_only=ascii_only, indent=indent)
    expected = as_file(json.loads(raw)["result"])

    got = unwrap(awk, raw + data.draw(st.sampled_from(["", "\n", "\r\n", "\n\nbye\n"])))

    if not is_unseen(expected):
        assert (got.verdict, got.answer) == ("ok", expected)
    else:
        assert (got.verdict, got.answer) == ("error empty answer", None)
    assert got.result is not None
    assert got.result.rstrip(b"\r\n") == raw.encode()
    assert got.figures == []


@few
@given(
    before=st.lists(st.one_of(others, warnings), max_size=4),
    after=st.lists(st.one_of(others, warnings), max_size=3),
    extra=extras,
    ascii_only=st.booleans(),
)
def test_lines_that_are_not_the_envelope_go_to_the_log(
    awk: list[str],
    before: list[dict[str, Any] | str],
    after: list[dict[str, Any] | str],
    extra: dict[str, Any],
    ascii_only: bool,
) -> None:
    def line(item: dict[str, Any] | str) -> str:
        return item if isinstance(item, str) else dump(item, ascii_only=ascii_only, indent=None)

    envelope = line({**extra, "type": "result", "result": "yes"})
    rest = [line(item) for item in (*before, *after)]
    raw = [*map(line, before), envelope, *map(line, after)]

    got = unwrap(awk, "\n".join(raw) + "\n")

    assert (got.verdict, got.answer) == ("ok", b"yes")
    assert got.result == envelope.encode() + b"\n"
    logged = [line for line in rest if not is_json(line)]
    assert (got.log or b"").decode() == "".join(f"{line}\n" for line in logged)


@few
@given(
    before=st.lists(st.one_of(others, values), max_size=3),
    after=st.lists(st.one_of(others, scalars), max_size=2),
    text=texts,
    ascii_only=st.booleans(),
    indent=st.sampled_from([None, 0, 2]),
)
def test_one_array_holds_all_events(
    awk: list[str],
    before: list[Any],
    after: list[Any],
    text: str,
    ascii_only: bool,
    indent: int | None,
) -> None:
    rest = [item for item in before if not is_result(item)]
    envelope = {"type": "result", "result": text + ".", "usage": {"output_tokens": 5}}
    raw = dump([*rest, envelope, *after], ascii_only=ascii_only, indent=indent)

    got = unwrap(awk, f"Warning: first\n{raw}\nbye\n")

    parsed = json.loads(raw)
    assert (got.verdict, got.figures) == ("ok", ["tokens_out 5"])
    assert got.answer == as_file(parsed[len(rest)]["result"])
    assert got.result is not None
    assert got.result.count(b"\n") == 1
    assert json.loads(got.result) == parsed[len(rest)]
    assert got.log == b"Warning: first\nbye\n"


def is_json(line: str) -> bool:
    """Is this line an object, as an event is?"""
    try:
        return line.startswith("{") and isinstance(json.loads(line), dict)
    except ValueError:
        return False


def is_result(item: Any) -> bool:
    """Would this event be taken for an envelope?"""
    return isinstance(item, dict) and item.get("type") == "result"


def test_the_last_result_event_counts(awk: list[str]) -> None:
    first, last = event(result="one"), event(result="two")
    got = unwrap(awk, f"{first}\n{last}\n{{}}\n")
    assert (got.verdict, got.answer, got.result) == ("ok", b"two", f"{last}\n".encode())
    assert got.log is None


def test_figures_are_printed_as_written_and_only_if_known(awk: list[str]) -> None:
    raw = (
        '{"type":"result","result":"r","total_cost_usd":1.50e-2,"num_turns":3,"session_id":"a\\nb",'
        '"usage":{"input_tokens":4,"cache_creation_input_tokens":3000000000,'
        '"cache_read_input_tokens":20,"output_tokens":70,"server":{"output_tokens":9}},'
        '"modelUsage":{"m":{"num_turns":8}}}'
    )
    assert unwrap(awk, raw).figures == [
        "cost 1.50e-2",
        "tokens_in 3000000024",
        "tokens_out 70",
        "cache_read 20",
        "cache_write 3000000000",
        "turns 3",
        "session a b",
    ]


@pytest.mark.parametrize(
    ("members", "figures"),
    [
        ({}, []),
        ({"total_cost_usd": None, "num_turns": "n", "session_id": None, "usage": None}, []),
        ({"total_cost_usd": -1.5, "usage": {"input_tokens": -5, "output_tokens": []}}, []),
        ({"usage": {}, "x": {"total_cost_usd": 1}}, []),
        (
            {"usage": {"cache_read_input_tokens": 0}, "total_cost_usd": 0},
            ["cost 0", "tokens_in 0", "cache_read 0"],
        ),
    ],
)
def test_an_unknown_figure_is_not_printed(
    awk: list[str], members: dict[str, Any], figures: list[str]
) -> None:
    assert unwrap(awk, event(result="r", **members)).figures == figures


def test_a_number_that_is_written_as_a_string_counts(awk: list[str]) -> None:
    usage = {"input_tokens": "5", "output_tokens": "7"}
    raw = event(result="r", total_cost_usd="0.25", num_turns="2", usage=usage)
    assert unwrap(awk, raw).figures == ["cost 0.25", "tokens_in 5", "tokens_out 7", "turns 2"]


def test_without_a_cost_those_of_the_models_count(awk: list[str]) -> None:
    used = {"inputTokens": 1, "outputTokens": 2, "costUSD": 0.5}
    raw = event(result="r", total_cost_usd=None, modelUsage={"a": used, "b": used})
    assert unwrap(awk, raw).figures[:3] == ["cost 1.000000", "tokens_in 2", "tokens_out 4"]


def test_what_a_session_that_was_ended_has_used(awk: list[str]) -> None:
    def uses(message: str, sent: int) -> str:
        said = json.loads(says("half", message=message))
        said["message"]["usage"] = {
            "input_tokens": sent,
            "cache_read_input_tokens": 100,
            "cache_creation": {"ephemeral_5m_input_tokens": 0},
            "output_tokens": 3,
        }
        return json.dumps(said)

    raw = "\n".join([uses("m1", 10), uses("m1", 10), uses("m2", 20)]) + "\n"
    got = unwrap(awk, raw, ending="timed out after 5s")
    assert got.verdict == "error timed out after 5s"
    assert got.figures == ["tokens_in 230", "tokens_out 6", "cache_read 200"]
    whole = event(result="half", usage={"input_tokens": 30, "output_tokens": 8})
    assert unwrap(awk, f"{raw}{whole}\n").figures[:2] == ["tokens_in 30", "tokens_out 8"]
    assert unwrap(awk, f"{raw}{whole}\n{uses('m3', 1)}\n").figures[:2] == [
        "tokens_in 131",
        "tokens_out 11",
    ]


LONG = "é" * 400
BASH, WRITE = {"tool_name": "Bash", "tool_input": {"tool_name": "no"}}, {"tool_name": "Write"}
ERRORS: list[tuple[dict[str, Any], str]] = [
    ({"is_error": True, "result": "out of luck"}, "error out of luck"),
    ({"is_error": True, "result": "\n\ta\x1b[31mb\n\x7f"}, "error ab  "),
    ({"is_error": True, "result": LONG}, "error " + "é" * 146),
    ({"is_error": True, "result": "x" * 400}, "error " + "x" * 294),
    (
        {"is_error": True, "api_error_status": 401, "result": "Invalid API key"},
        "error API 401: Invalid API key",
    ),
    ({"is_error": True, "api_error_status": 529, "result": ""}, "error API 529"),
    ({"is_error": True, "api_error_status": None, "result": "hm"}, "error hm"),
    ({"is_error": True, "errors": ["one", {"message": "two"}]}, "error one; two"),
    ({"is_error": True, "result": " ", "errors": ["one"]}, "error one"),
    ({"is_error": True, "subtype": "error_max_turns"}, "error error_max_turns"),
    ({"is_error": True, "subtype": "success"}, "error the CLI reports an error and no reason"),
    ({"is_error": True, "permission_denials": [BASH], "result": "first"}, "error first"),
    (
        {"permission_denials": [BASH, WRITE, BASH], "result": "done"},
        "error permission denied: Bash, Write (to permit edits: "
        '"permissions": "acceptEdits" in the plan, or --permissions acceptEdits)',
    ),
    ({"permission_denials": [{}], "result": "done"}, "error permission denied"),
    ({"permission_denials": [BASH]}, "error permission denied: Bash"),
    ({"subtype": "success"}, "error no text in the result event"),
    ({"result": None, "is_error": False}, "error no text in the result event"),
    ({"result": ["a"], "errors": []}, "error no text in the result event (a)"),
    ({"errors": ["too many turns"]}, "error no text in the result event (too many turns)"),
    ({"result": ""}, "error empty answer"),
    ({"is_error": "true", "result": "no"}, "error no"),
    ({"is_error": 1, "result": "no"}, "error no"),
    (
        {"is_error": False, "api_error_status": 500, "result": "API Error: 500 Internal"},
        "error API 500: API Error: 500 Internal",
    ),
    (
        {"is_error": False, "stop_reason": "max_tokens", "result": "half"},
        "error the answer is cut off: the model reached its limit (max_tokens)",
    ),
    (
        {"is_error": False, "stop_reason": "refusal", "result": "half"},
        "error the answer is incomplete: the model refused to go on",
    ),
    ({"result": " \n\t\r\n", "subtype": "success"}, "error empty answer"),
]


@pytest.mark.parametrize(("members", "verdict"), ERRORS)
def test_an_envelope_in_error_gives_no_answer(
    awk: list[str], members: dict[str, Any], verdict: str
) -> None:
    raw = event(**members, total_cost_usd=0.25)
    got = unwrap(awk, raw)
    assert (got.verdict, got.figures) == (verdict, ["cost 0.25"])
    assert len(got.verdict.encode()) <= 300
    assert (got.answer, got.result) == (None, f"{raw}\n".encode())


@pytest.mark.parametrize(
    "members",
    [
        {"is_error": False, "permission_denials": [], "api_error_status": None},
        {"x": {"is_error": True, "permission_denials": [BASH], "result": "no"}},
        {"error": "x", "type ": "error", "results": "no"},
        {"is_error": None, "stop_reason": "end_turn"},
        {"is_error": False, "api_error_status": 529},
    ],
)
def test_nothing_else_makes_an_error(awk: list[str], members: dict[str, Any]) -> None:
    got = unwrap(awk, event(**members, result="fine"))
    assert (got.verdict, got.answer, got.log) == ("ok", b"fine", None)


@pytest.mark.parametrize(
    ("raw", "verdict"),
    [
        ("", INCOMPLETE),
        ("\n", INCOMPLETE),
        ("Invalid API key\n", INCOMPLETE),
        ('{"type":"system"}\n[]\n{}\n', INCOMPLETE),
        ('"type":"result"\n', INCOMPLETE),
        ('{"type":["result"],"result":"x"}\n', INCOMPLETE),
        ('{"type":"RESULT","result":"x"}\n', INCOMPLETE),
        ('[[{"type":"result","result":"x"}]]\n', INCOMPLETE),
        ('{"type":"assistant","error":"overloaded"}\n', f"{INCOMPLETE} (overloaded)"),
        (
            '{"type":"error","error":{"type":"x","message":"Too\\nbusy"}}\n{"error":null}\n{',
            f"{INCOMPLETE} (Too busy)",
        ),
    ],
)
def test_no_result_event(awk: list[str], raw: str, verdict: str) -> None:
    got = unwrap(awk, raw)
    assert (got.verdict, got.answer, got.result) == (verdict, None, None)
    logged = [line for line in raw.splitlines() if line[:1] not in ("[", "{") or line == "{"]
    assert (got.log or b"").decode() == "".join(f"{line}\n" for line in logged)


def says(text: str, *, message: str, parent: str | None = None) -> str:
    """An event of claude's stream in which a model says `text`, as part of `message`."""
    content = [{"type": "text", "text": text}, {"type": "thinking", "thinking": "no"}]
    body = {"id": message, "content": content, "stop_reason": None}
    return json.dumps({"type": "assistant", "message": body, "parent_tool_use_id": parent})


def hears(text: str, **more: Any) -> str:
    """An event in which the assistant is spoken to."""
    message = {"role": "user", "content": [{"type": "text", "text": text}]}
    return json.dumps({"type": "user", "message": message, "parent_tool_use_id": None, **more})


USER = json.dumps({"type": "user", "message": {}, "parent_tool_use_id": None})
GO_ON = hears("Output token limit hit. Resume directly.", isSynthetic=True)
HOOK = hears("Stop hook feedback: write the second, too", isSynthetic=True)
USES = json.dumps(
    {
        "type": "assistant",
        "message": {"id": "1", "content": [{"type": "tool_use", "id": "t", "name": "Read"}]},
        "parent_tool_use_id": None,
    }
)


@pytest.mark.parametrize(
    ("events", "answer"),
    [
        (
            [says("one, ", message="1"), says("two, ", message="2"), says("end", message="3")],
            "one, two, end",
        ),
        ([says("# One\n", message="1"), says("# Two", message="1")], "# One\n# Two"),
        ([says("Let me look.", message="1"), USER, says("end", message="2")], "end"),
        ([says("head, ", message="1"), GO_ON, says("tail", message="2")], "head, tail"),
        ([says("first", message="1"), HOOK, says("second", message="2")], "second"),
        ([says("Let me look.", message="1"), USES, says("end", message="2")], "end"),
        (
            [
                USER,
                says("é\n", message="1"),
                says("sub", message="x", parent="t"),
                says("end", message="2"),
            ],
            "é\nend",
        ),
        ([says("", message="1"), says("end", message="2")], "end"),
        (
            [
                says("end", message="1").replace(
                    '[{"type": "text", "text": "end"}, ', '"end", "x": ['
                )
            ],
            "end",
        ),
        ([], "end"),
    ],
)
def test_an_answer_that_was_cut_off_and_continued_is_whole(
    awk: list[str], events: list[str], answer: str
) -> None:
    got = unwrap(awk, "\n".join([*events, event(result="end")]) + "\n")
    assert (got.verdict, got.answer) == ("ok", answer.encode())


SYSTEM, ANSWER = {"type": "system"}, {"type": "result", "result": 'é\\"', "n": {"type": "result"}}
PRETTY = dump(ANSWER, ascii_only=False, indent=1)
FORMS = {
    "lines": (dump(SYSTEM, ascii_only=False, indent=None) + "\n", json.dumps(ANSWER), "\n{}\n"),
    "pretty": ("Hi\n", PRETTY, "\n"),
    "array": ("", f"[\n{json.dumps(SYSTEM)},\n{PRETTY}]", "\n"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_file_cut_anywhere_is_ok_only_with_the_whole_event(awk: list[str], form: str) -> None:
    head, body, tail = (part.encode() for part in FORMS[form])
    raw = head + body + tail
    for size in range(len(raw) + 1):
        got = unwrap(awk, raw[:size])
        if size >= len(head + body):
            assert (got.verdict, got.answer) == ("ok", 'é\\"'.encode()), raw[:size]
        else:
            assert (got.verdict, got.answer, got.result) == (INCOMPLETE, None, None), raw[:size]


def test_a_long_answer(awk: list[str]) -> None:
    text = ("x" * 46 + '\n"\\é' + "{" * 46 + "\t") * 20_000
    got = unwrap(awk, json.dumps(SYSTEM) + "\n" + event(result=text))
    assert got.verdict == "ok"
    assert got.answer == text.encode()


@pytest.mark.parametrize("text", ["\\" * 30_000, '"' * 30_000, "中" * 30_000, "\\x\\\\" * 9_999])
def test_nothing_but_escapes(awk: list[str], text: str) -> None:
    assert unwrap(awk, event(result=text)).answer == text.encode()


def test_an_answer_that_does_not_fit_on_the_disk_is_never_ok(
    awk: list[str], tmp_path: Path
) -> None:
    source, answer = tmp_path / "raw", tmp_path / "answer"
    source.write_text(event(result="line\n" * 9999))
    small_disk = ["sh", "-c", 'trap "" XFSZ; ulimit -f 16; exec "$@"', "sh", *awk]
    done = run_awk(small_disk, "-v", f"answer={answer}", *programs("claude"), source)
    assert answer.stat().st_size < 9999
    assert (done.returncode, done.stdout) != (0, b"")
    assert done.stdout in (b"", f"error cannot write {answer}\n".encode())


def test_files_that_are_not_named_are_not_written(awk: list[str], tmp_path: Path) -> None:
    source = tmp_path / "raw"
    source.write_text(f"hi\n{event(result='r', num_turns=1)}\n")
    done = run_awk(awk, *programs("claude"), source, cwd=tmp_path)
    assert done.stdout == b"ok\nturns 1\n"
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


def library(awk: list[str], program: str, text: bytes) -> bytes:
    """Run a program that uses json.awk with `text` on its standard input."""
    with tempfile.NamedTemporaryFile("w", suffix=".awk") as source:
        source.write(program)
        source.flush()
        done = run_awk(awk, "-f", runtime() / "lib.awk", "-f", source.name, input=text)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout


QUOTE = '{ line[NR] = $0 } END { print json_quote(json_join(line, 1, NR, "\\n")) }'


@few
@given(text=texts.map(lambda text: as_file(text).decode()))
@example("".join(map(chr, range(1, 0x180))))
@example("")
@example('"\\\n' * 20_000)
def test_quoted_text_reads_back(awk: list[str], text: str) -> None:
    quoted = library(awk, QUOTE, text.encode() + b"\n").decode()
    assert json.loads(quoted) == text
    assert quoted == json.dumps(text, ensure_ascii=False) + "\n"


SCAN = r"""
{
  print json_scan($0, value, kind)
  for (name in kind) {
    shown = kind[name] == "string" ? json_quote(json_text(value[name])) : value[name]
    print json_quote(name) " " kind[name] " " shown
  }
}
"""
KINDS = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}
KINDS |= {dict: "object", list: "array"}


def as_files(value: Any) -> Any:
    """A string as a file can hold it; anything else as it is."""
    return as_file(value).decode() if isinstance(value, str) else value


@few
@given(
    value=st.one_of(st.lists(values, max_size=5), st.dictionaries(keys, values, max_size=5)),
    ascii_only=st.booleans(),
    separators=st.sampled_from([(",", ":"), (" ,\t", " : ")]),
)
def test_a_scan_tells_the_members_and_their_kinds(
    awk: list[str], value: Any, ascii_only: bool, separators: tuple[str, str]
) -> None:
    plain = json.dumps(value, ensure_ascii=ascii_only, separators=separators)
    text = re.sub("[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", plain)
    parsed = json.loads(text)
    members = parsed.items() if isinstance(parsed, dict) else enumerate(parsed, 1)
    expected = {as_files(str(key)): (KINDS[type(one)], as_files(one)) for key, one in members}

    root, *lines = library(awk, SCAN, text.encode() + b"\n").decode().split("\n")[:-1]

    assert root == KINDS[type(parsed)]
    got = {}
    for line in lines:
        key, end = json.JSONDecoder().raw_decode(line)
        of, written = line[end + 1 :].split(" ", 1)
        got[key] = (of, json.loads(written))
    assert got == expected


BAD = """
{ } [ ] {"a"} {"a":} {"a":1,} {,} {"a":1"b":2} {1:2} {"a":1] [} [1,] [,] [1:2] [1"a"] ["a"1] [:]
{"a":tru} {"a":01} [1.] [.5] [+1] [-] [NaN] [1e] {"a":"x} {"a":"x\\"} {"a\\":1} {}{} {}, []] {}"a"
1 "s" true null {'a':1} [\\"a\\"] {"a"::1} ["a",,"b"] {"a":{} [{]}
"""


@pytest.mark.parametrize("text", ["", " ", "[1 2]", '{"a":1}\f{}', *BAD.split()])
def test_what_is_no_object_and_no_array_scans_as_nothing(awk: list[str], text: str) -> None:
    assert library(awk, SCAN, text.encode() + b"\n") == b"\n"


@pytest.mark.parametrize(
    ("text", "root", "member"),
    [
        (' {"a" :\t[ 1 , "b c" ]}\r', "object", '"a" array [1,"b c"]'),
        ('{"a":1,"a":"2"}', "object", '"a" string "2"'),
        ('{"\\u0061\\n":-0.5E+3}', "object", '"a\\n" number -0.5E+3'),
        ('["\\ud83d\\u0041 \\udc00\\ud800 \\u0000"]', "array", '"1" string "�A �� �"'),
        ('[{"a":{"b":[]},"c":{}}]', "array", '"1" object {"a":{"b":[]},"c":{}}'),
    ],
)
def test_how_members_are_shown(awk: list[str], text: str, root: str, member: str) -> None:
    assert library(awk, SCAN, text.encode() + b"\n").decode() == f"{root}\n{member}\n"
