"""The contenders that are libraries: orchestrators of agents whose programs are in drivers/."""

from __future__ import annotations

import importlib.metadata
import pathlib
import sys

from benchmarks.bill.contender import Contender, update, write_agents
from benchmarks.bill.plan import Plan

DRIVERS = pathlib.Path(__file__).parent / "drivers"


class Library(Contender):
    """driver: the program that is run. options: how. ignored: what is not committed."""

    program = sys.executable
    driver: str
    package: str
    options: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        try:
            return importlib.metadata.version(self.package)
        except importlib.metadata.PackageNotFoundError:
            return ""

    def write(self, plan: Plan, folder: pathlib.Path) -> None:
        write_agents(plan, folder, DRIVERS / self.driver)
        update(folder / "agents.py", (DRIVERS / "agents.py").read_text())

    def words(self, jobs: int, shared: bool = False) -> list[str]:
        return [sys.executable, self.driver, str(jobs), *self.options]


class LangGraph(Library):
    name = "langgraph"
    driver = "run_langgraph.py"
    package = "langgraph"
    way_out = "pip install langgraph langgraph-checkpoint-sqlite"
    notes = "A checkpointer, and a thread for each state of the plan; else it would call an edited plan done."


class LangGraphCached(LangGraph):
    name = "langgraph, cached"
    options = ("--cache",)
    notes = "The same, and a node cache, keyed by us with prompt and model; the default is the whole state."


class Dbos(Library):
    name = "dbos"
    driver = "run_dbos.py"
    package = "dbos"
    way_out = "pip install dbos"
    notes = "A step an agent, a workflow for each state of the plan, a fork where it has failed."


class DbosKeyed(Dbos):
    name = "dbos, keyed"
    options = ("--keys",)
    notes = "A workflow an agent, whose ID is the checksum of the prompt and the model: ours."
