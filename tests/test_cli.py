"""What each command prints, where, with which status; and that nothing makes it end in a traceback."""

from __future__ import annotations

import dataclasses
import errno
import io
import json
import os
import pathlib
import shlex
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.expectations import expect_words, shown
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
    for name in ("agent.sh", "drive.sh", "lead.sh", "lib.awk", "more.sh", "rehearse.sh", "plan")
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
    arguments: tuple[str, ...] = dataclasses.field(default=(), compare=False)

    def shown(self) -> str:
        return shown(["wavemake", *self.arguments], self.out, self.err, self.code)


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
        return Told(out, err, code or 0, arguments)

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
    first = wavemake("compile", "plan.json")
    assert f"wrote {ALL} files" in first.out
    assert on_disk() == sorted(FILES)
    expect_words("compile/written", first.shown(), wavemake("compile", "plan.json").shown())


def test_one_agent_in_one_wave(wavemake: Run) -> None:
    put("plan.json", '{"agents": [{"name": "a", "task": "A.", "runner": "rehearse"}]}')
    reported = wavemake("compile", "plan.json")
    expect_words("compile/one-agent", reported.out.splitlines()[0])


def test_a_long_chain_is_cut(wavemake: Run) -> None:
    agents = [{"name": f"a{n}", "task": "A.", "reads": [f"a{n - 1}"] * (n > 0)} for n in range(9)]
    put("plan.json", json.dumps({"agents": agents, "defaults": {"runner": "rehearse"}}))
    reported = wavemake("compile", "plan.json")
    expect_words("compile/long-chain", reported.out.splitlines()[0])


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
    assert reported.out.endswith(" make -k -j4 review\n")
    assert "\nreview: " in pathlib.Path(".tmp/agents/agents.mk").read_text()


def test_fragment_writes_no_makefile(wavemake: Run) -> None:
    reported = wavemake("compile", "plan.json", "--fragment")
    expect_words("compile/fragment", reported.shown())
    assert f"wrote {ALL - 1} files" in reported.out
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
    assert reported.code == 0
    expect_words("compile/runner-not-installed", reported.shown())


def test_untrusted_refuses_and_stays(wavemake: Run) -> None:
    reported = wavemake("compile", "plan.json", "--untrusted")
    assert (reported.out, reported.code) == ("", 1)
    assert reported.err.startswith("plan.json:3:16: error[WM119]: ")
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
    assert f"wavemake: {ALL} files differ" in reported.err
    assert "--- /dev/null\n+++ Makefile\n@@ -0,0 +1," in reported.out
    assert on_disk() == []
    wavemake("compile", "plan.json")
    current = wavemake("compile", "plan.json", "--check")
    assert (current.err, current.code) == ("", 0)
    task = pathlib.Path(".tmp/agents/api/task.md")
    task.write_text(task.read_text().replace("Write the API.", "Write nothing."))
    before = on_disk()
    differs = wavemake("compile", "plan.json", "--check")
    assert differs.code == 1
    expect_words("compile/check", current.shown(), differs.shown())
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
    assert reported.err.startswith("plan.json:1:2: warning[WM152]: ")
    put("plan.json", '{"waves": [["a"], ["a"]]}')
    reported = wavemake("compile", "plan.json", "-q")
    assert reported.err.startswith("plan.json:1:20: error[WM111]: 'a'")
    assert reported.code == 1


def test_a_plan_from_standard_input(wavemake: Run) -> None:
    first = wavemake("compile", "-", stdin=PLAN.replace("page", "site"))
    reported = wavemake("compile", "-", stdin='{"agents": [}')
    assert reported.err.startswith("<stdin>:1:13: error[WM001]: ")
    other = wavemake("compile", "-", stdin=PLAN)
    assert (first.code, other.code) == (0, 0)
    expect_words("compile/standard-input", first.shown(), other.shown())


def test_a_plan_outside_of_the_project(wavemake: Run, tmp_path: pathlib.Path) -> None:
    (tmp_path / "other.json").write_text(PLAN)
    reported = wavemake("compile", "../other.json")
    assert reported.code == 0
    expect_words("compile/plan-elsewhere", reported.shown())
    assert "other.json" not in pathlib.Path("Makefile").read_text()
    inside = pathlib.Path("plan.json").resolve()
    assert len(wavemake("compile", str(inside)).out.splitlines()) == 3
    assert again() == "compile plan.json"


def test_a_plan_whose_name_looks_like_an_option(wavemake: Run) -> None:
    put("-q.json", PLAN)
    assert wavemake("compile", "--", "-q.json").code == 0
    assert again() == "compile ./-q.json"


def test_yaml_is_a_plan_too(wavemake: Run) -> None:
    put("plan.yml", "agents:\n  - {name: a, task: A., runner: rehearse}\n")
    assert wavemake("compile", "plan.yml").out.startswith("plan.yml: 1 agent ")


# --- what is not overwritten ---


