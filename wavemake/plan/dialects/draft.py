"""The draft of a plan in the reference shape, which each dialect fills from what it knows.

It collects what the items depend on, joins their texts, and notes all that is assumed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from wavemake.plan.diagnostics import Path
from wavemake.plan.dialects.constructs import conditions, translate
from wavemake.plan.dialects.gates import open_gates
from wavemake.plan.dialects.head import read_head
from wavemake.plan.dialects.item import Item, ItemRef, words_of_order
from wavemake.plan.dialects.leftovers import Leftovers
from wavemake.plan.dialects.naming import Ids
from wavemake.plan.dialects.notes import Notes
from wavemake.plan.dialects.order import Groups, follow, is_possible, untangle
from wavemake.plan.dialects.origin import Wording
from wavemake.plan.dialects.subtasks import collect_steps
from wavemake.plan.dialects.text import Composed, compose
from wavemake.plan.dialects.words import (
    INPUTS,
    OUTPUTS,
    READS,
    SKILLS,
    STATUS,
    SUBTASKS,
    is_file,
    is_id,
    kind,
    plain,
    some,
)
from wavemake.plan.model import shown
from wavemake.plan.names import outside_problem, path_problem

_NONE = frozenset(["", "none", "n/a", "-1", "-"])
_SHOWN = 3

Order = Callable[[Sequence[Item]], Groups]
DraftLinks = Iterable[tuple[Item, Sequence[Item], Path]]
"""Items, each with all that it comes after because the plan says so of what they are parts of."""


class Draft(Notes):
    """A plan in the making: `tree`, the `origins` of its places, and what was `found` on the way."""

    def __init__(
        self,
        noun: str,
        has_output: Callable[[str], bool],
        base: Path = (),
        beside: Callable[[str], Any] = lambda name: None,
    ) -> None:
        """`noun` is what an item is called; has_output says whether an agent has an output.

        base: where in the file the plan is. beside: reads a file that stands beside that.
        """
        super().__init__(base)
        self.noun = noun
        self.ids = Ids(noun)
        self.tree: dict[str, Any] = {}
        self.origins: dict[Path, Path] = {}
        self.done: list[str] = []
        self._wording = Wording()
        self.prompts = ""
        self.tag = ""
        self.tag_used = False
        self.beside = beside
        self._has_output = has_output
        self._joined: dict[str, Path] = {}
        self._leftovers = Leftovers()

    # --- what the dialects fill in ---

    def head(self, tree: Mapping[str, Any], read: Iterable[str | None], path: Path = ()) -> None:
        """Take over what the plan says as a whole; `read` are the keys that the dialect reads."""
        read_head(tree, read, path, self.tree, self.origins, self)

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

    def items(
        self, value: Any, path: Path, read: Iterable[str] = (), asks: Iterable[str] = ()
    ) -> list[Item]:
        """The objects of a list, or of a mapping by their names, as items.

        read: further words that the dialect reads of them; asks: those for what they depend on.
        """
        handled = frozenset(read)
        if not isinstance(value, (dict, list)):
            self.error("WM102", f"this must be a list of {self.noun}s, not {kind(value)}", path)
            return []
        words = READS.union(asks, self.words_of_order([value]) - handled)
        made = (self.item(*each, handled, words) for each in _entries(value, path))
        return [item for item in made if item]

    def words_of_order(self, lists: Iterable[Any]) -> frozenset[str]:
        """The words under which the objects in all of `lists` name nothing but one another."""
        return words_of_order(
            [
                Item(each, at, self.noun, name=name)
                for value in lists
                for each, at, name in _entries(value, ())
                if isinstance(each, dict)
            ]
        )

    def item(
        self,
        value: Any,
        path: Path,
        name: str = "",
        handled: frozenset[str] = frozenset(),
        asks: frozenset[str] = READS,
    ) -> Item | None:
        """A value as an item, or None, with an error, if it cannot be one."""
        if not isinstance(value, dict):
            a_noun = self.ids.a_noun
            self.error("WM102", f"{a_noun} must be an object, not {kind(value)}", path)
            return None
        item = Item(value, path, self.noun, name=name, handled=handled, asks=asks)
        if not item.id:
            self.error("WM103", f"this {self.noun} has no 'id'", path, 'add "id": "..."')
            return None
        return item

    def write(
        self,
        items: Sequence[Item],
        groups: Order | None = None,
        *,
        links: Callable[[Sequence[Item]], DraftLinks] | None = None,
        before: str = "all of the step before",
        waves: bool = False,
    ) -> None:
        """Make agents of the items.

        `groups` is asked for their order once their ids are known: an item that does not say what
        it depends on is given the group before its own, which messages call `before`. `links` is
        asked what else comes before each. With `waves`, the groups become waves.
        """
        items = self._without_left_out(items)
        self._name(items)
        self._collect_reads(items)
        order = groups(items) if groups else []
        self._wording = _wording(items, is_ordered=bool(order))
        if (waves or is_possible(order, self)) and (order or not links):
            follow(order, items, before, self.ids, self, keep=not waves)
        self._link(links(items) if links else ())
        for item in items:
            translate(item, self, self.prompts)
        conditions(items, self.ids.get, self)
        untangle(items, self)
        items = open_gates(items, self)
        self.tree["agents"] = []
        for n, item in enumerate(items):
            self._agent(item, ("agents", n))
        self._loops(items)
        if waves:
            gates = {id(item) for item in items}
            self.waves(
                [(item.name, path) for item, path in group if id(item) in gates] for group in order
            )
        self._note_rest(items)
        self._note_done(items)

    def wording(self) -> Wording:
        """Return how hints speak of the plan."""
        return self._wording

    # --- which items there are ---

    def _without_left_out(self, items: Sequence[Item]) -> list[Item]:
        for item in items:
            if item.state == "left out":
                self.ids.leave_out(item)
                key = item.key(*STATUS)
                how = item.value[key] if key is not None else "part of what is not to be done"
                message = f"{self.noun} {shown(item.id)} is {how}: it is left out"
                hint = "what depends on it does without it"
                self.warn("WM310", message, item.at(*STATUS), hint)
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
            for ref in item.refs():
                self._read(item, ref)
            for ref in refs:
                if self.ids.get(ref.id) is not item:
                    self._read(item, ref)
        for item in items:
            self._read_from_blocked(item)
        named = (each for item in items for each in item.reads.items() if self.ids.get(each[0]))
        first = next((path for _, path in named if not _is_reads(path)), None)
        if first is not None:
            a_noun = self.ids.a_noun
            message = f"the output of what {a_noun} depends on is given to its agent to read"
            self.note("WM303", message, first)

    def _read(self, item: Item, ref: ItemRef) -> None:
        if not is_id(ref.id) and not isinstance(ref.id, str):
            message = f"a dependency is a text or a number, not {kind(ref.id)}"
            self.error("WM102", message, ref.path)
            return
        text = str(ref.id).strip()
        others = self.ids.all(text)
        if ref.kind:
            self._leftovers.loose(item, ref, known=others is not None)
        elif others is not None:
            for other in others:
                if other is not item or len(others) == 1:
                    item.reads.setdefault(other.name, ref.path)
        elif self.ids.is_left_out(text) or text.lower() in _NONE:
            pass
        elif "," in text:
            for each in text.split(","):
                self._read(item, ItemRef(each, ref.path))
        elif _is_reads(ref.path) or _is_input(ref):
            item.reads.setdefault(text, ref.path)
        else:
            self._unknown(item, "depends on", text, ref.path)

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
        self.error(
            "WM112", f"{what}, which is not {self.ids.a_noun} here", path, self.ids.near(ref)
        )

    def _link(self, links: DraftLinks) -> None:
        """What comes before an item because of what it is a part of: read, or else waited for."""
        for item, others, path in links:
            for other in others:
                if other.name not in item.reads and other is not item:
                    (item.waits if item.declared else item.reads).setdefault(other.name, path)

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
        if composed.text.strip():
            put("task", composed.text, (*item.path, *composed.keys[:1]))
        else:
            what = f"{self.noun} {shown(item.id)} says nothing that an agent could do"
            self.error("WM316", what, item.id_path, 'add "description": "...", or take it out')
            put("task", what, item.id_path)
        put("reads", list(item.reads), item.path)
        for i, path in enumerate(item.reads.values()):
            self.origins[(*at, "reads", i)] = path
        if item.waits:
            put("depends_on", list(item.waits), item.path)
            for i, path in enumerate(item.waits.values()):
                self.origins[(*at, "depends_on", i)] = path
        self._outputs(item, put)
        for key, (value, path) in item.keys.items():
            if not key.startswith("\0"):
                put(key, value, path)
        self._remember(item, composed)

    def _loops(self, items: Sequence[Item]) -> None:
        for item in items:
            if item.loop:
                loop, path = item.loop
                self.tree.setdefault("loops", []).append(loop)
                self.origins["loops", len(self.tree["loops"]) - 1] = path

    def _outputs(self, item: Item, put: Callable[[str, Any, Path], None]) -> None:
        key = item.key(*OUTPUTS)
        path = item.value[key] if key is not None else None
        if key is None or not isinstance(path, str):
            return
        if outside_problem(path) or path_problem(path) or not _PLAIN.isdisjoint(path):
            self._leftovers.add(key, (*item.path, key))
        else:
            put("outputs", [path], (*item.path, key))

    def _remember(self, item: Item, composed: Composed) -> None:
        """Keep which keys were joined into tasks and which were not read, with their first places."""
        if len(composed.keys) > 1:
            for key in composed.keys:
                self._joined.setdefault(key, (*item.path, key))
        self._leftovers.of(item, composed)

    # --- what became of the rest ---

    def _note_rest(self, items: Sequence[Item]) -> None:
        if self._joined:
            first = next(iter(self._joined.values()))
            self.note("WM304", f"joined into the task: {some(self._joined, None)}", first)
        steps = next((item for item in items if item.steps), None)
        if steps:
            message = f"subtasks are steps of their {self.noun}: one agent does them in order"
            self.note("WM305", message, (*steps.path, str(steps.key(*SUBTASKS))))
        self._leftovers.tell(self)

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


def _entries(value: Any, path: Path) -> list[tuple[Any, Path, str]]:
    """What a list holds, or a mapping by names: each with its place, and its name there."""
    if isinstance(value, dict):
        return [(each, (*path, name), name) for name, each in value.items()]
    return [
        (each, (*path, i), "") for i, each in enumerate(value if isinstance(value, list) else ())
    ]


def _wording(items: Sequence[Item], *, is_ordered: bool) -> Wording:
    """In a plan whose order is said elsewhere, only `reads`, a word of ours, leaves it as it is."""
    keys = {item.name: key for item in items if (key := item.needs_key())}
    key = "reads" if is_ordered else next(iter(keys.values()), "reads")
    return Wording({item.name: item.id for item in items}, keys, key)


_PLAIN = frozenset("{}$<>*?[]")


def _is_input(ref: ItemRef) -> bool:
    """Tell whether a file is named under a word that may also name files."""
    return is_file(ref.id) and any(plain(str(step)) in INPUTS for step in ref.path[-2:])


def _is_reads(path: Path) -> bool:
    """Tell whether a dependency is named under the word that we use ourselves."""
    return any(plain(str(step)) == "reads" for step in path[-2:])
