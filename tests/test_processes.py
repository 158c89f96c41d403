"""Which processes the recipe of an agent starts: each keeps a promise that docs/performance.md names."""

from __future__ import annotations

import pathlib
import shutil

import pytest

from tests.harness import Project, absent

# Not sleep: the timer of an agent that ends at once may end before its sleep has begun.
# For a new answer, touch is started only if the clock has not moved since.
COUNTED = [
    "awk",
    "cat",
    "cp",
    "dd",
    "find",
    "grep",
    "mv",
    "rm",
    "sed",
    "setsid",
    "sha256sum",
    "touch",
    "tr",
    "wc",
]
WRAPPER = """\
#!/bin/sh
case $(/usr/bin/tr '\\0' ' ' </proc/$PPID/cmdline) in
  *agent.sh*" {agent} "*) echo {name} >>"{log}" ;;
esac
exec {real} "$@"
"""


class Counted:
    """A project of two agents, of which the second one's processes are counted."""

    def __init__(self, project: Project, folder: pathlib.Path) -> None:
        self.project, self.log = project, folder / "processes"
        for name in COUNTED:
            real = shutil.which(name)
            assert real
            path = folder / name
            path.write_text(WRAPPER.format(agent="second", name=name, log=self.log, real=real))
            path.chmod(0o755)
        project.env["PATH"] = f"{folder}:{project.env['PATH']}"
        project.env.pop("WAVEMAKE_STORE", None)
        for name in [name for name in project.env if name.endswith(("_KEY", "_TOKEN"))]:
            del project.env[name]
        project.plan({"first": [], "second": ["first"]}, defaults={"command": "exec cksum"})
        project.compile()

    def make(self) -> list[str]:
        """What the second agent's recipe started."""
        self.log.unlink(missing_ok=True)
        assert self.project.make().code == 0
        return sorted(self.log.read_text().split()) if self.log.exists() else []

    def new(self) -> list[str]:
        """The same, of an agent that gets a new answer."""
        return [name for name in self.make() if name != "touch"]


@pytest.fixture
def counted(project: Project, tmp_path: pathlib.Path) -> Counted:
    if not pathlib.Path("/proc/self/cmdline").exists() or not shutil.which("sha256sum"):
        absent("/proc, and sha256sum")
    (tmp_path / "counted").mkdir()
    return Counted(project, tmp_path / "counted")


RUN = [
    "cat",
    "cat",
    "mv",
    "rm",
    "setsid",
    "sha256sum",
    "sha256sum",
    "sha256sum",
]


def test_an_agent_that_runs(counted: Counted) -> None:
    assert counted.new() == RUN


def test_a_secret_costs_one_process_more(counted: Counted) -> None:
    counted.project.env["API_KEY"] = "0123456789"
    assert counted.new() == ["awk", *RUN]


def test_a_harmless_variable_costs_none(counted: Counted) -> None:
    counted.project.env |= {"KEYBOARD": "a-long-value", "MONKEY_PASSAGE": "another-long-value"}
    assert counted.new() == RUN


def test_an_agent_that_is_kept(counted: Counted) -> None:
    counted.make()
    counted.project.path(".tmp/agents/second/task.md").touch()
    assert counted.make() == ["sha256sum", "touch"]
    assert counted.project.make("-q").code == 0


def test_an_answer_from_the_store(counted: Counted) -> None:
    counted.make()
    counted.project.path(".tmp/agents/second/output.md").unlink()
    assert counted.new() == ["cp", "mv", "rm", "sha256sum", "sha256sum", "sha256sum"]
    assert counted.project.make("-q").code == 0
