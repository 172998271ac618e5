"""REJECT: drop a packet and tell its sender. Source: Linux net/ipv4/netfilter/nf_reject_ipv4.c."""

from __future__ import annotations

from app.dataplane.headers import Ethernet, IPv4, Tcp
from app.dataplane.icmp import default_ttl, related, send_icmp_error
from app.dataplane.ip import send_local
from app.dataplane.link import transmit
from app.dataplane.netfilter.targets import REJECT_TYPES
from app.dataplane.netns import NetNs
from app.dataplane.packet import Leg, Packet, ip_packet

__all__ = ["reject"]


def reject(netns: NetNs, packet: Packet, with_: str) -> None:
    """Send the ICMP error of `--reject-with`, or a TCP reset."""
    kind = REJECT_TYPES[with_]
    if kind is not None:
        send_icmp_error(netns, packet, *kind)
        return
    ip = packet.net
    assert isinstance(ip, IPv4)
    tcp = ip.payload
    if not isinstance(tcp, Tcp) or "R" in tcp.flags:
        return
    if "A" in tcp.flags:
        answer = Tcp(tcp.dport, tcp.sport, "R", tcp.ack, 0)
    else:
        answer = Tcp(tcp.dport, tcp.sport, "RA", 0, tcp.seq + tcp.payload.size + 1)
    reset = ip_packet(ip.dst, ip.src, answer, ttl=default_ttl(netns), df=True)
    leg: Leg = "reply" if packet.leg == "request" else "data"
    answering = Packet(netns.network.next_number(), leg, packet.attempt, None, reset, related(packet.skb))
    if packet.skb is not None and packet.skb.connection is not None:
        netns.conntrack.close(packet.skb.connection, netns.clock.now_us)
    port = netns.interfaces.get(packet.skb.physdev_in) if packet.skb is not None else None
    if port is None or port.master is None:
        send_local(netns, answering)
        return
    # What came in by a bridge's port is answered right there, in the name of the station that it was for: no route,
    # no hook and no bridge has a say (nf_send_reset, CONFIG_BRIDGE_NETFILTER).
    assert packet.eth is not None
    frame = answering.with_skb(None).with_eth(Ethernet(packet.eth.dst, packet.eth.src))
    params: dict[str, str | int] = {"iface": port.name, "bridge": port.master.name}
    transmit(port, frame, "transmit-port", params, port.link_evidence())
