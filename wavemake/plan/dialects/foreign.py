"""Files that are not plans of agents, or plans of tools that cannot be read: whose they are, in one message.

A row is a test of the tree and what is said of it. The first that holds counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from wavemake.plan.diagnostics import Diagnostic, Severity, Where
from wavemake.plan.dialects.words import listed, objects, plain, words_of
from wavemake.plan.model import shown
from wavemake.plan.schema import PLAN_KEYS, names_of


class Foreign(NamedTuple):
    """A file that is not read: what it is, and what to do."""

    what: str
    hint: str


def _keys(tree: Any) -> set[str]:
    return {plain(key) for key in tree} if isinstance(tree, dict) else set()


def _has(*keys: str) -> Callable[[Any], bool]:
    return lambda tree: {*keys} <= _keys(tree)


def _in(key: str, *words: str) -> Callable[[Any], bool]:
    """Whether the objects under `key` have one of the words."""
    return lambda tree: isinstance(tree, dict) and bool(words_of(objects(tree.get(key))) & {*words})


def _is_conductor(tree: Any) -> bool:
    head = tree.get("workflow") if isinstance(tree, dict) else None
    return isinstance(head, dict) and "entrypoint" in _keys(head) and "agents" in tree


def _is_takt(tree: Any) -> bool:
    keys = _keys(tree)
    if {"movements"} & keys or {"initialmovement", "maxmovements"} & keys:
        return True
    return "initialstep" in keys and bool(listed(tree.get("steps")))


def _is_cagent(tree: Any) -> bool:
    agents = tree.get("agents") if isinstance(tree, dict) else None
    if not isinstance(agents, dict):
        return False
    words = words_of(objects(agents))
    return bool(words & {"subagents", "toolsets", "handoffs"}) or (
        "instruction" in words and "models" in tree
    )


def _is_dagu(tree: Any) -> bool:
    steps = objects(tree.get("steps")) if isinstance(tree, dict) else []
    words = words_of(steps)
    runs = bool(words & {"command", "script", "executor", "call"})
    return runs and not words & {"prompt", "agent", "task", "instruction", "uses", "label", "key"}


def _is_swarm(tree: Any) -> bool:
    swarm = tree.get("swarm") if isinstance(tree, dict) else None
    return isinstance(swarm, dict) and bool({"instances", "agents", "main", "lead"} & _keys(swarm))


def _is_crew_agents(tree: Any) -> bool:
    if not isinstance(tree, dict) or not tree:
        return False
    found = [each for each in tree.values() if isinstance(each, dict)]
    return len(found) == len(tree) and all({"role", "goal"} <= _keys(each) for each in found)


def _is_agents_only(tree: Any) -> bool:
    """Of a plan of ours with such a mistake, the parser says more."""
    if not isinstance(tree, dict) or not isinstance(tree.get("agents"), dict):
        return False
    return bool(tree["agents"]) and not tree.keys() <= {*names_of(PLAN_KEYS)}


def _is_github(tree: Any) -> bool:
    jobs = objects(tree.get("jobs")) if isinstance(tree, dict) else []
    return bool(words_of(jobs) & {"runson", "uses"})


def _is_gitlab(tree: Any) -> bool:
    if not isinstance(tree, dict) or _keys(tree) & {"agents", "tasks", "nodes"}:
        return False
    jobs = [each for each in tree.values() if isinstance(each, dict) and "script" in each]
    stages = tree.get("stages")
    return bool(jobs) and (isinstance(stages, list) or any("stage" in each for each in jobs))


def _is_steps_of_ci(tree: Any) -> bool:
    if not isinstance(tree, dict):
        return False
    runs = tree.get("runs")
    if isinstance(runs, dict) and "using" in runs:
        return True
    found = objects(tree.get("steps"))
    words = words_of(found)
    return (
        bool(words & {"uses", "waitfor"})
        or bool({"label", "command"} <= words)
        or bool("trigger" in tree and words & {"script", "task", "bash"})
    )


def _is_terraform(tree: Any) -> bool:
    return bool(
        _keys(tree) & {"terraformversion", "plannedvalues", "resourcechanges"}
        or {"resource", "provider"} <= _keys(tree)
    )


def _is_calendar(tree: Any) -> bool:
    found = _of_any_list(tree, "events", "items", "calendar", "appointments")
    words = words_of(found)
    when = {"start", "starttime", "dtstart", "startdate"} & words
    return bool(when) and bool({"end", "endtime", "dtend", "enddate", "location"} & words)


def _of_any_list(tree: Any, *keys: str) -> list[dict[str, Any]]:
    if isinstance(tree, dict):
        return [each for key in tree if plain(key) in keys for each in listed(tree[key])]
    return listed(tree)


def _is_results(tree: Any) -> bool:
    found = _of_any_list(tree, "results", "tests", "testresults", "runs", "scores", "entries")
    words = words_of(found)
    scores = {"score", "scores", "accuracy", "pass1", "latency", "latencyms", "passrate", "metrics"}
    return bool(words & scores) and not words & {"prompt", "task", "dependson", "dependencies"}


def _is_data(tree: Any) -> bool:
    found = _of_any_list(tree, "tasks", "questions", "examples", "data", "samples", "problems")
    words = words_of(found)
    asked = words & {"prompt", "question", "instruction", "input", "problem", "query"}
    answer = {
        *("answer", "answers", "expected", "canonicalsolution", "groundtruth", "output", "gold"),
        *("completion", "solution", "referenceanswer", "choices", "rubric"),
    }
    orders = {"dependson", "dependencies", "depends", "needs", "passes", "blockedby"}
    return bool(asked and words & answer) and not words & orders


_NO_PLAN = "a plan of agents says what each of them is asked: docs/plans.md"
_BY_HAND = "its agents decide at run time who is next; write what is known beforehand as a plan"
ForeignRule = tuple[Callable[[Any], bool], str, str]
_TOOLS: tuple[ForeignRule, ...] = (
    (_is_conductor, "a workflow of Conductor", _BY_HAND),
    (_is_takt, "a piece of takt", _BY_HAND),
    (_is_swarm, "a swarm of SwarmSDK", _BY_HAND),
    (_is_cagent, "a team of cagent, with 'agents' as a mapping", _BY_HAND),
    (_is_dagu, "a DAG of Dagu, whose steps are commands", "commands are rules of a Makefile"),
    (
        _is_agents_only,
        "a plan with 'agents' as a mapping",
        'write them as a list: "agents": [{"name": ..., "task": ..., "reads": [...]}]',
    ),
)
_OTHERS: tuple[ForeignRule, ...] = (
    (_in("tasks", "taskreferencename"), "a workflow of Conductor", _NO_PLAN),
    (_is_github, "a workflow of GitHub Actions", _NO_PLAN),
    (_is_gitlab, "a pipeline of GitLab CI", _NO_PLAN),
    (_is_steps_of_ci, "a pipeline of CI", _NO_PLAN),
    (_is_terraform, "a plan or configuration of Terraform", _NO_PLAN),
    (_has("apiversion", "kind"), "a resource of Kubernetes", _NO_PLAN),
    (_has("nodes", "connections"), "a workflow of n8n", _NO_PLAN),
    (_has("services"), "a file of Docker Compose", _NO_PLAN),
    (
        _is_crew_agents,
        "the agents of a crew, without its tasks",
        "read the file with its tasks: the agents are looked for beside it",
    ),
    (_is_calendar, "a calendar", _NO_PLAN),
    (_is_results, "the results of a benchmark", _NO_PLAN),
    (_is_data, "a set of data: questions with their answers", _NO_PLAN),
)


def tool(tree: Any, *, is_claimed: bool) -> Foreign | None:
    """Return which tool runs this plan of agents, if it is one that cannot be read.

    is_claimed: a dialect would read it, so that it has to be surely of such a tool.
    """
    return _first(_TOOLS[:-1] if is_claimed else _TOOLS, tree)


def other(tree: Any) -> Foreign | None:
    """Return what this is, if it is a known kind of file other than a plan of agents."""
    return _first(_OTHERS, tree)


def named(tree: Any, found: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Report a file that is not a plan in one message: what it is, and how it could be read all the same."""
    problem = next((each for each in found if each.code == "WM010"), None)
    known, empty = other(tree), _empty(tree)
    if problem is None and not known:
        return list(found)
    if problem is None:
        problem, found = Diagnostic("WM010", Severity.ERROR, "", Where()), ()
    message, hint = problem.message, problem.hint
    if empty:
        message, hint = empty, 'a plan is {"agents": [{"name": ..., "task": ...}]}'
    elif known:
        message, hint = f"this is {known.what}, not a plan of agents", known.hint
    insist = next((each.message for each in found if each.code == "WM313"), "")
    rest = [each for each in found if each.code not in ("WM010", "WM313")]
    return [replace(problem, message=message, hint=insist or hint), *rest]


