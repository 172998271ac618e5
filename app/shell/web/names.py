"""Names of hosts as curl and wget look them up: every query is a packet, and a time limit ends the waiting."""

from __future__ import annotations

from ipaddress import IPv4Address

from app.shell.dns.names import LONGEST_US
from app.shell.dns.names import resolve as lookup
from app.shell.probing import address_of
from app.shell.terminal import Terminal

__all__ = ["resolve"]


def resolve(at: Terminal, name: str, patience_us: int | None = None) -> list[IPv4Address]:
    """Return the IPv4 addresses of a name, the best first; none where nobody knows it, or not in that time."""
    literal = address_of(name)
    if literal is not None:
        return [literal]
    found = lookup(at, name, patience_us=patience_us or LONGEST_US)
    return [IPv4Address(record.data) for record in found.answers if record.type == "A"]
