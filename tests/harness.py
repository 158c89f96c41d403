"""A project in a temporary folder, with a plan, a scripted agent and a real make."""

from __future__ import annotations

import atexit
import dataclasses
import functools
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any, NoReturn

import pytest

from tests import warm
from wavemake.runs import link

REPOSITORY = pathlib.Path(__file__).parent.parent
EVERYTHING = bool(os.environ.get("WAVEMAKE_TEST_ALL"))

# Reads its prompt, notes that it was paid, and answers; behave/NAME, if there, is run instead of answering.
AGENT = r"""
prompt=$(mktemp "${TMPDIR:-/tmp}/prompt.XXXXXX")
cat >"$prompt"
name=$(sed -n '1s/^You are the agent `\([^`]*\)`.*/\1/p' "$prompt")
echo "$name" >>paid.log
if [ -f "behave/$name" ]; then
  . "./behave/$name"
else
  echo "answer of $name to $(cksum <"$prompt")"
fi
rm -f "$prompt"
"""


@dataclasses.dataclass(frozen=True)
class Result:
    """What a command printed (both streams together) and its exit status."""

    out: str
    code: int

    def lines(self) -> list[str]:
        return self.out.splitlines()

    def having(self, *words: str) -> list[str]:
        """The lines with one of the words, without how many agents had ended by then."""
        lines = [line for line in self.lines() if any(word in line for word in words)]
        return [re.sub(r"^wavemake: \[\d+/\d+\] ", "wavemake: ", line) for line in lines]


@functools.cache
def runtime() -> pathlib.Path:
    """A folder with the runtime as compile writes it, all of it."""
    folder = tempfile.TemporaryDirectory(prefix="runtime-")
    atexit.register(folder.cleanup)
    for name, text in link.linked(link.whole()).items():
        (pathlib.Path(folder.name) / name).write_text(text)
    return pathlib.Path(folder.name)


def copy_example(folder: str, to: pathlib.Path) -> None:
    """Copy a folder of examples as git has it: a session that was tried in the checkout leaves no trace."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", folder], cwd=REPOSITORY, capture_output=True, check=False
    )
    if listed.returncode or not listed.stdout:  # not a checkout
        shutil.copytree(REPOSITORY / folder, to, dirs_exist_ok=True)
        return
    with tempfile.TemporaryDirectory() as scratch:
        words = ["git", "checkout-index", "-z", "--stdin", f"--prefix={scratch}/"]
        subprocess.run(words, cwd=REPOSITORY, input=listed.stdout, check=True)
        shutil.copytree(pathlib.Path(scratch) / folder, to, dirs_exist_ok=True)


def examples(number: int) -> int:
    """How many examples hypothesis is to try: by default a fifth of what it tries with all tests."""
    few = os.environ.get("WAVEMAKE_TEST_TIER") == "quick"
    return int(os.environ.get("WAVEMAKE_FUZZ") or (number // 5 if few else number))


def wait_for(condition: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    """Return as soon as `condition` holds; fail, saying `what` did not come, after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.01)


def absent(what: str) -> NoReturn:
    """End a test that needs `what`: it is skipped, or fails where everything must be there."""
    (pytest.fail if EVERYTHING else pytest.skip)(f"{what} is not installed")


AWKS = ["mawk", "gawk", "busybox awk", "original-awk"]
if not any(map(shutil.which, AWKS)):
    AWKS.append("awk")


def run_awk(
    command: list[str], *args: str | pathlib.Path, **more: Any
) -> subprocess.CompletedProcess[bytes]:
    """Run awk in the C locale."""
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    return subprocess.run([*command, *args], check=False, env=env, capture_output=True, **more)


BACKENDS = ("make", "ninja")
# The system's make, and the newest: what the package gnumake puts beside this Python.
MAKES = ("system", "newest")
_SCRIPTS = pathlib.Path(sys.executable).parent


