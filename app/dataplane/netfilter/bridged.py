"""br_netfilter: bridged IP packets pass the hooks of iptables too, if net.bridge.bridge-nf-call-iptables is 1.

PREROUTING runs at the port; when it changes the destination, the frame may have to go somewhere else than its MAC says.
Source: Linux net/bridge/br_netfilter_hooks.c.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from msgspec.structs import replace

from app.core.addresstext import address_text
from app.dataplane.arp import send_to_neighbour
from app.dataplane.fib import RouteEvidence
from app.dataplane.fragment import cut, fragments_of
from app.dataplane.headers import Ethernet, IPv4
from app.dataplane.hop import Change
from app.dataplane.interface import Interface
from app.dataplane.netfilter.hooks import run_hook
from app.dataplane.packet import Packet, Skb

if TYPE_CHECKING:
    from app.dataplane.devices.bridge import Bridge

__all__ = ["as_copy", "calls_iptables", "cut_for", "forward", "prerouting"]

SYSCTL = "net.bridge.bridge-nf-call-iptables"


def calls_iptables(bridge: Bridge, packet: Packet) -> bool:
    """Whether the frame has to pass the hooks."""
    netns = bridge.netns
    return isinstance(packet.net, IPv4) and netns.sysctls.get(SYSCTL) == "1" and netns.has_hooks


def prerouting(bridge: Bridge, port: Interface, packet: Packet) -> Packet | None:
    """Pass PREROUTING at the port; return the frame to go on with, None where it was dropped or went another way."""
    assert packet.eth is not None
    before = packet.net
    assert isinstance(before, IPv4)
    skb = Skb(bridge_port=port.name, frame_src=packet.eth.src, is_prerouted=True, physdev_in=port.name)
    passed = run_hook(bridge.netns, "PREROUTING", packet.with_skb(skb), bridge, None, (port.name, ""))
    if passed is None:
        return None
    ip = passed.net
    assert isinstance(ip, IPv4)
    if ip.dst == before.dst:
        return passed
    return _redirected(bridge, passed, ip.dst)


def _redirected(bridge: Bridge, packet: Packet, dst: IPv4Address) -> Packet | None:
    """Send a frame whose destination was rewritten where the FIB says. Source: br_nf_pre_routing_finish()."""
    netns = bridge.netns
    assert packet.skb is not None
    packet = packet.with_skb(replace(packet.skb, is_redirected=True))
    route = netns.fib.lookup(dst)
    stays = route is not None and route.type == "unicast" and route.dev == bridge.name and netns.is_forwarding
    if not stays or route is None:
        return _to_host(bridge, packet)
    next_hop = route.via or dst
    evidence = RouteEvidence(dst, route, netns.fib.routes)
    params: dict[str, str | int] = {"dst": address_text(dst), "bridge": bridge.name}
    entry = netns.neigh.get(next_hop, bridge.name, netns.clock.now_us)
    if entry is None or entry.state != "REACHABLE" or entry.mac is None:
        netns.hop(packet, "route", bridge.name, "bridge", "route-bridged", params, evidence)
        send_to_neighbour(bridge, next_hop, packet)
        return None
    old = packet.eth
    assert old is not None
    change = (Change("eth.dst", old.dst, entry.mac),) if old.dst != entry.mac else ()
    packet = packet.with_eth(Ethernet(old.src, entry.mac))
    netns.hop(packet, "route", bridge.name, "bridge", "route-bridged", params, evidence, change)
    return packet


def _to_host(bridge: Bridge, packet: Packet) -> Packet:
    """Address the frame to the bridge itself: the host has to route it."""
    assert packet.eth is not None
    if packet.eth.dst == bridge.mac:
        return packet
    change = Change("eth.dst", packet.eth.dst, bridge.mac)
    packet = packet.with_eth(Ethernet(packet.eth.src, bridge.mac))
    params: dict[str, str | int] = {"bridge": bridge.name}
    bridge.netns.hop(packet, "route", bridge.name, "bridge", "route-to-host", params, None, (change,))
    return packet


def forward(bridge: Bridge, port: Interface, packet: Packet) -> Packet | None:
    """Pass FORWARD and POSTROUTING on the way from port to port."""
    skb = packet.skb
    assert skb is not None
    physdevs = (skb.bridge_port, port.name)
    passed = run_hook(bridge.netns, "FORWARD", packet, bridge, bridge, physdevs)
    if passed is None:
        return None
    return run_hook(bridge.netns, "POSTROUTING", passed, None, bridge, physdevs)


def cut_for(bridge: Bridge, port: Interface, packet: Packet) -> list[Packet]:
    """Return a frame that has passed the hooks as it leaves by `port`: whole, in pieces, or not at all.

    What conntrack has put together is cut again, as is what is too long and has no DF. Source: br_nf_dev_queue_xmit().
    """
    ip = packet.net
    assert isinstance(ip, IPv4)
    longest = max(ip.cuts, default=0)
    mtu = min(port.mtu, longest or port.mtu)
    if ip.length <= mtu:
        return [packet]
    params: dict[str, str | int] = {"length": ip.length, "mtu": mtu, "iface": port.name}
    if ip.df or longest > bridge.mtu:
        bridge.netns.hop(packet, "bridge-drop", bridge.name, "bridge", "drop-too-long", params, port.link_evidence())
        return []
    pieces = fragments_of(ip, mtu)
    params["count"] = len(pieces)
    bridge.netns.hop(
        packet, "fragment", port.name, "bridge", "fragment", params, port.link_evidence(), cut(ip, pieces[0])
    )  # fmt: skip
    number = bridge.netns.network.next_number
    others = [Packet(number(), packet.leg, packet.attempt, packet.eth, piece, packet.skb) for piece in pieces[1:]]
    return [packet.with_net(pieces[0]), *others]


def as_copy(skb: Skb) -> Skb:
    """Return what stays beside a promiscuous bridge's copy: its connection is not the copy's, which is INVALID."""
    return Skb(skb.mark, is_tracked=True, is_prerouted=True, is_redirected=skb.is_redirected, physdev_in=skb.physdev_in)
