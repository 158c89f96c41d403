"""The keys that a plan may have: one table, from which their JSON Schema follows, for editors."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wavemake.plan.names import _ENTRIES, _GOALS, _LONGEST, _PREFIXES, NAME
from wavemake.plan.runners import DEFAULT, ENVELOPES, ESCAPES, RUNNERS

Subschema = Mapping[str, Any]
"""A JSON Schema, or a part of one."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a plan. meaning: in Markdown. untrusted: a plan that is not trusted may set it."""

    name: str
    shape: Subschema
    meaning: str
    untrusted: bool = False


def _ref(name: str) -> Subschema:
    return {"$ref": f"#/$defs/{name}"}


def _one_or_more(shape: Subschema) -> Subschema:
    return {"anyOf": [shape, {"type": "array", "items": shape}]}


def _like(pattern: str) -> Subschema:
    # Some engines let $ match before a line end, hence the `not`.
    return {"type": "string", "pattern": f"^{pattern}$", "not": {"pattern": r"\n"}}


_TEXT: Subschema = {"type": "string", "not": {"pattern": r"\u0000"}}
_LINE: Subschema = {"type": "string", "not": {"pattern": r"[\u0000-\u001f\u007f]"}}
_WORD: Subschema = {**_LINE, "minLength": 1}
# As _LINE, but with line ends allowed at the end: YAML's | leaves one.
_COMMAND_ENDS = r"[\u0000-\u0009\u000b-\u001f\u007f]|\n[^\n]"
# A check must not be blank.
_COMMAND: Subschema = {
    "type": "string",
    "pattern": r"^[^\n]*[^\s]",
    "not": {"pattern": _COMMAND_ENDS},
}
_FULL: Subschema = {**_TEXT, "pattern": r"[^\s]"}
_FILLED: Subschema = {**_LINE, "pattern": r"[^\s]"}
_FLAGS = _one_or_more(_FILLED)
VARIABLE = "[A-Za-z_][A-Za-z0-9_]*"
_VARIABLE_NAME = _like(VARIABLE)
MEMORY = "[1-9][0-9]{0,8}[KMGT]?"
PARTITION = "[A-Za-z0-9_][A-Za-z0-9._,-]{0,199}"
_DOLLARS: Subschema = {"type": "number", "minimum": 0.01, "maximum": 1e9}
_PATHS = _one_or_more(_ref("path"))
MOST_CELLS = 1000
USUAL_CELLS = 50
_ITEM: Subschema = {"type": ["string", "number", "boolean", "object"]}
_CONDITIONS: Subschema = {"type": "array", "items": _ref("condition"), "minItems": 1}
AUTHOR = r"[^<>\u0000-\u001f\u007f]*[^<>\s\u0000-\u001f\u007f] <[^<>\s\u0000-\u001f\u007f]+>"
"""Who makes a commit, as git names them: `Name <address>`."""

