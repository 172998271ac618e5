"""Path MTU discovery: what a host remembers of a path after "fragmentation needed", and what it does with it.

An exception hangs on a route (the kernel's nexthop) and is for one destination: `ip route get DST` shows it as
`cache expires 598sec mtu 1450`. It goes with its route, with `ip route flush cache`, and after mtu_expires seconds.
Source: RFC 1191; Linux net/ipv4/route.c (__ip_rt_update_pmtu, update_or_create_fnhe, find_exception, ipv4_mtu),
fib_semantics.c (fib_nhc_update_mtu), include/net/ip.h (ip_dst_mtu_maybe_forward, ip_dont_fragment).
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from app.dataplane.headers import IPv4
from app.dataplane.hop import Evidence, Skipped
from app.dataplane.interface import Interface, LinkEvidence

if TYPE_CHECKING:
    from app.dataplane.fib import Route
    from app.dataplane.netns import NetNs

__all__ = [
    "Discovery",
    "Exceptions",
    "MtuEvidence",
    "PmtuException",
    "learn",
    "may_cut",
    "mtu_evidence",
    "path_mtu",
    "with_df",
]

#: IP_MTU_DISCOVER of a socket: `do` never cuts, `want` cuts here what is known to be too long, `dont` lets routers cut.
Discovery = Literal["do", "want", "dont"]

MIN_PMTU, MTU_EXPIRES, MIN_ADV_MSS = (
    "net.ipv4.route.min_pmtu",
    "net.ipv4.route.mtu_expires",
    "net.ipv4.route.min_adv_mss",
)


class PmtuException(Struct, frozen=True, gc=False):
    """The MTU of the path to one destination, in bytes, until `expires_us`; `is_locked`: it is the floor min_pmtu,
    not what was told, and packets go without DF."""

    mtu: int
    is_locked: bool
    expires_us: int

    def text(self, now_us: int) -> str:
        """Return how `ip route get` prints it, after `cache`."""
        return f"expires {(self.expires_us - now_us) // 1_000_000}sec mtu {'lock ' if self.is_locked else ''}{self.mtu}"


class Exceptions:
    """The exceptions of one FIB, by route and destination."""

    __slots__ = ("_rows",)

    def __init__(self) -> None:
        self._rows: dict[tuple[Route, IPv4Address], PmtuException] = {}

    def get(self, route: Route, dst: IPv4Address, now_us: int) -> PmtuException | None:
        """Return what is known of the path to `dst` by that route; what has expired is forgotten."""
        if not self._rows:
            return None
        found = self._rows.get((route, dst))
        if found is not None and found.expires_us <= now_us:
            del self._rows[route, dst]
            return None
        return found

    def put(self, route: Route, dst: IPv4Address, exception: PmtuException) -> None:
        """Remember."""
        self._rows[route, dst] = exception

    def rows(self, now_us: int) -> list[tuple[Route, IPv4Address, PmtuException]]:
        """Return all that has not expired, in the order in which it was learned."""
        return [(route, dst, row) for (route, dst), row in self._rows.items() if row.expires_us > now_us]

    def flush(self) -> None:
        """`ip route flush cache`."""
        self._rows.clear()

    def keep_routes(self, routes: tuple[Route, ...]) -> None:
        """Forget what hangs on a route that is gone."""
        if self._rows:
            self._rows = {key: row for key, row in self._rows.items() if key[0] in routes}

    def device_mtu_changed(self, dev: str, before: int, after: int) -> None:
        """Follow a device's MTU: an exception above it comes down, one that was the device's own MTU goes with it."""
        for key, row in list(self._rows.items()):
            if key[0].dev != dev:
                continue
            if row.is_locked:
                if after <= row.mtu:
                    self._rows[key] = replace(row, mtu=after, is_locked=False)
            elif after < row.mtu or before == row.mtu:
                self._rows[key] = replace(row, mtu=after)


class MtuEvidence(Struct, frozen=True, gc=False):
    """The path's remembered MTU, as `ip route get` prints it; the device itself would have let the packet pass."""

    dst: IPv4Address
    row: PmtuException
    now_us: int
    link: str

    @property
    def tool(self) -> str:
        """The command that prints the resolved route with its exception."""
        return f"ip route get {self.dst}"

    @property
    def entry(self) -> str:
        """Its second line."""
        return f"cache {self.row.text(self.now_us)}"

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """The device's own MTU, which is not the path's."""
        return (Skipped(self.link, f"the path's MTU {self.row.mtu} is smaller"),)


