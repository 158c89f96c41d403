"""A plan that nobody has vouched for: what --untrusted refuses stays refused, whatever happens after it."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

from tests.expectations import expect_words
from tests.harness import Project, Result
from tests.terminal import put_wavemake_on_path
from wavemake.plan.names import is_secret
from wavemake.runs import link


@pytest.fixture
def secret(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "secret"
    path.write_text("CANARY\n")
    return path


def compiled(project: Project) -> list[str]:
    words: list[str] = project.json(".tmp/agents/manifest.json")["compile"]
    return words


def prepare(project: Project, read: str = "docs/notes.md") -> None:
    project.write("docs/notes.md", "notes\n")
    agent = {"name": "a", "task": "Sum up.", "reads": [read]}
    project.write("plan.json", json.dumps({"agents": [agent]}))
    done = project.compile("--untrusted", "--runner", "rehearse")
    assert done.code == 0, done.out


LINKS = [
    "to the file",
    "through a folder",
    "of links",
    "relative",
    "in a circle",
    "to a hidden file",
]


def replace_by_link(project: Project, secret: pathlib.Path, how: str) -> None:
    notes = project.path("docs/notes.md")
    notes.unlink()
    match how:
        case "to the file":
            notes.symlink_to(secret)
        case "through a folder":
            notes.parent.rmdir()
            (secret.parent / "notes.md").write_text("CANARY\n")
            notes.parent.symlink_to(secret.parent)
        case "of links":
            project.path("hop").symlink_to(secret)
            notes.symlink_to("../hop")
        case "relative":
            notes.symlink_to(os.path.relpath(secret, notes.parent))
        case "in a circle":
            notes.symlink_to("notes.md")
        case "to a hidden file":
            project.write(".env", "CANARY\n")
            notes.symlink_to("../.env")


@pytest.mark.parametrize("how", LINKS)
def test_a_link_made_after_compile_is_not_read(
    project: Project, secret: pathlib.Path, how: str
) -> None:
    prepare(project)
    replace_by_link(project, secret, how)
    done = project.make()
    assert done.code != 0
    assert not project.path(".tmp/agents/a/output.md").exists()
    for path in project.path(".tmp").rglob("*"):
        assert not path.is_file() or "CANARY" not in path.read_text(errors="replace"), path


def test_a_link_within_the_project_is_read(project: Project) -> None:
    prepare(project)
    project.path("docs/notes.md").rename(project.path("docs/real.md"))
    project.path("docs/notes.md").symlink_to("real.md")
    assert project.make().code == 0


def test_make_compiles_again_without_trust(project: Project) -> None:
    prepare(project)
    assert "--untrusted" in compiled(project)
    put_wavemake_on_path(project, sys.executable)
    project.write("plan.json", '{"agents": [{"name": "a", "task": "t", "command": "touch pwned"}]}')
    future = project.path("Makefile").stat().st_mtime + 5
    os.utime(project.path("plan.json"), (future, future))
    done = project.make()
    assert done.code != 0
    assert "WM119" in done.out
    assert not project.path("pwned").exists()


@pytest.mark.parametrize("words", [["--plan", "plan.json"], ["plan.json"], ["./docs/../plan.json"]])
def test_a_second_run_trusts_it_no_more(project: Project, words: list[str]) -> None:
    prepare(project)
    done = project.wavemake("run", *words, "--runner", "rehearse", "--plain")
    assert done.code == 0, done.out
    assert "--untrusted" in compiled(project)


def run(project: Project) -> Result:
    return project.wavemake("run", "plan.json", "--plain")


@pytest.mark.parametrize("name", ["GNUmakefile", "makefile"])
def test_run_uses_the_makefile_that_it_wrote(project: Project, name: str) -> None:
    """make prefers these names to Makefile."""
    project.plan({"a": []})
    project.write(name, "all:\n\t@echo mine\n")
    done = run(project)
    assert done.code == 0, done.out
    assert project.paid() == ["a"]
    assert "next: make -f Makefile -j4" in project.compile().out


def test_a_tracked_link_out_of_the_repository_is_not_written_through(
    project: Project, tmp_path: pathlib.Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    project.plan({"a": []})
    project.path(".tmp").symlink_to(outside)
    project.run(["git", "init", "-q", "."])
    project.run(["git", "add", ".tmp"])
    done = project.compile()
    assert done.code == 2
    expect_words("compile/link-out", done.having("wavemake: "))
    assert not list(outside.iterdir())
    project.run(["git", "rm", "-q", "--cached", ".tmp"])
    assert project.compile().code == 0


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (["--max-agents", "2"], {}),
        (["--max-cells", "2"], {}),
        (["--max-cells", "49"], {"for_each": {"agent": "list"}}),
        (["--untrusted"], {"for_each": {"agent": "list", "max": 51}}),
        (["--untrusted", "--max-cells", "200"], {"for_each": {"agent": "list", "max": 101}}),
        (["--max-timeout", "90s"], {"timeout": 91}),
        (["--untrusted"], {"timeout": "2h"}),
        (["--max-prompt", "1k"], {"max_prompt": "2k"}),
        (["--untrusted"], {"max_prompt": "2M"}),
    ],
)
def test_a_plan_over_a_bound_is_refused(
    project: Project, words: list[str], keys: dict[str, object]
) -> None:
    agent = {"name": "a", "task": "Sum up.", "reads": [], "for_each": ["x", "y", "z"], **keys}
    listed = {"name": "list", "task": "List.", "reads": []}
    project.write("plan.json", json.dumps({"agents": [listed, agent]}))
    done = project.compile("--runner", "rehearse", *words)
    assert done.code == 1
    assert "WM164" in done.out
    assert project.compile("--runner", "rehearse").code == 0


def test_a_loop_over_its_bound_is_refused(project: Project) -> None:
    loop = {"agents": ["a"], "until": {"agent": "a", "matches": "x"}, "max": 11}
    agents = [{"name": "a", "task": "A.", "reads": []}]
    project.write("plan.json", json.dumps({"agents": agents, "loops": [loop]}))
    assert "WM164" in project.compile("--untrusted").out
    assert project.compile("--untrusted", "--max-passes", "11").code == 0


def test_what_it_is_likely_to_cost_has_a_bound(project: Project) -> None:
    agents = {"a": {"reads": [], "model": "m"}, "b": {"reads": [], "model": "m"}}
    project.plan(agents, defaults={"cost_usd": 3})
    assert project.compile().code == 0
    assert project.make("a").code == 0
    status = project.path(".tmp/agents/events.jsonl")
    status.write_text(status.read_text().replace('"attempts":1', '"attempts":1,"cost":3'))
    assert "$6.00" in project.compile("--max-cost", "5").out
    assert project.compile("--max-cost", "6").code == 0


def test_a_budget_is_the_smaller_one(project: Project) -> None:
    project.plan({"a": []}, budget={"usd": 5}, defaults={"cost_usd": 1})
    for given, found in (("2", 2.0), ("9", 5.0)):
        assert project.compile("--budget", given).code == 0
        assert project.json(".tmp/agents/manifest.json")["budget"]["usd"] == found
        assert compiled(project)[-3:-1] == ["--budget", given]
    assert project.compile("--budget", "none").code == 2
    assert project.compile("--max-agents", "0").code == 2


NAMES = [
    "id_rsa",
    "ID_ED25519.pub",
    "server.PEM",
    "tls.key",
    "credentials",
    "Credentials.json",
    "secrets.yaml",
    "prod.env",
    "service-account.json",
    "terraform.tfstate",
    "aws.credentials",
]
HARMLESS = [
    "src/keys.c",
    "keyboard.md",
    "secretary.txt",
    "environment.md",
    "credential_check.py.md",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_called_like_a_secret_is_not_read(project: Project, name: str) -> None:
    project.write(name, "CANARY\n")
    agent = {"name": "a", "task": "Sum up.", "reads": [f"./{name}"]}
    project.write("plan.json", json.dumps({"agents": [agent]}))
    done = project.compile("--untrusted", "--runner", "rehearse")
    assert done.code == 1
    assert "WM119" in done.out
    assert project.compile("--runner", "rehearse").code == 0


def test_the_runtime_and_the_compiler_know_the_same_secrets(tmp_path: pathlib.Path) -> None:
    source = link.source("untrusted.sh")
    function = source[source.index("is_secret() {") : source.index("# real_path FILE:")]
    script = f'{function}\nfor name; do if is_secret "$name"; then echo yes; else echo no; fi; done'
    names = [*NAMES, *(os.path.basename(name) for name in HARMLESS)]
    done = subprocess.run(
        ["sh", "-c", script, "sh", *names], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["yes" if is_secret(name) else "no" for name in names]
    assert all(map(is_secret, NAMES))
    assert not is_secret("src/keys.c")
