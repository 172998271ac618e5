"""The walk: run what is due, one event after the other, and yield every hop as it happens."""

from __future__ import annotations

from collections.abc import Iterator

from app.dataplane.hop import Hop
from app.dataplane.network import Network

__all__ = ["walk"]


def walk(network: Network) -> Iterator[Hop]:
    """Yield the hops of everything in flight, until nothing moves and no timer runs; what is lasting goes on beside it.

    Raises WalkBudgetError when it goes in circles, or costs more than any flow needs.
    """
    told = 0
    while True:
        yield from network.hops[told:]
        told = len(network.hops)
        if not network.clock.is_passing():
            return
        network.clock.run_next()
