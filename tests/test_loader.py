"""What becomes of a plan's text: its value, its places, and what is said if it cannot be read."""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.expectations import expect_words
from tests.harness import examples
from wavemake.plan.diagnostics import Path as PlanPath
from wavemake.plan.diagnostics import Severity, Span, Where
from wavemake.plan.loader import RULES, Document, SyntaxProblem, load, load_text
from wavemake.plan.printing import render_text

FUZZ = settings(
    max_examples=examples(300),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def problem(text: str | bytes, name: str) -> SyntaxProblem:
    with pytest.raises(SyntaxProblem) as caught:
        load_text(text, name)
    return caught.value


def said(text: str | bytes, name: str = "plan.json") -> str:
    """Everything that the user is reported."""
    found = problem(text, name)
    return render_text(found.diagnostics, found.source, colour=False)


def briefly(text: str | bytes, name: str) -> list[tuple[str, str]]:
    """What the user is reported: code, place and marked text; and the message with its hint."""
    found = problem(text, name)
    lines = []
    for diag in found.diagnostics:
        span = found.source.locate(diag.where)
        marked = found.source.line(span.line)[span.column - 1 :][: span.length]
        place = f"{diag.code} {span.line}:{span.column} {marked!r}"
        lines.append((place, diag.message + (diag.hint and f" [{diag.hint}]")))
    return lines


def value(text: str | bytes, name: str = "plan.yaml") -> Any:
    return load_text(text, name).value


# --- mistakes: where they are; what is said of each is in golden/words/loader ---

JSON_MISTAKES: list[tuple[str | bytes, str]] = [
    ("", "WM001 1:1 ''"),
    (" \n\n", "WM001 1:1 ' '"),
    ("hello", "WM001 1:1 'hello'"),
    ("None", "WM001 1:1 'None'"),
    ("a: 1\n", "WM001 1:1 'a: 1'"),
    ("Plan:\n{}", "WM001 1:1 'Plan:'"),
    ("Sure, here:\n{}", "WM001 1:1 'Sure, here:'"),
    ("{} ok?", "WM001 1:4 'ok?'"),
    ("{},", "WM001 1:3 ','"),
    ("{}}", "WM001 1:3 '}'"),
    ("{}\n{}", "WM001 2:1 '{'"),
    ("{}\n```\n", "WM001 2:1 '```'"),
    ('{"a": [\r}\n{"b": 1}', "WM001 2:1 '}'"),
    ('{"a": 1}\r{"b": 1]\r\n{"c": 1}', "WM001 2:8 ']'"),
    ("[1,]", "WM001 1:3 ','"),
    ("[1 2]", "WM001 1:4 '2'"),
    ("[{} {}]", "WM001 1:5 '{'"),
    ("[1,,2]", "WM001 1:4 ','"),
    ('{"a":}', "WM001 1:6 '}'"),
    ('{"a"}', "WM001 1:2 '\"a\"'"),
    ('{"a" 1}', "WM001 1:6 '1'"),
    ('{"a" = 1}', "WM001 1:6 '='"),
    ("{,}", "WM001 1:2 ','"),
    ("{[]: 1}", "WM001 1:2 '['"),
    ("{a: 1}", "WM001 1:2 'a'"),
    ("{1: 1}", "WM001 1:2 '1'"),
    ("{'a': 1}", "WM001 1:2 \"'a'\""),
    ("""["it", 'it\\'s "x"']""", "WM001 1:8 '\\'it\\\\\\'s \"x\"\\''"),
    ("[“é”]", "WM001 1:2 '“é”'"),
    ('["x\ny"]', "WM001 1:2 '\"x'"),
    ('["x', "WM001 1:2 '\"x'"),
    ('["C:\\dir"]', "WM001 1:5 '\\\\d'"),
    ('["\\u12"]', "WM001 1:3 '\\\\u12'"),
    ('["\t"]', "WM001 1:3 '\\t'"),
    ('["\x1b"]', "WM001 1:3 '\\x1b'"),
    ('["""x"""]', 'WM001 1:2 \'"""\''),
    ('{"a": "say "hi" now"}', "WM001 1:13 'hi'"),
    ('{"a": "x "5""}', "WM001 1:11 '5'"),
    ('["x" + "y"]', "WM001 1:6 '+'"),
    ('{"a": 1; "b": 2}', "WM001 1:8 ';'"),
    ('["a": 1]', "WM001 1:5 ':'"),
    ('{"a": "b": 1}', "WM001 1:10 ':'"),
    ('{"a": 1]', "WM001 1:8 ']'"),
    ("[(1, 2)]", "WM001 1:2 '('"),
    ("[null, None]", "WM001 1:8 'None'"),
    ("[undefined]", "WM001 1:2 'undefined'"),
    ("[-Infinity]", "WM001 1:2 '-Infinity'"),
    ("[01]", "WM001 1:2 '01'"),
    ("[+.5]", "WM001 1:2 '+.5'"),
    ("[10m]", "WM001 1:2 '10m'"),
    ("[claude]", "WM001 1:2 'claude'"),
    ("[do it]", "WM001 1:2 'do'"),
    ("[\u00a01]", "WM001 1:2 '\\xa0'"),
    ("[/* a\n*/ 1]", "WM001 1:2 '/* a'"),
    ("[1e999]", "WM005 1:2 '1e999'"),
    ("[" * 101, "WM005 1:101 '['"),
    ("[" * 100_000, "WM005 1:101 '['"),
    ("[" * 101 + "]" * 101, "WM005 1:101 '['"),
    ('{"a":' * 101 + "1" + "}" * 101, "WM005 1:501 '{'"),
    ('["\0"]', "WM004 1:3 '\\x00'"),
    ('["\ud800"]', "WM004 1:3 '\\ud800'"),
    ("a".encode("utf-16"), "WM004 1:1 'a'"),
    (b"\xfe\xff\x00a\x00", "WM004 1:1 'a'"),
    ("a".encode("utf-32"), "WM004 1:1 'a'"),
    ("{}".encode("utf-16-le"), "WM004 1:2 '\\x00'"),
    ('{"é": "'.encode() + b'caf\xe9"}', "WM004 1:11 '\ufffd'"),
]


YAML_MISTAKES: list[tuple[str | bytes, str]] = [
    ("", "WM002 1:1 ''"),
    ("# nothing\n", "WM002 1:1 '#'"),
    ("---\n", "WM002 1:1 '-'"),
    ("a:\n\tb: 1", "WM002 2:1 '\\t'"),
    ("a: b\n\tc: d", "WM002 2:1 '\\t'"),
    ("a: |\n\tx", "WM002 2:1 '\\t'"),
    ("t: Fix: it", "WM002 1:7 ':'"),
    ("a: 1\n  b: 2", "WM002 2:3 'b:'"),
    ("a: 1\nfoo\nb: 2", "WM002 2:1 'foo'"),
    ("a: [1, 2\nb: 3", "WM002 2:2 ':'"),
    ("a: [1, 2\n", "WM002 1:8 '2'"),
    ("a: {x: 1", "WM002 1:8 '1'"),
    ("a: [", "WM002 1:4 '['"),
    ("a: ]", "WM002 1:4 ']'"),
    ('a: "x\nb: 1', "WM002 1:4 '\"x'"),
    ("a: 'it's'", 'WM002 1:8 "s\'"'),
    ('é: "日本" x', "WM002 1:9 'x'"),
    ('a: "C:\\q"', "WM002 1:7 '\\\\q'"),
    ("a: @x", "WM002 1:4 '@'"),
    ("a: `x`", "WM002 1:4 '`'"),
    ("a: **b** x", "WM002 1:4 '**b** x'"),
    ("- a\nb: 1", "WM002 2:1 'b'"),
    ("a: 1\n- b", "WM002 2:1 '- b'"),
    ("a: - b", "WM002 1:4 '-'"),
    ("a: |x\n", "WM002 1:5 'x'"),
    ("{a: 1}}", "WM002 1:7 '}'"),
    ("a: 1\n---\nb: 1", "WM002 2:1 '---'"),
    ("%YAML 2.0\n---\na", "WM002 1:1 '%'"),
    ("a: *b", "WM002 1:4 '*b'"),
    ("a: &base x\nb: *bsae", "WM002 2:4 '*bsae'"),
    ("a: &a [*a]", "WM002 1:8 '*a'"),
    ("a: \x07", "WM002 1:4 '\\x07'"),
    ("1: x", "WM002 1:1 '1'"),
    ("true: x", "WM002 1:1 'true'"),
    ("? [a]\n: b", "WM002 1:3 '['"),
    (": b", "WM002 1:1 ':'"),
    ("a: .inf", "WM002 1:4 '.inf'"),
    ("a: !!int x", "WM002 1:4 '!!int x'"),
    ("{<<: 1}", "WM002 1:6 '1'"),
    ("a: 1e999", "WM005 1:4 '1e999'"),
    ("- " * 101, "WM005 1:201 '-'"),
    ("[" * 100_000, "WM005 1:101 '['"),
    ('Sure.\n{\n  "a": 1\n}', "WM002 1:1 'Sure.'"),
    ("a: &a {}\nb: {<<: *a, <<: *a}", "WM003 2:13 '<<'"),
    ("a: !mine x", "WM002 1:4 '!mine'"),
]


@pytest.fixture(params=["libyaml", "python"])
def either_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML with libyaml, if this one has it, and without."""
    if request.param == "python":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)


def assert_mistakes(words: str, cases: list[tuple[str | bytes, str]]) -> None:
    found = [briefly(text, f"plan.{words.removeprefix('loader/')}") for text, _ in cases]
    assert [[place for place, _ in each] for each in found] == [[place] for _, place in cases]
    lines = [
        f"{text!r:.60}\n  {place} {sentence}"
        for (text, _), ((place, sentence),) in zip(cases, found, strict=True)
    ]
    expect_words(words, lines, exact=True)


def test_json_mistakes() -> None:
    assert_mistakes("loader/json", JSON_MISTAKES)


@pytest.mark.usefixtures("either_parser")
def test_yaml_mistakes() -> None:
    assert_mistakes("loader/yaml", YAML_MISTAKES)


@pytest.mark.parametrize("name", ["plan.json", "<stdin>"])
def test_markdown_fence(name: str) -> None:
    text = 'Here is your plan:\n\n```json\n{"agents": []}\n```\n'
    code = {"plan.json": "WM001", "<stdin>": "WM002"}[name]
    assert said(text, name).startswith(f"{name}:3:1: error[{code}]: ")


@pytest.mark.usefixtures("either_parser")
@pytest.mark.parametrize("escape", ["\\ud800", "\\UFFFFFFFF", "\\x1"])
def test_yaml_escapes_that_are_no_characters(escape: str) -> None:
    assert "an escape" in said(f'a: "{escape}"', "plan.yaml")


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system", "!!binary", "!!set", "!!timestamp", "!mine"]
)
def test_yaml_makes_no_objects(tag: str) -> None:
    lines = briefly(f"a: {tag} x\nb: {tag} [y]", "plan.yaml")
    assert [place for place, _ in lines] == [f"WM002 1:4 {tag!r}", f"WM002 2:4 {tag!r}"]


@pytest.mark.parametrize("name", ["plan.json", "plan.yaml"])
def test_integers_have_a_limit(name: str) -> None:
    nines = "9" * 4300
    assert load_text(f"[{nines}]", name).value == [int(nines)]
    (line,) = briefly(f"[{nines}9]", name)
    assert line[0].startswith("WM005 1:2 '999")
    expect_words("loader/integer", line[1])


def test_columns_are_counted_without_the_byte_order_mark() -> None:
    assert briefly('\ufeff{"a" 1}'.encode(), "plan.json") == briefly('{"a" 1}', "plan.json")
    assert said(b"\xef\xbb\xbf[\xff]").startswith("plan.json:1:2: ")
    assert value('\ufeff{"a": 1}'.encode()) == {"a": 1}


def test_alias_bomb() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{c}: &{c} [{', '.join([f'*{b}'] * 10)}]" for b, c in zip("abcdef", "bcdefg", strict=True)
    ]
    (line,) = briefly("\n".join(lines), "plan.yaml")
    assert line[0].startswith("WM005 6:")
    expect_words("loader/aliases", line[1])


def test_alias_ladder_is_too_deep() -> None:
    lines = ["- &a0 []"] + [f"- &a{n} [*a{n - 1}]" for n in range(1, 120)]
    (line,) = briefly("\n".join(lines), "plan.yaml")
    assert line[0] == "WM005 100:9 '*a98'"


def test_every_mistake_of_one_kind_is_told_at_once() -> None:
    assert len(problem("a: 1\na: 2\n1: x\nb: !!set {}\n", "plan.yaml").diagnostics) == 3
    assert len(problem('{"a": NaN, "a": [1,], "b": 1e999}', "plan.json").diagnostics) == 4


def test_every_code_is_explained() -> None:
    cases: list[tuple[str | bytes, str]] = [
        ("{", "plan.json"),
        ("a: [", "plan.yaml"),
        ('{"a":1,"a":2}', "plan.json"),
        (b"\xff", "plan.json"),
        ("[1e999]", "plan.json"),
        ("# Nothing to tick", "plan.md"),
    ]
    found = {problem(text, name).diagnostics[0].code for text, name in cases}
    assert found == RULES.keys()


# --- what is read ---


def test_json_is_read_as_json() -> None:
    text = '{\t"a":\t1e3, "b": "\\ud83d\\ude00", "c": "\\ud800", "d": -0.0, "e": "no"}'
    assert value(text, "plan.json") == json.loads(text)


@pytest.mark.usefixtures("either_parser")
def test_yaml_scalars_are_of_the_core_schema() -> None:
    text = """
        strings: [no, on, yes, Off, 1:30, 2024-01-01, 1_000, 0b1, 1.2.3, .5.5, "1", '~', =, 1e, <<]
        nulls: [~, null, Null, NULL, ]
        bools: [true, True, TRUE, false, False, FALSE]
        ints: [1, -1, +1, 007, 0x1F, 0o17]
        floats: [1.5, .5, 1., 1e3, -1E-3]
        empty:
        tagged: [!!str 1, !!float 1, !!int "1", !!map {}, !!seq []]
    """
    assert value(text) == {
        "strings": [
            "no", "on", "yes", "Off", "1:30", "2024-01-01", "1_000", "0b1", "1.2.3", ".5.5",
            "1", "~", "=", "1e", "<<",
        ],
        "nulls": [None] * 4,
        "bools": [True] * 3 + [False] * 3,
        "ints": [1, -1, 1, 7, 31, 15],
        "floats": [1.5, 0.5, 1.0, 1000.0, -0.001],
        "empty": None,
        "tagged": ["1", 1.0, 1, {}, []],
    }  # fmt: skip


def test_yaml_merge_keys() -> None:
    text = """
        one: &one {a: 1, b: 1}
        two: &two {b: 2, c: 2}
        own: {b: 3, <<: *one}
        first: {<<: [*one, *two]}
        inline: {<<: {d: 4}}
        text: {"<<": 5}
    """
    tree = value(text)
    assert tree["own"] == {"a": 1, "b": 3}
    assert tree["first"] == {"a": 1, "b": 1, "c": 2}
    assert tree["inline"] == {"d": 4}
    assert tree["text"] == {"<<": 5}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("plan.json", "{}", "json"),
        ("plan.JSON", "[]", "json"),
        ("plan.yaml", "{}", "yaml"),
        ("plan.yml", "[]", "yaml"),
        ("<stdin>", " \n{}", "json"),
        ("<stdin>", "[1]", "json"),
        ("plan.txt", "a: 1", "yaml"),
    ],
)
def test_format(name: str, text: str, expected: str) -> None:
    assert load_text(text, name).format == expected


def test_format_can_be_given() -> None:
    assert load_text("{a: 1}", "plan.json", "yaml").value == {"a": 1}


def test_load_reads_a_file(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("a: é\n", encoding="utf-8")
    doc = load(str(path))
    assert (doc.name, doc.value, doc.format) == (str(path), {"a": "é"}, "yaml")


def test_load_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"a": 1}')))
    doc = load("-")
    assert (doc.name, doc.value) == ("<stdin>", {"a": 1})


def test_load_leaves_an_unreadable_file_to_the_caller(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(str(tmp_path / "none.json"))
    with pytest.raises(IsADirectoryError):
        load(str(tmp_path))


def test_yaml_is_not_imported_for_json() -> None:
    code = (
        "import sys; from wavemake.plan.loader import load_text; load_text('{}', 'plan.json'); "
        "print('yaml' in sys.modules); load_text('a: 1', 'plan.yaml'); print('yaml' in sys.modules)"
    )
    root = Path(__file__).parent.parent
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("False\nTrue\n", "")


# --- where it stands ---


def marked(doc: Document, *path: str | int, on_key: bool = False) -> str:
    span = doc.locate(Where(path, on_key))
    return f"{span.line}:{span.column} " + doc.line(span.line)[span.column - 1 :][: span.length]


JSON_PLAN = '{"agents": [\r\n  {"na\\u006de": "é😀", "n": -1.5e3},\r  true\n], "é": {}}'
YAML_PLAN = """\
é: &x
  - "😀"   # comment
  - name: a b
    task: |
      several
    none:
copy: *x
own:
  <<: {x: 1}
  y: 2
"""


def test_json_places() -> None:
    doc = load_text(JSON_PLAN, "plan.json")
    assert marked(doc) == "1:1 {"
    assert marked(doc, "agents") == "1:12 ["
    assert marked(doc, "agents", on_key=True) == '1:2 "agents"'
    assert marked(doc, "agents", 0) == "2:3 {"
    assert marked(doc, "agents", 0, on_key=True) == "2:3 {"
    assert marked(doc, "agents", 0, "name") == '2:17 "é😀"'
    assert marked(doc, "agents", 0, "name", on_key=True) == '2:4 "na\\u006de"'
    assert marked(doc, "agents", 0, "n") == "2:28 -1.5e3"
    assert marked(doc, "agents", 1) == "3:3 true"
    assert marked(doc, "é") == "4:9 {"


@pytest.mark.usefixtures("either_parser")
def test_yaml_places() -> None:
    doc = load_text(YAML_PLAN, "plan.yaml")
    assert marked(doc) == "1:1 é"
    assert marked(doc, "é", on_key=True) == "1:1 é"
    assert marked(doc, "é", 0) == '2:5 "😀"'
    assert marked(doc, "é", 1) == "3:5 n"
    assert marked(doc, "é", 1, "name") == "3:11 a b"
    assert marked(doc, "é", 1, "task") == "4:11 |"
    assert marked(doc, "é", 1, "none") == "6:5 none"
    assert marked(doc, "copy") == "7:7 *"
    assert marked(doc, "copy", 1, "name") == "3:11 a b"
    assert marked(doc, "own", "x") == "9:11 1"
    assert marked(doc, "own", "y", on_key=True) == "10:3 y"


@pytest.mark.parametrize(
    ("path", "on_key"),
    [
        (("agents", 0, "task"), True),
        (("agents", 0, "task"), False),
        (("agents", 0, 0), False),
        (("agents", 0, "none", "x", 1), True),
    ],
)
def test_a_place_that_is_not_there_is_the_nearest_around_it(path: PlanPath, on_key: bool) -> None:
    assert marked(load_text(JSON_PLAN, "plan.json"), *path, on_key=on_key) == "2:3 {"


def test_places_out_of_a_list() -> None:
    doc = load_text("[1, 2]", "plan.json")
    assert [marked(doc, n) for n in (0, 1, 2, -1)] == ["1:2 1", "1:5 2", "1:1 [", "1:1 ["]


def test_a_span_is_its_own_place() -> None:
    assert load_text("{}", "plan.json").locate(Span(7, 8, 9)) == Span(7, 8, 9)


def test_lines() -> None:
    doc = load_text("[\r\n1,\r2\n]", "plan.json")
    assert [doc.line(n) for n in range(-1, 7)] == ["", "", "[", "1,", "2", "]", "", ""]


def test_a_large_plan_is_located_once() -> None:
    agents = [{"name": f"agent-{n}", "reads": [f"agent-{n - 1}"]} for n in range(10_000)]
    doc = load_text(json.dumps({"agents": agents}), "plan.json")
    for n in range(10_000):
        span = doc.locate(Where(("agents", n, "name")))
        assert span.length == len(f'"agent-{n}"')


# --- properties ---


def leaves(tree: Any, path: PlanPath = ()) -> Iterator[tuple[PlanPath, Any]]:
    if isinstance(tree, dict):
        for key, inner in tree.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(tree, list):
        for n, inner in enumerate(tree):
            yield from leaves(inner, (*path, n))
    else:
        yield path, tree


def same(a: Any, b: Any) -> bool:
    """Equal, and of the same types throughout: 1 is neither True nor 1.0."""
    return repr(a) == repr(b)


def check(text: str | bytes, name: str) -> Document | None:
    """Read what may be anything; whatever is said about it must lie inside the text."""
    try:
        doc = load_text(text, name)
    except SyntaxProblem as found:
        check_problem(found)
        return None
    for path, _ in leaves(doc.value):
        assert_inside(doc, doc.locate(Where(path)))
        assert_inside(doc, doc.locate(Where(path, on_key=True)))
    return doc


def check_problem(found: SyntaxProblem) -> None:
    assert found.diagnostics
    for diag in found.diagnostics:
        assert diag.code in RULES
        assert diag.severity is Severity.ERROR
        for where in [diag.where, *(place for place, _ in diag.related)]:
            assert isinstance(where, Span)
            assert_inside(found.source, where)
    render_text(found.diagnostics, found.source, colour=False).encode()
    assert_inside(found.source, found.source.locate(Where(("agents", 0), on_key=True)))


def assert_inside(doc: Document, span: Span) -> None:
    lines = doc.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert 1 <= span.line <= len(lines)
    assert doc.line(span.line) == lines[span.line - 1]
    assert span.column >= 1
    assert span.length >= 1
    assert span.column + span.length - 1 <= max(1, len(lines[span.line - 1]))


PRINTABLE = st.characters(
    min_codepoint=0x20,
    exclude_categories=["Cs", "Cc"],
    exclude_characters="\u2028\u2029\ufeff\ufffe\uffff",
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(PRINTABLE, max_size=20)
    | st.sampled_from(["no", "~", "1:30", "- a", "# b", "a: b", "<<", "*x", "\\", '"', "日本😀"])
)
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(PRINTABLE, max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)
LAYOUTS = st.sampled_from([{}, {"indent": 2}, {"indent": "\t"}, {"separators": (" ,\r\n", "\t: ")}])

NAMES = st.sampled_from(["plan.json", "plan.yaml", "<stdin>"])
PIECES = [
    *"{}[],:\"'`#&*!|>%@-?\\/()=~ \t\n\r.+0",
    *(
        "//",
        "/*",
        "*/",
        "```",
        "```json\n",
        '"""',
        "\r\n",
        "\n  ",
        "\n\t",
        "- ",
        ": ",
        "<<: ",
        "---",
    ),
    *(
        "...",
        "*a",
        "&a ",
        "!!str ",
        "!x ",
        "\\u",
        "\\ud800",
        "\\x",
        "%YAML 1.1\n",
        "NaN",
        "-Infinity",
    ),
    *("True", "None", "1e999", "01", "9" * 5000, "[" * 150, "- " * 150, "null", "é", "日本", "😀"),
    *("\0", "\x7f", "\x85", "\u2028", "\ufeff", "\ud800", "“", "”", "\u00a0", "# c\n", "// c\n"),
]
PLANS = [
    JSON_PLAN,
    YAML_PLAN,
    '{"project": "x", "agents": [{"name": "a", "task": "say \\"hi\\"", "reads": []}]}\n',
    '{\n  "agents": [\n    {\n      "name": "b",\n      "timeout": 600\n    }\n  ]\n}\n',
    "project: x\nagents:\n  - name: a\n    task: >-\n      x\n\n      y\n    reads: [a, 'b']\n",
    "base: &b {runner: claude}\nagents:\n- {<<: *b, name: a}\nwaves: [[a], []]\n",
]


