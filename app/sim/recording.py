"""What a terminal's line did on the wire, as a trace: the hops of all its flows, and how the last one ended.

A command is asked by a program (curl, dig, ping), not by `Simulator.trace`, so what the sender learned is read off the
packets that its own kernel handed up.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.core.addresstext import address_text
from app.core.limits import limit
from app.dataplane.conntrack import ConnectionEvidence
from app.dataplane.headers import Icmp, IPv4, Tcp, Udp
from app.dataplane.hop import Hop
from app.dataplane.icmp import ECHO_REPLY, ECHO_REQUEST, errno_of
from app.dataplane.network import Network
from app.dataplane.packet import Packet, innermost
from app.sim.flow import ICMP_LEARNED, told_errno
from app.sim.trace import Caption
from app.sim.tracked import tracked
from app.workloads.http.sight import sight_of_http

__all__ = ["Asked", "Recording", "Told", "flows", "learned"]

#: Hops at which a host's own kernel hands a packet to a program.
HANDED_UP = frozenset({"deliver", "accept"})
#: What a sender learns at once from its own kernel.
AT_HOME = {
    "no-route": "ENETUNREACH", "blackhole": "EHOSTUNREACH", "arp-failed": "EHOSTUNREACH", "mtu-exceeded": "EMSGSIZE",
}  # fmt: skip


class Recording:
    """Hops of one command, page by page. After the limit no more are kept; `is_whole` says whether all are there."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.start_us = network.clock.now_us
        self.hops: list[Hop] = []
        self.connections: dict[str, Sequence[ConnectionEvidence]] = {}
        self.is_whole = True
        #: How many hops there were, kept or not.
        self.count = 0
        #: Hops that were on the page before.
        self._skipped = len(network.hops)

    def add(self, hops: Sequence[Hop]) -> None:
        """Keep the hops of a page."""
        hops, self._skipped = hops[self._skipped :], 0
        room = limit("terminal.recorded_hops") - len(self.hops)
        self.count += len(hops)
        self.is_whole = self.is_whole and len(hops) <= room
        self.hops += hops[: max(room, 0)]

    def look(self) -> None:
        """Note which connections the nodes track now."""
        self.connections = tracked(self.network)


class Asked:
    """One flow as its sender sees it: protocol, addresses, ports (or the echo's id), and the first packet of it."""

    def __init__(self, netns: str, packet: Packet, ip: IPv4) -> None:
        self.netns = netns
        self.packet = packet
        self.ip = ip
        self.key = _key(ip)

    @property
    def url(self) -> str:
        """The destination, as `podwalk trace --to` takes it."""
        address, l4 = address_text(self.ip.dst), self.ip.payload
        if isinstance(l4, Tcp | Udp):
            return f"{'tcp' if isinstance(l4, Tcp) else 'udp'}://{address}:{l4.dport}"
        return f"icmp://{address}"


def flows(hops: Sequence[Hop], netns: str) -> list[Asked]:
    """Return the flows that began in a namespace, in their order."""
    found: dict[tuple[object, ...], Asked] = {}
    seen: set[int] = set()
    for hop in hops:
        if hop.packet.number in seen:
            continue
        seen.add(hop.packet.number)
        ip = innermost(hop.packet.net)
        if hop.netns == netns and hop.packet.leg == "request" and isinstance(ip, IPv4):
            asked = Asked(netns, hop.packet, ip)
            found.setdefault(asked.key, asked)
    return list(found.values())


class Told:
    """What the sender of a flow learned (a word of the trace's closed list), from which packet, and of HTTP what."""

    def __init__(self, learned: str = "timeout", told_by: Packet | None = None) -> None:
        self.learned: str | None = learned
        self.told_by = told_by
        self.http_status: int | None = None
        self.answer_line = ""
        self.failure: Caption | None = None
        self.rcode = ""


def learned(hops: Sequence[Hop], asked: Asked) -> Told:
    """Return how a flow ended for its sender, read off what its kernel handed up."""
    best = Told()
    status, line = None, ""
    for hop in hops:
        if hop.netns != asked.netns:
            continue
        if hop.kind in AT_HOME and hop.packet.number == asked.packet.number:
            return Told(AT_HOME[hop.kind], hop.packet)
        if hop.kind not in HANDED_UP:
            continue
        word = _told(hop.packet, asked)
        if not word:
            continue
        status, line = _http(hop.packet) or (status, line)
        if best.learned in ("timeout", "handshake-only") or word != "handshake-only":
            best = Told(word, hop.packet)
    if status is not None and best.learned == "connected":
        best.learned, best.http_status, best.answer_line = "answered", status, line
    return best


def _http(packet: Packet) -> tuple[int, str] | None:
    """Return status and first line of the HTTP response that begins in a packet."""
    ip = innermost(packet.net)
    assert isinstance(ip, IPv4)
    data = ip.payload.payload.data if isinstance(ip.payload, Tcp) else b""
    sight = sight_of_http(data) if data.startswith(b"HTTP/1.") else None
    return None if sight is None else (int(sight.line.split()[1]), sight.line)


def _told(packet: Packet, asked: Asked) -> str:
    """Return what a packet that was handed up tells of a flow, nothing where it is of another one."""
    ip = innermost(packet.net)
    if not isinstance(ip, IPv4):
        return ""
    l4 = ip.payload
    if isinstance(l4, Icmp) and l4.quoted is not None:
        if _key(l4.quoted) != asked.key:
            return ""
        if asked.key[0] == "icmp":
            return ICMP_LEARNED.get((l4.type, l4.code), "icmp-host-unreachable")
        return told_errno(errno_of(l4.type, l4.code)[0])
    if _key(ip, is_reply=True) != asked.key:
        return ""
    if isinstance(l4, Tcp):
        return "ECONNREFUSED" if "R" in l4.flags else "connected" if l4.payload.size else "handshake-only"
    return "answered" if isinstance(l4, Udp) else "echo-reply"


def _key(ip: IPv4, *, is_reply: bool = False) -> tuple[object, ...]:
    """Return what identifies a flow, from its sender's side."""
    l4 = ip.payload
    src, dst = (ip.dst, ip.src) if is_reply else (ip.src, ip.dst)
    if isinstance(l4, Tcp | Udp):
        ports = (l4.dport, l4.sport) if is_reply else (l4.sport, l4.dport)
        return ("tcp" if isinstance(l4, Tcp) else "udp", src, dst, *ports)
    if isinstance(l4, Icmp):
        is_echo = l4.type == (ECHO_REPLY if is_reply else ECHO_REQUEST)
        return ("icmp" if is_echo else "icmp-other", src, dst, l4.ident)
    return ("other", src, dst)
