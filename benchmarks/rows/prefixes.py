"""What input costs when several agents read the same, on an API that bills as the documentation says."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading

from benchmarks.rows import Sizes, project
from benchmarks.table import Table
from benchmarks.timing import Failed, environment
from tests.claude_api import ClaudeApi, Reply, Request
from tests.prompt_cache import PromptCache, Use

TEXT = (
    "{agents} reviewers read the same {size} kB, each with a task of its own. The real CLI of"
    " claude asks an API on this machine that bills by the documented rules of caching: a token that is read"
    " from the cache costs a tenth of one that is sent, one that is written to it 1.25 times as much. An"
    " entry is there once the response to the request that wrote it begins, here after a second. A token is"
    " taken for four bytes. Measured {day} with {version}."
)
_FIRST_BYTE = 1.0


def measure(table: Table, sizes: Sizes) -> None:
    claude = shutil.which(os.environ.get("WAVEMAKE_CLAUDE") or "claude")
    title = "\n### A shared prefix\n\n"
    if not claude:
        table.add(f"{title}Absent: set WAVEMAKE_CLAUDE, or put claude on the PATH.\n")
        return
    agents, size = sizes.reviewers
    version = subprocess.run([claude, "--version"], capture_output=True, text=True, check=True)
    day = subprocess.run(["date", "+%Y-%m-%d"], capture_output=True, text=True, check=True)
    facts = {"day": f"on {day.stdout.strip()}", "version": version.stdout.strip()}
    table.add(f"{title}{TEXT.format(agents=agents, size=size // 1000, **facts)}\n")
    table.add("| | sent | read | written | input cost, in tokens | below | goal |")
    table.add("|---|---|---|---|---|---|---|")
    for when, jobs in (("all at once", agents), ("one after the other", 1)):
        floor = 0.0
        for how, shared in (('`"prefix": false`', False), ("shared", True)):
            uses = _uses(claude, agents, size, shared, jobs)
            cost = sum(use.cost for use in uses)
            floor = floor or cost
            below = f"{100 * (1 - cost / floor):.0f}%" if shared else ""
            sums = [sum(getattr(use, part) for use in uses) for part in ("sent", "read", "written")]
            cells = [*(f"{each:,}" for each in sums), f"{cost:,.0f}", below, "60%" * shared]
            table.add(f"| {when}, {how} | {' | '.join(cells)} |")
    table.add("")


def _uses(claude: str, agents: int, size: int, shared: bool, jobs: int) -> list[Use]:
    """What each request cost in a run of reviewers."""
    cache, closing = PromptCache(), threading.Event()

    def script(request: Request) -> Reply:
        use = cache.ask(request)
        closing.wait(_FIRST_BYTE)
        cache.begin(request)
        return Reply(text="It is good.", usage=use.usage)

    with project() as folder, ClaudeApi() as api:
        api.script = script
        home, tools = folder.parent / "home", folder.parent / "bin"
        for each in (home, tools):
            each.mkdir()
        (tools / "claude").symlink_to(pathlib.Path(claude).absolute())
        line = "    return value + 1  # a line of code\n"
        (folder / "module.py").write_text(line * (size // len(line)))
        items = [
            {"name": f"review-{n}", "task": f"Review it for matter {n}.", "reads": ["module.py"]}
            for n in range(agents)
        ]
        defaults = {"model": "claude-sonnet-4-5", "prefix": shared}
        plan = {"project": "demo", "defaults": defaults, "agents": items}
        (folder / "plan.json").write_text(json.dumps(plan))
        env = api.environment(home, environment())
        env["PATH"] = f"{tools}:{env['PATH']}"
        for words in (
            [sys.executable, "-m", "wavemake", "compile", "plan.json"],
            ["make", f"-j{jobs}"],
        ):
            done = subprocess.run(
                words, cwd=folder, env=env, capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise Failed(f"{' '.join(words)}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    return cache.uses