class Project:
    """A folder with a plan in it. Paths are relative to it."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "agent.sh").write_text(AGENT)
        self.env = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
        # Without a store, what a test's agent does next is seen although its key is an old one.
        self.env |= {"LC_ALL": "C.UTF-8", "PYTHONPATH": str(REPOSITORY), "WAVEMAKE_STORE": "off"}
        self.make_words = ["make"]
        self.backend = "make"
        self.started: list[subprocess.Popen[bytes]] = []

    # --- files ---

    def path(self, name: str) -> pathlib.Path:
        return self.folder / name

    def write(self, name: str, text: str) -> None:
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def read(self, name: str) -> str:
        return self.path(name).read_text()

    def output(self, agent: str) -> str:
        return self.read(f".tmp/agents/{agent}/output.md")

    def status(self, agent: str) -> dict[str, Any]:
        status: dict[str, Any] = json.loads(self.read(f".tmp/agents/{agent}/status.json"))
        return status

    def json(self, name: str) -> Any:
        return json.loads(self.read(name))

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.read(".tmp/agents/events.jsonl").splitlines()]

    def behave(self, agent: str, script: str) -> None:
        """Let the scripted agent run `script` (sh; its prompt is the file $prompt) instead of answering."""
        self.write(f"behave/{agent}", script)

    # --- the plan ---

    def plan(self, agents: dict[str, Any], name: str = "plan.json", **keys: Any) -> None:
        """Write a plan of the scripted agent; a value of `agents` is its reads, or its keys."""
        items = []
        for agent, value in agents.items():
            extra = value if isinstance(value, dict) else {"reads": value}
            items.append({"name": agent, "task": f"Do {agent}.", **extra})
        defaults = {"command": "sh ./agent.sh", **keys.pop("defaults", {})}
        tree = {"project": "demo", "defaults": defaults, "agents": items, **keys}
        self.write(name, json.dumps(tree, indent=2) + "\n")

    def ask(self, agent: str, task: str) -> None:
        """Give an agent another task.md, as a compilation would: the rules carry its checksum."""
        self.write(f".tmp/agents/{agent}/task.md", task)
        found = hashlib.sha256(task.encode()).hexdigest()[:16]
        for rules in ("agents.mk", "agents.ninja"):
            path = self.path(f".tmp/agents/{rules}")
            if path.exists():
                name = re.escape(agent)
                by_make = rf"(^\t@\S+ \d+/)\w+(?= {name}(?: settle)?$)"
                rule = rf"(?m){by_make}|(^  agent = {name}\n  .*\n  sum = )\w+"
                path.write_text(re.sub(rule, rf"\g<1>\g<2>{found}", path.read_text()))

    def compile(self, *arguments: str, plan: str = "plan.json") -> Result:
        backend = [] if self.backend == "make" else ["--backend", self.backend]
        return self.wavemake("compile", plan, *backend, *arguments)

    def wavemake(self, *arguments: str, **options: Any) -> Result:
        given = {"env": self.env, "cwd": self.folder, "timeout": 120, **options}
        if set(given) > {"env", "cwd", "timeout"} or not warm.can_stand_in(given["env"]):
            return self.run([sys.executable, "-m", "wavemake", *arguments], **options)
        out, code = warm.call(arguments, given["cwd"], given["env"], given["timeout"])
        return Result(out.decode("utf-8", "replace"), code)

    # --- runs ---

    def use_make(self, which: str) -> None:
        """Use one of MAKES, skipping the test if it is absent."""
        folders = [pathlib.Path(each) for each in self.env["PATH"].split(":")]
        others = ":".join(str(each) for each in folders if each != _SCRIPTS)
        found = shutil.which("make", path=str(_SCRIPTS) if which == "newest" else others)
        self.make_words = [found or absent(f"the {which} make")]

    def use_backend(self, backend: str) -> None:
        """Compile for one of BACKENDS and drive by it, skipping the test if it is absent."""
        self.backend = backend
        if backend == "ninja":
            beside = os.pathsep.join([str(_SCRIPTS), self.env["PATH"]])
            found = shutil.which("ninja", path=beside) or absent("ninja")
            folder = self.folder.parent / "tools"
            folder.mkdir(exist_ok=True)
            self.put_on_path(folder, "ninja", [found])

    def use_shell(self, shell: list[str]) -> None:
        """Put `shell` (its command line) on the path as sh."""
        folder = self.folder.parent / "shell"
        folder.mkdir(exist_ok=True)
        self.put_on_path(folder, "sh", shell)

    def use_awk(self, awk: list[str]) -> None:
        """Put `awk` (its command line) on the path as awk."""
        folder = self.folder.parent / "shell"
        folder.mkdir(exist_ok=True)
        self.put_on_path(folder, "awk", awk)

    def put_on_path(self, folder: pathlib.Path, name: str, command: list[str]) -> None:
        program = shutil.which(command[0])
        assert program, command
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(program)
        if not self.env["PATH"].startswith(f"{folder}:"):
            self.env["PATH"] = f"{folder}:{self.env['PATH']}"

    def run(self, words: list[str], **options: Any) -> Result:
        given = {"env": self.env, "cwd": self.folder, "timeout": 120, **options}
        done = subprocess.run(
            words,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=given.pop("stdin", subprocess.DEVNULL),
            check=False,
            **given,
        )
        return Result(done.stdout.decode("utf-8", "replace"), done.returncode)

    def make(self, *arguments: str, **options: Any) -> Result:
        return self.run([*self.make_words, *arguments], **options)

    def drive(self, *arguments: str, **options: Any) -> Result:
        """Run goals by what the back end has for it: compiles again if need be, and sums up."""
        return self.run([*self.driver(), *arguments], **options)

    def start_drive(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start `drive` in a process group of its own."""
        return self.start([*self.driver(), *arguments])

    def driver(self) -> list[str]:
        """The words of the command that runs goals."""
        if self.backend == "ninja":
            return ["sh", ".tmp/agents/runtime/ninja.sh", "-j4"]
        return [*self.make_words, "-j4"]

    def is_up_to_date(self) -> bool:
        """Does the build tool itself find nothing to do?"""
        if self.backend == "ninja":
            return "no work to do" in self.run(["ninja", "-n", "-f", ".tmp/agents/build.ninja"]).out
        return self.make("-q").code == 0

    def start_make(self, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start make in a process group of its own."""
        return self.start([*self.make_words, *arguments], **options)

    def start(self, words: list[str], **options: Any) -> subprocess.Popen[bytes]:
        """Start a command in a process group of its own."""
        given = {"env": self.env, "cwd": self.folder, "start_new_session": True, **options}
        make = subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            **given,
        )
        self.started.append(make)
        return make

    def end(self) -> None:
        """Kill what a failed test left running; fail if a process works on after that."""
        for make in self.started:
            if make.poll() is None:
                os.killpg(make.pid, signal.SIGKILL)
                make.wait()
            if make.stdout:
                make.stdout.close()
        wait_for(lambda: not self.processes(), f"the end of all processes: {self.processes()}", 10)

    def processes(self) -> list[str]:
        """The command lines of all processes that work in the project's folder, zombies left out."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and os.readlink(entry / "cwd") == str(self.folder):
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
        return found

    def paid(self) -> list[str]:
        """The agents that the scripted agent was paid for since the last call, sorted."""
        log = self.path("paid.log")
        names = sorted(log.read_text().split()) if log.exists() else []
        log.unlink(missing_ok=True)
        return names
