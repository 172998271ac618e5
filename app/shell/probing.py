"""What `ping` and `traceroute` share: the address that is meant, and virtual time that passes meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Address

from app.core.limits import limit
from app.dataplane.budget import WalkBudgetError
from app.dataplane.netns import NetNs
from app.dataplane.network import Network

__all__ = ["address_of", "finish", "probes_limit", "run_until", "sending"]

#: Longer than any packet takes to land.
IN_FLIGHT_US = 1_000
#: How many bits the last part of an address fills, by the number of parts.
LAST_BITS = {1: 32, 2: 24, 3: 16, 4: 8}


def address_of(name: str) -> IPv4Address | None:
    """Return the address that `name` is: numbers and dots as inet_aton(3) reads them, or `localhost`; else None."""
    if name == "localhost":
        return IPv4Address("127.0.0.1")
    parts = name.split(".")
    if len(parts) > 4 or not all(re.fullmatch("0|[1-9][0-9]{0,9}", part) for part in parts):
        return None
    *heads, last = (int(part) for part in parts)
    bits = LAST_BITS[len(parts)]
    if any(head > 255 for head in heads) or last >= 1 << bits:
        return None
    high = sum(head << 8 * (3 - place) for place, head in enumerate(heads))
    return IPv4Address(high | last)


def probes_limit() -> int:
    """Return how many probes one command may send."""
    return limit("terminal.probes")


def sending(network: Network, send: Callable[[], object]) -> None:
    """Send something; what costs more than a packet may is lost."""
    try:
        send()
    except WalkBudgetError:
        network.clock.forget()
        network.turn_page()


def run_until(network: Network, due_us: int, is_over: Callable[[], bool]) -> None:
    """Let things happen until `is_over`, at the latest until `due_us`.

    What goes round in circles is taken out of the cables after the budget of a walk, and was lost.
    """
    has_rung = False

    def ring() -> None:
        nonlocal has_rung
        has_rung = True

    clock = network.clock
    alarm = clock.after(max(0, due_us - clock.now_us), ring)
    while not has_rung and not is_over():
        try:
            clock.run_next()
        except WalkBudgetError:
            clock.forget()
            network.turn_page()
            alarm = clock.after(max(0, due_us - clock.now_us), ring)
    alarm.cancel()


def finish(netns: NetNs) -> None:
    """End a command: what is in flight still lands, the rest of its doings ends with it."""
    network = netns.network
    due_us = network.clock.next_due_us()
    if due_us is not None and due_us <= network.clock.now_us + IN_FLIGHT_US:
        run_until(network, network.clock.now_us + IN_FLIGHT_US, lambda: False)
    network.settle()
    network.turn_page()
