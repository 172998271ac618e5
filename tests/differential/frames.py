"""From a captured frame to the same row that a sighting of the model gives, so that the two can be held against each other.

A row has what `tcpdump -e -nn -v` prints of a packet, but for what is drawn by chance or counts up: IP ids, sequence numbers,
ICMP ids, checksums, the outer UDP source port of a tunnel.
"""

from __future__ import annotations

import struct
from ipaddress import IPv4Address
from typing import Any, NamedTuple

from app.sim.trace import EthLayer, IcmpLayer, Ipv4Layer, Sighting, TcpLayer, Trace, UdpLayer

ETHERTYPE_IP, ETHERTYPE_ARP = 0x0800, 0x0806
PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp"}
VXLAN_PORTS = (4789, 8472)
FLAGS = ((0x02, "S"), (0x01, "F"), (0x04, "R"), (0x08, "P"), (0x10, "A"))
REDIRECT = 5


class Quote(NamedTuple):
    """The packet that an ICMP error is about, as far as it is quoted."""

    src: str
    dst: str
    proto: str
    ttl: int
    ports: tuple[int, ...]


class Packet(NamedTuple):
    """One IP packet on one interface. `ports`: of TCP and UDP; `kind`: TCP flags, or ICMP type, code and MTU."""

    where: str
    direction: str
    eth: tuple[str, str]
    outer: tuple[Any, ...]
    src: str
    dst: str
    proto: str
    ttl: int
    length: int
    df: bool
    frag: tuple[int, bool]
    ports: tuple[Any, ...]
    kind: tuple[Any, ...]
    quote: tuple[Any, ...] = ()


class Arp(NamedTuple):
    """One ARP packet on one interface."""

    where: str
    direction: str
    eth: tuple[str, str]
    op: str
    sender: str
    target: str


Row = Packet | Arp


def mac(data: bytes) -> str:
    return data.hex(":")


def address(data: bytes) -> str:
    return str(IPv4Address(data))


# --- the kernel's frames ----------------------------------------------------------------------------------------------


def kernel_row(netns: str, interface: str, direction: str, frame: bytes) -> Row | None:
    """Return the row of a frame; None for what is neither IPv4 nor ARP."""
    where, eth = f"{netns}:{interface}", (mac(frame[6:12]), mac(frame[0:6]))
    ethertype = struct.unpack_from("!H", frame, 12)[0]
    if ethertype == ETHERTYPE_ARP:
        op = {1: "request", 2: "reply"}[struct.unpack_from("!H", frame, 20)[0]]
        return Arp(where, direction, eth, op, address(frame[28:32]), address(frame[38:42]))
    if ethertype != ETHERTYPE_IP:
        return None
    ip = frame[14:]
    outer: tuple[Any, ...] = ()
    head = ipv4(ip)
    if head["proto"] == "udp" and not head["offset"] and struct.unpack_from("!H", head["payload"], 2)[0] in VXLAN_PORTS:
        udp = head["payload"]
        outer = ("vxlan", int.from_bytes(udp[12:15]), *(head[k] for k in ("src", "dst", "ttl", "df", "length")))
        outer = (*outer, struct.unpack_from("!H", udp, 2)[0])
        head = ipv4(udp[16 + 14 :])
    ports, kind, quote = transport(head)
    return Packet(
        where, direction, eth, outer, head["src"], head["dst"], head["proto"], head["ttl"], head["length"], head["df"],
        (head["offset"], head["more"]), ports, kind, quote,
    )  # fmt: skip


def ipv4(data: bytes) -> dict[str, Any]:
    """Return the fields of an IPv4 packet."""
    length, _, flags = struct.unpack_from("!HHH", data, 2)
    return {
        "src": address(data[12:16]), "dst": address(data[16:20]), "ttl": data[8],
        "proto": PROTOCOLS.get(data[9], str(data[9])), "length": length, "df": bool(flags & 0x4000),
        "more": bool(flags & 0x2000), "offset": (flags & 0x1FFF) * 8, "payload": data[(data[0] & 15) * 4 :],
    }  # fmt: skip


