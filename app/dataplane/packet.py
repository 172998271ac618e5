"""A packet in flight: the headers it carries now, and which packet of the flow it is."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Literal

from msgspec import Struct

from app.dataplane.conntrack import Connection
from app.dataplane.headers import (
    IPV4_HEADER,
    L4,
    TCP_HEADER,
    UDP_HEADER,
    Ethernet,
    Icmp,
    Ipip,
    IPv4,
    Net,
    Payload,
    Tcp,
    Udp,
    Vxlan,
    icmp_size,
)

__all__ = ["NO_PACKET", "Leg", "Packet", "innermost", "ip_packet", "with_ttl"]

Leg = Literal["request", "reply", "icmp-error", "client-rst", "icmp-error-about-client-rst", "arp", "data", "control"]


class Skb(Struct, frozen=True, gc=False):
    """What one host keeps beside a packet while it is in that host (fields of struct sk_buff).

    `state` is the word for --ctstate; `bridge_port` is the port by which a bridged packet came in, `frame_src` its
    source MAC then; `physdev_in` is that port too, and stays when the bridge hands the packet up (nf_bridge's
    physindev); `is_prerouted`: PREROUTING ran at that port and must not run again; `is_redirected`: it changed the
    destination, so that the host takes the frame for its own whatever MAC it has.
    """

    mark: int = 0
    connection: Connection | None = None
    is_reply: bool = False
    state: str = "INVALID"
    is_tracked: bool = False
    bridge_port: str = ""
    frame_src: str = ""
    is_prerouted: bool = False
    is_redirected: bool = False
    physdev_in: str = ""


class Packet(Struct, frozen=True, gc=False):
    """One packet: like an skb, the headers plus what the host remembers beside them.

    `number` stays the same through every rewrite, copy and encapsulation. `eth` is the frame's header as it was last
    on a wire: None until a locally made packet is given one, NO_LINK on a device without link-layer headers.
    """

    number: int
    leg: Leg
    attempt: int
    eth: Ethernet | None
    net: Net
    skb: Skb | None = None

    def with_net(self, net: Net) -> Packet:
        """Return this packet with another network-layer packet inside the same frame."""
        return Packet(self.number, self.leg, self.attempt, self.eth, net, self.skb)

    def with_eth(self, eth: Ethernet | None) -> Packet:
        """Return this packet in another frame."""
        return Packet(self.number, self.leg, self.attempt, eth, self.net, self.skb)

    def with_skb(self, skb: Skb | None) -> Packet:
        """Return this packet with other things beside it; None where it leaves the host."""
        return Packet(self.number, self.leg, self.attempt, self.eth, self.net, skb)


#: In the place of a packet where a hop is about none: a controller has written a table.
NO_PACKET = Packet(
    0,
    "control",
    1,
    None,
    IPv4(IPv4Address(0), IPv4Address(0), 0, "", IPV4_HEADER, df=False, payload=Udp(0, 0, Payload(0))),
)


def ip_packet(
    src: IPv4Address, dst: IPv4Address, payload: L4, *, ttl: int = 64, df: bool = False, ident: int = 0
) -> IPv4:
    """Return an IPv4 packet around `payload`, its protocol and length filled in."""
    if isinstance(payload, Icmp):
        proto, size = "icmp", icmp_size(payload)
    elif isinstance(payload, Tcp):
        proto, size = "tcp", TCP_HEADER + payload.options_size + payload.payload.size
    elif isinstance(payload, Ipip):
        proto, size = "ipencap", payload.inner.length
    else:
        proto, size = "udp", UDP_HEADER + udp_payload_size(payload)
    return IPv4(src, dst, ttl, proto, IPV4_HEADER + size, df, payload, ident)


def udp_payload_size(udp: Udp) -> int:
    """Return the bytes a UDP header is followed by."""
    inside = udp.payload
    if isinstance(inside, Vxlan):
        return 8 + 14 + (inside.net.length if isinstance(inside.net, IPv4) else 28)
    return inside.size


def with_ttl(ip: IPv4, ttl: int) -> IPv4:
    """Return `ip` with another TTL. Spelled out, because it is on the path of every forwarded packet."""
    return IPv4(ip.src, ip.dst, ttl, ip.proto, ip.length, ip.df, ip.payload, ip.ident, ip.more, ip.offset, ip.cuts)


def innermost(net: Net) -> Net:
    """Return the network-layer packet inside all tunnels."""
    while isinstance(net, IPv4):
        if isinstance(net.payload, Ipip):
            net = net.payload.inner
        elif isinstance(net.payload, Udp) and isinstance(net.payload.payload, Vxlan):
            net = net.payload.payload.net
        else:
            break
    return net


def encapsulated(net: Net) -> Vxlan | None:
    """Return the VXLAN header that `net` carries directly, or None."""
    if isinstance(net, IPv4) and isinstance(net.payload, Udp) and isinstance(net.payload.payload, Vxlan):
        return net.payload.payload
    return None
