"""Packets as the bytes that a capture shows: headers in network order, lengths and checksums as they would be sent.

What the model does not know is written the same every time (docs/fidelity.md#captures): IP ids are those of the model,
sequence numbers start at 0, windows are those a Linux socket opens with, timestamps are 0, an echo carries a pattern.
Sources: RFC 894 (Ethernet), 826, 791, 792, 768, 9293, 7323 (TCP options), 7348, 2003; Linux net/ipv4/tcp_output.c
(tcp_options_write, tcp_select_window), icmp.c (icmp_send).
"""

from __future__ import annotations

import struct
from functools import lru_cache
from ipaddress import IPv4Address

from app.dataplane.checksum import internet_checksum, pseudo_header
from app.dataplane.headers import (
    IPV4_HEADER,
    L4,
    NO_LINK,
    Arp,
    Ethernet,
    Icmp,
    Ipip,
    IPv4,
    Net,
    Payload,
    Tcp,
    Udp,
    Vxlan,
)
from app.dataplane.packet import Packet

__all__ = ["frame_bytes", "ipv4_bytes"]

ETHERTYPE_IPV4, ETHERTYPE_ARP = 0x0800, 0x0806
IPPROTO_ICMP, IPPROTO_IPIP, IPPROTO_TCP, IPPROTO_UDP = 1, 4, 6, 17
DONT_FRAGMENT, MORE_FRAGMENTS = 0x4000, 0x2000
#: An ICMP error is "internetwork control" (icmp_send, IPTOS_PREC_INTERNETCONTROL); nothing else here has a TOS.
TOS_OF_ERRORS = 0xC0
#: At most this much of the packet that an ICMP error is about comes back with it.
QUOTED_MAX = 576 - 20 - 8
#: Every byte its own place, over and over, without the time that iputils ping writes over the first 16.
PING_PATTERN = bytes(range(256))

TCP_FLAGS = {"F": 0x01, "S": 0x02, "R": 0x04, "P": 0x08, "A": 0x10}
#: MSS, SACK permitted, timestamps, no-op, window scale 7; later segments: two no-ops, timestamps.
SYN_OPTIONS_TAIL = bytes((4, 2, 8, 10)) + bytes(8) + bytes((1, 3, 3, 7))
TIMESTAMP_OPTIONS = bytes((1, 1, 8, 10)) + bytes(8)
TIMESTAMPS_SIZE = 12
#: What a host assumes that was told no MSS (RFC 9293, section 3.7.1).
DEFAULT_MSS = 536
#: The receive window of 64240 bytes in units of 2**7, as `tcpdump` shows it on an idle connection.
SCALED_WINDOW = 502


def frame_bytes(packet: Packet) -> bytes:
    """Return a frame as it is on its interface: bare IP where the device has no link-layer header."""
    assert packet.eth is not None, "only a frame is ever on an interface"
    if packet.eth == NO_LINK:
        return _net_bytes(packet.net)
    return _ethernet_bytes(packet.eth, packet.net)


def _ethernet_bytes(eth: Ethernet, net: Net) -> bytes:
    ethertype = ETHERTYPE_IPV4 if isinstance(net, IPv4) else ETHERTYPE_ARP
    return _mac(eth.dst) + _mac(eth.src) + ethertype.to_bytes(2) + _net_bytes(net)


def _net_bytes(net: Net) -> bytes:
    return ipv4_bytes(net) if isinstance(net, IPv4) else _arp_bytes(net)


def _mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def _arp_bytes(arp: Arp) -> bytes:
    header = struct.pack("!HHBBH", 1, ETHERTYPE_IPV4, 6, 4, 1 if arp.op == "request" else 2)
    return header + _mac(arp.sender_mac) + arp.sender.packed + _mac(arp.target_mac) + arp.target.packed


def ipv4_bytes(ip: IPv4) -> bytes:
    """Return an IPv4 packet. A fragment is its part of the whole: the checksum inside is that of all parts together."""
    protocol, body = (_cut_bytes if ip.is_fragment else _l4_bytes)(ip.src, ip.dst, ip.payload)
    size = ip.length - IPV4_HEADER
    body = body[ip.offset : ip.offset + size]
    assert len(body) == size, f"{ip.src} > {ip.dst}: {len(body)} bytes after the header, {size} in its length"
    tos = TOS_OF_ERRORS if isinstance(ip.payload, Icmp) and ip.payload.quoted is not None else 0
    flags = (DONT_FRAGMENT if ip.df else 0) | (MORE_FRAGMENTS if ip.more else 0) | ip.offset // 8
    before = struct.pack("!BBHHHBB", 0x45, tos, ip.length, ip.ident & 0xFFFF, flags, ip.ttl, protocol)
    addresses = ip.src.packed + ip.dst.packed
    return before + internet_checksum(before + addresses).to_bytes(2) + addresses + body


