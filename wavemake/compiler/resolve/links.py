"""What each agent reads and what it waits for."""

from __future__ import annotations

from wavemake.compiler.resolve.files import files_of, inside, is_edited_later, owner
from wavemake.compiler.resolve.work import Links, Work
from wavemake.plan.diagnostics import Where
from wavemake.plan.did_you_mean import did_you_mean
from wavemake.plan.for_each import HOLE
from wavemake.plan.model import AgentSpec, ReadRef, Ref, shown
from wavemake.plan.names import is_glob
from wavemake.plan.resolved import Read


def link_agents(work: Work) -> None:
    """Fill in `links`.

    >>> from wavemake.compiler.resolve.agents import collect_agents
    >>> from wavemake.compiler.resolve.work import work_on
    >>> db, api = {"name": "db"}, {"name": "api", "reads": ["db", "notes.md"]}
    >>> work = work_on({"agents": [db, api]}, "notes.md")
    >>> collect_agents(work)
    >>> link_agents(work)
    >>> [read.agent or read.path for read in work.links["api"].reads]
    ['db', 'notes.md']
    """
    for name, spec in work.specs.items():
        work.links[name] = _links(work, spec)


def find_upstream(work: Work) -> None:
    """Fill in `upstream`: the order that 'reads', 'depends_on' and waves say by the names of agents.

    >>> from wavemake.compiler.resolve.agents import collect_agents
    >>> from wavemake.compiler.resolve.work import work_on
    >>> work = work_on({"agents": [{"name": "db"}, {"name": "api", "reads": ["db"]}]})
    >>> collect_agents(work)
    >>> find_upstream(work)
    >>> work.upstream
    {'db': set(), 'api': {'db'}}
    """
    direct = {name: _named(work, spec) for name, spec in work.specs.items()}
    for name in work.specs:
        found, left = set[str](), [name]
        while left:
            more = direct[left.pop()] - found
            found |= more
            left += more
        work.upstream[name] = found


def _named(work: Work, spec: AgentSpec) -> set[str]:
    """The agents that `spec` needs by their names."""
    if spec.reads is None and not spec.depends_on:
        return {*work.in_wave.get(work.given.get(spec.name, 1) - 1, [])}
    reads = {name for ref in spec.reads or () if (name := _agent_in(work, ref))}
    waits = {ref.text for ref in spec.depends_on or ()}
    return (reads | waits) & work.specs.keys()


def _agent_in(work: Work, ref: ReadRef) -> str:
    """The agent that `ref` names, or an empty string if it is a file."""
    is_agent = ref.kind == "agent" or (ref.kind != "file" and ref.text in work.specs)
    return ref.text if is_agent else owner(work, ref.text)


def _links(work: Work, spec: AgentSpec) -> Links:
    links = Links()
    if spec.reads is None and not spec.depends_on:
        _read_previous_wave(work, spec, links)
    for read in spec.reads or ():
        _read(work, spec, read, links)
    for ref in spec.depends_on or ():
        if is_other(work, spec, ref, ref.text, "depends on"):
            links.wait(ref.text, ref.where)
    if spec.for_each and spec.for_each.agent:
        ref = spec.for_each.agent
        if is_other(work, spec, ref, ref.text, "has its list from"):
            links.wait(ref.text, ref.where)
    return links


def _read_previous_wave(work: Work, spec: AgentSpec, links: Links) -> None:
    wave = work.given.get(spec.name, 1)
    before = work.in_wave.get(wave - 1, [])
    where = Where((*spec.path, "name") if work.plan.agents else spec.path)
    for name in before:
        links.read(Read(agent=name), where)
    if before and work.plan.agents:
        message = f"{shown(spec.name)} declares no 'reads': it is given all of wave {wave - 1}"
        names = ", ".join(f'"{name}"' for name in before[:5])
        rest = ", ..." if len(before) > 5 else ""
        hint = f'write "reads": [{names}{rest}], or [] for none'
        work.found.warning("WM153", message, where, hint)


def _read(work: Work, spec: AgentSpec, ref: ReadRef, links: Links) -> None:
    """An exact agent's name wins; `./x` forces a file; an agent's output path means that agent."""
    name = _agent_in(work, ref)
    if name:
        if is_other(work, spec, ref, name, "reads") and _has_edits(work, spec, ref, name):
            links.read(Read(name, "", ref.portion), ref.where)
        return
    who = f"{shown(spec.name)} reads"
    if spec.for_each and HOLE.search(ref.text):
        path = inside(work, who, ref)
        if path:
            links.read(Read("", path, ref.portion), ref.where)
        return
    if ref.kind != "file" and _is_unknown_agent(work, ref.text):
        message = f"{who} {shown(ref.text)}, which is neither an agent of this plan nor a file"
        hint = f"add it to 'agents'; a file of that name is read as './{ref.text}'"
        _report_unknown(work, spec, ref, message, hint)
        return
    for path in files_of(work, who, ref, spec):
        links.read(Read("", path, ref.portion), ref.where)
        writer = work.writers.get(path)
        if writer is spec and not work.project.kind(path):
            message = f"{who} {shown(ref.text)}, which it is yet to write"
            work.found.warning("WM151", message, ref.where, "leave it out of 'reads'")
        elif writer and writer is not spec and not is_edited_later(work, spec, path):
            links.wait(writer.name, ref.where)


def _has_edits(work: Work, spec: AgentSpec, ref: ReadRef, name: str) -> bool:
    """Tell whether the edits of the agent `name` can be read, if that is what `ref` asks for."""
    if ref.portion.form != "diff" or work.settler.settle(work.specs[name]).has_workspace:
        return True
    message = (
        f"{shown(spec.name)} reads what {shown(name)} changed, which works in the project itself"
    )
    hint = f'add "workspace": "worktree" to {shown(name)}'
    work.found.error("WM142", message, Where((*ref.entry, "as")), hint)
    return False


def _is_unknown_agent(work: Work, text: str) -> bool:
    if not text or text.startswith("~") or "/" in text or is_glob(text):
        return False
    if text in work.writers or work.project.kind(text):
        return False
    return "." not in text or bool(did_you_mean(text, work.specs))


def is_other(work: Work, spec: AgentSpec, ref: Ref, name: str, verb: str) -> bool:
    """Tell whether `name`, which `ref` stands for, is another agent, after saying why if not."""
    if name == spec.name:
        message = f"{shown(spec.name)} {verb} itself"
        work.found.error("WM113", message, ref.where, "leave it out")
    elif name not in work.specs:
        is_path = "/" in name or is_glob(name) or bool(work.project.kind(name))
        elsewhere = "files go into 'reads'" if verb != "reads" else f'write {{"file": "{name}"}}'
        hint = elsewhere if is_path else "add it to 'agents'"
        message = f"{shown(spec.name)} {verb} {shown(name)}, which is not an agent in this plan"
        _report_unknown(work, spec, ref, message, hint)
    return name in work.specs and name != spec.name


def _report_unknown(work: Work, spec: AgentSpec, ref: Ref, message: str, hint: str) -> None:
    if work.plan.partial:
        return
    near = did_you_mean(ref.text, work.names)
    if not near or near == did_you_mean(ref.text, [spec.name]):
        near = hint
    work.found.error("WM112", message, ref.where, near)
