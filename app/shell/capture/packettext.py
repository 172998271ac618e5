"""Packets in the words of `tcpdump` 4.99.3.

Source: its print-ip.c, print-icmp.c, print-tcp.c, print-udp.c, print-arp.c. What the model does not know is what a
capture file has there (app.dataplane.encode): windows, timestamps, checksums. Sequence numbers count from the
connection's start, whether the capture has seen it or not.
"""

from __future__ import annotations

from msgspec import Struct

from app.dataplane.encode import ipv4_bytes
from app.dataplane.headers import IPV4_HEADER, Arp, Ethernet, Icmp, Ipip, IPv4, Net, Payload, Tcp, Udp, Vxlan
from app.dataplane.packet import udp_payload_size
from app.shell.capture.dnstext import dns_text

__all__ = ["Style", "ether_text", "net_text"]

IP_PROTOCOLS = {"icmp": ("ICMP", 1), "ipencap": ("IPIP", 4), "tcp": ("TCP", 6), "udp": ("UDP", 17)}
PROTOCOL_NAMES = {"icmp": "icmp", "ipencap": "ipencap", "tcp": "tcp", "udp": "udp"}
SERVICES = {80: "http", 443: "https", 53: "domain"}
HTTP_PORTS = frozenset({80, 8080})
DNS_PORT = 53
#: Linux' first choice of port for VXLAN is taken for OTV's, which has the same header.
OTV_PORT, VXLAN_PORT = 8472, 4789
TOS_OF_ERRORS = 0xC0
DEFAULT_MSS = 536


class Style(Struct, frozen=True):
    """The options: -n numbers, -e link-layer headers, -v more of the IP header."""

    is_numeric: bool = False
    has_link: bool = False
    is_verbose: bool = False


def ether_text(eth: Ethernet, net: Net, style: Style) -> str:
    """Return an Ethernet frame."""
    if not style.has_link:
        return net_text(net, style)
    kind, size = ("IPv4 (0x0800)", net.length) if isinstance(net, IPv4) else ("ARP (0x0806)", 28)
    return f"{eth.src} > {eth.dst}, ethertype {kind}, length {14 + size}: {net_text(net, style)}"


def net_text(net: Net, style: Style) -> str:
    """Return what a frame carries; its protocol is named unless the link-layer header has named it."""
    if isinstance(net, Arp):
        return ("" if style.has_link else "ARP, ") + _arp(net, style)
    return ("" if style.has_link else "IP ") + _ip(net, style)


def _arp(arp: Arp, style: Style) -> str:
    sizes = "Ethernet (len 6), IPv4 (len 4), " if style.is_verbose else ""
    if arp.op == "request":
        return f"{sizes}Request who-has {arp.target} tell {arp.sender}, length 28"
    maker = "" if style.is_numeric else " (oui Unknown)"
    return f"{sizes}Reply {arp.sender} is-at {arp.sender_mac}{maker}, length 28"


def _ip(ip: IPv4, style: Style) -> str:
    header = f"{_header(ip)}\n    " if style.is_verbose else ""
    if ip.offset:
        name, number = PROTOCOL_NAMES[ip.proto], IP_PROTOCOLS[ip.proto][1]
        return f"{header}{ip.src} > {ip.dst}: {f'ip-proto-{number}' if style.is_numeric else name}"
    l4 = ip.payload
    if isinstance(l4, Icmp):
        return f"{header}{ip.src} > {ip.dst}: {_icmp(ip, l4, style)}"
    if isinstance(l4, Ipip):
        return f"{header}{ip.src} > {ip.dst}: {net_text(l4.inner, style)}"
    ends = f"{ip.src}.{_port(l4.sport, style)} > {ip.dst}.{_port(l4.dport, style)}: "
    return header + ends + (_tcp(ip, l4, style) if isinstance(l4, Tcp) else _udp(l4, style))


def _header(ip: IPv4) -> str:
    flags = ", ".join((["+"] if ip.more else []) + (["DF"] if ip.df else [])) or "none"
    name, number = IP_PROTOCOLS[ip.proto]
    tos = TOS_OF_ERRORS if isinstance(ip.payload, Icmp) and ip.payload.quoted is not None else 0
    return (
        f"(tos {tos:#x}, ttl {ip.ttl}, id {ip.ident & 0xFFFF}, offset {ip.offset}, flags [{flags}], "
        f"proto {name} ({number}), length {ip.length})"
    )


