"""From what is typed as a host to an address: numbers and dots, or a name that the place's own resolver finds.

The lookup really walks, in virtual time: its packets are part of what the command sends.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address

from app.shell.probing import address_of, run_until, sending
from app.shell.terminal import Terminal
from app.workloads.dns.reverse import reverse_name
from app.workloads.machine import Machine
from app.workloads.resolver import HOSTS, Resolution, Resolver

__all__ = ["address_for", "gai_error", "machine_of", "name_of", "resolve"]

#: Longer than any resolver waits: three servers, 30 seconds, five attempts, seven names.
LONGEST_US = 3_600_000_000
#: What gai_strerror(3) of glibc says.
GAI_ERRORS = {
    "HOST_NOT_FOUND": "Name or service not known", "NO_DATA": "No address associated with hostname",
    "TRY_AGAIN": "Temporary failure in name resolution",
}  # fmt: skip


def machine_of(at: Terminal) -> Machine:
    """Return the machine that one types on; a bare namespace is one with the terminal's files."""
    return at.machine or Machine("", at.netns, at.netns.name, files=at.files)


def resolve(
    at: Terminal, name: str, types: tuple[str, ...] = ("A", "AAAA"), patience_us: int = LONGEST_US
) -> Resolution:
    """Look a name up as getaddrinfo() does there, and wait for it; no answer in time is TRY_AGAIN."""
    return _wait(at, name, lambda done: Resolver(machine_of(at)).lookup(name, types, done), patience_us)


def name_of(at: Terminal, address: str) -> str | None:
    """Return the name of an address as getnameinfo() finds it there: by /etc/hosts, else by its PTR record."""
    for line in (machine_of(at).files.read(HOSTS) or "").splitlines():
        words = line.partition("#")[0].split()
        if words[:1] == [address] and words[1:]:
            return words[1]
    name = reverse_name(address)
    found = _wait(at, name, lambda done: Resolver(machine_of(at)).ask(name, ("PTR",), done))
    return next((record.data.removesuffix(".") for record in found.answers if record.type == "PTR"), None)


def address_for(at: Terminal, host: str) -> IPv4Address | None:
    """Return the IPv4 address that `host` means there; None: there is none."""
    return address_of(host) or resolve(at, host).address


def gai_error(found: Resolution) -> str:
    """Return why there is no address, in the C library's words."""
    return GAI_ERRORS.get(found.error, GAI_ERRORS["NO_DATA"] if not found.error else GAI_ERRORS["HOST_NOT_FOUND"])


def _wait(
    at: Terminal, name: str, ask: Callable[[Callable[[Resolution], None]], None], patience_us: int = LONGEST_US
) -> Resolution:
    found: list[Resolution] = []
    network = at.netns.network
    sending(network, lambda: ask(found.append))
    run_until(network, network.clock.now_us + patience_us, lambda: bool(found))
    return found[0] if found else Resolution("TRY_AGAIN", name)
