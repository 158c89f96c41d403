"""What the values of the options of a compilation must be."""

from __future__ import annotations

import os
import re
from dataclasses import replace

from wavemake.compiler.bounds import BadBound, bounds_of, budget_of
from wavemake.compiler.options import DEFAULT_OUTPUT, Options, default_prefix
from wavemake.plan import dialects
from wavemake.plan.did_you_mean import did_you_mean
from wavemake.plan.model import encodes
from wavemake.plan.names import normal_path, outside_problem, path_problem
from wavemake.plan.runners import RUNNERS


class BadOption(ValueError):
    """An option of compile that cannot be used; its text says why."""


def checked_options(options: Options) -> Options:
    """Return `options` with a normal folder, output and prefix.

    Raises BadOption when one of them, or the runner or the model, cannot be used.
    """
    folder = normal_path(options.folder.replace(os.sep, "/"))
    prefix = options.prefix or default_prefix(folder)
    output = normal_path(options.output) if options.output else ""
    if options.backend == "ninja" and (options.fragment or output != DEFAULT_OUTPUT):
        raise BadOption("--backend ninja writes no Makefile: leave --output and --fragment out")
    found = {
        f"--dir {options.folder!r}": _folder_problem(folder),
        f"--prefix {prefix!r}": _prefix_problem(prefix),
        f"--output {options.output!r}": _output_problem(output, folder, options.plan),
        f"--runner {options.runner!r}": _runner_problem(options.runner),
        f"--model {options.model!r}": _model_problem(options.model),
        f"--permissions {options.permissions!r}": _model_problem(options.permissions),
        f"--tools {options.tools!r}": _model_problem(options.tools),
        f"--on-end {options.on_end!r}": _model_problem(options.on_end),
        f"--dialect {options.dialect!r}": _dialect_problem(options.dialect),
    }
    try:
        bounds_of(options)
        budget_of(options)
    except BadBound as error:
        raise BadOption(str(error)) from error
    for option, problem in found.items():
        if problem:
            raise BadOption(f"{option} {problem}")
    return replace(options, folder=folder, prefix=prefix, output=output)


def _folder_problem(folder: str) -> str:
    outside = outside_problem(folder)
    if outside or folder == ".":
        return f"{outside or 'is the project itself'}: name a folder inside the project"
    if not re.fullmatch(r"[A-Za-z0-9._][A-Za-z0-9._/-]*", folder):
        return "may hold letters, digits, '.', '_', '-' and '/' only"
    return ""


def _prefix_problem(prefix: str) -> str:
    plain = re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]*", prefix)
    return "" if plain else "may hold letters, digits, '_' and '-' only"


def _output_problem(output: str, folder: str, plan: str) -> str:
    if output == "-":
        return "names no file: --stdout prints the Makefile"
    if not encodes(output):
        return "is not UTF-8: choose another name"
    if not output or path_problem(output):
        return path_problem(output) or "is empty: name a file"
    if f"{output}/".startswith(f"{folder}/"):
        return "is in the folder that wavemake keeps for agents: name a file elsewhere"
    if os.path.isdir(output):
        return "is a folder: name a file"
    same = os.path.realpath(output) == os.path.realpath(plan)
    return "is the plan itself: name another file" if same else ""


def _runner_problem(runner: str | None) -> str:
    if runner is None or runner in RUNNERS:
        return ""
    return f"is unknown: {did_you_mean(runner, RUNNERS) or 'there are ' + ', '.join(RUNNERS)}"


def _dialect_problem(dialect: str) -> str:
    known = dialects.DIALECTS
    if not dialect or dialect in known:
        return ""
    return f"is unknown: {did_you_mean(dialect, known) or 'there are ' + ', '.join(known)}"


def _model_problem(model: str | None) -> str:
    plain = not model or (encodes(model) and model.isprintable())
    return "" if plain else "must be one line of plain text"