def _l4_bytes(src: IPv4Address, dst: IPv4Address, l4: L4) -> tuple[int, bytes]:
    """Return the protocol's number and all that the packet carries, as it was before it was cut."""
    if isinstance(l4, Icmp):
        return IPPROTO_ICMP, _icmp_bytes(l4)
    if isinstance(l4, Ipip):
        return IPPROTO_IPIP, ipv4_bytes(l4.inner)
    if isinstance(l4, Tcp):
        segment = _tcp_bytes(l4)
        pseudo = pseudo_header(src, dst, IPPROTO_TCP, len(segment))
        return IPPROTO_TCP, _with_checksum(segment, 16, internet_checksum(pseudo + segment))
    if isinstance(l4.payload, Vxlan):  # no checksum: the inner one is enough (vxlan_xmit_one, VXLAN_F_UDP_ZERO_CSUM_TX)
        return IPPROTO_UDP, _udp_bytes(l4, _vxlan_bytes(l4.payload))
    datagram = _udp_bytes(l4, _payload_bytes(l4.payload))
    pseudo = pseudo_header(src, dst, IPPROTO_UDP, len(datagram))
    # 0 would mean "none": the other zero of ones' complement is sent instead.
    return IPPROTO_UDP, _with_checksum(datagram, 6, internet_checksum(pseudo + datagram) or 0xFFFF)


#: The same of a packet in pieces, remembered: each of hundreds of pieces is a slice of it, on every interface again.
#: A request, its reply and what NAT made of both are on the way at once, and hardly more; each has 64 KiB at most.
_cut_bytes = lru_cache(maxsize=8)(_l4_bytes)


def _with_checksum(data: bytes, at: int, checksum: int) -> bytes:
    return data[:at] + checksum.to_bytes(2) + data[at + 2 :]


def _payload_bytes(payload: Payload) -> bytes:
    """Return the text, cut or filled up with zeros to its size."""
    return payload.data[: payload.size].ljust(payload.size, b"\0")


def _icmp_bytes(icmp: Icmp) -> bytes:
    if icmp.quoted is not None:
        rest = struct.pack("!HH", 0, icmp.mtu or 0) + ipv4_bytes(icmp.quoted)[:QUOTED_MAX]
    else:
        size = icmp.payload.size
        rest = struct.pack("!HH", icmp.ident, icmp.seq) + (PING_PATTERN * (size // 256 + 1))[:size]
    message = struct.pack("!BBH", icmp.type, icmp.code, 0) + rest
    return _with_checksum(message, 2, internet_checksum(message))


def _udp_bytes(udp: Udp, data: bytes) -> bytes:
    return struct.pack("!HHHH", udp.sport, udp.dport, 8 + len(data), 0) + data


def _vxlan_bytes(vxlan: Vxlan) -> bytes:
    return struct.pack("!II", 0x08 << 24, vxlan.vni << 8) + _ethernet_bytes(vxlan.eth, vxlan.net)


def _tcp_bytes(tcp: Tcp) -> bytes:
    options = _tcp_options(tcp)
    flags = (20 + len(options)) // 4 << 12 | sum(TCP_FLAGS[letter] for letter in tcp.flags)
    seq, ack = tcp.seq & 0xFFFFFFFF, tcp.ack & 0xFFFFFFFF
    return (
        struct.pack("!HHIIHHHH", tcp.sport, tcp.dport, seq, ack, flags, _window(tcp), 0, 0)
        + options
        + _payload_bytes(tcp.payload)
    )


def _tcp_options(tcp: Tcp) -> bytes:
    if tcp.options_size == 0:
        return b""
    if "S" in tcp.flags:
        options = struct.pack("!BBH", 2, 4, tcp.mss or DEFAULT_MSS) + SYN_OPTIONS_TAIL
    else:
        options = TIMESTAMP_OPTIONS
    assert len(options) == tcp.options_size, f"{tcp.options_size} bytes of options on [{tcp.flags}]"
    return options


def _window(tcp: Tcp) -> int:
    """Return the window: as many whole segments as 64 KiB hold; a RST has none.

    A SYN-ACK already knows that timestamps take 12 bytes of each segment. Source: tcp_select_initial_window().
    """
    if "R" in tcp.flags:
        return 0
    if "S" not in tcp.flags:
        return SCALED_WINDOW
    segment = (tcp.mss or DEFAULT_MSS) - (TIMESTAMPS_SIZE if "A" in tcp.flags else 0)
    return 0xFFFF // segment * segment
