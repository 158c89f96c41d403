"""wavemake completion: the script with which a shell completes wavemake's arguments."""

from __future__ import annotations

import click

_VARIABLE = "_WAVEMAKE_COMPLETE"


@click.command("completion", short_help="Print a completion script for a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print a script for SHELL that completes commands, options and the names of agents.

    \b
    bash: add to ~/.bashrc   eval "$(wavemake completion bash)"
    zsh:  add to ~/.zshrc    eval "$(wavemake completion zsh)"
    fish: wavemake completion fish >~/.config/fish/completions/wavemake.fish
    """
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    if made is None:  # All three are click's own.
        raise click.UsageError(f"click does not know {shell}")
    # The script calls the program at each press of the key; bash's version is not checked here.
    completion = made(ctx.find_root().command, {}, "wavemake", _VARIABLE)
    click.echo(completion.source_template % completion.source_vars())