PLAN_KEYS = (
    Key(
        "$schema",
        {"type": "string"},
        "Where this schema is, for editors; wavemake does not look at it.",
        untrusted=True,
    ),
    Key("project", _LINE, "The project's name. Every prompt has it.", untrusted=True),
    Key(
        "goal",
        _TEXT,
        "What the agents are to achieve together. Every prompt has it.",
        untrusted=True,
    ),
    Key("agents", {"type": "array", "items": _ref("agent")}, "The agents.", untrusted=True),
    Key(
        "waves",
        {"type": "array", "items": _ref("wave")},
        "Lists of agents' names. A check: what an agent needs must be in an earlier wave. Without "
        "`agents`, the plan itself: each agent is asked to do what its name says, and reads the "
        "whole wave before its own.",
        untrusted=True,
    ),
    Key(
        "loops",
        {"type": "array", "items": _ref("loop")},
        "Agents that run again and again until something holds.",
        untrusted=True,
    ),
    Key(
        "context",
        _PATHS,
        "Files that every agent is given to read. By default: `CLAUDE.md`, if there is one, for "
        "runners that do not find it themselves.",
    ),
    Key("defaults", _ref("settings"), "Settings of all agents that do not say otherwise.", True),
    Key(
        "pools",
        {
            "type": "object",
            "propertyNames": _ref("plain"),
            "additionalProperties": _ref("count"),
        },
        "Names of pools, each with how many of its agents run at once, whatever -j is.",
    ),
    Key(
        "budget",
        _ref("budget"),
        "What a run may cost, or all runs of a day, a week or a month. When it is spent, no agent starts "
        "any more.",
    ),
    Key(
        "on_end",
        _COMMAND,
        "A shell command that runs when a run has ended, such as a notification. `WAVEMAKE_SUMMARY` is "
        "the path of the summary, `WAVEMAKE_RESULT` is `done`, `failed` or `stopped`.",
    ),
    Key(
        "runners",
        {
            "type": "object",
            "propertyNames": {**_ref("plain"), "not": {"enum": list(RUNNERS)}},
            "additionalProperties": _ref("runner"),
        },
        "Names of runners of the plan's own, each with how its CLI is called.",
    ),
    Key("ignore", _ref("ignore"), "Codes of warnings that are not shown for this plan.", True),
)
"""The keys of a plan."""

AGENT_KEYS = (
    Key(
        "name",
        _ref("name"),
        "Letters, digits, `_`, `-` and `.`; no two equal but for case; not a target of the Makefile.",
        untrusted=True,
    ),
    Key(
        "skill",
        _one_or_more(_LINE),
        "A skill that the agent is asked to use, or several.",
        untrusted=True,
    ),
    Key("task", _TEXT, "What the agent is asked, byte for byte.", untrusted=True),
    Key(
        "reads",
        _one_or_more({"anyOf": [_ref("path"), _ref("read")]}),
        "Whose output, and which files, are put into its prompt; a change in any of them makes it "
        "stale. An agent's exact name wins over a file; `./name` is always a file; `*`, `?`, "
        "`[...]` and `**` are expanded when the plan is compiled. `[]` means none. An object reads a "
        "part of it, or gives its path.",
        untrusted=True,
    ),
    Key(
        "depends_on",
        _one_or_more(_ref("name")),
        "Agents that must be done first. A change there makes it stale; nothing is put into its "
        "prompt.",
        untrusted=True,
    ),
    Key(
        "outputs",
        _PATHS,
        "Files of the project that it writes, each by one agent only. An agent that reads such "
        "a file waits for this one.",
    ),
    Key(
        "for_each",
        {"anyOf": [{"type": "array", "items": _ITEM}, _ref("for_each")]},
        "What it runs for, once for each: a list of texts or objects, or the files that match a pattern. "
        "`{{item}}`, `{{item.key}}` and `{{index}}` stand for it in `task`, `outputs`, `reads`, `model` and "
        "`check`.",
        untrusted=True,
    ),
    Key(
        "when",
        _ref("condition"),
        "The condition under which it runs. If it does not hold, the agent is skipped, and "
        "nothing is charged. It waits for "
        "what the condition names.",
        untrusted=True,
    ),
    Key(
        "on_skip",
        {"enum": ["skip", "run"], "default": "skip"},
        "What becomes of it if all that it needs was skipped.",
        untrusted=True,
    ),
    Key("ignore", _ref("ignore"), "Codes of warnings that are not shown for this agent.", True),
)
"""The keys of an agent; all settings are keys of an agent, too."""

