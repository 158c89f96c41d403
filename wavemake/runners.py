"""How each agent CLI is called and how its answer is read: one entry a CLI."""

from __future__ import annotations

from dataclasses import dataclass

from wavemake.model import Settings


@dataclass(frozen=True, slots=True)
class Runner:
    """One way to run an agent: the prompt goes to its standard input, the answer is what it prints.

    argv: the command; `{command}` and `{runtime}` are replaced by the agent's `command` and the
    folder of the runtime. program: what must be installed, if anything. envelope: how the answer is
    wrapped ("text": not at all). model_flag: the option that names the model. context: files that
    the CLI does not find by itself and every agent is therefore given. environment: what is set for
    it. way_out: what installs it.
    """

    name: str
    argv: tuple[str, ...]
    program: str = ""
    envelope: str = "text"
    model_flag: str = ""
    context: tuple[str, ...] = ("CLAUDE.md",)
    environment: tuple[tuple[str, str], ...] = ()
    way_out: str = ""


RUNNERS = {
    runner.name: runner
    for runner in (
        Runner(
            "claude",
            ("claude", "-p", "--output-format", "stream-json", "--verbose"),
            program="claude",
            envelope="claude",
            model_flag="--model",
            context=(),
            # Else an "@path" in anything that an agent is given makes the CLI read that file, wherever it
            # is, and send it. The list of skills goes with it; a skill is found by its /name all the same.
            environment=(("CLAUDE_CODE_DISABLE_ATTACHMENTS", "1"),),
            way_out="npm install -g @anthropic-ai/claude-code",
        ),
        Runner("command", ("sh", "-c", "{command}")),
        Runner("rehearse", ("sh", "{runtime}/rehearse.sh")),
    )
}
DEFAULT = "claude"


def command_line(runner: Runner, settings: Settings, runtime: str) -> tuple[str, ...]:
    """Return the words of the command that runs an agent with `settings`."""
    words = {"{command}": settings.command or "", "{runtime}/rehearse.sh": f"{runtime}/rehearse.sh"}
    argv = tuple(words.get(word, word) for word in runner.argv)
    model = (runner.model_flag, settings.model) if runner.model_flag and settings.model else ()
    return (*argv, *model, *(settings.args or ()))
