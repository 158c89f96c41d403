"""The JSON Schemas that answers must fit; one in a file is read by the agent, as any other file."""

from __future__ import annotations

from dataclasses import replace

from wavemake.compiler.answer_schema import form_of, problems
from wavemake.compiler.resolve.files import files_of
from wavemake.compiler.resolve.work import Work
from wavemake.plan.diagnostics import Where
from wavemake.plan.model import AgentSpec, AnswerSchema, Ref, shown
from wavemake.plan.resolved import Read


def collect_schemas(work: Work) -> None:
    """Fill in `schemas`, and add those that are files to `links`.

    >>> from wavemake.compiler.resolve.agents import collect_agents
    >>> from wavemake.compiler.resolve.links import link_agents
    >>> from wavemake.compiler.resolve.work import work_on
    >>> agents = [{"name": "audit", "reads": [], "schema": "findings.json"}]
    >>> work = work_on({"agents": agents}, "findings.json")
    >>> for each in (collect_agents, link_agents, collect_schemas):
    ...     each(work)
    >>> work.schemas["audit"].file.text, [read.path for read in work.links["audit"].reads]
    ('findings.json', ['findings.json'])
    """
    found: dict[AnswerSchema, AnswerSchema] = {}
    for name, spec in work.specs.items():
        schema = spec.settings.schema or work.plan.defaults.schema
        if schema is not None:
            path = _file(work, spec, schema.file) if schema.file else ""
            if schema not in found:
                found[schema] = _read(work, schema, path)
            work.schemas[name] = found[schema]


def _file(work: Work, spec: AgentSpec, ref: Ref) -> str:
    """The file of a schema, which the agent reads; an empty string if there is none, or more."""
    paths = files_of(work, f"the answer of {shown(spec.name)} must fit", ref)
    if len(paths) != 1:
        if paths:
            message = f"{shown(ref.text)} stands for {len(paths)} files, and a schema is one"
            work.found.error("WM163", message, ref.where, "name one file")
        return ""
    links = work.links[spec.name]
    links.read(Read("", paths[0]), ref.where)
    writer = work.writers.get(paths[0])
    if writer and writer is not spec:
        links.wait(writer.name, ref.where)
    return paths[0]


def _read(work: Work, schema: AnswerSchema, path: str) -> AnswerSchema:
    """The schema with its form and the path of its file, after saying what is wrong with it."""
    text: str | None = schema.text
    what = "the JSON Schema of an answer"
    if schema.file:
        text = work.project.text(path) if path else None
        what = f"the JSON Schema {shown(path)}"
        schema = replace(schema, file=replace(schema.file, text=path or schema.file.text))
    wrong = [*problems(text)] if text is not None else []
    for problem in wrong:
        inside = () if schema.file else problem.path
        where = "/".join(map(str, problem.path)) if schema.file else ""
        message = f"{what} {problem.message}{f' (at {where})' if where else ''}"
        work.found.error("WM163", message, Where((*schema.path, *inside)), problem.hint)
    return schema if text is None or wrong else replace(schema, form=form_of(text))