SETTING_KEYS = (
    Key(
        "runner",
        {"anyOf": [{"enum": list(RUNNERS)}, _WORD], "default": DEFAULT},
        "Who runs the agent: one that wavemake knows, or one of `runners`. "
        f"By default: `{DEFAULT}`, or `command` if there is a `command`.",
    ),
    Key("model", _WORD, "Passed to the runner. By default: the CLI's own choice."),
    Key(
        "command",
        {"type": "string", "pattern": r"^[^\n]", "not": {"pattern": _COMMAND_ENDS}},
        "For the runner `command`: a shell command that reads the prompt on its standard input and "
        "prints the answer.",
    ),
    Key(
        "args",
        {
            "anyOf": [
                {"type": "array", "items": _LINE},
                {"type": "string", "not": {"pattern": r"[\u0000-\u0020\u007f]"}},
            ]
        },
        "More words for the runner's command line.",
    ),
    Key(
        "timeout",
        {"anyOf": [_ref("count"), _ref("duration")], "default": "30m"},
        'Seconds, or a text like "90s", "30m" or "1h30m". After that, the agent and '
        "everything it started are killed.",
        untrusted=True,
    ),
    Key(
        "max_prompt",
        {"anyOf": [_ref("count"), _ref("size")], "default": "1M"},
        'Bytes, or a text like "200k" or "2M". A longer prompt is refused before anything is charged.',
        untrusted=True,
    ),
    Key(
        "retries",
        {"type": "integer", "minimum": 0, "maximum": 100, "default": 2},
        "How often it is tried again. By default: twice after a transient failure (an overloaded "
        "API, a lost connection), and not at all after a failed check; a number holds for both.",
    ),
    Key(
        "limit_wait",
        {"anyOf": [_ref("count"), _ref("duration")], "default": "6h"},
        "How long it waits at most for a usage limit to reset, such as the five hours of a subscription: "
        "seconds, or a text like `timeout`'s.",
    ),
    Key(
        "on_limit",
        {"enum": ["wait", "fail"], "default": "wait"},
        "What it does at a usage limit that says when it resets: it waits for that, or it fails at once.",
    ),
    Key("pool", _ref("plain"), "The one of the plan's `pools` in which it runs."),
    Key(
        "check",
        {"anyOf": [_ref("check"), {"type": "array", "items": _ref("check")}]},
        "What the answer must pass: a shell command that runs in the project, or an object, or a "
        "list of these. A failed check fails the agent.",
        untrusted=True,
    ),
    Key(
        "schema",
        {"anyOf": [{"type": "object"}, _ref("path")]},
        "A JSON Schema that the answer must fit, or a file that holds one, which the agent is then given to "
        "read. It is passed to CLIs that can enforce it.",
        untrusted=True,
    ),
    Key(
        "approve",
        {"enum": [True, False, "before", "after"], "default": False},
        "Whether a person must approve (`make approve-NAME`): before it starts (true), or after "
        "it, before its readers start.",
    ),
    Key(
        "on_failure",
        {"enum": ["block", "continue"], "default": "block"},
        "What becomes of it if something that it needs fails: it does not start, or it runs with "
        "what there is.",
    ),
    Key(
        "env",
        _one_or_more(_VARIABLE_NAME),
        "Names of environment variables that must be set; values are never kept.",
    ),
    Key("cwd", _ref("path"), "The folder of the project in which its command runs."),
    Key(
        "system",
        _TEXT,
        "The system prompt; for a CLI that has no way to pass one, it comes first in the prompt.",
    ),
    Key(
        "prefix",
        {"type": "boolean", "default": True},
        "Whether what it reads, and other agents with the same settings read as well, goes into a system "
        "prompt that they share, which the API caches; for runners that can.",
    ),
    Key("tools", _one_or_more(_FILLED), "The tools that it may use without being asked."),
    Key("permissions", _WORD, "The CLI's own permission mode, such as `acceptEdits` of claude."),
    Key(
        "isolate",
        {"type": "boolean", "default": False},
        "Whether the CLI gets a folder of its own for its configuration.",
    ),
    Key(
        "max_budget_usd", _DOLLARS, "What the CLI may spend on it, for CLIs that have such a limit."
    ),
    Key(
        "cost_usd",
        {"type": "number", "minimum": 0, "maximum": 1e9},
        "What a try counts for in the plan's budget where its CLI reports no cost, in dollars; 0 for a "
        "command that calls no model.",
    ),
    Key("resources", _ref("resources"), "What it needs of a cluster."),
    Key(
        "workspace",
        {"anyOf": [{"enum": ["project", "worktree"]}, _ref("workspace")], "default": "project"},
        "Where it works: in the project, or in a private checkout of it, from which its edits are merged "
        "when it has succeeded.",
        untrusted=True,
    ),
    Key(
        "on_conflict",
        {"enum": ["fail", "resolve"], "default": "fail"},
        "What becomes of edits that cannot be merged: the agent fails, or it runs again to resolve the "
        "conflict.",
        untrusted=True,
    ),
)
"""How an agent is run: keys of agents and of `defaults`."""

