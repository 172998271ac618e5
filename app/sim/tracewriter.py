"""From the hops of a walk to a trace: numbers, texts, layers, sightings.

A header that many hops saw is written once: headers are immutable, so the very same object means the very same layers.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.dataplane.conntrack import ConnectionEvidence
from app.dataplane.hop import SIGHTED, Evidence, Hop
from app.dataplane.interface import Interface
from app.dataplane.netfilter.evidence import TableEvidence
from app.dataplane.network import Network
from app.dataplane.nft.evidence import ChainEvidence
from app.dataplane.packet import NO_PACKET, Packet
from app.sim.layers import Seen, eth_layers, net_layers, seen_net, shown_eth
from app.sim.trace import Caption, Layer, Sighting, TraceEvidence, TraceHop, TraceInterface
from app.sim.tracked import TrackedConnection, row

__all__ = ["TraceWriter"]


class TraceWriter:
    """Writes the traces of one network. What it remembers of a flow is forgotten with the next."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._interfaces: list[TraceInterface] = []
        self._version = -1
        self._layers: dict[int, list[Layer]] = {}
        self._packets: dict[int, list[Layer]] = {}
        self._seen: dict[int, Seen] = {}

    def start(self) -> None:
        """Forget the headers of the flow before: their identities may be used again."""
        self._layers, self._packets, self._seen = {}, {}, {}

    def hops(self, hops: Sequence[Hop], start_us: int) -> list[TraceHop]:
        """Return the hops of a record."""
        return [self._hop(n, hop, start_us) for n, hop in enumerate(hops, 1)]

    def sightings(self, hops: Sequence[Hop], start_us: int) -> list[Sighting]:
        """Return what captures on all interfaces show."""
        sighted = ((n, hop) for n, hop in enumerate(hops, 1) if hop.kind in SIGHTED)
        return [self._sighting(n, hop, start_us) for n, hop in sighted]

    def interfaces(self) -> list[TraceInterface]:
        """Return every interface; made anew only when one has changed: a large cluster has tens of thousands."""
        if self._version != self.network.version:
            namespaces = self.network.namespaces.values()
            self._interfaces = [_interface(i) for ns in namespaces for i in ns.interfaces.values() if ns.is_tapped]
            self._version = self.network.version
        return self._interfaces

    def connections(self, tracked: dict[str, Sequence[ConnectionEvidence]]) -> dict[str, list[TrackedConnection]]:
        """Return every node's connections."""
        return {name: [row(entry) for entry in entries] for name, entries in tracked.items()}

    def _hop(self, n: int, hop: Hop, start_us: int) -> TraceHop:
        packet = hop.packet
        return TraceHop(
            n, hop.t_us - start_us, packet.number, packet.leg, packet.attempt, hop.kind,
            self.network.hosts[hop.netns], hop.netns, hop.interface, hop.stage, self._headers(packet),
            hop.changes, None if hop.evidence is None else _evidence(hop.evidence), Caption(hop.code, hop.params),
            hop.table, hop.chain,
        )  # fmt: skip

    def _headers(self, packet: Packet) -> list[Layer]:
        """Return all headers, outermost first; none where a hop is about no packet."""
        if packet is NO_PACKET:
            return []
        found = self._packets.get(id(packet))
        if found is None:
            below = self._layers.get(id(packet.net))
            if below is None:
                below = self._layers[id(packet.net)] = net_layers(packet.net)
            found = self._packets[id(packet)] = [*eth_layers(packet.eth), *below]
        return found

    def _sighting(self, n: int, hop: Hop, start_us: int) -> Sighting:
        """Return the frame that a capture on the hop's interface shows."""
        packet = hop.packet
        seen = self._seen.get(id(packet.net))
        if seen is None:
            seen = self._seen[id(packet.net)] = seen_net(packet.net)
        return Sighting(
            hop.t_us - start_us, packet.number, packet.attempt, packet.leg, hop.netns, hop.interface,
            SIGHTED[hop.kind], n, shown_eth(packet.eth), *seen,
        )  # fmt: skip


def _evidence(evidence: Evidence) -> TraceEvidence:
    if isinstance(evidence, TableEvidence | ChainEvidence):
        return TraceEvidence(evidence.tool, evidence.entry, evidence.skipped, list(evidence.matched), evidence.verdict)
    return TraceEvidence(evidence.tool, evidence.entry, evidence.skipped)


def _interface(interface: Interface) -> TraceInterface:
    peer = interface.peer
    return TraceInterface(
        interface.netns.name, interface.name, interface.kind, interface.mac, interface.mtu,
        [str(a.interface) for a in interface.addresses],
        interface.master.id if interface.master else None,
        peer.id if peer is not None and peer.netns.is_tapped else None,
    )  # fmt: skip
