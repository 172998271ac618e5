"""A tunnel of IP in IP: the device puts a packet into another one, addressed to the next hop of its route.

    10.2.2.0/26 via 10.0.0.12 dev tunl0   -->   [IP 10.0.0.11 > 10.0.0.12, protocol 4 | inner packet]

One device serves every remote end (`remote any local any`), so the route's next hop must be the other node itself. It
has no link-layer header and no neighbours. TTL and DF of the outer header are the inner packet's (`ttl inherit`).
Sources: RFC 2003; ip-link(8) TYPE ipip; Linux net/ipv4/ipip.c, ip_tunnel.c (ip_tunnel_xmit, tnl_update_pmtu).
Simplified: no TOS, no path MTU cache, only the fallback device.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import ClassVar

from app.core.addresstext import address_text
from app.dataplane.devices.nesting import is_dead_loop, send_nested
from app.dataplane.fib import RouteEvidence
from app.dataplane.headers import IPV4_HEADER, NO_LINK, Ipip, IPv4
from app.dataplane.hop import Change
from app.dataplane.interface import Interface
from app.dataplane.ip import UnroutableError, route_output
from app.dataplane.link import receive
from app.dataplane.packet import Packet, ip_packet

__all__ = ["IpipDevice", "ipip_receive", "outer_text"]

#: Time until the device hands up a packet it has unwrapped (gro_cells).
DECAP_US = 1
MAX_MTU = 65535 - IPV4_HEADER
PROTOCOL_UNREACHABLE, PORT_UNREACHABLE, FRAG_NEEDED = (3, 2), (3, 3), (3, 4)


class IpipDevice(Interface):
    """`ip link add NAME type ipip local any remote any`; tunl0 comes with the module."""

    kind: ClassVar[str] = "ipip"
    has_arp: ClassVar[bool] = False
    has_link_header: ClassVar[bool] = False

    def __init__(self, name: str, mtu: int) -> None:
        super().__init__(name, "0.0.0.0", mtu)  # noqa: S104  (the link-layer address of a tunnel without a local end)

    def set_mtu(self, mtu: int) -> None:
        """A tunnel takes what leaves room for its own header, no more (ip_tunnel_change_mtu)."""
        super().set_mtu(min(mtu, MAX_MTU))

    def transmit(self, packet: Packet) -> None:
        """Wrap a packet whose route has no gateway: its own destination is the other end."""
        assert isinstance(packet.net, IPv4)
        self.transmit_to(packet.net.dst, packet)

    def transmit_to(self, next_hop: IPv4Address, packet: Packet) -> None:
        """Wrap a packet and route it to `next_hop`. No route there, or one into this device: dropped in silence."""
        netns, inner = self.netns, packet.net
        assert isinstance(inner, IPv4)
        if is_dead_loop(self, packet):
            return
        evidence = RouteEvidence(next_hop, netns.fib.lookup(next_hop), netns.fib.routes)
        try:
            route, source = route_output(netns, next_hop)
        except UnroutableError:
            netns.hop(packet, "no-route", self.name, "tunnel", "no-route", {"dst": address_text(next_hop)}, evidence)
            return
        params: dict[str, str | int] = {"iface": self.name, "src": address_text(source), "dst": address_text(next_hop)}
        if route.dev == self.name:
            netns.hop(packet, "drop", self.name, "tunnel", "drop-tunnel-loop", params, evidence)
            return
        if not self._fits(packet, inner, netns.interfaces["lo" if route.type == "local" else route.dev]):
            return
        outer = ip_packet(source, next_hop, Ipip(inner), ttl=inner.ttl, df=inner.df)
        wrapped = Packet(packet.number, packet.leg, packet.attempt, NO_LINK, outer)
        params["bytes"] = IPV4_HEADER
        why = RouteEvidence(inner.dst, netns.fib.lookup(inner.dst), netns.fib.routes)
        change = Change("outer", None, outer_text(outer))
        netns.hop(wrapped, "encapsulate", self.name, "tunnel", "encapsulate-ipip", params, why, (change,))
        send_nested(self, wrapped)

    def _fits(self, packet: Packet, inner: IPv4, out: Interface) -> bool:
        """Whether an inner packet with DF leaves room for the outer header; if not, its sender is told."""
        mtu = out.mtu - IPV4_HEADER
        if not inner.df or inner.length <= mtu:
            return True
        params: dict[str, str | int] = {"length": inner.length, "mtu": mtu, "iface": self.name}
        self.netns.hop(packet, "mtu-exceeded", self.name, "tunnel", "mtu-exceeded", params, out.link_evidence())
        self.netns.network.send_icmp_error(self.netns, packet, *FRAG_NEEDED, mtu=mtu)
        return False

    def accept(self, packet: Packet, ipip: Ipip) -> None:
        """Unwrap a packet for this host, and take it in as if this device had received it."""
        netns, outer = self.netns, packet.net
        assert isinstance(outer, IPv4) and packet.eth is not None
        inner = Packet(packet.number, packet.leg, packet.attempt, NO_LINK, ipip.inner)
        eth = packet.eth
        frame = () if eth == NO_LINK else (Change("eth.src", eth.src, None), Change("eth.dst", eth.dst, None))
        changes = (Change("outer", outer_text(outer), None), *frame)
        params: dict[str, str | int] = {
            "iface": self.name,
            "src": address_text(outer.src),
            "dst": address_text(outer.dst),
        }
        netns.hop(
            inner, "decapsulate", self.name, "tunnel", "decapsulate-ipip", params, self.link_evidence(), changes
        )  # fmt: skip
        netns.clock.after(DECAP_US, lambda: receive(self, inner))


def ipip_receive(dev: Interface, packet: Packet) -> None:
    """Take an IP-in-IP packet for this host: its tunnel's, or nobody's, which is told to the sender."""
    netns, ip = dev.netns, packet.net
    assert isinstance(ip, IPv4) and isinstance(ip.payload, Ipip)
    tunnel = next((i for i in netns.interfaces.values() if isinstance(i, IpipDevice)), None)
    if tunnel is not None and tunnel.up:
        tunnel.accept(packet, ip.payload)
        return
    error = PROTOCOL_UNREACHABLE if tunnel is None else PORT_UNREACHABLE
    evidence = tunnel.link_evidence() if tunnel else None
    netns.hop(packet, "refuse", dev.name, "input", "drop-no-tunnel", {"src": address_text(ip.src)}, evidence)
    netns.network.send_icmp_error(netns, packet, *error)


def outer_text(outer: IPv4) -> str:
    """Return the outer header in one line, as a change shows it."""
    return f"{outer.src} > {outer.dst} ipip"
