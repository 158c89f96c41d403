"""The nodes of a graph, each with a prompt, or with one in a file; mostly written in YAML.

nodes:
  - id: plan
    prompt: ...
  - id: build
    command: build-it
    depends_on: [plan]
"""

from __future__ import annotations

from typing import Any

from wavemake.plan.dialects.dialect import Dialect, Found
from wavemake.plan.dialects.draft import Draft
from wavemake.plan.dialects.edges import edges_key, read_edges
from wavemake.plan.dialects.words import COMMANDS, GATES, LOOPS, STRONG, depends, listed

_PROMPTS = ".archon/commands/{}.md"


def _find(tree: Any) -> Found | None:
    found = listed(tree.get("nodes")) if isinstance(tree, dict) else []
    return Found(("nodes",), found) if found else None


def _claims(tree: Any, found: Found) -> bool:
    return depends(found.objects) or edges_key(tree) is not None


def _read(tree: Any, found: Found, draft: Draft) -> None:
    draft.head(tree, {"nodes", edges_key(tree)})
    draft.prompts = _PROMPTS
    links = (lambda _: read_edges(tree, draft.ids, draft)) if edges_key(tree) else None
    draft.write(draft.items(tree["nodes"], found.path), links=links)


DIALECT = Dialect(
    name="nodes",
    noun="node",
    summary="nodes with a prompt and dependencies",
    needs="a list of objects under 'nodes'",
    texts=STRONG | LOOPS | GATES | {*COMMANDS},
    find=_find,
    claims=_claims,
    read=_read,
)
