"""Fixes waves that contradict what agents need: an agent moves to a wave after those that it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wavemake.compiler.graph import Graph
from wavemake.fix.edit import Editor, edited
from wavemake.fix.needs import needs
from wavemake.fix.syntax import Cannot, Edit, Word
from wavemake.fix.trial import Look, Outcome
from wavemake.plan.loader import Document
from wavemake.plan.model import Plan, shown


def fix_waves(look: Look) -> Outcome:
    """Move agents to later waves, if the waves are all that is wrong with the plan.

    An agent whose wave is possible stays in it.
    """
    plan = look.plan
    if plan is None or {error.code for error in look.errors} != {"WM114"}:
        return look, []
    needed = needs(plan, look.folder)
    moves = _moves(plan, needed)
    try:
        after = look.at(_moved(look.document, moves))
    except Cannot:
        return look, []
    # An agent that does not name its inputs has other inputs after a move.
    if after.errors or after.plan is None or needs(after.plan, after.folder) != needed:
        return look, []
    return after, [_message(name, needed[name], after.plan) for name in moves]


def _moves(plan: Plan, needed: Mapping[str, frozenset[str]]) -> dict[str, int]:
    """The agents to be moved, in their order, and the index of the wave that each belongs to."""
    given = {ref.text: n for n, wave in enumerate(plan.waves or ()) for ref in wave}
    earliest = Graph(needed).waves()
    wave: dict[str, int] = {}
    for name in sorted(earliest, key=lambda name: earliest[name]):
        wave[name] = max([given[name], *(wave[need] + 1 for need in needed[name])])
    return {name: wave[name] for name in given if name in wave and wave[name] != given[name]}


def _moved(document: Document, moves: Mapping[str, int]) -> Document:
    """The document with agents in other waves, and without the waves that become empty."""
    waves = [_listed(wave) for wave in document.value["waves"]]
    words: dict[int, list[Word]] = {}
    gone: dict[int, set[int]] = {}
    for n, wave in enumerate(waves):
        for i, name in enumerate(wave):
            if name in moves:
                words.setdefault(moves[name], []).append(Word(name, _comment(document, n, i)))
                gone.setdefault(n, set()).add(i)
    empty = {n for n in gone if len(gone[n]) == len(waves[n]) and n not in words}
    document = _with_words(document, {n: more for n, more in words.items() if n < len(waves)})
    document = _with_waves(document, [words[n] for n in sorted(words) if n >= len(waves)])
    document = _without_words(document, {n: which for n, which in gone.items() if n not in empty})
    return _without_waves(document, empty)


def _comment(document: Document, n: int, i: int) -> str:
    is_list = isinstance(document.value["waves"][n], list)
    return Editor(document).comment(("waves", n, i)) if is_list else ""


def _with_words(document: Document, words: Mapping[int, list[Word]]) -> Document:
    def change(waves: list[Any]) -> None:
        for n, more in words.items():
            waves[n] = [*_listed(waves[n]), *(word.text for word in more)]

    editor = Editor(document)
    edits = [edit for n in words for edit in editor.append(("waves", n), words[n])]
    return _step(document, edits, change)


def _with_waves(document: Document, new: list[list[Word]]) -> Document:
    def change(waves: list[Any]) -> None:
        waves += [[word.text for word in words] for words in new]

    edits = Editor(document).append_lists(("waves",), new) if new else []
    return _step(document, edits, change)


def _without_words(document: Document, gone: Mapping[int, set[int]]) -> Document:
    def change(waves: list[Any]) -> None:
        for n, which in gone.items():
            waves[n] = [name for i, name in enumerate(waves[n]) if i not in which]

    editor = Editor(document)
    edits = [edit for n in gone for edit in editor.remove(("waves", n), gone[n])]
    return _step(document, edits, change)


def _without_waves(document: Document, gone: set[int]) -> Document:
    def change(waves: list[Any]) -> None:
        waves[:] = [wave for n, wave in enumerate(waves) if n not in gone]

    edits = Editor(document).remove(("waves",), gone) if gone else []
    return _step(document, edits, change)


def _step(document: Document, edits: list[Edit], change: Callable[[list[Any]], None]) -> Document:
    after = edited(document, edits, lambda tree: change(tree["waves"])) if edits else document
    if after is None:
        raise Cannot
    return after


def _listed(wave: Any) -> list[str]:
    return [wave] if isinstance(wave, str) else list(wave)


def _message(name: str, needed: frozenset[str], plan: Plan) -> str:
    wave = {ref.text: n for n, wave in enumerate(plan.waves or (), 1) for ref in wave}
    latest = max(sorted(needed), key=lambda need: wave[need])
    return (
        f"WM114: {shown(name)} is in wave {wave[name]} now, behind {shown(latest)}, which it needs"
    )