def path_mtu(netns: NetNs, route: Route, dst: IPv4Address, *, is_forwarded: bool = False) -> int:
    """Return how many bytes a packet to `dst` may have: by the path's exception, else by the device.

    A router asks its device only (ip_forward_use_pmtu 0), unless the exception is locked.
    """
    row = _exception(netns, route, dst, is_forwarded=is_forwarded)
    return _device(netns, route).mtu if row is None else row.mtu


def mtu_evidence(netns: NetNs, route: Route, dst: IPv4Address, *, is_forwarded: bool = False) -> Evidence:
    """Return what says so."""
    dev = _device(netns, route)
    row = _exception(netns, route, dst, is_forwarded=is_forwarded)
    if row is None:
        return LinkEvidence(dev.name, dev.link_line(), dev.mtu_reason())
    return MtuEvidence(dst, row, netns.clock.now_us, dev.link_line())


def _device(netns: NetNs, route: Route) -> Interface:
    return netns.interfaces["lo" if route.type == "local" else route.dev]


def _exception(netns: NetNs, route: Route, dst: IPv4Address, *, is_forwarded: bool) -> PmtuException | None:
    row = netns.fib.exceptions.get(route, dst, netns.clock.now_us)
    return None if row is None or (is_forwarded and not row.is_locked) else row


def may_cut(netns: NetNs, route: Route, dst: IPv4Address) -> bool:
    """Whether packets of a socket that discovers the path's MTU go without DF: it is locked (ip_dont_fragment)."""
    row = netns.fib.exceptions.get(route, dst, netns.clock.now_us)
    return row is not None and row.is_locked


def with_df(netns: NetNs, ip: IPv4, discovery: Discovery) -> IPv4:
    """Return what a socket sends with its DF bit decided: `want` sets it where the packet fits (__ip_make_skb)."""
    route = netns.fib.lookup(ip.dst)
    if discovery == "want" and route is not None and route.type in ("unicast", "local"):
        fits = ip.length <= path_mtu(netns, route, ip.dst)
        return replace(ip, df=fits and not may_cut(netns, route, ip.dst))
    return replace(ip, df=discovery != "dont")


def learn(netns: NetNs, dst: IPv4Address, told: int) -> Evidence | None:
    """Note that the path to `dst` takes `told` bytes; return the exception as evidence, None where nothing was learned.

    Less than min_pmtu is not believed: the MTU is locked there. A larger one than is known is ignored, and the same one
    makes the entry young again only in the second half of its life.
    """
    route = netns.fib.lookup(dst)
    if route is None or route.type not in ("unicast", "local"):
        return None
    now_us, known = netns.clock.now_us, path_mtu(netns, route, dst)
    floor, life_us = int(netns.sysctls[MIN_PMTU]), int(netns.sysctls[MTU_EXPIRES]) * 1_000_000
    row = netns.fib.exceptions.get(route, dst, now_us)
    if (row is not None and row.is_locked) or known < told:
        return None
    is_locked = told < floor
    mtu = min(known, floor) if is_locked else told
    if row is None or row.mtu != mtu or is_locked or now_us >= row.expires_us - life_us // 2:
        row = PmtuException(mtu, is_locked, now_us + life_us)
        netns.fib.exceptions.put(route, dst, row)
    return MtuEvidence(dst, row, now_us, netns.interfaces[route.dev].link_line())
