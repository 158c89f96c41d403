"""Writes a plan in the reference shape: JSON with a line for each list of names, or YAML."""

from __future__ import annotations

import json
from typing import Any

from wavemake.plan.loader import Format

_ODD = frozenset("\x85\u2028\u2029\ufeff")


def write(tree: Any, format: Format) -> str:
    """Return the text of the plan `tree`, which reads back as the same tree; it ends in a newline.

    JSON lines become JSON, all that is not JSON becomes YAML.
    """
    return f"{_json(tree, '')}\n" if format in ("json", "jsonl") else _yaml(tree)


def _json(value: Any, indent: str) -> str:
    inner = indent + "  "
    if isinstance(value, dict) and value:
        lines = [f"{inner}{_scalar(key)}: {_json(each, inner)}" for key, each in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(each, (dict, list)) for each in value):
        lines = [inner + _json(each, inner) for each in value]
        return "[\n" + ",\n".join(lines) + f"\n{indent}]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _yaml(tree: Any) -> str:
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        # YAML 1.1 takes 1e3 for a text, and U+0085 and its like for line ends; our reader does not.
        style = "|" if "\n" in value else None
        if value[:1] in "+-.0123456789" or not _ODD.isdisjoint(value):
            style = '"'
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    out: str = yaml.dump(
        tree,
        Dumper=Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=None,
        width=100,
    )
    return out