@st.composite
def nearly_plans(draw: st.DrawFn) -> str:
    """A plan with a few pieces of it removed, repeated, moved, or put in from outside."""
    text = draw(st.sampled_from(PLANS))
    rng = random.Random(draw(st.integers(0, 2**32)))
    for _ in range(draw(st.integers(1, 5))):
        a, b = sorted(rng.choices(range(len(text) + 1), k=2))
        b = min(b, a + rng.choice([0, 1, 1, 2, 10]))
        middle = rng.choice(["", rng.choice(PIECES), rng.choice(PIECES), text[a:b] * 2])
        text = text[:a] + middle + text[b:]
    return text


@FUZZ
@given(st.binary(max_size=60), NAMES)
def test_any_bytes_are_read_or_told_about(data: bytes, name: str) -> None:
    check(data, name)


@FUZZ
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join), NAMES)
def test_any_text_is_read_or_told_about(text: str, name: str) -> None:
    check(text, name)


@FUZZ
@given(nearly_plans(), NAMES)
def test_any_broken_plan_is_read_or_told_about(text: str, name: str) -> None:
    check(text, name)


@FUZZ
@given(nearly_plans())
def test_only_json_is_read_as_json(text: str) -> None:
    def refuse(word: str) -> None:
        raise ValueError(word)

    doc = check(text, "plan.json")
    if doc is not None:
        assert same(doc.value, json.loads(doc.text, parse_constant=refuse))
        return
    codes = {diag.code for diag in problem(text, "plan.json").diagnostics}
    if codes == {"WM001"}:
        with pytest.raises(ValueError):  # noqa: PT011
            json.loads(text.removeprefix("\ufeff"), parse_constant=refuse)


