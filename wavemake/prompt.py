"""The prompt as agent.sh assembles it: the body of task.md, then each read between fences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wavemake.disk import Disk
from wavemake.key import Input, read_head

BYTES_A_TOKEN = 4
"""What tokens are estimated by: English and code have about four bytes to a token."""

_FENCE = re.compile(rb"\n===== input [^\n]* [0-9a-f]{64} =====\n")
_UNKNOWN = "?" * 64


@dataclass(frozen=True, slots=True)
class Block:
    """One thing that is read, as it stands in the prompt; name is what its fence calls it."""

    name: str
    checksum: str
    content: bytes


def block(read: Input, path: str, checksum: str, content: bytes) -> Block:
    """Return the block for `read`, whose file is `path` and holds `content`, as its modifier says."""
    name = f"./{read.name}" if read.kind == "file" else read.name
    if read.modifier == "by path":
        return Block(f"{name} (as a file)", checksum, f"Read it yourself: {path}\n".encode())
    if read.modifier:
        _, end, bound = read.modifier.split(" ")
        size = int(bound)
        if len(content) > size:
            kept = content[:size] if end == "head" else content[-size:]
            which = "first" if end == "head" else "last"
            return Block(f"{name} (its {which} {size} bytes)", checksum, kept)
    return Block(name, checksum, content)


def assemble(body: bytes, blocks: Sequence[Block]) -> bytes:
    """Return the prompt that holds `body` and then `blocks`."""
    parts = [body]
    for each in blocks:
        before, after = _fences(each)
        parts += [before, each.content, after]
    return b"".join(parts)


def prompt_of(folder: str, agent: str, disk: Disk) -> bytes:
    """Return the prompt that `agent`, in the agents' `folder`, would be sent as its inputs are now.

    What is not there yet is left out. Raises OSError if task.md cannot be read, and key.BadHead.
    """
    task = disk.read(f"{folder}/{agent}/task.md")
    head = read_head(task)
    blocks = []
    for read in head.inputs:
        path = read.path(folder)
        checksum = disk.sum(path)
        if read.kind != "after" and checksum is not None:
            blocks.append(block(read, path, checksum, disk.read(path)))
    return assemble(task[head.body :], blocks)


def size_of(read: Input, path: str, size: int) -> int:
    """Return how many bytes of the prompt `read` takes, if the file at `path` has `size`."""
    shown = block(read, path, _UNKNOWN, b"")
    if read.modifier == "by path":
        content = len(shown.content)
    elif read.modifier:
        content = min(size, int(read.modifier.split(" ")[2]))
    else:
        content = size
    return content + sum(map(len, _fences(shown)))


def body_of(prompt: bytes) -> bytes:
    """Return the part of a recorded prompt that stood in task.md."""
    found = _FENCE.search(prompt)
    return prompt[: found.start()] if found else prompt


def tokens(size: int) -> int:
    """Estimate the tokens of a prompt of `size` bytes."""
    return -(-size // BYTES_A_TOKEN)


def _fences(each: Block) -> tuple[bytes, bytes]:
    before = f"\n===== input {each.name} {each.checksum} =====\n"
    after = f"\n===== end {each.checksum} =====\n"
    return before.encode("utf-8", "surrogateescape"), after.encode()
