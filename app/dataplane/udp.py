"""UDP: a datagram finds a socket, a tunnel, or nobody. Source: RFC 768; Linux net/ipv4/udp.c, udp_rcv()."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address

from msgspec.structs import replace

from app.core.addresstext import address_text
from app.dataplane.devices.vxlan import VxlanDevice
from app.dataplane.headers import IPv4, Payload, Udp, Vxlan
from app.dataplane.icmp import default_ttl, send_icmp_error
from app.dataplane.interface import Interface
from app.dataplane.ip import send_local
from app.dataplane.netns import NetNs
from app.dataplane.packet import Leg, Packet, ip_packet, udp_payload_size
from app.dataplane.pmtu import Discovery, with_df

__all__ = ["send_datagram", "udp_receive"]

PORT_UNREACHABLE = (3, 3)


def send_datagram(
    netns: NetNs,
    local: tuple[IPv4Address, int],
    remote: tuple[IPv4Address, int],
    payload: Payload,
    leg: Leg,
    ttl: int | None = None,
    attempt: int = 1,
    discovery: Discovery = "want",
    before: Callable[[Packet], None] | None = None,
) -> str:
    """Send one datagram from `local` to `remote`; return the errno's name where this host's own kernel refuses, or "".

    By default it has DF where it fits the path as far as that is known; what is known not to fit is cut here
    (IP_PMTUDISC_WANT, as ip_no_pmtu_disc 0 has it). `before` is shown the packet first, so that a program can say why
    it sends. Source: Linux net/ipv4/ip_output.c, __ip_make_skb().
    """
    number = netns.network.next_number()
    udp = Udp(local[1], remote[1], payload)
    ip = with_df(netns, ip_packet(local[0], remote[0], udp, ttl=ttl or default_ttl(netns)), discovery)
    ip = ip if ip.df else replace(ip, ident=number)
    packet = Packet(number, leg, attempt, None, ip)
    if before is not None:
        before(packet)
    return send_local(netns, packet)


def udp_receive(dev: Interface, packet: Packet) -> None:
    """Take a datagram for this host: a tunnel's, a client's, a server's, or nobody's (port unreachable)."""
    netns, ip = dev.netns, packet.net
    assert isinstance(ip, IPv4) and isinstance(ip.payload, Udp)
    udp = ip.payload
    tunnel = find_tunnel(netns, udp)
    if tunnel is not None and isinstance(udp.payload, Vxlan):
        tunnel.accept(packet, udp.payload)
        return
    socket = netns.sockets.udp.get((ip.dst, udp.dport))
    params: dict[str, str | int] = {"src": address_text(ip.src), "port": udp.dport}
    if socket is not None and socket.remote == (ip.src, udp.sport):
        netns.hop(packet, "deliver", dev.name, "socket", "deliver-udp", params, socket.evidence())
        socket.on_data(packet)
        return
    listener = netns.sockets.find_listener("udp", ip.dst, udp.dport)
    if listener is None:
        evidence = netns.sockets.no_socket_evidence("udp", udp.dport)
        netns.hop(packet, "refuse", dev.name, "socket", "refuse-udp", params, evidence)
        send_icmp_error(netns, packet, *PORT_UNREACHABLE)
        return
    params["process"] = listener.process
    netns.hop(packet, "accept", dev.name, "socket", "accept-udp", params, netns.sockets.listener_evidence(listener))
    if not listener.is_served:
        return
    if listener.program is not None and not _is_probe(udp):
        listener.program.on_datagram(netns, packet)
        return
    # A program that listens where nobody's tunnel ends gets a frame as so many bytes.
    line = udp.payload if isinstance(udp.payload, Payload) else Payload(udp_payload_size(udp))
    send_datagram(netns, (ip.dst, udp.dport), (ip.src, udp.sport), line, "reply", attempt=packet.attempt)


def find_tunnel(netns: NetNs, udp: Udp) -> VxlanDevice | None:
    """Return the VXLAN device that is up and owns the datagram's port and VNI."""
    if udp.dport not in netns.sockets.vxlan_ports or not isinstance(udp.payload, Vxlan):
        return None
    devices = (i for i in netns.interfaces.values() if isinstance(i, VxlanDevice) and i.up)
    return next((d for d in devices if (d.dst_port, d.vni) == (udp.dport, udp.payload.vni)), None)


def _is_probe(udp: Udp) -> bool:
    """Whether a datagram has no data but zeros, as the question `udp://` sends them: it comes back from the socket.

    That question is about the way to a socket and not about its program (docs/fidelity.md).
    """
    return isinstance(udp.payload, Payload) and not udp.payload.data
