"""Forwarding databases: a bridge's (MAC to port) and a VXLAN device's (MAC to remote VTEP).

Sources: bridge(8); Linux net/bridge/br_fdb.c, drivers/net/vxlan/vxlan_core.c. Ageing time 300 s, the kernel's default.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from msgspec import Struct

from app.dataplane.hop import Skipped

__all__ = ["BridgeFdb", "FdbEntry", "FdbEvidence", "VtepEntry", "VxlanFdb"]

AGEING_TIME_US = 300_000_000


class FdbEntry(Struct, frozen=True, gc=False):
    """A bridge's entry: frames for `mac` leave by `port`. `is_local`: the MAC belongs to the bridge or to that port."""

    mac: str
    port: str
    bridge: str
    is_local: bool = False
    is_static: bool = False
    updated_us: int = 0

    def text(self) -> str:
        """Return the line of `bridge fdb`. Source: iproute2 bridge/fdb.c, print_fdb()."""
        state = " permanent" if self.is_local else " static" if self.is_static else ""
        return f"{self.mac} dev {self.port} master {self.bridge}{state}"


class VtepEntry(Struct, frozen=True, gc=False):
    """A VXLAN device's entry: frames for `mac` are sent to the VTEP `dst`."""

    mac: str
    dev: str
    dst: IPv4Address

    def text(self) -> str:
        """Return the line of `bridge fdb`."""
        return f"{self.mac} dev {self.dev} dst {self.dst} self permanent"


class BridgeFdb:
    """The FDB of one bridge, by MAC."""

    __slots__ = ("_entries", "ageing_time_us")

    def __init__(self) -> None:
        self._entries: dict[str, FdbEntry] = {}
        self.ageing_time_us = AGEING_TIME_US

    def lookup(self, mac: str, now_us: int) -> FdbEntry | None:
        """Return the entry for `mac`; one that was not refreshed for the ageing time no longer counts."""
        entry = self._entries.get(mac)
        if entry is None or entry.is_local or entry.is_static:
            return entry
        return entry if now_us - entry.updated_us <= self.ageing_time_us else None

    def learn(self, mac: str, port: str, bridge: str, now_us: int) -> FdbEntry | None:
        """Note that `mac` is behind `port`; return the entry if it is new or moved, None if it was known.

        Source: Linux net/bridge/br_fdb.c, br_fdb_update(): a local or static entry is never moved.
        """
        known = self.lookup(mac, now_us)
        if known is not None and (known.is_local or known.is_static):
            return None
        entry = FdbEntry(mac, port, bridge, updated_us=now_us)
        self._entries[mac] = entry
        return None if known is not None and known.port == port else entry

    def put(self, entry: FdbEntry) -> None:
        """Write `entry`, as `bridge fdb replace` does."""
        self._entries[entry.mac] = entry

    def remove(self, mac: str) -> bool:
        """Forget `mac`; False where it was not known."""
        return self._entries.pop(mac, None) is not None

    def forget_port(self, port: str, *, keep_local: bool) -> None:
        """Forget what was learned on `port`; its own address too when it leaves the bridge."""
        for mac, entry in list(self._entries.items()):
            if entry.port == port and not (keep_local and (entry.is_local or entry.is_static)):
                del self._entries[mac]

    def entries(self, now_us: int) -> tuple[FdbEntry, ...]:
        """Return the entries as `bridge fdb` would list them now."""
        return tuple(e for e in self._entries.values() if self.lookup(e.mac, now_us) is e)


class VxlanFdb:
    """The FDB of one VXLAN device. Flannel writes it; nothing is learned (`nolearning`)."""

    __slots__ = ("_entries",)

    def __init__(self) -> None:
        self._entries: dict[str, VtepEntry] = {}

    def lookup(self, mac: str) -> VtepEntry | None:
        """Return the VTEP behind `mac`."""
        return self._entries.get(mac)

    def put(self, entry: VtepEntry) -> None:
        """Write `entry`, as `bridge fdb replace` does."""
        self._entries[entry.mac] = entry

    def remove(self, mac: str) -> bool:
        """Forget `mac`; False where it was not known."""
        return self._entries.pop(mac, None) is not None

    def entries(self) -> tuple[VtepEntry, ...]:
        """Return the entries in the order in which they were written."""
        return tuple(self._entries.values())


class FdbEvidence(Struct, frozen=True, gc=False):
    """The FDB entry that decided where a frame goes; `found` None: nothing matched, and `others` were there."""

    mac: str
    found: FdbEntry | VtepEntry | None
    others: tuple[FdbEntry | VtepEntry, ...] = ()

    @property
    def tool(self) -> str:
        """The command that prints every FDB of the namespace."""
        return "bridge fdb"

    @property
    def entry(self) -> str:
        """The entry's line, "" where none matched."""
        return self.found.text() if self.found else ""

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """The entries that were there but are for other MACs, told only where none matched."""
        if self.found is not None:
            return ()
        return tuple(Skipped(e.text(), f"{e.mac} ≠ {self.mac}") for e in self.others)
