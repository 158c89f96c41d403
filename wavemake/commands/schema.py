"""The command `schema`: prints the JSON Schema of plans."""

from __future__ import annotations

import click


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of plans, for editors and other tools.

    \b
    wavemake schema > plan.schema.json
    JSON: "$schema": "plan.schema.json" in the plan
    YAML: # yaml-language-server: $schema=plan.schema.json
    """
    from wavemake.plan.schema import schema_text

    click.echo(schema_text(), nl=False)
