"""The steps, or stages, of a pipeline: one after the other, unless they say what they need.

steps:
  - id: plan
    agent: planner
    prompt: prompts/plan.md
  - id: code
    prompt: prompts/code.md
    needs: [plan]
"""

from __future__ import annotations

from typing import Any

from wavemake.plan.dialects import waves
from wavemake.plan.dialects.assigned import assign, roles
from wavemake.plan.dialects.dialect import Dialect, Found
from wavemake.plan.dialects.draft import Draft
from wavemake.plan.dialects.order import in_turn
from wavemake.plan.dialects.words import (
    COMMANDS,
    EVIDENCE,
    STRONG,
    TEXTS,
    depends,
    objects,
    plain,
    words_of,
)

_KEYS = ("steps", "stages", "phases", "milestones", "subtasks", "todos", "jobs")
_MARKS = STRONG | EVIDENCE | {"agent", "role", "persona", "subagenttype", "agentid"}


def _key(tree: Any) -> str | None:
    keys = tree if isinstance(tree, dict) else ()
    return next((key for key in keys if plain(key) in _KEYS and objects(tree[key])), None)


def _find(tree: Any) -> Found | None:
    key = _key(tree)
    if key is None or waves.find(tree) or ("agents" in tree and isinstance(tree["agents"], list)):
        return None
    return Found((key,), objects(tree[key]))


def _claims(tree: Any, found: Found) -> bool:
    words = words_of(found.objects)
    if plain(str(found.path[0])) == "todos" and "content" in words and depends(found.objects):
        return True
    if not words & _MARKS or words & {"uses", "runson", "image"}:
        return False
    return depends(found.objects) or bool(words & {"agent", "role", "persona"})


def _read(tree: Any, found: Found, draft: Draft) -> None:
    key = str(found.path[0])
    draft.head(tree, {key, "agents"})
    agents = roles(tree.get("agents"), ("agents",)) if isinstance(tree.get("agents"), dict) else {}
    items = draft.items(tree[key], found.path)
    for item in items:
        assign(item, agents, draft, strict=False)
    draft.write(items, in_turn, before=f"the {draft.noun} before it")


DIALECT = Dialect(
    name="steps",
    noun="step",
    summary="the steps of a pipeline, each with a prompt",
    needs="a list of objects under 'steps' or 'stages'",
    texts=TEXTS | {"title", "agent", *COMMANDS},
    find=_find,
    claims=_claims,
    read=_read,
)
