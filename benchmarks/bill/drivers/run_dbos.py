"""The agents as steps of a DBOS workflow; with --keys, each as a workflow with an ID of what it reads."""

from __future__ import annotations

import asyncio
import sys

from agents import JOBS, Agent, load, of_the_plan, write
from dbos import DBOS, SetWorkflowID

BY_NAME: dict[str, Agent] = {}
LIMIT = asyncio.Semaphore(JOBS)


def waves() -> list[list[str]]:
    number: dict[str, int] = {}
    found: list[list[str]] = []
    for agent in BY_NAME.values():
        wave = number[agent.name] = 1 + max((number[need] for need in agent.needs), default=-1)
        found[wave:] = found[wave:] or [[]]
        found[wave].append(agent.name)
    return found


@DBOS.step()
async def call(name: str, answers: dict[str, str]) -> str:
    async with LIMIT:
        return await asyncio.to_thread(BY_NAME[name].call, answers)


@DBOS.workflow()
async def one(name: str, answers: dict[str, str]) -> str:
    return await call(name, answers)


@DBOS.workflow()
async def whole() -> dict[str, str]:
    """Wave by wave: steps have to begin in the same order each time. Goes on past a failure."""
    answers: dict[str, str] = {}
    failed = 0
    for wave in waves():
        ready = [name for name in wave if answers.keys() >= set(BY_NAME[name].needs)]
        failed += len(wave) - len(ready)
        calls = [
            call(name, {need: answers[need] for need in BY_NAME[name].needs}) for name in ready
        ]
        for name, result in zip(
            ready, await asyncio.gather(*calls, return_exceptions=True), strict=True
        ):
            if isinstance(result, str):
                answers[name] = result
            else:
                failed += 1
    if failed:
        raise RuntimeError(f"{failed} agents have no answer")
    return answers


async def last(key: str) -> tuple[str, str]:
    """The ID of the last try, and its status: of what has failed, its documentation says, make a fork."""
    number = 0
    while True:
        name = f"{key}-{number}"
        status = await DBOS.get_workflow_status_async(name)
        if status is None or status.status != "ERROR":
            return name, "" if number == 0 else f"{key}-{number - 1}"
        number += 1


async def start(key: str, workflow, *arguments):
    """Begin, join, or fork where the first failed step is."""
    name, before = await last(key)
    with SetWorkflowID(name):
        if before and await DBOS.get_workflow_status_async(name) is None:
            steps = await DBOS.list_workflow_steps_async(before)
            first = min((step["function_id"] for step in steps if step["error"]), default=1)
            return await DBOS.fork_workflow_async(before, first)
        return await DBOS.start_workflow_async(workflow, *arguments)


async def by_key() -> dict[str, str]:
    answers: dict[str, str] = {}
    for wave in waves():
        ready = [name for name in wave if answers.keys() >= set(BY_NAME[name].needs)]
        handles = []
        for name in ready:
            given = {need: answers[need] for need in BY_NAME[name].needs}
            handles.append(await start(BY_NAME[name].key(given), one, name, given))
        results = [handle.get_result() for handle in handles]
        for name, result in zip(
            ready, await asyncio.gather(*results, return_exceptions=True), strict=True
        ):
            if isinstance(result, str):
                answers[name] = result
    return answers


async def main() -> int:
    agents = load()
    BY_NAME.update({agent.name: agent for agent in agents})
    DBOS(
        config={
            "name": "bill",
            "system_database_url": "sqlite:///dbos.sqlite",
            "run_admin_server": False,
            "application_version": "1",
            "log_level": "ERROR",
        }
    )
    DBOS.launch()
    try:
        if "--keys" in sys.argv:
            answers = await by_key()
        else:
            handle = await start(of_the_plan(agents), whole)
            answers = await handle.get_result()
    finally:
        DBOS.destroy()
    write(answers)
    return 0 if len(answers) == len(agents) else 1


sys.exit(asyncio.run(main()))
