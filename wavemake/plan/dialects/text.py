"""Makes the one text that an agent is asked out of the texts that an item has."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from wavemake.plan.dialects.item import Item
from wavemake.plan.dialects.words import (
    BOOKKEEPING,
    CONDITIONS,
    GATES,
    IDS,
    LOOPS,
    OUTPUTS,
    READS,
    RULES_OF_START,
    SECTIONS,
    SETTINGS,
    SKILLS,
    STATES,
    SUBTASKS,
    TEXTS,
    TITLES,
    heading,
    is_blank,
    is_saying,
    plain,
)

_LEADS = ("criterion", "task", "title", "name", "description", "text", "path")
_ROLE_NAMES = ("role", "type", "title", "name", "id")
_NO_CONTENT = (
    BOOKKEEPING
    | GATES
    | SETTINGS
    | READS
    | CONDITIONS
    | LOOPS
    | RULES_OF_START
    | {
        *IDS,
        *STATES,
        *SKILLS,
        *SUBTASKS,
        *OUTPUTS,
        "blocks",
        "model",
        "ignore",
        "approve",
        "maxprompt",
    }
)


class Composed(NamedTuple):
    """The task of an item, and the keys of what it was joined from."""

    text: str
    keys: list[str]


def compose(item: Item) -> Composed:
    """Join the texts of `item`: its title, what says what to do, and the rest under headings.

    A text that stands alone is returned as it is.
    """
    texts: dict[str, str] = {}
    sections: dict[str, str] = {}
    skipped = item.handled | item.asks
    id_key = item.id_path[-1] if len(item.id_path) == len(item.path) + 1 else None
    for key, value in item.value.items():
        word = plain(key)
        if key in item.texts:
            texts[key] = item.texts[key]
        elif word in skipped or key == id_key or is_blank(value):
            continue
        elif word in TEXTS:
            texts[key] = _paragraph(value)
        elif word in SECTIONS:
            sections[key] = section(SECTIONS[word], value)
        elif is_content(word, value):
            sections[key] = section(heading(key), value)
    title = _title(item, texts.values())
    for key in title:
        sections.pop(key, None)
    subtasks = item.key(*SUBTASKS)
    if item.steps and subtasks is not None:
        steps = (_indented(f"{n}. ", _step(step)) for n, step in enumerate(item.steps, 1))
        sections[subtasks] = "Do this, in this order:\n" + "\n".join(steps)
    _drop_said(item, sections, [*title.values(), *texts.values()])
    own = {**title, **texts, **sections}
    if all(plain(key) in _ABOUT for key in own):
        return Composed("", [])
    if item.role:
        own[item.role_key] = describe(item.role)
    for n, (label, part) in enumerate(item.parts):
        own[f"\0{n}"] = _part(label, part)
    parts = {key: text for key, text in own.items() if text}
    if len(parts) > 1:
        parts = {key: text.strip("\n") for key, text in parts.items()}
    return Composed("\n\n".join(parts.values()), [key for key in parts if key in item.value])


def _drop_said(item: Item, sections: dict[str, str], said: Sequence[str]) -> None:
    """A further title that is a part of the text already is not repeated."""
    for word in TITLES:
        key = item.given.get(word)
        if key in sections and any(str(item.value[key]).strip() in text for text in said):
            del sections[key]


# A role, or a kind, alone is not a task.
_ABOUT = frozenset(
    [*(word for word, title in SECTIONS.items() if title == "Role"), "category", "service", "area"]
)


def is_content(word: str, value: Any) -> bool:
    """Tell whether a key that no table has says something to who does the work."""
    return word not in _NO_CONTENT and is_saying(value)


def _title(item: Item, texts: Iterable[str]) -> dict[str, str]:
    """The item's title by its key, unless it is an id or a text begins with it."""
    key = item.key(*TITLES)
    title = "" if key is None else item.value[key]
    if key is None or not isinstance(title, str):
        return _only_text(item)
    is_id = (*item.path, key) == item.id_path and plain(key) == "name"
    if is_id and not (any(each.isspace() for each in title.strip()) and not list(texts)):
        return {}
    return {} if any(text.startswith(title) for text in texts) else {key: title.strip()}


