"""Makes the one text that an agent is asked out of the texts that an item has."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from wavemake.plan.dialects.words import READS, SECTIONS, TEXTS, TITLES, Item, is_blank, plain

_LEADS = ("criterion", "task", "title", "name", "description", "text")


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
    for key, value in item.value.items():
        word = plain(key)
        if is_blank(value):
            continue
        if word in TEXTS:
            texts[key] = _paragraph(value)
        elif word in SECTIONS:
            sections[key] = _section(SECTIONS[word], value)
    if item.role:
        sections[item.role_key] = _role(item.role)
    subtasks = item.key("subtasks")
    if item.steps and subtasks is not None:
        steps = (_indented(f"{n}. ", _step(step)) for n, step in enumerate(item.steps, 1))
        sections[subtasks] = "Do this, in this order:\n" + "\n".join(steps)
    parts = {**_title(item, texts.values()), **texts, **sections}
    parts = {key: text for key, text in parts.items() if text}
    if len(parts) > 1:
        parts = {key: text.strip("\n") for key, text in parts.items()}
    if list(parts) == [item.role_key]:
        return Composed("", [])
    return Composed("\n\n".join(parts.values()), list(parts))


def _title(item: Item, texts: Iterable[str]) -> dict[str, str]:
    """The item's title by its key, unless it is an id or a text begins with it."""
    key = item.key(*TITLES)
    title = "" if key is None else item.value[key]
    if key is None or not isinstance(title, str):
        return {}
    is_id = plain(key) == "name" and (*item.path, key) == item.id_path
    return {} if is_id or any(text.startswith(title) for text in texts) else {key: title.strip()}


def _step(step: Item) -> str:
    done = " (done)" if step.state == "done" else ""
    first, *rest = compose(step).text.split("\n\n")
    text = "\n".join([first + done, *rest])
    return text.replace("\n\n", "\n")


def _role(role: Item) -> str:
    """Whoever a task is assigned to, in the words of the plan."""
    name = role.get("role", "type", "title", "name", "id")
    texts = [
        _paragraph(value)
        for key, value in role.value.items()
        if plain(key) in TEXTS and not is_blank(value)
    ]
    return "\n".join([f"Role: {name}", *texts])


def _section(heading: str, value: Any) -> str:
    if not heading:
        return _paragraph(value)
    if isinstance(value, dict):
        value = {key: each for key, each in value.items() if plain(key) not in READS}
        value = [f"{key}: {_line(each)}" for key, each in value.items() if not is_blank(each)]
    if isinstance(value, list):
        return f"{heading}:\n{_bullets(value)}" if value else ""
    text = _paragraph(value)
    return f"{heading}:\n{text}" if "\n" in text else f"{heading}: {text}"


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
