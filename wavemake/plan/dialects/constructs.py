"""What other tools let a plan say about when, how often and whether something runs.

`translate` is the one place where such a construct becomes a key of ours, or a warning that names it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wavemake.plan.dialects.conditions import Translated, read_condition, read_signal
from wavemake.plan.dialects.gates import ask, find_gate
from wavemake.plan.dialects.item import Item
from wavemake.plan.dialects.notes import Notes
from wavemake.plan.dialects.words import (
    COMMANDS,
    CONDITIONS,
    GATES,
    LOOPS,
    NEGATED,
    RULES_OF_START,
    STRONG,
    TEXTS,
    TITLES,
    is_blank,
    plain,
)
from wavemake.plan.model import shown
from wavemake.plan.names import outside_problem, path_problem

_TEXTS = tuple(sorted(TEXTS))
_LAX = frozenset(
    ["alldone", "always", "onesuccess", "nonefailed", "nonefailedminonesuccess", "any"]
)
_PROMPT_FILE = re.compile(r"[\w@./-]+\.(?:md|txt|prompt|mdc)\Z")
_PROMPT_PATHS = frozenset(["promptfile", "instructionsfile", "taskfile", "promptpath"])
_PROMPTS = STRONG | _PROMPT_PATHS
_LONGEST_PATH = 300
_MOST_PASSES = 100
_WORD = re.compile(r"[\w./-]+\Z")
_SIMPLE = re.compile(r"[\w ./:=@,+-]+\Z")
_FILLED_IN = re.compile(r"\$\{?[A-Za-z_][\w-]*\.\w+|\$ARGUMENTS\b|\{\{.*?\}\}")


_CONSTRUCTS = (
    LOOPS
    | RULES_OF_START
    | GATES
    | {"type", "kind", "action", "mode", "ignore", "approve", "timeout", "maxprompt"}
)


def translate(item: Item, notes: Notes, prompts: str = "") -> None:
    """Turn the constructs of an item into keys and texts of its agent, and say what was done.

    prompts: where the prompt is that a one-word `command` names, with {} for the word.
    """
    words = item.given.keys()
    if prompts or not words.isdisjoint(_PROMPTS):
        _prompt_files(item, prompts)
    if words.isdisjoint(_CONSTRUCTS) and item.has_text:
        return
    _own_keys(item)
    _loops(item, notes)
    _start_rules(item, notes)
    find_gate(item, notes)
    if not item.has_text and not item.is_gate:
        _command(item, notes)


# --- one kind of construct each ---


def is_ours(word: str, value: Any) -> bool:
    """Tell whether a key means here what it means in a plan of ours, so that hints can be followed."""
    if word == "ignore":
        return isinstance(value, list) and all(
            isinstance(each, str) and _CODE.match(each) for each in value
        )
    if word == "approve":
        return value in (True, "before", "after")
    if word in ("timeout", "maxprompt"):
        return isinstance(value, str) and bool(_WITH_UNIT.match(value))
    return False


_CODE = re.compile(r"WM\d{3}\Z")
_WITH_UNIT = re.compile(r"\d+[smhkM](?:\d+[ms])?\Z")
_OWN = {"ignore": "ignore", "approve": "approve", "timeout": "timeout", "maxprompt": "max_prompt"}


def _own_keys(item: Item) -> None:
    """Keys of wavemake in the plan of another tool."""
    for key, value in item.value.items():
        word = plain(key)
        if word in _OWN and is_ours(word, value):
            item.keys.setdefault(_OWN[word], (value, (*item.path, key)))


def _prompt_files(item: Item, prompts: str) -> None:
    """Let a prompt that is in a file be read from there, so that a change of it counts."""
    for key, value in item.value.items():
        word = plain(key)
        if not isinstance(value, str):
            continue
        named = word in STRONG and len(value) < _LONGEST_PATH and _PROMPT_FILE.match(value.strip())
        is_path = word in _PROMPT_PATHS
        path = value.strip()
        if prompts and word == "command" and _WORD.match(path):
            path = prompts.format(path)
        elif not (named or is_path):
            continue
        if outside_problem(path) or path_problem(path):
            continue
        path = path.removeprefix("./")
        item.texts[key] = f"Do what {path} says."
        item.reads.setdefault(path, (*item.path, key))


def _loops(item: Item, notes: Notes) -> None:
    for key, value in item.value.items():
        if plain(key) not in LOOPS or is_blank(value) or value is False:
            continue
        more = ""
        if isinstance(value, dict):
            _text_of_loop(item, key, value)
            ends = {name: each for name, each in value.items() if plain(name) in LOOPS}
            more = "".join(f", {name} {each!r}" for name, each in ends.items())
            if any(plain(name) in GATES or plain(name) == "interactive" for name in value):
                ask(item, key)
            elif _unrolled(item, key, value, notes):
                continue
        if plain(key) == "loop" or not ("loop" in item.words or isinstance(value, (int, bool))):
            message = f"{key!r} is not supported: {item.noun} {shown(item.id)} runs once"
            notes.warn("WM308", message + more, (*item.path, key))


def _text_of_loop(item: Item, key: str, value: dict[str, Any]) -> None:
    inner = {plain(name): each for name, each in value.items()}
    text = next((inner[word] for word in _TEXTS if isinstance(inner.get(word), str)), "")
    if text.strip():
        item.texts[key] = text


def _unrolled(item: Item, key: str, value: dict[str, Any], notes: Notes) -> bool:
    """Let a loop over one item that ends by a signal, or a command, be one of ours."""
    inner = {plain(name): each for name, each in value.items()}
    most, signal, command = (inner.get(word) for word in ("maxiterations", "until", "untilbash"))
    ends: list[Translated] = []
    if isinstance(signal, str) and (said := read_signal(signal.strip(), item.name)):
        ends.append(said)
    if isinstance(command, str) and command.strip() and not _FILLED_IN.search(command):
        ends.append({"command": command.strip()})
    if len(ends) != sum(each is not None for each in (signal, command)) or not ends:
        return False
    if type(most) is not int or not 1 <= most <= _MOST_PASSES or key not in item.texts:
        return False
    until = ends[0] if len(ends) == 1 else {"any": ends}
    item.loop = ({"agents": [item.name], "until": until, "max": most}, (*item.path, key))
    what = [f"a line of its answer is {shown(signal)}"] if isinstance(signal, str) else []
    what += ["the command succeeds"] if command else []
    if isinstance(signal, str):
        item.texts[key] += (
            f"\nWhen nothing is left to do, write a line with nothing but {signal.strip()}."
        )
    message = (
        f"{key!r}: {item.noun} {shown(item.id)} runs up to {most} times, until {' or '.join(what)}"
    )
    notes.warn("WM308", message, (*item.path, key), "each pass begins anew, with the last answer")
    return True


def conditions(items: Sequence[Item], named: Callable[[str], Item | None], notes: Notes) -> None:
    """Write the conditions of the items as ours; those that cannot be evaluated wait for approval.

    named: the item that an id stands for.
    """
    by_name = {item.name: item for item in items}
    for item in items:
        if not CONDITIONS.isdisjoint(item.given):
            _conditions(item, by_name, named, notes)


def _conditions(
    item: Item, by_name: Mapping[str, Item], named: Callable[[str], Item | None], notes: Notes
) -> None:
    before = upstream(item, by_name)

    def agent(name: str) -> str:
        found = named(name)
        return found.name if found and not found.is_gate and found.name in before else ""

    for key, value in item.value.items():
        if plain(key) not in CONDITIONS or is_blank(value) or isinstance(value, bool):
            continue
        condition = read_condition(value, agent) if isinstance(value, str) else None
        if condition and "when" not in item.keys and not item.is_gate:
            negated = plain(key) in NEGATED
            item.keys["when"] = ({"not": condition} if negated else condition, (*item.path, key))
            message = f"{key!r} is a condition: if it does not hold, {shown(item.id)} is skipped"
            notes.note("WM322", message, (*item.path, key))
            continue
        ask(item, key)
        message = f"{key!r} is not evaluated: {item.noun} {shown(item.id)} waits for a yes"
        hint = f"if {value!r} holds, approve it with 'make approve-{item.name}'"
        notes.warn("WM308", message, (*item.path, key), hint if isinstance(value, str) else "")


def upstream(item: Item, by_name: Mapping[str, Item]) -> set[str]:
    """The names of all items that come before `item`."""
    found: set[str] = set()
    ahead = [*item.reads, *item.waits]
    while ahead:
        name = ahead.pop()
        if name in by_name and name not in found:
            found.add(name)
            ahead += [*by_name[name].reads, *by_name[name].waits]
    return found


def _start_rules(item: Item, notes: Notes) -> None:
    key = item.key(*RULES_OF_START)
    rule = plain(str(item.value[key])) if key is not None else ""
    if key is None or rule in ("allsuccess", "all"):
        return
    if rule in _LAX and (item.reads or item.waits):
        item.keys["on_failure"] = ("continue", (*item.path, key))
    message = f"{key!r} is {item.value[key]!r}: {item.noun} {shown(item.id)}"
    does = "runs after all that it needs, whatever becomes of that"
    if rule not in _LAX:
        does = "runs after all that it needs"
    notes.warn("WM308", f"{message} {does}", (*item.path, key))


def _command(item: Item, notes: Notes) -> None:
    """A command in place of a prompt is run as it is."""
    key = item.key(*COMMANDS)
    if key is None:
        return
    path, what = (*item.path, key), f"{item.noun} {shown(item.id)}"
    text = item.value[key]
    if isinstance(text, list) and all(isinstance(each, str) for each in text):
        text = " && ".join(text)
    language = item.get("runtime", "language", "lang", "interpreter")
    if isinstance(language, str) and plain(language) not in _SHELLS:
        message = f"{what} runs a script for {shown(language)}, and not for a shell"
        notes.error(
            "WM314", message, path, "put it into a file, and write the command that runs it"
        )
        item.texts[key] = "-"
    elif not isinstance(text, str) or "\0" in text:
        notes.error("WM314", f"{what} runs a command that is not a text", path, "write a text")
        item.texts[key] = "-"
    elif _FILLED_IN.search(text):
        found = _FILLED_IN.search(text)
        message = f"{what} runs a command that another tool fills in: {found and found[0]}"
        notes.error("WM314", message, path, "write what is to be run, or read it from a file")
        item.texts[key] = "-"
    else:
        item.keys["command"] = (_shell(text.strip(), plain(key)), path)
        title = item.get(*TITLES)
        item.texts[key] = title if isinstance(title, str) else f"Run: {text.strip()}"


_SHELLS = frozenset(["sh", "bash", "shell", "posix", "zsh", "dash"])


def _shell(text: str, word: str) -> str:
    """A line of sh that runs `text`, and says so: an answer that is empty counts as none.

    >>> _shell("make lint", "bash")
    "make lint && echo 'exit status 0'"
    """
    if not _SIMPLE.match(text):
        shell = "bash" if word == "bash" else "sh"
        text = f"{shell} -c {_one_line(text)}"
    return f"{text} && echo 'exit status 0'"


def _one_line(text: str) -> str:
    if "\n" not in text:
        return shlex.quote(text)
    escaped = text.replace("\\", "\\\\").replace("\r", "").replace("\n", "\\n").replace("\t", "\\t")
    return f'"$(printf %b {shlex.quote(escaped)})"'
