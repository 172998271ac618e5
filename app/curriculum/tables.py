"""Rows of the modelled kernel's tables as plain text columns, for `table` facts and `table(...).count`.

route    dst via dev src proto        of a node, a Pod, a host
neigh    ip dev mac state             of a node, a Pod, a host, or one interface
fdb      mac port | mac dst           of a bridge, or of a VXLAN interface
address  dev ip                       of a node, a Pod, a host, or one interface
"""

from __future__ import annotations

from collections.abc import Callable

from app.curriculum.places import Place
from app.curriculum.world import Row
from app.dataplane.devices.bridge import Bridge
from app.dataplane.devices.vxlan import VxlanDevice
from app.dataplane.fib import prefix_text
from app.dataplane.netns import NetNs
from app.dataplane.network import Network

__all__ = ["Tables"]


class Tables:
    """Reads the tables of one network."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, place: Place, name: str) -> list[Row] | None:
        """Return the rows of table `name` at `place`, None if that element has no such table."""
        netns = self._network.namespaces.get(place.netns)
        return _READERS[name](netns, place) if netns and name in _READERS else None

    def prefixes(self) -> frozenset[str]:
        """Return the destinations of all routes in the network."""
        namespaces = self._network.namespaces.values()
        return frozenset(prefix_text(route.prefix) for netns in namespaces for route in netns.fib.routes)


def _routes(netns: NetNs, place: Place) -> list[Row] | None:
    if place.interface is not None:
        return None
    rows = [r for r in netns.fib.routes if r.table == "main"]
    return [
        _row(dst=prefix_text(r.prefix), via=r.via, dev=r.dev, src=r.src, proto=r.proto, scope=r.scope) for r in rows
    ]


def _neighbours(netns: NetNs, place: Place) -> list[Row]:
    entries = netns.neigh.entries(netns.clock.now_us)
    return [_row(ip=e.ip, dev=e.dev, mac=e.mac, state=e.state) for e in entries if place.interface in (None, e.dev)]


def _fdb(netns: NetNs, place: Place) -> list[Row] | None:
    device = netns.interfaces.get(place.interface or "")
    if isinstance(device, Bridge):
        return [_row(mac=e.mac, port=e.port) for e in device.fdb.entries(netns.clock.now_us)]
    if isinstance(device, VxlanDevice):
        return [_row(mac=e.mac, dst=e.dst) for e in device.fdb.entries()]
    return None


def _addresses(netns: NetNs, place: Place) -> list[Row]:
    return [
        _row(dev=name, ip=address.interface)
        for name, interface in netns.interfaces.items()
        if place.interface in (None, name)
        for address in interface.addresses
    ]


def _row(**columns: object) -> Row:
    return {name: str(value) for name, value in columns.items() if value not in (None, "")}


_READERS: dict[str, Callable[[NetNs, Place], list[Row] | None]] = {
    "route": _routes,
    "neigh": _neighbours,
    "fdb": _fdb,
    "address": _addresses,
}
