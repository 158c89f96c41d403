"""The contenders by what they can be asked."""

from __future__ import annotations

from benchmarks.peers import Peer
from benchmarks.peers.barrier import Barrier
from benchmarks.peers.doit import Doit
from benchmarks.peers.hand import Hand
from benchmarks.peers.makeflow import Makeflow
from benchmarks.peers.ninja import Ninja
from benchmarks.peers.ours import OnMake, OnNinja
from benchmarks.peers.snakemake import Snakemake

FLOOR = Hand()
OURS: tuple[OnMake, ...] = (OnMake(), OnNinja())
OTHERS: tuple[Peer, ...] = (Ninja(), Doit(), Snakemake(), Makeflow())
BARRIER = Barrier()
RERUNNERS: tuple[Peer, ...] = (FLOOR, *OURS, *OTHERS)
"""Those that know what is stale; the first is the floor."""
SCHEDULERS: tuple[Peer, ...] = (BARRIER, FLOOR, OTHERS[0], *OURS)
"""Those whose order of starting is compared; the first is what the others are to beat."""


def present(peers: tuple[Peer, ...]) -> list[Peer]:
    """Those of `peers` that are installed."""
    return [peer for peer in peers if peer.version]