_SCALAR: Subschema = {"anyOf": [_LINE, {"type": ["number", "boolean", "null"]}]}
MOST_PASSES = 100
JSON_PATH = r"[^\s\u0000-\u001f\u007f]+"
"""Where a value stands in an answer that is JSON: keys and indices with dots between them."""

CONDITION_KEYS = (
    Key("agent", _ref("name"), "The agent whose answer is looked at.", untrusted=True),
    Key(
        "matches",
        _WORD,
        "An extended regular expression (`grep -E`) that a line of the answer must match.",
        untrusted=True,
    ),
    Key(
        "json",
        _like(JSON_PATH),
        "Which value of an answer that is JSON: keys and indices with dots between them, such as "
        "`findings.0.level`; `.` is all of it.",
        untrusted=True,
    ),
    Key("equals", _SCALAR, "What that value must be: a text, a number, true, false or null.", True),
    Key("exists", {"const": True}, "There must be such a value.", untrusted=True),
    Key("above", {"type": "number"}, "It must be a number, and greater than this.", untrusted=True),
    Key("below", {"type": "number"}, "It must be a number, and less than this.", untrusted=True),
    Key("file", _ref("path"), "A file of the project that must exist.", untrusted=True),
    Key("command", _COMMAND, "A shell command that must succeed; it runs in the project."),
    Key("not", _ref("condition"), "A condition that must not hold.", untrusted=True),
    Key("all", _CONDITIONS, "Conditions that must all hold.", untrusted=True),
    Key("any", _CONDITIONS, "Conditions of which one must hold.", untrusted=True),
)
"""The keys of a condition."""

FOR_EACH_KEYS = (
    Key("files", _ref("path"), "A pattern of files, expanded when the plan is compiled.", True),
    Key("agent", _ref("name"), "The agent whose answer is the list, a JSON array.", True),
    Key("file", _ref("path"), "The file that this agent writes the list to.", True),
    Key(
        "max",
        {**_ref("count"), "maximum": MOST_CELLS},
        f"How many there may be at most: {USUAL_CELLS} of an agent's list, {MOST_CELLS} files.",
        untrusted=True,
    ),
)
"""The keys of `for_each` that is an object."""

LOOP_KEYS = (
    Key(
        "agents",
        _one_or_more(_ref("name")),
        "The agents of a pass, in their order. The first of them reads the last answers of itself and of "
        "the last one, from the second pass on.",
        untrusted=True,
    ),
    Key("until", _ref("condition"), "The condition that ends the loop.", untrusted=True),
    Key(
        "max",
        {"type": "integer", "minimum": 1, "maximum": MOST_PASSES},
        "How many passes there are at most. If the condition does not hold after them, the loop fails.",
        untrusted=True,
    ),
)
"""The keys of a loop."""

