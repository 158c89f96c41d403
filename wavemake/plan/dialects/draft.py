"""The draft of a plan in the reference shape, which each dialect fills from what it knows.

It collects what the items depend on, joins their texts, and notes all that is assumed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from wavemake.plan.diagnostics import Path
from wavemake.plan.dialects.notes import Notes
from wavemake.plan.dialects.order import Groups, follow, is_possible
from wavemake.plan.dialects.steps import collect_steps
from wavemake.plan.dialects.text import Composed, compose
from wavemake.plan.dialects.words import (
    COMMANDS,
    CONDITIONS,
    READS,
    SECTIONS,
    SKILLS,
    STATES,
    TEXTS,
    TITLES,
    Item,
    is_blank,
    is_id,
    kind,
    plain,
    some,
)
from wavemake.plan.model import shown

_KNOWN = (
    {"id", "taskid", "subtasks", "blocks", "status", "model", *SKILLS, *STATES}
    | READS
    | TEXTS
    | SECTIONS.keys()
    | CONDITIONS
)
_HEAD = {
    "project": ("project", "projectname", "name", "title", "feature"),
    "goal": ("goal", "objective", "description", "summary"),
}
_NONE = frozenset(["", "none", "n/a", "-1", "-"])
_SHOWN = 3


class Draft(Notes):
    """A plan in the making: `tree`, the `origins` of its places, and what was `found` on the way."""

    def __init__(self, noun: str, has_output: Callable[[str], bool]) -> None:
        """`noun` is what an item is called; has_output tells whether an agent's output is there."""
        super().__init__(noun)
        self.tree: dict[str, Any] = {}
        self.origins: dict[Path, Path] = {}
        self.done: list[str] = []
        self._has_output = has_output
        self._words: set[str] = set()
        self._joined: dict[str, Path] = {}
        self._unread: dict[str, Path] = {}

    # --- what the dialects fill in ---

    def head(self, tree: Mapping[str, Any], read: Iterable[str | None], path: Path = ()) -> None:
        """Take over what the plan says as a whole; `read` are the keys that the dialect reads."""
        words = {plain(key): key for key in reversed(list(tree))}
        used = set(read)
        for target, choices in _HEAD.items():
            keys = (words[word] for word in choices if word in words)
            key = next((key for key in keys if isinstance(tree[key], str)), None)
            if key is not None:
                self.tree[target] = tree[key]
                self.origins[(target,)] = (*path, key)
                used.add(key)
        if isinstance(tree.get("model"), str):
            self.tree["defaults"] = {"model": tree["model"]}
            self.origins["defaults", "model"] = (*path, "model")
            used.add("model")
        unread = [key for key, value in tree.items() if key not in used and not is_blank(value)]
        if unread:
            self.note("WM307", f"not read: {some(unread)}", (*path, unread[0]))

    def keep(self, tree: Mapping[str, Any]) -> None:
        """Take over all that the plan says, as it is."""
        self.tree = dict(tree)

    def waves(self, waves: Iterable[Sequence[tuple[str, Path]]]) -> None:
        """Say which agents are of which wave, and where that is said; empty waves are left out."""
        kept = [wave for wave in waves if wave]
        self.tree["waves"] = [[name for name, _ in wave] for wave in kept]
        for n, wave in enumerate(kept):
            for i, (_, path) in enumerate(wave):
                self.origins["waves", n, i] = path

    def items(self, value: Any, path: Path, read: Iterable[str] = ()) -> list[Item]:
        """The objects of a list as items; `read` are further words that the dialect reads of them."""
        self._words.update(read)
        if not isinstance(value, list):
            self.error("WM102", f"this must be a list of {self.noun}s, not {kind(value)}", path)
            return []
        items = (self._item(each, (*path, i)) for i, each in enumerate(value))
        return [item for item in items if item]

    def _item(self, value: Any, path: Path) -> Item | None:
        if not isinstance(value, dict):
            self.error("WM102", f"{self.a_noun} must be an object, not {kind(value)}", path)
            return None
        item = Item(value, path, self.noun)
        if not item.id:
            self.error("WM103", f"this {self.noun} has no 'id'", path, 'add "id": "..."')
            return None
        return item

    def write(
        self,
        items: Sequence[Item],
        groups: Callable[[Sequence[Item]], Groups] | None = None,
        *,
        before: str = "all of the step before",
        waves: bool = False,
    ) -> None:
        """Make agents of the items.

        `groups` is asked for their order once their ids are known: an item that does not say what
        it depends on is given the group before its own, which messages call `before`. With `waves`,
        the groups become waves.
        """
        items = self._without_left_out(items)
        self._name(items)
        self._collect_reads(items)
        order = groups(items) if groups else []
        if waves or is_possible(self, order):
            follow(self, order, items, before)
        self.tree["agents"] = []
        for n, item in enumerate(items):
            self._agent(item, ("agents", n))
        if waves:
            self.waves([(item.name, path) for item, path in group] for group in order)
        self._note_rest(items)
        self._note_done(items)

    # --- which items there are ---

    def _without_left_out(self, items: Sequence[Item]) -> list[Item]:
        for item in items:
            if item.state == "left out":
                self.ids.leave_out(item)
                key = item.words["status"]
                message = f"{self.noun} {shown(item.id)} is {item.value[key]}: it is left out"
                hint = "what depends on it does without it"
                self.warn("WM310", message, (*item.path, key), hint)
        return [item for item in items if item.state != "left out"]

    def _name(self, items: Sequence[Item]) -> None:
        renamed = self.ids.name(items)
        if renamed:
            pairs = [f"{shown(item.id)} is {shown(item.name)}" for item in renamed[:_SHOWN]]
            more = ", and so on" if len(renamed) > _SHOWN else ""
            message = f"ids become names of agents: {', '.join(pairs)}{more}"
            self.note("WM302", message, renamed[0].id_path)

    # --- what they depend on ---

    def _collect_reads(self, items: Sequence[Item]) -> None:
        outside = [collect_steps(item, self) for item in items]
        for item in items:
            self.ids.add((f"{item.id}.{step.id}" for step in item.steps), item)
        for item, refs in zip(items, outside, strict=True):
            for ref, path in item.refs():
                self._read(item, ref, path)
            for ref, path in refs:
                if self.ids.get(ref) is not item:
                    self._read(item, ref, path)
        for item in items:
            self._read_from_blocked(item)
        paths = (path for item in items for path in item.reads.values())
        first = next((path for path in paths if not _is_reads(path)), None)
        if first is not None:
            message = f"the output of what {self.a_noun} depends on is given to its agent to read"
            self.note("WM303", message, first)

    def _read(self, item: Item, ref: Any, path: Path) -> None:
        if not is_id(ref) and not isinstance(ref, str):
            message = f"a dependency is a text or a number, not {kind(ref)}"
            self.error("WM102", message, path)
            return
        text = str(ref).strip()
        other = self.ids.get(text)
        if other:
            item.reads.setdefault(other.name, path)
        elif self.ids.is_left_out(text) or text.lower() in _NONE:
            pass
        elif "," in text:
            for each in text.split(","):
                self._read(item, each, path)
        elif _is_reads(path):
            item.reads.setdefault(text, path)
        else:
            self._unknown(item, "depends on", text, path)

    def _read_from_blocked(self, item: Item) -> None:
        """Dependencies said from the other side: what `item` blocks depends on it."""
        key = item.key("blocks")
        if key is None:
            return
        given = item.value[key]
        for i, ref in enumerate(given if isinstance(given, list) else [given]):
            path = (*item.path, key, i)
            other = self.ids.get(ref)
            if other:
                other.declared = True
                other.reads.setdefault(item.name, path)
            elif not self.ids.is_left_out(ref):
                self._unknown(item, "blocks", str(ref), path)

    def _unknown(self, item: Item, verb: str, ref: str, path: Path) -> None:
        what = f"{self.noun} {shown(item.id)} {verb} {shown(ref)}"
        self.error("WM112", f"{what}, which is no {self.noun} here", path, self.ids.near(ref))

    # --- the agents ---

    def _agent(self, item: Item, at: Path) -> None:
        agent: dict[str, Any] = {}
        self.tree["agents"].append(agent)
        self.origins[at] = item.path

        def put(key: str, value: Any, origin: Path) -> None:
            agent[key] = value
            self.origins[(*at, key)] = origin

        put("name", item.name, item.id_path)
        for key, words in (("skill", SKILLS), ("model", ("model",))):
            for holder in (item, item.role):
                found = holder.key(*words) if holder else None
                if holder and found is not None and key not in agent:
                    put(key, holder.value[found], (*holder.path, found))
        composed = compose(item)
        command = item.key(*COMMANDS)
        if composed.text.strip():
            put("task", composed.text, (*item.path, *composed.keys[:1]))
        elif command is not None:
            what = f"{self.noun} {shown(item.id)} runs a command, and asks no agent to do anything"
            hint = "tell an agent what to do, or make it a rule of your Makefile"
            self.error("WM314", what, (*item.path, command), hint)
            put("task", what, (*item.path, command))
        put("reads", list(item.reads), item.path)
        for i, path in enumerate(item.reads.values()):
            self.origins[(*at, "reads", i)] = path
        self._remember(item, composed)

    def _remember(self, item: Item, composed: Composed) -> None:
        """Keep which keys were joined into tasks and which were not read, with their first places."""
        if len(composed.keys) > 1:
            for key in composed.keys:
                self._joined.setdefault(key, (*item.path, key))
        known = _KNOWN | self._words
        for key, value in item.value.items():
            word, path = plain(key), (*item.path, key)
            if is_blank(value) or key in composed.keys or path == item.id_path:
                continue
            if word in CONDITIONS and not isinstance(value, bool):
                message = f"{key!r} is not supported: {self.noun} {shown(item.id)} runs in any case"
                self.warn("WM308", f"{message}, once", path)
            is_said = word in TITLES and str(value).strip() in composed.text
            if word not in known and not is_said and (composed.text or word not in COMMANDS):
                self._unread.setdefault(key, path)

    # --- what became of the rest ---

    def _note_rest(self, items: Sequence[Item]) -> None:
        if self._joined:
            first = next(iter(self._joined.values()))
            self.note("WM304", f"joined into the task: {some(self._joined, most=10)}", first)
        steps = next((item for item in items if item.steps), None)
        if steps:
            message = f"subtasks are steps of their {self.noun}: one agent does them in order"
            self.note("WM305", message, (*steps.path, str(steps.key("subtasks"))))
        if self._unread:
            first = next(iter(self._unread.values()))
            self.note("WM307", f"not read: {some(self._unread, most=10)}", first)

    def _note_done(self, items: Sequence[Item]) -> None:
        done = [item for item in items if item.state == "done"]
        self.done = [item.name for item in done]
        missing = [item for item in done if not self._has_output(item.name)]
        if missing:
            names = some(item.name for item in missing)
            they = "they run" if len(missing) > 1 else "it runs"
            message = f"marked done, but without an output, so that {they}: {names}"
            hint = (
                f"write what was done into its output.md, or take the {self.noun} out of the plan"
            )
            self.warn("WM309", message, missing[0].state_path, hint)


def _is_reads(path: Path) -> bool:
    """Tell whether a dependency is named under the word that we use ourselves."""
    return any(plain(str(step)) == "reads" for step in path[-2:])