def _empty(tree: Any) -> str:
    if tree == []:
        return "this is an empty list: there are no tasks in it"
    keys = [key for key in tree if plain(key) in _LISTS] if isinstance(tree, dict) else []
    if not keys and isinstance(tree, dict) and tree:
        inner = [_empty(each) if isinstance(each, dict) else "" for each in tree.values()]
        return inner[0] if all(inner) else ""
    if keys and all(tree[key] in ([], {}, None) for key in keys):
        return f"the list under {shown(keys[0])} is empty: there is nothing to do"
    return ""


_LISTS = frozenset(
    [
        *("tasks", "features", "userstories", "stories", "nodes", "steps", "phases", "stages"),
        *("roles", "issues", "items", "todos"),
    ]
)


def none_of_ours(tree: Any, found: Sequence[Diagnostic]) -> bool:
    """Tell whether something is wrong with each of many agents, as in a plan of another tool."""
    agents = tree.get("agents") if isinstance(tree, dict) else None
    paths = (each.where.path for each in found if isinstance(each.where, Where))
    wrong = {path[1] for path in paths if path[:1] == ("agents",) and len(path) > 1}
    return isinstance(agents, list) and len(agents) > _MANY and len(wrong) == len(agents)


_MANY = 5


def _first(rows: tuple[ForeignRule, ...], tree: Any) -> Foreign | None:
    return next((Foreign(what, hint) for test, what, hint in rows if test(tree)), None)
