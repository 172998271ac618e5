"""From what is typed as a host to an address: numbers and dots, or a name that the place's own resolver finds.

The lookup really walks, in virtual time: its packets are part of what the command sends.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from app.shell.probing import address_of, run_until, sending
from app.shell.terminal import Terminal
from app.workloads.machine import Machine
from app.workloads.resolver import Resolution, Resolver

__all__ = ["address_for", "machine_of", "resolve"]

#: Longer than any resolver waits: three servers, 30 seconds, five attempts, seven names.
LONGEST_US = 3_600_000_000


def machine_of(at: Terminal) -> Machine:
    """Return the machine that one types on; a bare namespace is one with the terminal's files."""
    return at.machine or Machine("", at.netns, at.netns.name, files=at.files)


def resolve(at: Terminal, name: str, types: tuple[str, ...] = ("A", "AAAA")) -> Resolution:
    """Look a name up as getaddrinfo() does there, and wait for it."""
    found: list[Resolution] = []
    network = at.netns.network
    sending(network, lambda: Resolver(machine_of(at)).lookup(name, types, found.append))
    run_until(network, network.clock.now_us + LONGEST_US, lambda: bool(found))
    return found[0] if found else Resolution("TRY_AGAIN", name)


def address_for(at: Terminal, host: str) -> IPv4Address | None:
    """Return the IPv4 address that `host` means there; None: there is none."""
    return address_of(host) or resolve(at, host).address
