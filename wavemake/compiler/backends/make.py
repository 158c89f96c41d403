"""The make back end: the fragment with the rules, and the driver Makefile."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from wavemake.compiler.ir import LOADER, BuildGraph, Job
from wavemake.compiler.render import render

DRIVER_MARK = "# Written by wavemake"
# A word of a shell that needs no quotes.
_PLAIN = re.compile(r"[A-Za-z0-9_@+=:,./-]+\Z")


def make_path(path: str) -> str:
    """Escape a file's path as a prerequisite; `names.path_problem` says which have no escape.

    Only a file that exists may have a wildcard in its name: make drops that escape when it finds it.
    """
    return re.sub(r"[ #*?\[]", r"\\\g<0>", path).replace("$", "$$")


def make_target(path: str) -> str:
    """Escape a file's path as a target, in which a plain % makes the rule a pattern."""
    return make_path(path).replace("%", r"\%")


def make_argument(path: str, prefix: str) -> str:
    """Escape a file's path as an argument of a function, whose parentheses must come in pairs.

    The fragment defines PREFIX.open and PREFIX.close.
    """
    signs = {"(": f"$({prefix}.open)", ")": f"$({prefix}.close)"}
    return re.sub("[()]", lambda found: signs[found.group()], make_path(path))


def recipe_word(word: str) -> str:
    """Quote a word of a recipe: for the shell, then for make, to which no # is a comment there."""
    quoted = word if _PLAIN.match(word) else "'" + word.replace("'", "'\\''") + "'"
    return quoted.replace("$", "$$")


def fragment(graph: BuildGraph) -> str:
    """Return agents.mk: the rules, safe to include in anyone's Makefile."""
    sources = frozenset(path for job in graph.jobs for path in job.files)
    waves = [_wave(graph, jobs, sources) for _, jobs in groupby(graph.jobs, lambda job: job.wave)]
    return render(
        "make/agents.mk.j2",
        p=graph.prefix,
        dir=graph.folder,
        loader=LOADER.replace("$", "$$"),
        title=_comment(graph.project),
        source=_source(graph),
        total=len(graph.jobs),
        waves=waves,
        roots=_roots(graph),
        wave_lists=_wrapped(f"$({graph.prefix}.wave-{n})" for n in range(1, len(waves) + 1)),
        settled=_wrapped(job.name for job in graph.jobs if job.tolerated),
        parentheses=any(
            job.listed_by or set("()") & set("".join((*job.outputs, *job.sights)))
            for job in graph.jobs
        ),
        missing=any(
            job.tolerated or job.outputs or job.sights or job.is_asked or job.listed_by
            for job in graph.jobs
        ),
        groups=[*_groups(graph)],
        stages=_wrapped(job.name for job in graph.jobs if job.listed_by),
        # As a target, it must be no pattern.
        plan="" if "%" in graph.plan_path else make_path(graph.plan_path),
    )


def driver(graph: BuildGraph) -> str:
    """Return the Makefile that runs the fragment, keeps going past failures and sums up."""
    return render(
        "make/Makefile.j2",
        p=graph.prefix,
        dir=graph.folder,
        source=_source(graph),
        names=_wrapped(job.name for job in graph.jobs),
        groups=_wrapped(dict.fromkeys(job.group for job in graph.jobs if job.group)),
        waves=_wrapped(f"wave-{n}" for n in range(1, graph.waves + 1)),
        stages=_wrapped(f"{job.name}-" for job in graph.jobs if job.listed_by),
    )


def _groups(graph: BuildGraph) -> Iterator[dict[str, str]]:
    for name, made in groups(graph).items():
        answers = _wrapped(f"$({graph.prefix}.dir)/{each}/output.md" for each in made)
        yield {"name": name, "answers": answers}


def groups(graph: BuildGraph) -> dict[str, list[str]]:
    """Return the agents that have cells and a goal of their own, each with the agents that it asks for.

    Those are its cells, or itself where a run makes them.
    """
    found: dict[str, list[str]] = {}
    for job in graph.jobs:
        name = job.group or job.name
        if (job.group or job.listed_by) and not is_own_goal(name):
            found.setdefault(name, []).append(job.name)
    return found