READ_KEYS = (
    Key("agent", _ref("name"), "The agent whose output is read.", untrusted=True),
    Key("file", _ref("path"), "The file, or pattern of files, that is read.", untrusted=True),
    Key(
        "max",
        {"anyOf": [_ref("count"), _ref("size")]},
        'Bytes, or a text like `"20k"`: how much of it is put into the prompt at most.',
        untrusted=True,
    ),
    Key(
        "keep",
        {"enum": ["head", "tail"], "default": "head"},
        "Which end of it is kept: the first bytes, or the last.",
        untrusted=True,
    ),
    Key(
        "as",
        {"enum": ["content", "path", "diff"], "default": "content"},
        "`path` puts its path into the prompt instead of its content; `diff`, what an agent with a "
        "workspace changed.",
        untrusted=True,
    ),
)
"""The keys of an entry of `reads` that is an object."""

CHECK_KEYS = (
    Key(
        "command",
        _COMMAND,
        "A shell command that succeeds if the answer is good; it runs in the project.",
    ),
    Key(
        "matches",
        _WORD,
        "An extended regular expression (`grep -E`) that the answer must match.",
        untrusted=True,
    ),
    Key("json", {"const": True}, "The answer must be JSON.", untrusted=True),
    Key(
        "ask",
        _FULL,
        "A question that a model answers with PASS or FAIL and a reason: a judge, which reads the answer, "
        "and what an agent with a workspace changed.",
        untrusted=True,
    ),
    Key("runner", _WORD, "The runner of the judge. Unless said: that of the agent."),
    Key(
        "model",
        _WORD,
        "The model of the judge. Unless said: that of the agent, if it has its runner.",
    ),
    Key(
        "reads",
        _one_or_more(_ref("path")),
        "Agents and files that the judge is given to read as well.",
        untrusted=True,
    ),
)
"""The keys of an entry of `check` that is an object."""

RESOURCE_KEYS = (
    Key("cpus", _ref("count"), "How many processors."),
    Key("mem", _like(MEMORY), 'How much memory, such as `"4G"`.'),
    Key("gpus", {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}, "How many GPUs."),
    Key("partition", _like(PARTITION), "The partition of the cluster."),
)
"""The keys of `resources`."""

BUDGET_KEYS = (
    Key("usd", _DOLLARS, "Dollars, 0.01 or more."),
    Key("tokens", _ref("count"), "Tokens, sent and received."),
    Key(
        "per",
        {"enum": ["run", "day", "week", "month"], "default": "run"},
        "Of what: each run, or all runs of a day, a week or a month together, in UTC.",
    ),
)
"""The keys of `budget`."""

WORKSPACE_KEYS = (
    Key(
        "kind",
        {"enum": ["project", "worktree"], "default": "worktree"},
        "`worktree` is a private checkout; `project` is the project itself.",
        untrusted=True,
    ),
    Key("copy", _PATHS, "Files and folders that git ignores and that are copied into it."),
    Key("link", _PATHS, "Files and folders that git ignores and that it has as symbolic links."),
    Key(
        "setup",
        _COMMAND,
        "A shell command that prepares it, such as `npm ci`; it runs in the workspace.",
    ),
    Key(
        "commit",
        {"type": "boolean", "default": False},
        "Whether its edits become a commit of the current branch.",
    ),
    Key(
        "author",
        _like(AUTHOR),
        "Who is named as the author of that commit: `Name <address>`. By default: as git is configured.",
    ),
)
"""The keys of `workspace` that is an object."""

