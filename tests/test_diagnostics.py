"""What the user sees of a diagnostic, in each format."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.expectations import expect_words
from wavemake.plan.diagnostics import Diagnostic, Severity, Span, Where
from wavemake.plan.did_you_mean import did_you_mean
from wavemake.plan.printing import render_github, render_json, render_sarif, render_text


@dataclass
class Text:
    """A source whose places are given by the test."""

    name: str
    lines: Sequence[str]
    places: dict[Where, Span] = field(default_factory=dict)

    def locate(self, where: Where) -> Span:
        return self.places[where]

    def line(self, n: int) -> str:
        return self.lines[n - 1]


READS = Where(("agents", 0, "reads", 0))
NAME = Where(("agents", 0, "name"))
PLAN = Text(
    "plan.json",
    ["", '  {"name": "api-agent",', '    "reads": ["db-agnet"]}'],
    {READS: Span(3, 15, 10), NAME: Span(2, 12, 11)},
)
UNKNOWN = Diagnostic(
    "WM104",
    Severity.ERROR,
    "agent 'api-agent' reads 'db-agnet', which is not an agent in this plan",
    READS,
    "did you mean 'db-agent'?",
    ((NAME, "it is defined here"),),
)


def error(where: Where | Span, message: str = "wrong", hint: str = "") -> Diagnostic:
    return Diagnostic("WM001", Severity.ERROR, message, where, hint)


def shown(line: str, column: int, length: int = 1) -> tuple[str, str]:
    """The source line and the carets under it, without what stands left of them."""
    text = render_text([error(Span(1, column, length))], Text("p", [line]), colour=False)
    _, _, source, carets = text.splitlines()
    assert source.startswith("1 |")
    assert carets.startswith("  | ")
    return source[4:], carets[4:]


def test_text_shows_the_place_a_caret_and_how_to_mend_it() -> None:
    expect_words("diagnostics/text", render_text([UNKNOWN], PLAN, colour=False))


def test_text_is_sorted_by_place_then_code() -> None:
    found = [
        Diagnostic("WM2", Severity.NOTE, "b", Span(2, 1, 1)),
        Diagnostic("WM9", Severity.ERROR, "c", NAME),
        Diagnostic("WM1", Severity.WARNING, "a", Span(2, 1, 1)),
    ]
    text = render_text(found, PLAN, colour=False)
    assert [block.splitlines()[0] for block in text.split("\n\n")] == [
        "plan.json:2:1: warning[WM1]: a",
        "plan.json:2:1: note[WM2]: b",
        "plan.json:2:12: error[WM9]: c",
    ]


def test_nothing_to_say_is_no_text() -> None:
    assert render_text([], PLAN, colour=False) == ""


def test_colour_changes_nothing_but_the_colour() -> None:
    coloured = render_text([UNKNOWN], PLAN, colour=True)
    assert "\x1b[1;31merror[WM104]\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render_text([UNKNOWN], PLAN, colour=False)


def test_gutter_is_as_wide_as_the_line_number() -> None:
    text = render_text([error(Span(100, 1, 1), hint="a\nb")], Text("p", ["x"] * 100), colour=False)
    assert text == (
        "p:100:1: error[WM001]: wrong\n    |\n100 | x\n    | ^\n    = hint: a\n            b\n"
    )


@pytest.mark.parametrize(
    ("line", "column", "expected"),
    [
        ("\t\tx", 3, ("        x", "        ^")),
        ("日本x", 3, ("日本x", "    ^")),
        ("e\u0301x", 3, ("e\u0301x", " ^")),
        ("\x1b[2Jx\u202ey", 5, ("\ufffd[2Jx\ufffdy", "    ^")),
        ("ab", 3, ("ab", "  ^")),
        ("", 1, ("", "^")),
    ],
    ids=["tabs", "wide", "combining", "control", "line end", "empty"],
)
def test_caret_stands_under_the_place(line: str, column: int, expected: tuple[str, str]) -> None:
    assert shown(line, column) == expected


def test_wide_characters_are_marked_whole() -> None:
    assert shown("a日本b", 2, 2) == ("a日本b", " ^^^^")


def test_a_long_line_is_shown_around_the_place() -> None:
    line = "a" * 500_000 + "X" + "b" * 500_000
    assert shown(line, 500_001) == ("…" + "a" * 40 + "X" + "b" * 59 + "…", " " * 41 + "^")


def test_the_ends_of_a_long_line_are_shown_whole() -> None:
    line = "a" * 300
    assert shown(line, 1) == ("a" * 100 + "…", "^")
    assert shown(line, 300) == ("…" + "a" * 100, " " * 100 + "^")


def test_a_span_is_cut_at_the_end_of_the_window() -> None:
    assert shown("a" * 300, 1, 300) == ("a" * 100 + "…", "^" * 100)


TRICKY = "x\t\x00\x1b\x9b\u202e日é\u0301\ud800\U000e0041"


@given(st.text(st.sampled_from(TRICKY) | st.characters(), max_size=250), st.data())
def test_nothing_in_a_plan_reaches_the_terminal_raw(line: str, data: st.DataObject) -> None:
    line = line.replace("\n", "").replace("\r", "")
    column = data.draw(st.integers(1, len(line) + 1))
    length = data.draw(st.integers(1, max(1, len(line) + 1 - column)))
    found = error(Span(1, column, length), line, hint=line)
    text = render_text([found], Text(line, [line]), colour=False)
    text.encode()
    kinds = {unicodedata.category(char) for char in text.replace("\n", "")}
    assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert len(text.splitlines()) in (4, 5)


def test_json_has_every_place() -> None:
    place = {"file": "plan.json", "line": 3, "column": 15, "length": 10, "path": [*READS.path]}
    assert json.loads(render_json([(PLAN, [UNKNOWN])])) == {
        "schema": 1,
        "diagnostics": [
            {
                "code": "WM104",
                "severity": "error",
                "message": UNKNOWN.message,
                "hint": UNKNOWN.hint,
                **place,
                "related": [
                    {
                        "message": "it is defined here",
                        "file": "plan.json",
                        "line": 2,
                        "column": 12,
                        "length": 11,
                        "path": [*NAME.path],
                    }
                ],
            }
        ],
    }


def test_json_of_several_files_keeps_their_order() -> None:
    other = Text("a.json", ["x"])
    found = json.loads(render_json([(PLAN, [UNKNOWN]), (other, [error(Span(1, 1, 1))])]))
    assert [(d["file"], d["path"]) for d in found["diagnostics"]] == [
        ("plan.json", [*READS.path]),
        ("a.json", None),
    ]


def test_github_commands() -> None:
    note = Diagnostic("WM200", Severity.NOTE, "50% done:\nrest", Span(1, 1, 1))
    source = Text("a,b:c.json", ["x"])
    expect_words("diagnostics/github", render_github([(PLAN, [UNKNOWN]), (source, [note])]))


def test_github_message_cannot_start_a_command_of_its_own() -> None:
    found = error(Span(1, 1, 1), "x\r\n::add-mask::y\u2028z")
    assert render_github([(PLAN, [found])]) == (
        "::error file=plan.json,line=1,col=1,title=WM001::x\ufffd%0A::add-mask::y\ufffdz\n"
    )


RULES = {
    "WM104": ("unknown-read", "An agent reads what is not there.", "Correct the name."),
    "WM001": ("json-syntax", "Not JSON.", "Mend it."),
}


def test_sarif() -> None:
    log = json.loads(render_sarif([(PLAN, [UNKNOWN])], RULES, version="1.2.3"))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("wavemake", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == ["WM001", "WM104"]
    assert driver["rules"][1] == {
        "id": "WM104",
        "name": "unknown-read",
        "shortDescription": {"text": RULES["WM104"][1]},
        "help": {"text": "Correct the name."},
    }
    assert run["results"] == [
        {
            "ruleId": "WM104",
            "ruleIndex": 1,
            "level": "error",
            "message": {"text": f"{UNKNOWN.message}\n{UNKNOWN.hint}"},
            "locations": [location(3, 15, 25)],
            "relatedLocations": [
                {**location(2, 12, 23), "message": {"text": "it is defined here"}}
            ],
        }
    ]


def location(line: int, start: int, end: int) -> dict[str, object]:
    region = {"startLine": line, "startColumn": start, "endLine": line, "endColumn": end}
    return {"physicalLocation": {"artifactLocation": {"uri": "plan.json"}, "region": region}}


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("plans/é 1.json", "plans/%C3%A9%201.json"),
        ("a:b#c?.json", "a%3Ab%23c%3F.json"),
        ("/plans/x y.json", "file:///plans/x%20y.json"),
        ("<stdin>", "%3Cstdin%3E"),
        ("\udcff.json", "%FF.json"),
    ],
)
def test_sarif_names_files_by_uri(name: str, uri: str) -> None:
    log = json.loads(render_sarif([(Text(name, ["x"]), [error(Span(1, 1, 1))])], {}))
    (result,) = log["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri
    assert "ruleIndex" not in result


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("db-agnet", "db-agent"),
        ("DB-Agent", "db-agent"),
        ("db_agent", "db-agent"),
        ("dbagent", "db-agent"),
        ("db-agent", ""),
        ("frontend", ""),
        ("api-agnt", "api-agent"),
        ("x", ""),
        ("qb", "qa"),
        ("", ""),
        ("w" * 100_000, ""),
    ],
)
@pytest.mark.parametrize("others", [0, 1000], ids=["few", "many"])
def test_did_you_mean(word: str, meant: str, others: int) -> None:
    names = ["qa", "api-agent", "db-agent", "w" * 100_001, *(f"other{n}" for n in range(others))]
    assert did_you_mean(word, names) == (f"did you mean '{meant}'?" if meant else "")


def test_did_you_mean_does_not_depend_on_the_order() -> None:
    names = ["agent-b", "agent-a", "agent-c"]
    assert did_you_mean("agent-x", names) == did_you_mean("agent-x", names[::-1])
    assert did_you_mean("agent-x", names) == "did you mean 'agent-a'?"


def test_did_you_mean_prefers_another_case_to_another_letter() -> None:
    assert did_you_mean("api", ["apj", "API", "apk"]) == "did you mean 'API'?"


def test_did_you_mean_allows_a_third_of_the_letters_to_be_wrong() -> None:
    assert did_you_mean("abcdef", ["abcdxy"]) == "did you mean 'abcdxy'?"
    assert did_you_mean("abcdef", ["abcxyz"]) == ""
