"""A VXLAN device: it wraps a frame into UDP and sends it to the VTEP that its FDB names for the frame's MAC.

    inner frame --> [outer IP | UDP 8472 | VXLAN vni | inner frame] --> routed like any packet of the host

Sources: RFC 7348; ip-link(8) TYPE vxlan; Linux drivers/net/vxlan/vxlan_core.c (vxlan_xmit_one, vxlan_rcv).
Simplified: one VNI a device, no learning (flannel creates it with `nolearning`), no groups, IPv4 underlay only.
"""

from __future__ import annotations

import zlib
from ipaddress import IPv4Address
from typing import ClassVar

from app.core.addresstext import address_text
from app.dataplane.devices.nesting import is_dead_loop, send_nested
from app.dataplane.fdb import FdbEvidence, VxlanFdb
from app.dataplane.fib import RouteEvidence
from app.dataplane.headers import BROADCAST_MAC, VXLAN_OVERHEAD, Arp, IPv4, Net, Tcp, Udp, Vxlan
from app.dataplane.hop import Change, Skipped
from app.dataplane.icmp import default_ttl
from app.dataplane.interface import Interface
from app.dataplane.link import receive
from app.dataplane.localports import LOCAL_PORTS
from app.dataplane.packet import Packet, Skb, ip_packet

__all__ = ["VxlanDevice", "outer_text"]

#: Time until the device hands up a frame it has unwrapped (gro_cells).
DECAP_US = 3


class VxlanDevice(Interface):
    """A VTEP: `ip link add NAME type vxlan id VNI local ADDRESS dev NIC dstport PORT nolearning`."""

    kind: ClassVar[str] = "vxlan"

    def __init__(self, name: str, mac: str, mtu: int, *, vni: int, local: IPv4Address, lower: str, port: int) -> None:
        super().__init__(name, mac, mtu)
        self.vni = vni
        self.local = local
        self.lower = lower
        self.dst_port = port
        self.fdb = VxlanFdb()

    def on_up(self) -> None:
        """Open the UDP port in the kernel (vxlan_open)."""
        self.netns.sockets.vxlan_ports.add(self.dst_port)

    def on_down(self) -> None:
        """Close the UDP port (vxlan_stop); what comes now is answered with port unreachable."""
        self.netns.sockets.vxlan_ports.discard(self.dst_port)

    def mtu_reason(self) -> Skipped | None:
        """Return the device underneath: it would take more, less what this one puts around a packet."""
        lower = self.netns.interfaces.get(self.lower)
        if lower is None:
            return None
        sum_ = f"{lower.mtu} - {VXLAN_OVERHEAD} = {lower.mtu - VXLAN_OVERHEAD}"
        return Skipped(lower.link_line(), f"{sum_}: Ethernet 14 + VXLAN 8 + UDP 8 + IPv4 20 go around the packet")

    def transmit(self, packet: Packet) -> None:
        """Wrap the frame and route it to the VTEP behind its destination MAC; without an FDB entry it is dropped."""
        eth, netns = packet.eth, self.netns
        assert eth is not None
        if is_dead_loop(self, packet):
            return
        entry = self.fdb.lookup(eth.dst)
        evidence = FdbEvidence(eth.dst, entry, self.fdb.entries() if entry is None else ())
        if entry is None:
            code = "drop-no-vtep-broadcast" if eth.dst == BROADCAST_MAC else "drop-no-vtep"
            netns.hop(packet, "drop", self.name, "tunnel", code, {"iface": self.name, "mac": eth.dst}, evidence)
            return
        if self._is_circular(packet, entry.dst):
            return
        udp = Udp(flow_port(packet.net), self.dst_port, Vxlan(self.vni, eth, packet.net))
        outer = ip_packet(self.local, entry.dst, udp, ttl=default_ttl(netns))
        # The mark stays with the packet when it is wrapped, its connection does not (skb_scrub_packet).
        skb = Skb(packet.skb.mark) if packet.skb else None
        wrapped = Packet(packet.number, packet.leg, packet.attempt, eth, outer, skb)
        params: dict[str, str | int] = {
            "iface": self.name, "vni": self.vni, "src": address_text(self.local), "dst": address_text(entry.dst),
            "port": self.dst_port, "mac": entry.mac, "bytes": VXLAN_OVERHEAD,
        }  # fmt: skip
        change = Change("outer", None, outer_text(outer, self.vni))
        netns.hop(
            wrapped.with_eth(None), "encapsulate", self.name, "tunnel", "encapsulate", params, evidence, (change,)
        )
        send_nested(self, wrapped)

    def _is_circular(self, packet: Packet, dst: IPv4Address) -> bool:
        """Drop a frame whose VTEP is routed into this very device (vxlan_get_route(), -ELOOP)."""
        netns = self.netns
        route = netns.fib.lookup(dst)
        if route is None or route.dev != self.name or route.type == "local":
            return False
        params: dict[str, str | int] = {"iface": self.name, "src": str(self.local), "dst": str(dst)}
        evidence = RouteEvidence(dst, route, netns.fib.routes)
        netns.hop(packet, "drop", self.name, "tunnel", "drop-tunnel-loop", params, evidence)
        return True

    def accept(self, packet: Packet, vxlan: Vxlan) -> None:
        """Unwrap a frame that came in on the device's UDP port, and take it in as if this device had received it."""
        netns, outer = self.netns, packet.net
        assert isinstance(outer, IPv4) and packet.eth is not None
        inner = Packet(packet.number, packet.leg, packet.attempt, vxlan.eth, vxlan.net)
        changes = (
            Change("outer", outer_text(outer, vxlan.vni), None),
            Change("eth.src", packet.eth.src, vxlan.eth.src),
            Change("eth.dst", packet.eth.dst, vxlan.eth.dst),
        )
        params: dict[str, str | int] = {
            "iface": self.name,
            "vni": vxlan.vni,
            "src": address_text(outer.src),
            "dst": address_text(outer.dst),
        }
        evidence = netns.sockets.vxlan_evidence(self.dst_port)
        netns.hop(inner, "decapsulate", self.name, "tunnel", "decapsulate", params, evidence, changes)
        netns.clock.after(DECAP_US, lambda: receive(self, inner))


def outer_text(outer: IPv4, vni: int) -> str:
    """Return the outer header in one line, as a change shows it."""
    return f"{address_text(outer.src)} > {address_text(outer.dst)} vni {vni}"


def flow_port(net: Net) -> int:
    """Return the outer UDP source port: a hash of the inner flow, so that one flow keeps one path.

    Source: udp_flow_src_port(), include/net/udp.h: within net.ipv4.ip_local_port_range. The kernel's
    hash is seeded at random; ours depends on the flow alone.
    """
    if isinstance(net, Arp):
        key = f"arp {net.sender} {net.target}"
    else:
        l4 = net.payload
        ports = f"{l4.sport} {l4.dport}" if isinstance(l4, Tcp | Udp) and not net.is_fragment else ""
        key = f"{address_text(net.src)} {address_text(net.dst)} {net.proto} {ports}"
    return LOCAL_PORTS[zlib.crc32(key.encode()) % len(LOCAL_PORTS)]