def test_a_makefile_of_somebody_else_is_left_as_it_is(wavemake: Run) -> None:
    put("Makefile", "all: ;\n")
    without = wavemake("compile", "plan.json")
    put("Makefile", "all: ;\ninclude .tmp/agents/agents.mk\n")
    included = wavemake("compile", "plan.json")
    assert (without.code, included.code) == (0, 0)
    expect_words("compile/own-makefile", without.shown(), included.shown())
    assert wavemake("compile", "plan.json", "--check").code == 0
    assert pathlib.Path("Makefile").read_text() == "all: ;\ninclude .tmp/agents/agents.mk\n"
    assert wavemake("compile", "plan.json", "--force").out.endswith("next: make -j4\n")
    assert pathlib.Path("Makefile").read_text().startswith("# Written by wavemake")


def test_a_makefile_that_is_replaced_is_kept(wavemake: Run) -> None:
    for text, kept in (("one: ;\n", "Makefile.orig"), ("two: ;\n", "Makefile.orig.1")):
        put("Makefile", text)
        reported = wavemake("compile", "plan.json", "--force")
        assert f" kept as {kept}\n" in reported.out
        assert pathlib.Path(kept).read_text() == text
        assert pathlib.Path("Makefile").read_text().startswith("# Written by wavemake")
    expect_words("compile/makefile-kept", reported.shown())
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
    assert (reported.out, reported.code) == ("", 2)
    expect_words("compile/folder-of-another", reported.shown())
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
    assert pathlib.Path("work/api/output.md").exists()
    cleaned = wavemake("clean", "plan.json", "--dir", "work")
    assert (reported.code, cleaned.code) == (0, 0)
    expect_words("compile/agents-gone", reported.shown(), cleaned.shown())
    assert not pathlib.Path("work/api").exists()
    assert pathlib.Path("work/mine/notes.md").exists()
    assert "no longer" not in wavemake("compile", "plan.json", "--dir", "work").out


# --- options and files that cannot be used ---

NO_GOOD = [
    ("nope.json",),
    (".",),
    ("plan.json/x",),
    ("plan.json", "--dir", "../x"),
    ("plan.json", "--dir", "/tmp/x"),
    ("plan.json", "--dir", "a/.."),
    ("plan.json", "--dir", ""),
    ("plan.json", "--dir", "a b"),
    ("plan.json", "--dir", "-x"),
    ("plan.json", "--prefix", "a.b"),
    ("plan.json", "-o", ""),
    ("plan.json", "-o", "-"),
    ("plan.json", "-o", "./plan.json"),
    ("plan.json", "-o", "folder"),
    ("plan.json", "-o", "."),
    ("plan.json", "-o", "a\nb"),
    ("plan.json", "-o", ".tmp/agents/agents.mk"),
    ("plan.json", "-o", "api"),
    ("plan.json", "--runner", "cluade"),
    ("plan.json", "--model", "a\nrun x"),
    ("plan.json", "-o", "file/Makefile"),
    ("plan.json", "--dir", "file"),
    ("plan.json", "--dir", "taken"),
]


def test_what_cannot_be_used_is_said(wavemake: Run) -> None:
    put("file")
    os.makedirs("folder")
    os.makedirs("taken/api/task.md")
    os.makedirs("taken/runtime")
    put("taken/runtime/agent.sh")
    reported = [wavemake("compile", *arguments) for arguments in NO_GOOD]
    assert {(each.out, each.code) for each in reported} == {("", 2)}
    expect_words("compile/cannot-be-used", *(each.shown() for each in reported))
    nameless = wavemake("compile", "plan.json", "--runner", "")
    assert nameless.err.endswith(f"{', '.join(RUNNERS)}\n")
    assert nameless.code == 2


@pytest.mark.skipif(not os.path.exists("/proc/self"), reason="there is no /proc")
def test_a_folder_that_cannot_be_written(wavemake: Run) -> None:
    reported = wavemake("compile", "plan.json", "-o", "/proc/Makefile")
    demo = wavemake("demo", "/proc/demo")
    assert (reported.code, demo.code) == (2, 2)
    expect_words("compile/cannot-write", reported.shown(), demo.shown())


@pytest.mark.parametrize("command", ["compile", "clean"])
def test_a_plan_with_errors_ends_with_1_and_writes_nothing(wavemake: Run, command: str) -> None:
    put("plan.json", '{"agents": [{"name": "a", "reads": ["b"]}, {"nmae": "c"}]')
    reported = wavemake(command, "plan.json")
    assert (reported.out, reported.code) == ("", 1)
    assert reported.err.startswith("plan.json:1:57: error[WM001]: ")
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
    assert reported.out.startswith("pl\\udcffn.json: 3 agents")
    put("docs/" + os.fsdecode(b"\xff.md"))
    put("plan.json", PLAN.replace('"reads": []', '"reads": ["docs/*"]'))
    reported = wavemake("compile", "plan.json")
    refused = wavemake("compile", "plan.json", "-o", name)
    assert (reported.code, refused.code) == (1, 2)
    expect_words("compile/not-utf-8", reported.err, refused.err)


