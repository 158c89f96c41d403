"""The command `explain`: prints the page about a code."""

from __future__ import annotations

import click


@click.command("explain", short_help="Explain a diagnostic and how to fix it.")
@click.argument("codes", metavar="[CODE...]", nargs=-1)
def command(codes: tuple[str, ...]) -> None:
    """Explain each CODE and how to fix it; without a code, list all codes.

    \b
    wavemake explain WM204
    wavemake explain many-things
    """
    from wavemake.lint import pages
    from wavemake.plan.did_you_mean import did_you_mean
    from wavemake.ui.console import die

    if not codes:
        click.echo(pages.index(), nl=False)
        return
    by_name = {rule[0]: code for code, rule in pages.rules().items()}
    found = []
    for word in codes:
        code = by_name.get(word.lower(), word.upper())
        if code not in pages.rules():
            near = did_you_mean(word, [*pages.rules(), *by_name])
            die(f"there is no code {word!r}" + (f"; {near}" if near else ""))
        found.append(pages.page(code))
    click.echo("\n".join(found), nl=False)