def is_own_goal(name: str) -> bool:
    """Tell whether a goal of the fragment has this name, behind its prefix.

    >>> is_own_goal("agents"), is_own_goal("only-wave-1"), is_own_goal("translate")
    (True, True, False)
    """
    return name in {"agents", "missing", "forced"} or name.startswith("only-wave-")


def _roots(graph: BuildGraph) -> str:
    """The agents that need no other: without them, nothing runs."""
    late = [job.name for job in graph.jobs if not job.needs and job.wave > 1]
    return " ".join([f"$({graph.prefix}.wave-1)", *late])


def _wave(graph: BuildGraph, jobs: Iterable[Job], sources: Container[str]) -> dict[str, object]:
    rules = [_rule(graph, job, sources) for job in jobs]
    names = sorted((rule.name for rule in rules), key=graph.place.__getitem__)
    return {"names": _wrapped(names), "rules": rules}


@dataclass(frozen=True, slots=True)
class _Target:
    """What the template prints of a job: jinja reads attributes faster than keys."""

    name: str
    wave: int
    target: str
    mode: str
    cells: bool
    sum: str
    prerequisites: str
    outputs: Sequence[Mapping[str, str]]


def _rule(graph: BuildGraph, job: Job, sources: Container[str]) -> _Target:
    """sources: files that no rule of ours makes, although an agent may edit them."""
    prefix = graph.prefix
    # Everything that a tolerant agent needs is tolerated, and so is everything that a tolerated
    # one needs.
    answer = ".ended" if job.tolerant or job.tolerated else "output.md"
    needs = sorted(job.needs, key=graph.place.__getitem__)
    prerequisites = [
        *(f"$({prefix}.dir)/{name}/{answer}" for name in needs),
        *(f"$({prefix}.root){make_path(path)}" for path in (*job.files, *job.written)),
        *_gone(prefix, job),
    ]
    return _Target(
        name=job.name,
        wave=job.wave,
        target=".ended" if job.tolerated else "output.md",
        mode=" settle" if job.tolerated else "",
        cells=bool(job.listed_by),
        sum=job.sum,
        prerequisites="".join([f" \\\n  {path}" for path in prerequisites]),
        outputs=[
            {"path": make_target(path), "word": recipe_word(f"./{path}")}
            for path in job.outputs
            if path not in sources
        ],
    )


def _gone(prefix: str, job: Job) -> Iterator[str]:
    """What makes a job stale of which a file is gone that no rule but its own makes."""
    if job.tolerated:
        yield f"$(or $(wildcard $({prefix}.dir)/{job.name}/./output.md),{prefix}-missing)"
    for path in job.outputs:
        file = make_argument(path, prefix)
        gone = f"{prefix}-missing"
        if job.skippable:
            gone = f"$(if $(wildcard $({prefix}.dir)/{job.name}/.skipped),,{gone})"
        yield f"$(if $(wildcard $({prefix}.root){file}),,{gone})"
    yield from _seen(prefix, job)


def _seen(prefix: str, job: Job) -> Iterator[str]:
    """What makes a job stale whose condition has to be looked at again: a file has come, or is gone."""
    for number, path in enumerate(job.sights, 1):
        mark = f"$(wildcard $({prefix}.dir)/{job.name}/.seen-{number})"
        file = f"$(wildcard $({prefix}.root){make_argument(path, prefix)})"
        yield f"$(if {file},$(if {mark},,{prefix}-missing),$(if {mark},{prefix}-missing))"
    if job.is_asked:
        yield f"$(if $({prefix}.dry),,{prefix}-missing)"


def _wrapped(words: Iterable[str]) -> str:
    """The words after `:=`, on one line if they fit, else on lines that are continued."""
    text = " ".join(words)
    if len(text) <= 80:
        return f" {text}" if text else ""
    lines = textwrap.wrap(text, 96, break_long_words=False, break_on_hyphens=False)
    return "".join(f" \\\n  {line}" for line in lines)


def _source(graph: BuildGraph) -> str:
    return f" from {_comment(graph.plan_path)}" if graph.plan_path else ""


def _comment(text: str) -> str:
    """A text of the plan as part of a comment: one line, which no backslash continues."""
    return re.sub(r"[\x00-\x1f\x7f\\]+", " ", text)[:100]