@FUZZ
@given(TREES, LAYOUTS, st.booleans())
def test_json_round_trip(tree: Any, layout: dict[str, Any], ascii_only: bool) -> None:
    text = json.dumps(tree, ensure_ascii=ascii_only, **layout)
    doc = load_text(text.encode(), "plan.json")
    assert same(doc.value, json.loads(text))
    for path, leaf in leaves(tree):
        assert same(json.loads(marked(doc, *path).partition(" ")[2]), leaf)
        if path and isinstance(path[-1], str):
            key = marked(doc, *path, on_key=True).partition(" ")[2]
            assert json.loads(key) == path[-1]


@FUZZ
@given(TREES, st.booleans())
def test_json_is_read_the_same_as_yaml(tree: Any, indented: bool) -> None:
    text = json.dumps(tree, ensure_ascii=False, indent=2 if indented else None)
    as_json, as_yaml = load_text(text, "plan.json"), load_text(text, "plan.yaml")
    assert same(as_json.value, as_yaml.value)
    for path, _ in leaves(tree):
        for where in (Where(path), Where(path, on_key=True)):
            assert as_json.locate(where) == as_yaml.locate(where)


@FUZZ
@given(TREES, st.booleans())
def test_yaml_round_trip(tree: Any, flow: bool) -> None:
    # Quoted throughout, with tags for what is no text: PyYAML writes YAML 1.1, we read 1.2.
    text = yaml.safe_dump(
        tree,
        allow_unicode=True,
        default_flow_style=flow,
        default_style='"',
        sort_keys=False,
        width=20,
    )
    assert same(value(text), tree)