RUNNER_KEYS = (
    Key(
        "command",
        {"type": "array", "items": _LINE, "minItems": 1, "prefixItems": [_FILLED]},
        "The words of its command line. `{prompt}` in a word is the path of the file with the prompt.",
    ),
    Key(
        "prompt",
        {"enum": ["stdin", "file"]},
        "How it gets the prompt. By default: as a file if `command` has `{prompt}` in it, else on "
        "its standard input.",
    ),
    Key(
        "envelope",
        {"enum": list(ENVELOPES), "default": "text"},
        "What it prints: the answer as text, or the same as one of the CLIs that wavemake knows.",
    ),
    Key("program", _WORD, "What must be installed. By default: the first word of `command`."),
    Key("env", _one_or_more(_VARIABLE_NAME), "Environment variables that must be set."),
    Key(
        "model",
        _FLAGS,
        "The words that pass `model` on; `{}` in them, or after them, is its value.",
    ),
    Key("system", _FLAGS, "The same for `system`; the value is the path of a file."),
    Key("tools", _FLAGS, "The same for `tools`, for each of them."),
    Key("permissions", _FLAGS, "The same for `permissions`."),
    Key("max_budget_usd", _FLAGS, "The same for `max_budget_usd`."),
    Key(
        "escape",
        {"enum": list(ESCAPES)},
        "A character that the CLI interprets in a prompt: it gets a backslash before it.",
    ),
    Key("isolate", _VARIABLE_NAME, "The environment variable that names the CLI's own folder."),
)
"""The keys of one of `runners`."""


def names_of(*tables: Iterable[Key]) -> tuple[str, ...]:
    """Return the names of all keys of `tables`, in order."""
    return tuple(key.name for table in tables for key in table)


def names_for_untrusted(*tables: Iterable[Key]) -> frozenset[str]:
    """Return the names of the keys that a plan may set which is not trusted."""
    return frozenset(key.name for table in tables for key in table if key.untrusted)


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of plans in the reference shape.

    What it accepts compiles, but for what a schema cannot tell:

    - WM104: an integer is not written as 90.0, which JSON Schema does not tell from 90
    - WM104: a regular expression is one
    - WM104, WM120: no text has half of a surrogate pair in it, which not every validator can see
    - WM107, WM108, WM111: names are unique, regardless of case
    - WM109, WM110, WM112: names are those of agents, and all agents are in 'waves', if it is there
    - WM113, WM114, WM115: no agent needs itself, or what is not in an earlier wave
    - WM116, WM117, WM118: paths stay in the project, suit make, and are not folders
    - WM121: the runner is one that wavemake knows, or one of 'runners'
    - WM122: where the runner is 'command', there is a command, if only in 'defaults'
    - WM123, WM124: a file is written by one agent, and is not in 'context'
    - WM129: under a budget in dollars, each cost is reported or given
    - WM125, WM126: the runner has a way to honour each setting; the pool is one of 'pools'
    - WM127: the command of a runner of the plan agrees with how the prompt is handed over
    - WM140: a workspace needs git and a repository with a commit
    - WM142: an agent whose edits are read has a workspace
    - WM160: conditions are nested at most 20 deep
    - WM162: items are not equal, and have the keys that are asked for
    - WM163: the schema of an answer is a JSON Schema, of which all can be checked
    - WM161: loops name agents of the plan that have no `outputs`, each once

    It is stricter than the parser: what is not said is left out instead of null, a model is not
    empty, and numbers in texts have no blanks around them and few digits.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A plan of agents for wavemake",
        **_object(PLAN_KEYS),
        "anyOf": [
            {"required": ["agents"], "properties": {"agents": {"minItems": 1}}},
            {"required": ["waves"], "properties": {"waves": {"minItems": 1}}},
        ],
        "$defs": _definitions(),
    }


