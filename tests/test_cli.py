"""What each command prints, where, with which status; and that nothing makes it end in a traceback."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import pathlib
import shlex
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.harness import Project
from wavemake import __version__
from wavemake.cli import main
from wavemake.plan.runners import RUNNERS

PLAN = """\
{
  "project": "demo",
  "defaults": {"runner": "rehearse"},
  "agents": [
    {"name": "schema", "task": "Design the tables.", "reads": []},
    {"name": "api", "task": "Write the API.", "reads": ["schema"]},
    {"name": "page", "task": "Write the page.", "reads": ["schema"]}
  ]
}
"""
ACCOUNT = "plan.json: 3 agents in 2 waves, the longest chain is 2: schema -> api\n"
FILES = [
    f".tmp/agents/runtime/{name}"
    for name in ("agent.sh", "drive.sh", "lead.sh", "lib.awk", "rehearse.sh", "plan")
]
FILES += [".tmp/agents/.gitignore", ".tmp/agents/.gitattributes"]
FILES += [f".tmp/agents/{name}/task.md" for name in ("schema", "api", "page")]
FILES += [".tmp/agents/manifest.json", ".tmp/agents/agents.mk", "Makefile"]
ALL = len(FILES)


@dataclasses.dataclass(frozen=True)
class Told:
    out: str
    err: str
    code: int


Run = Callable[..., Told]


@pytest.fixture
def wavemake(
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Run:
    """Run the command line in a project that holds PLAN as plan.json."""
    folder = tmp_path / "my project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    pathlib.Path("plan.json").write_text(PLAN)

    def run(*arguments: str, stdin: str = "") -> Told:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["wavemake", *arguments])
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
            with pytest.raises(SystemExit) as ended:
                main()
        out, err = capfd.readouterr()
        code = ended.value.code
        assert code is None or isinstance(code, int)
        return Told(out, err, code or 0)

    return run


def put(name: str, text: str = "x\n") -> pathlib.Path:
    path = pathlib.Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def on_disk() -> list[str]:
    paths = pathlib.Path().rglob("*")
    return sorted(str(path) for path in paths if path.is_file() and path.name != "plan.json")


def again(folder: str = ".tmp/agents") -> str:
    """The command by which make compiles the plan again when it has changed."""
    lines = pathlib.Path(f"{folder}/runtime/plan").read_text().splitlines()
    words = [line.removeprefix("again ") for line in lines if line.startswith("again ")]
    return shlex.join(words[: -1 if words[-1:] == ["-q"] else None])


# --- compile ---


def test_compile_says_what_was_written_and_what_to_type_next(wavemake: Run) -> None:
    assert wavemake("compile", "plan.json") == Told(
        f"{ACCOUNT}wrote {ALL} files, 0 unchanged\nnext: make -j4\n", "", 0
    )
    assert on_disk() == sorted(FILES)
    assert wavemake("compile", "plan.json") == Told(
        f"{ACCOUNT}wrote 0 files, {ALL} unchanged\nnext: make -j4\n", "", 0
    )


def test_one_agent_in_one_wave(wavemake: Run) -> None:
    put("plan.json", '{"agents": [{"name": "a", "task": "A.", "runner": "rehearse"}]}')
    reported = wavemake("compile", "plan.json")
    assert reported.out.splitlines()[0] == "plan.json: 1 agent in 1 wave, the longest chain is 1: a"


def test_a_long_chain_is_cut(wavemake: Run) -> None:
    agents = [{"name": f"a{n}", "task": "A.", "reads": [f"a{n - 1}"] * (n > 0)} for n in range(9)]
    put("plan.json", json.dumps({"agents": agents, "defaults": {"runner": "rehearse"}}))
    reported = wavemake("compile", "plan.json")
    assert reported.out.startswith(
        "plan.json: 9 agents in 9 waves, the longest chain is 9: a0 -> a1 -> ... -> a7 -> a8\n"
    )


def test_output_names_another_makefile(wavemake: Run) -> None:
    reported = wavemake("compile", "plan.json", "-o", "agents file.mk")
    assert reported.out.endswith("next: make -f 'agents file.mk' -j4\n")
    assert again() == "compile plan.json --output 'agents file.mk'"
    assert not pathlib.Path("Makefile").exists()


def test_output_into_a_new_folder(wavemake: Run) -> None:
    reported = wavemake("compile", "plan.json", "--output", "make//build/../agents.mk")
    assert (reported.code, reported.out.splitlines()[-1]) == (0, "next: make -f make/agents.mk -j4")
    assert pathlib.Path("make/agents.mk").exists()


def test_dir_names_another_folder_and_prefix(wavemake: Run) -> None:
    reported = wavemake("compile", "plan.json", "--dir", "./job//agents/")
    assert reported.code == 0
    assert "\nwavemake-job-agents: " in pathlib.Path("job/agents/agents.mk").read_text()
    assert again("job/agents") == "compile plan.json --dir job/agents"
    assert not pathlib.Path(".tmp").exists()


def test_prefix_names_the_goals(wavemake: Run) -> None:
    reported = wavemake("compile", "plan.json", "--prefix", "review", "--fragment")
    assert reported.out.splitlines()[-1] == (
        "next: add '-include .tmp/agents/agents.mk' to a Makefile, then: make -k -j4 review"
    )
    assert "\nreview: " in pathlib.Path(".tmp/agents/agents.mk").read_text()


def test_fragment_writes_no_makefile(wavemake: Run) -> None:
    reported = wavemake("compile", "plan.json", "--fragment")
    assert reported == Told(
        f"{ACCOUNT}wrote {ALL - 1} files, 0 unchanged\n"
        "next: add '-include .tmp/agents/agents.mk' to a Makefile, then: make -k -j4 wavemake\n",
        "",
        0,
    )
    assert not pathlib.Path("Makefile").exists()


def test_runner_and_model_hold_for_all_agents(wavemake: Run) -> None:
    wavemake("compile", "plan.json", "--runner", "claude", "--model", "opus")
    heads = [path.read_text() for path in sorted(pathlib.Path(".tmp/agents").glob("*/task.md"))]
    assert [head.splitlines()[1:3] for head in heads] == [["runner claude", "model opus"]] * 3
    assert again() == "compile plan.json --runner claude --model opus"


def test_a_runner_that_is_not_installed_is_named(
    wavemake: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    reported = wavemake("compile", "plan.json", "--runner", "claude")
    # One file more: the envelope of that CLI.
    assert reported == Told(
        f"{ACCOUNT}wrote {ALL + 1} files, 0 unchanged\n"
        "claude is not installed here: npm install -g @anthropic-ai/claude-code\n"
        "to see the plan run without it: add --runner rehearse\n"
        "next: make -j4\n",
        "",
        0,
    )


def test_untrusted_refuses_and_stays(wavemake: Run) -> None:
    reported = wavemake("compile", "plan.json", "--untrusted")
    assert (reported.out, reported.code) == ("", 1)
    assert reported.err == (
        "plan.json:3:16: error[WM119]: an untrusted plan may not set 'runner'\n"
        "  |\n"
        '3 |   "defaults": {"runner": "rehearse"},\n'
        "  |                ^^^^^^^^\n"
        "  = hint: leave it out; only what you trust is compiled without --untrusted\n"
    )
    assert on_disk() == []
    put("plan.json", PLAN.replace('"runner": "rehearse"', ""))
    assert wavemake("compile", "plan.json", "--untrusted", "--runner", "rehearse").code == 0
    assert again() == "compile plan.json --runner rehearse --untrusted"


def test_stdout_prints_and_writes_nothing(wavemake: Run) -> None:
    printed = wavemake("compile", "plan.json", "--stdout")
    fragment = wavemake("compile", "plan.json", "--stdout", "--fragment")
    assert on_disk() == []
    wavemake("compile", "plan.json")
    assert printed == Told(pathlib.Path("Makefile").read_text(), "", 0)
    wavemake("compile", "plan.json", "--fragment")
    assert fragment == Told(pathlib.Path(".tmp/agents/agents.mk").read_text(), "", 0)


def test_check_is_silent_about_nothing_and_shows_a_difference(wavemake: Run) -> None:
    reported = wavemake("compile", "plan.json", "--check")
    assert reported.code == 1
    assert f"wavemake: {ALL} files differ from what plan.json compiles to" in reported.err
    assert "--- /dev/null\n+++ Makefile\n@@ -0,0 +1," in reported.out
    assert on_disk() == []
    wavemake("compile", "plan.json")
    assert wavemake("compile", "plan.json", "--check") == Told(
        f"plan.json: {ALL} files on disk, as it compiles to\n", "", 0
    )
    task = pathlib.Path(".tmp/agents/api/task.md")
    task.write_text(task.read_text().replace("Write the API.", "Write nothing."))
    before = on_disk()
    assert wavemake("compile", "plan.json", "--check") == Told(
        "--- .tmp/agents/api/task.md\n"
        "+++ .tmp/agents/api/task.md\n"
        "@@ -15,7 +15,7 @@\n"
        " \n"
        " # Your task\n"
        " \n"
        "-Write nothing.\n"
        "+Write the API.\n"
        " \n"
        " # What you are given to read\n"
        " \n",
        "wavemake: 1 file differs from what plan.json compiles to: wavemake compile plan.json\n",
        1,
    )
    assert wavemake("compile", "plan.json", "--check", "-q") == Told("", "", 1)
    assert on_disk() == before
    assert "Write nothing." in task.read_text()


def test_check_tells_how_to_write_with_the_same_options(wavemake: Run) -> None:
    options = ["--dir", "work", "--model", "a b", "--untrusted", "--fragment", "--prefix", "x"]
    put("plan.json", PLAN.replace('"runner": "rehearse"', ""))
    reported = wavemake("compile", "plan.json", "--check", *options, "-o", "x.mk")
    assert reported.err.endswith(
        ": wavemake compile plan.json --dir work --output x.mk --prefix x --model 'a b' "
        "--untrusted --fragment\n"
    )


def test_quiet_and_verbose(wavemake: Run) -> None:
    assert wavemake("compile", "plan.json", "-q") == Told("", "", 0)
    put("plan.json", PLAN.replace("Write the API.", "Write all of it."))
    reported = wavemake("compile", "plan.json", "-v")
    changed = {".tmp/agents/api/task.md", ".tmp/agents/runtime/plan", ".tmp/agents/agents.mk"}
    lines = [f"  {'wrote' if path in changed else 'unchanged'} {path}\n" for path in FILES]
    assert reported == Told(
        f"{ACCOUNT}{''.join(lines)}wrote 3 files, {ALL - 3} unchanged\nnext: make -j4\n", "", 0
    )


def test_quiet_hides_warnings_and_shows_errors(wavemake: Run) -> None:
    put("plan.json", '{"waves": [["a"]]}')
    assert wavemake("compile", "plan.json", "-q") == Told("", "", 0)
    reported = wavemake("compile", "plan.json", "--runner", "rehearse")
    assert reported.err.startswith("plan.json:1:2: warning[WM152]: no agent has a task")
    put("plan.json", '{"waves": [["a"], ["a"]]}')
    reported = wavemake("compile", "plan.json", "-q")
    assert reported.err.startswith("plan.json:1:20: error[WM111]: 'a' is in 'waves' twice")
    assert reported.code == 1


def test_a_plan_from_standard_input(wavemake: Run) -> None:
    reported = wavemake("compile", "-", stdin=PLAN.replace("page", "site"))
    assert reported == Told(
        "<stdin>: 3 agents in 2 waves, the longest chain is 2: schema -> api\n"
        f"wrote {ALL} files, 0 unchanged\n"
        "the plan is not a file of this project: compile again when it changes\n"
        "next: make -j4\n",
        "",
        0,
    )
    reported = wavemake("compile", "-", stdin='{"agents": [}')
    assert reported.err.startswith("<stdin>:1:13: error[WM001]: ")
    reported = wavemake("compile", "-", stdin=PLAN)
    assert reported.out.splitlines()[2:4] == [
        "no longer in the plan, and left as they are: site",
        "to remove them: wavemake clean -",
    ]


def test_a_plan_outside_of_the_project(wavemake: Run, tmp_path: pathlib.Path) -> None:
    (tmp_path / "other.json").write_text(PLAN)
    reported = wavemake("compile", "../other.json")
    assert reported == Told(
        "../other.json: 3 agents in 2 waves, the longest chain is 2: schema -> api\n"
        f"wrote {ALL} files, 0 unchanged\n"
        "the plan is not a file of this project: compile again when it changes\n"
        "next: make -j4\n",
        "",
        0,
    )
    assert "other.json" not in pathlib.Path("Makefile").read_text()
    inside = pathlib.Path("plan.json").resolve()
    assert "plan is no file" not in wavemake("compile", str(inside)).out
    assert again() == "compile plan.json"


def test_a_plan_whose_name_looks_like_an_option(wavemake: Run) -> None:
    put("-q.json", PLAN)
    assert wavemake("compile", "--", "-q.json").code == 0
    assert again() == "compile ./-q.json"


def test_yaml_is_a_plan_too(wavemake: Run) -> None:
    put("plan.yml", "agents:\n  - {name: a, task: A., runner: rehearse}\n")
    assert wavemake("compile", "plan.yml").out.startswith("plan.yml: 1 agent in 1 wave")


# --- what is not overwritten ---


def test_a_makefile_of_somebody_else_is_left_as_it_is(wavemake: Run) -> None:
    put("Makefile", "all: ;\n")
    assert wavemake("compile", "plan.json") == Told(
        f"{ACCOUNT}wrote {ALL - 1} files, 0 unchanged\n"
        "Makefile is not wavemake's, and was left as it is. Add this line to it:\n"
        "  -include .tmp/agents/agents.mk\n"
        "next: make -k -j4 wavemake\n",
        "",
        0,
    )
    put("Makefile", "all: ;\ninclude .tmp/agents/agents.mk\n")
    assert wavemake("compile", "plan.json") == Told(
        f"{ACCOUNT}wrote 0 files, {ALL - 1} unchanged\n"
        "Makefile is not wavemake's, and includes .tmp/agents/agents.mk\n"
        "next: make -k -j4 wavemake\n",
        "",
        0,
    )
    assert wavemake("compile", "plan.json", "--check").code == 0
    assert pathlib.Path("Makefile").read_text() == "all: ;\ninclude .tmp/agents/agents.mk\n"
    assert wavemake("compile", "plan.json", "--force").out.endswith("next: make -j4\n")
    assert pathlib.Path("Makefile").read_text().startswith("# Written by wavemake")


def test_a_makefile_that_is_replaced_is_kept(wavemake: Run) -> None:
    for text, kept in (("one: ;\n", "Makefile.orig"), ("two: ;\n", "Makefile.orig.1")):
        put("Makefile", text)
        reported = wavemake("compile", "plan.json", "--force")
        assert f"Makefile was not written by wavemake: it is kept as {kept}\n" in reported.out
        assert pathlib.Path(kept).read_text() == text
        assert pathlib.Path("Makefile").read_text().startswith("# Written by wavemake")
    assert pathlib.Path("Makefile.orig").read_text() == "one: ;\n"
    assert "kept as" not in wavemake("compile", "plan.json", "--force").out
    put("Makefile", "three: ;\n")
    wavemake("compile", "plan.json", "--force", "--fragment")
    wavemake("compile", "plan.json", "--force", "--check")
    assert [name for name in on_disk() if ".orig" in name] == ["Makefile.orig", "Makefile.orig.1"]


@pytest.mark.parametrize("name", ["GNUmakefile", "makefile"])
def test_a_makefile_that_make_would_take_instead(wavemake: Run, name: str) -> None:
    put(name, "all: ;\n")
    assert wavemake("compile", "plan.json").out.endswith("next: make -f Makefile -j4\n")
    assert wavemake("compile", "plan.json", "-o", "GNUmakefile", "--force").out.endswith(
        "next: make -j4\n"
    )


def test_a_folder_of_somebody_else_is_left_as_it_is(wavemake: Run) -> None:
    put("src/.gitignore", "*.o\n")
    reported = wavemake("compile", "plan.json", "--dir", "src")
    message = "src/.gitignore was not written by wavemake: choose another --dir, or replace it with --force"
    assert reported == Told("", f"wavemake: {message}\n", 2)
    assert on_disk() == ["src/.gitignore"]
    assert wavemake("compile", "plan.json", "--dir", "src", "--force").code == 0
    put("src/.gitignore", "mine\n")
    assert wavemake("compile", "plan.json", "--dir", "src").code == 0


@pytest.mark.parametrize(
    "kept",
    [
        [".gitignore"],
        ["runtime/agent.sh"],
        ["manifest.json"],
        ["schema/output.md", "schema/key", "schema/task.md"],
        ["schema/output.md", "schema/key"],
    ],
)
def test_a_part_of_what_was_written_is_known_as_its_own(wavemake: Run, kept: list[str]) -> None:
    wavemake("compile", "plan.json")
    put(".tmp/agents/schema/output.md", "paid\n")
    put(".tmp/agents/schema/key", "runner claude\n")
    for name in on_disk():
        if name.removeprefix(".tmp/agents/") not in kept:
            os.unlink(name)
    put("plan.json", PLAN.replace('"demo"', '"visitors"').replace("Design", "Draw"))
    assert wavemake("compile", "plan.json").code == 0
    assert set(FILES) <= set(on_disk())


@pytest.mark.parametrize("name", ["manifest.json", "schema/task.md", "agents.mk", ".gitignore/x"])
def test_a_file_of_somebody_else_where_one_would_be_written(wavemake: Run, name: str) -> None:
    put(f"src/{name}", '{"name": "my extension"}\n')
    reported = wavemake("compile", "plan.json", "--dir", "src")
    assert (reported.code, reported.err.split()[1]) == (2, f"src/{name}".removesuffix("/x"))
    assert on_disk() == [f"src/{name}"]


def test_a_compilation_that_was_killed_is_completed(wavemake: Run) -> None:
    wavemake("compile", "plan.json")
    for name in FILES[5:]:
        os.unlink(name)
    assert wavemake("compile", "plan.json").code == 0
    assert on_disk() == sorted(FILES)


def test_agents_that_left_the_plan_are_left_and_named(wavemake: Run) -> None:
    wavemake("compile", "plan.json", "--dir", "work")
    put("work/api/output.md", "paid\n")
    put("work/mine/notes.md")
    put("plan.json", PLAN.replace('"api"', '"rest"').replace('"page"', '"site"'))
    reported = wavemake("compile", "plan.json", "--dir", "work", "--runner", "rehearse")
    assert reported.out.splitlines()[2:4] == [
        "no longer in the plan, and left as they are: api, page",
        "to remove them: wavemake clean plan.json --dir work",
    ]
    assert pathlib.Path("work/api/output.md").exists()
    assert wavemake("clean", "plan.json", "--dir", "work") == Told("removed api, page\n", "", 0)
    assert not pathlib.Path("work/api").exists()
    assert pathlib.Path("work/mine/notes.md").exists()
    assert "no longer" not in wavemake("compile", "plan.json", "--dir", "work").out


# --- options and files that cannot be used ---

NO_GOOD = {
    ("nope.json",): "cannot read the plan nope.json: No such file or directory",
    (".",): "cannot read the plan .: Is a directory",
    ("plan.json/x",): "cannot read the plan plan.json/x: Not a directory",
    ("plan.json", "--dir", "../x"): "--dir '../x' leaves the project",
    ("plan.json", "--dir", "/tmp/x"): "--dir '/tmp/x' is absolute",
    ("plan.json", "--dir", "a/.."): "--dir 'a/..' is the project itself",
    ("plan.json", "--dir", ""): "--dir '' is the project itself",
    ("plan.json", "--dir", "a b"): (
        "--dir 'a b' may hold letters, digits, '.', '_', '-' and '/' only"
    ),
    ("plan.json", "--dir", "-x"): "--dir '-x' may hold letters, digits, '.', '_', '-' and '/' only",
    ("plan.json", "--prefix", "a.b"): "--prefix 'a.b' may hold letters, digits, '_' and '-' only",
    ("plan.json", "-o", ""): "--output '' is empty",
    ("plan.json", "-o", "-"): "--output '-' names no file: --stdout prints the Makefile",
    ("plan.json", "-o", "./plan.json"): "--output './plan.json' is the plan itself",
    ("plan.json", "-o", "folder"): "--output 'folder' is a folder",
    ("plan.json", "-o", "."): "--output '.' is a folder",
    ("plan.json", "-o", "a\nb"): r"--output 'a\nb' contains '\n', which a Makefile cannot hold",
    ("plan.json", "-o", ".tmp/agents/agents.mk"): (
        "--output '.tmp/agents/agents.mk' is in the folder that wavemake keeps for agents"
    ),
    ("plan.json", "-o", "api"): (
        "--output 'api' is also the name of an agent: make could not distinguish them"
    ),
    ("plan.json", "--runner", "cluade"): "--runner 'cluade' is unknown: did you mean 'claude'?",
    ("plan.json", "--runner", ""): (f"--runner '' is unknown: there are {', '.join(RUNNERS)}"),
    ("plan.json", "--model", "a\nrun x"): (r"--model 'a\nrun x' must be one line of plain text"),
    ("plan.json", "-o", "file/Makefile"): "file/Makefile: Not a directory",
    ("plan.json", "--dir", "file"): "cannot write file/runtime/agent.sh: Not a directory",
    ("plan.json", "--dir", "taken"): "cannot write taken/api/task.md: Is a directory",
}


@pytest.mark.parametrize("arguments", NO_GOOD, ids=" ".join)
def test_what_cannot_be_used_is_said(wavemake: Run, arguments: tuple[str, ...]) -> None:
    put("file")
    os.makedirs("folder")
    os.makedirs("taken/api/task.md")
    os.makedirs("taken/runtime")
    put("taken/runtime/agent.sh")
    reported = wavemake("compile", *arguments)
    assert reported == Told("", f"wavemake: {NO_GOOD[arguments]}\n", 2)


@pytest.mark.skipif(not os.path.exists("/proc/self"), reason="there is no /proc")
def test_a_folder_that_cannot_be_written(wavemake: Run) -> None:
    reported = wavemake("compile", "plan.json", "-o", "/proc/Makefile")
    assert reported == Told(
        "", "wavemake: cannot write /proc/Makefile: No such file or directory\n", 2
    )
    assert wavemake("demo", "/proc/demo").err == (
        "wavemake: cannot write in /proc/demo: No such file or directory\n"
    )


@pytest.mark.parametrize("command", ["compile", "clean"])
def test_a_plan_with_errors_ends_with_1_and_writes_nothing(wavemake: Run, command: str) -> None:
    put("plan.json", '{"agents": [{"name": "a", "reads": ["b"]}, {"nmae": "c"}]')
    reported = wavemake(command, "plan.json")
    assert (reported.out, reported.code) == ("", 1)
    assert "error[WM001]: the text ends before its '{' is closed" in reported.err
    put("plan.json", '{"agents": [{"name": "a", "reads": ["a"]}, {"nmae": "c"}]}')
    reported = wavemake(command, "plan.json")
    heads = [line for line in reported.err.splitlines() if "error[" in line]
    codes = [line.split(":")[3] for line in heads]
    assert codes == [" error[WM113]", " error[WM103]", " error[WM101]"]
    assert (reported.out, reported.code) == ("", 1)
    assert on_disk() == []


def test_names_that_are_no_unicode(wavemake: Run) -> None:
    name = os.fsdecode(b"pl\xffn.json")
    put(name, PLAN)
    reported = wavemake("compile", name)
    assert reported.code == 0
    assert reported.out.startswith("pl\\udcffn.json: 3 agents in 2 waves")
    assert "the plan is not a file of this project" in reported.out
    put("docs/" + os.fsdecode(b"\xff.md"))
    put("plan.json", PLAN.replace('"reads": []', '"reads": ["docs/*"]'))
    reported = wavemake("compile", "plan.json")
    assert r"error[WM117]: the path 'docs/\udcff.md' is not UTF-8" in reported.err
    assert wavemake("compile", "plan.json", "-o", name).err == (
        "wavemake: --output 'pl\\udcffn.json' is not UTF-8\n"
    )


def test_a_disk_that_is_full(project: Project) -> None:
    project.write("plan.json", PLAN)
    words = ["sh", "-c", 'ulimit -f 1; exec "$@"', "-", sys.executable, "-B", "-m", "wavemake"]
    result = project.run([*words, "compile", "plan.json"])
    assert result.out == "wavemake: cannot write .tmp/agents/runtime/agent.sh: File too large\n"
    assert result.code == 2
    assert [path.name for path in project.path(".tmp").rglob("*") if path.is_file()] == []
    assert project.compile().code == 0


@pytest.mark.parametrize("arguments", [["--help"], ["compile", "plan.json", "--stdout"]])
def test_an_output_that_nobody_reads(project: Project, arguments: list[str]) -> None:
    project.write("plan.json", PLAN)
    reader, writer = os.pipe()
    os.close(reader)
    words = [sys.executable, "-m", "wavemake", *arguments]
    done = subprocess.run(
        words, stdout=writer, stderr=subprocess.PIPE, env=project.env, cwd=project.folder
    )
    os.close(writer)
    assert (done.stderr, done.returncode) == (b"", 1)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_an_output_that_cannot_be_written(project: Project) -> None:
    project.write("plan.json", PLAN)
    words = ["sh", "-c", 'exec "$@" >/dev/full', "-", sys.executable, "-m", "wavemake"]
    result = project.run([*words, "compile", "plan.json"])
    assert (result.out, result.code) == ("wavemake: No space left on device\n", 2)


def test_a_terminal_of_few_characters(project: Project) -> None:
    project.write("plan.json", PLAN.replace("demo", "\u00fc \U0001f600"))
    project.env |= {"PYTHONIOENCODING": "ascii"}
    printed = project.compile("--stdout", "--fragment")
    assert printed.out.startswith("# Agents of \u00fc \U0001f600: 3 in 2 waves.\n")
    assert project.compile("--check").code == 1


# --- clean ---


def test_clean_without_anything_to_remove(wavemake: Run) -> None:
    reported = Told("every agent's folder is in the plan\n", "", 0)
    assert wavemake("clean", "plan.json") == reported
    wavemake("compile", "plan.json")
    before = on_disk()
    assert wavemake("clean", "plan.json") == reported
    assert on_disk() == before


def test_clean_outputs_removes_what_was_paid_for(wavemake: Run) -> None:
    wavemake("compile", "plan.json")
    before = on_disk()
    for name in "output.md", "key", "prompt.md", "result.json", "status.json", "log.txt", ".try/rc":
        put(f".tmp/agents/api/{name}")
    put(".tmp/agents/page/log.txt")
    assert wavemake("clean", "plan.json", "--outputs") == Told(
        "every agent's folder is in the plan\nremoved 1 output\n", "", 0
    )
    assert on_disk() == before


def test_clean_removes_a_link_and_not_what_it_leads_to(wavemake: Run) -> None:
    wavemake("compile", "plan.json")
    put("elsewhere/task.md")
    os.symlink("../../elsewhere", ".tmp/agents/gone")
    assert wavemake("clean", "plan.json").out == "removed gone\n"
    assert pathlib.Path("elsewhere/task.md").exists()
    assert not os.path.lexists(".tmp/agents/gone")


def test_clean_keeps_what_is_in_use(wavemake: Run) -> None:
    wavemake("compile", "plan.json")
    host = os.uname().nodename
    put(".tmp/agents/api/.lock", "elsewhere 1 1800\n")
    put(".tmp/agents/api/output.md")
    assert wavemake("clean", "plan.json", "--outputs") == Told(
        "",
        "wavemake: somebody is at work in .tmp/agents/api (or remove .tmp/agents/api/.lock): "
        "nothing was removed\n",
        2,
    )
    assert pathlib.Path(".tmp/agents/api/output.md").exists()
    # This process is alive, but is not at work on the agent: its number is that of a process that is gone.
    put(".tmp/agents/api/.lock", f"{host} {os.getpid()} 1800\n")
    assert wavemake("clean", "plan.json", "--outputs").out.endswith("removed 1 output\n")
    put(".tmp/agents/api/output.md")
    child = subprocess.Popen(["true"])
    child.wait()
    put(".tmp/agents/api/.lock", f"{host} {child.pid} 1800\n")
    assert wavemake("clean", "plan.json", "--outputs").out.endswith("removed 1 output\n")


# --- the others ---

HELP = """\
Usage: wavemake [OPTIONS] COMMAND [ARGS]...

  Compile a plan of agents into a Makefile, which runs them in parallel waves.

  wavemake demo                                  run an example, offline
  wavemake compile plan.json && make -j4         compile a plan and run it

