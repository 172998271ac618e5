"""The neighbour table: which MAC an address on the link has, and the packets that wait to learn it.

Sources: ip-neighbour(8); Linux net/core/neighbour.c. Constants are the kernel's defaults (arp(7)): 3 requests, 1 s
apart; an entry stays REACHABLE for 30 s. Simplified (docs/fidelity.md): a STALE entry is used and shown as DELAY, but
not probed.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Literal

from msgspec import Struct

from app.core.clock import Timer
from app.dataplane.hop import Skipped
from app.dataplane.packet import Packet

__all__ = ["NeighEvidence", "Neighbour", "NeighbourTable", "NudState", "Pending"]

NudState = Literal["INCOMPLETE", "REACHABLE", "STALE", "DELAY", "FAILED", "PERMANENT", "NOARP"]

MCAST_SOLICIT = 3
RETRANS_TIME_US = 1_000_000
REACHABLE_TIME_US = 30_000_000
UNRES_QLEN = 101
VALID = frozenset({"REACHABLE", "STALE", "DELAY", "PERMANENT", "NOARP"})


class Neighbour(Struct, frozen=True, gc=False):
    """One entry as `ip neigh` shows it. `confirmed_us` is when the neighbour last proved to be there."""

    ip: IPv4Address
    dev: str
    mac: str | None
    state: NudState
    confirmed_us: int = 0

    def text(self) -> str:
        """Return the line of `ip neigh`, without its trailing blank. Source: iproute2 ip/ipneigh.c, print_neigh()."""
        lladdr = f" lladdr {self.mac}" if self.mac else ""
        return f"{self.ip} dev {self.dev}{lladdr} {self.state}"

    @property
    def is_valid(self) -> bool:
        """Whether a frame can be addressed with this entry."""
        return self.state in VALID


class Pending:
    """The packets that wait for one address to be resolved, how often it was asked for, and the next try."""

    __slots__ = ("packets", "timer", "tries")

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self.tries = 0
        self.timer: Timer | None = None


class NeighbourTable:
    """The neighbours of one namespace, by address and device."""

    __slots__ = ("_entries", "pending")

    def __init__(self) -> None:
        #: By the address's number: hash() of the object is Python code, and every frame that leaves asks.
        self._entries: dict[tuple[int, str], Neighbour] = {}
        self.pending: dict[tuple[IPv4Address, str], Pending] = {}

    def entries(self, now_us: int) -> tuple[Neighbour, ...]:
        """Return all entries as `ip neigh` would show them now."""
        return tuple(self.get(e.ip, e.dev, now_us) or e for e in tuple(self._entries.values()))

    def get(self, ip: IPv4Address, dev: str, now_us: int) -> Neighbour | None:
        """Return the entry for `ip` on `dev`. One that was not confirmed for 30 s has become STALE."""
        entry = self._entries.get((ip._ip, dev))  # type: ignore[attr-defined]  # noqa: SLF001  (int() is Python code)
        if (
            entry is not None
            and entry.state in ("REACHABLE", "DELAY")
            and now_us - entry.confirmed_us > REACHABLE_TIME_US
        ):
            entry = Neighbour(ip, dev, entry.mac, "STALE", entry.confirmed_us)
            self._entries[int(ip), dev] = entry
        return entry

    def put(self, entry: Neighbour) -> None:
        """Write `entry`, as `ip neigh replace` does."""
        self._entries[int(entry.ip), entry.dev] = entry

    def remove(self, ip: IPv4Address, dev: str) -> bool:
        """Forget the entry and whatever waited for it; False where there was none."""
        pending = self.pending.pop((ip, dev), None)
        if pending is not None and pending.timer is not None:
            pending.timer.cancel()
        return self._entries.pop((int(ip), dev), None) is not None

    def flush_dev(self, dev: str, *, keep_permanent: bool) -> None:
        """Forget the entries of `dev`: all when it goes down, all but the permanent ones when it loses its carrier.

        Source: Linux net/core/neighbour.c, neigh_ifdown() and neigh_carrier_down().
        """
        for entry in list(self._entries.values()):
            if entry.dev == dev and not (keep_permanent and entry.state == "PERMANENT"):
                self.remove(entry.ip, dev)


class NeighEvidence(Struct, frozen=True, gc=False):
    """The neighbour entry that gave a frame its destination MAC."""

    neighbour: Neighbour

    @property
    def tool(self) -> str:
        """The whole table; `ip neigh show dev X` would leave the device out of its lines."""
        return "ip neigh"

    @property
    def entry(self) -> str:
        """The entry's line."""
        return self.neighbour.text()

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """A neighbour is found by its exact key: nothing else is looked at."""
        return ()
