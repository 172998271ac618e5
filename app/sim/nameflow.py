"""The program that looks a name up: getaddrinfo(3) of the sender, A and AAAA, with its search list and its retries."""

from __future__ import annotations

from ipaddress import IPv4Address

from app.core.dnsmessage import RCODES
from app.dataplane.netns import NetNs
from app.dataplane.packet import Packet
from app.sim.request import TraceRequest
from app.sim.trace import Caption
from app.sim.tracked import tracked
from app.workloads.machine import Machine
from app.workloads.resolver import Resolution, Resolver

__all__ = ["NameFlow"]


class NameFlow:
    """One lookup. `learned` is "answered" or "name-not-found"; "timeout" where no resolver answered."""

    http_status: int | None = None
    answer_line = ""
    failure: Caption | None = None
    told_by: Packet | None = None

    def __init__(self, machine: Machine, name: str, request: TraceRequest) -> None:
        self.machine = machine
        self.netns: NetNs = machine.netns
        self.name = name
        self.request = request
        self.learned: str | None = None
        self.learned_us = 0
        self.connections = tracked(self.netns.network)
        self.resolution: Resolution | None = None

    @property
    def address(self) -> IPv4Address | None:
        """The address that was found."""
        return self.resolution.address if self.resolution else None

    @property
    def rcode(self) -> str:
        """The answer's code; "" without an answer."""
        return self.resolution.rcode if self.resolution and self.resolution.rcode in RCODES else ""

    def start(self) -> None:
        """Ask."""
        Resolver(self.machine).lookup(self.name, ("A", "AAAA"), self._on_done)

    def close(self) -> None:
        """A resolver closes its sockets itself."""

    def _on_done(self, found: Resolution) -> None:
        self.resolution = found
        self.learned_us = self.netns.clock.now_us
        self.connections = tracked(self.netns.network)
        if found.answers:
            self.learned = "answered"
            return
        self.learned = "name-not-found" if self.rcode or found.error == "NO_RECOVERY" else "timeout"
        if self.learned == "name-not-found":
            params: dict[str, str | int] = {"name": self.name, "rcode": found.rcode, "server": found.server}
            self.failure = Caption("name-not-found", params)
