"""The key and the prompt that are computed here are those that the runtime writes, byte for byte."""

from __future__ import annotations

import pathlib
import shutil

import pytest

from tests.harness import Project
from tests.test_golden import lay_out
from wavemake.runs import key as keys
from wavemake.runs.disk import Disk
from wavemake.runs.key import BadHead, Input, read_head
from wavemake.runs.prompt import asking, body_of, prompt_of, size_of

FOLDER = ".tmp/agents"
SHELLS = [["dash"], ["busybox", "sh"], ["bash"]]


@pytest.fixture
def ran(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The plan that uses every key there is, run by the offline agent; its folder is the current one."""
    lay_out("features", project)
    assert project.compile("--runner", "rehearse").code == 0
    assert project.make("-j4").code == 0
    monkeypatch.chdir(project.folder)
    return project


def agents(project: Project) -> list[str]:
    return [each["name"] for each in project.json(f"{FOLDER}/manifest.json")["agents"]]


def key_of(agent: str) -> str:
    disk = Disk()
    task = disk.read(f"{FOLDER}/{agent}/task.md")
    head = read_head(task)

    def sum_of(read: Input) -> str:
        return disk.sum(read.path(FOLDER)) or "not there"

    return keys.key_of(head, keys.sha256(task[head.body :]), sum_of)


def assert_keys_agree(project: Project) -> None:
    for agent in agents(project):
        recorded, paid = keys.split_key(project.read(f"{FOLDER}/{agent}/key"))
        assert key_of(agent) == recorded, agent
        assert paid == Disk().sum(f"{FOLDER}/{agent}/output.md")


def test_keys_of_every_kind_of_head(ran: Project) -> None:
    assert len(agents(ran)) >= 4
    assert_keys_agree(ran)


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_keys_of_odd_heads(
    project: Project, monkeypatch: pytest.MonkeyPatch, shell: list[str]
) -> None:
    if not shutil.which(shell[0]):
        pytest.skip(f"no {shell[0]}")
    project.use_shell(shell)
    monkeypatch.chdir(project.folder)
    for name in ("it's 100% $done #1.md", "a b", "-n", "Ünïcode.md", "empty.md"):
        project.write(name, "" if name == "empty.md" else f"{name}\n\n")
    project.path("bytes.bin").write_bytes(bytes(range(256)) * 3)
    agents = {
        "a": {"reads": ["it's 100% $done #1.md", "a b", "./-n"], "model": "a b  c"},
        "b": {"reads": ["a", "bytes.bin", "Ünïcode.md"], "args": ["--x y", "", "read file z"]},
        "c": {"reads": ["empty.md", "b"], "depends_on": ["a"], "outputs": ["made by c"]},
        "d": {"reads": ["made by c"], "task": "---\nread agent x\n\n---"},
    }
    project.plan(agents)
    project.behave("c", "echo made >'made by c'; echo c")
    assert project.compile().code == 0
    result = project.make("-j4")
    assert result.code == 0, result.out
    assert_keys_agree(project)
    for agent in agents:
        assert prompt_of(FOLDER, agent, Disk()) == sent(project, agent), agent


def sent(project: Project, agent: str) -> bytes:
    return project.path(f"{FOLDER}/{agent}/prompt.md").read_bytes()


def test_prompts_and_their_sizes(ran: Project) -> None:
    for agent in agents(ran):
        prompt = sent(ran, agent)
        assert prompt_of(FOLDER, agent, Disk()) == prompt, agent
        task = ran.path(f"{FOLDER}/{agent}/task.md").read_bytes()
        head = read_head(task)
        assert body_of(prompt) == task[head.body :]
        size = len(task) - head.body + len(asking())
        for read in head.inputs:
            if read.kind != "after":
                size += size_of(read, read.path(FOLDER), Disk())
        assert size == len(prompt)


def test_a_head_without_an_end_is_refused() -> None:
    with pytest.raises(BadHead):
        read_head(b"--- wavemake 1\nrunner claude\n")


def test_what_follows_the_checksum_of_the_output_is_not_what_was_paid_for() -> None:
    key = "runner claude\ntask 1\noutput 2\ncheck json\n"
    assert keys.split_key(key) == ("runner claude\ntask 1\n", "2")
    assert keys.split_key("output 2\n") == ("", "2")


def test_a_file_is_looked_at_once(tmp_path: pathlib.Path) -> None:
    disk, path = Disk(), tmp_path / "x"
    assert not disk.exists(str(path))
    path.write_text("x")
    assert disk.mtime(str(path)) is None
    assert Disk().exists(str(path))
