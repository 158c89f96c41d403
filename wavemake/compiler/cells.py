"""Expands `for_each`: an agent of the plan becomes a cell for each item, named by what the item is.

What is said of the agent elsewhere is said of all its cells, in the order of the list.
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from wavemake.compiler.cell_loops import loops_of_cells
from wavemake.compiler.unroll import renamed
from wavemake.plan.diagnostics import Diagnostic, Diagnostics, Where
from wavemake.plan.for_each import HOLE
from wavemake.plan.model import (
    AgentSpec,
    Check,
    ForEach,
    Plan,
    ReadRef,
    Ref,
    Settings,
    shown,
)
from wavemake.plan.names import normal_path, outside_problem

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SPECIAL = re.compile(r"[][\\.^$*+?(){}|]")
_LONGEST_SLUG = 40
_AnyRef = TypeVar("_AnyRef", bound=Ref)

Glob = Callable[[str], Iterable[str]]
"""The files that match a pattern."""


class _Unfit(ValueError):
    """An item that cannot stand where it is to; its text says why."""


def expand(plan: Plan, glob: Glob) -> tuple[Plan, list[Diagnostic]]:
    """Return `plan` with the cells in place of the agents that have some, and what is wrong with those.

    >>> from wavemake.plan.parser import parse
    >>> agents = [{"name": "fix", "task": "Fix {{item}}.", "for_each": ["b", "a b"]}]
    >>> written, _ = parse({"agents": [*agents, {"name": "sum", "reads": ["fix"]}]})
    >>> plan, found = expand(written, lambda pattern: [])
    >>> [(each.name, each.task) for each in plan.agents[:2]]
    [('fix-b', 'Fix b.'), ('fix-a-b-5e229e', 'Fix a b.')]
    >>> [each.text for each in plan.agents[2].reads]
    ['fix-b', 'fix-a-b-5e229e']
    """
    if not any(spec.for_each for spec in plan.agents):
        return plan, []
    found = Diagnostics()
    cells: dict[str, list[str]] = {}
    agents: list[AgentSpec] = []
    for spec in plan.agents:
        if spec.for_each is None:
            made = [spec]
        elif spec.for_each.agent:
            made = [_with_list_to_come(plan, spec, spec.for_each.agent, found)]
        else:
            made = _cells(spec, spec.for_each, glob, found)
        if spec.for_each:
            cells[spec.name] = [cell.name for cell in made]
        agents += made
    stages = {spec.name for spec in plan.agents if spec.for_each and spec.for_each.agent}
    looped = loops_of_cells(plan, cells, stages, found)
    return replace(
        plan,
        agents=tuple(_reading(spec, cells, looped.partners.get(spec.name, {})) for spec in agents),
        loops=looped.loops,
        waves=plan.waves and tuple(_all(wave, cells) for wave in plan.waves),
        defaults=_judging(plan.defaults, cells),
    ), list(found)


def _with_list_to_come(plan: Plan, spec: AgentSpec, ref: Ref, found: Diagnostics) -> AgentSpec:
    """An agent whose cells a run makes: what can be known of them before is checked."""
    maker = next((each for each in plan.agents if each.name == ref.text), None)
    if maker and maker.for_each and maker is not spec:
        message = (
            f"{shown(ref.text)} has cells itself, so it has no single answer that could be a list"
        )
        found.error("WM162", message, ref.where, "let an agent that reads them make the list")
    file = spec.for_each.file if spec.for_each else None
    if maker and file and file.text not in {each.text for each in maker.outputs}:
        hint = f'add "outputs": ["{file.text}"] to {shown(ref.text)}'
        message = f"{shown(ref.text)} does not declare that it writes {shown(file.text)}"
        found.error("WM162", message, file.where, hint)
    for output in spec.outputs:
        if not HOLE.search(output.text):
            message = f"all cells of {shown(spec.name)} would write {shown(output.text)}"
            found.error("WM162", message, output.where, "put {{item}} or {{index}} into its path")
    for check in spec.settings.check or ():
        try:
            _refuse_quotes(check)
        except _Unfit as error:
            found.error("WM162", str(error), Where((*spec.path, "check")))
    for other in plan.agents:
        if other.for_each and other.for_each.agent and other.name.startswith(f"{spec.name}-"):
            message = f"cells of {shown(spec.name)} may be called like those of {shown(other.name)}"
            found.error("WM162", message, Where((*other.path, "name")), "rename one of them")
    return spec


def _reading(
    spec: AgentSpec, cells: Mapping[str, list[str]], partners: Mapping[str, str]
) -> AgentSpec:
    """An agent that names cells: in a loop, those of its own item."""
    cells = {**cells, **{name: [cell] for name, cell in partners.items()}}
    return replace(
        spec,
        when=renamed(spec.when, partners) if spec.when else None,
        reads=None if spec.reads is None else _all(spec.reads, cells),
        depends_on=None if spec.depends_on is None else _all(spec.depends_on, cells),
        settings=_judging(spec.settings, cells),
    )


def _judging(settings: Settings, cells: Mapping[str, list[str]]) -> Settings:
    if not any(check.reads for check in settings.check or ()):
        return settings
    checks = (replace(check, reads=_all(check.reads, cells)) for check in settings.check or ())
    return replace(settings, check=tuple(checks))


def _all(refs: Iterable[_AnyRef], cells: Mapping[str, list[str]]) -> tuple[_AnyRef, ...]:
    """The references, with all cells where an agent is named that has some."""
    found: list[_AnyRef] = []
    for ref in refs:
        is_file = isinstance(ref, ReadRef) and ref.kind == "file"
        names = [ref.text] if is_file else cells.get(ref.text, [ref.text])
        found += [replace(ref, text=name) for name in names]
    return tuple(found)


# --- the cells of one agent -----------------------------------------------------


def _cells(spec: AgentSpec, for_each: ForEach, glob: Glob, found: Diagnostics) -> list[AgentSpec]:
    items = list(for_each.items)
    if for_each.files:
        items = [
            json.dumps(path, ensure_ascii=False)
            for path in _files(spec, for_each.files, glob, found)
        ]
    if len(items) > for_each.max:
        message = f"{shown(spec.name)} is for {len(items)} items, over its max ({for_each.max})"
        found.error("WM162", message, Where(for_each.path), "narrow the pattern, or raise 'max'")
        return []
    names: dict[str, int] = {}
    made = []
    for index, text in enumerate(items):
        where = Where(for_each.path if for_each.files else (*for_each.path, index))
        name = f"{spec.name}-{_slug(text)}"
        if name.lower() in names:
            message = f"items {names[name.lower()] + 1} and {index + 1} are the same"
            found.error(
                "WM162", message, where, "leave one of them out, or give them names of their own"
            )
            continue
        names[name.lower()] = index
        try:
            made.append(_cell(spec, name, json.loads(text), index + 1))
        except _Unfit as error:
            found.error("WM162", str(error), where)
    return made


def _files(spec: AgentSpec, ref: Ref, glob: Glob, found: Diagnostics) -> list[str]:
    """The files of a pattern, sorted."""
    problem = outside_problem(ref.text)
    if problem:
        message = f"{shown(spec.name)} is for {shown(ref.text)}, which {problem}"
        found.error("WM116", message, ref.where, "paths are relative to the project and stay in it")
        return []
    files = sorted(glob(normal_path(ref.text)))
    if not files:
        message = f"{shown(spec.name)} is for {shown(ref.text)}, which matches no file"
        hint = "patterns are expanded when the plan is compiled"
        found.warning("WM151", message, ref.where, hint)
    return files


def _slug(text: str) -> str:
    """A word for the item `text` is the JSON of; with a part of its checksum where the word is not all of it.

    >>> _slug('"api"'), _slug('"src/Main.c"'), _slug('{"name": "ui", "size": 3}')
    ('api', 'src-main.c-985785', 'ui')
    """
    item = json.loads(text)
    identity = item
    if isinstance(item, dict):
        identity = next((item[key] for key in ("name", "id") if isinstance(item.get(key), str)), "")
    said = identity if isinstance(identity, str) else json.dumps(identity)
    slug = re.sub(r"[^a-z0-9._]+", "-", said.lower()).strip("-.")[:_LONGEST_SLUG].strip("-.")
    if slug and slug == said:
        return slug
    checksum = hashlib.sha256(text.encode()).hexdigest()[:6]
    return f"{slug}-{checksum}" if slug else checksum


def _cell(spec: AgentSpec, name: str, item: Any, index: int) -> AgentSpec:
    def plain(text: str) -> str:
        return _filled(text, item, index, str)

    def line(text: str, quote: Callable[[str], str] = str) -> str:
        return _filled(text, item, index, lambda value: quote(_one_line(value)))

    settings = spec.settings
    checks = settings.check and tuple(_check(check, line) for check in settings.check)
    model = settings.model and line(settings.model)
    return replace(
        spec,
        name=name,
        task=spec.task and plain(spec.task),
        reads=spec.reads and tuple(replace(ref, text=line(ref.text)) for ref in spec.reads),
        outputs=tuple(replace(ref, text=line(ref.text)) for ref in spec.outputs),
        settings=replace(settings, check=checks, model=model),
        for_each=None,
        group=spec.name,
    )


def _check(check: Check, line: Callable[[str, Callable[[str], str]], str]) -> Check:
    """Within a command an item is one word; within a regular expression it stands for itself."""
    if check.kind == "sh":
        _refuse_quotes(check)
        return replace(check, text=line(check.text, shlex.quote))
    if check.kind == "matches":
        return replace(check, text=line(check.text, lambda value: _SPECIAL.sub(r"\\\g<0>", value)))
    if check.kind == "ask":
        reads = tuple(replace(ref, text=line(ref.text, str)) for ref in check.reads)
        return replace(check, text=line(check.text, str), model=line(check.model, str), reads=reads)
    return check


def _refuse_quotes(check: Check) -> None:
    holes = HOLE.finditer(check.text) if check.kind == "sh" else ()
    if any(_in_quotes(check.text[: hole.start()]) for hole in holes):
        raise _Unfit("in a check, an item is one word, and may not stand in quotes: leave them out")


def _in_quotes(command: str) -> bool:
    """Tell whether what follows `command` stands in quotes of a shell, or behind a backslash.

    >>> _in_quotes("test "), _in_quotes("test 'a' = \\""), _in_quotes("echo `cat ")
    (False, True, True)
    """
    quote, is_escaped = "", False
    for sign in command:
        if is_escaped:
            is_escaped = False
        elif sign == "\\" and quote != "'":
            is_escaped = True
        elif sign == quote:
            quote = ""
        elif not quote and sign in "'\"`":
            quote = sign
    return bool(quote) or is_escaped


def _one_line(value: str) -> str:
    if _CONTROL.search(value):
        raise _Unfit("an item with a line break or a control character can stand in 'task' alone")
    return value


def _filled(text: str, item: Any, index: int, quote: Callable[[str], str]) -> str:
    """`text` with what stands for the item replaced by `quote` of it, once: an item is never looked into."""

    def value(hole: re.Match[str]) -> str:
        if hole["index"]:
            return str(index)
        found = item
        for step in (hole["key"] or "").split(".") if hole["key"] else ():
            if not isinstance(found, dict) or step not in found:
                raise _Unfit(f"this item has no {hole['key']!r}, which {hole[0]} stands for")
            found = found[step]
        return quote(found if isinstance(found, str) else json.dumps(found, ensure_ascii=False))

    return HOLE.sub(value, text)
