"""The connections of every node while a flow is open, as the trace shows them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from app.core.addresstext import address_text
from app.dataplane.conntrack import ConnectionEvidence, Tuple
from app.dataplane.network import Network

__all__ = ["TrackedConnection", "row", "tracked"]


class TrackedConnection(Struct, frozen=True):
    """One entry: `state` is TCP's or null; `text` is the line of `conntrack -L`."""

    proto: str
    state: str | None
    orig: dict[str, str | int]
    reply: dict[str, str | int]
    flags: list[str]
    nat: list[str]
    text: str


def tracked(network: Network) -> dict[str, Sequence[ConnectionEvidence]]:
    """Return the entries of every namespace that tracks connections, as they are now."""
    now_us = network.clock.now_us
    return {
        netns.name: [connection.evidence(now_us) for connection in netns.conntrack.connections(now_us)]
        for netns in network.tracking()
    }


def row(entry: ConnectionEvidence) -> TrackedConnection:
    """Return an entry as the trace shows it."""
    original, reply = entry.original, entry.reply
    # A new ICMP id alone is not told as SNAT: `conntrack -L` shows one id for both directions.
    is_snat = reply.dst != original.src or (original.proto != "icmp" and reply.dport != original.sport)
    nat = (["DNAT"] if entry.is_dnat else []) + (["SNAT"] if is_snat else [])
    return TrackedConnection(
        original.proto, entry.state or None, _side(original), _side(reply), entry.flags(), nat, entry.entry,
    )  # fmt: skip


def _side(side: Tuple) -> dict[str, str | int]:
    addresses: dict[str, str | int] = {"src": address_text(side.src), "dst": address_text(side.dst)}
    if side.proto == "icmp":
        return addresses | {"type": side.dport, "code": 0, "id": side.sport}
    return addresses if side.proto == "ipencap" else addresses | {"sport": side.sport, "dport": side.dport}
