"""ICMP: echo, and the errors by which a network says why a packet did not arrive.

Sources: RFC 792, RFC 1812 section 4.3.2; Linux net/ipv4/icmp.c (icmp_send, icmp_echo, icmp_unreach).
Simplified: no rate limit (docs/fidelity.md#icmp).
"""

from __future__ import annotations

from app.core.addresstext import address_text
from app.dataplane.headers import Icmp, IPv4
from app.dataplane.hop import Evidence
from app.dataplane.interface import Interface
from app.dataplane.ip import UnroutableError, route_evidence, route_output, send_local, sysctl_evidence
from app.dataplane.netns import NetNs
from app.dataplane.packet import Leg, Packet, Skb, ip_packet
from app.dataplane.pmtu import learn

__all__ = [
    "ECHO_REPLY",
    "ECHO_REQUEST",
    "errno_of",
    "icmp_name",
    "icmp_receive",
    "link_failure",
    "related",
    "send_icmp_error",
]

ECHO_REPLY, ECHO_REQUEST = 0, 8
DEST_UNREACH, TIME_EXCEEDED = 3, 11
FRAG_NEEDED = (DEST_UNREACH, 4)
ERRORS = frozenset({DEST_UNREACH, 4, 5, TIME_EXCEEDED, 12})
NAMES = {
    (0, 0): "echo-reply", (8, 0): "echo-request",
    (3, 0): "net-unreachable", (3, 1): "host-unreachable", (3, 2): "protocol-unreachable",
    (3, 3): "port-unreachable", (3, 4): "frag-needed", (3, 13): "admin-prohibited", (11, 0): "time-exceeded",
}  # fmt: skip
#: By code of "destination unreachable", of those that somebody here sends: the errno that a socket is told, and whether
#: that is a hard error, one that fails a connected UDP socket. Source: icmp_err_convert[], net/ipv4/icmp.c.
UNREACHABLE = {
    0: ("ENETUNREACH", False), 1: ("EHOSTUNREACH", False), 2: ("ENOPROTOOPT", True), 3: ("ECONNREFUSED", True),
    4: ("EMSGSIZE", False), 9: ("ENETUNREACH", True), 10: ("EHOSTUNREACH", True), 13: ("EHOSTUNREACH", True),
}  # fmt: skip


def errno_of(type_: int, code: int) -> tuple[str, bool]:
    """Return the errno that an ICMP error stands for, and whether it is a hard error; "" where it stands for none."""
    if type_ == TIME_EXCEEDED:
        return "EHOSTUNREACH", False
    return UNREACHABLE.get(code, ("", False)) if type_ == DEST_UNREACH else ("", False)


def icmp_name(icmp: Icmp) -> str:
    """Return the message's name, or `type T code C` for one that has none here."""
    return NAMES.get((icmp.type, icmp.code), f"type {icmp.type} code {icmp.code}")


IGNORE_BROADCASTS = "net.ipv4.icmp_echo_ignore_broadcasts"


def icmp_receive(dev: Interface, packet: Packet) -> None:
    """Take an ICMP message for this host: answer an echo, or tell the socket that an answer or an error is about."""
    netns, ip = dev.netns, packet.net
    assert isinstance(ip, IPv4) and isinstance(ip.payload, Icmp)
    icmp = ip.payload
    if icmp.type == ECHO_REQUEST:
        _answer_echo(dev, packet, ip, icmp)
    elif icmp.type == ECHO_REPLY:
        _deliver_echo_reply(netns, dev, packet, ip, icmp)
    elif icmp.type in ERRORS and icmp.quoted is not None:
        _deliver_error(netns, dev, packet, ip, icmp, icmp.quoted)


def _answer_echo(dev: Interface, packet: Packet, ip: IPv4, icmp: Icmp) -> None:
    """Send an echo reply back, with the address that was asked as its source, unless told to ignore echoes."""
    netns = dev.netns
    route = netns.fib.lookup(ip.dst)
    if route is not None and route.type == "broadcast" and netns.sysctls[IGNORE_BROADCASTS] != "0":
        asked: dict[str, str | int] = {"src": address_text(ip.src), "dst": address_text(ip.dst)}
        ignoring = sysctl_evidence(netns, IGNORE_BROADCASTS)
        netns.hop(packet, "drop", dev.name, "input", "drop-echo-broadcast", asked, ignoring)
        return
    evidence = sysctl_evidence(netns, "net.ipv4.icmp_echo_ignore_all")
    params: dict[str, str | int] = {"src": address_text(ip.src), "dst": address_text(ip.dst)}
    if netns.sysctls["net.ipv4.icmp_echo_ignore_all"] == "1":
        netns.hop(packet, "drop", dev.name, "input", "drop-echo-ignored", params, evidence)
        return
    netns.hop(packet, "deliver", dev.name, "input", "deliver-echo-request", params, evidence)
    number = netns.network.next_number()
    reply = Icmp(ECHO_REPLY, 0, icmp.ident, icmp.seq, icmp.payload)
    source = ip.dst
    if route is not None and route.type == "broadcast":  # a reply never has a broadcast source (icmp_reply)
        source = netns.primary_address(dev.name, ip.src) or ip.dst
    answer = ip_packet(source, ip.src, reply, ttl=default_ttl(netns), ident=number)
    send_local(netns, Packet(number, "reply", packet.attempt, None, answer))