@FUZZ
@given(nearly_plans())
def test_libyaml_and_pyyaml_read_the_same(text: str) -> None:
    def read() -> Any:
        try:
            return load_text(text, "plan.yaml").value
        except SyntaxProblem:
            return SyntaxProblem

    first = read()
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(yaml, "CSafeLoader", raising=False)
        second = read()
    # libyaml is the stricter one in corners such as tabs after a value.
    assert same(first, second) or SyntaxProblem in (first, second)


# --- JSON lines and checklists ---


def test_json_lines_are_a_list_with_a_place_for_each_value() -> None:
    text = '\n{"a": 1}\r\n\n{"b": {"c": [2]}}\n'
    document = load_text(text, "issues.jsonl")
    assert document.value == [{"a": 1}, {"b": {"c": [2]}}]
    span = document.locate(Where((1, "b", "c", 0)))
    assert (span.line, span.column, span.length) == (4, 14, 1)
    assert document.locate(Where((0, "a"), on_key=True)).line == 2
    assert load_text(text, "plan.json").value == document.value


def test_what_is_wrong_in_a_line_is_shown_in_that_line() -> None:
    with pytest.raises(SyntaxProblem) as raised:
        load_text('{"a": 1}\n{"a": 1, "a": 2}\n{"b": }\n', "issues.jsonl")
    found = [(each.code, each.where.line) for each in raised.value.diagnostics]  # type: ignore[union-attr]
    assert found == [("WM003", 2), ("WM001", 3)]


