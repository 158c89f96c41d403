"""What it takes to read what an agent's CLI printed."""

from __future__ import annotations

import json
import pathlib

from benchmarks.rows import MEMORY, Sizes, project
from benchmarks.table import Table
from benchmarks.timing import Action, command
from wavemake.runs.link import link

_RESULT = {"type": "result", "subtype": "success", "is_error": False, "num_turns": 1}


def measure(table: Table, sizes: Sizes) -> None:
    size = sizes.stream
    table.section(
        "Reading a stream",
        "The floor: `cat` copies the stream, and awk counts its lines. What the envelope of claude makes of a"
        " stream of tool calls, of which the answer is the last event but one.",
    )
    with project(MEMORY if MEMORY.is_dir() else None) as top:
        _write_stream(top / "stream", size)
        (top / "envelope.awk").write_text(link("envelope-claude.awk"), encoding="utf-8")
        floor = "cat stream >copy && LC_ALL=C awk '{ n++ } END { print n }' copy"
        read = (
            "LC_ALL=C awk -v answer=answer -v result=result -v log_file=log -v ending="
            " -f envelope.awk stream"
        )
        actions: dict[str, Action] = {
            "cat and awk": command(["sh", "-c", floor], top),
            "the envelope": command(["sh", "-c", read], top),
        }
        table.compare(f"{size // 1_000_000} MB", actions, {"the envelope": "3"})


def _write_stream(path: pathlib.Path, size: int) -> None:
    text = 'a line of code with "quotes" and \\ in it\n' * 60
    with path.open("w", encoding="utf-8") as file:
        number = 0
        while file.tell() < size:
            number += 1
            call = {"type": "tool_use", "id": f"t{number}", "name": "Read", "input": {"x": "y"}}
            found = {"tool_use_id": f"t{number}", "type": "tool_result", "content": text}
            for who, block in (("assistant", call), ("user", found)):
                message = {"role": who, "content": [block]}
                event = {"type": who, "message": message, "parent_tool_use_id": None}
                file.write(json.dumps(event, separators=(",", ":")) + "\n")
        said = {"content": [{"type": "text", "text": "The answer."}]}
        file.write(json.dumps({"type": "assistant", "message": said}) + "\n")
        file.write(json.dumps({**_RESULT, "result": "The answer."}) + "\n")