def default_ttl(netns: NetNs) -> int:
    """Return the TTL of what this host sends: sysctl net.ipv4.ip_default_ttl."""
    return int(netns.sysctls["net.ipv4.ip_default_ttl"])


def _deliver_echo_reply(netns: NetNs, dev: Interface, packet: Packet, ip: IPv4, icmp: Icmp) -> None:
    """Give an echo reply to the ping socket with its id."""
    socket = netns.sockets.find_ping(icmp.ident)
    if socket is None:
        evidence = netns.sockets.no_socket_evidence("icmp", icmp.ident)
        netns.hop(packet, "drop", dev.name, "input", "drop-no-socket", {"id": icmp.ident}, evidence)
        return
    params: dict[str, str | int] = {"src": address_text(ip.src), "ttl": ip.ttl}
    netns.hop(packet, "deliver", dev.name, "socket", "deliver-echo-reply", params, socket.evidence())
    socket.on_reply(packet)


def _deliver_error(netns: NetNs, dev: Interface, packet: Packet, ip: IPv4, icmp: Icmp, quoted: IPv4) -> None:
    """Find the socket whose packet the error quotes, and tell it."""
    name = icmp_name(icmp)
    socket = netns.sockets.find_sender(quoted)
    params: dict[str, str | int] = {"error": name, "src": address_text(ip.src), "about": address_text(quoted.dst)}
    learned: Evidence | None = None
    if (icmp.type, icmp.code) == FRAG_NEEDED and icmp.mtu and (socket is not None or quoted.proto == "icmp"):
        # An echo needs no socket (icmp_err); of TCP and UDP only a socket's own packets count (tcp_v4_err, udp_err).
        learned = learn(netns, quoted.dst, icmp.mtu)
    if socket is None:
        evidence = netns.sockets.no_socket_evidence(quoted.proto, 0)
        netns.hop(packet, "drop", dev.name, "input", "drop-error-no-socket", params, evidence)
        return
    if learned is None:
        netns.hop(packet, "deliver", dev.name, "socket", "deliver-icmp-error", params, socket.evidence())
    else:
        told: dict[str, str | int] = {**params, "mtu": icmp.mtu or 0}
        netns.hop(packet, "deliver", dev.name, "socket", "deliver-frag-needed", told, learned)
    socket.on_error(icmp.type, icmp.code, packet)


def may_cause_error(packet: Packet) -> bool:
    """Whether an error may be sent about `packet`: not about an ICMP error, nor about a fragment but the first."""
    ip = packet.net
    if not isinstance(ip, IPv4) or ip.offset > 0:
        return False
    return not (isinstance(ip.payload, Icmp) and ip.payload.type in ERRORS)


def send_icmp_error(netns: NetNs, packet: Packet, type_: int, code: int, mtu: int | None = None) -> None:
    """Tell the sender of `packet` why it goes no further. The error is lost where no route leads back.

    Its source is the address that was asked, if that is ours; else that of the interface that leads back to the sender.
    """
    ip = packet.net
    if not may_cause_error(packet):
        return
    assert isinstance(ip, IPv4)
    leg: Leg = "icmp-error-about-client-rst" if packet.leg == "client-rst" else "icmp-error"
    number = netns.network.next_number()
    try:
        _, source = route_output(netns, ip.src)
    except UnroutableError:
        lost = Packet(packet.number, packet.leg, packet.attempt, packet.eth, ip)
        evidence = route_evidence(netns, ip.src, netns.fib.lookup(ip.src))
        netns.hop(lost, "no-route", "", "routing", "no-route-for-error", {"dst": address_text(ip.src)}, evidence)
        return
    if netns.fib.is_local(ip.dst):
        source = ip.dst
    icmp = Icmp(type_, code, quoted=ip, mtu=mtu)
    skb = related(packet.skb)
    error = Packet(number, leg, packet.attempt, None, ip_packet(source, ip.src, icmp, ttl=default_ttl(netns)), skb)
    params: dict[str, str | int] = {"error": icmp_name(icmp), "src": address_text(source), "dst": address_text(ip.src)}
    evidence = route_evidence(netns, ip.src, netns.fib.lookup(ip.src))
    netns.hop(error, "icmp-error", "", "output", "icmp-error", params, evidence)
    send_local(netns, error)


def related(skb: Skb | None) -> Skb | None:
    """Return what conntrack will say of an error or a reset about a packet: RELATED to its connection, the other way.

    Source: nf_conntrack_attach().
    """
    if skb is None or skb.connection is None:
        return None
    return Skb(connection=skb.connection, is_reply=not skb.is_reply, state="RELATED", is_tracked=True)


def link_failure(netns: NetNs, packet: Packet) -> None:
    """Answer a packet whose next hop did not answer ARP: host unreachable. Source: ipv4_link_failure()."""
    send_icmp_error(netns, packet, DEST_UNREACH, 1)