def _word(ip: IPv4, at: int) -> int:
    """Return 16 bits of what the packet carries, as they are on the wire."""
    start = IPV4_HEADER + at
    return int.from_bytes(ipv4_bytes(ip)[start : start + 2])


def _port(port: int, style: Style) -> str:
    return str(port) if style.is_numeric else SERVICES.get(port, str(port))


# --- ICMP -------------------------------------------------------------------------------------------------------------


def _icmp(ip: IPv4, icmp: Icmp, style: Style) -> str:
    size = ip.length - 20
    if icmp.quoted is None:
        word = {8: "request", 0: "reply"}.get(icmp.type)
        return f"ICMP echo {word}, id {icmp.ident}, seq {icmp.seq}, length {size}"
    quoted = f"\n\t{net_text(icmp.quoted, style)}" if style.is_verbose else ""
    return f"ICMP {_error(icmp, icmp.quoted, style)}, length {size}{quoted}"


def _error(icmp: Icmp, about: IPv4, style: Style) -> str:
    dst = about.dst
    if icmp.type == 11:
        return "time exceeded in-transit" if icmp.code == 0 else "ip reassembly time exceeded"
    texts = {
        0: f"net {dst} unreachable",
        1: f"host {dst} unreachable",
        2: f"{dst} protocol {IP_PROTOCOLS[about.proto][1]} unreachable",
        4: f"{dst} unreachable - need to frag (mtu {icmp.mtu})",
        9: f"net {dst} unreachable - admin prohibited",
        10: f"host {dst} unreachable - admin prohibited",
        13: f"host {dst} unreachable - admin prohibited filter",
    }
    if icmp.code == 3:
        l4 = about.payload
        if isinstance(l4, Tcp | Udp):
            return f"{dst} {about.proto} port {_port(l4.dport, style)} unreachable"
        # What it takes for a port is the second word of whatever it is: of an echo the checksum.
        return f"{dst} protocol {IP_PROTOCOLS[about.proto][1]} port {_word(about, 2)} unreachable"
    return texts.get(icmp.code, f"{dst} unreachable - #{icmp.code}")


# --- TCP, UDP ---------------------------------------------------------------------------------------------------------


def _tcp(ip: IPv4, tcp: Tcp, style: Style) -> str:
    size = tcp.payload.size if not ip.more else ip.length - 40 - tcp.options_size
    words = [f"Flags [{_flags(tcp.flags)}]"]
    if style.is_verbose and not ip.is_fragment:
        words.append(f"cksum {_word(ip, 16):#06x} (correct)")
    if size or set(tcp.flags) & set("SFR"):
        words.append(f"seq {tcp.seq}:{tcp.seq + size}" if size else f"seq {tcp.seq}")
    if "A" in tcp.flags:
        words.append(f"ack {tcp.ack}")
    words.append(f"win {_word(ip, 14)}")
    if tcp.options_size and "S" in tcp.flags:
        words.append(f"options [mss {tcp.mss or DEFAULT_MSS},sackOK,TS val 0 ecr 0,nop,wscale 7]")
    elif tcp.options_size:
        words.append("options [nop,nop,TS val 0 ecr 0]")
    is_http = size and (tcp.sport in HTTP_PORTS or tcp.dport in HTTP_PORTS)
    return f"{', '.join(words)}, length {size}{': HTTP' if is_http else ''}"


def _flags(flags: str) -> str:
    return "".join(letter for letter in "FSRP" if letter in flags) + ("." if "A" in flags else "")


def _udp(udp: Udp, style: Style) -> str:
    inside = udp.payload
    if isinstance(inside, Vxlan) and udp.dport in (OTV_PORT, VXLAN_PORT):
        names = ("OTV", "overlay 0, instance") if udp.dport == OTV_PORT else ("VXLAN", "vni")
        return f"{names[0]}, flags [I] (0x08), {names[1]} {inside.vni}\n{ether_text(inside.eth, inside.net, style)}"
    dns = None
    if isinstance(inside, Payload) and DNS_PORT in (udp.sport, udp.dport):
        dns = dns_text(inside.data, is_verbose=style.is_verbose)
    return dns if dns is not None else f"UDP, length {udp_payload_size(udp)}"
