"""The agents as nodes of a LangGraph graph with a SQLite checkpointer; with --cache, nodes are cached too."""

from __future__ import annotations

import operator
import sqlite3
import sys
from collections.abc import Callable
from typing import Annotated, TypedDict

from agents import JOBS, Agent, load, of_the_plan, write
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import CachePolicy


class State(TypedDict):
    """What the agents have answered."""

    answers: Annotated[dict[str, str], operator.or_]


def node(agent: Agent) -> Callable[[State], State]:
    return lambda state: {"answers": {agent.name: agent.call(state["answers"])}}


def policy(agent: Agent) -> CachePolicy:
    # By default the key is the whole state: then every edit would miss from there on.
    return CachePolicy(key_func=lambda state: agent.key(state["answers"]))


agents = load()
cached = "--cache" in sys.argv
graph = StateGraph(State)
for agent in agents:
    more = {"cache_policy": policy(agent)} if cached else {}
    graph.add_node(agent.name, node(agent), **more)
read = {need for agent in agents for need in agent.needs}
for agent in agents:
    graph.add_edge(agent.needs or START, agent.name)
    if agent.name not in read:
        graph.add_edge(agent.name, END)

cache = None
if cached:
    from langgraph.cache.sqlite import SqliteCache

    cache = SqliteCache(path="cache.sqlite")
saver = SqliteSaver(sqlite3.connect("checkpoints.sqlite", check_same_thread=False))
app = graph.compile(checkpointer=saver, cache=cache)
config = {
    "configurable": {"thread_id": of_the_plan(agents)},
    "max_concurrency": JOBS,
    "recursion_limit": 1000,
}
begun = app.get_state(config).created_at is not None
state = app.invoke(None if begun else {"answers": {}}, config)
write((state or app.get_state(config).values)["answers"])
