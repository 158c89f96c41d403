"""Test support: what a request costs by the documented rules of prompt caching.

https://platform.claude.com/docs/en/build-with-claude/prompt-caching
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Request = dict[str, Any]

READ, WRITE = 0.1, 1.25
"""What a token costs that is read from the cache, or written to it for five minutes; sent, it costs 1."""
_KEPT = 300.0
_LOOK_BACK = 20
_LEAST = 1024
_BYTES_A_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Use:
    """The tokens of a request: sent as they are, read from the cache, written to it."""

    sent: int
    read: int
    written: int

    @property
    def cost(self) -> float:
        """The input's cost, in tokens that are sent as they are."""
        return self.sent + READ * self.read + WRITE * self.written

    @property
    def usage(self) -> dict[str, int]:
        """As a message tells it."""
        return {
            "input_tokens": self.sent,
            "cache_read_input_tokens": self.read,
            "cache_creation_input_tokens": self.written,
        }


@dataclass(slots=True)
class PromptCache:
    """The entries that an API has, and when each was used last.

    A prefix ends with a block that has `cache_control`. It can be read once the response to the request that
    wrote it begins: `begin` is to be called then.
    """

    uses: list[Use] = field(default_factory=list)
    _used: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, request: Request) -> Use:
        """Return what `request` costs, if it comes now."""
        blocks = list(_blocks(request))
        ends = [number for number, block in enumerate(blocks) if block.marked]
        with self._lock:
            now = time.monotonic()
            known = {key for key, used in self._used.items() if now - used < _KEPT}
        looked_at = {at for end in ends for at in range(max(0, end - _LOOK_BACK + 1), end + 1)}
        found = max((at for at in looked_at if blocks[at].key in known), default=-1)
        last = max((end for end in ends if blocks[end].total >= _LEAST), default=-1)
        total = blocks[-1].total if blocks else 0
        read = blocks[found].total if found >= 0 else 0
        cached = max(read, blocks[last].total if last >= 0 else 0)
        use = Use(total - cached, read, cached - read)
        with self._lock:
            self.uses.append(use)
            if found >= 0:
                self._used[blocks[found].key] = now
        return use

    def begin(self, request: Request) -> None:
        """The response begins: what the request marks can be read from now on."""
        with self._lock:
            now = time.monotonic()
            for block in _blocks(request):
                if block.marked and block.total >= _LEAST:
                    self._used[block.key] = now


@dataclass(frozen=True, slots=True)
class _Block:
    """A block: the checksum and the tokens of all up to it, and whether a prefix ends with it."""

    key: str
    total: int
    marked: bool


def _blocks(request: Request) -> Iterator[_Block]:
    digest = hashlib.sha256(json.dumps([request["model"], request.get("thinking")]).encode())
    size = 0
    for block in _parts(request):
        text = json.dumps({key: value for key, value in block.items() if key != "cache_control"})
        digest.update(text.encode())
        size += len(text)
        yield _Block(digest.hexdigest(), size // _BYTES_A_TOKEN, "cache_control" in block)


def _parts(request: Request) -> Iterator[dict[str, Any]]:
    """Tools, system and messages, in the order in which they count."""
    yield from request.get("tools", ())
    system = request.get("system", ())
    yield from [{"text": system}] if isinstance(system, str) else system
    for message in request["messages"]:
        content = message["content"]
        parts = [{"text": content}] if isinstance(content, str) else content
        yield from ({"role": message["role"], **part} for part in parts)
