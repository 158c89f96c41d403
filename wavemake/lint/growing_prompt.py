"""A prompt could become larger than what the model can hold.

## What it does
Adds up the largest prompt that each agent could be sent: its task, the files that it reads, and the
answers of the agents that it reads. A file counts as large as it is, and so does an answer that is
there from an earlier run. Of any other answer it is assumed that it repeats all that its agent was
given and adds 16 KiB, up to 128 KiB. The sum is compared to the agent's `max_prompt`, and to what the
model holds: 200,000 tokens of 4 bytes, or 1,000,000 tokens if the name of its model ends in `[1m]`.

## Why is this bad?
An agent whose prompt is larger than `max_prompt` fails before the model is called. One whose prompt does
not fit into the model fails after it. Both happen late: the agents that read the most come last.

## Example
```json
{
  "agents": [
    {"name": "scan", "task": "List all that is wrong.", "reads": []},
    {"name": "summary", "task": "Summarise.", "reads": ["scan"], "max_prompt": "10k"}
  ]
}
```

## Use instead
```json
{
  "agents": [
    {"name": "scan", "task": "List the ten worst faults.", "reads": []},
    {"name": "summary", "task": "Summarise.", "reads": ["scan"], "max_prompt": "200k"}
  ]
}
```
"""

from __future__ import annotations

from wavemake.lint.context import Context, Finding, Findings
from wavemake.plan.diagnostics import Where
from wavemake.plan.resolved import Agent, Read

_OWN = 16 * 1024
_LONGEST_ANSWER = 128 * 1024
_FRAME = 1024
_WINDOW = 800_000
_LARGE_WINDOW = 4_000_000
_SHOWN = 3


def check(context: Context) -> Findings:
    """Yield each agent whose prompt could be too large, with what makes it so."""
    sizes = _Sizes(context)
    for name, agent in context.agents.items():
        prompt = sizes.prompt(agent)
        window = _LARGE_WINDOW if (agent.settings.model or "").endswith("[1m]") else _WINDOW
        allowed = agent.settings.max_prompt or window
        if prompt <= min(window, allowed):
            continue
        limit = "its 'max_prompt' allows" if allowed < window else "the model holds about"
        message = (
            f"the prompt of {name!r} could reach {_bytes(prompt)}, and "
            f"{limit} {_bytes(min(window, allowed))}"
        )
        hint = "read less, or let an agent in between sum it up in a page"
        yield Finding(name, message, context.at(name), hint, _grows(context, sizes, agent))


class _Sizes:
    """The largest sizes, in bytes, of prompts, files and answers."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.answers: dict[str, int] = {}
        self.files: dict[str, int] = {}
        for agent in context.agents.values():
            self.answers[agent.name] = self.answer(agent)

    def prompt(self, agent: Agent) -> int:
        """The largest prompt of `agent`; the agents that it reads are known already."""
        own = _FRAME + len(agent.task.encode("utf-8", "surrogatepass"))
        return own + sum(self.read(read) for read in agent.reads)

    def read(self, read: Read) -> int:
        """How much of it is put into a prompt."""
        whole = 0 if read.portion.form == "path" else self.whole(read)
        return min(whole, read.portion.max or whole)

    def whole(self, read: Read) -> int:
        """How large it is."""
        if read.agent:
            return self.answers[read.agent]
        if read.path not in self.files:
            self.files[read.path] = self.context.evidence.size(read.path) or 0
        return self.files[read.path]

    def answer(self, agent: Agent) -> int:
        path = f"{self.context.folder}/{agent.name}/output.md"
        there = self.context.evidence.size(path)
        return min(_LONGEST_ANSWER, _OWN + self.prompt(agent)) if there is None else there


def _grows(context: Context, sizes: _Sizes, agent: Agent) -> tuple[tuple[Where, str], ...]:
    """The largest reads, and for an agent, the chain by which its answer becomes so large."""
    reads = sorted(agent.reads, key=lambda read: -sizes.read(read))[:_SHOWN]
    return tuple((_place(context, agent, read), _note(context, sizes, read)) for read in reads)


def _note(context: Context, sizes: _Sizes, read: Read) -> str:
    if read.path:
        return f"the file {read.path!r} has {_bytes(sizes.read(read))}"
    chain = [read.agent]
    while len(chain) < 6:
        before = [each for each in context.agents[chain[0]].reads if each.agent]
        if not before:
            break
        chain.insert(0, max(before, key=sizes.read).agent)
    grown = f", along {' -> '.join(chain)}" if len(chain) > 1 else ""
    return f"the answer of {read.agent!r} could have {_bytes(sizes.read(read))}{grown}"


def _place(context: Context, agent: Agent, read: Read) -> Where:
    word = read.agent or read.path
    for ref in context.specs[agent.name].reads or ():
        if ref.text == word:
            return ref.where
    return context.at(agent.name)


def _bytes(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB" if count >= 1_000_000 else f"{count // 1000} kB"