CHECKLIST = """\
# Kites

Fly them.

## Now

- [x] **T1**: Look up [P]
  - how
- [ ] Leap (depends on: T1 and T3-T5)
   * [X] 2.1) inner
"""


def test_a_checklist_is_a_tree_with_places() -> None:
    document = load_text(CHECKLIST, "fix_plan.md")
    (section,) = document.value["sections"]
    first, second = section["tasks"]
    assert (document.value["title"], document.value["description"]) == ("Kites", "Fly them.")
    assert (section["name"], first["id"], first["title"]) == ("Now", "T1", "Look up [P]")
    assert (first["done"], first["details"]) == (True, "- how")
    assert (second["title"], second["done"]) == ("Leap", False)
    assert second["dependencies"] == ["T1", "T3", "T4", "T5"]
    assert second["parts"] == [{"done": True, "id": "2.1", "title": "inner"}]
    span = document.locate(Where(("sections", 0, "tasks", 1, "parts", 0, "done")))
    assert (span.line, span.column) == (10, 7)
    assert load_text(CHECKLIST, "<stdin>").value == document.value


@FUZZ
@given(
    st.lists(
        st.sampled_from([*CHECKLIST.split("\n"), "```", "```json", '{"waves": [', "\t- [ ] 1", "-"])
    )
)
def test_whatever_a_checklist_has_in_it_nothing_breaks(lines: list[str]) -> None:
    text = "\n".join(["- [ ] a", *lines])
    document = load_text(text, "plan.md")
    assert document.value["sections"]
    assert document.locate(Where(("sections", 0, "tasks", 0, "title"))).line == 1
