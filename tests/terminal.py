"""A real terminal (tmux) in which a test types, looks and resizes."""

from __future__ import annotations

import pathlib
import shlex
import shutil
import subprocess
import tempfile

from tests.harness import Project, absent, wait_for


class Terminal:
    """One command of `project` in a terminal; when it has ended, its exit status stands on the screen."""

    def __init__(
        self, project: Project, words: list[str], *, width: int = 80, height: int = 24
    ) -> None:
        self._tmux = shutil.which("tmux") or absent("tmux")
        # The path of a socket has to be short.
        self._socket = pathlib.Path(tempfile.mkdtemp(prefix="tmux-")) / "socket"
        # A status below nothing: what follows the command waits for the end of the terminal.
        script = f"{shlex.join(words)}; echo exit status $?; cat"
        size = ["-x", str(width), "-y", str(height)]
        self._run("-f", "/dev/null", "new-session", "-d", "-s", "t", *size, script, project=project)

    def _run(self, *words: str, project: Project | None = None) -> str:
        command = [self._tmux, "-S", str(self._socket), *words]
        given = {"env": self._env(project), "cwd": project.folder} if project else {}
        done = subprocess.run(command, capture_output=True, check=True, timeout=60, **given)
        return done.stdout.decode()

    @staticmethod
    def _env(project: Project) -> dict[str, str]:
        unset = {"TMUX", "CI", "COLUMNS", "LINES"}
        return {key: value for key, value in project.env.items() if key not in unset}

    def screen(self) -> list[str]:
        """The lines that are seen, empty ones at the end left out."""
        return self._run("capture-pane", "-p", "-t", "t").rstrip("\n").split("\n")

    def everything(self, *, escapes: bool = False) -> str:
        """What is seen and what has scrolled away; lines that were wrapped are whole."""
        more = ["-e"] if escapes else []
        return self._run("capture-pane", "-p", "-J", *more, "-S", "-", "-t", "t")

    def wait(self, *texts: str) -> list[str]:
        """Wait until all of `texts` are seen; return the screen."""
        try:
            wait_for(
                lambda: all(each in "\n".join(self.screen()) for each in texts), "all seen", 60
            )
        except AssertionError:
            seen = "\n".join(self.screen())
            raise AssertionError(f"{texts} did not come to stand on the screen:\n{seen}") from None
        return self.screen()

    def resize(self, width: int, height: int) -> None:
        self._run("resize-window", "-t", "t", "-x", str(width), "-y", str(height))

    def press(self, key: str) -> None:
        """Press a key, as tmux names it: C-c, Tab, Enter."""
        self._run("send-keys", "-t", "t", key)

    def type(self, text: str) -> None:
        self._run("send-keys", "-t", "t", "-l", text)

    def close(self) -> None:
        subprocess.run(
            [self._tmux, "-S", str(self._socket), "kill-server"], capture_output=True, check=False
        )
        shutil.rmtree(self._socket.parent, ignore_errors=True)


def put_wavemake_on_path(project: Project, python: str) -> pathlib.Path:
    """Make `wavemake` a command that runs this checkout."""
    folder = project.folder.parent / "bin"
    folder.mkdir(exist_ok=True)
    program = folder / "wavemake"
    program.write_text(f'#!/bin/sh\nexec "{python}" -m wavemake "$@"\n')
    program.chmod(0o755)
    if not project.env["PATH"].startswith(f"{folder}:"):
        project.env["PATH"] = f"{folder}:{project.env['PATH']}"
    return program