def test_a_disk_that_is_full(project: Project) -> None:
    project.write("plan.json", PLAN)
    words = ["sh", "-c", 'ulimit -f 1; exec "$@"', "-", sys.executable, "-B", "-m", "wavemake"]
    result = project.run([*words, "compile", "plan.json"])
    assert result.out.startswith("wavemake: cannot write .tmp/agents/runtime/agent.sh: ")
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
    assert (result.out, result.code) == (f"wavemake: {os.strerror(errno.ENOSPC)}\n", 2)


def test_a_terminal_of_few_characters(project: Project) -> None:
    project.write("plan.json", PLAN.replace("demo", "\u00fc \U0001f600"))
    project.env |= {"PYTHONIOENCODING": "ascii"}
    printed = project.compile("--stdout", "--fragment")
    assert printed.out.startswith("# Agents of \u00fc \U0001f600: 3 in 2 waves.\n")
    assert project.compile("--check").code == 1


# --- clean ---


def test_clean_without_anything_to_remove(wavemake: Run) -> None:
    reported = wavemake("clean", "plan.json")
    assert reported.code == 0
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
    reported = wavemake("clean", "plan.json", "--outputs")
    assert reported.code == 0
    expect_words("clean/outputs", reported.shown())
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
    reported = wavemake("clean", "plan.json", "--outputs")
    assert reported.code == 2
    expect_words("clean/in-use", reported.shown())
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


def test_version_and_help(wavemake: Run) -> None:
    assert wavemake("--version") == Told(f"wavemake {__version__}\n", "", 0)
    reported = wavemake("--help")
    assert (reported.err, reported.code) == ("", 0)
    expect_words("cli/help", reported.shown())
    assert wavemake("-h") == reported
    assert wavemake() == Told("", reported.out, 2)
    assert wavemake("compile", "-h").out.startswith("Usage: wavemake compile ")


def test_a_wrong_command_line(wavemake: Run) -> None:
    lines = [
        ["frobnicate"],
        ["compile"],
        ["compile", "plan.json", "extra"],
        ["compile", "plan.json", "--frob"],
        ["compile", "plan.json", "--stdout", "--check"],
    ]
    reported = [wavemake(*line) for line in lines]
    assert {(each.out, each.code) for each in reported} == {("", 2)}
    expect_words("cli/wrong", *(each.shown() for each in reported))


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
    assert "wavemake: 5 done (of 5 agents)" in lines
    summary = lines.index("$ cat .tmp/agents/summary.md")
    assert lines[summary + 1].startswith("# Summary: ")
    expect_words("cli/demo", lines[:6], lines[-7:])


def test_demo_touches_nothing_that_is_there(wavemake: Run) -> None:
    put("here/file", "mine\n")
    reported = [wavemake("demo", "here"), wavemake("demo", "here/file")]
    assert {(each.out, each.code) for each in reported} == {("", 2)}
    expect_words("cli/demo-cannot", *(each.shown() for each in reported))
    assert on_disk() == ["here/file"]


def test_demo_without_make(wavemake: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    reported = wavemake("demo")
    assert (reported.out, reported.code) == ("", 2)
    expect_words("cli/demo-without-make", reported.shown())
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


def found(reported: Told, tools: str) -> list[str]:
    """What doctor reports but for the disk, whose times differ, and the folder of the tools."""
    assert reported.err == ""
    return [line.replace(tools, "BIN") for line in reported.out.splitlines() if "disk" not in line]


def not_ok(reported: Told, tools: str) -> list[str]:
    """What doctor complains about."""
    return [line for line in found(reported, tools) if not line.startswith("ok ")]


def test_doctor_finds_all(wavemake: Run, tools: str) -> None:
    reported = wavemake("doctor")
    assert reported.code == 0
    assert "\nok   disk: " in reported.out
    expect_words("doctor/all", found(reported, tools))


def test_doctor_knows_a_way_out(wavemake: Run, tools: str) -> None:
    for name in "make", "awk", "sha256sum", "setsid", "claude":
        os.unlink(f"bin/{name}")
    reported = wavemake("doctor")
    assert reported.code == 1
    expect_words("doctor/nothing", found(reported, tools))


@pytest.mark.parametrize(
    ("name", "script", "reported"),
    [
        ("make", "echo 'GNU Make 3.80'", "doctor/old-make"),
        ("make", "echo usage >&2; exit 1", "doctor/other-make"),
        ("claude", "echo 'node: not found' >&2; exit 127", "doctor/broken-claude"),
        ("claude", r"printf '2.0 \377\n'", "doctor/odd-claude"),
    ],
)
def test_doctor_looks_closely(
    wavemake: Run, tools: str, name: str, script: str, reported: str
) -> None:
    tool(name, script)
    done = wavemake("doctor", "--dir", "not/there/yet")
    assert done.code == (name == "make")
    expect_words(reported, not_ok(done, tools))


@pytest.mark.skipif(not os.path.exists("/proc/self"), reason="there is no /proc")
def test_doctor_on_a_disk_that_cannot_be_written(wavemake: Run, tools: str) -> None:
    reported = wavemake("doctor", "--dir", "/proc/agents")
    assert "BAD  disk: " in reported.out
    assert reported.code == 1
