"""A model's name is none that the runner knows.

## What it does
Looks at the models of agents that claude, codex or gemini runs, for names of another maker and for words
that only another tool knows, such as `medium` or `fast`. Names that could be an alias, or that name a
provider, are left alone.

## Why is this bad?
The CLI refuses the name, or asks another model than the one that was meant. Each agent fails by itself, when
its turn comes.

## Example
```json
{
  "agents": [
    {"name": "classify", "model": "medium", "task": "Say what kind of issue ISSUE.md is.", "reads": []}
  ]
}
```

## Use instead
```json
{
  "agents": [
    {"name": "classify", "model": "sonnet", "task": "Say what kind of issue ISSUE.md is.", "reads": []}
  ]
}
```
"""

from __future__ import annotations

import re

from wavemake.lint.context import Context, Finding, Findings
from wavemake.plan.diagnostics import Where

_TIERS = (
    r"(?:x?small|tiny|mini|medium|x?large|big|fast|quick|smart|cheap|strong|weak|standard|premium|low|high"
    r"|reasoning|balanced|light|lite|heavy|powerful|capable|advanced|basic|inherit)(?:[-_ ]model)?\Z"
)
_MAKERS = {
    "claude": r"claude|(?:sonnet|opus|haiku)\b",
    "codex": r"gpt-|chatgpt|codex|o[134]\b",
    "gemini": r"gemini",
    "": r"llama|mistral|mixtral|qwen|deepseek|grok|kimi|glm-|gemma|phi-?\d|command-r",
}
_KNOWN = {
    "claude": "opus, sonnet, haiku and names that begin with claude-",
    "codex": "names such as gpt-5-codex",
    "gemini": "names such as gemini-2.5-pro",
}


def check(context: Context) -> Findings:
    """Yield each model that its runner cannot know, once, at the first agent that has it."""
    agents: dict[tuple[str, str], list[str]] = {}
    for name, agent in context.agents.items():
        if name in context.done:
            continue
        runner, model = agent.settings.runner or context.default_runner, agent.settings.model
        if model and runner in _KNOWN and _is_foreign(runner, model):
            agents.setdefault((runner, model), []).append(name)
    for (runner, model), names in agents.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        message = f"{runner} knows no model {model!r}, which is set for {names[0]!r}{more}"
        hint = f"it knows {_KNOWN[runner]}; --model chooses one for all agents"
        yield Finding(names[0], message, _place(context, names[0]), hint)


def _is_foreign(runner: str, model: str) -> bool:
    name = model.strip().lower()
    if any(sign in name for sign in "/:@"):
        return False
    makers = "|".join(each for maker, each in _MAKERS.items() if maker != runner)
    return bool(re.match(_TIERS, name) or re.match(makers, name))


def _place(context: Context, name: str) -> Where:
    spec = context.specs[name]
    if spec.settings.model is not None:
        return context.at(name, "model")
    return Where(("defaults", "model"))
