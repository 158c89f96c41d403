"""Which agents share a prefix: what they read alike goes into one system prompt, which the API caches."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from wavemake.compiler.stage import is_filled
from wavemake.plan.launchers import Launcher
from wavemake.plan.resolved import Agent, Read, Resolved
from wavemake.plan.runners import Runner, command_line


@dataclass(frozen=True, slots=True)
class Prefix:
    """What an agent shares: its first `reads`, with the others of its `group`."""

    group: str
    reads: int


def prefixes(
    plan: Resolved, runners: Mapping[str, Runner], launcher: Launcher
) -> Mapping[str, Prefix]:
    """Return what each agent shares, by its name; who shares nothing is left out.

    Agents that are run alike and read the same share all of that, also with one that reads more after it.
    Of the others, those that begin with the same, as with the plan's `context`, share that. The cells of an
    agent whose list a run makes share what all of them begin with.
    """
    if not plan.trusted or launcher.apart:
        return {}
    alike: dict[str, list[Agent]] = {}
    stages = {agent.name for agent in plan.agents if agent.cells}
    found: dict[str, Prefix] = {}
    for agent in plan.agents:
        runner = runners[agent.settings.runner or ""]
        # The number of cells to read is not known yet.
        if stages.intersection(agent.needs) or not agent.reads or not _may_share(agent, runner):
            continue
        how = _how_it_is_run(agent, runner)
        if agent.cells:
            found.update(_of_cells(how, agent))
        else:
            alike.setdefault(how, []).append(agent)
    for how, agents in alike.items():
        found.update(_shared(how, agents))
    return found


def _may_share(agent: Agent, runner: Runner) -> bool:
    settings = agent.settings
    if not runner.prefix or settings.prefix is False:
        return False
    flags = [word for word in runner.prefix if word.startswith("--")]
    given = [word.partition("=")[0] for word in settings.args or () if len(word) > 2]
    if any(flag.startswith(word) for flag in flags for word in given):
        return False  # The CLI accepts only one of these.
    # Paths that it reads itself lead into its own folder.
    is_apart = bool(settings.cwd) and settings.has_workspace
    return not (is_apart and any(read.portion.form == "path" for read in agent.reads))


def _how_it_is_run(agent: Agent, runner: Runner) -> str:
    """All that may make a difference to what its CLI sends before the prompt."""
    settings = agent.settings
    words = command_line(runner, settings, "", "S" if settings.system else "")
    schema = settings.schema.text if settings.schema else ""
    where = (settings.cwd, settings.has_workspace, bool(settings.isolate))
    return repr((runner.name, words, settings.system, schema, where))


def _of_cells(how: str, agent: Agent) -> Iterator[tuple[str, Prefix]]:
    reads = [*takewhile(lambda read: not is_filled(read.path), agent.reads)]
    if reads and not is_filled(agent.settings.model or ""):
        yield from _group(how, [agent], reads)


def _shared(how: str, agents: Iterable[Agent]) -> Iterator[tuple[str, Prefix]]:
    same: dict[tuple[Read, ...], list[Agent]] = {}
    for agent in agents:
        same.setdefault(agent.reads, []).append(agent)
    beginnings: dict[Read, list[Agent]] = {}
    for reads, readers in same.items():
        if len(readers) > 1:
            yield from _group(how, readers, reads)
            continue
        [agent] = readers
        counts = range(len(reads) - 1, 0, -1)
        whole = next((reads[:n] for n in counts if len(same.get(reads[:n], ())) > 1), None)
        if whole:
            yield from _group(how, readers, whole)
        else:
            beginnings.setdefault(reads[0], []).append(agent)
    for readers in beginnings.values():
        if len(readers) > 1:
            yield from _group(how, readers, _common([agent.reads for agent in readers]))


def _common(lists: Sequence[Sequence[Read]]) -> Sequence[Read]:
    """What all lists begin with.

    >>> a, b, c = Read("a"), Read("b"), Read("c")
    >>> [read.agent for read in _common([[a, b, c], [a, b], [a, b, a]])]
    ['a', 'b']
    """
    ranks = takewhile(lambda rank: len(set(rank)) == 1, zip(*lists, strict=False))
    return [rank[0] for rank in ranks]


def _group(
    how: str, agents: Iterable[Agent], reads: Sequence[Read]
) -> Iterator[tuple[str, Prefix]]:
    what = [(each.agent, each.path, each.portion.form, each.portion.line) for each in reads]
    name = hashlib.sha256(repr((how, what)).encode("utf-8", "surrogateescape")).hexdigest()
    for agent in agents:
        yield agent.name, Prefix(name[:12], len(reads))