Options:
  --version   Show the version and exit.
  -h, --help  Show this message and exit.

Write a plan:
"""
EPILOG = """
  Exit status: 0 on success; 1 when the plan has errors, or --check found a
  difference; 2 when the command or its options are wrong, or a file cannot be
  read or written.
"""


def test_version_and_help(wavemake: Run) -> None:
    assert wavemake("--version") == Told(f"wavemake {__version__}\n", "", 0)
    reported = wavemake("--help")
    assert (reported.err, reported.code) == ("", 0)
    assert reported.out.startswith(HELP)
    assert reported.out.endswith(EPILOG)
    listed = reported.out.removeprefix(HELP).removesuffix(EPILOG).splitlines()
    commands = [" ".join(line.split()) for line in listed]
    assert "compile Compile a plan into a Makefile." in commands
    assert "demo Run a plan of five agents, offline." in commands
    assert wavemake("-h") == reported
    assert wavemake() == Told("", reported.out, 2)
    assert wavemake("compile", "-h").out.startswith("Usage: wavemake compile [OPTIONS] PLAN\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["frobnicate"], ["No such command", "frobnicate"]),
        (["compile"], ["Missing argument 'PLAN'"]),
        (["compile", "plan.json", "extra"], ["unexpected extra argument (extra)"]),
        (["compile", "plan.json", "--frob"], ["No such option", "--frob"]),
        (["compile", "plan.json", "--stdout", "--check"], ["--stdout and --check exclude each"]),
    ],
)
def test_a_wrong_command_line(wavemake: Run, arguments: list[str], words: list[str]) -> None:
    reported = wavemake(*arguments)
    assert (reported.out, reported.code) == ("", 2)
    assert reported.err.startswith("Usage: wavemake")
    assert all(word in reported.err for word in words), reported.err


@pytest.mark.parametrize(
    ("arguments", "imported"),
    [
        (["--version"], []),
        (["--help"], ["click"]),
        (["compile", "--help"], ["click"]),
        (["doctor"], ["click"]),
        (["compile", "plan.json"], ["click", "jinja2"]),
    ],
)
def test_what_is_imported(project: Project, arguments: list[str], imported: list[str]) -> None:
    project.write("plan.json", PLAN)
    script = (
        "import atexit, sys\n"
        "heavy = 'click', 'jinja2', 'networkx', 'yaml'\n"
        "atexit.register(lambda: print([name for name in heavy if name in sys.modules]))\n"
        f"sys.argv = ['wavemake', *{arguments}]\n"
        "from wavemake.__main__ import main\n"
        "main()\n"
    )
    result = project.run([sys.executable, "-c", script])
    assert result.out.splitlines()[-1] == str(imported)


def test_demo(wavemake: Run) -> None:
    reported = wavemake("demo", "try it")
    assert reported.code == 0
    lines = reported.out.splitlines()
    assert lines[:2] == ["in try it:", "$ wavemake compile plan.json --runner rehearse"]
    assert lines[2].startswith("plan.json: 5 agents in 4 waves, the longest chain is 4: ")
    assert lines[4:6] == ["next: make -j4", "$ make -j4"]
    assert "wavemake: 5 done (of 5 agents)" in lines
    summary = lines.index("$ cat .tmp/agents/summary.md")
    assert lines[summary + 1].startswith("# Summary: ")
    assert lines[-7:-5] == ["Try next:", "  cd 'try it'"]


@pytest.mark.parametrize("name", ["here", "here/file"])
def test_demo_touches_nothing_that_is_there(wavemake: Run, name: str) -> None:
    put("here/file", "mine\n")
    reported = wavemake("demo", name)
    assert (reported.out, reported.code) == ("", 2)
    reason = {
        "here": "here exists: remove it, or name another folder: wavemake demo DIR",
        "here/file": "cannot write in here/file: File exists",
    }
    assert reported.err == f"wavemake: {reason[name]}\n"
    assert on_disk() == ["here/file"]


def test_demo_without_make(wavemake: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    message = "wavemake: make is not installed (wavemake doctor says what is needed)\n"
    assert wavemake("demo") == Told("", message, 2)
    assert on_disk() == []


# --- doctor ---


def tool(name: str, script: str) -> None:
    put(f"bin/{name}", f"#!/bin/sh\n{script}\n").chmod(0o755)


@pytest.fixture
def tools(wavemake: Run, monkeypatch: pytest.MonkeyPatch) -> str:
    """A path with all that doctor looks for, and nothing else; returns the folder."""
    for name in "sh", "awk", "sha256sum", "setsid":
        tool(name, "exit 0")
    tool("make", "echo 'GNU Make 4.4.1'")
    tool("claude", "echo '2.1.197 (Claude Code)'")
    folder = os.path.realpath("bin")
    monkeypatch.setenv("PATH", folder)
    return folder


def test_doctor_finds_all(wavemake: Run, tools: str) -> None:
    reported = wavemake("doctor")
    lines = reported.out.splitlines()
    assert lines[:5] == [
        "ok   make: GNU Make 4.4.1",
        f"ok   sh: {tools}/sh",
        f"ok   awk: {tools}/awk",
        f"ok   sha256sum: {tools}/sha256sum",
        f"ok   new sessions: {tools}/setsid",
    ]
    assert "disk: times of files are kept to " in lines[5]
    assert lines[6:] == ["ok   runner claude: 2.1.197 (Claude Code)"]
    assert (reported.err, reported.code) == ("", 0)


def test_doctor_knows_a_way_out(wavemake: Run, tools: str) -> None:
    for name in "make", "awk", "sha256sum", "setsid", "claude":
        os.unlink(f"bin/{name}")
    reported = wavemake("doctor")
    lines = [line for line in reported.out.splitlines() if "disk" not in line]
    assert lines == [
        "BAD  make: not found",
        "     install GNU make, for instance: apt-get install make",
        f"ok   sh: {tools}/sh",
        "BAD  awk: not found",
        "     install any awk, for instance: apt-get install mawk",
        "BAD  sha256sum or shasum: not found",
        "     install coreutils, or perl for shasum",
        "BAD  new sessions: neither setsid nor perl",
        "     install util-linux, or perl: an agent and what it starts are ended together with it",
        "--   runner claude: not installed",
        "     to install it: npm install -g @anthropic-ai/claude-code",
    ]
    assert reported.code == 1


NO_VERSION = "GNU make is needed; where it is called gmake, run gmake -j4"
AGAIN = "install it again: npm install -g @anthropic-ai/claude-code"


@pytest.mark.parametrize(
    ("name", "script", "lines", "code"),
    [
        (
            "make",
            "echo 'GNU Make 3.80'",
            ["BAD  make: GNU Make 3.80", "     GNU make 3.81 or newer is needed"],
            1,
        ),
        (
            "make",
            "echo usage >&2; exit 1",
            ["BAD  make: does not print its version", f"     {NO_VERSION}"],
            1,
        ),
        (
            "claude",
            "echo 'node: not found' >&2; exit 127",
            ["--   runner claude: installed, but claude --version fails", f"     {AGAIN}"],
            0,
        ),
        (
            "claude",
            r"printf '2.0 \377\n'",
            ["runner claude: 2.0 \ufffd"],
            0,
        ),
    ],
)
def test_doctor_looks_closely(
    wavemake: Run, tools: str, name: str, script: str, lines: list[str], code: int
) -> None:
    tool(name, script)
    reported = wavemake("doctor", "--dir", "not/there/yet")
    assert reported.code == code
    assert "\n".join(lines) in reported.out


@pytest.mark.skipif(not os.path.exists("/proc/self"), reason="there is no /proc")
def test_doctor_on_a_disk_that_cannot_be_written(wavemake: Run, tools: str) -> None:
    reported = wavemake("doctor", "--dir", "/proc/agents")
    assert "BAD  disk: cannot write in /proc: " in reported.out
    assert reported.code == 1