def _only_text(item: Item) -> dict[str, str]:
    """The text that is the item's id as well, because it has no other."""
    key = item.id_path[-1] if len(item.id_path) > len(item.path) else None
    if isinstance(key, str) and plain(key) in TEXTS:
        return {key: _paragraph(item.value[key])}
    return {}


def _part(label: str, part: Item) -> str:
    """What an item is a part of, if there is more to say of it than its name."""
    title = part.get(*TITLES) or part.id
    texts = [
        section("" if plain(key) in TEXTS else heading(key), value)
        for key, value in part.value.items()
        if is_context(part, key)
    ]
    return "\n".join([f"{label}: {title}", *texts]) if texts or label != "Phase" else ""


def is_context(part: Item, key: str) -> bool:
    """Tell whether a key of what holds items says something to each of them."""
    value, word = part.value[key], plain(key)
    if is_blank(value) or word in part.handled or word in TITLES:
        return False
    return word in TEXTS or is_content(word, value)


def _step(step: Item) -> str:
    done = " (done)" if step.state == "done" else ""
    first, *rest = compose(step).text.split("\n\n")
    text = "\n".join([first + done, *rest])
    return text.replace("\n\n", "\n")


def describe(role: Item) -> str:
    """The one to whom a task is assigned, in the words of the plan."""
    names = [str(role.value[key]) for word in _ROLE_NAMES if (key := role.key(word)) is not None]
    first = names[0] if names else role.id
    if role.key("name") is not None and str(role.get("name")) != first:
        first = f"{role.get('name')} ({first})"
    texts, rest = [], []
    for key, value in role.value.items():
        word = plain(key)
        if is_blank(value) or word in _ROLE_NAMES or word in role.handled:
            continue
        if word in TEXTS or word == "backstory":
            texts.append(_paragraph(value))
        elif is_content(word, value):
            rest.append(section(heading(key), value))
    return "\n".join([f"Role: {first}", *texts, *rest])


def section(title: str, value: Any) -> str:
    """Return a value of another tool's plan under a heading, or as a paragraph if that is empty."""
    if not title:
        return _paragraph(value)
    if isinstance(value, dict):
        value = {key: each for key, each in value.items() if plain(key) not in READS}
        value = [f"{key}: {_line(each)}" for key, each in value.items() if not is_blank(each)]
    if isinstance(value, list):
        return f"{title}:\n{_bullets(value)}" if value else ""
    text = _paragraph(value)
    return f"{title}:\n{text}" if "\n" in text else f"{title}: {text}"


def _paragraph(value: Any) -> str:
    if isinstance(value, list):
        return _bullets(value)
    return value if isinstance(value, str) else _line(value)


def _bullets(values: list[Any]) -> str:
    return "\n".join(_indented("- ", _line(each)) for each in values if not is_blank(each))


def _indented(mark: str, text: str) -> str:
    return mark + text.strip("\n").replace("\n", "\n" + " " * len(mark))


def _line(value: Any) -> str:
    """A value within a list: of an object what it is about, and the rest in brackets."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    if isinstance(value, dict):
        return _object_line(value)
    return json.dumps(value, ensure_ascii=False)


def _object_line(value: Mapping[str, Any]) -> str:
    given = {key: each for key, each in value.items() if not is_blank(each)}
    words = {plain(key): key for key in given}
    lead = next((words[word] for word in _LEADS if word in words), None)
    rest = "; ".join(f"{key}: {_line(each)}" for key, each in given.items() if key != lead)
    if lead is None:
        return rest
    return f"{_line(given[lead])} ({rest})" if rest else _line(given[lead])