def transport(head: dict[str, Any]) -> tuple[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]:
    """Return (ports, kind, quote) of what an IP packet carries; nothing of a later fragment."""
    data: bytes = head["payload"]
    if head["offset"]:
        return (), (), ()
    if head["proto"] == "icmp":
        type_, code = data[0], data[1]
        if type_ in (0, 8):
            return (), (type_, code), ()
        quoted = ipv4(data[8:])
        is_mtu = (type_, code) == (3, 4)
        kind = (type_, code, struct.unpack_from("!H", data, 6)[0]) if is_mtu else (type_, code)
        ports = struct.unpack_from("!HH", quoted["payload"]) if quoted["proto"] != "icmp" else ()
        return (), kind, Quote(quoted["src"], quoted["dst"], quoted["proto"], quoted["ttl"], ports)
    if head["proto"] == "tcp":
        letters = "".join(letter for bit, letter in FLAGS if data[13] & bit)
        return struct.unpack_from("!HH", data), (letters,), ()
    return struct.unpack_from("!HH", data), (), ()


# --- the model's sightings --------------------------------------------------------------------------------------------


def model_row(trace: Trace, sighting: Sighting) -> Row:
    """Return the row of a sighting."""
    where = f"{sighting.netns}:{sighting.interface}"
    # `lo` has a MAC of zeros, and the model shows the same.
    eth = (sighting.eth.src, sighting.eth.dst) if sighting.eth else ("", "")
    if sighting.arp is not None:
        return Arp(where, sighting.direction, eth, sighting.arp.op, sighting.arp.sender, sighting.arp.target)
    ip, l4, o = sighting.ip, sighting.l4, sighting.outer
    assert ip is not None and l4 is not None
    outer = (o.kind, o.vni, o.src, o.dst, o.ttl, o.df, o.len, o.udp.dport if o.udp else None) if o else ()
    frag = (ip.frag.offset, ip.frag.more) if ip.frag else (0, False)
    ports = (l4["sport"], l4["dport"]) if "sport" in l4 else ()
    kind: tuple[Any, ...] = (l4["flags"],) if "flags" in l4 else (l4["type"], l4["code"]) if "type" in l4 else ()
    quote: tuple[Any, ...] = ()
    if l4.get("type") not in (None, 0, 8):
        icmp = next(layer for layer in trace.hops[sighting.hop - 1].headers if isinstance(layer, IcmpLayer))
        kind = (*kind, icmp.mtu) if icmp.mtu is not None else kind
        quote = model_quote(icmp)
    return Packet(
        where, sighting.direction, eth, outer, ip.src, ip.dst, ip.proto, ip.ttl, ip.len, ip.df, frag, ports, kind, quote
    )


def model_quote(icmp: IcmpLayer) -> Quote:
    """Return what an ICMP error quotes."""
    head, *rest = [layer for layer in icmp.quotes if not isinstance(layer, EthLayer)]
    assert isinstance(head, Ipv4Layer)
    l4 = next((layer for layer in rest if isinstance(layer, TcpLayer | UdpLayer)), None)
    return Quote(head.src, head.dst, head.proto, head.ttl, (l4.sport, l4.dport) if l4 else ())


# --- comparing --------------------------------------------------------------------------------------------------------


def is_told(row: Row) -> bool:
    """Whether a packet is compared: of TCP what opens or refuses a connection, the data and its end depend on timers."""
    if isinstance(row, Arp):
        return False
    if row.proto == "tcp":
        flags = str(row.kind[0]) if row.kind else ""
        return bool(set(flags) & {"S", "R"})
    return row.kind[:1] != (REDIRECT,)


def without_chance(rows: list[Row], fixed: frozenset[int]) -> list[Packet]:
    """Return the compared packets; a port that somebody drew by chance is told as the first, second ... of those."""
    drawn: dict[int, str] = {}

    def name(port: int) -> int | str:
        return port if port in fixed else drawn.setdefault(port, f"drawn-{len(drawn) + 1}")

    packets = []
    for row in rows:
        if isinstance(row, Packet) and is_told(row):
            quote = row.quote
            if isinstance(quote, Quote):
                quote = (*quote[:4], tuple(name(p) for p in quote.ports))
            packets.append(row._replace(ports=tuple(name(p) for p in row.ports), quote=quote))
    return packets


def questions(rows: list[Row]) -> list[Arp]:
    """Return the ARP packets, in an order of their own: those of several hosts are asked at the same time."""
    return sorted({row for row in rows if isinstance(row, Arp)})
