"""The contenders, in the order of the table."""

from __future__ import annotations

from benchmarks.bill.contender import Contender
from benchmarks.bill.libraries import Dbos, DbosKeyed, LangGraph, LangGraphCached
from benchmarks.bill.tools import Barrier, Doit, Make, Makeflow, Ninja, Snakemake, Wavemake

ALL: tuple[Contender, ...] = (
    Wavemake(),
    Make(),
    Ninja(),
    Doit(),
    Snakemake(),
    Makeflow(),
    Barrier(),
    LangGraph(),
    LangGraphCached(),
    Dbos(),
    DbosKeyed(),
)