def schema_text() -> str:
    """Return the schema as the text of a file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _object(keys: Iterable[Key]) -> dict[str, Any]:
    properties = {key.name: {"description": key.meaning, **key.shape} for key in keys}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _definitions() -> dict[str, Any]:
    # A command sets the runner: no other runner could use it.
    with_command = {
        "if": {"required": ["command"]},
        "then": {"properties": {"runner": {"const": "command"}}},
    }
    return {
        "agent": {**_object((*AGENT_KEYS, *SETTING_KEYS)), "required": ["name"], **with_command},
        "settings": {**_object(SETTING_KEYS), **with_command},
        "wave": {
            "description": "Agents that can run at the same time.",
            "anyOf": [
                _ref("name"),
                {"type": "array", "items": _ref("name"), "minItems": 1, "uniqueItems": True},
            ],
        },
        "name": {
            "description": "The name of an agent.",
            "type": "string",
            "pattern": f"^{NAME}$",
            "not": {"pattern": _reserved()},
            "maxLength": _LONGEST,
        },
        "path": {
            "description": "A file of the project, a pattern of files, or an agent.",
            "type": "string",
            "minLength": 1,
            "not": {"pattern": r"^[/~]|[\u0000-\u001f\u007f]"},
        },
        "read": {
            **_object(READ_KEYS),
            "oneOf": [{"required": ["agent"]}, {"required": ["file"]}],
            "dependentRequired": {"keep": ["max"]},
            "allOf": [
                {"not": {"required": ["as", "max"], "properties": {"as": {"const": "path"}}}},
                {"not": {"required": ["as", "file"], "properties": {"as": {"const": "diff"}}}},
            ],
        },
        "check": {
            "description": "What an answer must pass.",
            "anyOf": [
                _COMMAND,
                {
                    **_object(CHECK_KEYS),
                    "oneOf": [
                        *(
                            {"required": [key], "maxProperties": 1}
                            for key in ("command", "matches", "json")
                        ),
                        {
                            "required": ["ask"],
                            "propertyNames": {"enum": ["ask", "runner", "model", "reads"]},
                        },
                    ],
                },
            ],
        },
        "condition": _condition(),
        "for_each": {
            **_object(FOR_EACH_KEYS),
            "oneOf": [{"required": ["files"]}, {"required": ["agent"]}],
            "dependentRequired": {"file": ["agent"]},
        },
        "loop": {**_object(LOOP_KEYS), "required": ["agents", "until", "max"]},
        "resources": _object(RESOURCE_KEYS),
        "budget": _object(BUDGET_KEYS),
        "workspace": _object(WORKSPACE_KEYS),
        "runner": {**_object(RUNNER_KEYS), "required": ["command"]},
        "plain": _like("[A-Za-z0-9_][A-Za-z0-9._-]{0,99}"),
        "ignore": {"type": "array", "items": {"type": "string", "pattern": "^WM[0-9]{3}$"}},
        "count": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1},
        # Each part is so short that the sum stays below 2**31; at least one digit is not 0.
        "duration": _number("([0-9]{1,9}s?|([0-9]{1,5}h)?([0-9]{1,7}m)?([0-9]{1,8}s)?)"),
        "size": _number("([0-9]{1,9}|[0-9]{1,6}[kK]|[0-9]{1,3}[mM])[bB]?"),
    }


def _condition() -> Subschema:
    of_json = ("equals", "exists", "above", "below")
    keys = {"enum": ["agent", "json", *of_json]}
    alone = ("file", "command", "not", "all", "any")
    return {
        "description": "What must hold for an agent to run.",
        **_object(CONDITION_KEYS),
        "oneOf": [
            {"required": ["agent", "matches"], "maxProperties": 2},
            *(
                {"required": ["agent", "json", key], "maxProperties": 3, "propertyNames": keys}
                for key in of_json
            ),
            *({"required": [key], "maxProperties": 1} for key in alone),
        ],
    }


def _number(pattern: str) -> Subschema:
    return _like(f"(?=.*[1-9]){pattern}")


def _reserved() -> str:
    """What no agent may be called, in upper or lower case; schemas have no flag for that."""
    whole = "|".join(_any_case(name) for name in sorted(_GOALS | _ENTRIES))
    start = "|".join(_any_case(prefix) for prefix in _PREFIXES)
    return rf"^({whole})$|^({start})|\n"


def _any_case(name: str) -> str:
    letters = (f"[{c.upper()}{c}]" if c.isalpha() else "[.]" if c == "." else c for c in name)
    return "".join(letters)
