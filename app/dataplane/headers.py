"""Packet headers as immutable values, nested the way they lie on the wire: each header holds the next one.

Addresses are ipaddress objects, MACs are text as `ip link` prints them. Sizes are bytes.
Sources: RFC 791 (IPv4), 792 (ICMP), 768 (UDP), 9293 (TCP), 826 (ARP), 7348 (VXLAN), 2003 (IP in IP).
"""

from __future__ import annotations

from ipaddress import IPv4Address

from msgspec import Struct

__all__ = [
    "BROADCAST_MAC",
    "L4",
    "NO_LINK",
    "ZERO_MAC",
    "Arp",
    "Ethernet",
    "IPv4",
    "Icmp",
    "Ipip",
    "Net",
    "Payload",
    "Tcp",
    "Udp",
    "Vxlan",
    "icmp_size",
]

BROADCAST_MAC = "ff:ff:ff:ff:ff:ff"
ZERO_MAC = "00:00:00:00:00:00"

IPV4_HEADER = 20
ICMP_HEADER = 8
UDP_HEADER = 8
TCP_HEADER = 20
#: Outer IPv4 20 + UDP 8 + VXLAN 8 + inner Ethernet 14: what `mtu 1450` leaves room for.
VXLAN_OVERHEAD = 50


class Ethernet(Struct, frozen=True, gc=False):
    """An Ethernet II header; the type follows from what it carries."""

    src: str
    dst: str


#: In place of a frame's header while a packet is on a device that has none (a tunnel of IP in IP).
NO_LINK = Ethernet("", "")


class Arp(Struct, frozen=True, gc=False):
    """An ARP packet for IPv4 over Ethernet. `op` is "request" or "reply"."""

    op: str
    sender_mac: str
    sender: IPv4Address
    target_mac: str
    target: IPv4Address


class Payload(Struct, frozen=True, gc=False):
    """Application bytes: how many, and which; where `data` is shorter than `size`, zeros fill it up."""

    size: int
    data: bytes = b""

    @property
    def text(self) -> str:
        """The data where it is text, else ""."""
        try:
            return self.data.decode()
        except UnicodeDecodeError:
            return ""


class Icmp(Struct, frozen=True, gc=False):
    """An ICMP message. `quoted` is the IP packet an error is about; `mtu` is set in frag-needed only."""

    type: int
    code: int
    ident: int = 0
    seq: int = 0
    payload: Payload = Payload(0)
    quoted: IPv4 | None = None
    mtu: int | None = None


class Vxlan(Struct, frozen=True, gc=False):
    """A VXLAN header and the frame inside it."""

    vni: int
    eth: Ethernet
    net: Net


class Udp(Struct, frozen=True, gc=False):
    """A UDP datagram; its payload is application bytes or a VXLAN frame."""

    sport: int
    dport: int
    payload: Payload | Vxlan


class Tcp(Struct, frozen=True, gc=False):
    """A TCP segment. `flags` in tcpdump's letters without the dot for ACK: S, SA, A, PA, FA, RA, R.

    `seq` and `ack` are relative to the start of the connection, as tcpdump and Wireshark show them.
    """

    sport: int
    dport: int
    flags: str
    seq: int
    ack: int
    payload: Payload = Payload(0)
    options_size: int = 0
    mss: int | None = None


class Ipip(Struct, frozen=True, gc=False):
    """An IPv4 packet inside another one: protocol 4, no header between the two."""

    inner: IPv4


class IPv4(Struct, frozen=True, gc=False):
    """An IPv4 header. `length` is the total length; `offset` and `more` are set on fragments, in bytes.

    A fragment keeps the whole transport header as its payload object: only offset 0 really carries it. `cuts` are the
    lengths of the pieces that a reassembled packet came in: the kernel keeps them beside it (skb_shinfo()->frag_list).
    """

    src: IPv4Address
    dst: IPv4Address
    ttl: int
    proto: str
    length: int
    df: bool
    payload: L4
    ident: int = 0
    more: bool = False
    offset: int = 0
    cuts: tuple[int, ...] = ()

    @property
    def is_fragment(self) -> bool:
        """Whether this is one of several fragments."""
        return self.more or self.offset > 0


L4 = Icmp | Udp | Tcp | Ipip
Net = IPv4 | Arp


def icmp_size(icmp: Icmp) -> int:
    """Return the bytes of an ICMP message. An error quotes as much of the packet as fits into 576 bytes.

    Source: Linux net/ipv4/icmp.c, icmp_send(): "RFC says return as much as we can without exceeding 576 bytes."
    """
    if icmp.quoted is None:
        return ICMP_HEADER + icmp.payload.size
    return ICMP_HEADER + min(icmp.quoted.length, 576 - IPV4_HEADER - ICMP_HEADER)
