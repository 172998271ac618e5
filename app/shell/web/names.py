"""Names of hosts as curl and wget look them up: every query is a packet, and a time limit ends the waiting."""

from __future__ import annotations

from ipaddress import IPv4Address

from app.shell.dns.names import LONGEST_US, machine_of
from app.shell.probing import address_of, run_until, sending
from app.shell.terminal import Terminal
from app.workloads.resolver import Resolution, Resolver

__all__ = ["resolve"]


def resolve(at: Terminal, name: str, patience_us: int | None = None) -> list[IPv4Address]:
    """Return the IPv4 addresses of a name, the best first; none where nobody knows it, or not in that time."""
    literal = address_of(name)
    if literal is not None:
        return [literal]
    found: list[Resolution] = []
    network = at.netns.network
    sending(network, lambda: Resolver(machine_of(at)).lookup(name, ("A", "AAAA"), found.append))
    run_until(network, network.clock.now_us + (patience_us or LONGEST_US), lambda: bool(found))
    return [IPv4Address(record.data) for each in found for record in each.answers if record.type == "A"]
