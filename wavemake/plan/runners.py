"""How each agent CLI is called and how its answer is read: one entry a CLI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wavemake.plan.model import RunnerSpec, Settings

ENVELOPES = ("text", "aider", "claude", "codex", "gemini", "llm", "opencode")
"""How an answer can be wrapped: each but "text" has an envelope-KIND.awk in the runtime."""


ESCAPES = ("@",)
"""Characters that a CLI may interpret in a prompt, unless there is a backslash before them."""


_WITH_COSTS = frozenset(["aider", "claude", "opencode"])


@dataclass(frozen=True, slots=True)
class Runner:
    """One way to run an agent: a preset, or what a plan defines.

    argv: the words of the command. Of them `{command}` is replaced by the agent's `command`, what
    begins with `{runtime}` leads into the folder of the runtime, and `{prompt}` is the file that
    holds the prompt, which is known only when the agent starts.
    prompt: "stdin", or "file" if it is handed over as `{prompt}`; it is never an argument itself.
    envelope: one of ENVELOPES.
    program: what must be installed, if anything; way_out: how to install it.

    What follows are the words that pass a setting on; `{}` in them is its value. Without words, the
    CLI has no way to honour that setting. system: `{}` is a file that holds the text. tools: the
    words are repeated for each. isolate: the environment variable that names the CLI's own folder.
    schema: the words that have the CLI enforce a JSON Schema; in them `{schema}` is a file that holds it, and
    `{schema-text}` its text, which are known only when the agent starts. strict: it takes no other than those
    whose form is "strict"; all that it takes are of objects.
    requires: settings that the CLI cannot do without.

    escape: one of ESCAPES, if the CLI takes a word that begins with it for a file to send.
    prefix: the words that pass on a file with what several agents are sent alike, at the head of all that
    is sent, so that the API caches it; `{}` is the file. They take the place of those of `system`, whose
    text is in that file.
    tried: the versions of the CLI that were tried on all that docs/clis.md asks of it.

    context: files that the CLI does not find on its own, so that every agent gets them.
    environment: what is set for it; env: the variables that must be set already.
    source: where its documentation says all this.
    """

    name: str
    argv: tuple[str, ...]
    prompt: str = "stdin"
    envelope: str = "text"
    program: str = ""
    way_out: str = ""
    model: tuple[str, ...] = ()
    system: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    max_budget_usd: tuple[str, ...] = ()
    isolate: str = ""
    schema: tuple[str, ...] = ()
    strict: bool = False
    requires: tuple[str, ...] = ()
    escape: str = ""
    prefix: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    context: tuple[str, ...] = ("CLAUDE.md",)
    environment: tuple[tuple[str, str], ...] = ()
    env: tuple[str, ...] = ()
    source: str = ""

    @property
    def reports_cost(self) -> bool:
        """Whether its CLI says what a run has cost, in dollars; a rehearsal costs nothing."""
        return self.envelope in _WITH_COSTS or self.name == "rehearse"

    def honours(self, setting: str) -> bool:
        """Tell whether the CLI can do what `setting`, one of HONOURABLE, asks for."""
        return bool(getattr(self, setting))


HONOURABLE = ("model", "system", "tools", "permissions", "max_budget_usd", "isolate")
"""The settings that some CLIs have a way to honour, and others have not."""

RUNNERS = {
    runner.name: runner
    for runner in (
        Runner(
            "claude",
            ("claude", "-p", "--output-format", "stream-json", "--verbose"),
            envelope="claude",
            program="claude",
            way_out="npm install -g @anthropic-ai/claude-code",
            model=("--model", "{}"),
            system=("--append-system-prompt-file", "{}"),
            tools=("--allowedTools={}",),
            permissions=("--permission-mode", "{}"),
            max_budget_usd=("--max-budget-usd", "{}"),
            isolate="CLAUDE_CONFIG_DIR",
            schema=("--json-schema", "{schema-text}"),
            prefix=(
                *("--append-system-prompt-file", "{}"),
                # Else the system prompt has the folder's name, which is different for each.
                "--exclude-dynamic-system-prompt-sections",
            ),
            tried=("2.1.197", "2.1.332"),
            context=(),
            environment=(
                # Else an "@path" in anything that an agent is given makes the CLI read that file, wherever
                # it is, and send it. The list of skills goes with it; a skill is found by its /name.
                ("CLAUDE_CODE_DISABLE_ATTACHMENTS", "1"),
                # By default it tries for three minutes; longer waits are left to `retries`.
                ("CLAUDE_CODE_MAX_RETRIES", "4"),
                # Else it ends its background helpers after ten minutes and reports a success. The
                # time limit of the agent bounds them.
                ("CLAUDE_CODE_PRINT_BG_WAIT_CEILING_MS", "0"),
            ),
            source="https://code.claude.com/docs/en/cli-reference",
        ),
        Runner(
            "codex",
            ("codex", "exec", "--json", "--skip-git-repo-check"),
            envelope="codex",
            program="codex",
            way_out="npm install -g @openai/codex",
            model=("--model", "{}"),
            permissions=("--sandbox", "{}"),
            isolate="CODEX_HOME",
            schema=("--output-schema", "{schema}"),
            strict=True,
            tried=("0.169.0", "0.171.0"),
            source="https://github.com/openai/codex/blob/main/docs/exec.md",
        ),
        Runner(
            "gemini",
            # Without trust it runs nothing; but the project's Makefile can run anything already.
            ("gemini", "--output-format", "json", "--skip-trust"),
            envelope="gemini",
            program="gemini",
            way_out="npm install -g @google/gemini-cli",
            model=("--model", "{}"),
            tools=("--allowed-tools={}",),
            permissions=("--approval-mode", "{}"),
            isolate="GEMINI_CLI_HOME",
            escape="@",
            tried=("0.61.0",),
            source="https://geminicli.com/docs/cli/headless/",
        ),
        Runner(
            "opencode",
            # Without a title it calls a model for one.
            ("opencode", "run", "--format", "json", "--title", "wavemake"),
            envelope="opencode",
            program="opencode",
            way_out="npm install -g opencode-ai",
            model=("--model", "{}"),
            context=(),
            tried=("1.18.33",),
            source="https://opencode.ai/docs/cli/",
        ),
        Runner(
            "llm",
            ("llm", "prompt", "--usage", "--no-log"),
            envelope="llm",
            program="llm",
            way_out="pip install llm",
            model=("--model", "{}"),
            system=("--system-fragment", "{}"),
            tools=("--tool", "{}"),
            isolate="LLM_USER_PATH",
            tried=("0.36",),
            source="https://llm.datasette.io/en/stable/help.html",
        ),
        Runner(
            "ollama",
            ("ollama", "run"),
            program="ollama",
            way_out="https://ollama.com/download",
            model=("{}",),
            requires=("model",),
            source="https://github.com/ollama/ollama/blob/main/docs/cli.mdx",
        ),
        Runner(
            "aider",
            (
                *("aider", "--message-file", "{prompt}", "--yes-always", "--no-auto-commits"),
                *("--no-pretty", "--no-stream", "--no-check-update"),
                # Else it fetches addresses in the prompt, and sends files of the repository that
                # the prompt names.
                *("--no-detect-urls", "--no-git"),
                # Else it leaves files in the project, and messages in the answer.
                *(
                    "--no-gitignore",
                    "--chat-history-file",
                    "/dev/null",
                    "--input-history-file",
                    "/dev/null",
                ),
                *("--no-show-release-notes", "--no-show-model-warnings", "--no-analytics"),
            ),
            prompt="file",
            envelope="aider",
            program="aider",
            way_out="pip install aider-install && aider-install",
            model=("--model", "{}"),
            tried=("0.86.2",),
            source="https://aider.chat/docs/scripting.html",
        ),
        Runner("command", ("sh", "-c", "{command}"), requires=("command",)),
        Runner("rehearse", ("sh", "{runtime}/rehearse.sh")),
    )
}
DEFAULT = "claude"


def known(defined: Sequence[RunnerSpec]) -> Mapping[str, Runner]:
    """Return the presets and what a plan defines, by name."""
    if not defined:
        return RUNNERS
    return RUNNERS | {spec.name: _runner(spec) for spec in defined}


def _runner(spec: RunnerSpec) -> Runner:
    return Runner(
        spec.name,
        spec.command,
        prompt=spec.prompt,
        envelope=spec.envelope,
        program=spec.program,
        model=spec.model,
        system=spec.system,
        tools=spec.tools,
        permissions=spec.permissions,
        max_budget_usd=spec.max_budget_usd,
        isolate=spec.isolate,
        escape=spec.escape,
        env=spec.env,
    )


def plain(amount: float) -> str:
    """Return an amount of dollars as a shell, awk and every CLI can read it: without an exponent."""
    return f"{amount:.6f}".rstrip("0").rstrip(".")


def command_line(
    runner: Runner, settings: Settings, runtime: str, system: str = "", prefix: str = ""
) -> tuple[str, ...]:
    """Return the words of the command that runs an agent with `settings`.

    runtime: the runtime's folder. system: the file that holds the system prompt, if there is one. prefix:
    the file with what it shares, if it does, the system prompt included. A setting that the CLI cannot
    honour is left out.
    """
    words = {"{command}": settings.command or "", "{runtime}/rehearse.sh": f"{runtime}/rehearse.sh"}
    argv = (words.get(word, word) for word in runner.argv)
    form = settings.schema.form if settings.schema else ""
    schema = runner.schema if form == "strict" or (form and not runner.strict) else ()
    first = (runner.prefix, prefix) if prefix else (runner.system, system)
    return (*argv, *_settings(runner, settings, first), *schema, *(settings.args or ()))


def _settings(
    runner: Runner, settings: Settings, system: tuple[tuple[str, ...], str]
) -> Iterator[str]:
    """The words of each setting. system: those of the system prompt, and its file."""
    budget = settings.max_budget_usd
    for words, value in (
        (runner.model, settings.model),
        (runner.permissions, settings.permissions),
        *((runner.tools, tool) for tool in settings.tools or ()),
        system,
        (runner.max_budget_usd, "" if budget is None else plain(budget)),
    ):
        if value:
            yield from (word.replace("{}", value) for word in words)
